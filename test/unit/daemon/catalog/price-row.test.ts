import assert from 'node:assert/strict';
import { attemptCostUsd } from '../../../../daemon/catalog/cost.ts';
import { type OverlayRow, pricingFrom, pricingInUsd } from '../../../../daemon/catalog/price-row.ts';

const ROW: OverlayRow = {
  provider: 'p',
  id: 'm',
  inputUsdPerMtok: 1,
  outputUsdPerMtok: 2,
  promptCache: { kind: 'none', minTokens: 0, ttlS: 0 },
  tokenizerFactor: 1,
  source: 'test',
  asOf: '2026-11-21',
};
const USAGE = {
  inputTokens: 1_000_000,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  outputTokens: 0,
  reasoningOutputTokens: 0,
};

describe('catalog/price-row', () => {
  it('[A37] converts every price of a row in another currency at the rate that stands in it', () => {
    const pricing = pricingInUsd({
      inputUsdPerMtok: 10,
      outputUsdPerMtok: 20,
      cacheReadUsdPerMtok: 1,
      longContext: { aboveTokens: 1000, inputUsdPerMtok: 20, outputUsdPerMtok: 40, cacheReadUsdPerMtok: 2 },
      peak: { multiplier: 2, hoursUtc: [[1, 4]], weekdays: [1] },
      currency: 'CNY',
      usdPerUnit: 0.5,
      source: 'page',
      asOf: '2026-11-20',
    });
    assert.deepEqual(pricing, {
      inputUsdPerMtok: 5,
      outputUsdPerMtok: 10,
      cacheReadUsdPerMtok: 0.5,
      cacheWriteUsdPerMtok: 5,
      cacheWrite1hUsdPerMtok: 5,
      longContext: { aboveTokens: 1000, inputUsdPerMtok: 10, outputUsdPerMtok: 20, cacheReadUsdPerMtok: 1 },
      peak: { multiplier: 2, hoursUtc: [[1, 4]], weekdays: [1] },
      source: 'page, 0.5 USD per CNY',
      asOf: '2026-11-20',
    });
  });

  it('[A37] prices nothing in another currency without a rate: unpriced, not one for one and not 0', () => {
    const price = pricingInUsd({ inputUsdPerMtok: 10, outputUsdPerMtok: 20, currency: 'CNY' });
    assert.equal(price, null);
    assert.equal(attemptCostUsd(USAGE, { billing: 'metered', price }, 0), null);
  });

  it('takes a row that names US dollars, or no currency, as it is', () => {
    const row = { inputUsdPerMtok: 1, outputUsdPerMtok: 2 };
    assert.deepEqual(pricingInUsd({ ...row, currency: 'USD' }), pricingInUsd(row));
  });

  it('[A37] carries the announced changes that are still to come, each complete', () => {
    const row = {
      ...ROW,
      changes: [
        { from: '2026-10-01', inputUsdPerMtok: 3 },
        { from: '2027-01-01', outputUsdPerMtok: 8 },
      ],
    };
    const pricing = pricingFrom(row, Date.parse('2026-11-21'));
    assert.equal(pricing?.inputUsdPerMtok, 3);
    assert.equal(pricing?.outputUsdPerMtok, 2);
    const [change, ...more] = pricing?.later ?? [];
    assert.deepEqual(more, []);
    assert.equal(change?.fromMs, Date.parse('2027-01-01'));
    assert.deepEqual([change?.pricing.inputUsdPerMtok, change?.pricing.outputUsdPerMtok], [3, 8]);
  });

  it('has nothing to come when nothing is announced', () => {
    assert.equal(pricingFrom(ROW, 0)?.later, undefined);
  });
});
