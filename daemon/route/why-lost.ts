// Why a model that could have answered is not the one that does, and what kept the next cheaper one from being chosen.
// Sentences for people; what they say is what the order of candidates went by.

import type { Candidate, SwitchEconomics } from '../protocol/exchange-record.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import { compareLikelihood, tierRank, type Ask, type RankedTarget } from './candidate-order.ts';
import { fitsMaxCost, usdText } from './cost-limit.ts';
import type { SwitchCap } from './switch-cap.ts';
import { isWorthMoving } from './switch-economics.ts';

/** What the choice was made by. */
export interface Choice {
  readonly chosen: RankedTarget;
  readonly ask: Ask;
  /** Inside a task, on the model that the task is on. */
  readonly isStaying: boolean;
  /** The model that was asked for by name, where it is the choice because nobody is trusted with the ask. */
  readonly isNamed: boolean;
  readonly maxCostUsd: number | null;
  readonly unvetted: readonly string[];
  /** Staying against moving, where that was weighed. */
  readonly economics: Pick<
    SwitchEconomics,
    'fromModel' | 'toModel' | 'stayCostUsd' | 'moveCostUsd' | 'expectedSteps'
  > | null;
  /** Where the limit on switching changed the choice. */
  readonly cap: SwitchCap | null;
}

/** `candidate` was in the running. */
export function whyLost(candidate: RankedTarget, choice: Choice): string {
  const { chosen, ask, maxCostUsd } = choice;
  const { id } = chosen.target;
  if (maxCostUsd !== null && !fitsMaxCost(candidate, maxCostUsd)) {
    if (!fitsMaxCost(chosen, maxCostUsd)) return dearer(candidate, choice);
    return candidate.expectedCostUsd === null
      ? `has no price, so it may exceed the max cost of ${usdText(maxCostUsd)}`
      : `would cost ${usdText(candidate.expectedCostUsd)}, the max cost is ${usdText(maxCostUsd)}`;
  }
  if (choice.cap !== null && !choice.cap.fits(candidate.target)) {
    const share = Number((choice.cap.ratio * 100).toFixed(2));
    return `could make the conversation bill more than ${share} % above staying on ${choice.cap.baselineModel}`;
  }
  if (choice.isStaying) return `the task stays on ${id}`;
  const { economics } = choice;
  const wasWeighed = economics?.fromModel === id && economics.toModel === candidate.target.id;
  // Where moving would have paid it was something else that decided.
  if (wasWeighed && !isWorthMoving(economics)) {
    const move = usdText(economics.moveCostUsd);
    return `moving there costs ${move} over about ${steps(economics.expectedSteps)}, staying on ${id} ${usdText(economics.stayCostUsd)}`;
  }
  if (chosen.isListed) {
    const list = `the list of ${ask.profile} for ${ask.taskType}, ${ask.complexity}`;
    return candidate.isListed ? `stands after ${id} in ${list}` : `is not in ${list}, which ${id} is in`;
  }
  const kind = `(${ask.profile}, ${ask.taskType})`;
  if (!candidate.reachesThreshold && (chosen.reachesThreshold || choice.isNamed)) {
    const [own, least] = apart(candidate.successProbability, ask.threshold);
    const named = choice.isNamed ? `, and ${id} was asked for by name` : '';
    return `success probability ${own} is below ${least} ${kind}${named}`;
  }
  if (!chosen.reachesThreshold && compareLikelihood(chosen, candidate) < 0) {
    const [own, other] = apart(candidate.successProbability, chosen.successProbability);
    return `success probability ${own} is below the ${other} of ${id}`;
  }
  return dearer(candidate, choice);
}

/** As likely or likely enough, so the price decided, or what stands in for it. */
function dearer(candidate: RankedTarget, { chosen, unvetted }: Choice): string {
  const { id } = chosen.target;
  if (unvetted.includes(candidate.target.id)) {
    return `was found on this machine and is not configured, so ${id} goes first`;
  }
  const ownUsd = candidate.untilDoneUsd ?? candidate.taskCostUsd;
  const otherUsd = chosen.untilDoneUsd ?? chosen.taskCostUsd;
  if (ownUsd === null) {
    return otherUsd === null ? `has no price, as ${id}, which goes first` : `has no price, ${id} has one`;
  }
  if (otherUsd === null) return `costs ${usdText(ownUsd)}, ${id} is of a lower tier and has no price`;
  if (ownUsd !== otherUsd) return `costs ${usdText(ownUsd)}, ${id} ${usdText(otherUsd)}`;
  const why =
    tierRank(candidate.target.tier) > tierRank(chosen.target.tier)
      ? 'is of a lower tier'
      : 'stands before it';
  return `costs ${usdText(ownUsd)} as ${id}, which ${why}`;
}

/**
 * What kept the next cheaper model from being chosen, as a sentence. null: the choice is the cheapest, or it has no price
 * that others could be below.
 */
export function bindingConstraint(
  chosen: ModelTarget | undefined,
  candidates: readonly Candidate[],
): string | null {
  const choiceUsd = candidates.find(({ model }) => model === chosen?.id)?.expectedCostUsd ?? null;
  if (choiceUsd === null) return null;
  let next: Candidate | undefined;
  let nextUsd = -1;
  for (const candidate of candidates) {
    const costUsd = candidate.expectedCostUsd;
    if (costUsd === null || costUsd >= choiceUsd || costUsd <= nextUsd) continue;
    next = candidate;
    nextUsd = costUsd;
  }
  if (next === undefined) return null;
  return `${next.model} (${usdText(nextUsd)} instead of ${usdText(choiceUsd)}) was not taken: ${next.rejected ?? 'it stands behind'}`;
}

function steps(count: number): string {
  const whole = Math.max(1, Math.round(count));
  return whole === 1 ? '1 request' : `${whole} requests`;
}

/** Two numbers with as many digits as it takes to tell them apart. */
function apart(a: number, b: number): readonly [string, string] {
  for (let digits = 2; digits < 9; digits++) {
    const [textA, textB] = [a.toFixed(digits), b.toFixed(digits)];
    if (textA !== textB) return [textA, textB];
  }
  return [String(a), String(b)];
}
