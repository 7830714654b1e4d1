import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  baselineCostUsd,
  baselineOf,
  baselineUsage,
  costOnModel,
  type BaselineInput,
} from '../../../../daemon/catalog/baseline.ts';
import { costUsd } from '../../../../daemon/catalog/cost.ts';
import { pricingOf } from '../../../../daemon/catalog/price-row.ts';

const AT_MS = Date.parse('2026-11-20T12:00:00Z');
const opus = {
  id: 'opus',
  billing: 'metered',
  price: pricingOf({
    inputUsdPerMtok: 4,
    outputUsdPerMtok: 20,
    cacheReadUsdPerMtok: 0.2,
    cacheWriteUsdPerMtok: 5,
  }),
  promptCache: { kind: 'explicit', minTokens: 1024, ttlS: 300 },
  tokenizerFactor: 1.4,
} as const;
const flash = {
  id: 'flash',
  billing: 'metered',
  price: pricingOf({ inputUsdPerMtok: 0.15, outputUsdPerMtok: 0.6, cacheReadUsdPerMtok: 0.003 }),
  promptCache: { kind: 'automatic', minTokens: 128, ttlS: 14_400 },
  tokenizerFactor: 1,
} as const;
const input: BaselineInput = {
  usage: {
    inputTokens: 10_000,
    cacheReadInputTokens: 9000,
    cacheCreationInputTokens: 0,
    outputTokens: 500,
    reasoningOutputTokens: 200,
  },
  served: flash,
  baseline: opus,
  baselineWarmTokens: 0,
  promptTokens: 8000,
  atMs: AT_MS,
};

