import assert from 'node:assert/strict';
import {
  limitText,
  parseLimit,
  scopeChoices,
  withBudget,
  withoutBudget,
} from '../../../../extension/commands/budget-input.ts';
import { budget } from '../live-fixtures.ts';

describe('a limit as a person types it', () => {
  const good: readonly (readonly [string, object])[] = [
    ['5', { limitUsd: 5 }],
    ['$2.50', { limitUsd: 2.5 }],
    ['$ 1,000', { limitUsd: 1000 }],
    ['.5', { limitUsd: 0.5 }],
    ['10 usd', { limitUsd: 10 }],
    ['$2k', { limitUsd: 2000 }],
    ['50000 tokens', { limitTokens: 50_000 }],
    ['50,000 tokens', { limitTokens: 50_000 }],
    ['50k tokens', { limitTokens: 50_000 }],
    ['2M tokens', { limitTokens: 2_000_000 }],
    ['0', { limitUsd: 0 }],
  ];
  for (const [text, expected] of good) {
    it(`[A52] is read from ${JSON.stringify(text)}`, () => assert.deepEqual(parseLimit(text), expected));
  }

  const bad: readonly (readonly [string, RegExp])[] = [
    ['', /^Write an amount/],
    ['five', /^Write an amount/],
    ['-5', /^Write an amount/],
    ['5 5', /^Write an amount/],
    ['50k', /USD or tokens/],
    ['$5 tokens', /not both/],
    ['$2000000', /at most 1,000,000/],
    ['0.5 tokens', /whole numbers/],
  ];
  for (const [text, expected] of bad) {
    it(`is refused in a sentence as ${JSON.stringify(text)}`, () => {
      const result = parseLimit(text);
      assert.ok(typeof result === 'string');
      assert.match(result, expected);
    });
  }

  it('is written so that it can be read again', () => {
    for (const limit of [{ limitUsd: 2.5 }, { limitTokens: 50_000 }]) {
      assert.deepEqual(parseLimit(limitText(limit)), limit);
    }
  });
});

describe('the list of budgets', () => {
  const present = [budget(), budget({ scope: 'client', period: 'month' })];
  const added = { scope: 'conversation', period: 'day', limitTokens: 5, onReach: 'block' } as const;

  it('gets one more, and says only what a budget is made of', () => {
    assert.deepEqual(withBudget(present, null, added), [
      { scope: 'all', period: 'day', limitUsd: 5, onReach: 'warn' },
      { scope: 'client', period: 'month', limitUsd: 5, onReach: 'warn' },
      added,
    ]);
  });

  it('has one replaced or removed and the others kept', () => {
    assert.deepEqual(withBudget(present, 0, added)[0], added);
    assert.equal(withBudget(present, 0, added).length, 2);
    assert.deepEqual(
      withoutBudget(present, 0).map(({ scope }) => scope),
      ['client'],
    );
  });

  it('offers the names that were seen, each once', () => {
    const scopes = scopeChoices({ clients: ['b', 'a', 'b'], workspaces: ['w'] }).map(({ scope }) => scope);
    assert.deepEqual(scopes, [
      'all',
      'workspace',
      'client',
      'conversation',
      'client:a',
      'client:b',
      'workspace:w',
    ]);
  });
});
