import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import { encodeResponse } from '../../../../../daemon/dialects/anthropic-messages/encode-response.ts';
import { openEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import {
  end,
  IDENTITY,
  refusal,
  RESPONSE_END,
  START,
  textPart,
  thought,
  toolDelta,
  toolEnd,
  toolStart,
} from './answer-support.ts';

const contentOf = (events: readonly StreamEvent[], maker?: string): unknown =>
  encodeResponse(events, maker === undefined ? IDENTITY : { ...IDENTITY, maker })['content'];

const callOf = (input: string, isText?: boolean): readonly StreamEvent[] => [
  toolStart('c', 'call_1', 'f', isText),
  toolDelta('c', input),
  toolEnd('c'),
];
const inputOf = (input: string, isText?: boolean): string =>
  JSON.stringify(contentOf(callOf(input, isText))).slice(
    '[{"type":"tool_use","id":"call_1","name":"f","input":'.length,
    -2,
  );

describe('anthropic-messages encode-response', () => {
  it('writes a message with its blocks in the order they began', () => {
    const usage: StreamEvent = {
      type: 'usage',
      usage: {
        inputTokens: 9,
        cacheReadInputTokens: 4,
        cacheCreationInputTokens: 2,
        outputTokens: 5,
        reasoningOutputTokens: 0,
      },
    };
    const events = [START, ...thought('r', 'hm'), ...textPart('t', 'hi'), ...callOf('{"a":1}'), usage];
    assert.deepEqual(encodeResponse([...events, end('tool-calls'), RESPONSE_END], IDENTITY), {
      id: 'msg_x_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [
        { type: 'thinking', thinking: 'hm', signature: '' },
        { type: 'text', text: 'hi' },
        { type: 'tool_use', id: 'call_1', name: 'f', input: { a: 1 } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: 3,
        cache_creation_input_tokens: 2,
        cache_read_input_tokens: 4,
        output_tokens: 5,
      },
    });
  });

  it('[B5] puts a foreign seal into an envelope with the name of its maker', () => {
    const seal = { kind: 'encrypted-reasoning', value: 'abc', itemId: 'rs_1' } as const;
    const content = contentOf(thought('r', '', seal), 'openai/m') as { signature: string }[];
    assert.deepEqual(openEnvelope(content[0]?.signature ?? ''), { ...seal, maker: 'openai/m' });
    const unsealed = contentOf(thought('r', 'hm'), 'openai/m') as { signature: string }[];
    assert.equal(openEnvelope(unsealed[0]?.signature ?? '')?.kind, 'unsealed');
  });

  it('[B5] gives stored thoughts of Anthropic back as they were, and no seal of others', () => {
    assert.deepEqual(contentOf(thought('r', 'hm', { kind: 'thinking-signature', value: 'abc' })), [
      { type: 'thinking', thinking: 'hm', signature: 'abc' },
    ]);
    assert.deepEqual(contentOf(thought('r', '', { kind: 'redacted-thinking', value: 'xyz' })), [
      { type: 'redacted_thinking', data: 'xyz' },
    ]);
    assert.deepEqual(contentOf(thought('r', '', { kind: 'encrypted-reasoning', value: 'abc' })), []);
  });

  it('writes a refusal as text, as the reason, and as the explanation of it', () => {
    const message = encodeResponse([refusal('not '), refusal('that'), end('stop', 'stop')], IDENTITY);
    assert.deepEqual(message['content'], [{ type: 'text', text: 'not that' }]);
    assert.equal(message['stop_reason'], 'refusal');
    assert.deepEqual(message['stop_details'], { type: 'refusal', category: null, explanation: 'not that' });
  });

  it('makes an object of every input, without changing its numbers', () => {
    assert.equal(inputOf('{"n": 9007199254740993, "m": 1e400}'), '{"n":9007199254740993,"m":1e400}');
    assert.equal(inputOf(''), '{}');
    assert.equal(inputOf('free "text"', true), '{"input":"free \\"text\\""}');
  });

  it('hands on input that is no JSON object under a name that says so', () => {
    assert.equal(inputOf('{"a": "to'), '{"INVALID_JSON":"{\\"a\\": \\"to"}');
    assert.equal(inputOf('[1]'), '{"INVALID_JSON":"[1]"}');
  });

  it('writes ids of calls that Anthropic would refuse in its own alphabet', () => {
    const [block] = contentOf([toolStart('c', 'functions.bash:0', 'bash'), toolEnd('c')]) as { id: string }[];
    assert.match(block?.id ?? '', /^[a-zA-Z0-9_-]+$/);
  });

  it('leaves out empty text, what has no place, and answers beyond the first', () => {
    const other: StreamEvent = { type: 'other-content', choice: 0, wireType: 'logprobs', bytes: 3 };
    assert.deepEqual(contentOf([START, ...textPart('t', ''), ...textPart('u', 'second', 1), other]), []);
  });

  it('says zero where no usage is known', () => {
    assert.deepEqual(encodeResponse([START, end('stop')], IDENTITY)['usage'], {
      input_tokens: 0,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 0,
    });
  });
});
