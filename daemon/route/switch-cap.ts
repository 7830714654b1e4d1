// The hard limit on what changing models may cost (`policy.maxSwitchSpendRatio`): from its first answer by the baseline
// model on, a conversation never bills more than (1 + ratio) times staying there, whenever it ends. A model may answer
// only if this request fits, at its worst, and if enough is left afterwards to get to a place where nothing can be lost.

import { isPeak, pricingAt } from '../catalog/cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { RoutingTable } from './policy.ts';
import { economicsOf, hitRatio, outputRatio, type CostOf } from './task-cost.ts';

export interface SwitchCap {
  readonly baselineModel: string;
  readonly ratio: number;
  /** What may still be spent above staying; negative = more than allowed was billed already. */
  readonly allowanceUsd: number;
  readonly fits: (target: ModelTarget) => boolean;
  /** As `fits`, where `first` has answered in vain and is paid for as well. */
  readonly fitsBoth: (first: ModelTarget, second: ModelTarget) => boolean;
  /** What would be left after this request, at its worst, USD. */
  readonly leftUsd: (target: ModelTarget) => number;
  /** As `leftUsd`, without what must be kept for the requests after it; negative = it does not fit. */
  readonly spareUsd: (target: ModelTarget) => number;
}

/** Sizes are estimates: what a request may take from the allowance is reckoned this much larger. */
const MARGIN = 1.2;

/**
 * Automatic caches miss now and then. So many misses in a row that this is their probability must be affordable after
 * every request: a conversation has some hundred requests, and people have thousands of conversations.
 */
const NEGLIGIBLE = 1e-6;

/**
 * Whatever was learnt of a cache: for the length of a conversation it may do worse. Misses come in runs, of a new model
 * nothing was learnt, and people pause for longer than an entry lives.
 */
const PESSIMISTIC_HIT_RATIO = 0.5;

/** Up to so many times the smallest prompt that is cached, an earlier one may have been, although it was thought too short. */
const BARELY = 2;

/** Every vendor caches prompts of this length. */
const CACHED_TOKENS = 8192;

/** A long-context price that is at most so many times the prompt away may hold before the conversation is over. */
const NEAR = 4;

/** A prompt may grow by so much before the next request: a large file that was read. */
const GROWTH_TOKENS = 16_384;

/** An answer of this length is looked at to compare prices of output. */
const SAMPLE_TOKENS = 1000;

/** Rounding of sums. */
const EPSILON_USD = 1e-12;

/** null = no limit: there is none set, or the baseline model has not answered in this conversation. */
export function switchCap(
  costOf: CostOf,
  input: DecisionInput,
  table: Pick<RoutingTable, 'maxSwitchSpendRatio'>,
  baseline: ModelTarget | null,
): SwitchCap | null {
  const books = economicsOf(input).switchBooks;
  const ratio = table.maxSwitchSpendRatio;
  if (books === null || ratio === undefined || !Number.isFinite(ratio)) return null;
  if (baseline === null || baseline.id !== books.baselineModel) return null;
  const costs = new CapCosts(costOf, input, baseline, 1 + ratio);
  if (costs.takenUsd(baseline) === null) return null;
  const allowanceUsd = (1 + ratio) * books.stayUsd - books.actualUsd;
  const takenBy = (target: ModelTarget): number => costs.takenUsd(target) ?? Infinity;
  const leftAfter = (takenUsd: number): number =>
    allowanceUsd - (takenUsd > 0 ? takenUsd * MARGIN : takenUsd);
  const leftUsd = (target: ModelTarget): number => leftAfter(takenBy(target));
  const spareUsd = (target: ModelTarget): number => leftUsd(target) - costs.reserveUsd(target);
  return {
    baselineModel: baseline.id,
    ratio,
    allowanceUsd,
    leftUsd,
    spareUsd,
    fits(target) {
      if (spareUsd(target) >= -EPSILON_USD) return true;
      // Whatever was billed before: who costs no more than staying makes nothing worse.
      return costs.reserveUsd(target) === 0 && takenBy(target) <= 0;
    },
    fitsBoth: (first, second) =>
      leftAfter(takenBy(second) + (costs.worstUsd(first) ?? Infinity)) >=
      costs.reserveUsd(second) - EPSILON_USD,
  };
}

/** Costs of the present prompt without an answer: what is written costs on both sides, and is compared apart. */
class CapCosts {
  readonly #costOf: CostOf;
  readonly #input: DecisionInput;
  readonly #baseline: ModelTarget;
  readonly #factor: number;
  readonly #stayWarmTokens: number;

