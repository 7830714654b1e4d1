import assert from 'node:assert/strict';

import { effortOfBudget, TOKENS_OF_EFFORT } from '../../../../daemon/conversation/settings.ts';
import { scaledBudget } from '../../../../daemon/dialects/asked-effort.ts';

describe('the effort that a budget of thinking stands for', () => {
  it('[B8] is the one that the budget was made of', () => {
    for (const effort of ['none', 'low', 'medium', 'high'] as const) {
      assert.equal(effortOfBudget(TOKENS_OF_EFFORT[effort]), effort);
    }
  });

  it('is never more than a model does of its own accord', () => {
    assert.equal(effortOfBudget(TOKENS_OF_EFFORT.max), 'high');
    assert.equal(effortOfBudget(1), 'low');
  });

  it('[B8] is what a budget is scaled by, so that the same level leaves it as it was', () => {
    for (const budget of [1024, 5000, 12_000, 31_999]) {
      assert.equal(scaledBudget(budget, effortOfBudget(budget)), budget);
    }
  });

  it('leaves alone what is no budget', () => {
    assert.deepEqual([scaledBudget(0, 'low'), scaledBudget(-1, 'low')], [0, -1]);
  });
});
