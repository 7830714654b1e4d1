import assert from 'node:assert/strict';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import { cheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import type { RoutePlan, RoutingTable } from '../../../../daemon/route/policy.ts';
import {
  classified,
  controls,
  FLASH,
  input,
  lists,
  MINI,
  NOTHING_SEEN,
  OPUS,
  pricing,
  PRO,
  SONNET,
  table,
  target,
} from './route-fixtures.ts';

const MODERATE = classified('code', 0.38, 0.1);

function plan(request: Partial<DecisionInput> = {}, overrides: Partial<RoutingTable> = {}): RoutePlan {
  return cheapestCapablePolicy.plan(input({ classification: MODERATE, ...request }), table(overrides));
}

function why(model: string, request: Partial<DecisionInput> = {}, overrides: Partial<RoutingTable> = {}) {
  return plan(request, overrides).candidates.find((candidate) => candidate.model === model)?.rejected;
}

describe('route/why-lost', () => {
  it('[A18] [C5] tells the probability that was not enough, and the price that was too high', () => {
    assert.equal(why('flash'), 'success probability 0.62 is below 0.75 (balanced, code)');
    assert.equal(why('opus'), 'costs 0.006 USD, pro 0.0015 USD');
    assert.equal(why('pro'), null);
  });
  it('[C5] tells numbers apart that look alike', () => {
    const request = { classification: classified('code', 0.2504, 0.1) };
    assert.equal(why('flash', request), 'success probability 0.7496 is below 0.7500 (balanced, code)');
  });
  it('[C5] tells what outcomes on this machine did', () => {
    const models = { flash: { successes: 0, failures: 20 } };
    const request = { classification: classified('code', 0.1), evidence: { ...NOTHING_SEEN, models } };
    assert.equal(plan(request).targets[0]?.id, 'mini');
    assert.equal(why('flash', request), 'success probability 0.45 is below 0.75 (balanced, code)');
  });
  it('[B3] [C5] tells that the task stays', () => {
    const request = { decisionPoint: 'continuation', affinityModel: 'sol' } as const;
    assert.equal(why('pro', request), 'the task stays on sol');
  });
  it('[B4] [C2] [C5] tells what moving would have cost, where that is why it stays', () => {
    const economics = {
      expectedSteps: 3,
      stepInputTokens: 0,
      stepOutputTokens: 100,
      warmTokens: {},
      cacheHitRatios: {},
    };
    const on = (affinityModel: string) => ({ affinityModel, economics: { ...economics, switchBooks: null } });
    const targets = [PRO, { ...SONNET, price: pricing(1.01) }];
    assert.match(
      why('pro', on('sonnet'), { targets }) ?? '',
      /^moving there costs [\d.]+ USD over about 3 requests, staying on sonnet [\d.]+ USD$/,
    );
    // A list decides, although moving would have paid.
    const listed = { profiles: lists({ moderate: ['opus'] }) };
    assert.match(why('pro', on('opus'), listed) ?? '', /^is not in the list of balanced for code, moderate/);
  });
  it('[A21] [C5] tells the max cost', () => {
    const request = { controls: controls({ maxCostUsd: 0.001 }) };
    assert.equal(why('pro', request), 'would cost 0.0015 USD, the max cost is 0.001 USD');
    const targets = [FLASH, { ...PRO, price: null }];
    assert.equal(
      why('pro', request, { targets }),
      'has no price, so it may exceed the max cost of 0.001 USD',
    );
    const nobody = { controls: controls({ maxCostUsd: 0 }) };
    assert.equal(why('pro', nobody), 'costs 0.0015 USD, flash 0.00015 USD');
  });
  it('[C5] tells the best there is when nobody is likely enough, and says so in a note', () => {
    const request = { classification: classified('code', 0.9, 0.85) };
    const made = plan(request, { targets: [PRO, OPUS] });
    assert.equal(why('pro', request), 'success probability 0.15 is below the 0.70 of opus');
    assert.deepEqual(made.notes, [
      'no model that may answer reaches a success probability of 0.75 (balanced, code); opus is the best there is, with 0.70',
    ]);
    assert.equal(why('sol', request), 'costs 0.0075 USD, opus 0.006 USD');
  });
  it('says nothing of the kind inside a task', () => {
    const request = { classification: classified('code', 0.9, 0.85) };
    const inside = { ...request, decisionPoint: 'continuation', affinityModel: 'pro' } as const;
    assert.deepEqual(plan(inside).notes, []);
  });
  it('[C5] tells what equals lost by', () => {
    const twin = { ...PRO, id: 'twin' };
    const free = { billing: 'free', price: null } as const;
    assert.equal(
      why('twin', {}, { targets: [PRO, twin] }),
      'costs 0.0015 USD as pro, which stands before it',
    );
    const dearTier = target('dear', { ...free, tier: 'complex' });
    const targets = [dearTier, target('cheap', free)];
    assert.equal(why('dear', {}, { targets }), 'costs 0 USD as cheap, which is of a lower tier');
  });
  it('[C5] tells that a model has no price or that nobody vouched for it', () => {
    const mystery = target('mystery', { price: null });
    const found = target('found', { price: null, billing: 'free' });
    const world = { targets: [PRO, mystery, found], unvetted: ['found'] };
    assert.equal(why('mystery', {}, world), 'has no price, pro has one');
    assert.equal(
      why('found', {}, world),
      'was found on this machine and is not configured, so pro goes first',
    );
    const priceless = { targets: [mystery, target('other', { price: null })] };
    assert.equal(why('other', {}, priceless), 'has no price, as mystery, which goes first');
    const dearer = { targets: [mystery, OPUS] };
    assert.equal(why('opus', {}, dearer), 'costs 0.006 USD, mystery is of a lower tier and has no price');
  });
  it('tells who stands in before it', () => {
    const targets = [{ ...PRO, usable: false, unusableWhy: 'has no key' }, SONNET, MINI];
    const request = { requestModel: 'exact/pro' };
    assert.equal(why('mini', request, { targets, exactFallback: true }), 'stands in after sonnet');
    assert.match(why('sonnet', request, { exactFallback: true }) ?? '', /^is not what was asked for/);
  });
});

describe('route/why-lost: the binding constraint', () => {
  it('[C5] tells what kept the next cheaper model from being chosen', () => {
    assert.equal(
      plan().bindingConstraint,
      'mini (0.0003 USD instead of 0.0015 USD) was not taken: success probability 0.62 is below 0.75 (balanced, code)',
    );
  });
  it('[C5] is none when the cheapest of all was chosen', () => {
    assert.equal(plan({ classification: classified('code', 0.1) }).bindingConstraint, null);
    assert.equal(plan({}, { targets: [target('mystery', { price: null }), FLASH] }).bindingConstraint, null);
  });
  it('[A24] [C5] is the user’s list where that decides', () => {
    const made = plan({}, { profiles: lists({ moderate: ['sonnet'] }) });
    assert.match(made.bindingConstraint ?? '', /^pro .* is not in the list of balanced for code, moderate/);
  });
  it('[B2] [C5] is a hard filter where that decides', () => {
    const targets = [{ ...FLASH, supports: [] }, PRO];
    const made = plan({ needs: ['tools'] }, { targets });
    assert.equal(
      made.bindingConstraint,
      'flash (0.00015 USD instead of 0.0015 USD) was not taken: cannot call tools',
    );
  });
  it('[A23] [C5] is the wish where a model was asked for by name', () => {
    assert.match(
      plan({ requestModel: 'exact/opus' }).bindingConstraint ?? '',
      /the name behind exact\/ asks for opus/,
    );
  });
});
