import assert from 'node:assert/strict';
import type { TotalsDetails } from '../../../../daemon/protocol/control-api.ts';
import {
  coverageSentence,
  decimalsOf,
  leftOutSentences,
  projectionFacts,
  savedByTerms,
  savingTerms,
} from '../../../../extension/dashboard/savings-terms.ts';
import { EMPTY_TOTALS, richTotals } from '../../../dashboard/analysis-data.ts';

const totals = richTotals(null, true);

function detailsOf(): TotalsDetails {
  const { details } = totals;
  assert.ok(details !== undefined);
  return details;
}

describe('the saving taken apart', () => {
  it('[A45] lists baseline, answers, failed attempts and classifier so that they add up to the saving', () => {
    const terms = savingTerms(detailsOf());
    const sum = terms.filter(({ isSum }) => !isSum).reduce((total, { amountUsd }) => total + amountUsd, 0);
    assert.deepEqual(
      terms.map(({ label }) => label),
      ['Baseline', 'Answers', 'Failed attempts', 'Classifier', 'Saved'],
    );
    assert.ok(Math.abs(sum - (terms.at(-1)?.amountUsd ?? 0)) < 1e-9);
  });

  it('[A45] writes so many decimals that the terms add up in sight', () => {
    const term = (amountUsd: number, isSum = false) => ({ label: '', explanation: '', amountUsd, isSum });
    assert.equal(decimalsOf(savingTerms(detailsOf())), 2);
    assert.equal(decimalsOf([term(1.004), term(1.004), term(2.008, true)]), 3);
    assert.equal(decimalsOf([term(0.0912), term(-0.07), term(0.0212, true)]), 4);
    assert.equal(decimalsOf([term(0), term(0, true)]), 2);
  });

  it('shows a cost of nothing as zero and not as minus zero', () => {
    const { compared } = detailsOf();
    const free = { ...detailsOf(), compared: { ...compared, classifierCostUsd: 0 } };
    const classifier = savingTerms(free).find(({ label }) => label === 'Classifier');
    assert.ok(Object.is(classifier?.amountUsd, 0));
  });

  it('splits the saving by what brought it', () => {
    const terms = savedByTerms(totals.savedBy);
    const sum = terms.reduce((total, { amountUsd }) => total + amountUsd, 0);
    assert.equal(terms.length, 4);
    assert.ok(Math.abs(sum - totals.savedUsd) < 1e-9);
  });

  it('says how many of the requests a sum is about', () => {
    assert.equal(coverageSentence(totals), '97.7 % of 1,328 requests compared');
    const all = { ...totals, comparableRequests: totals.requests, coverageRatio: 1 };
    assert.equal(coverageSentence(all), 'all 1,328 requests compared');
    assert.equal(coverageSentence(EMPTY_TOTALS), 'no requests yet');
  });

  it('names each reason for which requests are left out', () => {
    const sentences = leftOutSentences(totals);
    assert.match(sentences[0] ?? '', /^14 requests paid by subscription \(120\.0 k tokens in, 9,000 out\)/);
    assert.match(sentences[1] ?? '', /^9 requests without a known price/);
    assert.match(sentences[2] ?? '', /^8 requests with a cost but no baseline/);
    assert.match(sentences[3] ?? '', /^\$0\.42 of the cost rests on estimated usage/);
  });

  it('has nothing to name where everything could be compared', () => {
    assert.deepEqual(leftOutSentences(EMPTY_TOTALS), []);
  });

  it('[A46] gives the projection with its interval and the days it rests upon', () => {
    const facts = projectionFacts(totals.projection);
    assert.equal(facts.monthlyRange, '$28.40 to $66.10');
    assert.equal(facts.basis, 'from 14 days, idle ones included');
    assert.match(facts.monthly, /^\+\$\d/);
  });

  it('[A46] projects nothing before a full day of requests', () => {
    const facts = projectionFacts(EMPTY_TOTALS.projection);
    assert.equal(facts.monthly, 'unknown');
    assert.equal(facts.monthlyRange, null);
    assert.match(facts.basis, /^not before a full day/);
  });
});
