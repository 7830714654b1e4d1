// Why an answer ended. The dialect has a status and, for an answer that was cut, a reason; that tools are to be called
// or that the model refused shows only in the items. Checked 2026-11-21 against
// https://platform.openai.com/docs/api-reference/responses/object (status, incomplete_details.reason) and the recordings
// (`complete`: a proxy; a background answer comes back `queued`).

import type { FinishReason } from '../../conversation/stream-event.ts';
import { type JsonObject, objectOf, stringOf } from '../../util/json.ts';

/** What the items of an answer hold. */
export interface AnswerContent {
  readonly hasCall: boolean;
  readonly hasText: boolean;
  readonly hasRefusal: boolean;
}

export interface AnswerEnd {
  readonly status: 'completed' | 'incomplete';
  /** `incomplete_details.reason`; null when the answer is whole. */
  readonly reason: 'max_output_tokens' | 'content_filter' | null;
}

const CUT: ReadonlyMap<string, FinishReason> = new Map([
  ['max_output_tokens', 'length'],
  ['max_tokens', 'length'],
  ['length', 'length'],
  ['content_filter', 'content-filter'],
]);

/** Still to be made: answered at once when the client asked for a background answer. */
const UNFINISHED: ReadonlySet<string> = new Set(['queued', 'in_progress']);

export function decodeFinish(
  status: string,
  response: JsonObject,
  content: AnswerContent,
): { readonly finishReason: FinishReason; readonly wireReason: string } {
  const reason = stringOf(objectOf(response['incomplete_details'])?.['reason']);
  if (status === 'incomplete') {
    return { finishReason: CUT.get(reason ?? '') ?? 'other', wireReason: reason ?? status };
  }
  if (UNFINISHED.has(status)) return { finishReason: 'other', wireReason: status };
  return { finishReason: wholeFinish(content), wireReason: status };
}

/** `hasRefusal`: the answer says itself that it is one; else the notice of the filter is all that is left to say. */
export function encodeFinish(reason: FinishReason, hasRefusal: boolean): AnswerEnd {
  if (reason === 'length') return { status: 'incomplete', reason: 'max_output_tokens' };
  if (reason === 'content-filter' || (reason === 'refusal' && !hasRefusal)) {
    return { status: 'incomplete', reason: 'content_filter' };
  }
  return { status: 'completed', reason: null };
}

function wholeFinish({ hasCall, hasText, hasRefusal }: AnswerContent): FinishReason {
  if (hasCall) return 'tool-calls';
  return hasRefusal && !hasText ? 'refusal' : 'stop';
}
