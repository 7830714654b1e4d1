import assert from 'node:assert/strict';
import { tokenCountOf } from '../../../../daemon/conversation/usage.ts';

describe('conversation/usage', () => {
  it('reads a count of tokens as a whole number', () => {
    assert.equal(tokenCountOf(12), 12);
    assert.equal(tokenCountOf(12.9), 12);
    assert.equal(tokenCountOf(0), 0);
  });

  it('takes what cannot be a count, or could not be added up, for none', () => {
    for (const value of [-1, 1e13, 1e300, '12', null, undefined, {}]) {
      assert.equal(tokenCountOf(value), undefined);
    }
  });
});
