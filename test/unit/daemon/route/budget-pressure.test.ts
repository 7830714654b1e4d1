import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import { cheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import type { RoutePlan, RoutingTable } from '../../../../daemon/route/policy.ts';
import {
  anyInput,
  anyTable,
  classified,
  DEFAULT_ROW,
  FLASH,
  input,
  lists,
  OPUS,
  PRO,
  table,
} from './route-fixtures.ts';

const BUDGET = 'all, 5 USD a day';

function plan(
  pressure: number,
  request: Partial<DecisionInput> = {},
  overrides: Partial<RoutingTable> = {},
): RoutePlan {
  return cheapestCapablePolicy.plan(
    input({ ...request, budgetPressure: { budget: BUDGET, pressure } }),
    table(overrides),
  );
}

const first = ({ targets }: RoutePlan): string | undefined => targets[0]?.id;

/** flash is likely by 0.3, pro by 0.72, opus by 0.9. */
const HARD = { classification: classified('general', 0.7, 0.28) };

describe('route/budget-pressure', () => {
  it('[B10] leans step by step: to the thresholds of the profile budget, then to nothing', () => {
    const chosen = [0, 0.05, 0.3, 0.5, 0.7, 0.8, 1].map((pressure) => first(plan(pressure, HARD)));
    assert.deepEqual(chosen, ['opus', 'opus', 'pro', 'pro', 'pro', 'flash', 'flash']);
  });

  it('[B10] gives the reason, the budget and the model that was spared', () => {
    const made = plan(1, HARD);
    assert.equal(made.reason, 'budget');
    assert.ok(
      made.notes.includes(`the budget "${BUDGET}" leans to cheaper models (100 %): flash instead of opus`),
    );
  });

  it('[B10] keeps reason and notes where the choice is the same', () => {
    const { reason, notes } = plan(0.4, { classification: classified('general', 0.05) });
    assert.deepEqual([reason, notes], ['cheapest-capable', []]);
  });

  it('[B10] goes past the lists of the user', () => {
    const overrides = { profiles: lists(DEFAULT_ROW) };
    const asked = { classification: classified('general', 0.9, 0.8) };
    assert.equal(first(plan(0, asked, overrides)), 'opus');
    assert.equal(first(plan(1, asked, overrides)), 'flash');
  });

  it('[B10] honours a model that was asked for by name, and says so', () => {
    const made = plan(1, { requestModel: 'exact/opus' });
    assert.deepEqual([first(made), made.reason], ['opus', 'exact']);
    assert.deepEqual(made.notes, [`the budget "${BUDGET}" is used up, and opus was asked for by name`]);
  });

  it('[B10] stays inside a task until nothing is left', () => {
    const inside = { ...HARD, decisionPoint: 'continuation', affinityModel: 'opus' } as const;
    assert.deepEqual([first(plan(0.9, inside)), first(plan(1, inside))], ['opus', 'flash']);
  });

  it('[B10] leaves a warm model for however little when nothing is left', () => {
    const cheap = { inputTokens: 20, expectedOutputTokens: 10 };
    const warm = { ...HARD, ...cheap, decisionPoint: 'new-task', affinityModel: 'opus' } as const;
    const economics = {
      expectedSteps: 1,
      stepInputTokens: 0,
      stepOutputTokens: 0,
      warmTokens: {},
      cacheHitRatios: {},
      switchBooks: null,
    };
    assert.equal(first(plan(1, { ...warm, economics })), 'flash');
  });

  it('[B10] asks no stronger model when nothing is left', () => {
    const stuck = { ...HARD, escalation: { fromModel: 'flash', why: 'the same error 3 times' } };
    assert.notEqual(first(plan(0.5, stuck)), 'flash');
    const made = plan(1, stuck);
    assert.deepEqual([first(made), made.escalation], ['flash', []]);
  });

  it('[B10] keeps the hard filters', () => {
    const blind = { ...FLASH, supports: ['tools' as const] };
    assert.equal(first(plan(1, { needs: ['vision'] }, { targets: [blind, PRO, OPUS] })), 'pro');
  });

  it('[B10] says what would be without it', () => {
    const asked = input({ ...HARD, budgetPressure: { budget: BUDGET, pressure: 1 } });
    const flip = cheapestCapablePolicy
      .wouldFlip(asked, table())
      .find(({ change }) => change === 'without a budget that runs out');
    assert.deepEqual([flip?.to, flip?.patch], ['opus', { budgetPressure: null }]);
  });

  it('[B10] never takes a dearer model than without it, and none that may not answer', () => {
    fc.assert(
      fc.property(
        anyInput,
        anyTable,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (request, world, pressure) => {
          const usual = cheapestCapablePolicy.plan(request, world);
          const budgetPressure = { budget: BUDGET, pressure };
          const bent = cheapestCapablePolicy.plan({ ...request, budgetPressure }, world);
          assert.equal(bent.error?.code, usual.error?.code);
          if (request.escalation !== null || pressure < 1 || request.affinityModel !== null) return;
          const cost = ({ candidates, targets: [target] }: RoutePlan): number | null =>
            candidates.find(({ model }) => model === target?.id)?.expectedCostUsd ?? null;
          const [dearer, cheaper] = [cost(usual), cost(bent)];
          if (dearer === null || cheaper === null || world.unvetted?.length !== 0) return;
          assert.ok(cheaper <= dearer + 1e-12, `${cheaper} instead of ${dearer}`);
        },
      ),
      { numRuns: 400 },
    );
  });

  for (const pressure of [Number.NaN, -1, 0]) {
    it(`takes a pressure of ${pressure} for none`, () => {
      assert.deepEqual([first(plan(pressure, HARD)), plan(pressure, HARD).notes.length], ['opus', 0]);
    });
  }
});
