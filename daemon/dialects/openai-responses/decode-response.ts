// A complete response -> events. Its items are read by the same reader as those of a stream.

import type { AttemptFailure } from '../../conversation/attempt-failure.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import { arrayOf, isJsonObject, type JsonObject, objectOf, stringOf } from '../../util/json.ts';
import { failureOf, responseFailure } from './errors.ts';
import { OutputReader } from './output-reader.ts';
import { endingOf, startOf } from './stream-decoder.ts';

export function decodeResponse(body: JsonObject): readonly StreamEvent[] {
  const status = stringOf(body['status']) ?? 'completed';
  if (status === 'failed' || status === 'cancelled') return failed(responseFailure(body, status));
  const { error } = body;
  if (objectOf(error) !== undefined || typeof error === 'string') return failed(failureOf(body));
  if (!Array.isArray(body['output'])) {
    return failed({ kind: 'invalid-response', message: 'the answer has no output' });
  }
  const reader = new OutputReader();
  for (const [index, item] of arrayOf(body['output']).entries()) {
    if (isJsonObject(item)) reader.finish(index, item);
  }
  return [startOf(body), ...endingOf(reader, status, body)];
}

function failed(failure: AttemptFailure): readonly StreamEvent[] {
  return [{ type: 'response-failed', failure }];
}