  constructor(costOf: CostOf, input: DecisionInput, baseline: ModelTarget, factor: number) {
    this.#costOf = costOf;
    this.#input = input;
    this.#baseline = baseline;
    this.#factor = factor;
    this.#stayWarmTokens = economicsOf(input).switchBooks?.stayWarmTokens ?? 0;
  }

  /**
   * What this request takes from the allowance at its worst; negative = it adds to it. The size is an estimate: near the
   * border of a long-context price it may lie on the other side.
   */
  takenUsd(target: ModelTarget): number | null {
    let taken: number | null = null;
    for (const size of this.#likelySizes(target)) {
      const moveUsd = this.worstUsd(target, size);
      const stayUsd = this.#call(this.#baseline, this.#stayWarm(target, size), 0, size);
      if (moveUsd === null || stayUsd === null) return null;
      taken = Math.max(taken ?? -Infinity, moveUsd - this.#factor * stayUsd);
    }
    return taken;
  }

  /** As estimated, and where it is near: above the border of the target, below that of the baseline. */
  #likelySizes(target: ModelTarget): readonly number[] {
    const { inputTokens } = this.#input;
    const above = this.#longTokens(target, inputTokens);
    const below = this.#longBorder(this.#baseline) - 1;
    return [
      inputTokens,
      ...(above > inputTokens && above <= inputTokens * MARGIN ? [above] : []),
      ...(target !== this.#baseline && below < inputTokens && below * MARGIN >= inputTokens ? [below] : []),
    ];
  }

  /** Of a prompt of that size; one that is hardly long enough to be cached may be warm although it was not thought to. */
  #stayWarm(target: ModelTarget, size: number): number {
    const { tokenizerFactor, promptCache } = this.#baseline;
    const ownTokens = size * tokenizerFactor;
    const isBarelyCached = ownTokens >= promptCache.minTokens && ownTokens <= promptCache.minTokens * BARELY;
    // What the baseline itself is asked has the same size on both sides.
    if (isBarelyCached && target !== this.#baseline) return size;
    return this.#scaled(this.#stayWarmTokens, size);
  }

  /** The warm part of a prompt is as far off its estimate as the prompt itself. */
  #scaled(warmTokens: number, size: number): number {
    const { inputTokens } = this.#input;
    return inputTokens <= 0 ? 0 : Math.min(warmTokens, inputTokens) * (size / inputTokens);
  }

