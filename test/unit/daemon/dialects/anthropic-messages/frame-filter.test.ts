import assert from 'node:assert/strict';

import { createFrameFilter } from '../../../../../daemon/dialects/anthropic-messages/frame-filter.ts';
import { createStreamDecoder } from '../../../../../daemon/dialects/anthropic-messages/stream-decoder.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';
import {
  framesOf,
  MESSAGE_STOP,
  messageDelta,
  messageStart,
  textBlock,
  type Wire,
} from './answer-support.ts';

const STREAM: readonly Wire[] = [
  messageStart(),
  ...textBlock(0, 'hi'),
  messageDelta('end_turn'),
  MESSAGE_STOP,
];
const META = { exchange_id: 'x_1' };
const REMARK = ',"_pointsman":{"exchange_id":"x_1"}';

function passed(parts: readonly Wire[], holdLast: boolean, metadata?: JsonObject): string {
  const decoder = createStreamDecoder();
  const filter = createFrameFilter({ stripUsage: true, holdLast });
  const out = framesOf(...parts).flatMap((frame) => filter.push(frame, decoder.push(frame)));
  return Buffer.concat([...out, ...filter.end(metadata)]).toString();
}

const bytesOf = (parts: readonly Wire[]): string =>
  framesOf(...parts)
    .map((frame) => frame.raw.toString())
    .join('');

describe('anthropic-messages frame-filter', () => {
  it('passes every frame as it came', () => {
    for (const holdLast of [false, true]) assert.equal(passed(STREAM, holdLast), bytesOf(STREAM));
  });

  it('passes the announcement of a message once, and one behind the answer', () => {
    const late = messageStart({ id: 'msg_2' });
    for (const holdLast of [false, true]) {
      const twice = [messageStart(), ...STREAM, late];
      assert.equal(passed(twice, holdLast), bytesOf([...STREAM, late]));
    }
  });

  it('passes frames at once until the answer is complete', () => {
    const decoder = createStreamDecoder();
    const filter = createFrameFilter({ stripUsage: false, holdLast: true });
    const counts = framesOf(...STREAM).map((frame) => filter.push(frame, decoder.push(frame)).length);
    assert.deepEqual(counts, [1, 1, 1, 1, 1, 0]);
  });

  it('puts metadata into message_stop', () => {
    const out = passed(STREAM, true, META);
    assert.equal(out.replace(REMARK, ''), bytesOf(STREAM));
    assert.match(out, /data: \{"type":"message_stop","_pointsman":\{"exchange_id":"x_1"\}\}\n\n$/);
  });

  it('puts metadata into the last data frame where more follows message_stop', () => {
    const parts = [...STREAM, ': bye\n\n', 'data: {"more":1}\n\n', 'data: [DONE]\n\n'];
    const out = passed(parts, true, META);
    assert.equal(out.replace(REMARK, ''), bytesOf(parts));
    assert.ok(out.endsWith('data: {"more":1,"_pointsman":{"exchange_id":"x_1"}}\n\ndata: [DONE]\n\n'));
  });

  it('leaves a stream alone that never came to its end', () => {
    const torn = STREAM.slice(0, -1);
    assert.equal(passed(torn, true, META), bytesOf(torn));
  });
});
