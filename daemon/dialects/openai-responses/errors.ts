// Errors of Responses: what all dialects of OpenAI have in common, and how a response says that it failed.

import type { AttemptFailure } from '../../conversation/attempt-failure.ts';
import type { RouterError } from '../../errors.ts';
import { type JsonObject, objectOf } from '../../util/json.ts';
import { encodeError as encodeOpenAiError, failureOf } from '../openai-errors.ts';

export { decodeFailure, failureOf } from '../openai-errors.ts';

/**
 * Clients that go on from an answer know one code as the sign to send the whole conversation instead
 * (https://developers.openai.com/api/docs/guides/websocket-mode, checked 2026-11-21).
 */
export function encodeError(error: RouterError): { readonly statusCode: number; readonly body: JsonObject } {
  const { statusCode, body } = encodeOpenAiError(error);
  const isForgotten = error.code === 'request.not_found' && error.param === 'previous_response_id';
  if (!isForgotten) return { statusCode, body };
  return { statusCode, body: { error: { ...objectOf(body['error']), code: 'previous_response_not_found' } } };
}

/** Why a response with the status `failed` or `cancelled` failed; `status` when it does not say more. */
export function responseFailure(response: JsonObject, status: string): AttemptFailure {
  const error = objectOf(response['error']);
  if (error !== undefined) return failureOf({ error });
  if (status === 'cancelled') return { kind: 'interrupted', message: 'the provider cancelled the answer' };
  return { kind: 'server-error', message: 'the provider gave the answer up and did not say why' };
}
