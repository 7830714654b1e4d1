// Models, tables and inputs for the tests of daemon/route, and generators of random ones. Prices are round numbers so
// that expected costs can be worked out in the head: 1,000 input and 100 output tokens unless a test says otherwise.

import * as fc from 'fast-check';
import { gradeOfNeeds, needsOfGrade } from '../../../../daemon/classify/grade.ts';
import type { ModelTarget, Pricing } from '../../../../daemon/catalog/model-target.ts';
import { REASONING_EFFORTS } from '../../../../daemon/conversation/settings.ts';
import type { DecisionInput, RequestControls } from '../../../../daemon/protocol/exchange-record.ts';
import type {
  Capability,
  Classification,
  Complexity,
  DecisionPoint,
  Profile,
  TaskType,
} from '../../../../daemon/protocol/vocabulary.ts';
import type { ProfileTable, RoutingTable } from '../../../../daemon/route/policy.ts';

export const GRADES: readonly Complexity[] = ['simple', 'moderate', 'complex'];
export const PROFILES: readonly Profile[] = ['budget', 'balanced', 'quality'];
export const TASK_TYPES: readonly TaskType[] = [
  'code',
  'classification',
  'reasoning',
  'translation',
  'creative',
  'vision',
  'general',
];
export const ALL_CAPABILITIES: readonly Capability[] = ['tools', 'vision', 'reasoning', 'json'];
export const AT_MS = Date.UTC(2026, 10, 21, 12);

export function pricing(inputUsdPerMtok: number, outputUsdPerMtok = inputUsdPerMtok * 5): Pricing {
  return {
    inputUsdPerMtok,
    outputUsdPerMtok,
    cacheReadUsdPerMtok: inputUsdPerMtok,
    cacheWriteUsdPerMtok: inputUsdPerMtok,
    cacheWrite1hUsdPerMtok: inputUsdPerMtok,
    source: 'test',
    asOf: '2026-11-01',
  };
}

export function target(id: string, overrides: Partial<ModelTarget> = {}): ModelTarget {
  return {
    id,
    provider: 'alpha',
    dialect: 'openai-chat',
    upstreamModel: `${id}-upstream`,
    tier: 'moderate',
    contextTokens: 200_000,
    maxOutputTokens: 32_000,
    supports: ALL_CAPABILITIES,
    speedTokensPerSec: null,
    price: pricing(1),
    billing: 'metered',
    promptCache: { kind: 'none', minTokens: 0, ttlS: 0 },
    tokenizerFactor: 1,
    fallback: [],
    usable: true,
    unusableWhy: null,
    ...overrides,
  };
}

/** 0.15 + 0.05, 0.30 …: input and output of the default request cost 1.5 times the input price per 1,000 tokens. */
export const FLASH = target('flash', { provider: 'alpha', tier: 'simple', price: pricing(0.1) });
export const MINI = target('mini', { provider: 'beta', tier: 'simple', price: pricing(0.2) });
export const PRO = target('pro', { provider: 'alpha', tier: 'moderate', price: pricing(1) });
export const SONNET = target('sonnet', {
  provider: 'gamma',
  tier: 'moderate',
  price: pricing(2),
  upstreamModel: 'sonnet-4-5',
});
export const OPUS = target('opus', { provider: 'gamma', tier: 'complex', price: pricing(4) });
export const SOL = target('sol', { provider: 'beta', tier: 'complex', price: pricing(5) });
export const SIX_MODELS: readonly ModelTarget[] = [FLASH, MINI, PRO, SONNET, OPUS, SOL];

/** A list of the user for every cell: each grade names its own tier first and all others after it. */
export const DEFAULT_ROW = {
  simple: ['flash', 'mini', 'pro', 'sonnet', 'opus', 'sol'],
  moderate: ['pro', 'sonnet', 'opus', 'sol', 'flash', 'mini'],
  complex: ['opus', 'sol', 'sonnet', 'pro', 'mini', 'flash'],
} as const;

/** No lists, the usual thresholds: cheapest model of the grade's tier first. */
export function table(overrides: Partial<RoutingTable> = {}): RoutingTable {
  return {
    hash: '0123456789abcdef',
    targets: SIX_MODELS,
    profiles: { budget: {}, balanced: {}, quality: {} },
    thresholds: { budget: { default: 0.6 }, balanced: { default: 0.75 }, quality: { default: 0.9 } },
    profile: 'balanced',
    baseline: 'opus',
    bareModelNames: 'ceiling',
    maxAttempts: 3,
    exactFallback: false,
    maxTurnsBeforeUpgrade: 10,
    adjustsEffort: true,
    ...overrides,
  };
}

