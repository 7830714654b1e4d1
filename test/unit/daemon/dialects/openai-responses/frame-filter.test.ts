import assert from 'node:assert/strict';

import { createFrameFilter } from '../../../../../daemon/dialects/openai-responses/frame-filter.ts';
import { createStreamDecoder } from '../../../../../daemon/dialects/openai-responses/stream-decoder.ts';
import { completed, CREATED, framesOf } from './answer-support.ts';

const META = { exchange_id: 'x_1' };
const PING = ': ping\n\n';
const DONE = 'data: [DONE]\n\n';
const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;

function filtered(
  holdLast: boolean,
  metadata: typeof META | undefined,
  ...parts: readonly (object | string)[]
) {
  const filter = createFrameFilter({ holdLast });
  const decoder = createStreamDecoder();
  const steps = framesOf(...parts).map((frame) =>
    Buffer.concat([...filter.push(frame, decoder.push(frame))]).toString(),
  );
  return { steps, end: Buffer.concat([...filter.end(metadata)]).toString() };
}

describe('openai-responses passthrough of streams', () => {
  it('passes every frame at once, as it came', () => {
    const parts = [PING, CREATED, completed(), DONE];
    const { steps, end } = filtered(false, META, ...parts);
    assert.deepEqual(steps, [PING, data(CREATED), data(completed()), DONE]);
    assert.equal(end, '');
  });

  it('passes the announcement of an answer once', () => {
    for (const holdLast of [false, true]) {
      const { steps, end } = filtered(holdLast, undefined, CREATED, CREATED, completed());
      assert.equal(steps.join('') + end, data(CREATED) + data(completed()));
    }
  });

  it('holds the last event back and nothing before it', () => {
    const { steps, end } = filtered(true, undefined, CREATED, completed(), PING, DONE);
    assert.deepEqual(steps, [data(CREATED), '', '', '']);
    assert.equal(end, data(completed()) + PING + DONE);
  });

  it('puts metadata into the last event', () => {
    const { end } = filtered(true, META, CREATED, completed(), DONE);
    assert.equal(end, data({ ...completed(), _pointsman: META }) + DONE);
  });

  it('lets the end of an answer go when there is more data behind it', () => {
    const more = { type: 'response.created', response: { id: 'r2' } };
    const { steps, end } = filtered(true, META, completed(), PING, more);
    assert.deepEqual(steps, ['', '', data(completed()) + PING]);
    assert.equal(end, data({ ...more, _pointsman: META }));
  });

  it('ends a stream that never ended with nothing', () => {
    assert.equal(filtered(true, META, CREATED).end, '');
  });
});
