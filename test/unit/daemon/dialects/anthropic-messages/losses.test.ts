import assert from 'node:assert/strict';

import { lossOf } from '../../../../../daemon/dialects/anthropic-messages/losses.ts';
import { end, START, textPart, thought, toolStart } from './answer-support.ts';

describe('anthropic-messages losses', () => {
  it('names what an Anthropic message has no place for', () => {
    const loss = lossOf({ type: 'other-content', choice: 0, wireType: 'logprobs', bytes: 9 });
    assert.equal(loss, 'logprobs has no place in an Anthropic message and was left out of the answer');
  });

  it('says once per answer that only the first one is carried', () => {
    assert.match(lossOf(end('stop', 'stop', 1)) ?? '', /holds one answer/);
    assert.equal(lossOf(end('stop')), undefined);
    assert.deepEqual(textPart('t', 'x', 1).map(lossOf), [undefined, undefined, undefined]);
  });

  it('names an end that only another vendor has a word for', () => {
    assert.equal(
      lossOf(end('other', 'OTHER')),
      'that the answer ended by OTHER has no word in an Anthropic message, which says end_turn',
    );
    assert.equal(lossOf(end('other', 'pause_turn')), undefined);
  });

  it('says nothing of what is carried', () => {
    for (const event of [START, ...textPart('t', 'x'), ...thought('r', 'x'), toolStart('c', 'c', 'f')]) {
      assert.equal(lossOf(event), undefined);
    }
  });
});
