import assert from 'node:assert/strict';

import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { createFrameFilter, passRequest } from '../../../../../daemon/dialects/openai-chat/passthrough.ts';
import { createStreamDecoder } from '../../../../../daemon/dialects/openai-chat/stream-decoder.ts';
import { chunk, DONE, framesOf, requestOfText } from './chat-support.ts';

const TARGET: EncodeTarget = { dialect: 'openai-chat', upstreamModel: 'up', maxOutputTokens: 100 };
const MESSAGES = '"messages" : [ {"role":"user","content":"\\u00e9"} ]';

const passed = (text: string, target = TARGET) => passRequest(requestOfText(text), target).toString();

describe('openai-chat passthrough of requests', () => {
  it('changes the model and not one other byte', () => {
    assert.equal(
      passed(`{ "x":1e400,"model" : "a", ${MESSAGES} , "x": 2}`),
      `{ "x":1e400,"model" : "up", ${MESSAGES} , "x": 2}`,
    );
  });

  it('names the model where the client did not', () => {
    assert.equal(passed(`{${MESSAGES}}`), `{${MESSAGES},"model":"up"}`);
    assert.equal(passed(`{${MESSAGES},"model":null}`), `{${MESSAGES},"model":"up"}`);
  });

  it('changes every occurrence of a model that is named twice', () => {
    assert.equal(
      passed(`{"model":"a","\\u006dodel":"up",${MESSAGES}}`),
      `{"model":"up","\\u006dodel":"up",${MESSAGES}}`,
    );
  });

  it('gives back the very bytes when nothing has to change', () => {
    const request = requestOfText(`{"model":"up","max_tokens":100,${MESSAGES}}`);
    assert.equal(passRequest(request, TARGET), request.body.bytes);
  });

  it('lowers both names of the output limit, and only when they are above it', () => {
    assert.equal(
      passed(`{"model":"up","max_tokens":101,"max_completion_tokens":1e3,${MESSAGES}}`),
      `{"model":"up","max_tokens":100,"max_completion_tokens":100,${MESSAGES}}`,
    );
    assert.equal(
      passed(`{"model":"up","max_tokens":1e2,"max_completion_tokens":null,${MESSAGES}}`),
      `{"model":"up","max_tokens":1e2,"max_completion_tokens":null,${MESSAGES}}`,
    );
  });

  it('asks for usage in a stream and keeps the other stream options', () => {
    const stream = (options: string) => `{"model":"up","stream":true${options},${MESSAGES}}`;
    assert.equal(passed(stream('')), stream('').replace(/}$/, ',"stream_options":{"include_usage":true}}'));
    assert.equal(
      passed(stream(',"stream_options":null')),
      stream(',"stream_options":{"include_usage":true}'),
    );
    assert.equal(
      passed(stream(',"stream_options": { "a" : 1.0 }')),
      stream(',"stream_options": { "a" : 1.0,"include_usage":true }'),
    );
    assert.equal(
      passed(stream(',"stream_options":{"include_usage":false,"a":1}')),
      stream(',"stream_options":{"include_usage":true,"a":1}'),
    );
    assert.equal(
      passed(stream(',"stream_options":{},"stream_options":{"include_usage":true}')),
      stream(',"stream_options":{"include_usage":true},"stream_options":{"include_usage":true}'),
    );
  });

  it('leaves stream options alone when they ask already, and in plain requests', () => {
    for (const text of [
      `{"model":"up","stream":true,"stream_options":{ "include_usage" : true },${MESSAGES}}`,
      `{"model":"up","stream_options":{"a":1},${MESSAGES}}`,
    ]) {
      assert.equal(passed(text), text);
    }
  });

  it('takes the wish for usage out where the provider refuses to be asked', () => {
    const always: EncodeTarget = { ...TARGET, usageInStream: 'always' };
    const stream = (options: string) => `{"model":"up","stream":true${options},${MESSAGES}}`;
    assert.equal(passed(stream(''), always), stream(''));
    assert.equal(passed(stream(',"stream_options":{"include_usage":true}'), always), stream(''));
    assert.equal(
      passed(stream(',"stream_options":{"include_usage":true,"a":1}'), always),
      stream(',"stream_options":{"a":1}'),
    );
  });
});

const META = { exchange_id: 'x_1' };
const USAGE = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const USAGE_CHUNK = { id: 'c1', choices: [], usage: USAGE };
const FINISH = chunk({}, 'stop');

interface Filtered {
  /** What each frame let through, at once. */
  readonly steps: readonly string[];
  readonly end: string;
}

