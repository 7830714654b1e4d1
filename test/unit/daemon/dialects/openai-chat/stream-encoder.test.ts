import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import type { AnswerIdentity } from '../../../../../daemon/dialects/dialect.ts';
import { createStreamEncoder } from '../../../../../daemon/dialects/openai-chat/stream-encoder.ts';
import { createSseParser } from '../../../../../daemon/dialects/sse-parser.ts';
import { requestOf } from './chat-support.ts';

const IDENTITY = { responseId: 'x_1', responseModel: 'm', createdAtS: 9, wantsUsage: false };
const HEAD = { id: 'x_1', object: 'chat.completion.chunk', created: 9, model: 'm' };
const META = { exchange_id: 'x_1' };
const END: StreamEvent = { type: 'choice-end', choice: 0, finishReason: 'stop', wireReason: 'end_turn' };
const USAGE: StreamEvent = {
  type: 'usage',
  usage: {
    inputTokens: 5,
    cacheReadInputTokens: 2,
    cacheCreationInputTokens: 0,
    outputTokens: 3,
    reasoningOutputTokens: 1,
  },
};
const text = (delta: string, choice = 0): StreamEvent => ({ type: 'text-delta', id: 't', choice, delta });

function chunksOf(written: string): readonly unknown[] {
  return createSseParser()
    .push(Buffer.from(written))
    .map(({ data }): unknown => (data === '[DONE]' ? data : JSON.parse(data)));
}

/** Chunks of a whole stream. */
function encoded(
  events: readonly StreamEvent[],
  identity: AnswerIdentity = IDENTITY,
  metadata?: typeof META,
): readonly unknown[] {
  const encoder = createStreamEncoder(identity);
  return chunksOf(events.map((event) => encoder.push(event)).join('') + encoder.end(metadata));
}

const chunk = (delta: object, finishReason: string | null = null, choice = 0, more: object = {}) => ({
  ...HEAD,
  choices: [{ index: choice, delta, logprobs: null, finish_reason: finishReason }],
  ...more,
});
const OPENING = chunk({ role: 'assistant', content: '' });

