import assert from 'node:assert/strict';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import { pricingOf } from '../../../../daemon/catalog/price-row.ts';

const AT_MS = Date.parse('2026-11-20T12:00:00Z');
const opus = {
  billing: 'metered',
  price: pricingOf({
    inputUsdPerMtok: 4,
    outputUsdPerMtok: 20,
    cacheReadUsdPerMtok: 0.2,
    cacheWriteUsdPerMtok: 5,
  }),
  promptCache: { kind: 'explicit', minTokens: 1000, ttlS: 300 },
  tokenizerFactor: 1.25,
} as const;
const request = { inputTokens: 8000, expectedOutputTokens: 400, warmTokens: 0, target: opus, atMs: AT_MS };

function assertClose(actual: number | null, expected: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

describe('catalog/expected-cost', () => {
  it('[A18] counts a cold prompt as written to the cache, in the tokens of the model', () => {
    // 8,000 x 1.25 = 10,000 x 5 = 50,000; 400 x 1.25 = 500 x 20 = 10,000
    assertClose(expectedCostUsd(request), 0.06);
  });

  it('reads what is warm and writes the rest', () => {
    // 7,200 warm x 1.25 = 9,000 x 0.2 = 1,800; 1,000 x 5 = 5,000; 10,000 for output
    assertClose(expectedCostUsd({ ...request, warmTokens: 7200 }), 0.0168);
  });

  it('reads at most the whole prompt', () => {
    // 10,000 x 0.2 + 10,000 for output
    assertClose(expectedCostUsd({ ...request, warmTokens: 90_000 }), 0.012);
  });

  it('charges a prompt that is too short for the cache at the input price', () => {
    // 500 x 1.25 = 625 x 4 = 2,500; 10,000 for output
    assertClose(expectedCostUsd({ ...request, inputTokens: 500, warmTokens: 500 }), 0.0125);
  });

  it('ignores warmth where the model has no prompt cache', () => {
    const target = { ...opus, promptCache: { kind: 'none', minTokens: 0, ttlS: 0 } } as const;
    assertClose(expectedCostUsd({ ...request, warmTokens: 8000, target }), 0.05);
  });

  it('is zero for models that are not billed by the token and null for unpriced ones', () => {
    assert.equal(expectedCostUsd({ ...request, target: { ...opus, billing: 'flat-rate' } }), 0);
    assert.equal(expectedCostUsd({ ...request, target: { ...opus, billing: 'free', price: null } }), 0);
    assert.equal(expectedCostUsd({ ...request, target: { ...opus, price: null } }), null);
  });
});
