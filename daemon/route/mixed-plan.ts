// The mixed plan (`policy.mixedPlan`, off by default): routine steps of a task go to a cheaper model, if what it has to
// catch up and what is written twice pay over the rest of the task. The task itself stays on its model.

import type { DecisionInput } from '../protocol/exchange-record.ts';
import { tierRank, type RankedTarget } from './candidate-order.ts';
import type { SwitchCap } from './switch-cap.ts';
import { callCost, economicsOf, stepsOf, type CostOf } from './task-cost.ts';

/** Assumption: every other step is a routine one. */
const ROUTINE_EVERY = 2;

/** Assumption: this share of routine steps fails on the helper and is done again. */
const HELPER_FAILS = 0.02;

/** A plan with a helper must save this share. */
const LEAST_RATIO = 0.05;

/** Steps that are looked ahead at most. */
const MAX_STEPS = 30;

/** Who answers this step in place of the model that the task is on; undefined = nobody. */
export function helperFor(given: {
  readonly costOf: CostOf;
  readonly input: DecisionInput;
  readonly staying: RankedTarget | undefined;
  readonly ranked: readonly RankedTarget[];
  readonly cap: SwitchCap | null;
}): RankedTarget | undefined {
  const { costOf, input, staying, ranked, cap } = given;
  if (staying === undefined || input.isRoutineStep !== true || input.escalation !== null) return undefined;
  const aloneUsd = costOfPlan(costOf, input, staying, undefined);
  if (aloneUsd === null) return undefined;
  let best: { readonly helper: RankedTarget; readonly usd: number } | undefined;
  for (const helper of ranked) {
    if (tierRank(helper.target.tier) >= tierRank(staying.target.tier)) continue;
    if (cap !== null && !cap.fits(helper.target)) continue;
    const usd = costOfPlan(costOf, input, staying, helper);
    if (usd !== null && usd < (best?.usd ?? (1 - LEAST_RATIO) * aloneUsd)) best = { helper, usd };
  }
  return best?.helper;
}

/** The rest of the task, every other step of it on the helper, beginning with this one. */
function costOfPlan(
  costOf: CostOf,
  input: DecisionInput,
  primary: RankedTarget,
  helper: RankedTarget | undefined,
): number | null {
  const { warmTokens, stepInputTokens, stepOutputTokens } = economicsOf(input);
  const warm = new Map(Object.entries(warmTokens));
  let totalUsd = 0;
  for (let step = 0; step < Math.min(MAX_STEPS, Math.max(2, stepsOf(input))); step++) {
    const isHelped = helper !== undefined && step % ROUTINE_EVERY === 0;
    const { target } = isHelped ? helper : primary;
    const inputTokens = input.inputTokens + step * stepInputTokens;
    const usd = callCost(costOf, target, input, {
      inputTokens,
      outputTokens: step === 0 ? input.expectedOutputTokens : stepOutputTokens,
      warmTokens: Math.min(warm.get(target.id) ?? 0, inputTokens),
    });
    if (usd === null) return null;
    totalUsd += isHelped ? usd * (1 + HELPER_FAILS) : usd;
    warm.set(target.id, inputTokens);
  }
  return totalUsd;
}
