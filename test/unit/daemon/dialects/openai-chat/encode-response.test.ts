import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import { encodeResponse } from '../../../../../daemon/dialects/openai-chat/encode-response.ts';
import { requestOf } from './chat-support.ts';

const IDENTITY = { responseId: 'x_1', responseModel: 'm', createdAtS: 9, wantsUsage: false };
const END: StreamEvent = { type: 'choice-end', choice: 0, finishReason: 'stop', wireReason: 'end_turn' };
const text = (delta: string, choice = 0): StreamEvent => ({
  type: 'text-delta',
  id: `${choice}`,
  choice,
  delta,
});

describe('openai-chat encode-response', () => {
  it('writes an answer under the identity it is given', () => {
    assert.deepEqual(
      encodeResponse(
        [{ type: 'text-start', id: '0', choice: 0 }, text('a'), text('b'), END, { type: 'response-end' }],
        IDENTITY,
      ),
      {
        id: 'x_1',
        object: 'chat.completion',
        created: 9,
        model: 'm',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: 'ab', refusal: null },
            logprobs: null,
            finish_reason: 'stop',
          },
        ],
      },
    );
  });

  it('writes reasoning, refusal, tool calls and the last usage', () => {
    const usage = {
      inputTokens: 5,
      cacheReadInputTokens: 2,
      cacheCreationInputTokens: 0,
      outputTokens: 3,
      reasoningOutputTokens: 1,
    };
    const body = encodeResponse(
      [
        { type: 'reasoning-delta', id: 'r', choice: 0, delta: 'hm' },
        { type: 'refusal-delta', id: 'f', choice: 0, delta: 'no' },
        { type: 'tool-input-start', id: 't', choice: 0, callId: 'a', name: 'f' },
        { type: 'tool-input-delta', id: 't', choice: 0, delta: '{"n":1e400}' },
        { type: 'tool-input-delta', id: 'unknown', choice: 0, delta: 'x' },
        { type: 'usage', usage: { ...usage, inputTokens: 4 } },
        { type: 'choice-end', choice: 0, finishReason: 'tool-calls', wireReason: 'tool_use' },
        { type: 'usage', usage },
      ],
      IDENTITY,
    );
    assert.deepEqual(body['choices'], [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: 'no',
          reasoning_content: 'hm',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"n":1e400}' } }],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ]);
    assert.deepEqual(body['usage'], {
      prompt_tokens: 5,
      completion_tokens: 3,
      total_tokens: 8,
      prompt_tokens_details: { cached_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 1 },
    });
  });

  it('writes choices in their order, an empty one included', () => {
    const body = encodeResponse([text('b', 1), END], IDENTITY);
    const choices = body['choices'] as readonly { index: number; message: { content: string } }[];
    assert.deepEqual(
      choices.map(({ index, message }) => [index, message.content]),
      [
        [0, ''],
        [1, 'b'],
      ],
    );
  });

  it('writes a call of a tool that takes free text as a custom call, whatever form it came in', () => {
    const request = requestOf({
      tools: [
        { type: 'custom', custom: { name: 'c' } },
        { type: 'function', function: { name: 'f' } },
      ],
    });
    const callsFor = (name: string, delta: string, isText: boolean) => {
      const events: readonly StreamEvent[] = [
        { type: 'tool-input-start', id: 't', choice: 0, callId: 'a', name, ...(isText ? { isText } : {}) },
        { type: 'tool-input-delta', id: 't', choice: 0, delta },
        END,
      ];
      const [choice] = encodeResponse(events, { ...IDENTITY, request })['choices'] as readonly {
        message: { tool_calls: readonly object[] };
      }[];
      return choice?.message.tool_calls[0];
    };
    const custom = { id: 'a', type: 'custom', custom: { name: 'c', input: 'free' } };
    assert.deepEqual(callsFor('c', '{"input":"free"}', false), custom);
    assert.deepEqual(callsFor('c', 'free', true), custom);
    assert.deepEqual(callsFor('f', '{}', false), {
      id: 'a',
      type: 'function',
      function: { name: 'f', arguments: '{}' },
    });
    assert.deepEqual(callsFor('f', 'free', true), {
      id: 'a',
      type: 'function',
      function: { name: 'f', arguments: '{"input":"free"}' },
    });
    assert.deepEqual(callsFor('x', 'free', true), {
      id: 'a',
      type: 'custom',
      custom: { name: 'x', input: 'free' },
    });
  });
});
