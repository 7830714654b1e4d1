// What a daemon would answer to the analysis views: a fortnight of work with everything in it that they must show, a
// daemon that has seen nothing yet, and the figures that belong together adding up as the daemon's do.

import type { CacheBody } from '../../daemon/protocol/cache-api.ts';
import type {
  BudgetState,
  BudgetsBody,
  ModelStatus,
  ReplayBody,
  SeriesBody,
  SeriesPoint,
  StatusBody,
  TotalsBody,
  TotalsGroup,
} from '../../daemon/protocol/control-api.ts';
import type { Profile, TokenUsage } from '../../daemon/protocol/vocabulary.ts';

export const DAY_MS = 86_400_000;
/** Early enough that "starts again in" is stable, late enough that axes look as they do today. */
export const NOW_MS = Date.parse('2026-11-21T15:30:00Z');

const NO_TOKENS: TokenUsage = {
  inputTokens: 0,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  outputTokens: 0,
  reasoningOutputTokens: 0,
};

/** [requests, baseline, saved] of each day; two idle days, and one on which routing cost more than it brought. */
const DAYS: readonly (readonly [requests: number, baselineUsd: number, savedUsd: number])[] = [
  [84, 2.1, 1.22],
  [132, 3.42, 2.3],
  [61, 1.4, 0.61],
  [0, 0, 0],
  [0, 0, 0],
  [148, 3.9, 2.71],
  [171, 4.55, 3.02],
  [95, 2.2, -0.43],
  [120, 3.1, 1.94],
  [44, 0.9, 0.52],
  [22, 0.5, 0.3],
  [187, 5.2, 3.64],
  [160, 4.4, 2.9],
  [73, 1.9, 1.21],
];

const LEFT_OUT = 31;

