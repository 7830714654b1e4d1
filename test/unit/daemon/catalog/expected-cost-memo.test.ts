import assert from 'node:assert/strict';
import { createExpectedCost } from '../../../../daemon/catalog/expected-cost-memo.ts';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget, Pricing } from '../../../../daemon/catalog/model-target.ts';

const PLAIN: Pricing = {
  inputUsdPerMtok: 0.7,
  outputUsdPerMtok: 3.1,
  cacheReadUsdPerMtok: 0.07,
  cacheWriteUsdPerMtok: 0.9,
  cacheWrite1hUsdPerMtok: 1.4,
  source: 'test',
  asOf: '2026-11-21',
};
const BANDED: Pricing = {
  ...PLAIN,
  reasoningOutputUsdPerMtok: 5,
  longContext: {
    aboveTokens: 20_000,
    inputUsdPerMtok: 1.3,
    outputUsdPerMtok: 6.1,
    cacheReadUsdPerMtok: 0.11,
  },
  peak: { multiplier: 2, hoursUtc: [[1, 4]], weekdays: [1, 2, 3, 4, 5] },
};
const FROM_MS = Date.UTC(2026, 10, 22);
const CHANGED: Pricing = { ...BANDED, later: [{ fromMs: FROM_MS, pricing: PLAIN }] };

type Billed = Pick<ModelTarget, 'billing' | 'price' | 'promptCache' | 'tokenizerFactor'>;

const TARGETS: readonly Billed[] = [PLAIN, BANDED, CHANGED, null].flatMap((price) =>
  (['explicit', 'none'] as const).flatMap((kind) =>
    (['metered', 'flat-rate', 'free'] as const).map((billing) => ({
      billing,
      price,
      promptCache: { kind, minTokens: 1024, ttlS: 300 },
      tokenizerFactor: 1.35,
    })),
  ),
);

describe('expected cost with remembered prices', () => {
  it('is the expected cost to the last bit, at any size, hour and day of a price', () => {
    const remembered = createExpectedCost();
    const hours = [0, 1, 3.99, 4, 12, 26, 49];
    for (const hour of [...hours, ...hours]) {
      for (const target of TARGETS) {
        for (const inputTokens of [0, 100, 9000.5, 14_814, 14_815, 90_001]) {
          for (const warmTokens of [0, 777.7, 8000, 1e9]) {
            const atMs = Date.UTC(2026, 10, 20) + hour * 3_600_000;
            const request = { inputTokens, expectedOutputTokens: 333.3, warmTokens, target, atMs };
            assert.equal(remembered(request), expectedCostUsd(request));
          }
        }
      }
    }
  });
});
