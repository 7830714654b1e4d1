import assert from 'node:assert/strict';

import { decodeResponse } from '../../../../../daemon/dialects/openai-chat/decode-response.ts';
import { brief } from './chat-support.ts';

const choice = (message: object, finishReason = 'stop', index = 0) => ({
  index,
  message: { role: 'assistant', ...message },
  finish_reason: finishReason,
});
const answer = (...choices: readonly ReturnType<typeof choice>[]) => ({
  id: 'c1',
  created: 7,
  model: 'm1',
  choices,
});

describe('openai-chat decode-response', () => {
  it('reads a whole answer as a stream would have told it', () => {
    const message = {
      reasoning_content: 'think',
      content: 'say',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    };
    const usage = { prompt_tokens: 5, completion_tokens: 3 };
    assert.deepEqual(brief(decodeResponse({ ...answer(choice(message, 'tool_calls')), usage })), [
      'start c1 m1 7',
      'reasoning-start 0-reasoning-0',
      'reasoning-delta 0-reasoning-0 think',
      'reasoning-end 0-reasoning-0',
      'text-start 0-text-1',
      'text-delta 0-text-1 say',
      'text-end 0-text-1',
      'tool-input-start 0-tool-0 a f',
      'tool-input-delta 0-tool-0 {}',
      'tool-input-end 0-tool-0',
      'choice-end 0 tool-calls "tool_calls"',
      'usage 5+3 -',
      'end',
    ]);
  });

  it('reads several choices, by index or by place', () => {
    const lines = brief(
      decodeResponse({ choices: [choice({ content: 'a' }), { message: { content: 'b' } }] }),
    );
    assert.deepEqual(
      lines.filter((line) => line.startsWith('text-delta')),
      ['text-delta 0-text-0 a', 'text-delta 1-text-0 b'],
    );
    assert.equal(lines[0], 'start   -');
    assert.equal(lines.at(-2), 'choice-end 1 stop ""');
  });

  it('[A37] reports no usage where the provider sent none', () => {
    assert.ok(
      !brief(decodeResponse(answer(choice({ content: 'a' })))).some((line) => line.startsWith('usage')),
    );
  });

  it('takes an empty answer as an answer', () => {
    assert.deepEqual(brief(decodeResponse(answer(choice({ content: '' })))), [
      'start c1 m1 7',
      'choice-end 0 stop "stop"',
      'end',
    ]);
  });

  it('fails on an error in the clothes of an answer', () => {
    const azure = { error: { message: 'filtered', code: 'content_filter', status: 400 } };
    assert.deepEqual(brief(decodeResponse(azure)), ['failed refusal 400: filtered']);
    assert.deepEqual(
      brief(decodeResponse({ ...answer(choice({ content: 'a' })), error: { code: 502, message: 'gone' } })),
      ['failed server-error 502: gone'],
    );
    assert.deepEqual(brief(decodeResponse(answer(choice({ content: 'a' }, 'error')))), [
      'failed server-error -: the provider broke off with "error"',
    ]);
  });

  it('fails on a body that is no answer', () => {
    for (const body of [{}, { choices: [] }, { choices: 'x' }, { choices: [5] }]) {
      assert.deepEqual(brief(decodeResponse(body)), ['failed invalid-response -: the answer has no choices']);
    }
  });

  it('takes no two choices of one index, which nobody could tell apart', () => {
    const [event] = decodeResponse(answer(choice({ content: 'x' }), choice({ content: 'y' })));
    assert.ok(event?.type === 'response-failed');
    assert.equal(event.failure.kind, 'invalid-response');
  });
});
