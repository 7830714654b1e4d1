// Moving a conversation to another model, or staying: what both are expected to cost until the task is done. A move pays
// for a cold start, writes every new token twice if the conversation comes back, and risks that what is warm now has gone
// cold by then. A cheap model that fails is paid for, and the stronger one after it as well.

import type { DecisionInput, SwitchEconomics } from '../protocol/exchange-record.ts';
import { tierRank, type RankedTarget } from './candidate-order.ts';
import { callCost, economicsOf, stepsOf, taskCost, type CallSize, type CostOf } from './task-cost.ts';

/** A move must save this share of what staying costs, so that equals do not take turns … */
const LEAST_RATIO = 0.05;

/** … and this much, or half of what staying costs where that is little. */
const LEAST_USD = 0.002;
const LEAST_RATIO_OF_LITTLE = 0.5;

/** Assumption: every other move is followed by a return to the model that was left. */
const RETURN_PROBABILITY = 0.5;

/** Assumption: seconds from one request of a task to the next. */
const STEP_S = 12;

/** Assumption: the pause before the user's next ask is log-normal, with this median and spread. */
const PAUSE_MEDIAN_S = 130;
const PAUSE_SIGMA = 1.3;

/** How far ahead a move's payback is looked for, in requests. */
const MAX_PAYBACK_STEPS = 200;

export interface SwitchQuestion {
  readonly costOf: CostOf;
  readonly input: DecisionInput;
  /** The model that the conversation is on, or was on lately. */
  readonly from: RankedTarget;
  readonly to: RankedTarget;
  /** All that may answer, for who would take over after a failure. */
  readonly ranked: readonly RankedTarget[];
  readonly allowanceUsd: number | null;
}

/** null where one of the two has no price. */
export function compareSwitch(question: SwitchQuestion): Omit<SwitchEconomics, 'moved'> | null {
  const { costOf, input, from, to, ranked, allowanceUsd } = question;
  const stayUsd = expectedUntilDone(costOf, input, from, ranked);
  const moveUsd = expectedUntilDone(costOf, input, to, ranked);
  if (stayUsd === null || moveUsd === null) return null;
  return {
    fromModel: from.target.id,
    toModel: to.target.id,
    expectedSteps: stepsOf(input),
    stayCostUsd: stayUsd,
    moveCostUsd: moveUsd + returnCost(costOf, input, from),
    paybackSteps: paybackSteps(question),
    allowanceUsd,
  };
}

/** Whether a move saves enough to be made. */
export function isWorthMoving({
  stayCostUsd,
  moveCostUsd,
}: Pick<SwitchEconomics, 'stayCostUsd' | 'moveCostUsd'>): boolean {
  const gainUsd = stayCostUsd - moveCostUsd;
  if (gainUsd <= 0 || gainUsd < LEAST_RATIO * stayCostUsd) return false;
  return gainUsd >= Math.min(LEAST_USD, LEAST_RATIO_OF_LITTLE * stayCostUsd);
}

/** The rest of the task on a model, and with some probability the end of it on a stronger one; null = unpriced. */
export function expectedUntilDone(
  costOf: CostOf,
  input: DecisionInput,
  candidate: RankedTarget,
  ranked: readonly RankedTarget[],
): number | null {
  const ownUsd = candidate.taskCostUsd;
  if (ownUsd === null) return null;
  const failure = 1 - candidate.successProbability;
  const rank = tierRank(candidate.target.tier);
  const stronger = ranked.find(
    ({ target, taskCostUsd }) => tierRank(target.tier) > rank && taskCostUsd !== null,
  );
  if (stronger === undefined || failure <= 0) return ownUsd;
  return ownUsd + failure * takeOverCost(costOf, input, candidate, stronger);
}

