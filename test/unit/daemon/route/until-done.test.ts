import assert from 'node:assert/strict';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import { orderUntilDone } from '../../../../daemon/route/until-done.ts';
import { economics, priced, ranked } from './economics-fixtures.ts';
import { input } from './route-fixtures.ts';

const STRONG = priced('strong', [10, 1, 50], { tier: 'complex' });
/** A little cheaper than the strong one. */
const WEAK = priced('weak', [9.5, 0.95, 47], { tier: 'moderate' });

const LONG = input({
  inputTokens: 20_000,
  economics: economics({ expectedSteps: 12, stepInputTokens: 1000, stepOutputTokens: 300 }),
});

describe('the order of models in a long task', () => {
  const order = (request = LONG, weak = {}, unvetted: readonly string[] = []): readonly string[] => {
    const models = [
      ranked(WEAK, request, { reachesThreshold: true, successProbability: 0.8, ...weak }),
      ranked(STRONG, request, { reachesThreshold: true, successProbability: 0.95 }),
    ];
    return orderUntilDone(expectedCostUsd, request, models, unvetted).map(({ target }) => target.id);
  };

  it('[C2] counts the stronger model that takes over after a failure', () => {
    assert.deepEqual(order(), ['strong', 'weak']);
    assert.deepEqual(order(LONG, { successProbability: 1 }), ['weak', 'strong']);
  });

  it('leaves a single request, lists and models that nobody vouched for as they are', () => {
    assert.deepEqual(order(input({ inputTokens: 20_000 })), ['weak', 'strong']);
    assert.deepEqual(order(LONG, { isListed: true }), ['weak', 'strong']);
    assert.deepEqual(order(LONG, {}, ['weak']), ['weak', 'strong']);
  });
});
