// A complete chat completion -> events. Read by the same reader as a stream: a message is one large delta.

import type { AttemptFailure } from '../../conversation/attempt-failure.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import { arrayOf, isJsonObject, type JsonObject, numberOf, stringOf } from '../../util/json.ts';
import { ChoiceReader } from './choice-reader.ts';
import { brokenChoice, inBandFailure } from './stream-decoder.ts';
import { usageEventOf } from './usage.ts';

export function decodeResponse(body: JsonObject): readonly StreamEvent[] {
  const failure = inBandFailure({ event: '' }, body);
  if (failure !== undefined) return failed(failure);
  const choices = arrayOf(body['choices']).filter(isJsonObject);
  if (choices.length === 0) {
    return failed({ kind: 'invalid-response', message: 'the answer has no choices' });
  }
  const createdAtS = numberOf(body['created']);
  const events: StreamEvent[] = [
    {
      type: 'response-start',
      responseId: stringOf(body['id']) ?? '',
      responseModel: stringOf(body['model']) ?? '',
      ...(createdAtS === undefined ? {} : { createdAtS }),
    },
  ];
  const read = new Set<number>();
  for (const [position, choice] of choices.entries()) {
    const broken = brokenChoice(choice);
    if (broken !== undefined) return failed(broken);
    const index = numberOf(choice['index']) ?? position;
    if (read.has(index)) {
      return failed({ kind: 'invalid-response', message: 'the answer has two choices of one index' });
    }
    read.add(index);
    const reader = new ChoiceReader(index);
    for (const event of [...reader.read(choice), ...reader.close()]) events.push(event);
  }
  const usage = usageEventOf(body['usage']);
  if (usage !== undefined) events.push(usage);
  events.push({ type: 'response-end' });
  return events;
}

function failed(failure: AttemptFailure): readonly StreamEvent[] {
  return [{ type: 'response-failed', failure }];
}
