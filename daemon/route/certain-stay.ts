// Whether a request inside a task stays on the task's model, where that can be said without weighing any other model: the
// same answer as the whole plan of `cheapest-capable-policy.ts` gives, in a fraction of its time, for replaying histories.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { ReasoningEffort } from '../protocol/vocabulary.ts';
import { aboveCeiling } from './ceiling.ts';
import { effortRange } from './effort.ts';
import { rejectionOf } from './eligibility.ts';
import type { Figures } from './figures.ts';
import type { RoutingTable } from './policy.ts';
import { switchCap } from './switch-cap.ts';
import type { CostOf } from './task-cost.ts';

export interface CertainStay {
  readonly costOf: CostOf;
  readonly input: DecisionInput;
  readonly table: RoutingTable;
  /** The model that the task is on. */
  readonly target: ModelTarget;
  /** The named model, if it is a limit. */
  readonly ceiling: ModelTarget | null;
  readonly baseline: ModelTarget | null;
}

/** False = the plan has to tell. Only for a `continuation` in which nobody but the policy has a say. */
export function certainlyStays({ costOf, input, table, target, ceiling, baseline }: CertainStay): boolean {
  if (table.mixedPlan === true) return false;
  if (rejectionOf(target, input) !== null) return false;
  if (ceiling !== null && ceiling !== target) {
    const cold = (model: ModelTarget): Figures => coldFigures(costOf, input, model);
    if (aboveCeiling(cold(target), cold(ceiling)) !== null) return false;
  }
  const cap = switchCap(costOf, input, table, baseline);
  return cap === null || cap.fits(target);
}

/** The level of effort that such a request is asked for; null = as the client asks. */
export function stayingEffort(
  target: ModelTarget,
  input: DecisionInput,
  table: RoutingTable,
): ReasoningEffort | null {
  const { affinityEffort } = input;
  if (affinityEffort === null || target.traits?.efforts?.includes(affinityEffort) !== true) return null;
  const range = effortRange(target, input, table);
  return range === null || range.own === affinityEffort ? null : affinityEffort;
}

/** Of the figures only what ceilings compare. */
function coldFigures(costOf: CostOf, input: DecisionInput, target: ModelTarget): Figures {
  const { inputTokens, expectedOutputTokens, atMs } = input;
  const costUsd = costOf({ inputTokens, expectedOutputTokens, warmTokens: 0, target, atMs });
  const coldCostUsd = costUsd !== null && Number.isFinite(costUsd) ? costUsd : null;
  return {
    target,
    coldCostUsd,
    expectedCostUsd: coldCostUsd,
    taskCostUsd: coldCostUsd,
    warmTokens: 0,
    successProbability: 0,
    effort: null,
  };
}