/** A stronger model does the second half: what it costs more than the half that is not needed then. */
function takeOverCost(
  costOf: CostOf,
  input: DecisionInput,
  candidate: RankedTarget,
  stronger: RankedTarget,
): number {
  const { stepInputTokens, stepOutputTokens, warmTokens } = economicsOf(input);
  const half = stepsOf(input) / 2;
  const inputTokens = input.inputTokens + half * stepInputTokens;
  const outputTokens = stepOutputTokens > 0 ? stepOutputTokens : input.expectedOutputTokens;
  const warm = Object.hasOwn(warmTokens, stronger.target.id) ? (warmTokens[stronger.target.id] ?? 0) : 0;
  const cost = ({ target }: RankedTarget, size: CallSize): number =>
    callCost(costOf, target, input, size) ?? 0;
  const arrivingUsd = cost(stronger, { inputTokens, outputTokens, warmTokens: warm });
  const further = Math.max(0, half - 1);
  const usual = { inputTokens: inputTokens + stepInputTokens, outputTokens, warmTokens: inputTokens };
  return Math.max(0, arrivingUsd + further * (cost(stronger, usual) - cost(candidate, usual)));
}

/** What the way back costs because the entry that was left has gone cold, where it would not have by staying. */
function returnCost(costOf: CostOf, input: DecisionInput, { target }: RankedTarget): number {
  const { warmTokens, stepInputTokens } = economicsOf(input);
  const warm = Object.hasOwn(warmTokens, target.id) ? (warmTokens[target.id] ?? 0) : 0;
  const { ttlS } = target.promptCache;
  if (warm <= 0 || ttlS <= 0) return 0;
  const steps = stepsOf(input);
  const expires = pauseLongerThan(ttlS - steps * STEP_S) - pauseLongerThan(ttlS);
  const inputTokens = input.inputTokens + steps * stepInputTokens;
  const at = (warmTokensThen: number): number =>
    callCost(costOf, target, input, { inputTokens, outputTokens: 0, warmTokens: warmTokensThen }) ?? 0;
  return RETURN_PROBABILITY * Math.max(0, expires) * Math.max(0, at(0) - at(inputTokens));
}

/** Probability that the user's next ask takes longer than that. */
function pauseLongerThan(seconds: number): number {
  if (seconds <= 0) return 1;
  return 1 - standardNormal(Math.log(seconds / PAUSE_MEDIAN_S) / PAUSE_SIGMA);
}

/** Cumulative standard normal distribution; a logistic approximation, good to 0.01. */
function standardNormal(z: number): number {
  return 1 / (1 + Math.exp(-1.702 * z));
}

/** After how many requests a move has cost no more than staying; null = not within what is looked at. */
function paybackSteps({ costOf, input, from, to }: SwitchQuestion): number | null {
  const costs = (steps: number): readonly [stay: number, move: number] | null => {
    const ahead = { ...input, economics: { ...economicsOf(input), expectedSteps: steps } };
    const stay = taskCost(costOf, from.target, ahead);
    const move = taskCost(costOf, to.target, ahead);
    return stay === null || move === null ? null : [stay, move];
  };
  const gain = (steps: number): number => {
    const both = costs(steps);
    return both === null ? -Infinity : both[0] - both[1];
  };
  const hasPaid = (steps: number): boolean => gain(steps) >= 0;
  // The gain is a parabola over the steps: doubling finds where it rises above nothing, halving makes it exact. Where it
  // falls again soon, its top may lie between two tries.
  let paid = 1;
  while (paid < MAX_PAYBACK_STEPS && !hasPaid(paid)) paid *= 2;
  let first = Math.min(paid, MAX_PAYBACK_STEPS);
  let unpaid = Math.floor(paid / 2);
  if (!hasPaid(first)) {
    first = topOf(gain);
    unpaid = 0;
    if (!hasPaid(first)) return null;
  }
  while (first - unpaid > 1) {
    const middle = Math.floor((first + unpaid) / 2);
    if (hasPaid(middle)) first = middle;
    else unpaid = middle;
  }
  return first;
}

/** The whole number at which a parabola through three of its values is highest. */
function topOf(gain: (steps: number) => number): number {
  const [a, b, c] = [gain(2), gain(3), gain(4)];
  const bend = c - 2 * b + a;
  const top = bend < 0 ? Math.round(3 - (c - a) / 2 / bend) : 1;
  return Number.isFinite(top) ? Math.min(MAX_PAYBACK_STEPS, Math.max(1, top)) : 1;
}
