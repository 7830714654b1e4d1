// How the parts stand: who can be asked and who is out until when, prices and their age, caches, books, configuration.

import type { CacheBody } from '../../../daemon/protocol/cache-api.ts';
import type { StatusBody, TotalsBody } from '../../../daemon/protocol/control-api.ts';
import { counted, duration, percent, priceUsd, signedUsd } from '../figures.ts';
import {
  daemonFindings,
  healthSentence,
  modelRows,
  nextRetryMs,
  priceAge,
  priceFindings,
  providerRows,
  withHealthUpdate,
  type HealthRow,
} from '../health-rows.ts';
import {
  card,
  filteredRoute,
  findingList,
  remedyButton,
  stateChip,
  tileList,
  type Tile,
} from './analysis-parts.ts';
import { createCacheCard } from './cache-card.ts';
import { createDataTable, type Column } from './data-table.ts';
import { element, fill } from './dom.ts';
import { createLoader } from './loader.ts';
import { refill } from './refill.ts';
import type { CreateView, Filter, ViewContext } from './view.ts';

interface HealthData {
  readonly status: StatusBody;
  readonly totals: TotalsBody;
  readonly cache: CacheBody;
}

type ModelRow = ReturnType<typeof modelRows>[number];

/** The daemon answers the moment that a model may be tried again; a little later it knows how that went. */
const AFTER_RETRY_MS = 500;
const LONGEST_TIMER_MS = 2_000_000_000;

export const createHealthView: CreateView = (context) => {
  let known: HealthData | null = null;
  let retryTimer: number | undefined;
  const parts = healthParts(context, () => loader.reload());
  const loader = createLoader<HealthData>({
    context,
    body: parts.body,
    isNews: ({ type }) => type === 'health-update' || type === 'config-update' || type === 'totals-update',
    load: (filter) => loadHealth(context, filter),
    draw,
  });

  function draw(data: HealthData): void {
    known = data;
    parts.draw(data, Date.now());
    clearTimeout(retryTimer);
    const atMs = nextRetryMs(data.status);
    if (atMs === null) return;
    const delayMs = Math.max(1000, atMs - Date.now() + AFTER_RETRY_MS);
    retryTimer = setTimeout(loader.reload, Math.min(LONGEST_TIMER_MS, delayMs));
  }

  return {
    element: element('div', { class: 'view health' }, loader.element),
    show: loader.show,
    hide() {
      clearTimeout(retryTimer);
      loader.hide();
    },
    onEvent(event) {
      // At once, before the daemon is asked for the whole.
      if (event.type === 'health-update' && known !== null && loader.isShown()) {
        known = { ...known, status: withHealthUpdate(known.status, event) };
        parts.draw(known, Date.now());
      }
      loader.onEvent(event);
    },
    onThemeChange() {},
  };
};

async function loadHealth({ host }: ViewContext, filter: Filter): Promise<HealthData> {
  const [status, totals, cache] = await Promise.all([
    host.call('GET', 'status'),
    host.call('GET', filteredRoute('totals', filter, { details: '1' })),
    host.call('GET', 'cache'),
  ]);
  return { status: status as StatusBody, totals: totals as TotalsBody, cache: cache as CacheBody };
}

interface HealthParts {
  readonly body: HTMLElement;
  readonly draw: (data: HealthData, nowMs: number) => void;
}

