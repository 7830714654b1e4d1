import assert from 'node:assert/strict';

import { lossOf } from '../../../../../daemon/dialects/openai-responses/losses.ts';
import { callOf, END, textOf } from './answer-support.ts';

describe('openai-responses losses', () => {
  it('are named by what was lost', () => {
    assert.equal(
      lossOf({ type: 'other-content', choice: 0, wireType: 'citations', bytes: 3 }),
      'citations in the answer has no counterpart in a response and was left out',
    );
  });

  it('are said of every answer but the first', () => {
    const sentence = 'a response holds one answer: the others were left out';
    assert.equal(lossOf({ type: 'text-delta', id: 't', choice: 1, delta: 'x' }), sentence);
    assert.equal(
      lossOf({ type: 'choice-end', choice: 2, finishReason: 'stop', wireReason: 'stop' }),
      sentence,
    );
  });

  it('are said of ends that a response has no word for', () => {
    const end = { type: 'choice-end', choice: 0, wireReason: 'pause_turn' } as const;
    assert.equal(
      lossOf({ ...end, finishReason: 'other' }),
      'that the answer ended by pause_turn has no word in a response, which says completed',
    );
    assert.equal(lossOf({ ...end, finishReason: 'length' }), undefined);
  });

  it('are none for what a response carries', () => {
    for (const event of [...textOf('a'), ...callOf('f', '{}'), END]) assert.equal(lossOf(event), undefined);
  });
});