describe('openai-chat stream-encoder', () => {
  it('writes an answer as chunks of one id, model and time, and a terminator', () => {
    const start: StreamEvent = { type: 'response-start', responseId: 'other', responseModel: 'other' };
    assert.deepEqual(encoded([start, text('a'), text('b'), END, { type: 'response-end' }]), [
      OPENING,
      chunk({ content: 'a' }),
      chunk({ content: 'b' }),
      chunk({}, 'stop'),
      '[DONE]',
    ]);
  });

  it('writes each delta when it comes', () => {
    const encoder = createStreamEncoder(IDENTITY);
    assert.deepEqual(chunksOf(encoder.push(text('a'))), [OPENING, chunk({ content: 'a' })]);
    assert.deepEqual(chunksOf(encoder.push(text('b'))), [chunk({ content: 'b' })]);
  });

  it('writes reasoning as reasoning_content, and refusals', () => {
    const events: StreamEvent[] = [
      { type: 'reasoning-delta', id: 'r', choice: 0, delta: 'hm' },
      { type: 'refusal-delta', id: 'f', choice: 0, delta: 'no' },
      END,
    ];
    assert.deepEqual(encoded(events).slice(1, 3), [
      chunk({ reasoning_content: 'hm' }),
      chunk({ refusal: 'no' }),
    ]);
  });

  it('numbers tool calls by choice and writes their arguments as they were', () => {
    const start = (id: string, choice: number): StreamEvent => ({
      type: 'tool-input-start',
      id,
      choice,
      callId: `call_${id}`,
      name: 'f',
    });
    const delta = (id: string, choice: number, value: string): StreamEvent => ({
      type: 'tool-input-delta',
      id,
      choice,
      delta: value,
    });
    const events = [
      start('a', 0),
      delta('a', 0, '{"n":1e400}'),
      start('b', 0),
      delta('b', 0, 'x'),
      start('c', 1),
      delta('gone', 1, 'y'),
    ];
    const calls = encoded([...events, END]).flatMap((value) => {
      const { choices } = value as { choices?: readonly { delta: { tool_calls?: readonly unknown[] } }[] };
      return choices?.[0]?.delta.tool_calls ?? [];
    });
    const opened = (index: number, id: string) => ({
      index,
      id: `call_${id}`,
      type: 'function',
      function: { name: 'f', arguments: '' },
    });
    assert.deepEqual(calls, [
      opened(0, 'a'),
      { index: 0, function: { arguments: '{"n":1e400}' } },
      opened(1, 'b'),
      { index: 1, function: { arguments: 'x' } },
      opened(0, 'c'),
      { index: 0, function: { arguments: 'y' } },
    ]);
  });

  it('writes a call of a custom tool as such, whole at its end where the function that stands in was called', () => {
    const request = requestOf({ tools: [{ type: 'custom', custom: { name: 'c' } }] });
    const callOf = (isText: boolean, ...deltas: readonly string[]) => {
      const events: StreamEvent[] = [
        {
          type: 'tool-input-start',
          id: 't',
          choice: 0,
          callId: 'a',
          name: 'c',
          ...(isText ? { isText } : {}),
        },
        ...deltas.map((delta): StreamEvent => ({ type: 'tool-input-delta', id: 't', choice: 0, delta })),
        { type: 'tool-input-end', id: 't', choice: 0 },
      ];
      return encoded(events, { ...IDENTITY, request }).slice(1, -1);
    };
    const opened = chunk({
      tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'c', input: '' } }],
    });
    const piece = (input: string) => chunk({ tool_calls: [{ index: 0, custom: { input } }] });
    assert.deepEqual(callOf(true, 'fr', 'ee'), [opened, piece('fr'), piece('ee')]);
    assert.deepEqual(callOf(false, '{"inp', 'ut":"free"}'), [opened, piece('free')]);
  });

  it('writes several choices, each with an opening and an end', () => {
    const end: StreamEvent = { type: 'choice-end', choice: 1, finishReason: 'length', wireReason: 'length' };
    assert.deepEqual(encoded([text('a'), END, end]), [
      OPENING,
      chunk({ content: 'a' }),
      chunk({}, 'stop'),
      chunk({ role: 'assistant', content: '' }, null, 1),
      chunk({}, 'length', 1),
      '[DONE]',
    ]);
  });

  it('writes usage after the finish chunk when the client wants it, last value only', () => {
    const first: StreamEvent = { ...USAGE, usage: { ...USAGE.usage, outputTokens: 1 } };
    const chunks = encoded([first, text('a'), END, USAGE], { ...IDENTITY, wantsUsage: true });
    const usage = {
      prompt_tokens: 5,
      completion_tokens: 3,
      total_tokens: 8,
      prompt_tokens_details: { cached_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 1 },
    };
    assert.deepEqual(chunks.slice(-3), [
      chunk({}, 'stop', 0, { usage: null }),
      { ...HEAD, choices: [], usage },
      '[DONE]',
    ]);
  });

  it('writes no usage that nobody asked for or nobody reported', () => {
    assert.deepEqual(encoded([END, USAGE]).slice(-2), [chunk({}, 'stop'), '[DONE]']);
    assert.deepEqual(encoded([END], { ...IDENTITY, wantsUsage: true }).slice(-2), [
      chunk({}, 'stop', 0, { usage: null }),
      '[DONE]',
    ]);
  });

  it('puts metadata into the last data chunk', () => {
    assert.deepEqual(encoded([text('a'), END, USAGE], IDENTITY, META).slice(-2), [
      chunk({}, 'stop', 0, { _pointsman: META }),
      '[DONE]',
    ]);
    const [last] = encoded([END, USAGE], { ...IDENTITY, wantsUsage: true }, META).slice(-2);
    assert.deepEqual((last as { _pointsman?: unknown })._pointsman, META);
  });

  it('writes nothing for a part that only begins or ends', () => {
    const encoder = createStreamEncoder(IDENTITY);
    assert.equal(encoder.push({ type: 'text-start', id: 't', choice: 0 }), '');
    assert.equal(encoder.push({ type: 'other-content', choice: 0, wireType: 'audio', bytes: 5 }), '');
  });

  it('[A3] gives the same bytes for the same events', () => {
    assert.deepEqual(encoded([text('a'), END]), encoded([text('a'), END]));
  });
});