/** The same list of the user in all profiles, for all tasks. */
export function lists(row: Readonly<Partial<Record<Complexity, readonly string[]>>>): ProfileTable {
  return { budget: { default: row }, balanced: { default: row }, quality: { default: row } };
}

export function classification(
  complexity: Complexity = 'moderate',
  taskType: TaskType = 'general',
): Classification {
  const needs = needsOfGrade(complexity, 0.8);
  return { taskType, complexity, confidence: 0.8, ...needs, classifierName: 'test', signals: [] };
}

/** A classification as the learned classifier gives it: the grade follows from the probabilities. */
export function classified(
  taskType: TaskType,
  needsStronger: number,
  needsStrongest = needsStronger / 3,
): Classification {
  const needs = { needsStronger, needsStrongest: Math.min(needsStronger, needsStrongest) };
  const complexity = gradeOfNeeds(needs);
  return { taskType, complexity, confidence: 0.8, ...needs, classifierName: 'test', signals: [] };
}

export const NOTHING_SEEN: DecisionInput['evidence'] = { cohort: 'general', tiers: {}, models: {} };

export const NO_CONTROLS: RequestControls = {
  headerModel: null,
  queryModel: null,
  profile: null,
  maxCostUsd: null,
};

export function input(overrides: Partial<DecisionInput> = {}): DecisionInput {
  return {
    requestModel: 'auto',
    classification: classification(),
    decisionPoint: 'new-task',
    needs: [],
    inputTokens: 1000,
    maxOutputTokens: null,
    expectedOutputTokens: 100,
    controls: NO_CONTROLS,
    standingOverride: null,
    affinityModel: null,
    affinityEffort: null,
    requestedEffort: null,
    evidence: NOTHING_SEEN,
    escalation: null,
    unavailable: [],
    atMs: AT_MS,
    ...overrides,
  };
}

export function controls(overrides: Partial<RequestControls>): RequestControls {
  return { ...NO_CONTROLS, ...overrides };
}

const MODEL_IDS = ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'] as const;
const anyId = fc.constantFrom(...MODEL_IDS);

const anyTarget = fc
  .record({
    provider: fc.constantFrom('alpha', 'beta', 'gamma'),
    tier: fc.constantFrom(...GRADES),
    contextTokens: fc.constantFrom(8_000, 32_000, 128_000, 1_000_000),
    supports: fc.subarray([...ALL_CAPABILITIES]),
    price: fc.option(fc.constantFrom(0, 0.1, 0.5, 1, 2, 5, 10), { nil: null }),
    billing: fc.constantFrom('metered', 'metered', 'metered', 'free', 'flat-rate'),
    tokenizerFactor: fc.constantFrom(1, 1.35),
    efforts: fc.option(fc.subarray([...REASONING_EFFORTS]), { nil: null }),
    fallback: fc.array(anyId, { maxLength: 3 }),
    usable: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  })
  .map(({ price, usable, efforts, ...rest }) => ({
    ...rest,
    ...(efforts === null ? {} : { traits: { efforts } }),
    price: price === null ? null : pricing(price),
    usable,
    unusableWhy: usable ? null : 'has no key: set ALPHA_API_KEY',
  }));

const anyCell = fc.array(fc.constantFrom(...MODEL_IDS, 'gone'), { maxLength: 6 });
const anyRow = fc.record({ simple: anyCell, moderate: anyCell, complex: anyCell }, { requiredKeys: [] });
const anyProfiles = fc.record({
  budget: fc.record({ default: anyRow, code: anyRow, vision: anyRow }, { requiredKeys: [] }),
  balanced: fc.record({ default: anyRow, reasoning: anyRow }, { requiredKeys: [] }),
  quality: fc.record({ default: anyRow }, { requiredKeys: [] }),
}) as fc.Arbitrary<ProfileTable>;

const anyThresholds = fc.record(
  {
    default: fc.constantFrom(0, 0.6, 0.75, 0.9, 1),
    code: fc.constantFrom(0.7, 0.85),
    reasoning: fc.constantFrom(0.8, 0.9),
  },
  { requiredKeys: [] },
);

