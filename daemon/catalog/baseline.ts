// What an exchange would have cost on the baseline model: same request, that model's tokenizer, that model's own
// replayed prompt cache. The saving is this minus the actual cost, signed.

import type { BaselineTerms } from '../protocol/exchange-record.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import { attemptCostUsd, unitPricesAt } from './cost.ts';
import type { ModelTarget } from './model-target.ts';

type Billed = Pick<ModelTarget, 'id' | 'billing' | 'price' | 'promptCache' | 'tokenizerFactor'>;

export interface BaselineInput {
  /** What the model that answered reported, in its own tokens. */
  readonly usage: TokenUsage;
  readonly served: Billed;
  readonly baseline: Billed;
  /** From `PromptCacheReplay` for the baseline model, in the unit of `promptTokens`. */
  readonly baselineWarmTokens: number;
  /**
   * Size of the whole prompt as the replay counts it (its last prefix). Only the share of it that is warm is used, so
   * that an estimate that is off by 20 % does not turn cached tokens into uncached ones. null = `baselineWarmTokens`
   * is exact, in the baseline's own tokens.
   */
  readonly promptTokens: number | null;
  /** False when nothing in the request marks a prefix to be cached: an `explicit` cache then stays out of it. */
  readonly hasCacheMarks?: boolean;
  /** Which share of its warm prefixes the baseline really reads, measured; absent = all. */
  readonly hitRatio?: number;
  /** How much the baseline would have written per token that was written, measured; absent = as much. */
  readonly outputRatio?: number;
  readonly atMs: number;
}

export type Baseline =
  | { readonly costUsd: number; readonly terms: BaselineTerms | null; readonly why: null }
  | { readonly costUsd: null; readonly terms: null; readonly why: string };

/** USD; null when the two costs cannot be compared, see `baselineOf` for the reason. */
export function baselineCostUsd(input: BaselineInput): number | null {
  return baselineOf(input).costUsd;
}

/**
 * | served     | baseline   | result |
 * |------------|------------|--------|
 * | flat-rate  | any        | null: left out of savings |
 * | any        | flat-rate  | null: left out of savings |
 * | unpriced   | any        | null: no actual cost to compare with |
 * | any        | unpriced   | null |
 * | any        | free       | 0: whatever was paid is a loss |
 * | free       | metered    | the baseline's cost: all of it is saved |
 */
export function baselineOf(input: BaselineInput): Baseline {
  const { served, baseline } = input;
  for (const model of [served, baseline]) {
    if (model.billing === 'flat-rate') return unknown(`${model.id} is billed at a flat rate`);
    if (model.billing === 'metered' && model.price === null) return unknown(`${model.id} has no price`);
  }
  const usage = baselineUsage(input);
  const costUsd = attemptCostUsd(usage, baseline, input.atMs);
  if (costUsd === null) return unknown(`${baseline.id} has no price`);
  const isSum = baseline.billing === 'metered' && baseline.price !== null;
  const terms = isSum ? { usage, prices: unitPricesAt(baseline.price, usage, input.atMs) } : null;
  return { costUsd, terms: terms === null ? null : withRatio(terms, input.outputRatio), why: null };
}

/** The usage that the baseline model would have reported. Fractions of tokens are kept: nothing is rounded. */
export function baselineUsage(input: BaselineInput): TokenUsage {
  const { usage, served, baseline } = input;
  const tokenRatio = baseline.tokenizerFactor / served.tokenizerFactor;
  const writtenRatio = tokenRatio * (input.outputRatio ?? 1);
  const inputTokens = usage.inputTokens * tokenRatio;
  const isCached = usesCache(input, inputTokens);
  const cacheReadInputTokens = isCached ? warmPart(input, inputTokens) : 0;
  return {
    inputTokens,
    cacheReadInputTokens,
    // What is new is written. Where writes are not billed apart their price is the input price.
    cacheCreationInputTokens: isCached ? inputTokens - cacheReadInputTokens : 0,
    outputTokens: usage.outputTokens * writtenRatio,
    reasoningOutputTokens: usage.reasoningOutputTokens * writtenRatio,
  };
}

function usesCache({ baseline, hasCacheMarks }: BaselineInput, inputTokens: number): boolean {
  const { kind, minTokens } = baseline.promptCache;
  if (kind === 'none' || inputTokens < minTokens) return false;
  return kind === 'automatic' || hasCacheMarks !== false;
}

function warmPart(input: BaselineInput, inputTokens: number): number {
  const { baselineWarmTokens, promptTokens, hitRatio = 1 } = input;
  if (promptTokens === null) return Math.min(baselineWarmTokens, inputTokens) * hitRatio;
  return promptTokens <= 0 ? 0 : inputTokens * Math.min(1, baselineWarmTokens / promptTokens) * hitRatio;
}

function withRatio(terms: BaselineTerms, outputRatio: number | undefined): BaselineTerms {
  return outputRatio === undefined || outputRatio === 1 ? terms : { ...terms, outputRatio };
}

function unknown(why: string): Baseline {
  return { costUsd: null, terms: null, why };
}

/** What the same answer would have cost on another model, `warmShare` of the prompt being in its cache; null = unpriced. */
export function costOnModel(
  usage: TokenUsage,
  served: Billed,
  model: Billed,
  warmShare: number,
  atMs: number,
): number | null {
  const promptTokens = usage.inputTokens * (model.tokenizerFactor / served.tokenizerFactor);
  const input = {
    usage,
    served,
    baseline: model,
    promptTokens,
    baselineWarmTokens: promptTokens * warmShare,
    atMs,
  };
  return attemptCostUsd(baselineUsage(input), model, atMs);
}
