import assert from 'node:assert/strict';

import { askedEffort, askedReasoning, scaledBudget } from '../../../../daemon/dialects/asked-effort.ts';

const traits = { efforts: ['low', 'medium', 'high'] } as const;

describe('askedReasoning', () => {
  it('[B8] leaves the wish as it is when the router asks for nothing', () => {
    const wish = { effort: 'high', budgetTokens: 5000 } as const;
    assert.equal(askedReasoning(wish, { traits }), wish);
    assert.equal(askedReasoning(undefined, { traits }), undefined);
  });

  it('[B8] replaces the level and keeps the rest of the wish', () => {
    assert.deepEqual(askedReasoning({ effort: 'high', showsThoughts: true }, { effort: 'low' }), {
      effort: 'low',
      showsThoughts: true,
    });
  });

  it('[B8] adds a level only for a model that is known to take one', () => {
    assert.deepEqual(askedReasoning(undefined, { effort: 'low', traits }), { effort: 'low' });
    assert.equal(askedReasoning(undefined, { effort: 'low' }), undefined);
    assert.equal(askedReasoning(undefined, { effort: 'low', traits: { efforts: [] } }), undefined);
    assert.equal(
      askedEffort({ effort: 'high' }, { effort: 'low', traits: { refuses: ['reasoning'] } }),
      undefined,
    );
  });

  it('[B8] takes the wish to read thoughts for no level', () => {
    const wish = { showsThoughts: true };
    assert.equal(askedReasoning(wish, { effort: 'low' }), wish);
  });

  it('[B8] leaves out the budget of a request that shall not think', () => {
    assert.deepEqual(askedReasoning({ budgetTokens: 9000 }, { effort: 'none' }), { effort: 'none' });
  });
});

describe('scaledBudget', () => {
  it('[B8] moves a budget as far as the level was moved', () => {
    assert.equal(scaledBudget(20_000, 'low'), 4000);
    assert.equal(scaledBudget(20_000, 'high'), 20_000);
    assert.equal(scaledBudget(8000, 'high'), 16_000);
  });

  it('[B8] leaves room for a thought, and never gives more than was asked for when it lowers', () => {
    assert.equal(scaledBudget(2000, 'minimal'), 1024);
    assert.equal(scaledBudget(600, 'minimal'), 600);
  });
});
