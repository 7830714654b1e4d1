import assert from 'node:assert/strict';
import { assert as check, integer, property } from 'fast-check';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { isClose, moneySheet, moneyTerms, sum } from '../../../../extension/dashboard/money-terms.ts';
import { costOf, SAMPLE_MODELS, sampleHistory } from '../../../dashboard/sample-history.ts';

const NOW_MS = Date.parse('2026-11-21T12:00:00Z');
const HISTORY = sampleHistory({ count: 230, newestAtMs: NOW_MS });
const PLAIN = HISTORY[1] as ExchangeRecord;
const PRICES = SAMPLE_MODELS[2].prices;

describe('money terms', () => {
  it('[A40] split a bill into kinds of tokens whose amounts add up to it', () => {
    const count = integer({ min: 0, max: 500_000 });
    check(
      property(count, count, count, count, (plain, read, written, output) => {
        const usage = {
          inputTokens: plain + read + written,
          cacheReadInputTokens: read,
          cacheCreationInputTokens: written,
          outputTokens: output,
          reasoningOutputTokens: 0,
        };
        assert.ok(isClose(sum(moneyTerms(usage, PRICES)), costOf(usage, PRICES)));
      }),
    );
  });

  it('close for every request of a day: attempts and classifier give the cost, baseline less cost the saving', () => {
    for (const record of HISTORY) {
      const sheet = moneySheet(record);
      if (sheet.costUsd === null) {
        assert.equal(sheet.savedUsd, null);
        continue;
      }
      const parts = sheet.parts.reduce((total, { totalUsd }) => total + (totalUsd ?? 0), 0);
      assert.ok(isClose(parts, sheet.costUsd), record.exchangeId);
      for (const { terms, totalUsd } of sheet.parts) {
        if (terms.length > 0) assert.ok(isClose(sum(terms), totalUsd ?? Number.NaN), record.exchangeId);
      }
      assert.ok(isClose((sheet.baseline.totalUsd ?? 0) - sheet.costUsd, sheet.savedUsd ?? Number.NaN));
    }
  });

  it('leave out kinds of tokens of which there are none', () => {
    const usage = {
      inputTokens: 10,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      outputTokens: 0,
      reasoningOutputTokens: 0,
    };
    assert.deepEqual(
      moneyTerms(usage, PRICES).map(({ kind }) => kind),
      ['Input'],
    );
  });

  it('show no terms that do not give the figure', () => {
    const attempts = PLAIN.attempts.map((attempt) => ({ ...attempt, costUsd: 0 }));
    const [part] = moneySheet({ ...PLAIN, attempts }).parts;
    assert.deepEqual(part?.terms, []);
    assert.equal(part?.note, 'Not billed by the token.');
  });

  it('take a figure of the provider as it is', () => {
    const attempts = PLAIN.attempts.map((attempt) => ({
      ...attempt,
      costUsd: 1.5,
      costSource: 'provider' as const,
    }));
    const [part] = moneySheet({ ...PLAIN, attempts, costUsd: 1.5 }).parts;
    assert.deepEqual([part?.terms, part?.totalUsd], [[], 1.5]);
    assert.match(part?.note ?? '', /provider’s own/);
  });

  it('name the classifier where it cost something', () => {
    const { parts } = moneySheet({ ...PLAIN, classifierCostUsd: 0.0002 });
    assert.equal(parts.at(-1)?.title, 'Classifier');
    assert.equal(parts.at(-1)?.totalUsd, 0.0002);
  });

  it('say unknown, and why, where a model has no price', () => {
    const attempts = PLAIN.attempts.map((attempt) => ({ ...attempt, costUsd: null, prices: null }));
    const unknown = { costUsd: null, baselineCostUsd: null, savedUsd: null, baseline: null };
    const sheet = moneySheet({ ...PLAIN, ...unknown, attempts });
    assert.equal(sheet.parts[0]?.totalUsd, null);
    assert.match(sheet.parts[0]?.note ?? '', /has no price/);
    assert.match(sheet.baseline.note ?? '', /nothing to compare/);
  });

  it('split the saving by cause where more than routing saved', () => {
    const savedBy = { routing: 0.2, exactCache: 0.1, semanticCache: 0, promptCacheInjection: -0.01 };
    assert.deepEqual(moneySheet({ ...PLAIN, savedBy }).savedBy, [
      { cause: 'Routing', amountUsd: 0.2 },
      { cause: 'Exact cache', amountUsd: 0.1 },
      { cause: 'Prompt cache marks', amountUsd: -0.01 },
    ]);
    assert.deepEqual(moneySheet(PLAIN).savedBy, []);
  });

  it('say where tokens were estimated', () => {
    const attempts = PLAIN.attempts.map((attempt) => ({ ...attempt, usageSource: 'estimated' as const }));
    const sheet = moneySheet({ ...PLAIN, attempts });
    assert.equal(sheet.isEstimated, true);
    assert.match(sheet.notes.join(' '), /estimated/);
  });
});
