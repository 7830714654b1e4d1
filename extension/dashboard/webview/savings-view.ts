// What was saved: against the baseline over time, term by term, before and after, and what it comes to in a month.

import type { GradeOutlook, SeriesBody, TotalsBody } from '../../../daemon/protocol/control-api.ts';
import { beforeAfterRows, beforeBasis, type BeforeAfterRow } from '../before-after.ts';
import { exactUsd, grouped, percent, signedUsd, usd } from '../figures.ts';
import {
  coverageSentence,
  decimalsOf,
  leftOutSentences,
  projectionFacts,
  savedByTerms,
  savingTerms,
  type Term,
} from '../savings-terms.ts';
import { card, fillEmpty, filteredRoute, tileList, type Tile } from './analysis-parts.ts';
import { createDataTable, type Column } from './data-table.ts';
import { element, fill } from './dom.ts';
import { createLoader } from './loader.ts';
import { createSavingsCharts } from './savings-charts.ts';
import type { CreateView, Filter, ViewContext } from './view.ts';

interface SavingsData {
  readonly totals: TotalsBody;
  readonly series: SeriesBody;
}

export const createSavingsView: CreateView = (context) => {
  const parts = savingsParts(context);
  const loader = createLoader<SavingsData>({
    context,
    body: parts.body,
    isNews: ({ type }) => type === 'totals-update',
    load: (filter) => loadSavings(context, filter),
    draw: parts.draw,
  });
  return {
    element: element('div', { class: 'view savings' }, loader.element),
    show: loader.show,
    hide: loader.hide,
    onEvent: loader.onEvent,
    onThemeChange: parts.themeChanged,
  };
};

async function loadSavings({ host }: ViewContext, filter: Filter): Promise<SavingsData> {
  const [totals, series] = await Promise.all([
    host.call('GET', filteredRoute('totals', filter, { details: '1' })),
    host.call('GET', filteredRoute('series', filter)),
  ]);
  return { totals: totals as TotalsBody, series: series as SeriesBody };
}

interface SavingsParts {
  readonly body: HTMLElement;
  readonly draw: (data: SavingsData) => void;
  readonly themeChanged: () => void;
}

function savingsParts(context: ViewContext): SavingsParts {
  const { announce } = context;
  const tiles = element('dl', { class: 'tiles' });
  const charts = createSavingsCharts(announce);
  const terms = element('tbody');
  const causes = element('tbody');
  const coverage = element('p', { class: 'hint' });
  const compared = createDataTable<BeforeAfterRow>({
    caption: 'Before and after',
    columns: BEFORE_AFTER_COLUMNS,
    empty: 'Nothing to compare yet.',
  });
  const basis = element('p', { class: 'hint' });
  const grades = createDataTable<GradeOutlook>({
    caption: 'Saving by grade of the request, and what it comes to',
    columns: GRADE_COLUMNS,
    empty: 'No request could be compared yet.',
    announce,
  });
  const leftOut = element('ul', { class: 'plain-list' });
  const leftOutCard = card('What this leaves out', leftOut);
  const filled = element(
    'div',
    { class: 'stack' },
    charts.element,
    card('If work goes on like this', tiles),
    element(
      'div',
      { class: 'columns' },
      card('How the saving adds up', sumTable('The saving, term by term', terms), coverage),
      card('What brought it', sumTable('The saving by what brought it', causes)),
    ),
    card('Before and after', compared.element, basis),
    card('By grade', grades.element),
    leftOutCard,
  );
  const empty = element('div', { class: 'empty', hidden: true });

  function draw({ totals, series }: SavingsData): void {
    empty.hidden = totals.requests > 0;
    filled.hidden = totals.requests === 0;
    if (totals.requests === 0) {
      fillEmpty(context, empty, 'what each request cost and saved adds up here.');
      return;
    }
    const { details } = totals;
    fill(tiles, ...tileList(savingsTiles(totals)));
    charts.draw(series, Date.now());
    const isCompared = totals.comparableRequests > 0;
    fill(terms, ...(details === undefined ? [] : termRows(savingTerms(details), isCompared)));
    fill(causes, ...termRows([...savedByTerms(totals.savedBy), savedSum(totals)], isCompared));
    coverage.textContent = `Coverage: ${coverageSentence(totals)}.`;
    compared.update(details === undefined ? [] : beforeAfterRows(details.beforeAfter, totals.requests));
    basis.textContent = details === undefined ? '' : beforeBasis(details.beforeAfter);
    grades.update(details?.grades ?? []);
    const sentences = leftOutSentences(totals);
    leftOutCard.hidden = sentences.length === 0;
    fill(leftOut, ...sentences.map((sentence) => element('li', {}, sentence)));
  }

  return {
    body: element('div', { class: 'stack' }, empty, filled),
    draw,
    themeChanged: charts.themeChanged,
  };
}