export function richSeries(nowMs = NOW_MS): SeriesBody {
  const firstMs = Math.floor(nowMs / DAY_MS) * DAY_MS - (DAYS.length - 1) * DAY_MS;
  const points = DAYS.map(([requests, baselineCostUsd, savedUsd], day): SeriesPoint => ({
    startMs: firstMs + day * DAY_MS,
    requests: requests + (day === 0 ? LEFT_OUT : 0),
    comparableRequests: requests,
    failedRequests: Math.round(requests / 60),
    costUsd: baselineCostUsd - savedUsd,
    baselineCostUsd,
    savedUsd,
    inputTokens: requests * 9000,
    cacheReadInputTokens: requests * 5400,
    outputTokens: requests * 420,
  }));
  return { bucketMs: DAY_MS, points: points.filter(({ requests }) => requests > 0) };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const compared = sum(DAYS.map(([requests]) => requests));
const baselineUsd = sum(DAYS.map(([, baseline]) => baseline));
const savedUsd = sum(DAYS.map(([, , saved]) => saved));

/** [key, share of requests, of tokens, of spend] */
type Mix = readonly (readonly [key: string, requests: number, tokens: number, spend: number])[];

const MIXES: Readonly<Record<string, Mix>> = {
  model: [
    ['deepseek-flash', 0.46, 0.31, 0.06],
    ['deepseek-pro', 0.27, 0.3, 0.16],
    ['claude-opus', 0.13, 0.24, 0.61],
    ['claude-sonnet', 0.08, 0.1, 0.13],
    ['gemini-flash', 0.03, 0.03, 0.02],
    ['qwen-coder', 0.015, 0.01, 0.01],
    ['local-llama', 0.01, 0.007, 0],
    ['unknown', 0.005, 0.003, 0.01],
  ],
  task: [
    ['code', 0.52, 0.61, 0.66],
    ['general', 0.2, 0.13, 0.08],
    ['reasoning', 0.12, 0.15, 0.2],
    ['classification', 0.1, 0.06, 0.02],
    ['translation', 0.06, 0.05, 0.04],
  ],
  complexity: [
    ['simple', 0.55, 0.34, 0.12],
    ['moderate', 0.3, 0.34, 0.26],
    ['complex', 0.15, 0.32, 0.62],
  ],
  client: [
    ['claude-code', 0.6, 0.7, 0.74],
    ['opencode', 0.25, 0.2, 0.18],
    ['continue', 0.15, 0.1, 0.08],
  ],
  workspace: [
    ['billing-api', 0.7, 0.75, 0.8],
    ['unknown', 0.3, 0.25, 0.2],
  ],
  day: [
    ['2026-11-20', 0.6, 0.6, 0.6],
    ['2026-11-21', 0.4, 0.4, 0.4],
  ],
};

const REQUESTS = compared + LEFT_OUT;
const COST = baselineUsd - savedUsd + 0.31;
const TOKENS: TokenUsage = {
  inputTokens: 11_400_000,
  cacheReadInputTokens: 6_900_000,
  cacheCreationInputTokens: 800_000,
  outputTokens: 545_000,
  reasoningOutputTokens: 90_000,
};

function groupOf([key, requests, tokens, spend]: Mix[number]): TotalsGroup {
  const isPriced = key !== 'unknown';
  const scaled = (count: number): number => Math.round(count * tokens);
  return {
    key,
    requests: Math.round(REQUESTS * requests),
    requestShare: requests,
    pricedRequests: isPriced ? Math.round(REQUESTS * requests) : 0,
    comparableRequests: isPriced ? Math.round(compared * requests) : 0,
    countedRequests: Math.round(REQUESTS * requests),
    tokens: {
      ...NO_TOKENS,
      inputTokens: scaled(TOKENS.inputTokens),
      cacheReadInputTokens: scaled(TOKENS.cacheReadInputTokens),
      outputTokens: scaled(TOKENS.outputTokens),
    },
    tokenShare: tokens,
    costUsd: COST * spend,
    spendShare: spend,
    baselineCostUsd: baselineUsd * requests,
    savedUsd: baselineUsd * requests - (baselineUsd - savedUsd) * spend,
  };
}

export function richTotals(groupBy: string | null = null, withDetails = false): TotalsBody {
  const answersCostUsd = baselineUsd - savedUsd - 0.18 - 0.07;
  return {
    requests: REQUESTS,
    pricedRequests: REQUESTS - 9,
    comparableRequests: compared,
    tokens: TOKENS,
    costUsd: COST,
    estimatedCostUsd: 0.42,
    baselineCostUsd: baselineUsd,
    savedUsd,
    savedBy: {
      routing: savedUsd - 1.31 - 0.12 - 0.6,
      exactCache: 1.31,
      semanticCache: 0.12,
      promptCacheInjection: 0.6,
    },
    savedRatio: savedUsd / baselineUsd,
    coverageRatio: compared / REQUESTS,
    classifierCostUsd: 0.07,
    failedAttemptsCostUsd: 0.18,
    latencyMs: { p50: 2400, p95: 11_800 },
    timeToFirstChunkMs: { p50: 640, p95: 2100 },
    successRatio: 0.984,
    failedRequests: 21,
    cacheHitRatio: 0.064,
    meanLatencyMs: 3900,
    projection: {
      monthlySavedUsd: (savedUsd / 14) * (365 / 12),
      yearlySavedUsd: (savedUsd / 14) * 365,
      ...(withDetails
        ? { monthlySavedIntervalUsd: [28.4, 66.1], yearlySavedIntervalUsd: [402, 704], days: 14 }
        : {}),
    },
    groups: groupBy === null ? [] : (MIXES[groupBy] ?? []).map(groupOf),
    ...(withDetails ? { details: details(answersCostUsd) } : {}),
  };
}

function details(answersCostUsd: number): NonNullable<TotalsBody['details']> {
  const monthly = (amount: number): number => (amount / 14) * (365 / 12);
  const grade = (name: string, requestShare: number, savedShare: number) => ({
    grade: name,
    requestShare,
    monthlyRequests: monthly(compared * requestShare),
    savedPerRequestUsd: (savedUsd * savedShare) / (compared * requestShare),
    monthlySavedUsd: monthly(savedUsd * savedShare),
    yearlySavedUsd: monthly(savedUsd * savedShare) * 12,
  });
  return {
    compared: {
      requests: compared,
      baselineCostUsd: baselineUsd,
      answersCostUsd,
      failedAttemptsCostUsd: 0.18,
      classifierCostUsd: 0.07,
      savedUsd,
    },
    flatRate: { requests: 14, tokens: { ...NO_TOKENS, inputTokens: 120_000, outputTokens: 9000 } },
    unpricedRequests: 9,
    otherRequests: 8,
    beforeAfter: {
      monthlyCostUsd: { before: monthly(baselineUsd), after: monthly(baselineUsd - savedUsd) },
      averageCostUsd: { before: baselineUsd / compared, after: (baselineUsd - savedUsd) / compared },
      meanLatencyMs: { before: 6100, after: 3900 },
      successRatio: { before: 0.971, after: 0.984 },
      failedRequests: { before: 4, after: 21 },
      baselineFirstRequests: 139,
      cacheHitRatio: { before: null, after: 0.064 },
      promptCacheRatio: { before: 0.66, after: 0.605 },
      goodRatingRatio: { before: null, after: 0.92 },
      ratings: { before: 0, after: 25 },
    },
    grades: [grade('simple', 0.56, 0.58), grade('moderate', 0.3, 0.4), grade('complex', 0.14, 0.02)],
  };
}

export const EMPTY_TOTALS: TotalsBody = {
  requests: 0,
  pricedRequests: 0,
  comparableRequests: 0,
  tokens: NO_TOKENS,
  costUsd: 0,
  estimatedCostUsd: 0,
  baselineCostUsd: 0,
  savedUsd: 0,
  savedBy: { routing: 0, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 },
  savedRatio: null,
  coverageRatio: null,
  classifierCostUsd: 0,
  failedAttemptsCostUsd: 0,
  latencyMs: { p50: null, p95: null },
  timeToFirstChunkMs: { p50: null, p95: null },
  successRatio: null,
  failedRequests: 0,
  cacheHitRatio: null,
  meanLatencyMs: null,
  projection: { monthlySavedUsd: null, yearlySavedUsd: null },
  groups: [],
};

function model(
  id: string,
  provider: string,
  tier: ModelStatus['tier'],
  prices: readonly [number, number] | null,
  more: Partial<ModelStatus> = {},
): ModelStatus {
  return {
    id,
    provider,
    upstreamModel: id,
    tier,
    usable: true,
    health: 'ok',
    retryAtMs: null,
    inputUsdPerMtok: prices?.[0] ?? null,
    outputUsdPerMtok: prices?.[1] ?? null,
    contextTokens: 200_000,
    maxOutputTokens: 32_000,
    supports: ['tools'],
    tokenizerFactor: 1,
    priceAsOf: prices === null ? null : '2026-11-12',
    priceAgeDays: prices === null ? null : 9,
    priceSource: prices === null ? null : 'configuration',
    ...more,
  };
}

export function richStatus(nowMs = NOW_MS): StatusBody {
  const out = { health: 'ejected', retryAtMs: nowMs + 42_000 } as const;
  const provider = (name: string, usable: boolean, why: string) =>
    ({ name, usable, why, health: 'ok', retryAtMs: null }) as const;
  return {
    version: '0.1.0',
    protocolVersion: 1,
    pid: 4711,
    startedAt: new Date(nowMs - 5 * 3_600_000).toISOString(),
    url: 'http://127.0.0.1:7411',
    home: '/home/you/.local/share/pointsman',
    providers: [
      provider('anthropic', true, 'key from the environment variable ANTHROPIC_API_KEY'),
      {
        ...provider('deepseek', true, 'deepseek-flash is overloaded (529); deepseek-pro is overloaded (529)'),
        ...out,
      },
      provider('gemini', true, 'key handed over by the editor'),
      provider('openai', false, 'the environment variable OPENAI_API_KEY is not set'),
      provider('ollama', true, 'Ollama answers at http://127.0.0.1:11434/v1'),
    ],
    knownProviders: ['anthropic', 'openai', 'deepseek', 'gemini'],
    models: [
      model('claude-opus', 'anthropic', 'complex', [4, 20]),
      model('claude-sonnet', 'anthropic', 'moderate', [2, 10]),
      model('deepseek-flash', 'deepseek', 'simple', [0.14, 0.28], out),
      model('deepseek-pro', 'deepseek', 'moderate', [0.435, 0.87], out),
      model('gemini-flash', 'gemini', 'simple', [0.3, 2.5], { priceAgeDays: 48, priceAsOf: '2026-10-04' }),
      model('local-llama', 'ollama', 'simple', [0, 0], { priceAgeDays: null, priceAsOf: '' }),
      model('qwen-coder', 'gemini', 'moderate', null),
      model('gpt-large', 'openai', 'complex', [3, 12], { usable: false }),
    ],
    priceList: {
      version: '2026-11-12',
      ageDays: 9,
      staleModels: ['gemini-flash'],
      unpricedModels: ['qwen-coder'],
    },
    override: null,
    profile: 'balanced',
    baseline: 'claude-opus',
    config: {
      path: '/home/you/.local/share/pointsman/config.jsonc',
      valid: false,
      error: 'line 12: "profil" is unknown; the nearest known key is "profile"',
    },
    routingTests: { files: [], tests: 0, failingCount: 0, failing: [], notes: [] },
    ledger: { rows: REQUESTS, path: '/home/you/.local/share/pointsman/ledger.db', ok: true, error: null },
  };
}

/** Nothing set up: the daemon runs, and that is all. */
export function emptyStatus(nowMs = NOW_MS): StatusBody {
  const rich = richStatus(nowMs);
  return {
    ...rich,
    providers: rich.providers.filter(({ usable }) => !usable),
    models: [],
    priceList: { ...rich.priceList, staleModels: [], unpricedModels: [] },
    config: { ...rich.config, valid: true, error: null },
    ledger: { ...rich.ledger, rows: 0 },
  };
}

export function richBudgets(nowMs = NOW_MS): BudgetsBody {
  const tomorrow = new Date((Math.floor(nowMs / DAY_MS) + 1) * DAY_MS).toISOString();
  const budget = (more: Partial<BudgetState>): BudgetState => ({
    scope: 'all',
    period: 'day',
    onReach: 'warn',
    spentUsd: 1.12,
    spentTokens: 31_500,
    resetsAt: tomorrow,
    state: 'ok',
    pressure: 0,
    ...more,
  });
  return {
    budgets: [
      budget({ limitUsd: 5 }),
      budget({
        scope: 'workspace:billing-api',
        limitUsd: 1.2,
        onReach: 'downgrade',
        spentUsd: 1.05,
        state: 'downgrade',
        pressure: 0.5,
      }),
      budget({
        scope: 'client',
        period: 'week',
        limitTokens: 50_000,
        onReach: 'block',
        spentTokens: 51_200,
        state: 'block',
        instances: [
          { scope: 'client:claude-code', spentUsd: 0.9, spentTokens: 51_200, state: 'block', pressure: 0 },
          { scope: 'client:opencode', spentUsd: 0.2, spentTokens: 12_000, state: 'ok', pressure: 0 },
        ],
      }),
      budget({
        scope: 'model:claude-opus',
        period: 'month',
        limitUsd: 20,
        error: 'the ledger cannot be read (SQLITE_BUSY)',
      }),
    ],
  };
}

const REPLAYED: Readonly<Record<Profile, readonly [cost: number, low: number, high: number, moved: number]>> =
  {
    budget: [8.9, 7.7, 10.4, 310],
    balanced: [13.1, 12.9, 13.4, 12],
    quality: [22.6, 19.8, 26.1, 402],
  };

export function richReplay(profile: Profile): ReplayBody {
  const [costUsd, low, high, moved] = REPLAYED[profile];
  const toStronger = profile === 'quality';
  return {
    requests: REQUESTS,
    priced: REQUESTS - 9,
    costUsd,
    baselineCostUsd: baselineUsd,
    savedUsd: baselineUsd - costUsd,
    storedCostUsd: 13.2,
    intervalUsd: [low, high],
    moved,
    replayed: REQUESTS - 9 - 84 - 7,
    asStored: { 'not-decided': 84, 'no-usage': 7, unpriced: 9 },
    models: [],
    moves: [
      {
        from: 'deepseek-pro',
        to: toStronger ? 'claude-opus' : 'deepseek-flash',
        requests: Math.round(moved * 0.7),
        storedUsd: 2.1,
        replayedUsd: toStronger ? 9.3 : 0.4,
      },
      {
        from: 'claude-opus',
        to: toStronger ? 'claude-sonnet' : 'deepseek-pro',
        requests: Math.round(moved * 0.3),
        storedUsd: 3.4,
        replayedUsd: toStronger ? 5.6 : 0.8,
      },
    ],
    conversations: [
      { conversationId: 'c_5f21ab90', requests: 42, storedUsd: 1.9, replayedUsd: toStronger ? 4.4 : 0.6 },
      { conversationId: 'c_0c77de14', requests: 18, storedUsd: 0.8, replayedUsd: toStronger ? 1.7 : 0.3 },
    ],
    expectedSuccess: {
      stored: 0.91,
      replayed: profile === 'budget' ? 0.84 : profile === 'quality' ? 0.96 : 0.91,
    },
    profile,
    notes: [
      'requests that stay on their model count as they were billed, at the prices of their day; those that move are priced with the prices known now for their hour',
    ],
  };
}

export function emptyReplay(profile: Profile): ReplayBody {
  return {
    ...richReplay(profile),
    requests: 0,
    priced: 0,
    costUsd: 0,
    baselineCostUsd: 0,
    savedUsd: 0,
    storedCostUsd: 0,
    intervalUsd: [0, 0],
    moved: 0,
    replayed: 0,
    asStored: { 'not-decided': 0, 'no-usage': 0, unpriced: 0 },
    moves: [],
    conversations: [],
    expectedSuccess: null,
  };
}

/** Both parts of the cache, in use. */
export function richCache(): CacheBody {
  const semantic = {
    enabled: true,
    threshold: 0.9,
    entries: 57,
    bytes: 310_000,
    lookups: 164,
    hits: 12,
    wrong: 1,
  };
  return {
    exact: {
      enabled: true,
      entries: 214,
      bytes: 12_400_000,
      maxBytes: 67_108_864,
      ttlS: 3600,
      inFlight: 2,
      lookups: 240,
      hits: 76,
      disk: { path: '/home/ada/.pointsman/cache.db', entries: 198, bytes: 1_900_000 },
    },
    semantic,
  };
}

/** Nothing was asked yet, and only the exact part is on. */
export function emptyCache(): CacheBody {
  const semantic = { ...NO_USE, enabled: false, threshold: 0.9, wrong: 0 };
  const exact = { ...NO_USE, enabled: true, maxBytes: 67_108_864, ttlS: 3600, inFlight: 0, disk: null };
  return { exact, semantic };
}

const NO_USE = { entries: 0, bytes: 0, lookups: 0, hits: 0 } as const;