function filtered(
  options: { readonly stripUsage?: boolean; readonly holdLast?: boolean },
  metadata: typeof META | undefined,
  ...parts: readonly (object | string)[]
): Filtered {
  const filter = createFrameFilter({
    stripUsage: options.stripUsage ?? false,
    holdLast: options.holdLast ?? false,
  });
  const decoder = createStreamDecoder();
  const steps = framesOf(...parts).map((frame) =>
    Buffer.concat([...filter.push(frame, decoder.push(frame))]).toString(),
  );
  return { steps, end: Buffer.concat([...filter.end(metadata)]).toString() };
}

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;

describe('openai-chat passthrough of streams', () => {
  it('passes every frame at once, as it came', () => {
    const parts = [': ping\n\n', chunk({ content: 'a' }), FINISH, USAGE_CHUNK, DONE];
    const { steps, end } = filtered({}, undefined, ...parts);
    assert.deepEqual(steps, [
      ': ping\n\n',
      data(chunk({ content: 'a' })),
      data(FINISH),
      data(USAGE_CHUNK),
      DONE,
    ]);
    assert.equal(end, '');
  });

  it('takes out the usage chunk that only we asked for', () => {
    const { steps } = filtered(
      { stripUsage: true },
      undefined,
      chunk({ content: 'a' }),
      FINISH,
      USAGE_CHUNK,
      DONE,
    );
    assert.deepEqual(steps, [data(chunk({ content: 'a' })), data(FINISH), '', DONE]);
  });

  it('leaves usage on a chunk with choices, and chunks that hold anything but usage', () => {
    const withChoice = chunk({}, 'stop', { usage: USAGE });
    const azure = { id: '', choices: [], prompt_filter_results: [] };
    const first = { id: 'c1', choices: [], usage: USAGE, error: { message: 'x' } };
    const { steps } = filtered({ stripUsage: true }, undefined, azure, withChoice, first);
    assert.deepEqual(steps, [data(azure), data(withChoice), data(first)]);
    const running = chunk({}, null, { usage: USAGE });
    assert.equal(filtered({ stripUsage: true }, undefined, FINISH, running).steps[1], data(running));
    const odd = { id: 'c1', usage: USAGE };
    assert.deepEqual(
      filtered({ stripUsage: true }, undefined, chunk({ content: 'a' }), odd).steps[1],
      data(odd),
    );
  });

  it('holds frames back from the finish chunk on, and nothing before it', () => {
    const { steps, end } = filtered(
      { holdLast: true },
      undefined,
      chunk({ content: 'a' }),
      FINISH,
      USAGE_CHUNK,
      DONE,
    );
    assert.deepEqual(steps, [data(chunk({ content: 'a' })), '', '', '']);
    assert.equal(end, data(FINISH) + data(USAGE_CHUNK) + DONE);
  });

  it('puts metadata into the last data chunk', () => {
    const all = filtered({ holdLast: true }, META, FINISH, USAGE_CHUNK, ': bye\n\n', DONE);
    assert.equal(all.end, `${data(FINISH)}${data({ ...USAGE_CHUNK, _pointsman: META })}: bye\n\n${DONE}`);
    const stripped = filtered({ holdLast: true, stripUsage: true }, META, FINISH, USAGE_CHUNK, DONE);
    assert.equal(stripped.end, data({ ...FINISH, _pointsman: META }) + DONE);
  });

  it('lets held frames go when another choice goes on', () => {
    const other = { id: 'c1', choices: [{ index: 1, delta: { content: 'b' }, finish_reason: null }] };
    const otherFinish = { id: 'c1', choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] };
    const { steps, end } = filtered({ holdLast: true }, META, FINISH, other, otherFinish, DONE);
    assert.deepEqual(steps, ['', data(FINISH) + data(other), '', '']);
    assert.equal(end, data({ ...otherFinish, _pointsman: META }) + DONE);
  });

  it('lets a finish chunk go when the next choice finishes', () => {
    const otherFinish = { id: 'c1', choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] };
    const { steps } = filtered({ holdLast: true }, META, FINISH, otherFinish);
    assert.deepEqual(steps, ['', data(FINISH)]);
  });

  it('ends a stream without a finish chunk unchanged, since its last data chunk is gone', () => {
    const { steps, end } = filtered({ holdLast: true }, META, chunk({ content: 'a' }), DONE);
    assert.equal(steps.join('') + end, data(chunk({ content: 'a' })) + DONE);
  });
});
