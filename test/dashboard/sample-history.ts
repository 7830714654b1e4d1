// A made-up working day of requests, the same at each run, in the shape that the daemon keeps them in.

import type {
  AttemptRecord,
  Decision,
  ExchangeRecord,
  UnitPrices,
} from '../../daemon/protocol/exchange-record.ts';
import type {
  Complexity,
  FailureKind,
  RouteReason,
  TaskType,
  TokenUsage,
} from '../../daemon/protocol/vocabulary.ts';

interface SampleModel {
  readonly id: string;
  readonly provider: string;
  readonly tier: Complexity;
  readonly prices: UnitPrices;
}

const priced = (input: number, output: number, read: number, write: number): UnitPrices => ({
  inputUsdPerMtok: input,
  outputUsdPerMtok: output,
  cacheReadUsdPerMtok: read,
  cacheWriteUsdPerMtok: write,
  source: 'the configuration',
  asOf: '2026-11-01',
});

export const SAMPLE_MODELS = [
  { id: 'deepseek-flash', provider: 'deepseek', tier: 'simple', prices: priced(0.14, 0.28, 0.0028, 0.14) },
  { id: 'deepseek-pro', provider: 'deepseek', tier: 'moderate', prices: priced(0.55, 2.19, 0.055, 0.55) },
  { id: 'claude-opus', provider: 'anthropic', tier: 'complex', prices: priced(4, 20, 0.4, 5) },
] as const satisfies readonly SampleModel[];

const [FLASH, PRO, OPUS] = SAMPLE_MODELS;
const CLIENTS = ['claude-code', 'claude-code', 'opencode', 'copilot', 'codex'] as const;
const WORKSPACES = ['billing-api', 'web-shop', null] as const;
const TASKS: readonly TaskType[] = ['code', 'code', 'general', 'reasoning', 'classification', 'translation'];

export interface SampleOptions {
  readonly count: number;
  /** When the newest one began. */
  readonly newestAtMs: number;
}

/** Newest first, about one every 40 seconds. */
export function sampleHistory({ count, newestAtMs }: SampleOptions): readonly ExchangeRecord[] {
  return Array.from({ length: count }, (_, index) => sampleExchange(index, newestAtMs - index * 41_000));
}

/** `index` picks what kind of request it is: 5 fails over, 11 is an error, 13 cancelled, 17 interrupted, 19 unpriced. */
export function sampleExchange(index: number, startedAtMs: number): ExchangeRecord {
  const random = randomFrom(index + 1);
  const model = pickModel(random());
  const usage = sampleUsage(random, model.tier);
  const durationMs = Math.round(400 + random() * 9000);
  const base = baseRecord(index, startedAtMs, model, usage, durationMs, random);
  const kind = index % 23;
  if (kind === 11) return failedRecord(base);
  if (kind === 13) return { ...base, status: 'cancelled', errorType: 'client.closed' };
  if (kind === 17) return interruptedRecord(base);
  if (kind === 19) return unpricedRecord(base);
  if (kind === 7) return cachedRecord(base);
  if (kind === 3) return estimatedRecord(base);
  return kind === 5 ? failedOverRecord(base, durationMs) : base;
}

function baseRecord(
  index: number,
  startedAtMs: number,
  model: SampleModel,
  usage: TokenUsage,
  durationMs: number,
  random: () => number,
): ExchangeRecord {
  const task = TASKS[Math.floor(random() * TASKS.length)] ?? 'general';
  const client = CLIENTS[Math.floor(random() * CLIENTS.length)] ?? 'unknown';
  const workspaceId = WORKSPACES[Math.floor(random() * WORKSPACES.length)] ?? null;
  const attempt = attemptOf(model, usage, 22, durationMs - 22);
  const baselineUsage = {
    ...usage,
    inputTokens: usage.inputTokens * 1.35,
    outputTokens: usage.outputTokens * 1.35,
  };
  const terms = { usage: withCache(baselineUsage), prices: OPUS.prices };
  const reason: RouteReason = model === OPUS ? 'escalated' : random() < 0.4 ? 'affinity' : 'cheapest-capable';
  const decision = sampleDecision(client, task, model, reason);
  const record: ExchangeRecord = {
    exchangeId: `x_${String(index).padStart(6, '0')}`,
    startedAt: new Date(startedAtMs).toISOString(),
    durationMs,
    timeToFirstChunkMs: 22 + Math.round(durationMs * 0.3),
    client,
    clientDialect: client === 'claude-code' ? 'anthropic-messages' : 'openai-chat',
    conversationId: `c_${index % 40}`,
    workspaceId,
    requestModel: client === 'claude-code' ? 'claude-auto' : 'auto',
    responseModel: model.id,
    provider: model.provider,
    stream: true,
    status: 'ok',
    errorType: null,
    attempts: [attempt],
    usage,
    usageSource: 'reported',
    costUsd: 0,
    classifierCostUsd: 0,
    failedAttemptsCostUsd: 0,
    baselineModel: OPUS.id,
    baselineCostUsd: 0,
    savedUsd: 0,
    baseline: terms,
    priced: true,
    cache: 'miss',
    savedBy: { routing: 0, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 },
    initiator: client === 'copilot' ? 'GitHub.copilot-chat' : null,
    warnings: [],
    task,
    complexity: model.tier,
    reason,
    decision,
  };
  return settled(record, model === OPUS ? attempt.costUsd : costOf(terms.usage, OPUS.prices));
}

