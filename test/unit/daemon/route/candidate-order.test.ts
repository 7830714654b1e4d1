import assert from 'node:assert/strict';
import { rankTargets, tierRank } from '../../../../daemon/route/candidate-order.ts';
import type { Complexity } from '../../../../daemon/protocol/vocabulary.ts';
import { FLASH, OPUS, PRO, table } from './route-fixtures.ts';

const PRICE: Readonly<Record<string, number>> = { flash: 1, mini: 2, pro: 3, sonnet: 4, opus: 5 };

/** Ids in order; `!` behind those that are not trusted with the ask. `sol` is unpriced. */
function ranked(complexity: Complexity, cell: readonly string[]): string {
  const row = { default: { [complexity]: cell } };
  const given = table({ profiles: { budget: row, balanced: row, quality: row } });
  return rankTargets(
    { profile: 'balanced', taskType: 'code', complexity },
    given,
    ({ id }) => PRICE[id] ?? null,
  )
    .map(({ target, isCapable }) => (isCapable ? target.id : `${target.id}!`))
    .join(' ');
}

describe('route/candidate-order', () => {
  it('[A20] puts the cell first, then upward by tier and cost, then downward', () => {
    assert.equal(ranked('moderate', ['sonnet']), 'sonnet pro opus sol flash! mini!');
  });
  it('[A18] orders by cost alone without a cell, unpriced models last', () => {
    assert.equal(ranked('simple', []), 'flash mini pro sonnet opus sol');
  });
  it('trusts a weaker model that the table prefers', () => {
    assert.equal(
      ranked('complex', ['flash', 'opus', 'mini', 'sol', 'pro', 'sonnet']),
      'flash opus mini! sol pro! sonnet!',
    );
  });
  it('trusts all of a cell that has no model of the grade', () => {
    assert.equal(ranked('complex', ['flash', 'pro']), 'flash pro opus sol sonnet! mini!');
  });
  it('passes over names that are no model and names given twice', () => {
    assert.equal(ranked('simple', ['gone', 'pro', 'pro', '__proto__']), 'pro flash mini sonnet opus sol');
  });
  it('lists a model once when a table holds its id twice', () => {
    const given = table({ targets: [FLASH, { ...FLASH, tier: 'complex' }, PRO, OPUS] });
    const all = rankTargets({ profile: 'balanced', taskType: 'code', complexity: 'simple' }, given, () => 1);
    assert.deepEqual(
      all.map(({ target }) => target),
      [FLASH, PRO, OPUS],
    );
  });
  it('[A13] ranks an unknown tier as moderate', () => {
    assert.deepEqual(['simple', 'moderate', 'complex', 'epic', '__proto__'].map(tierRank), [0, 1, 2, 1, 1]);
  });
});