  /** This request at its worst: an automatic cache misses, a dearer answer is as long as it may be. */
  worstUsd(target: ModelTarget, size: number = this.#input.inputTokens): number | null {
    const { warmTokens } = economicsOf(this.#input);
    const isSure = target.promptCache.kind === 'explicit' || target === this.#baseline;
    const warm = isSure && Object.hasOwn(warmTokens, target.id) ? (warmTokens[target.id] ?? 0) : 0;
    const promptUsd = this.#call(target, this.#scaled(warm, size), 0, size);
    return promptUsd === null ? null : promptUsd + this.#dearerAnswerUsd(target, 1, size);
  }

  /**
   * What must be left after a request on `target`, so that whatever comes next there is a model that fits: 0 on the
   * baseline and on models that can never cost more than it, else enough for misses, else for the way back.
   */
  reserveUsd(target: ModelTarget): number {
    return target === this.#baseline ? 0 : MARGIN * this.#leastReserveUsd(target);
  }

  #leastReserveUsd(target: ModelTarget): number {
    // A prompt that is too short to be cached today will not stay so.
    const tokens = Math.max(this.#input.inputTokens, CACHED_TOKENS) + GROWTH_TOKENS;
    const later = this.#laterFactor(target);
    const sizes = this.#sizesToCome(target, tokens);
    const backUsd = this.#backUsd(tokens);
    const mayBeDearer = sizes.some(
      (size) => this.#dearerAnswerUsd(target, later, size) > 0 || !this.#writesBelow(target, size, later),
    );
    if (mayBeDearer) return backUsd;
    const missesUsd = sizes
      .filter((size) => size <= tokens * NEAR)
      .map((size) => this.#perPrompt(target, size).write * later - this.#stayReadUsd(size));
    const missUsd = Math.max(0, ...missesUsd);
    if (missUsd === 0) return 0;
    const hits = hitRatio(target, this.#input);
    if (sizes.some((size) => this.#readsAbove(target, size, later, hits))) return backUsd;
    // Whoever keeps what was paid for, at least as long as the baseline does, costs no more than it from here on.
    const isSure =
      target.promptCache.kind === 'explicit' && target.promptCache.ttlS >= this.#baseline.promptCache.ttlS;
    const missRatio = 1 - Math.min(hits, PESSIMISTIC_HIT_RATIO);
    const misses = Math.ceil(Math.log(NEGLIGIBLE) / Math.log(missRatio));
    return isSure ? 0 : Math.min(misses * missUsd, backUsd);
  }

  /** This prompt, and where other prices hold: it grows beyond the border of one model, or is compacted below that of another. */
  #sizesToCome(target: ModelTarget, tokens: number): readonly number[] {
    const below = this.#longBorder(this.#baseline) - 1;
    return [tokens, this.#longTokens(target, tokens), Math.min(tokens, Math.max(below, CACHED_TOKENS))];
  }

  /** The way back to a baseline that has gone cold; also where its long-context price is near. */
  #backUsd(tokens: number): number {
    const far = this.#longTokens(this.#baseline, tokens);
    const sizes = far <= tokens * NEAR ? [tokens, far] : [tokens];
    const premiums = sizes.map((size) => {
      const stay = this.#perPrompt(this.#baseline, size);
      return stay.write - this.#factor * stay.read;
    });
    return Math.max(0, ...premiums);
  }

  #writesBelow(target: ModelTarget, size: number, later: number): boolean {
    const stay = this.#perPrompt(this.#baseline, size);
    return this.#perPrompt(target, size).write * later <= this.#factor * stay.write;
  }

  /** In the long run, with the misses that are to be expected. */
  #readsAbove(target: ModelTarget, size: number, later: number, hits: number): boolean {
    const own = this.#perPrompt(target, size);
    return (hits * own.read + (1 - hits) * own.write) * later > this.#stayReadUsd(size);
  }

  #stayReadUsd(size: number): number {
    return this.#factor * this.#perPrompt(this.#baseline, size).read;
  }

  /** A prompt of that size, all of it read from the cache and all of it new. */
  #perPrompt(target: ModelTarget, inputTokens: number): { readonly read: number; readonly write: number } {
    const { atMs } = this.#input;
    const at = (warmTokens: number): number =>
      this.#costOf({ target, inputTokens, expectedOutputTokens: 0, warmTokens, atMs }) ?? Infinity;
    return { read: at(inputTokens), write: at(0) };
  }

  /** What an answer of the greatest length costs more than on the baseline; 0 for models that write more cheaply. */
  #dearerAnswerUsd(target: ModelTarget, later: number, size: number = this.#input.inputTokens): number {
    const per = (model: ModelTarget): number =>
      ((this.#call(model, 0, SAMPLE_TOKENS, size) ?? 0) - (this.#call(model, 0, 0, size) ?? 0)) *
      outputRatio(model, this.#input);
    const moreUsd = per(target) * later - this.#factor * per(this.#baseline);
    if (moreUsd <= 0) return 0;
    const tokens = Math.min(this.#input.maxOutputTokens ?? target.maxOutputTokens, target.maxOutputTokens);
    return (moreUsd * tokens) / SAMPLE_TOKENS;
  }

  /** How much dearer the model may become against the baseline at another hour of the day. */
  #laterFactor(target: ModelTarget): number {
    const { atMs } = this.#input;
    const peakOf = ({ price }: ModelTarget) => (price === null ? undefined : pricingAt(price, atMs).peak);
    const own = peakOf(target);
    const stay = peakOf(this.#baseline);
    const rise = own === undefined || isPeak(own, atMs) ? 1 : own.multiplier;
    const fall = stay !== undefined && isPeak(stay, atMs) ? stay.multiplier : 1;
    return rise * fall;
  }

  /** A size at which the model's long-context price holds, if it has one. */
  #longTokens(target: ModelTarget, tokens: number): number {
    const border = this.#longBorder(target);
    return border === Infinity ? tokens : Math.max(tokens, border + 1 / target.tokenizerFactor);
  }

  /** The greatest size without the long-context price; Infinity = there is none. */
  #longBorder({ price, tokenizerFactor }: ModelTarget): number {
    const border = price === null ? undefined : pricingAt(price, this.#input.atMs).longContext?.aboveTokens;
    return border === undefined ? Infinity : border / tokenizerFactor;
  }

  /** What is warm counts as read: with a baseline whose cache misses, staying would miss as well. */
  #call(
    target: ModelTarget,
    warmTokens: number,
    outputTokens: number,
    inputTokens: number = this.#input.inputTokens,
  ): number | null {
    const { atMs } = this.#input;
    return this.#costOf({ target, inputTokens, expectedOutputTokens: outputTokens, warmTokens, atMs });
  }
}
