// encode-response.ts, stream-encoder.ts, errors.ts and dialect.ts.

import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import { ollamaChat } from '../../../../../daemon/dialects/ollama-chat/dialect.ts';
import { RouterError } from '../../../../../daemon/errors.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';

const IDENTITY = { responseId: 'r', responseModel: 'm1', createdAtS: 1_700_000_000, wantsUsage: true };
const HEAD = { model: 'm1', created_at: '2023-11-14T22:13:20.000Z' };
const at = { choice: 0 } as const;

const EVENTS: readonly StreamEvent[] = [
  { type: 'response-start', responseId: 'x', responseModel: 'y' },
  { type: 'reasoning-start', id: 'r', ...at },
  { type: 'reasoning-delta', id: 'r', ...at, delta: 'hm' },
  { type: 'reasoning-end', id: 'r', ...at },
  { type: 'text-delta', id: 't', ...at, delta: 'Hel' },
  { type: 'text-delta', id: 't', ...at, delta: 'lo' },
  { type: 'text-delta', id: 'u', choice: 1, delta: 'other' },
  { type: 'tool-input-start', id: 'a', ...at, callId: 'c1', name: 'f' },
  { type: 'tool-input-start', id: 'b', ...at, callId: 'c2', name: 'g' },
  { type: 'tool-input-delta', id: 'a', ...at, delta: '{"x":' },
  { type: 'tool-input-delta', id: 'a', ...at, delta: '1}' },
  { type: 'tool-input-end', id: 'a', ...at },
  { type: 'choice-end', ...at, finishReason: 'tool-calls', wireReason: 'x' },
  {
    type: 'usage',
    usage: {
      inputTokens: 7,
      cacheReadInputTokens: 1,
      cacheCreationInputTokens: 0,
      outputTokens: 5,
      reasoningOutputTokens: 2,
    },
  },
  { type: 'response-end' },
];
const CALLS = [
  { id: 'c1', function: { index: 0, name: 'f', arguments: { x: 1 } } },
  { id: 'c2', function: { index: 1, name: 'g', arguments: {} } },
];
const DONE = {
  done: true,
  done_reason: 'stop',
  total_duration: 0,
  load_duration: 0,
  prompt_eval_count: 7,
  prompt_eval_duration: 0,
  eval_count: 5,
  eval_duration: 0,
};

function linesOf(events: readonly StreamEvent[], metadata?: JsonObject): readonly unknown[] {
  const encoder = ollamaChat.createStreamEncoder(IDENTITY);
  const text = events.map((event) => encoder.push(event)).join('') + encoder.end(metadata);
  assert.ok(text.endsWith('\n'));
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('ollama-chat answers', () => {
  it('hold everything in one object when they are not streamed', () => {
    assert.deepEqual(ollamaChat.encodeResponse(EVENTS, IDENTITY), {
      ...HEAD,
      message: { role: 'assistant', content: 'Hello', thinking: 'hm', tool_calls: CALLS },
      ...DONE,
    });
  });

  it('[A3] are streamed as one JSON object a line, calls whole, usage in the last', () => {
    const line = (message: object) => ({ ...HEAD, message: { role: 'assistant', ...message }, done: false });
    assert.equal(ollamaChat.streamContentType, 'application/x-ndjson');
    assert.deepEqual(linesOf(EVENTS), [
      line({ content: '', thinking: 'hm' }),
      line({ content: 'Hel' }),
      line({ content: 'lo' }),
      line({ content: '', tool_calls: [CALLS[0]] }),
      line({ content: '', tool_calls: [CALLS[1]] }),
      { ...HEAD, message: { role: 'assistant', content: '' }, ...DONE },
    ]);
  });

  it('say that the limit was reached, and carry metadata in the last line', () => {
    const end: StreamEvent = { type: 'choice-end', ...at, finishReason: 'length', wireReason: 'x' };
    const [last] = linesOf([end], { a: 1 }) as [{ done_reason: string; _pointsman: unknown }];
    assert.deepEqual([last.done_reason, last._pointsman], ['length', { a: 1 }]);
  });

  it('hold arguments that are no object under one name', () => {
    const events = EVENTS.map((event) =>
      event.type === 'tool-input-delta' ? { ...event, delta: '[' } : event,
    );
    const answer = JSON.stringify(ollamaChat.encodeResponse(events, IDENTITY));
    assert.ok(answer.includes('"arguments":{"input":"[["}'), answer);
  });

  it('name what they cannot carry', () => {
    const lossOf = (event: StreamEvent) => ollamaChat.lossOf(event) ?? '';
    assert.match(
      lossOf({ type: 'other-content', choice: 0, wireType: 'logprobs', bytes: 1 }),
      /logprobs has no place/,
    );
    assert.match(lossOf({ type: 'text-start', id: 'a', choice: 1 }), /holds one choice/);
    assert.match(
      lossOf({ type: 'choice-end', ...at, finishReason: 'content-filter', wireReason: 'x' }),
      /ended by content-filter/,
    );
    assert.equal(lossOf({ type: 'choice-end', ...at, finishReason: 'stop', wireReason: 'x' }), '');
    assert.match(lossOf({ type: 'refusal-delta', id: 'r', ...at, delta: 'no' }), /stands there as text/);
    const totals = { inputTokens: 9, cacheCreationInputTokens: 0, outputTokens: 2, reasoningOutputTokens: 0 };
    assert.equal(lossOf({ type: 'usage', usage: { ...totals, cacheReadInputTokens: 0 } }), '');
    assert.match(
      lossOf({ type: 'usage', usage: { ...totals, cacheReadInputTokens: 3 } }),
      /no counts of cached and reasoning tokens/,
    );
  });

  it('are errors of one sentence when they fail', () => {
    assert.deepEqual(ollamaChat.encodeError(new RouterError('model.unknown', 'there is no model x')), {
      statusCode: 404,
      body: { error: 'there is no model x', code: 'model.unknown' },
    });
  });

  it('are never passed on, since no provider speaks this dialect', () => {
    assert.throws(
      () => ollamaChat.createFrameFilter({ stripUsage: false, holdLast: false }),
      /no provider speaks ollama-chat/,
    );
  });
});
