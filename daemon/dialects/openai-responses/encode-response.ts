// Events -> a complete response (https://platform.openai.com/docs/api-reference/responses/object; held against recorded
// answers through the official SDK).

import type { FinishReason, StreamEvent } from '../../conversation/stream-event.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import type { JsonObject } from '../../util/json.ts';
import type { AnswerIdentity } from '../dialect.ts';
import { encodeFinish } from './finish-reason.ts';
import { encodeItem, OutputItems } from './output-items.ts';
import { ResponseObject } from './response-object.ts';

export function encodeResponse(events: readonly StreamEvent[], identity: AnswerIdentity): JsonObject {
  const items = new OutputItems(identity);
  let usage: TokenUsage | undefined;
  let finishReason: FinishReason = 'stop';
  for (const event of events) {
    if (event.type === 'usage') usage = event.usage;
    else if (event.type === 'choice-end' && event.choice === 0) finishReason = event.finishReason;
    else items.push(event);
  }
  items.end();
  const end = encodeFinish(finishReason, items.hasRefusal);
  const last = items.list.length - 1;
  const output = items.list.map((item, index) => encodeItem(item, index === last ? end.status : 'completed'));
  return new ResponseObject(identity).finished(end, output, usage);
}
