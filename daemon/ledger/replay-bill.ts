// What an answer of one model would have been billed on another, and on the same model with another prompt cache: stored
// usage -> terms of money, apart where they hang on something that is only learnt (hit ratio, length of answers).

import { attemptCostUsd } from '../catalog/cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';

type Billed = Pick<ModelTarget, 'billing' | 'price' | 'promptCache' | 'tokenizerFactor'>;

/** USD = inputUsd - hit ratio * hitGainUsd + length ratio * outputUsd. */
export interface BillTerms {
  /** The whole prompt, nothing of it read from the cache. */
  readonly inputUsd: number;
  /** What it gets cheaper by when all that is warm is read. */
  readonly hitGainUsd: number;
  /** The answer, as long as it was. */
  readonly outputUsd: number;
}

export interface MovedAnswer {
  /** In the tokens of the model that answered. */
  readonly usage: TokenUsage;
  /** Tokens of the other model per token of the one that answered. */
  readonly tokenRatio: number;
  readonly target: Billed;
  /** How much of the prompt the other model has warm, 0..1. */
  readonly warmShare: number;
  readonly atMs: number;
}

/** null = the other model has no price. */
export function movedBill({ usage, tokenRatio, target, warmShare, atMs }: MovedAnswer): BillTerms | null {
  const inputTokens = usage.inputTokens * tokenRatio;
  const isCached = target.promptCache.kind !== 'none' && inputTokens >= target.promptCache.minTokens;
  const warmTokens = isCached ? inputTokens * Math.min(1, Math.max(0, warmShare)) : 0;
  // What is new is written; where writes are not billed apart they cost what input costs.
  const prompt = (readTokens: number, outputTokens: number, reasoningTokens: number): number | null =>
    attemptCostUsd(
      {
        inputTokens,
        cacheReadInputTokens: readTokens,
        cacheCreationInputTokens: isCached ? inputTokens - readTokens : 0,
        outputTokens,
        reasoningOutputTokens: reasoningTokens,
      },
      target,
      atMs,
    );
  const cold = prompt(0, 0, 0);
  const answered = prompt(0, usage.outputTokens * tokenRatio, usage.reasoningOutputTokens * tokenRatio);
  if (cold === null || answered === null) return null;
  const warm = warmTokens > 0 ? (prompt(warmTokens, 0, 0) ?? cold) : cold;
  return { inputUsd: cold, hitGainUsd: cold - warm, outputUsd: answered - cold };
}

export interface SameAnswer {
  readonly usage: TokenUsage;
  readonly target: Billed;
  /** How much of the prompt was warm, and would have been, 0..1. */
  readonly storedWarmShare: number;
  readonly replayedWarmShare: number;
  readonly atMs: number;
}

export interface CacheShift {
  /** What is added to the bill because a warm prompt is less warm. */
  readonly lostUsd: number;
  /** What it gets cheaper by when all that is warm beyond is read. */
  readonly hitGainUsd: number;
}

const NO_SHIFT: CacheShift = { lostUsd: 0, hitGainUsd: 0 };

/** The same model answers, with its prompt cache in another state. null = it has no price. */
export function shiftedBill(answer: SameAnswer): CacheShift | null {
  const { usage, target, storedWarmShare, replayedWarmShare, atMs } = answer;
  if (storedWarmShare === replayedWarmShare || target.promptCache.kind === 'none') return NO_SHIFT;
  const readTokens = usage.cacheReadInputTokens;
  const billed = (read: number): number | null => attemptCostUsd(withRead(usage, read), target, atMs);
  const stored = billed(readTokens);
  if (stored === null) return null;
  if (replayedWarmShare < storedWarmShare) {
    const kept = readTokens * (replayedWarmShare / storedWarmShare);
    return { lostUsd: (billed(kept) ?? stored) - stored, hitGainUsd: 0 };
  }
  const more = Math.min(
    usage.inputTokens - readTokens,
    usage.inputTokens * (replayedWarmShare - storedWarmShare),
  );
  return { lostUsd: 0, hitGainUsd: stored - (billed(readTokens + Math.max(0, more)) ?? stored) };
}

/** Tokens that are not read are written, and the other way round; what was billed as plain input gives way last. */
function withRead(usage: TokenUsage, readTokens: number): TokenUsage {
  const written = usage.cacheCreationInputTokens + usage.cacheReadInputTokens - readTokens;
  return {
    ...usage,
    cacheReadInputTokens: readTokens,
    cacheCreationInputTokens: Math.max(0, Math.min(written, usage.inputTokens - readTokens)),
  };
}