/** The sums themselves stand above all views; here is what they come to. */
function savingsTiles(totals: TotalsBody): readonly Tile[] {
  const { comparableRequests, savedUsd, baselineCostUsd } = totals;
  const isCompared = comparableRequests > 0;
  const each = (amount: number): number | null => (isCompared ? amount / comparableRequests : null);
  const projection = projectionFacts(totals.projection);
  const range = (text: string | null): readonly string[] => (text === null ? [] : [`95 %: ${text}`]);
  return [
    {
      label: 'Saved a month',
      value: projection.monthly,
      notes: [...range(projection.monthlyRange), projection.basis],
    },
    {
      label: 'Saved a year',
      value: projection.yearly,
      notes: [...range(projection.yearlyRange), ...(projection.yearlyRange === null ? [] : ['an estimate'])],
    },
    {
      label: 'Saved per request',
      value: signedUsd(each(savedUsd)),
      notes: [`of ${usd(each(baselineCostUsd))} each`, coverageSentence(totals)],
    },
  ];
}

function savedSum({ savedUsd }: TotalsBody): Term {
  return { label: 'Saved', amountUsd: savedUsd, explanation: 'together', isSum: true };
}

function sumTable(caption: string, rows: HTMLElement): HTMLElement {
  return element(
    'div',
    { class: 'table-scroll' },
    element('table', { class: 'table sum' }, element('caption', { class: 'visually-hidden' }, caption), rows),
  );
}

function termRows(terms: readonly Term[], isKnown: boolean): readonly HTMLElement[] {
  const decimals = decimalsOf(terms);
  return terms.map(({ label, explanation, amountUsd, isSum }) =>
    element(
      'tr',
      isSum ? { class: 'sum-row' } : {},
      element('th', { scope: 'row' }, label, element('span', { class: 'explanation' }, explanation)),
      element('td', { class: 'number' }, isKnown ? exactUsd(amountUsd, decimals) : 'unknown'),
    ),
  );
}

const BEFORE_AFTER_COLUMNS: readonly Column<BeforeAfterRow>[] = [
  { key: 'label', title: 'Figure', cell: ({ label }) => label },
  { key: 'before', title: 'Before', isNumber: true, cell: ({ before }) => before },
  { key: 'after', title: 'After', isNumber: true, cell: ({ after }) => after },
  {
    key: 'verdict',
    title: 'Change',
    cell: ({ verdict }) =>
      verdict === null
        ? element('span', { class: 'soft' }, '–')
        : element('span', { class: verdict === 'better' ? 'gain' : 'loss' }, verdict),
  },
];

const GRADE_COLUMNS: readonly Column<GradeOutlook>[] = [
  {
    key: 'grade',
    title: 'Grade',
    cell: ({ grade }) =>
      grade === 'unknown' ? 'Not graded' : grade.slice(0, 1).toUpperCase() + grade.slice(1),
  },
  {
    key: 'share',
    title: 'Share of requests',
    isNumber: true,
    cell: ({ requestShare }) => percent(requestShare),
    sortBy: ({ requestShare }) => requestShare,
  },
  {
    key: 'each',
    title: 'Saved per request',
    isNumber: true,
    cell: ({ savedPerRequestUsd }) => signedUsd(savedPerRequestUsd),
    sortBy: ({ savedPerRequestUsd }) => savedPerRequestUsd,
  },
  {
    key: 'monthlyRequests',
    title: 'Requests a month',
    isNumber: true,
    cell: ({ monthlyRequests }) => (monthlyRequests === null ? 'unknown' : grouped(monthlyRequests, 0)),
    sortBy: ({ monthlyRequests }) => monthlyRequests,
  },
  {
    key: 'monthly',
    title: 'Saved a month',
    isNumber: true,
    cell: ({ monthlySavedUsd }) => signedUsd(monthlySavedUsd),
    sortBy: ({ monthlySavedUsd }) => monthlySavedUsd,
  },
  {
    key: 'yearly',
    title: 'Saved a year',
    isNumber: true,
    cell: ({ yearlySavedUsd }) => signedUsd(yearlySavedUsd),
    sortBy: ({ yearlySavedUsd }) => yearlySavedUsd,
  },
];
