// What a request will probably cost on a model, before it is sent: the number that orders models.

import { attemptCostUsd } from './cost.ts';
import type { ModelTarget } from './model-target.ts';

export interface ExpectedRequest {
  /** Tokens of the o200k tokenizer, as everything here that is not yet measured by a provider. */
  readonly inputTokens: number;
  readonly expectedOutputTokens: number;
  /** How much of the input lies warm in this model's own prompt cache. */
  readonly warmTokens: number;
  readonly target: Pick<ModelTarget, 'billing' | 'price' | 'promptCache' | 'tokenizerFactor'>;
  readonly atMs: number;
}

/**
 * USD; null = unpriced; 0 where the provider does not bill by the token. Whatever is not warm is counted as written to
 * the cache when the prompt is long enough to be cached: the next request of the conversation will read it there.
 */
export function expectedCostUsd(request: ExpectedRequest): number | null {
  const { target } = request;
  const inputTokens = request.inputTokens * target.tokenizerFactor;
  const outputTokens = request.expectedOutputTokens * target.tokenizerFactor;
  const warmTokens = Math.min(request.warmTokens * target.tokenizerFactor, inputTokens);
  const isCached = target.promptCache.kind !== 'none' && inputTokens >= target.promptCache.minTokens;
  return attemptCostUsd(
    {
      inputTokens,
      cacheReadInputTokens: isCached ? warmTokens : 0,
      cacheCreationInputTokens: isCached ? inputTokens - warmTokens : 0,
      outputTokens,
      reasoningOutputTokens: 0,
    },
    target,
    request.atMs,
  );
}
