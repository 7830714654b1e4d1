import assert from 'node:assert/strict';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import { helperFor } from '../../../../daemon/route/mixed-plan.ts';
import type { SwitchCap } from '../../../../daemon/route/switch-cap.ts';
import { economics, priced, ranked } from './economics-fixtures.ts';
import { input } from './route-fixtures.ts';

/** 50,000 tokens: warm 0.05 USD a step, cold 0.5. */
const PRIMARY = priced('primary', [10, 1, 50], { tier: 'complex' });
/** Cold 0.005 USD: nothing beside a warm step of the primary. */
const FREE = priced('free', [0.1, 0.01, 0.5], { tier: 'simple' });
/** Cold 0.25 USD, warm 0.075: never below a warm primary. */
const DEAR = priced('dear', [5, 1.5, 25], { tier: 'simple' });

function helper(
  models: readonly ModelTarget[],
  more: Partial<DecisionInput> = {},
  cap: SwitchCap | null = null,
): string | undefined {
  const request = input({
    inputTokens: 50_000,
    expectedOutputTokens: 100,
    decisionPoint: 'continuation',
    affinityModel: 'primary',
    isRoutineStep: true,
    economics: economics({
      expectedSteps: 10,
      stepInputTokens: 1000,
      stepOutputTokens: 100,
      warmTokens: { primary: 49_000 },
    }),
    ...more,
  });
  const all = models.map((model) => ranked(model, request));
  const staying = all.find(({ target }) => target.id === 'primary');
  return helperFor({ costOf: expectedCostUsd, input: request, staying, ranked: all, cap })?.target.id;
}

describe('the mixed plan', () => {
  it('gives a routine step to a model whose catching up pays', () => {
    assert.equal(helper([PRIMARY, FREE]), 'free');
  });

  it('leaves it where it is when catching up costs more than is saved', () => {
    assert.equal(helper([PRIMARY, DEAR]), undefined);
  });

  it('gives no other step away, and none of a task that goes badly', () => {
    assert.equal(helper([PRIMARY, FREE], { isRoutineStep: false }), undefined);
    const escalation = { fromModel: 'primary', why: 'the same error again' };
    assert.equal(helper([PRIMARY, FREE], { escalation }), undefined);
  });

  it('keeps to the limit on switching, and to models of a lower tier', () => {
    const cap: SwitchCap = {
      baselineModel: 'primary',
      ratio: 0.05,
      allowanceUsd: 0,
      fits: () => false,
      fitsBoth: () => false,
      leftUsd: () => -1,
      spareUsd: () => -1,
    };
    assert.equal(helper([PRIMARY, FREE], {}, cap), undefined);
    assert.equal(helper([PRIMARY, { ...FREE, tier: 'complex' }]), undefined);
  });
});
