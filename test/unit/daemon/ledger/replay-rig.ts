// Small histories for the tests of the policy time machine: models with simple prices and a policy that does as it is told.

import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { HistoryStep } from '../../../../daemon/ledger/replay-history.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import type { TokenUsage } from '../../../../daemon/protocol/vocabulary.ts';
import type { Policy, RoutingTable } from '../../../../daemon/route/policy.ts';
import { NOON_MS, decision, table } from './ledger-fixtures.ts';

/** USD per million tokens: read a tenth of input, written as input. */
export function model(id: string, inputUsd: number, changes: Partial<ModelTarget> = {}): ModelTarget {
  return {
    id,
    provider: 'p',
    dialect: 'openai-chat',
    upstreamModel: id,
    tier: 'complex',
    contextTokens: 1_000_000,
    maxOutputTokens: 32_000,
    supports: [],
    speedTokensPerSec: null,
    price: {
      inputUsdPerMtok: inputUsd,
      outputUsdPerMtok: inputUsd * 4,
      cacheReadUsdPerMtok: inputUsd / 10,
      cacheWriteUsdPerMtok: inputUsd,
      cacheWrite1hUsdPerMtok: inputUsd,
      source: 'test',
      asOf: '2026-11-21',
    },
    billing: 'metered',
    promptCache: { minTokens: 1000, ttlS: 300, kind: 'explicit' },
    tokenizerFactor: 1,
    fallback: [],
    usable: true,
    unusableWhy: null,
    ...changes,
  };
}

export const DEAR = model('dear', 4);
export const CHEAP = model('cheap', 1, { tier: 'simple' });
export const TABLE: RoutingTable = { ...table, targets: [DEAR, CHEAP], baseline: 'dear' };

export function input(changes: Partial<DecisionInput> = {}): DecisionInput {
  return {
    requestModel: 'auto',
    classification: decision.classification,
    decisionPoint: 'new-task',
    needs: [],
    inputTokens: 10_000,
    maxOutputTokens: null,
    expectedOutputTokens: 500,
    controls: { headerModel: null, queryModel: null, profile: null, maxCostUsd: null },
    standingOverride: null,
    affinityModel: null,
    affinityEffort: null,
    requestedEffort: null,
    evidence: { cohort: '', tiers: {}, models: {} },
    escalation: null,
    unavailable: [],
    economics: {
      expectedSteps: 1,
      stepInputTokens: 0,
      stepOutputTokens: 0,
      warmTokens: {},
      cacheHitRatios: {},
      switchBooks: null,
    },
    atMs: NOON_MS,
    ...changes,
  };
}

export function usage(inputTokens: number, readTokens: number, outputTokens: number): TokenUsage {
  return {
    inputTokens,
    cacheReadInputTokens: readTokens,
    cacheCreationInputTokens: inputTokens - readTokens,
    outputTokens,
    reasoningOutputTokens: 0,
  };
}

/** An answer of `dear`: 10,000 tokens in, nothing read, 1,000 out: 0.04 + 0.016 USD. */
export function step(changes: Partial<HistoryStep> = {}): HistoryStep {
  return {
    conversationId: 'c_1',
    input: input(),
    plannedModel: 'dear',
    servedModel: 'dear',
    usage: usage(10_000, 0, 1000),
    costUsd: 0.056,
    baselineCostUsd: 0.056,
    baselineModel: 'dear',
    ...changes,
  };
}

/** Always the same model, or what a function says. `seen` gets the input of each request. */
export function policyOf(
  choose: string | ((given: DecisionInput) => string),
  seen: DecisionInput[] = [],
): Policy {
  return {
    name: 'told',
    plan(given, { targets }) {
      seen.push(given);
      const id = typeof choose === 'string' ? choose : choose(given);
      return {
        targets: targets.filter((target) => target.id === id),
        efforts: {},
        escalation: [],
        baseline: null,
        reason: 'cheapest-capable',
        profile: 'balanced',
        candidates: [],
        bindingConstraint: null,
        notes: [],
        error: null,
      };
    },
    wouldFlip: () => [],
  };
}
