// Why a candidate ended, and why a prompt got none (https://ai.google.dev/api/generate-content#FinishReason and
// #BlockReason, checked 2026-11-21, with Vertex's own words). Google says STOP also where the model calls tools.

import type { FinishReason } from '../../conversation/stream-event.ts';
import { type JsonValue, stringOf } from '../../util/json.ts';

const DECODED: ReadonlyMap<string, FinishReason> = new Map([
  ['STOP', 'stop'],
  ['', 'stop'], // a plain answer that does not say
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
  ['MODEL_ARMOR', 'content-filter'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content-filter'],
  ['IMAGE_RECITATION', 'content-filter'],
]);

/** The model's own blunders: without anything before them they are no answer, and another model may do better. */
const BLUNDERS: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  'MALFORMED_RESPONSE',
]);

/** Enums as numbers, which Vertex sends when asked for `enum-encoding=int`; the later ones differ between the APIs. */
const BY_NUMBER = ['', 'STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER'];

const ENCODED: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  'content-filter': 'SAFETY',
  // The dialect has no word of its own; the text of the refusal stands in the answer.
  refusal: 'SAFETY',
  other: 'OTHER',
};

/** '' while the candidate goes on. */
export function wireReasonOf(value: JsonValue | undefined): string {
  if (typeof value === 'number') return BY_NUMBER[value] ?? 'OTHER';
  const reason = stringOf(value) ?? '';
  return reason === 'FINISH_REASON_UNSPECIFIED' ? '' : reason;
}

export function decodeFinishReason(wireReason: string, hasToolCalls: boolean): FinishReason {
  const reason = DECODED.get(wireReason) ?? 'other';
  return reason === 'stop' && hasToolCalls ? 'tool-calls' : reason;
}

export function isBlunder(wireReason: string): boolean {
  return BLUNDERS.has(wireReason);
}

/** `hasRefusal`: OpenAI ends a refusal by `stop`, and here its text looks like any other. */
export function encodeFinishReason(reason: FinishReason, hasRefusal = false): string {
  return ENCODED[hasRefusal && reason === 'stop' ? 'refusal' : reason];
}
