// Who did the work: the mix by requests, tokens and spend, of models or of tasks, grades, clients, workspaces or days.

import type { StatusBody, TotalsBody, TotalsGroupBy } from '../../../daemon/protocol/control-api.ts';
import { counted, duration, grouped, percent, priceUsd, signedUsd, tokens, usd } from '../figures.ts';
import { groupName, mixBars, mixRows, type MixRow } from '../model-mix.ts';
import { card, fillEmpty, filteredRoute, tileList, unknownText, type Tile } from './analysis-parts.ts';
import { createDataTable, type Column } from './data-table.ts';
import { element, fill } from './dom.ts';
import { createLoader } from './loader.ts';
import { createShareBars } from './share-bars.ts';
import { createSwitch } from './switch.ts';
import type { CreateView, Filter, ViewContext } from './view.ts';

interface MixData {
  readonly groupBy: TotalsGroupBy;
  readonly totals: TotalsBody;
  /** null = the daemon's state could not be had; only the prices are missing then. */
  readonly status: StatusBody | null;
}

const GROUPS: readonly { readonly value: TotalsGroupBy; readonly label: string }[] = [
  { value: 'model', label: 'Models' },
  { value: 'task', label: 'Tasks' },
  { value: 'complexity', label: 'Grades' },
  { value: 'client', label: 'Clients' },
  { value: 'workspace', label: 'Workspaces' },
  { value: 'day', label: 'Days' },
];

export const createModelsView: CreateView = (context) => {
  let groupBy: TotalsGroupBy = 'model';
  const parts = mixParts(context);
  const loader = createLoader<MixData>({
    context,
    body: parts.body,
    isNews: ({ type }) => type === 'totals-update',
    load: (filter) => loadMix(context, filter, groupBy),
    draw: parts.draw,
  });
  const choice = createSwitch({
    label: 'Show the mix of',
    choices: GROUPS,
    value: groupBy,
    onChange(value) {
      groupBy = value;
      loader.reload();
    },
  });
  return {
    element: element('div', { class: 'view models stack' }, choice.element, loader.element),
    show: loader.show,
    hide: loader.hide,
    onEvent: loader.onEvent,
    onThemeChange() {},
  };
};

async function loadMix({ host }: ViewContext, filter: Filter, groupBy: TotalsGroupBy): Promise<MixData> {
  const [totals, status] = await Promise.all([
    host.call('GET', filteredRoute('totals', filter, { groupBy })),
    groupBy === 'model' ? host.call('GET', 'status').catch(() => null) : null,
  ]);
  return { groupBy, totals: totals as TotalsBody, status: status as StatusBody | null };
}

interface MixParts {
  readonly body: HTMLElement;
  readonly draw: (data: MixData) => void;
}

function mixParts(context: ViewContext): MixParts {
  let shape: TotalsGroupBy | null = null;
  const tiles = element('dl', { class: 'tiles' });
  const bars = createShareBars();
  const table = createDataTable<MixRow>({
    caption: 'Mix',
    columns: [],
    empty: 'No requests in this period.',
    announce: context.announce,
  });
  const filled = element(
    'div',
    { class: 'stack' },
    card('Mix by requests, tokens and spend', bars.element, table.element),
    card('Time and tokens', tiles),
  );
  const empty = element('div', { class: 'empty', hidden: true });
  return {
    body: element('div', { class: 'stack' }, empty, filled),
    draw({ groupBy, totals, status }) {
      empty.hidden = totals.requests > 0;
      filled.hidden = totals.requests === 0;
      if (totals.requests === 0) {
        fillEmpty(context, empty, 'which model did what then stands here.');
        return;
      }
      if (shape !== groupBy) table.reshape(`Mix by ${groupName(groupBy).toLowerCase()}`, columnsOf(groupBy));
      shape = groupBy;
      const rows = mixRows(totals, groupBy, status?.models ?? []);
      fill(tiles, ...tileList(mixTiles(totals)));
      bars.draw(mixBars(rows));
      table.update(rows);
    },
  };
}

function mixTiles(totals: TotalsBody): readonly Tile[] {
  const { latencyMs, timeToFirstChunkMs, tokens: used, failedRequests } = totals;
  return [
    {
      label: 'Tokens',
      value: tokens(used.inputTokens + used.outputTokens),
      notes: [`${tokens(used.inputTokens)} in, ${tokens(used.outputTokens)} out`],
    },
    {
      label: 'Time to the whole answer',
      value: duration(latencyMs.p50),
      notes: [`median; 95th percentile ${duration(latencyMs.p95)}`],
    },
    {
      label: 'Time to the first words',
      value: duration(timeToFirstChunkMs.p50),
      notes: [`median; 95th percentile ${duration(timeToFirstChunkMs.p95)}`],
    },
    {
      label: 'Succeeded',
      value: percent(totals.successRatio),
      notes: [`${counted(failedRequests, 'request')} failed`],
    },
  ];
}

function columnsOf(groupBy: TotalsGroupBy): readonly Column<MixRow>[] {
  const number = (
    key: string,
    title: string,
    valueOf: (row: MixRow) => number | null,
    text: (value: number) => string,
  ): Column<MixRow> => ({
    key,
    title,
    isNumber: true,
    cell: (row) => {
      const value = valueOf(row);
      return value === null ? unknownText() : text(value);
    },
    sortBy: valueOf,
  });
  const prices = [
    number('inPrice', '$ in / M', (row) => row.inputUsdPerMtok, priceUsd),
    number('outPrice', '$ out / M', (row) => row.outputUsdPerMtok, priceUsd),
  ];
  return [
    { key: 'name', title: groupName(groupBy), cell: ({ label }) => label, sortBy: ({ key }) => key },
    number(
      'requests',
      'Requests',
      (row) => row.requests,
      (value) => grouped(value, 0),
    ),
    number('requestShare', 'Of requests', (row) => row.requestShare, percent),
    number('in', 'Tokens in', (row) => row.inputTokens, tokens),
    number('out', 'Tokens out', (row) => row.outputTokens, tokens),
    number('tokenShare', 'Of tokens', (row) => row.tokenShare, percent),
    ...(groupBy === 'model' ? prices : []),
    number('cost', 'Cost', (row) => row.costUsd, usd),
    number('each', 'Per request', (row) => row.costPerRequestUsd, usd),
    number('spendShare', 'Of spend', (row) => row.spendShare, percent),
    number('saved', 'Saved', (row) => row.savedUsd, signedUsd),
  ];
}
