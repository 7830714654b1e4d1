// A complete Anthropic message -> events (https://platform.claude.com/docs/en/api/messages, checked 2026-11-21).
// Its blocks are read by the same reader as a stream's.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { type JsonObject, objectOf, stringOf } from '../../util/json.ts';
import { BlockReader } from './block-reader.ts';
import { failureOf } from './errors.ts';
import { UsageTally } from './usage.ts';

export function decodeResponse(body: JsonObject): readonly StreamEvent[] {
  if (body['type'] === 'error' || objectOf(body['error']) !== undefined) {
    return [{ type: 'response-failed', failure: failureOf(body) }];
  }
  const content = body['content'];
  if (!Array.isArray(content)) {
    const message = 'the answer has no content';
    return [{ type: 'response-failed', failure: { kind: 'invalid-response', message } }];
  }
  const blocks = new BlockReader();
  const usage = new UsageTally().merge(body['usage']);
  return [
    {
      type: 'response-start',
      responseId: stringOf(body['id']) ?? '',
      responseModel: stringOf(body['model']) ?? '',
    },
    ...blocks.readWhole(content),
    ...blocks.extra('container', body['container']),
    ...blocks.extra('context_management', body['context_management']),
    ...blocks.extra('stop_sequence', body['stop_sequence']),
    ...(usage === undefined ? [] : [usage]),
    ...blocks.finish(stringOf(body['stop_reason']) ?? '', objectOf(body['stop_details'])),
    { type: 'response-end' },
  ];
}
