import assert from 'node:assert/strict';
import { replayDecision } from '../../../../daemon/ledger/replay-decisions.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { Policy, RoutePlan } from '../../../../daemon/route/policy.ts';
import { NOON_MS, decision, exchange, table } from './ledger-fixtures.ts';

const input: DecisionInput = {
  requestModel: 'auto',
  classification: decision.classification,
  decisionPoint: 'new-task',
  needs: [],
  inputTokens: 1200,
  maxOutputTokens: null,
  expectedOutputTokens: 500,
  controls: { headerModel: null, queryModel: null, profile: null, maxCostUsd: null },
  standingOverride: null,
  affinityModel: null,
  affinityEffort: null,
  requestedEffort: null,
  evidence: { cohort: 'code', tiers: {}, models: {} },
  escalation: null,
  unavailable: [],
  atMs: NOON_MS,
};

const stored = exchange('x_1', { decision: { ...decision, input } });

function target(id: string): ModelTarget {
  return {
    id,
    provider: 'p',
    dialect: 'openai-chat',
    upstreamModel: id,
    tier: 'complex',
    contextTokens: 1000,
    maxOutputTokens: 1000,
    supports: [],
    speedTokensPerSec: null,
    price: null,
    billing: 'metered',
    promptCache: { minTokens: 0, ttlS: 0, kind: 'none' },
    tokenizerFactor: 1,
    fallback: [],
    usable: true,
    unusableWhy: null,
  };
}

function policyWith(changes: Partial<RoutePlan>, seen: unknown[] = []): Policy {
  return {
    name: 'fixed',
    plan(given, givenTable) {
      seen.push(given, givenTable);
      return {
        targets: [target('flash'), target('pro')],
        baseline: target('opus'),
        efforts: {},
        escalation: [],
        bindingConstraint: null,
        reason: 'cheapest-capable',
        profile: 'balanced',
        candidates: [],
        notes: [],
        error: null,
        ...changes,
      };
    },
    wouldFlip: () => [],
  };
}

describe('replay of a decision', () => {
  it('is the same when the policy decides the same again', () => {
    assert.deepEqual(replayDecision(stored, table, policyWith({})), {
      same: true,
      chosen: 'flash',
      differences: [],
    });
  });

  it('gives the policy the stored input and the given table', () => {
    const seen: unknown[] = [];
    replayDecision(stored, table, policyWith({}, seen));
    assert.deepEqual(seen, [input, table]);
  });

  const cases: readonly (readonly [string, Partial<RoutePlan>, string | null])[] = [
    ['chosen', { targets: [target('pro'), target('pro')] }, 'pro'],
    ['fallbacks', { targets: [target('flash')] }, 'flash'],
    ['baseline', { baseline: null }, 'flash'],
    ['reason', { reason: 'affinity' }, 'flash'],
  ];
  for (const [part, changes, chosen] of cases) {
    it(`names ${part} when that part differs`, () => {
      assert.deepEqual(replayDecision(stored, table, policyWith(changes)), {
        same: false,
        chosen,
        differences: [part],
      });
    });
  }

  it('is the same when nothing could serve the request then and now', () => {
    const nothing = exchange('x_1', { decision: { ...decision, input, chosen: '', fallbacks: [] } });
    const replayed = replayDecision(nothing, table, policyWith({ targets: [] }));
    assert.deepEqual(replayed, { same: true, chosen: null, differences: [] });
  });

  it('is not possible without the input', () => {
    for (const record of [exchange('x_1', { decision: null }), exchange('x_1')]) {
      assert.deepEqual(replayDecision(record, table, policyWith({})).differences, ['input']);
    }
  });
});