/** Tables with 0 to 8 models, holes in the profiles and ids that mean nothing. */
export const anyTable: fc.Arbitrary<RoutingTable> = fc
  .record({
    parts: fc.array(anyTarget, { maxLength: MODEL_IDS.length }),
    profiles: anyProfiles,
    profile: fc.constantFrom(...PROFILES),
    baseline: fc.option(anyId, { nil: null }),
    bareModelNames: fc.constantFrom('ceiling', 'ceiling', 'exact'),
    exactFallback: fc.boolean(),
    thresholds: fc
      .tuple(anyThresholds, anyThresholds, anyThresholds)
      .map(([budget, balanced, quality]) => ({ budget, balanced, quality })),
    unvetted: fc.array(anyId, { maxLength: 1 }),
    adjustsEffort: fc.boolean(),
  })
  .map(({ parts, ...rest }) => ({
    ...table(),
    ...rest,
    targets: parts.map((part, index) => target(MODEL_IDS[index] ?? 'm0', part)),
  }));

const anyName = fc.oneof(
  { weight: 4, arbitrary: fc.constant('auto') },
  { weight: 3, arbitrary: anyId },
  fc.constantFrom('auto:budget', 'auto:quality', 'auto:nonsense', 'claude-auto', 'nobody-knows', '__proto__'),
  anyId.map((id) => `exact/${id}`),
  fc.constantFrom('exact/gone', 'toString', ''),
);

/** Half of the time; `freq` is one in how many is null. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null, freq: 2 });

const anyCounts = fc.record({
  successes: fc.double({ min: 0, max: 60, noNaN: true }),
  failures: fc.double({ min: 0, max: 60, noNaN: true }),
});
const anyEvidence = fc.record({
  cohort: fc.constant('code/short/code/plain'),
  tiers: fc.record({ simple: anyCounts, moderate: anyCounts, complex: anyCounts }, { requiredKeys: [] }),
  models: fc.dictionary(anyId, anyCounts, { maxKeys: 4 }),
});

export const anyInput: fc.Arbitrary<DecisionInput> = fc
  .record({
    requestModel: anyName,
    needsStronger: fc.integer({ min: 0, max: 1000 }),
    needsStrongest: fc.integer({ min: 0, max: 1000 }),
    evidence: fc.option(anyEvidence, { nil: null }),
    escalatedFrom: fc.option(anyId, { nil: null, freq: 1 }),
    requestedEffort: fc.option(fc.constantFrom(...REASONING_EFFORTS), { nil: null }),
    affinityEffort: fc.option(fc.constantFrom(...REASONING_EFFORTS), { nil: null }),
    taskType: fc.constantFrom(...TASK_TYPES),
    decisionPoint: fc.constantFrom<DecisionPoint>('new-task', 'continuation', 'background', 'subagent'),
    needs: fc.subarray([...ALL_CAPABILITIES], { maxLength: 2 }),
    inputTokens: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 1_500_000 })),
    expectedOutputTokens: fc.integer({ min: 0, max: 5000 }),
    headerModel: maybe(anyName),
    queryModel: maybe(anyName),
    usesControls: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    profile: fc.option(fc.constantFrom(...PROFILES), { nil: null }),
    maxCostUsd: maybe(fc.constantFrom(0, 0.0001, 0.001, 0.01, 0.1, 1)),
    standing: maybe(fc.record({ model: anyName, scope: fc.constantFrom('next', 'conversation', 'always') })),
    affinityModel: fc.option(anyId, { nil: null }),
    unavailable: fc.array(
      anyId.map((model) => ({ model, why: 'is rate limited (429)' })),
      { maxLength: 3 },
    ),
  })
  .map(
    ({
      needsStronger,
      needsStrongest,
      evidence,
      escalatedFrom,
      taskType,
      usesControls,
      headerModel,
      queryModel,
      profile,
      maxCostUsd,
      standing,
      ...rest
    }) =>
      input({
        ...rest,
        classification: classified(taskType, needsStronger / 1000, needsStrongest / 1000),
        evidence: evidence ?? NOTHING_SEEN,
        escalation:
          escalatedFrom === null ? null : { fromModel: escalatedFrom, why: 'the same error 3 times' },
        controls: usesControls
          ? { headerModel, queryModel, profile, maxCostUsd }
          : controls({ profile, maxCostUsd }),
        standingOverride: usesControls ? standing : null,
      }),
  );
