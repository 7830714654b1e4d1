// The money of one exchange: pure functions from what happened to what it cost, what the baseline would have cost, and
// what that saves. Unknown stays unknown (null); nothing is rounded.

import { attemptCostUsd, unitPricesAt } from '../catalog/cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { AttemptRecord, SavedBy, UnitPrices } from '../protocol/exchange-record.ts';
import type { TokenUsage, UsageSource } from '../protocol/vocabulary.ts';

export interface Usage {
  readonly usage: TokenUsage | null;
  readonly source: UsageSource;
}

/**
 * What the provider reported, else an estimate from the sizes seen, else nothing. Some providers count the output only
 * at the end: where an answer broke off, their last count is of its beginning, and what was seen since is estimated.
 */
export function settleUsage(seen: {
  readonly reported: TokenUsage | null;
  /** Whether the answer came to its end, so that what was reported is the last word. */
  readonly isComplete: boolean;
  /** Estimated tokens of the request in the reference tokenizer; null when it never left this machine. */
  readonly inputTokens: number | null;
  /** 0..1, how much of the request its model had in its prompt cache, as far as we served it before. */
  readonly warmShare: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly target: ModelTarget | null;
}): Usage {
  const { reported, inputTokens, target } = seen;
  const factor = target?.tokenizerFactor ?? 1;
  const outputTokens = Math.round(seen.outputTokens * factor);
  const reasoningOutputTokens = Math.round(seen.reasoningTokens * factor);
  if (reported !== null) {
    if (seen.isComplete || reported.outputTokens >= outputTokens)
      return { usage: reported, source: 'reported' };
    const reasoning = Math.max(reported.reasoningOutputTokens, reasoningOutputTokens);
    return {
      usage: { ...reported, outputTokens, reasoningOutputTokens: reasoning },
      source: 'estimated',
    };
  }
  if (inputTokens === null || target === null) return { usage: null, source: 'none' };
  const usage: TokenUsage = {
    inputTokens: Math.round(inputTokens * factor),
    cacheReadInputTokens: Math.round(inputTokens * factor * seen.warmShare),
    cacheCreationInputTokens: 0,
    outputTokens,
    reasoningOutputTokens,
  };
  return { usage, source: 'estimated' };
}

export interface AttemptMoney {
  /** null = not priced. */
  readonly costUsd: number | null;
  readonly prices: UnitPrices | null;
}

/** Cost of one attempt. A cost that the provider itself reports beats ours. */
export function attemptMoney(
  usage: TokenUsage | null,
  target: ModelTarget,
  reportedCostUsd: number | null,
  atMs: number,
): AttemptMoney {
  if (usage === null) return { costUsd: 0, prices: null };
  const prices = target.price === null ? null : unitPricesAt(target.price, usage, atMs);
  if (target.billing !== 'metered') return { costUsd: 0, prices };
  return { costUsd: reportedCostUsd ?? attemptCostUsd(usage, target, atMs), prices };
}

export interface ExchangeMoney {
  readonly costUsd: number | null;
  /** What is known of it: a failed attempt without a price adds nothing here, and leaves `costUsd` unknown. */
  readonly failedAttemptsCostUsd: number;
  readonly baselineCostUsd: number | null;
  readonly savedUsd: number | null;
  readonly priced: boolean;
  readonly savedBy: SavedBy;
}

/**
 * Sums an exchange up. `baselineCostUsd` null means that it cannot be told; then nothing is claimed.
 * An exchange that gave the user no answer has a baseline of 0: what it cost is lost, and shown as a negative saving.
 */
export function settleMoney(given: {
  readonly attempts: readonly AttemptRecord[];
  readonly classifierCostUsd: number;
  readonly baselineCostUsd: number | null;
}): ExchangeMoney {
  let costUsd: number | null = given.classifierCostUsd;
  let failedAttemptsCostUsd = 0;
  for (const attempt of given.attempts) {
    costUsd = attempt.costUsd === null || costUsd === null ? null : costUsd + attempt.costUsd;
    if (attempt.status === 'failed') failedAttemptsCostUsd += attempt.costUsd ?? 0;
  }
  // Without a cost there is nothing to compare; with a cost but no baseline the cost still stands.
  const baselineCostUsd = costUsd === null ? null : given.baselineCostUsd;
  const savedUsd = costUsd === null || baselineCostUsd === null ? null : baselineCostUsd - costUsd;
  return {
    costUsd,
    failedAttemptsCostUsd,
    baselineCostUsd,
    savedUsd,
    priced: costUsd !== null,
    savedBy: { routing: savedUsd ?? 0, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 },
  };
}
