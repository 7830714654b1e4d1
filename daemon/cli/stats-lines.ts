// What `pointsman stats` says to a person, within 100 columns. An amount that nobody knows is called unknown.

import { STALE_AFTER_DAYS } from '../catalog/price-age.ts';
import type { CacheBody } from '../protocol/cache-api.ts';
import type { ModelStatus, TotalsBody, TotalsDetails } from '../protocol/control-api.ts';
import { beforeAfterLines } from './before-after-lines.ts';
import {
  UNKNOWN,
  count,
  counted,
  duration,
  megabytes,
  moneyFormat,
  percent,
  short,
  type Money,
} from './figures.ts';
import { alignRows } from './table.ts';

export interface StatsInput {
  readonly byModel: TotalsBody;
  readonly byComplexity: TotalsBody;
  /** The configured ones, for their prices. */
  readonly models: readonly ModelStatus[];
  /** Stored answers; absent = the daemon tells nothing of them. */
  readonly cache?: CacheBody;
}

export function statsLines(input: StatsInput): readonly string[] {
  const { byModel: totals, models, cache } = input;
  if (totals.requests === 0) return ['no requests yet; point an assistant at the daemon and come back'];
  const usd = moneyFormat(Math.max(totals.costUsd, totals.baselineCostUsd));
  const { details } = totals;
  return [
    ...headLines(totals, usd, cache),
    ...(details === undefined ? [] : ['', ...beforeAfterLines(details.beforeAfter, totals.requests, usd)]),
    '',
    ...modelLines(totals, models, usd),
    '',
    ...gradeLines(input, usd),
    ...noteLines(input, usd).flatMap((note) => ['', ...note]),
  ];
}

function headLines(totals: TotalsBody, usd: Money, cache: CacheBody | undefined): readonly string[] {
  const { tokens, latencyMs, timeToFirstChunkMs: firstChunkMs, details } = totals;
  const cached = tokens.inputTokens === 0 ? null : tokens.cacheReadInputTokens / tokens.inputTokens;
  const isKnown = totals.comparableRequests > 0;
  return alignRows([
    ['requests', `${count(totals.requests)}, ${count(totals.failedRequests)} failed`],
    [
      'tokens',
      `${count(tokens.inputTokens)} in (${percent(cached)} from prompt caches), ${count(tokens.outputTokens)} out`,
    ],
    [
      'latency',
      `mean ${duration(totals.meanLatencyMs)}, p50 ${duration(latencyMs.p50)}, p95 ${duration(latencyMs.p95)}; ` +
        `first chunk p50 ${duration(firstChunkMs.p50)}, p95 ${duration(firstChunkMs.p95)}`,
    ],
    ...(cache === undefined ? [] : [['from store', storedText(totals, cache)]]),
    [
      'cost',
      `${totals.pricedRequests === 0 ? UNKNOWN : `${usd(totals.costUsd)} $`}${unpricedRemark(totals)}`,
    ],
    ['', ''],
    ...(details === undefined ? [] : savingRows(details, usd)),
    [
      'saved',
      isKnown
        ? `${usd(totals.savedUsd)} $ (${percent(totals.savedRatio)} of the baseline); ${percent(totals.coverageRatio)} of the requests could be compared`
        : `${UNKNOWN}; no request could be compared with a baseline`,
    ],
    ...(isKnown ? causeRows(totals, usd) : []),
    ['projection', projectionText(totals, usd)],
    ...intervalRow(totals, usd),
  ]);
}

function storedText({ cacheHitRatio }: TotalsBody, { exact }: CacheBody): string {
  if (!exact.enabled) return 'no stored answers (cache.exact.enabled is false)';
  const held = `${counted(exact.entries, 'answer')} held in ${megabytes(exact.bytes)}`;
  return `${percent(cacheHitRatio)} of the requests that might have been; ${held}`;
}

