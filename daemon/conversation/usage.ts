// Arithmetic on token counts. Totals include their parts; see TokenUsage.

import type { TokenUsage } from '../protocol/vocabulary.ts';
import { numberOf, type JsonValue } from '../util/json.ts';

/** No answer has so many tokens; what says more is no count, and could not be added up exactly. */
const MAX_COUNT = 1e12;

/** A whole count of tokens as a provider reports it; undefined = it is none. */
export function tokenCountOf(value: JsonValue | undefined): number | undefined {
  const count = numberOf(value);
  return count === undefined || count < 0 || count > MAX_COUNT ? undefined : Math.trunc(count);
}

export const NO_USAGE: TokenUsage = Object.freeze({
  inputTokens: 0,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  outputTokens: 0,
  reasoningOutputTokens: 0,
});

/** Counts are whole, not negative, and no part is larger than its total. */
export function isPlausibleUsage(usage: TokenUsage): boolean {
  const counts = [
    usage.inputTokens,
    usage.cacheReadInputTokens,
    usage.cacheCreationInputTokens,
    usage.outputTokens,
    usage.reasoningOutputTokens,
  ];
  return (
    counts.every((count) => Number.isSafeInteger(count) && count >= 0) &&
    usage.cacheReadInputTokens + usage.cacheCreationInputTokens <= usage.inputTokens &&
    usage.reasoningOutputTokens <= usage.outputTokens
  );
}
