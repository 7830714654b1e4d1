// Why a choice ended. Checked 2026-11-21 against
// https://platform.openai.com/docs/api-reference/chat/object (stop, length, tool_calls, content_filter, function_call),
// https://docs.mistral.ai/api (model_length, error), https://api-docs.deepseek.com/api/create-chat-completion
// (insufficient_system_resource), https://docs.z.ai/api-reference (sensitive, network_error),
// https://openrouter.ai/docs/api/reference/errors-and-debugging (error), and the recordings (eos: Together).

import type { FinishReason } from '../../conversation/stream-event.ts';
import type { FailureKind } from '../../protocol/vocabulary.ts';

const DECODED: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['tool_use', 'tool-calls'],
  ['content_filter', 'content-filter'],
  ['sensitive', 'content-filter'],
  ['refusal', 'refusal'],
]);

/** Reasons that are no end but a break: the rest of the answer will never come. */
const BROKEN: ReadonlyMap<string, FailureKind> = new Map([
  ['error', 'server-error'],
  ['network_error', 'server-error'],
  ['insufficient_system_resource', 'overloaded'],
  ['abort', 'interrupted'],
]);

const ENCODED: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  // The dialect has no word of its own; clients look at `refusal` or show the filter's notice.
  refusal: 'content_filter',
  other: 'stop',
};

export function decodeFinishReason(wireReason: string): FinishReason {
  return DECODED.get(wireReason) ?? 'other';
}

/** How the attempt failed when a provider calls its own failure a finish reason; undefined for a real end. */
export function brokenFinishKind(wireReason: string): FailureKind | undefined {
  return BROKEN.get(wireReason);
}

export function encodeFinishReason(reason: FinishReason): string {
  return ENCODED[reason];
}
