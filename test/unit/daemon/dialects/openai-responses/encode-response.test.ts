import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import { encodeResponse } from '../../../../../daemon/dialects/openai-responses/encode-response.ts';
import { answering, callOf, encoded, END, IDENTITY, textOf } from './answer-support.ts';

describe('openai-responses plain answers to the client', () => {
  it('are what a stream of the same events ends with', () => {
    const identity = answering({ tools: [{ type: 'custom', name: 'exec' }] });
    const events: readonly StreamEvent[] = [
      { type: 'reasoning-start', id: 'r', choice: 0 },
      { type: 'reasoning-delta', id: 'r', choice: 0, delta: 'hm' },
      { type: 'reasoning-end', id: 'r', choice: 0 },
      ...textOf('a'),
      ...callOf('exec', '{"input":"ls"}'),
      END,
      {
        type: 'usage',
        usage: {
          inputTokens: 1,
          cacheReadInputTokens: 0,
          cacheCreationInputTokens: 0,
          outputTokens: 2,
          reasoningOutputTokens: 0,
        },
      },
    ];
    for (const finishReason of ['stop', 'length', 'content-filter'] as const) {
      const ended = events.map((event) => (event.type === 'choice-end' ? { ...event, finishReason } : event));
      assert.deepEqual(encodeResponse(ended, identity), encoded(ended, identity).at(-1)?.response);
    }
  });

  it('are complete where the events do not say how they ended', () => {
    const body = encodeResponse(textOf('a'), IDENTITY);
    assert.deepEqual([body['status'], body['incomplete_details']], ['completed', null]);
  });

  it('end calls that were left open', () => {
    const [first] = callOf('f', '');
    assert.ok(first);
    const [call] = encodeResponse([first], IDENTITY)['output'] as readonly { arguments: string }[];
    assert.equal(call?.arguments, '{}');
  });
});
