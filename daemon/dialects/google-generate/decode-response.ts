// A complete GenerateContentResponse -> events. Read by the same reader as a stream: it is one large chunk.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import type { JsonObject } from '../../util/json.ts';
import { AnswerReader } from './answer-reader.ts';

export function decodeResponse(body: JsonObject): readonly StreamEvent[] {
  const reader = new AnswerReader();
  const events = reader.read(body, undefined);
  if (events.at(-1)?.type === 'response-failed') return events.slice(-1);
  const closing = reader.close();
  if (!reader.isComplete) {
    const message = 'the answer has no candidates';
    return [{ type: 'response-failed', failure: { kind: 'invalid-response', message } }];
  }
  const usage = events.filter((event) => event.type === 'usage');
  const others = events.filter((event) => event.type !== 'usage');
  return [...others, ...closing, ...usage, { type: 'response-end' }];
}
