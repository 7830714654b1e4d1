// What the rest of a task costs on one model: this request, with what is warm there, and the requests that are expected
// to follow, each longer than the one before. The cached-read price orders models here, not the list price.

import { pricingAt } from '../catalog/cost.ts';
import type { ExpectedRequest } from '../catalog/expected-cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput, EconomicsInput } from '../protocol/exchange-record.ts';
import { assumedHitRatio } from './cache-hits.ts';

/** Expected USD of one request on a model; null = unpriced. */
export type CostOf = (request: ExpectedRequest) => number | null;

/** Where nothing is known of caches and tasks: one cold request. */
export const NO_ECONOMICS: EconomicsInput = {
  expectedSteps: 1,
  stepInputTokens: 0,
  stepOutputTokens: 0,
  warmTokens: {},
  cacheHitRatios: {},
  switchBooks: null,
};

/** Longer tasks are reckoned as this long: nobody knows so far ahead. */
const MAX_STEPS = 200;

export function economicsOf({ economics }: Pick<DecisionInput, 'economics'>): EconomicsInput {
  return economics ?? NO_ECONOMICS;
}

/** Tokens of this prompt that will probably be read from the model's cache. */
export function readableTokens(target: ModelTarget, input: DecisionInput): number {
  const { warmTokens } = economicsOf(input);
  const warm = Object.hasOwn(warmTokens, target.id) ? (warmTokens[target.id] ?? 0) : 0;
  return Math.min(Math.max(0, warm), input.inputTokens) * hitRatio(target, input);
}

/** Share of a warm prefix that is read, 0..1. */
export function hitRatio(target: ModelTarget, input: DecisionInput): number {
  const { cacheHitRatios } = economicsOf(input);
  const learnt = Object.hasOwn(cacheHitRatios, target.id) ? cacheHitRatios[target.id] : undefined;
  const ratio = learnt ?? assumedHitRatio(target.promptCache.kind);
  return Number.isFinite(ratio) ? Math.min(1, Math.max(0, ratio)) : 1;
}

/** Tokens that the model writes where others write one. */
export function outputRatio(target: ModelTarget, input: Pick<DecisionInput, 'economics'>): number {
  const ratios = economicsOf(input).outputRatios ?? {};
  const ratio = Object.hasOwn(ratios, target.id) ? (ratios[target.id] ?? 1) : 1;
  return Number.isFinite(ratio) && ratio >= 0 ? ratio : 1;
}

export function stepsOf(input: DecisionInput): number {
  const { expectedSteps } = economicsOf(input);
  return Number.isFinite(expectedSteps) ? Math.min(MAX_STEPS, Math.max(1, expectedSteps)) : 1;
}

export interface CallSize {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Warm tokens of it, before misses. */
  readonly warmTokens: number;
}

/** One request of a size on a model; null = unpriced. */
export function callCost(
  costOf: CostOf,
  target: ModelTarget,
  input: DecisionInput,
  { inputTokens, outputTokens, warmTokens }: CallSize,
): number | null {
  const costUsd = costOf({
    target,
    inputTokens,
    expectedOutputTokens: outputTokens * outputRatio(target, input),
    warmTokens: warmTokens * hitRatio(target, input),
    atMs: input.atMs,
  });
  return costUsd !== null && Number.isFinite(costUsd) ? costUsd : null;
}

/**
 * USD of this request and the expected rest of its task. `outputShare`: how much more or less is written than usual, at
 * another level of effort. The rest is a sum of costs that grow evenly but where a long-context price begins.
 */
export function taskCost(
  costOf: CostOf,
  target: ModelTarget,
  input: DecisionInput,
  outputShare = 1,
): number | null {
  // Part of a request may lie beyond a border that the whole one does not: a longer task would seem cheaper.
  const steps = Math.round(stepsOf(input));
  const { stepInputTokens, stepOutputTokens, warmTokens } = economicsOf(input);
  const warm = Object.hasOwn(warmTokens, target.id) ? (warmTokens[target.id] ?? 0) : 0;
  const first = callCost(costOf, target, input, {
    inputTokens: input.inputTokens,
    outputTokens: input.expectedOutputTokens * outputShare,
    warmTokens: Math.min(warm, input.inputTokens),
  });
  if (first === null || steps <= 1) return first;
  const later = (step: number): number =>
    callCost(costOf, target, input, {
      inputTokens: input.inputTokens + step * stepInputTokens,
      outputTokens: stepOutputTokens * outputShare,
      warmTokens: input.inputTokens + (step - 1) * stepInputTokens,
    }) ?? 0;
  const border = borderStep(target, input, stepInputTokens);
  const last = steps - 1;
  if (border <= 1 || border > last) return first + evenly(later, 1, last);
  return first + evenly(later, 1, border - 1) + evenly(later, border, last);
}

/** Sum of `cost` over the steps from `from` to `to`, whole or not, which grow by equal amounts. */
function evenly(cost: (step: number) => number, from: number, to: number): number {
  const count = to - from + 1;
  return count <= 0 ? 0 : (count * (cost(from) + cost(to))) / 2;
}

/** The first step whose prompt is long enough for the long-context price; Infinity = none. */
function borderStep(target: ModelTarget, input: DecisionInput, stepInputTokens: number): number {
  const pricing = target.price === null ? null : pricingAt(target.price, input.atMs);
  const aboveTokens = pricing?.longContext?.aboveTokens;
  if (aboveTokens === undefined || stepInputTokens <= 0) return Infinity;
  const missing = aboveTokens / target.tokenizerFactor - input.inputTokens;
  return missing < 0 ? 0 : Math.floor(missing / stepInputTokens) + 1;
}
