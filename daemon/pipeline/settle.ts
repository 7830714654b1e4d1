// The money of one exchange: pure functions from what happened to what it cost, what the baseline would have cost, and
// what that saves. Unknown stays unknown (null); nothing is rounded.

import { attemptCostUsd, unitPricesAt, type CostOptions } from '../catalog/cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { AttemptRecord, BaselineTerms, SavedBy, UnitPrices } from '../protocol/exchange-record.ts';
import type { TokenUsage, UsageSource } from '../protocol/vocabulary.ts';

export interface Usage {
  readonly usage: TokenUsage | null;
  readonly source: UsageSource;
}

/** What an attempt is thought to have used; by whoever keeps the books of the request. */
export interface UsageGuess {
  readonly inputTokens: number;
  /** 0..1, how much of the request its model had in its prompt cache, as far as we served it before. */
  readonly warmShare: number;
  /** 0 where nothing was seen of an answer. */
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
}

/**
 * What the provider reported, and an estimate of what it left out. A count of zero for something that was there is no
 * count (some providers send nothing but zeros); where an answer broke off, the last count is of its beginning, and what
 * was seen since is estimated. One estimated part makes the whole `estimated`. `guess` is only called when it is needed.
 */
export function settleUsage(seen: {
  readonly reported: TokenUsage | null;
  /** Whether the answer came to its end, so that what was reported is the last word. */
  readonly isComplete: boolean;
  /** Whether anything that the model wrote was seen. */
  readonly hasContent: boolean;
  /** null = nothing can be said: it never left this machine. */
  readonly guess: () => UsageGuess | null;
}): Usage {
  const { reported, hasContent } = seen;
  const lacksInput = reported === null || reported.inputTokens === 0;
  const mayLackOutput = reported === null || !seen.isComplete || (hasContent && reported.outputTokens === 0);
  if (reported !== null && !lacksInput && !mayLackOutput) return { usage: reported, source: 'reported' };

  const guess = seen.guess();
  if (guess === null) return reported === null ? NOTHING_KNOWN : { usage: reported, source: 'reported' };
  const lacksOutput = mayLackOutput && guess.outputTokens > (reported?.outputTokens ?? -1);
  if (reported !== null && !lacksInput && !lacksOutput) return { usage: reported, source: 'reported' };
  const input = lacksInput ? inputOf(guess) : reported;
  const output = lacksOutput ? guess : (reported ?? guess);
  const usage: TokenUsage = {
    inputTokens: input.inputTokens,
    cacheReadInputTokens: input.cacheReadInputTokens,
    cacheCreationInputTokens: input.cacheCreationInputTokens,
    outputTokens: output.outputTokens,
    reasoningOutputTokens: Math.min(
      Math.max(output.reasoningOutputTokens, reported?.reasoningOutputTokens ?? 0),
      output.outputTokens,
    ),
  };
  return { usage, source: 'estimated' };
}

const NOTHING_KNOWN: Usage = { usage: null, source: 'none' };

type InputUsage = Pick<TokenUsage, 'inputTokens' | 'cacheReadInputTokens' | 'cacheCreationInputTokens'>;

function inputOf({ inputTokens, warmShare }: UsageGuess): InputUsage {
  const cacheReadInputTokens = Math.round(inputTokens * warmShare);
  return { inputTokens, cacheReadInputTokens, cacheCreationInputTokens: 0 };
}

export interface AttemptMoney {
  /** null = not priced. */
  readonly costUsd: number | null;
  readonly costSource?: 'provider' | 'prices';
  readonly prices: UnitPrices | null;
}

/** Cost of one attempt. A cost that the provider itself reports beats ours. */
export function attemptMoney(
  usage: TokenUsage | null,
  target: ModelTarget,
  reportedCostUsd: number | null,
  atMs: number,
  options: CostOptions = {},
): AttemptMoney {
  if (usage === null) return { costUsd: 0, prices: null };
  const prices = target.price === null ? null : unitPricesAt(target.price, usage, atMs, options);
  if (target.billing !== 'metered') return { costUsd: 0, prices };
  if (reportedCostUsd !== null) return { costUsd: reportedCostUsd, costSource: 'provider', prices };
  const costUsd = attemptCostUsd(usage, target, atMs, options);
  return { costUsd, ...(costUsd === null ? {} : { costSource: 'prices' }), prices };
}

/**
 * What the router saved by marking a prompt for the cache that the client had not marked: the same tokens at the input
 * price, less what was billed. Negative where what was written has not been read yet.
 */
export function injectionSavedUsd(
  usage: TokenUsage,
  target: ModelTarget,
  billedUsd: number,
  atMs: number,
): number {
  const unmarked = { ...usage, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 };
  const unmarkedUsd = attemptCostUsd(unmarked, target, atMs);
  return unmarkedUsd === null || target.billing !== 'metered' ? 0 : unmarkedUsd - billedUsd;
}

export interface ExchangeMoney {
  readonly costUsd: number | null;
  /** What is known of it: a failed attempt without a price adds nothing here, and leaves `costUsd` unknown. */
  readonly failedAttemptsCostUsd: number;
  readonly baselineCostUsd: number | null;
  readonly savedUsd: number | null;
  readonly baseline: BaselineTerms | null;
  readonly priced: boolean;
  readonly savedBy: SavedBy;
}

/** A stored answer stood in for a model's. */
export interface CacheHitMoney {
  readonly status: 'exact' | 'semantic';
  /** What routing would have paid for a new answer: all that a hit is credited with. */
  readonly routedCostUsd: number | null;
}

/**
 * Sums an exchange up. `baselineCostUsd` null means that it cannot be told; then nothing is claimed.
 * An exchange that gave the user no answer has a baseline of 0: what it cost is lost, and shown as a negative saving.
 */
export function settleMoney(given: {
  readonly attempts: readonly AttemptRecord[];
  readonly classifierCostUsd: number;
  readonly baselineCostUsd: number | null;
  readonly baseline?: BaselineTerms | null;
  /** See `injectionSavedUsd`. */
  readonly injectionSavedUsd?: number;
  readonly cacheHit?: CacheHitMoney | null;
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
    baseline: baselineCostUsd === null ? null : (given.baseline ?? null),
    priced: costUsd !== null,
    savedBy: savedBy(savedUsd, given.injectionSavedUsd ?? 0, given.cacheHit ?? null),
  };
}

/** The parts add up to the whole: what a cache did not save, routing did, or lost. */
function savedBy(savedUsd: number | null, injectionUsd: number, hit: CacheHitMoney | null): SavedBy {
  const nothing = { routing: 0, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 };
  if (savedUsd === null) return nothing;
  if (hit === null)
    return { ...nothing, routing: savedUsd - injectionUsd, promptCacheInjection: injectionUsd };
  const hitUsd = hit.routedCostUsd ?? 0;
  const cache = hit.status === 'exact' ? { exactCache: hitUsd } : { semanticCache: hitUsd };
  return { ...nothing, ...cache, routing: savedUsd - hitUsd };
}