function unpricedRemark({ requests, pricedRequests }: TotalsBody): string {
  const unpriced = requests - pricedRequests;
  if (unpriced === 0) return '';
  return pricedRequests === 0
    ? `; ${counted(unpriced, 'request has', 'requests have')} no price`
    : `, and ${counted(unpriced, 'request')} of unknown cost`;
}

/** The sum that the saving is, of the requests that can be compared. */
function savingRows({ compared }: TotalsDetails, usd: Money): readonly (readonly string[])[] {
  if (compared.requests === 0) return [];
  const amounts = [
    compared.baselineCostUsd,
    -compared.answersCostUsd,
    -compared.failedAttemptsCostUsd,
    -compared.classifierCostUsd,
  ];
  const texts = amounts.map((amount) => `${usd(amount)} $`);
  const width = Math.max(...texts.map((text) => text.length));
  const cell = (index: number): string => (texts[index] ?? '').padStart(width);
  return [
    [
      'baseline',
      `${cell(0)}   ${counted(compared.requests, 'request')} on the model asked for, its prompt cache warm`,
    ],
    ['answers', cell(1)],
    ['failed tries', cell(2)],
    ['classifier', cell(3)],
  ];
}

function causeRows({ savedBy, comparableRequests }: TotalsBody, usd: Money): readonly (readonly string[])[] {
  if (comparableRequests === 0) return [];
  const causes: readonly (readonly [number, string])[] = [
    [savedBy.routing, 'routing'],
    [savedBy.exactCache, 'exact cache'],
    [savedBy.semanticCache, 'semantic cache'],
    [savedBy.promptCacheInjection, 'prompt-cache marks'],
  ];
  // Routing always stands there; a cause that never came up would only be a zero to read over.
  const shown = causes.filter(([amount], index) => index === 0 || amount !== 0);
  return [['  by', shown.map(([amount, name]) => `${name} ${usd(amount)} $`).join(', ')]];
}

function projectionText({ projection }: TotalsBody, usd: Money): string {
  const { monthlySavedUsd, yearlySavedUsd, days } = projection;
  if (monthlySavedUsd === null) return 'not before a full day of requests';
  const basis = days == null ? '' : ` (from ${counted(days, 'day')})`;
  return `${usd(monthlySavedUsd)} $ saved a month, ${usd(yearlySavedUsd)} $ a year${basis}`;
}

function intervalRow({ projection }: TotalsBody, usd: Money): readonly (readonly string[])[] {
  const { monthlySavedIntervalUsd: month, yearlySavedIntervalUsd: year } = projection;
  if (month == null || year == null) return [];
  const between = ([low, high]: readonly [number, number]): string => `${usd(low)} to ${usd(high)} $`;
  return [['', `95 % interval: ${between(month)} a month, ${between(year)} a year`]];
}

function modelLines(totals: TotalsBody, models: readonly ModelStatus[], usd: Money): readonly string[] {
  const priceOf = new Map(models.map((model) => [model.id, model]));
  return alignRows([
    ['model', 'reqs', 'share', 'tok in', 'tok out', '$in/M', '$out/M', 'cost $', 'of spend', 'saved $'],
    ...totals.groups.map((group) => [
      clipped(group.key),
      count(group.requests),
      percent(group.requestShare),
      group.countedRequests === 0 ? UNKNOWN : short(group.tokens.inputTokens),
      group.countedRequests === 0 ? UNKNOWN : short(group.tokens.outputTokens),
      price(priceOf.get(group.key)?.inputUsdPerMtok),
      price(priceOf.get(group.key)?.outputUsdPerMtok),
      usd(group.pricedRequests === 0 ? null : group.costUsd),
      percent(group.pricedRequests === 0 ? null : group.spendShare),
      usd(group.comparableRequests === 0 ? null : group.savedUsd),
    ]),
  ]);
}

