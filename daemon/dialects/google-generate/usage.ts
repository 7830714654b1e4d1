// `usageMetadata` <-> TokenUsage (https://ai.google.dev/api/generate-content#UsageMetadata, checked 2026-11-21). The
// prompt count includes what was read from a cache; results of tools that Google ran are input beside it, thoughts are
// output beside the candidates. The recorded totals add up so.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { tokenCountOf } from '../../conversation/usage.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import { type JsonObject, type JsonValue, objectOf } from '../../util/json.ts';
import { fieldOf } from './fields.ts';

/** Undefined when there are no counts yet: Vertex opens streams with the traffic type alone. */
export function usageEventOf(value: JsonValue | undefined): StreamEvent | undefined {
  const wire = objectOf(value);
  const promptTokens = countOf(wire, 'promptTokenCount');
  if (wire === undefined || promptTokens === undefined) return undefined;
  const inputTokens = promptTokens + (countOf(wire, 'toolUsePromptTokenCount') ?? 0);
  const reasoningOutputTokens = countOf(wire, 'thoughtsTokenCount') ?? 0;
  const usage: TokenUsage = {
    inputTokens,
    cacheReadInputTokens: Math.min(countOf(wire, 'cachedContentTokenCount') ?? 0, inputTokens),
    cacheCreationInputTokens: 0,
    outputTokens: (countOf(wire, 'candidatesTokenCount') ?? 0) + reasoningOutputTokens,
    reasoningOutputTokens,
  };
  return { type: 'usage', usage };
}

/** What a client of this dialect is told. */
export function encodeUsage(usage: TokenUsage): JsonObject {
  const { inputTokens, cacheReadInputTokens, outputTokens, reasoningOutputTokens } = usage;
  return {
    promptTokenCount: inputTokens,
    candidatesTokenCount: outputTokens - reasoningOutputTokens,
    totalTokenCount: inputTokens + outputTokens,
    ...(cacheReadInputTokens > 0 ? { cachedContentTokenCount: cacheReadInputTokens } : {}),
    ...(reasoningOutputTokens > 0 ? { thoughtsTokenCount: reasoningOutputTokens } : {}),
  };
}

function countOf(wire: JsonObject | undefined, name: string): number | undefined {
  return tokenCountOf(fieldOf(wire, name));
}
