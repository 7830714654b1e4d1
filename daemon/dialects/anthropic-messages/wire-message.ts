// The shape of a message that is built for Anthropic.

import type { Seal } from '../../conversation/seal.ts';
import type { JsonObject } from '../../util/json.ts';

/** `content` is always an array of blocks. */
export interface WireMessage extends JsonObject {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: readonly JsonObject[];
}

export interface WireConversation {
  readonly system: readonly JsonObject[];
  readonly messages: readonly WireMessage[];
}

export function isThought(block: JsonObject | undefined): boolean {
  return isThoughtType(block?.['type']);
}

export function isThoughtType(type: unknown): boolean {
  return type === 'thinking' || type === 'redacted_thinking';
}

/** A thought with a seal of Anthropic's own kinds. */
export function thoughtBlock(thinking: string, { kind, value }: Seal): JsonObject {
  if (kind === 'redacted-thinking') return { type: 'redacted_thinking', data: value };
  return { type: 'thinking', thinking, signature: value };
}

/**
 * Whether the answer that is being worked on begins with a thought. It begins behind the user's last words that came
 * without results of tools. True when no answer is under way. No two messages in a row are of one role.
 */
export function opensWithThought(messages: readonly WireMessage[]): boolean {
  const lastWords = messages.findLastIndex(
    ({ role, content }) => role === 'user' && content.every((block) => block['type'] !== 'tool_result'),
  );
  const opening = messages.slice(lastWords + 1).find(({ role }) => role === 'assistant');
  return opening === undefined || isThought(opening.content[0]);
}
