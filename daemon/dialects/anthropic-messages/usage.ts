// Token counts of Anthropic messages <-> TokenUsage: the one place where Anthropic's exclusive counts (input without
// what the prompt cache read or wrote) are turned into inclusive ones and back. Checked 2026-11-21 against
// https://platform.claude.com/docs/en/api/messages (usage), https://platform.claude.com/docs/en/build-with-claude/prompt-caching
// (cache_creation by lifetime), https://platform.claude.com/docs/en/build-with-claude/streaming (counts of a
// message_delta are cumulative) and the recordings. What `iterations` lists beside the totals (compaction, advisor) is
// not in the totals by Anthropic's rule, and not here.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { tokenCountOf } from '../../conversation/usage.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import { type JsonObject, type JsonValue, objectOf } from '../../util/json.ts';

/** The counts of one answer. Each field is what was last said of it: later objects repeat fields or leave them out. */
export class UsageTally {
  private input: number | undefined;
  private cacheRead: number | undefined;
  private cacheCreation: number | undefined;
  private output: number | undefined;
  private thinking: number | undefined;
  private write1h: number | undefined;

  /** Takes in a `usage` object; the event with all that is known by now, undefined when the object holds no counts. */
  merge(value: JsonValue | undefined): StreamEvent | undefined {
    const wire = objectOf(value);
    const input = tokenCountOf(wire?.['input_tokens']);
    const output = tokenCountOf(wire?.['output_tokens']);
    if (wire === undefined || (input === undefined && output === undefined)) return undefined;
    this.input = input ?? this.input;
    this.output = output ?? this.output;
    this.cacheRead = tokenCountOf(wire['cache_read_input_tokens']) ?? this.cacheRead;
    this.cacheCreation =
      tokenCountOf(wire['cache_creation_input_tokens']) ??
      sumOf(objectOf(wire['cache_creation'])) ??
      this.cacheCreation;
    this.thinking =
      tokenCountOf(objectOf(wire['output_tokens_details'])?.['thinking_tokens']) ?? this.thinking;
    this.write1h =
      tokenCountOf(objectOf(wire['cache_creation'])?.['ephemeral_1h_input_tokens']) ?? this.write1h;
    const { write1h = 0 } = this;
    return { type: 'usage', usage: this.total(), ...(write1h === 0 ? {} : { cacheWrite1hTokens: write1h }) };
  }

  private total(): TokenUsage {
    const { input = 0, cacheRead = 0, cacheCreation = 0, output = 0, thinking = 0 } = this;
    return {
      inputTokens: input + cacheRead + cacheCreation,
      cacheReadInputTokens: cacheRead,
      cacheCreationInputTokens: cacheCreation,
      outputTokens: output,
      reasoningOutputTokens: Math.min(thinking, output),
    };
  }
}

/** What a client of this dialect is told; the same in a message_start, a message_delta and a plain answer. */
export function encodeUsage(usage: TokenUsage): JsonObject {
  const { cacheReadInputTokens, cacheCreationInputTokens, reasoningOutputTokens } = usage;
  return {
    input_tokens: Math.max(0, usage.inputTokens - cacheReadInputTokens - cacheCreationInputTokens),
    cache_creation_input_tokens: cacheCreationInputTokens,
    cache_read_input_tokens: cacheReadInputTokens,
    output_tokens: usage.outputTokens,
    ...(reasoningOutputTokens > 0
      ? { output_tokens_details: { thinking_tokens: reasoningOutputTokens } }
      : {}),
  };
}

/** `cache_creation` splits the total by how long the cache keeps it (5 minutes, 1 hour). */
function sumOf(split: JsonObject | undefined): number | undefined {
  if (split === undefined) return undefined;
  const counts = Object.values(split).map(tokenCountOf);
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
