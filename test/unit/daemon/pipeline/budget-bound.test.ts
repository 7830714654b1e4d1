import assert from 'node:assert/strict';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import { BudgetBounds } from '../../../../daemon/pipeline/budget-bound.ts';
import { target } from '../route/route-fixtures.ts';

const SIZE = { inputTokens: 100, maxOutputTokens: 50, choiceCount: 1, atMs: 0 } as const;

describe('the bound of what a request can cost', () => {
  it('takes a model for an unknown one again when a thousand others answered since, so that nothing gets cheaper', () => {
    const bounds = new BudgetBounds();
    const named = (id: string): ModelTarget => target(id);
    const learn = (id: string): void => bounds.learn(named(id), SIZE, { usd: 0, tokens: 100 });
    const unknown = bounds.of(named('first'), SIZE).tokens;
    learn('first');
    assert.ok(bounds.of(named('first'), SIZE).tokens < unknown);
    for (let index = 0; index < 1000; index += 1) learn(`made-up-${index}`);
    assert.equal(bounds.of(named('first'), SIZE).tokens, unknown);
    assert.ok(bounds.of(named('made-up-999'), SIZE).tokens < unknown);
  });
});