function assertClose(actual: number | null, expected: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

describe('catalog/baseline', () => {
  it('[A39] prices the same request on the baseline, in its own tokens and with a cold cache', () => {
    // 10,000 x 1.4 = 14,000 written x 5 = 70,000; 500 x 1.4 = 700 x 20 = 14,000
    assertClose(baselineCostUsd(input), 0.084);
  });

  it('[A39] reads what the replay says is warm, not what the served model read', () => {
    // 7,200 of 8,000 warm = 90 %: 12,600 x 0.2 = 2,520; 1,400 x 5 = 7,000; output 14,000
    assertClose(baselineCostUsd({ ...input, baselineWarmTokens: 7200 }), 0.02352);
  });

  it('is not moved by an estimate that is off, as long as it is off everywhere', () => {
    const exact = baselineCostUsd({ ...input, baselineWarmTokens: 7200 });
    assertClose(baselineCostUsd({ ...input, baselineWarmTokens: 9000, promptTokens: 10_000 }), exact ?? NaN);
  });

  it('never reads more than the prompt', () => {
    const usage = baselineUsage({ ...input, baselineWarmTokens: 99_000 });
    assert.equal(usage.cacheReadInputTokens, usage.inputTokens);
    assert.equal(usage.cacheCreationInputTokens, 0);
  });

  it('takes warm tokens as they are when no prompt size is given', () => {
    const usage = baselineUsage({ ...input, promptTokens: null, baselineWarmTokens: 5000 });
    assert.equal(usage.cacheReadInputTokens, 5000);
    assert.equal(usage.cacheCreationInputTokens, 9000);
  });

  it('converts reasoning tokens with the output they lie in', () => {
    assert.equal(baselineUsage(input).reasoningOutputTokens, 280);
  });

  it('leaves an explicit cache out when nothing in the request is marked', () => {
    // 14,000 x 4 = 56,000; output 14,000
    assertClose(baselineCostUsd({ ...input, hasCacheMarks: false, baselineWarmTokens: 7200 }), 0.07);
  });

  it('uses an automatic cache without marks', () => {
    const usage = baselineUsage({ ...input, served: opus, baseline: flash, hasCacheMarks: false });
    assert.ok(usage.cacheCreationInputTokens > 0);
  });

  it('leaves the cache out of a prompt that is too short for it', () => {
    const usage = { ...input.usage, inputTokens: 500, cacheReadInputTokens: 0 };
    // 700 x 4 = 2,800; output 14,000
    assertClose(baselineCostUsd({ ...input, usage, baselineWarmTokens: 8000 }), 0.0168);
  });

  it('replays the cache also where the baseline model itself served', () => {
    const same = { ...input, served: opus, baselineWarmTokens: 4000 };
    // its own tokens: half of 10,000 warm: 5,000 x 0.2 = 1,000; 5,000 x 5 = 25,000; 500 x 20 = 10,000
    assertClose(baselineCostUsd(same), 0.036);
  });

  it('equals the actual cost where the baseline served and its cache did what the replay says', () => {
    const usage = { ...input.usage, cacheReadInputTokens: 9000, cacheCreationInputTokens: 1000 };
    const same = { ...input, usage, served: opus, baselineWarmTokens: 9000, promptTokens: 10_000 };
    assertClose(baselineCostUsd(same), costUsd(usage, opus.price, AT_MS));
  });

  it('lets a dear answer on a warm baseline come out as a loss', () => {
    const kimi = { ...flash, price: pricingOf({ inputUsdPerMtok: 0.95, outputUsdPerMtok: 4 }) };
    const usage = { ...input.usage, inputTokens: 100_000, cacheReadInputTokens: 0 };
    const baseline = baselineCostUsd({ ...input, usage, served: kimi, baselineWarmTokens: 8000 });
    assert.ok(baseline !== null && baseline - costUsd(usage, kimi.price, AT_MS) < 0);
  });

  it('leaves flat rates out on either side and says so', () => {
    const flat = { ...opus, id: 'plan', billing: 'flat-rate', price: null } as const;
    assert.deepEqual(baselineOf({ ...input, served: flat }), {
      costUsd: null,
      terms: null,
      why: 'plan is billed at a flat rate',
    });
    assert.equal(baselineCostUsd({ ...input, baseline: flat }), null);
  });

  it('is unknown when either model has no price', () => {
    assert.equal(baselineCostUsd({ ...input, served: { ...flash, price: null } }), null);
    assert.deepEqual(baselineOf({ ...input, baseline: { ...opus, price: null } }), {
      costUsd: null,
      terms: null,
      why: 'opus has no price',
    });
  });

  it('is zero for a free baseline and whole for a free answer', () => {
    const free = { ...flash, billing: 'free', price: null } as const;
    assert.equal(baselineCostUsd({ ...input, baseline: free }), 0);
    assertClose(baselineCostUsd({ ...input, served: free }), 0.084);
  });

  it('never costs more the warmer the baseline is', () => {
    const warm = fc.integer({ min: 0, max: 12_000 });
    fc.assert(
      fc.property(warm, warm, (a, b) => {
        const cold = baselineCostUsd({ ...input, baselineWarmTokens: Math.min(a, b) });
        const hot = baselineCostUsd({ ...input, baselineWarmTokens: Math.max(a, b) });
        assert.ok((hot ?? 1) <= (cold ?? 0) + 1e-12);
      }),
    );
  });

  it('[A39] [C3] tells what its cost is made of: usage, and prices that close the sum', () => {
    const { costUsd: usd, terms } = baselineOf({ ...input, baselineWarmTokens: 7200 });
    assert.deepEqual(terms?.usage, baselineUsage({ ...input, baselineWarmTokens: 7200 }));
    assert.deepEqual(
      [terms?.prices.inputUsdPerMtok, terms?.prices.cacheReadUsdPerMtok, terms?.prices.cacheWriteUsdPerMtok],
      [4, 0.2, 5],
    );
    assert.equal(terms?.outputRatio, undefined);
    const { usage, prices } = terms ?? {};
    assert.ok(usage !== undefined && prices !== undefined);
    const sum =
      usage.cacheReadInputTokens * prices.cacheReadUsdPerMtok +
      usage.cacheCreationInputTokens * prices.cacheWriteUsdPerMtok +
      usage.outputTokens * prices.outputUsdPerMtok;
    assertClose(usd, sum / 1e6);
  });

  it('[C3] has no terms where its cost is no sum of tokens', () => {
    const free = { ...opus, billing: 'free', price: null } as const;
    assert.deepEqual(baselineOf({ ...input, baseline: free }), { costUsd: 0, terms: null, why: null });
  });

  it('[A39] [B7] is not made as wordy as the model that answered, and says so', () => {
    // As cold as above, with half of the output: 70,000 + 7,000
    const { costUsd: usd, terms } = baselineOf({ ...input, outputRatio: 0.5 });
    assertClose(usd, 0.077);
    assert.deepEqual(
      [terms?.outputRatio, terms?.usage.outputTokens, terms?.usage.reasoningOutputTokens],
      [0.5, 350, 140],
    );
    assert.equal(baselineOf({ ...input, outputRatio: 1 }).terms?.outputRatio, undefined);
  });

  it('[A39] [B7] reads only what its cache was seen to keep', () => {
    // Half of 12,600 read: 6,300 x 0.2 = 1,260; 7,700 x 5 = 38,500; output 14,000
    assertClose(baselineCostUsd({ ...input, baselineWarmTokens: 7200, hitRatio: 0.5 }), 0.05376);
    const exact = { ...input, promptTokens: null, baselineWarmTokens: 5000, hitRatio: 0.5 };
    assert.equal(baselineUsage(exact).cacheReadInputTokens, 2500);
  });
});

describe('catalog/baseline: the same answer on another model', () => {
  const { usage } = input;

  it('[A34] [A39] costs its own tokens at its own prices, with its own cache', () => {
    // 14,000 written at 5, 700 at 20; half of it warm: 7,000 x 0.2 + 7,000 x 5 + 14,000
    assertClose(costOnModel(usage, flash, opus, 0, AT_MS), 0.084);
    assertClose(costOnModel(usage, flash, opus, 0.5, AT_MS), 0.0504);
  });

  it('[A34] is unknown without a price, and nothing where nothing is billed', () => {
    assert.equal(costOnModel(usage, flash, { ...opus, price: null }, 0, AT_MS), null);
    assert.equal(costOnModel(usage, flash, { ...opus, billing: 'flat-rate', price: null }, 0, AT_MS), 0);
  });
});
