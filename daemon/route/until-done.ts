// In a task of many requests a failure is paid for twice: the cheap model's steps and the stronger one's after it. So the
// models that are trusted with the ask stand in the order of what they cost until the task is done.

import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { RankedTarget } from './candidate-order.ts';
import { expectedUntilDone } from './switch-economics.ts';
import { stepsOf, type CostOf } from './task-cost.ts';

/** Lists, models below the threshold, and those without a price of their own keep their places. */
export function orderUntilDone(
  costOf: CostOf,
  input: DecisionInput,
  ranked: readonly RankedTarget[],
  unvetted: readonly string[],
): readonly RankedTarget[] {
  if (stepsOf(input) <= 1) return ranked;
  const isMoved = (one: RankedTarget): boolean =>
    one.reachesThreshold && !one.isListed && one.taskCostUsd !== null && !unvetted.includes(one.target.id);
  const costs = ranked.map((one) => {
    const usd = expectedUntilDone(costOf, input, one, ranked);
    return usd === null ? one : { ...one, untilDoneUsd: usd };
  });
  const sorted = costs
    .filter(isMoved)
    .toSorted((a, b) => (a.untilDoneUsd ?? Infinity) - (b.untilDoneUsd ?? Infinity));
  let next = 0;
  return costs.map((one) => (isMoved(one) ? (sorted[next++] ?? one) : one));
}
