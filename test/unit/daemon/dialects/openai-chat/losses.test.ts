import assert from 'node:assert/strict';

import { lossOf } from '../../../../../daemon/dialects/openai-chat/losses.ts';

describe('openai-chat losses', () => {
  it('names content that has no place in a chat completion', () => {
    assert.equal(
      lossOf({ type: 'other-content', choice: 0, wireType: 'web_search_call', bytes: 5 }),
      'web_search_call has no place in a chat completion and was left out of the answer',
    );
  });

  it('names an end that chat completions have no word for', () => {
    const end = { type: 'choice-end', choice: 0, wireReason: 'pause_turn' } as const;
    assert.equal(
      lossOf({ ...end, finishReason: 'other' }),
      'that the answer ended by pause_turn has no word in a chat completion, which says stop',
    );
    assert.equal(lossOf({ ...end, finishReason: 'content-filter' }), undefined);
  });

  it('carries several answers, and says nothing of seals, which are remembered', () => {
    assert.equal(
      lossOf({ type: 'choice-end', choice: 1, finishReason: 'stop', wireReason: 'stop' }),
      undefined,
    );
    const seal = { kind: 'thinking-signature', value: 'sig' } as const;
    assert.equal(lossOf({ type: 'reasoning-end', id: 'r', choice: 0, seal }), undefined);
  });
});