function healthParts(context: ViewContext, reload: () => void): HealthParts {
  const { announce } = context;
  const summary = element('p', { class: 'summary', role: 'status' });
  const providers = createDataTable<HealthRow>({
    caption: 'Providers and their state',
    columns: providerColumns(context),
    empty: 'No provider is known yet. Set the key of one, and it appears here.',
    announce,
  });
  const models = createDataTable<ModelRow>({
    caption: 'Models, their state and their prices',
    columns: MODEL_COLUMNS,
    empty: 'No model can be asked yet.',
    announce,
  });
  const responses = createCacheCard(context, reload);
  const tiles = element('dl', { class: 'tiles' });
  const prices = element('ul', { class: 'findings' });
  const daemon = element('ul', { class: 'findings' });
  const about = element('p', { class: 'hint' });
  return {
    body: element(
      'div',
      { class: 'stack' },
      summary,
      card('Providers', providers.element),
      card('Models and prices', models.element, prices),
      responses.element,
      card('Prompt caches of the providers', tiles),
      card('Daemon', daemon, about),
    ),
    draw({ status, totals, cache }, nowMs) {
      const sentence = healthSentence(status);
      if (summary.textContent !== sentence) summary.textContent = sentence; // said aloud when it changes
      providers.update(providerRows(status));
      models.update(modelRows(status));
      responses.draw(cache, totals);
      fill(tiles, ...tileList(promptCacheTiles(totals)));
      refill(prices, ...findingList(context, priceFindings(status)));
      refill(daemon, ...findingList(context, daemonFindings(status)));
      about.textContent = aboutSentence(status, nowMs);
    },
  };
}

function aboutSentence({ version, pid, url, startedAt }: StatusBody, nowMs: number): string {
  const sinceMs = nowMs - Date.parse(startedAt);
  return `Pointsman ${version} at ${url}, process ${pid}, up for ${upTime(sinceMs)}.`;
}

function upTime(ms: number): string {
  if (ms < 3_600_000) return duration(Math.max(0, ms));
  return ms < 172_800_000
    ? counted(Math.floor(ms / 3_600_000), 'hour')
    : counted(Math.floor(ms / 86_400_000), 'day');
}

function promptCacheTiles(totals: TotalsBody): readonly Tile[] {
  const { tokens, savedBy, details } = totals;
  const read = tokens.inputTokens === 0 ? null : tokens.cacheReadInputTokens / tokens.inputTokens;
  const before = details?.beforeAfter.promptCacheRatio.before ?? null;
  const isKnown = totals.comparableRequests > 0;
  const money = (amount: number): string => (isKnown ? signedUsd(amount) : 'unknown');
  return [
    {
      label: 'Prompt tokens read from providers’ caches',
      value: percent(read),
      notes: [`without a router ${percent(before)}`],
    },
    {
      label: 'Saved by prompt-cache marks',
      value: money(savedBy.promptCacheInjection),
      notes: ['set where the assistant sets none'],
    },
  ];
}

function providerColumns(context: ViewContext): readonly Column<HealthRow>[] {
  return [
    { key: 'name', title: 'Provider', cell: ({ name }) => name, sortBy: ({ name }) => name },
    {
      key: 'state',
      title: 'State',
      cell: ({ state, tone }) => stateChip(state, tone),
      sortBy: ({ state }) => state,
    },
    {
      key: 'detail',
      title: 'Why, and what to do',
      cell: ({ detail, remedy }) =>
        element('div', { class: 'detail' }, element('span', {}, detail), remedyButton(context, remedy)),
    },
  ];
}

const MODEL_COLUMNS: readonly Column<ModelRow>[] = [
  {
    key: 'name',
    title: 'Model',
    cell: ({ name }) => name,
    sortBy: ({ name }) => name,
  },
  {
    key: 'provider',
    title: 'Provider',
    cell: ({ provider }) => provider,
    sortBy: ({ provider }) => provider,
  },
  {
    key: 'tier',
    title: 'Trusted with',
    cell: ({ model }) => model.tier,
    sortBy: ({ model }) => ['simple', 'moderate', 'complex'].indexOf(model.tier),
  },
  {
    key: 'state',
    title: 'State',
    cell: ({ state, tone }) => stateChip(state, tone),
    sortBy: ({ state }) => state,
  },
  {
    key: 'in',
    title: '$ in / M',
    isNumber: true,
    cell: ({ model }) => priceUsd(model.inputUsdPerMtok),
    sortBy: ({ model }) => model.inputUsdPerMtok,
  },
  {
    key: 'out',
    title: '$ out / M',
    isNumber: true,
    cell: ({ model }) => priceUsd(model.outputUsdPerMtok),
    sortBy: ({ model }) => model.outputUsdPerMtok,
  },
  {
    key: 'age',
    title: 'Price age',
    isNumber: true,
    cell: ({ model }) => priceAge(model),
    sortBy: ({ model }) => model.priceAgeDays,
  },
];
