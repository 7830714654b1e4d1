import assert from 'node:assert/strict';

import {
  AnswerError,
  createAnswerDecoder,
  errorOf,
  type AnswerPart,
} from '../../../../extension/language-model/from-stream.ts';

type Wire = Readonly<Record<string, unknown>> & { readonly type: string };

const frame = (event: Wire): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const START: Wire = {
  type: 'message_start',
  message: { id: 'm', role: 'assistant', content: [], usage: { input_tokens: 10, output_tokens: 1 } },
};
const STOP: Wire = { type: 'message_stop' };
const ended = (reason: string, usage: object = {}): Wire => ({
  type: 'message_delta',
  delta: { stop_reason: reason },
  usage,
});
const opened = (index: number, block: object): Wire => ({
  type: 'content_block_start',
  index,
  content_block: block,
});
const delta = (index: number, change: object): Wire => ({
  type: 'content_block_delta',
  index,
  delta: change,
});
const closed = (index: number): Wire => ({ type: 'content_block_stop', index });

const TEXT: readonly Wire[] = [
  opened(0, { type: 'text', text: '' }),
  delta(0, { type: 'text_delta', text: 'Grüße 👋 ' }),
  delta(0, { type: 'text_delta', text: 'an alle' }),
  closed(0),
];
function calling(index: number, json: readonly string[]): readonly Wire[] {
  return [
    opened(index, { type: 'tool_use', id: `call_${index}`, name: 'read', input: {} }),
    ...json.map((piece) => delta(index, { type: 'input_json_delta', partial_json: piece })),
    closed(index),
  ];
}

function decode(events: readonly Wire[], pieces: (bytes: Buffer) => readonly Buffer[] = (all) => [all]) {
  const decoder = createAnswerDecoder();
  const parts: AnswerPart[] = [];
  for (const piece of pieces(Buffer.from(events.map(frame).join('')))) parts.push(...decoder.push(piece));
  decoder.end();
  return { parts, decoder };
}

/** Texts put together. */
function joined(parts: readonly AnswerPart[]): readonly unknown[] {
  const out: unknown[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    if (part.type !== 'text') out.push([part.callId, part.name, part.input]);
    else if (typeof last === 'string') out.splice(-1, 1, last + part.text);
    else out.push(part.text);
  }
  return out;
}

const WHOLE: readonly Wire[] = [
  START,
  { type: 'ping' },
  ...TEXT,
  ...calling(1, ['{"path":', '"ä.txt"}']),
  ended('tool_use', { output_tokens: 9 }),
  STOP,
];
const WHOLE_ANSWER = ['Grüße 👋 an alle', ['call_1', 'read', { path: 'ä.txt' }]];

describe('an answer stream in the editor', () => {
  it('gives text and calls in their order', () => {
    assert.deepEqual(joined(decode(WHOLE).parts), WHOLE_ANSWER);
  });

  it('reads the same however the bytes are torn', () => {
    const bytes = Buffer.from(WHOLE.map(frame).join(''));
    const singly = (all: Buffer) => [...all].map((byte) => Buffer.from([byte]));
    assert.deepEqual(joined(decode(WHOLE, singly).parts), WHOLE_ANSWER);
    for (let at = 1; at < bytes.length; at += 7) {
      const halves = (all: Buffer) => [all.subarray(0, at), all.subarray(at)];
      assert.deepEqual(joined(decode(WHOLE, halves).parts), WHOLE_ANSWER);
    }
  });

  it('reads lines that end in CR LF', () => {
    const decoder = createAnswerDecoder();
    const bytes = Buffer.from(WHOLE.map(frame).join('').replaceAll('\n', '\r\n'));
    assert.deepEqual(joined(decoder.push(bytes)), WHOLE_ANSWER);
  });

  it('gives each piece of text at once', () => {
    const decoder = createAnswerDecoder();
    decoder.push(Buffer.from(frame(START) + frame(opened(0, { type: 'text', text: '' }))));
    const parts = decoder.push(Buffer.from(frame(delta(0, { type: 'text_delta', text: 'he' }))));
    assert.deepEqual(parts, [{ type: 'text', text: 'he' }]);
  });

  it('gives a call only when it is whole', () => {
    const decoder = createAnswerDecoder();
    const events = calling(0, ['{"a":1}']).map((event) => Buffer.from(frame(event)));
    assert.deepEqual(
      events.map((event) => decoder.push(event).length),
      [0, 0, 1],
    );
  });

  it('gives a call without arguments the empty object', () => {
    const { parts } = decode([START, ...calling(0, []), ended('tool_use'), STOP]);
    assert.deepEqual(parts, [{ type: 'tool-call', callId: 'call_0', name: 'read', input: {} }]);
  });

  it('says in words that a call has broken arguments, and never makes others up', () => {
    for (const json of ['{"path":"a', '"a"', '[1]', 'null']) {
      assert.throws(
        () => decode([START, ...calling(0, [json]), ended('tool_use'), STOP]),
        (error) => error instanceof AnswerError && /called the tool read with arguments/.test(error.message),
      );
    }
  });

  it('leaves thoughts out', () => {
    const thinking = [
      opened(0, { type: 'thinking', thinking: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'hm' }),
      delta(0, { type: 'signature_delta', signature: 's' }),
      closed(0),
    ];
    assert.deepEqual(decode([START, ...thinking, ended('end_turn'), STOP]).parts, []);
  });

  it('keeps the last usage that was reported, and why the answer ended', () => {
    const usage = { input_tokens: 3, cache_read_input_tokens: 7, output_tokens: 42 };
    const { decoder } = decode([START, ...TEXT, ended('max_tokens', usage), STOP]);
    assert.deepEqual(decoder.usage, {
      inputTokens: 3,
      cacheReadInputTokens: 7,
      cacheCreationInputTokens: 0,
      outputTokens: 42,
    });
    assert.equal(decoder.stopReason, 'max_tokens');
  });

  it('says that an answer broke off when its end is missing', () => {
    assert.throws(() => decode([START, ...TEXT]), /^AnswerError: The answer broke off before its end/);
    assert.throws(() => decode([]), AnswerError);
  });

  it("passes a provider's words on when the stream ends in an error", () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    assert.throws(
      () => decode([START, ...TEXT, error]),
      (thrown) =>
        thrown instanceof AnswerError &&
        thrown.message === 'Overloaded' &&
        thrown.type === 'overloaded_error',
    );
  });

  it('says that a model declined when it said nothing else', () => {
    assert.throws(() => decode([START, ended('refusal'), STOP]), /declined to answer/);
    assert.equal(decode([START, ...TEXT, ended('refusal'), STOP]).parts.length, 2);
  });

  it('says that an answer is in another format', () => {
    const decoder = createAnswerDecoder();
    assert.throws(() => decoder.push(Buffer.from('data: <html>\n\n')), /cannot be read/);
  });

  it('has a sentence for an error answer without one', () => {
    for (const body of [undefined, 'Bad gateway', {}, { error: 'x' }, { error: { message: '' } }]) {
      assert.equal(errorOf(body).message, 'The model failed and gave no reason.');
    }
  });
});
