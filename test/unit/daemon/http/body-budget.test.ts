import assert from 'node:assert/strict';

import type { RouterError } from '../../../../daemon/errors.ts';
import { BodyBudget, type BodyShare } from '../../../../daemon/http/body-budget.ts';

const MIB = 1_048_576;

describe('body budget', () => {
  let totalBytes: number;
  let budget: BodyBudget;
  let evicted: string[];

  beforeEach(() => {
    totalBytes = 100 * MIB;
    budget = new BodyBudget(() => ({ totalBytes }));
    evicted = [];
  });

  function open(name: string, bytes = 0): BodyShare {
    const share = budget.open((error: RouterError) => {
      assert.equal(error.code, 'router.overloaded');
      assert.equal(error.retryAfterMs, 5_000);
      evicted.push(name);
    });
    if (bytes > 0) share.grow(bytes);
    return share;
  }

  it('counts what has arrived until it is released', () => {
    const share = open('a', 10);
    share.grow(5);
    share.shrink(3);
    assert.deepEqual([share.bytes, budget.heldBytes], [12, 12]);
    share.complete();
    assert.equal(budget.heldBytes, 12);
    share.release();
    share.release();
    assert.equal(budget.heldBytes, 0);
  });

  it('has the largest upload go when it gets too much, not the one that came last', () => {
    open('large', 60 * MIB);
    open('medium', 14 * MIB);
    const small = open('small', 500_000);
    assert.equal(open('newcomer').grow(40 * MIB), true);
    assert.deepEqual(evicted, ['large']);
    assert.equal(small.grow(1_000), true);
    assert.equal(budget.heldBytes, 54 * MIB + 501_000);
  });

  it('has the newcomer go when it is the largest', () => {
    open('other', 40 * MIB);
    const newcomer = open('newcomer', 30 * MIB);
    assert.equal(newcomer.grow(20 * MIB), false);
    assert.deepEqual(evicted, ['newcomer']);
    assert.equal(newcomer.grow(1), false);
    assert.equal(budget.heldBytes, 40 * MIB);
  });

  it('never takes back what is complete', () => {
    open('complete', 70 * MIB).complete();
    assert.equal(open('newcomer').grow(10 * MIB), false);
    assert.deepEqual(evicted, ['newcomer']);
  });

  it('leaves the last quarter to small uploads', () => {
    open('complete', 75 * MIB).complete();
    assert.equal(open('large').grow(2 * MIB), false);
    for (let at = 0; at < 25; at++) assert.equal(open('small').grow(MIB), true);
    assert.deepEqual(evicted, ['large']);
    assert.equal(budget.heldBytes, 100 * MIB);
  });

  it('lets several uploads that do not fit together come through one after the other', () => {
    const shares = [1, 2, 3, 4, 5].map((number) => open(String(number)));
    const isThere = new Set(shares);
    for (let round = 0; round < 32; round++) {
      for (const share of isThere) if (!share.grow(MIB)) isThere.delete(share);
    }
    for (const share of isThere) share.complete();
    const through = shares.filter((share) => share.bytes === 32 * MIB);
    assert.equal(through.length, 2); // as many as the three quarters have room for
    assert.equal(evicted.length, 3);
  });

  it('follows a limit that changes', () => {
    const share = open('a', 10 * MIB);
    totalBytes = 8 * MIB;
    assert.equal(share.grow(1), false);
  });
});
