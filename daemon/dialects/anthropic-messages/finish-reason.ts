// Why an answer ended. Checked 2026-11-21 against
// https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons and the types of the official SDK
// (`compaction` is in its beta types), and the recordings.

import type { FinishReason, StreamEvent } from '../../conversation/stream-event.ts';

const DECODED: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'refusal'],
  // The provider's own tools want another round, or only a summary was asked for: the answer itself is not at its end.
  ['pause_turn', 'other'],
  ['compaction', 'other'],
]);

const ENCODED: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  other: 'end_turn',
};

/** What an answer held, as far as it bears on the reason for its end. */
export interface AnswerContent {
  readonly hasToolUse: boolean;
  readonly hasRefusal: boolean;
}

export function decodeFinishReason(wireReason: string): FinishReason {
  return DECODED.get(wireReason) ?? 'other';
}

export function isOwnReason(wireReason: string): boolean {
  return DECODED.has(wireReason);
}

/**
 * The reason a client is told. Clients go by `tool_use` to run tools and by `refusal` to notice one, while other vendors
 * say "stop" in both cases (OpenAI: forced tool calls, refusals), so what the answer held counts too.
 */
export function encodeFinishReason(
  end: Extract<StreamEvent, { type: 'choice-end' }> | undefined,
  { hasToolUse, hasRefusal }: AnswerContent,
): string {
  const { finishReason = 'stop', wireReason = '' } = end ?? {};
  // Anthropic's own word, from an answer of Anthropic's that was stored, is more exact than ours.
  if (DECODED.get(wireReason) === finishReason) return wireReason;
  if (finishReason === 'stop' && hasRefusal) return 'refusal';
  if (finishReason === 'stop' && hasToolUse) return 'tool_use';
  return ENCODED[finishReason];
}
