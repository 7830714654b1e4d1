import assert from 'node:assert/strict';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { whyHeldBack, wishedChoice } from '../../../../daemon/pipeline/dearer-fallback.ts';
import { StandIns } from '../../../../daemon/pipeline/stand-ins.ts';
import type { Candidate } from '../../../../daemon/protocol/exchange-record.ts';
import { cheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import { FLASH, input, MINI, OPUS, PRO, table, target } from '../route/route-fixtures.ts';

const FREE = target('home', { billing: 'free' });
const FLAT = target('plan', { billing: 'flat-rate' });
const UNPRICED = target('mystery', { price: null });

const costs = (...rows: readonly (readonly [ModelTarget, number | null])[]): readonly Candidate[] =>
  rows.map(([{ id }, expectedCostUsd]) => ({
    model: id,
    expectedCostUsd,
    successProbability: null,
    warmTokens: 0,
    effort: null,
    rejected: null,
  }));

describe('consent before a dearer model', () => {
  const isHeld = (
    other: ModelTarget,
    costUsd: number | null,
    wished: ModelTarget = FLASH,
    wishedUsd: number | null = 0.01,
  ): boolean => whyHeldBack(other, costs([other, costUsd]), { target: wished, costUsd: wishedUsd }) !== null;

  it('[B10] is needed from one and a half times the expected cost on', () => {
    assert.deepEqual([isHeld(PRO, 0.015), isHeld(PRO, 0.0151), isHeld(FLASH, 9)], [false, true, false]);
  });

  it('[B10] is needed from what is free or paid already to what is billed by the token', () => {
    assert.deepEqual([isHeld(PRO, 1e-9, FREE, 0), isHeld(PRO, 1e-9, FLAT, 0)], [true, true]);
    assert.deepEqual(
      [isHeld(FLAT, 0, FREE, 0), isHeld(FREE, 0), isHeld(PRO, 0, FREE, 0)],
      [false, false, false],
    );
  });

  it('[B10] is needed where a price is missing on either side', () => {
    assert.deepEqual([isHeld(UNPRICED, null), isHeld(PRO, 0.001, UNPRICED, null)], [true, true]);
  });

  it('measures by what would be taken if nothing were out for now', () => {
    const asked = input({ unavailable: [{ model: 'flash', why: 'is rate limited (429)' }] });
    const wishedOf = (given: typeof asked) =>
      wishedChoice(cheapestCapablePolicy, given, table(), cheapestCapablePolicy.plan(given, table()))?.target
        .id;
    const simple = { classification: { ...asked.classification, needsStronger: 0.05, needsStrongest: 0.01 } };
    assert.equal(wishedOf({ ...asked, ...simple }), 'flash');
    const lasting = [{ model: 'flash', why: 'cannot read documents', isLasting: true }];
    assert.equal(wishedOf({ ...asked, ...simple, unavailable: lasting }), 'mini');
  });

  describe('the models of a plan', () => {
    const warnings: string[] = [];
    const standIns = (wished = FLASH): StandIns =>
      new StandIns({
        candidates: costs([FLASH, 0.01], [MINI, 0.012], [OPUS, 0.4]),
        wished: { target: wished, costUsd: 0.01 },
        warn: (sentence) => void warnings.push(sentence),
      });
    beforeEach(() => void (warnings.length = 0));

    it('are passed over with a remark in the record', () => {
      const held = standIns();
      assert.deepEqual([held.mayTry(MINI), held.mayTry(OPUS)], [true, false]);
      assert.deepEqual(warnings, [
        'opus was not asked: it is expected to cost 0.4 USD instead of 0.01 USD on flash, and retries.dearerFallback is "ask"',
      ]);
    });

    it('begin with the first that needs no consent', () => {
      assert.equal(standIns().first([OPUS, MINI, FLASH]), MINI);
      assert.equal(standIns().first([]), null);
    });

    it('[B10] say how to consent when all of them would need it, and when nobody answered', () => {
      const advice = /opus was not asked.*x-pointsman-allow-dearer: 1, or ask for that model by an override/;
      assert.throws(
        () => standIns().first([OPUS]),
        (error) => error instanceof RouterError && error.statusCode === 503 && advice.test(error.message),
      );
      const held = standIns();
      held.mayTry(OPUS);
      const failed = new RouterError('upstream.all_failed', 'the only attempt failed', {
        statusCode: 429,
        retryAfterMs: 7,
      });
      const told = held.explain(failed);
      assert.match(told.message, /^the only attempt failed; /);
      assert.match(told.message, advice);
      assert.deepEqual([told.statusCode, told.retryAfterMs], [429, 7]);
    });

    it('leave other errors as they are', () => {
      const held = standIns();
      held.mayTry(OPUS);
      const error = new RouterError('client.closed', 'the client left');
      assert.equal(held.explain(error), error);
    });

    it('are all tried where nobody wants to be asked', () => {
      const free = new StandIns({ candidates: [], wished: null, warn: () => {} });
      assert.deepEqual([free.mayTry(OPUS), free.first([OPUS])], [true, OPUS]);
    });
  });
});