function failedOverRecord(record: ExchangeRecord, durationMs: number): ExchangeRecord {
  const [answer] = record.attempts;
  if (answer === undefined) return record;
  const planned = answer.model === FLASH.id ? PRO : FLASH;
  const other = answer.model === OPUS.id ? PRO : OPUS;
  const first: AttemptRecord = {
    ...attemptOf(planned, null, 22, 1200),
    ...failure('overloaded', 529),
    possiblyBilled: false,
  };
  const second: AttemptRecord = { ...attemptOf(other, null, 1230, 2900), ...failure('timeout', null) };
  const last: AttemptRecord = { ...answer, startedAtMs: 4140 };
  const attempts = [first, { ...second, possiblyBilled: true }, last];
  const warnings = [`${other.id} may have billed an attempt that failed after it was sent`];
  const decision = record.decision === null ? null : { ...record.decision, chosen: planned.id };
  return settled(
    {
      ...record,
      decision,
      attempts,
      durationMs: durationMs + 4118,
      reason: 'fallback',
      warnings,
      classifierCostUsd: 0.00021,
    },
    record.baselineCostUsd,
  );
}

function failedRecord(record: ExchangeRecord): ExchangeRecord {
  const attempts = [
    { ...attemptOf(FLASH, null, 20, 300), ...failure('auth', 401) },
    { ...attemptOf(OPUS, null, 330, 900), ...failure('server-error', 500) },
  ];
  const nobody = {
    responseModel: null,
    provider: null,
    usage: null,
    usageSource: 'none',
    baseline: null,
  } as const;
  const error = { status: 'error', errorType: 'upstream.all_failed', timeToFirstChunkMs: null } as const;
  return settled({ ...record, ...nobody, ...error, attempts, durationMs: 1240 }, 0);
}

function interruptedRecord(record: ExchangeRecord): ExchangeRecord {
  const unknown = {
    costUsd: null,
    baselineCostUsd: null,
    savedUsd: null,
    priced: false,
    baseline: null,
  } as const;
  const nobody = { responseModel: null, provider: null, usage: null, usageSource: 'none' } as const;
  const error = { status: 'interrupted', errorType: null, timeToFirstChunkMs: null, attempts: [] } as const;
  return { ...record, ...unknown, ...nobody, ...error, savedBy: NOTHING_SAVED, reason: null };
}

function unpricedRecord(record: ExchangeRecord): ExchangeRecord {
  const attempts = record.attempts.map((attempt) => ({
    ...attempt,
    costUsd: null,
    prices: null,
    model: 'local-qwen',
  }));
  const unknown = {
    costUsd: null,
    baselineCostUsd: null,
    savedUsd: null,
    priced: false,
    baseline: null,
  } as const;
  return { ...record, ...unknown, attempts, responseModel: 'local-qwen', savedBy: NOTHING_SAVED };
}

function cachedRecord(record: ExchangeRecord): ExchangeRecord {
  const hit = {
    attempts: [],
    cache: 'exact',
    reason: 'cache',
    durationMs: 4,
    timeToFirstChunkMs: 3,
  } as const;
  const routedUsd = record.costUsd ?? 0;
  const done = settled({ ...record, ...hit }, record.baselineCostUsd);
  return {
    ...done,
    savedBy: { ...NOTHING_SAVED, exactCache: routedUsd, routing: (done.savedUsd ?? 0) - routedUsd },
  };
}

function estimatedRecord(record: ExchangeRecord): ExchangeRecord {
  const attempts = record.attempts.map((attempt) => ({ ...attempt, usageSource: 'estimated' as const }));
  return { ...record, attempts, usageSource: 'estimated' };
}

const NOTHING_SAVED = { routing: 0, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 };

function settled(record: ExchangeRecord, baselineCostUsd: number | null): ExchangeRecord {
  const attemptsUsd = record.attempts.reduce((total, { costUsd }) => total + (costUsd ?? 0), 0);
  const costUsd = record.classifierCostUsd + attemptsUsd;
  const savedUsd = baselineCostUsd === null ? null : baselineCostUsd - costUsd;
  const savedBy = { ...NOTHING_SAVED, routing: savedUsd ?? 0 };
  return { ...record, costUsd, baselineCostUsd, savedUsd, savedBy };
}

