// What the baseline of a stored request costs at other prices, or on another baseline model: the stored terms, in that
// model's tokens.

import { attemptCostUsd } from '../catalog/cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { HistoryStep } from './replay-history.ts';

/** null = the terms of the stored baseline are not known, or the other model has no price. */
export function baselineCost(
  { baseline, baselineModel, baselineCostUsd }: HistoryStep,
  given: {
    readonly target: ModelTarget | undefined;
    readonly targetOf: (model: string) => ModelTarget | undefined;
    readonly atMs: number;
  },
): number | null {
  const { target, targetOf, atMs } = given;
  // An exchange that gave no answer is compared with nothing, on whatever model.
  if (baselineCostUsd === 0) return 0;
  if (baseline == null || target === undefined || target.billing === 'flat-rate') return null;
  const stored = baselineModel == null ? undefined : targetOf(baselineModel);
  const ratio = stored === undefined ? 1 : target.tokenizerFactor / stored.tokenizerFactor;
  return attemptCostUsd(cachedAs(scaled(baseline.usage, ratio), target), target, atMs);
}

function scaled(usage: TokenUsage, ratio: number): TokenUsage {
  return {
    inputTokens: usage.inputTokens * ratio,
    cacheReadInputTokens: usage.cacheReadInputTokens * ratio,
    cacheCreationInputTokens: usage.cacheCreationInputTokens * ratio,
    outputTokens: usage.outputTokens * ratio,
    reasoningOutputTokens: usage.reasoningOutputTokens * ratio,
  };
}

/** The other model reads what the stored one would have, as far as it caches at all. */
function cachedAs(usage: TokenUsage, { promptCache }: ModelTarget): TokenUsage {
  const isCached = promptCache.kind !== 'none' && usage.inputTokens >= promptCache.minTokens;
  if (isCached) return usage;
  return { ...usage, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 };
}
