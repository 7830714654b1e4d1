import assert from 'node:assert/strict';
import { rankTargets, tierRank, type RankedTarget } from '../../../../daemon/route/candidate-order.ts';
import { reckon } from '../../../../daemon/route/figures.ts';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import type { Complexity } from '../../../../daemon/protocol/vocabulary.ts';
import type { RoutingTable } from '../../../../daemon/route/policy.ts';
import {
  classification,
  FLASH,
  input,
  lists,
  NOTHING_SEEN,
  OPUS,
  PRO,
  SIX_MODELS,
  SONNET,
  table,
  target,
} from './route-fixtures.ts';

interface Given {
  readonly request?: Partial<DecisionInput>;
  readonly targets?: readonly ModelTarget[];
  readonly table?: Partial<RoutingTable>;
  readonly threshold?: number;
}

function rank(complexity: Complexity, given: Given = {}): readonly RankedTarget[] {
  const request = input({ classification: classification(complexity), ...given.request });
  const world = table({ targets: given.targets ?? SIX_MODELS, ...given.table });
  const reckoning = reckon(expectedCostUsd, request, world);
  const ask = {
    ...({ profile: 'balanced', taskType: 'general', complexity, ceilingCostUsd: null } as const),
    threshold: given.threshold ?? 0.75,
  };
  return rankTargets(reckoning.figures, reckoning, ask, world);
}

/** Ids in order; `!` behind those that are not trusted with the ask. */
function order(complexity: Complexity, given: Given = {}): string {
  return rank(complexity, given)
    .map(({ target, isCapable }) => (isCapable ? target.id : `${target.id}!`))
    .join(' ');
}

describe('route/candidate-order', () => {
  it('[A18] puts the cheapest of those that are likely enough first, then the others by likelihood', () => {
    assert.equal(order('simple'), 'flash mini pro sonnet opus sol');
    assert.equal(order('moderate'), 'pro sonnet opus sol flash! mini!');
    assert.equal(order('complex'), 'opus sol pro! sonnet! flash! mini!');
  });
  it('[A24] puts the user’s list first, in the user’s order, and trusts it', () => {
    const profiles = lists({ complex: ['flash', 'sonnet'] });
    assert.equal(order('complex', { table: { profiles } }), 'flash sonnet opus sol pro! mini!');
  });
  it('passes over names that are no model and names given twice', () => {
    const profiles = lists({ simple: ['gone', 'pro', 'flash', 'pro', '__proto__'] });
    assert.equal(order('simple', { table: { profiles } }), 'pro flash mini sonnet opus sol');
  });
  it('takes an empty list of a task as no list, whatever `default` says', () => {
    const row = { general: { simple: [] }, default: { simple: ['sol'] } };
    const profiles = { budget: row, balanced: row, quality: row };
    assert.equal(order('simple', { table: { profiles } }).split(' ')[0], 'flash');
  });
  it('takes the likeliest when nobody is likely enough, and trusts those that are about as likely', () => {
    assert.equal(order('complex', { threshold: 0.9 }), 'opus sol pro! sonnet! flash! mini!');
    const models = { sol: { successes: 2, failures: 0 }, opus: { successes: 0, failures: 9 } };
    const request = { evidence: { ...NOTHING_SEEN, models } };
    assert.equal(order('complex', { threshold: 0.9, request }), 'sol opus! pro! sonnet! flash! mini!');
  });
  it('breaks a tie of likelihood by the price', () => {
    const targets = [{ ...OPUS, id: 'dear', price: SIX_MODELS[5]?.price ?? null }, OPUS];
    assert.equal(order('complex', { threshold: 0.99, targets }), 'opus dear');
  });
  it('puts an unpriced model behind the priced ones of its tier and before dearer ones', () => {
    const targets = [target('mystery', { tier: 'simple', price: null }), ...SIX_MODELS];
    assert.equal(order('simple', { targets }), 'flash mini mystery pro sonnet opus sol');
    assert.equal(
      order('simple', { targets: [target('mystery', { tier: 'simple', price: null }), PRO] }),
      'mystery pro',
    );
  });
  it('puts a model that nobody vouched for last of its tier, although it is free', () => {
    const found = target('found', { tier: 'simple', price: null, billing: 'free' });
    const mystery = target('mystery', { tier: 'simple', price: null });
    const targets = [found, mystery, FLASH, PRO];
    assert.equal(order('simple', { targets, table: { unvetted: ['found'] } }), 'flash mystery found pro');
    assert.equal(order('simple', { targets }), 'found flash mystery pro');
  });
  it('counts models that are not billed by the token as free, the lower tier first', () => {
    const flat = (one: ModelTarget): ModelTarget => ({ ...one, billing: 'flat-rate' });
    assert.equal(order('simple', { targets: [OPUS, SONNET, FLASH].map(flat) }), 'flash sonnet opus');
  });
  it('lists a model once when a table holds its id twice', () => {
    const targets = [FLASH, { ...FLASH, tier: 'complex' as const }, PRO, OPUS];
    assert.deepEqual(
      rank('simple', { targets }).map((candidate) => candidate.target),
      [FLASH, PRO, OPUS],
    );
  });
  it('takes a probability that is the threshold as enough', () => {
    const request = { classification: { ...classification('simple'), needsStronger: 0.25 } };
    assert.equal(order('simple', { request }).split(' ')[0], 'flash');
    const above = { classification: { ...classification('simple'), needsStronger: 0.2501 } };
    assert.equal(order('simple', { request: above }).split(' ')[0], 'pro');
  });
  it('[A13] ranks an unknown tier as moderate', () => {
    assert.deepEqual(['simple', 'moderate', 'complex', 'epic', '__proto__'].map(tierRank), [0, 1, 2, 1, 1]);
  });
});