function attemptOf(
  model: SampleModel,
  usage: TokenUsage | null,
  startedAtMs: number,
  durationMs: number,
): AttemptRecord {
  return {
    model: model.id,
    provider: model.provider,
    startedAtMs,
    durationMs,
    timeToFirstChunkMs: usage === null ? null : Math.round(durationMs * 0.3),
    status: 'ok',
    errorType: null,
    statusCode: 200,
    usage,
    usageSource: usage === null ? 'none' : 'reported',
    costUsd: usage === null ? 0 : costOf(usage, model.prices),
    costSource: 'prices',
    possiblyBilled: false,
    prices: usage === null ? null : model.prices,
  };
}

const failure = (errorType: FailureKind, statusCode: number | null) =>
  ({ status: 'failed', errorType, statusCode }) as const;

export function costOf(usage: TokenUsage, prices: UnitPrices): number {
  const { inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens } = usage;
  const uncached = inputTokens - cacheReadInputTokens - cacheCreationInputTokens;
  return (
    (uncached * prices.inputUsdPerMtok +
      cacheReadInputTokens * prices.cacheReadUsdPerMtok +
      cacheCreationInputTokens * prices.cacheWriteUsdPerMtok +
      outputTokens * prices.outputUsdPerMtok) /
    1_000_000
  );
}

function sampleUsage(random: () => number, tier: Complexity): TokenUsage {
  const scale = { simple: 1, moderate: 3, complex: 8 }[tier];
  const inputTokens = Math.round((800 + random() * 9000) * scale);
  const cacheReadInputTokens = Math.round(inputTokens * random() * 0.7);
  const outputTokens = Math.round((60 + random() * 700) * scale);
  return {
    inputTokens,
    cacheReadInputTokens,
    cacheCreationInputTokens: 0,
    outputTokens,
    reasoningOutputTokens: tier === 'simple' ? 0 : Math.round(outputTokens * 0.3),
  };
}

/** What the baseline would have read is read, and what is new is written. */
function withCache(usage: TokenUsage): TokenUsage {
  const cacheReadInputTokens = usage.inputTokens * 0.6;
  return {
    ...usage,
    cacheReadInputTokens,
    cacheCreationInputTokens: usage.inputTokens - cacheReadInputTokens,
  };
}

function sampleDecision(client: string, task: TaskType, model: SampleModel, reason: RouteReason): Decision {
  const chosen = model.id;
  return {
    client,
    conversationId: 'c_1',
    ask: { chars: 214, earlierUserTurns: 2 },
    classification: {
      taskType: task,
      complexity: model.tier,
      confidence: 0.86,
      needsStronger: model.tier === 'simple' ? 0.12 : 0.71,
      needsStrongest: 0.08,
      classifierName: 'learned',
      signals: ['asks for a change in one file', 'names a function', 'no architecture words'],
    },
    decisionPoint: reason === 'affinity' ? 'continuation' : 'new-task',
    profile: 'balanced',
    reason,
    candidates: [
      candidate(
        'deepseek-flash',
        0.0021,
        0.0144,
        0.62,
        0,
        chosen,
        'success probability 0.62 is below 0.75 (balanced, code)',
      ),
      candidate(
        'deepseek-pro',
        0.0103,
        0.0512,
        0.91,
        12_400,
        chosen,
        'costs 0.0512 USD, deepseek-flash 0.0144 USD',
      ),
      candidate('claude-opus', 0.0841, 0.3924, 0.97, 0, chosen, 'costs 0.3924 USD, deepseek-pro 0.0512 USD'),
    ],
    bindingConstraint:
      chosen === 'deepseek-flash'
        ? null
        : 'deepseek-flash (0.0021 USD instead of 0.0103 USD) was not taken: success probability 0.62 is below 0.75 (balanced, code)',
    chosen,
    effort: null,
    baseline: 'claude-opus',
    fallbacks: ['claude-opus'],
    wouldFlip: [
      { change: 'needsStronger below 0.25', to: 'deepseek-flash', patch: {} },
      { change: 'profile quality', to: 'claude-opus', patch: {} },
    ],
    switchEconomics: {
      fromModel: 'claude-opus',
      toModel: chosen === 'claude-opus' ? 'deepseek-pro' : chosen,
      expectedSteps: 6,
      stayCostUsd: 0.3924,
      moveCostUsd: 0.0512,
      paybackSteps: 1.4,
      allowanceUsd: 0.021,
      moved: chosen !== 'claude-opus',
    },
    notes: [],
    input: null,
    tableHash: 'table',
  };
}

function candidate(
  model: string,
  expectedCostUsd: number,
  expectedTaskCostUsd: number,
  successProbability: number,
  warmTokens: number,
  chosen: string,
  rejected: string,
): Decision['candidates'][number] {
  const figures = {
    model,
    expectedCostUsd,
    expectedTaskCostUsd,
    successProbability,
    warmTokens,
    effort: null,
  };
  return { ...figures, rejected: model === chosen ? null : rejected };
}

const pickModel = (share: number): SampleModel => (share < 0.6 ? FLASH : share < 0.88 ? PRO : OPUS);

/** Mulberry32: small, and good enough to look like work. */
function randomFrom(seed: number): () => number {
  let state = seed * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
