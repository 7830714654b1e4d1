// Token counts of Responses <-> TokenUsage. Checked 2026-11-21 against
// https://platform.openai.com/docs/api-reference/responses/object (cached_tokens, cache_write_tokens, reasoning_tokens),
// https://openrouter.ai/docs/use-cases/usage-accounting (cost), https://docs.x.ai/developers/cost-tracking
// (cost_in_usd_ticks) and the recordings. Totals include their parts already.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { tokenCountOf } from '../../conversation/usage.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import { type JsonObject, type JsonValue, numberOf, objectOf } from '../../util/json.ts';

const TICKS_PER_USD = 1e10;

/** The usage event of a `usage` object; undefined when it holds no counts (null, or filled in later). */
export function usageEventOf(value: JsonValue | undefined): StreamEvent | undefined {
  const wire = objectOf(value);
  const inputTokens = tokenCountOf(wire?.['input_tokens']);
  if (wire === undefined || inputTokens === undefined) return undefined;
  const costUsd = costUsdOf(wire);
  return {
    type: 'usage',
    usage: usageOf(wire, inputTokens),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
}

/** What a client of this dialect is told. */
export function encodeUsage(usage: TokenUsage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cacheReadInputTokens,
      cache_write_tokens: usage.cacheCreationInputTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningOutputTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

/** Parts larger than their total are cut to it: the total is what is billed. */
function usageOf(wire: JsonObject, inputTokens: number): TokenUsage {
  const inputDetails = objectOf(wire['input_tokens_details']);
  const outputTokens = tokenCountOf(wire['output_tokens']) ?? 0;
  const cacheReadInputTokens = Math.min(tokenCountOf(inputDetails?.['cached_tokens']) ?? 0, inputTokens);
  const cacheWrite = tokenCountOf(inputDetails?.['cache_write_tokens']) ?? 0;
  const reasoning = tokenCountOf(objectOf(wire['output_tokens_details'])?.['reasoning_tokens']) ?? 0;
  return {
    inputTokens,
    cacheReadInputTokens,
    cacheCreationInputTokens: Math.min(cacheWrite, inputTokens - cacheReadInputTokens),
    outputTokens,
    reasoningOutputTokens: Math.min(reasoning, outputTokens),
  };
}

function costUsdOf(wire: JsonObject): number | undefined {
  const cost = numberOf(wire['cost']);
  if (cost !== undefined) return wire['is_byok'] === true ? withOwnKey(cost, wire) : cost;
  const ticks = numberOf(wire['cost_in_usd_ticks']);
  return ticks === undefined || ticks === 0 ? undefined : ticks / TICKS_PER_USD; // Azure writes 0 and charges
}

/** With the user's own key OpenRouter charges its fee, often 0, and the vendor the rest: both are paid. */
function withOwnKey(feeUsd: number, wire: JsonObject): number | undefined {
  const vendorUsd = numberOf(objectOf(wire['cost_details'])?.['upstream_inference_cost']);
  return vendorUsd === undefined ? undefined : feeUsd + vendorUsd;
}
