import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { needsOfGrade } from '../../../../daemon/classify/grade.ts';
import type { DecisionInput, OutcomeCounts } from '../../../../daemon/protocol/exchange-record.ts';
import type { Complexity } from '../../../../daemon/protocol/vocabulary.ts';
import {
  atEffort,
  expectedOfTier,
  needsOf,
  successProbability,
} from '../../../../daemon/route/success-probability.ts';
import { classification, FLASH, input, NOTHING_SEEN, OPUS, PRO } from './route-fixtures.ts';

const NEEDS = { needsStronger: 0.4, needsStrongest: 0.2 };

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

function seen(
  tiers: Partial<Record<Complexity, OutcomeCounts>>,
  models: Readonly<Record<string, OutcomeCounts>> = {},
): DecisionInput['evidence'] {
  return { ...NOTHING_SEEN, tiers, models };
}

describe('route/success-probability', () => {
  it('[A18] expects of each tier what the classifier says', () => {
    close(expectedOfTier('simple', NEEDS), 0.6);
    close(expectedOfTier('moderate', NEEDS), 0.8);
    close(expectedOfTier('complex', NEEDS), 1 - 0.35 * 0.2);
  });

  it('[A13] takes a tier that nobody knows as the middle one', () => {
    close(expectedOfTier('epic' as Complexity, NEEDS), 0.8);
  });

  it('stays with the expectation as long as nothing was seen', () => {
    close(successProbability(FLASH, NEEDS, NOTHING_SEEN), 0.6);
  });

  it('meets what was seen of the tier in the middle after 20 outcomes', () => {
    close(successProbability(FLASH, NEEDS, seen({ simple: { successes: 20, failures: 0 } })), 0.8);
    close(successProbability(FLASH, NEEDS, seen({ simple: { successes: 0, failures: 20 } })), 0.3);
  });

  it('corrects no tier by the outcomes of another', () => {
    close(successProbability(PRO, NEEDS, seen({ simple: { successes: 0, failures: 50 } })), 0.8);
  });

  it('puts the model’s own outcomes on top of those of its tier', () => {
    const tier = { simple: { successes: 20, failures: 0 } };
    close(successProbability(FLASH, NEEDS, seen(tier, { flash: { successes: 0, failures: 20 } })), 0.4);
    close(successProbability(FLASH, NEEDS, seen(tier, { mini: { successes: 0, failures: 20 } })), 0.8);
  });

  it('weighs the model’s own outcomes more than those of its neighbours', () => {
    const failed = { successes: 0, failures: 5 };
    const own = successProbability(FLASH, NEEDS, seen({ simple: failed }, { flash: failed }));
    const neighbours = successProbability(FLASH, NEEDS, seen({ simple: failed }, { mini: failed }));
    assert.ok(own < neighbours);
  });

  it('never rises with more failures and never falls with more successes', () => {
    const anyCounts = fc.record({
      successes: fc.double({ min: 0, max: 1e6 }),
      failures: fc.double({ min: 0, max: 1e6 }),
    });
    fc.assert(
      fc.property(anyCounts, anyCounts, fc.double({ min: 0, max: 1e6, noNaN: true }), (tier, own, more) => {
        const at = (ofTier: OutcomeCounts, ofModel: OutcomeCounts) =>
          successProbability(FLASH, NEEDS, seen({ simple: ofTier }, { flash: ofModel }));
        const before = at(tier, own);
        const failing = (counts: OutcomeCounts) => ({ ...counts, failures: counts.failures + more });
        const doing = (counts: OutcomeCounts) => ({ ...counts, successes: counts.successes + more });
        assert.ok(at(failing(tier), failing(own)) <= before + 1e-12);
        assert.ok(at(doing(tier), doing(own)) >= before - 1e-12);
      }),
    );
  });

  it('is a probability whatever the counts are', () => {
    const odd = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -5, Number.MAX_VALUE));
    const counts = fc.record({ successes: odd, failures: odd });
    fc.assert(
      fc.property(counts, counts, (tier, own) => {
        const found = successProbability(OPUS, NEEDS, seen({ complex: tier }, { opus: own }));
        assert.ok(found >= 0 && found <= 1, String(found));
      }),
    );
  });

  it('does not take members of every object for outcomes', () => {
    const odd = { ...FLASH, id: 'constructor' };
    close(successProbability(odd, NEEDS, NOTHING_SEEN), 0.6);
  });

  it('[B3] takes a background call as simple work whatever stands in it', () => {
    const request = input({ classification: classification('complex'), decisionPoint: 'background' });
    assert.deepEqual(needsOf(request), needsOfGrade('simple', 1));
  });

  it('takes numbers that are none from the grade, as old records have them', () => {
    const old = { ...classification('complex'), needsStronger: NaN, needsStrongest: NaN };
    const { needsStronger, needsStrongest } = classification('complex');
    assert.deepEqual(needsOf(input({ classification: old })), { needsStronger, needsStrongest });
  });

  it('never needs the strongest more than a stronger one', () => {
    const odd = { ...classification(), needsStronger: 0.3, needsStrongest: 7 };
    assert.deepEqual(needsOf(input({ classification: odd })), { needsStronger: 0.3, needsStrongest: 0.3 });
  });

  it('[B8] gains a little with more thinking and loses a little with less, most for reasoning', () => {
    close(atEffort(0.8, 'general', 'medium', 'high'), 1 - 0.2 * 0.95);
    close(atEffort(0.8, 'code', 'medium', 'high'), 1 - 0.2 * 0.9);
    close(atEffort(0.8, 'reasoning', 'medium', 'high'), 1 - 0.2 * 0.85);
    close(atEffort(0.8, 'reasoning', 'high', 'low'), 1 - 0.2 / 0.85 ** 2);
    close(atEffort(0.01, 'reasoning', 'max', 'none'), 0);
  });
});
