import assert from 'node:assert/strict';
import { createExpectedCost } from '../../../../daemon/catalog/expected-cost-memo.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import { createDraws } from '../../../../daemon/ledger/random-draws.ts';
import { ReplayChooser } from '../../../../daemon/ledger/replay-choice.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import type { Capability } from '../../../../daemon/protocol/vocabulary.ts';
import { createCheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import type { Policy, RoutingTable } from '../../../../daemon/route/policy.ts';
import { thresholdsFrom } from '../../../../daemon/route/thresholds.ts';
import { NOON_MS } from './ledger-fixtures.ts';
import { TABLE, input, model, policyOf } from './replay-rig.ts';

const POLICY = createCheapestCapablePolicy({ expectedCostUsd: createExpectedCost() });
const TIERS = ['simple', 'moderate', 'complex'] as const;
const NEEDS: readonly [readonly Capability[], ...(readonly (readonly Capability[])[])] = [
  [],
  ['tools'],
  ['vision'],
  ['reasoning'],
  ['tools', 'reasoning'],
];

const { uniform } = createDraws(4);
const one = <Value>(values: readonly [Value, ...(readonly Value[])]): Value =>
  values[Math.floor(uniform() * values.length)] ?? values[0];

/** Twelve models of all tiers, prices and abilities. */
const TARGETS: readonly ModelTarget[] = Array.from({ length: 12 }, (_, index) =>
  model(`m${index}`, 0.1 * 1.5 ** index, {
    tier: TIERS[Math.floor(index / 4)] ?? 'complex',
    provider: `p${index % 4}`,
    supports: index % 3 === 0 ? ['tools'] : ['tools', 'vision', 'reasoning', 'json'],
    contextTokens: index % 5 === 0 ? 60_000 : 400_000,
    tokenizerFactor: 1 + (index % 3) * 0.15,
    usable: index !== 7,
    ...(index % 4 === 1 ? {} : { traits: { efforts: ['low', 'medium', 'high'] } as const }),
    promptCache: { kind: index % 2 === 0 ? 'explicit' : 'automatic', minTokens: 1024, ttlS: 300 },
    ...(index === 5 ? { price: null } : {}),
  }),
);

const REAL_TABLE: RoutingTable = {
  ...TABLE,
  targets: TARGETS,
  thresholds: thresholdsFrom(0.75),
  baseline: 'm10',
  maxSwitchSpendRatio: 0.05,
};

function someInput(): DecisionInput {
  const tokens = 500 + uniform() * 100_000;
  const needsStronger = uniform();
  const controls = { headerModel: null, queryModel: null, profile: null, maxCostUsd: null };
  const books = { actualUsd: uniform(), stayUsd: uniform(), stayWarmTokens: tokens * uniform() };
  return input({
    requestModel: one(['auto', 'auto:quality', 'm10', 'm6', 'nobody', 'exact/m3']),
    decisionPoint: uniform() < 0.8 ? 'continuation' : one(['new-task', 'background', 'compaction']),
    classification: { ...input().classification, needsStronger, needsStrongest: needsStronger * uniform() },
    needs: one(NEEDS),
    inputTokens: tokens,
    affinityModel: one([null, 'gone', ...TARGETS.map(({ id }) => id)]),
    affinityEffort: one([null, 'low', 'high', 'max']),
    requestedEffort: one([null, 'medium', 'low', 'none']),
    controls: uniform() < 0.9 ? controls : { ...controls, maxCostUsd: 0.01 * uniform() },
    standingOverride: uniform() < 0.95 ? null : { model: 'm2', scope: 'always' },
    escalation: uniform() < 0.9 ? null : { fromModel: one(['m1', 'm5', 'm9']), why: 'a test failed' },
    unavailable: uniform() < 0.7 ? [] : TARGETS.slice(0, 11).map(({ id }) => ({ model: id, why: 'is out' })),
    budgetPressure: uniform() < 0.95 ? null : { budget: 'all', pressure: uniform() },
    economics: {
      expectedSteps: 1 + 20 * uniform(),
      stepInputTokens: 1700,
      stepOutputTokens: 400,
      warmTokens: { m2: tokens * uniform(), m10: tokens * uniform() },
      cacheHitRatios: { m3: uniform() },
      switchBooks: uniform() < 0.5 ? null : { baselineModel: one(['m10', 'm6']), ...books },
    },
    atMs: NOON_MS,
  });
}

describe('the choice of a replay', () => {
  for (const mixedPlan of [false, true]) {
    it(`[C4] is the first of the policy’s plan, asked or not${mixedPlan ? ', also in the mixed plan' : ''}`, () => {
      const table = { ...REAL_TABLE, mixedPlan };
      let asked = 0;
      const counting: Policy = {
        ...POLICY,
        plan(given, planned) {
          asked += 1;
          return POLICY.plan(given, planned);
        },
      };
      const chooser = new ReplayChooser(counting, table);
      for (let index = 0; index < 2500; index++) {
        const given = someInput();
        const plan = POLICY.plan(given, table);
        const id = plan.targets[0]?.id ?? '';
        const isWish = plan.reason === 'override' || plan.reason === 'exact';
        const expected = { model: id, isWish, effort: plan.efforts[id] ?? null, helps: plan.helps ?? null };
        assert.deepEqual(chooser.choose(given), expected, JSON.stringify(given));
      }
      assert.equal(asked < 2400, !mixedPlan, `asked ${asked} times`);
    });
  }

  it('asks a policy of another kind each time', () => {
    const seen: DecisionInput[] = [];
    const inside = input({ decisionPoint: 'continuation', affinityModel: 'dear' });
    assert.equal(new ReplayChooser(policyOf('cheap', seen), TABLE).choose(inside).model, 'cheap');
    assert.deepEqual(seen, [inside]);
  });

  it('is nobody where nobody can answer', () => {
    assert.deepEqual(new ReplayChooser(policyOf('nobody'), TABLE).choose(input()), {
      model: '',
      isWish: false,
      effort: null,
      helps: null,
    });
  });
});