/** Shares of each grade, and what its saving comes to in a month. */
function gradeLines({ byModel, byComplexity }: StatsInput, usd: Money): readonly string[] {
  const outlookOf = new Map(byModel.details?.grades.map((outlook) => [outlook.grade, outlook]));
  return alignRows([
    ['grade', 'reqs', 'share', 'cost $', 'of spend', 'saved $', 'per request', 'a month', 'a year'],
    ...byComplexity.groups.map((group) => {
      const outlook = outlookOf.get(group.key);
      return [
        clipped(group.key),
        count(group.requests),
        percent(group.requestShare),
        usd(group.pricedRequests === 0 ? null : group.costUsd),
        percent(group.pricedRequests === 0 ? null : group.spendShare),
        usd(group.comparableRequests === 0 ? null : group.savedUsd),
        usd(outlook?.savedPerRequestUsd),
        usd(outlook?.monthlySavedUsd),
        usd(outlook?.yearlySavedUsd),
      ];
    }),
  ]);
}

function noteLines({ byModel: totals, models }: StatsInput, usd: Money): readonly (readonly string[])[] {
  const notes: string[] = [];
  const { details } = totals;
  if (totals.estimatedCostUsd > 0) {
    const share = percent(totals.costUsd === 0 ? null : totals.estimatedCostUsd / totals.costUsd);
    notes.push(
      `${share} of the spend (${usd(totals.estimatedCostUsd)} $) rests on estimated usage: the provider reported none.`,
    );
  }
  if (details !== undefined && details.flatRate.requests > 0) {
    const { requests, tokens } = details.flatRate;
    notes.push(
      `quota: ${counted(requests, 'request')} by subscription (${short(tokens.inputTokens)} tokens in, ${short(tokens.outputTokens)} out), left out of cost and saving.`,
    );
  }
  if (details !== undefined && details.unpricedRequests > 0) {
    notes.push(
      `${counted(details.unpricedRequests, 'request has', 'requests have')} no known cost${unpricedNames(totals)}; a price in the configuration mends that.`,
    );
  }
  if (details !== undefined && details.otherRequests > 0) {
    notes.push(
      `${counted(details.otherRequests, 'request has', 'requests have')} a cost but no baseline to compare it with.`,
    );
  }
  const age = priceAgeNote(totals, models);
  if (age !== null) notes.push(age);
  return notes.length === 0 ? [] : [notes];
}

const MAX_NAMES = 3;

/** Of the models that answered some of the requests without a known cost. */
function unpricedNames({ groups }: TotalsBody): string {
  const names = groups
    .filter(({ key, requests, pricedRequests }) => pricedRequests < requests && key !== 'unknown')
    .map(({ key }) => clipped(key));
  if (names.length === 0) return '';
  const rest = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return ` (${names.slice(0, MAX_NAMES).join(', ')}${rest})`;
}

/** About today's prices of the models that were used: those stored with old requests may be as old as these. */
function priceAgeNote(totals: TotalsBody, models: readonly ModelStatus[]): string | null {
  const used = new Set(totals.groups.map(({ key }) => key));
  const dated = models.filter(({ id, priceAgeDays }) => used.has(id) && priceAgeDays !== null);
  const [oldest] = dated.toSorted((a, b) => (b.priceAgeDays ?? 0) - (a.priceAgeDays ?? 0));
  if (oldest === undefined) return null;
  const days = oldest.priceAgeDays ?? 0;
  const remark = days > STALE_AFTER_DAYS ? '; check it, prices change often' : '';
  return `oldest price in use: ${oldest.id}, checked ${oldest.priceAsOf} (${counted(days, 'day')} ago)${remark}.`;
}

/** `-` for a model that is not configured any more. */
function price(usdPerMtok: number | null | undefined): string {
  if (usdPerMtok === undefined) return '-';
  return usdPerMtok === null ? 'unpriced' : String(usdPerMtok);
}

const MAX_NAME_CHARS = 17;

function clipped(name: string): string {
  return name.length <= MAX_NAME_CHARS ? name : `${name.slice(0, MAX_NAME_CHARS - 1)}…`;
}
