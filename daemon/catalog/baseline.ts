// What an exchange would have cost on the baseline model: same request, that model's tokenizer, that model's own
// replayed prompt cache. The saving is this minus the actual cost, signed.

import type { TokenUsage } from '../protocol/vocabulary.ts';
import { attemptCostUsd } from './cost.ts';
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
  readonly atMs: number;
}

export type Baseline =
  { readonly costUsd: number; readonly why: null } | { readonly costUsd: null; readonly why: string };

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
  const costUsd = attemptCostUsd(baselineUsage(input), baseline, input.atMs);
  return costUsd === null ? unknown(`${baseline.id} has no price`) : { costUsd, why: null };
}

/** The usage that the baseline model would have reported. Fractions of tokens are kept: nothing is rounded. */
export function baselineUsage(input: BaselineInput): TokenUsage {
  const { usage, served, baseline } = input;
  const tokenRatio = baseline.tokenizerFactor / served.tokenizerFactor;
  const inputTokens = usage.inputTokens * tokenRatio;
  const isCached = usesCache(input, inputTokens);
  const cacheReadInputTokens = isCached ? warmPart(input, inputTokens) : 0;
  return {
    inputTokens,
    cacheReadInputTokens,
    // What is new is written. Where writes are not billed apart their price is the input price.
    cacheCreationInputTokens: isCached ? inputTokens - cacheReadInputTokens : 0,
    outputTokens: usage.outputTokens * tokenRatio,
    reasoningOutputTokens: usage.reasoningOutputTokens * tokenRatio,
  };
}

function usesCache({ baseline, hasCacheMarks }: BaselineInput, inputTokens: number): boolean {
  const { kind, minTokens } = baseline.promptCache;
  if (kind === 'none' || inputTokens < minTokens) return false;
  return kind === 'automatic' || hasCacheMarks !== false;
}

function warmPart({ baselineWarmTokens, promptTokens }: BaselineInput, inputTokens: number): number {
  if (promptTokens === null) return Math.min(baselineWarmTokens, inputTokens);
  return promptTokens <= 0 ? 0 : inputTokens * Math.min(1, baselineWarmTokens / promptTokens);
}

function unknown(why: string): Baseline {
  return { costUsd: null, why };
}
