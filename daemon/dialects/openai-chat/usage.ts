// Token counts of chat completions <-> TokenUsage. Checked 2026-11-21 against
// https://platform.openai.com/docs/api-reference/chat/object (cached_tokens, reasoning_tokens),
// https://api-docs.deepseek.com/api/create-chat-completion (prompt_cache_hit_tokens),
// https://openrouter.ai/docs/use-cases/usage-accounting (cost, cache_write_tokens),
// https://docs.x.ai/developers/cost-tracking (cost_in_usd_ticks) and the recordings, which add Moonshot's
// `cached_tokens`, Mistral's `num_cached_tokens` and a bare `reasoning_tokens`.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { tokenCountOf } from '../../conversation/usage.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import { type JsonObject, type JsonValue, numberOf, objectOf } from '../../util/json.ts';

const TICKS_PER_USD = 1e10;

/** The usage event of a `usage` object; undefined when it holds no counts (null, or filled in later). */
export function usageEventOf(value: JsonValue | undefined): StreamEvent | undefined {
  const wire = objectOf(value);
  const inputTokens = tokenCountOf(wire?.['prompt_tokens']);
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
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadInputTokens,
      ...(usage.cacheCreationInputTokens > 0 ? { cache_write_tokens: usage.cacheCreationInputTokens } : {}),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningOutputTokens },
  };
}

function usageOf(wire: JsonObject, inputTokens: number): TokenUsage {
  const inputDetails = objectOf(wire['prompt_tokens_details']);
  const cacheRead =
    tokenCountOf(inputDetails?.['cached_tokens']) ??
    tokenCountOf(wire['prompt_cache_hit_tokens']) ??
    tokenCountOf(wire['cached_tokens']) ??
    tokenCountOf(wire['num_cached_tokens']) ??
    0;
  const reported = tokenCountOf(wire['completion_tokens']) ?? 0;
  // Where the total is larger than its two parts, the rest is thinking that is billed as output but left out of
  // `completion_tokens` (Google's compatible endpoint; older Grok models).
  const unlisted = Math.max(0, (tokenCountOf(wire['total_tokens']) ?? 0) - inputTokens - reported);
  const outputTokens = reported + unlisted;
  const reasoning =
    tokenCountOf(objectOf(wire['completion_tokens_details'])?.['reasoning_tokens']) ??
    tokenCountOf(wire['reasoning_tokens']) ??
    0;
  // Parts that are larger than their total are recorded too (Grok on Azure: 161 cached of 7): the total is billed.
  const cacheReadInputTokens = Math.min(cacheRead, inputTokens);
  const cacheWrite = tokenCountOf(inputDetails?.['cache_write_tokens']) ?? 0;
  return {
    inputTokens,
    cacheReadInputTokens,
    cacheCreationInputTokens: Math.min(cacheWrite, inputTokens - cacheReadInputTokens),
    outputTokens,
    reasoningOutputTokens: Math.min(Math.max(reasoning, unlisted), outputTokens),
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
