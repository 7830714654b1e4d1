import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { attemptCostUsd, costUsd, isPeak, unitPricesAt } from '../../../../daemon/catalog/cost.ts';
import type { Pricing } from '../../../../daemon/catalog/model-target.ts';
import { OVERLAY_ROWS } from '../../../../daemon/catalog/price-book.ts';
import { pricingOf, rowAt } from '../../../../daemon/catalog/price-row.ts';
import type { TokenUsage } from '../../../../daemon/protocol/vocabulary.ts';
import { GOLDEN_COST_CASES } from './golden-cost-cases.ts';

const AT_MS = Date.parse('2026-11-20T12:00:00Z');

function usage(parts: Partial<TokenUsage>): TokenUsage {
  return {
    inputTokens: 0,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    outputTokens: 0,
    reasoningOutputTokens: 0,
    ...parts,
  };
}

function overlayPrice(provider: string, name: string, atMs: number): Pricing {
  const row = OVERLAY_ROWS.find(
    (candidate) =>
      candidate.provider === provider && (candidate.id === name || candidate.aliases?.includes(name)),
  );
  assert.ok(row, `no overlay row for ${provider} ${name}`);
  return pricingOf(rowAt(row, atMs));
}

function assertUsd(actual: number | null, expected: number): void {
  assert.ok(actual !== null);
  assert.ok(Math.abs(actual - expected) <= 1e-12 * Math.max(1, expected), `${actual} is not ${expected}`);
}

/** Prices have at most four decimals. */
const usd = fc.integer({ min: 0, max: 1_000_000 }).map((price) => price / 10_000);
const anyPricing: fc.Arbitrary<Pricing> = fc
  .record({
    inputUsdPerMtok: usd,
    outputUsdPerMtok: usd,
    cacheReadUsdPerMtok: usd,
    cacheWriteUsdPerMtok: usd,
    cacheWrite1hUsdPerMtok: usd,
    reasoningOutputUsdPerMtok: fc.option(usd, { nil: undefined }),
    long: fc.option(fc.tuple(fc.integer({ min: 1, max: 400_000 }), usd, usd, usd), { nil: undefined }),
    multiplier: fc.option(fc.constantFrom(1.5, 2, 3), { nil: undefined }),
  })
  .map(({ reasoningOutputUsdPerMtok, long, multiplier, ...row }) =>
    pricingOf({
      ...row,
      ...(reasoningOutputUsdPerMtok === undefined ? {} : { reasoningOutputUsdPerMtok }),
      ...(long === undefined
        ? {}
        : {
            longContext: {
              aboveTokens: long[0],
              inputUsdPerMtok: long[1],
              outputUsdPerMtok: long[2],
              cacheReadUsdPerMtok: long[3],
            },
          }),
      ...(multiplier === undefined
        ? {}
        : {
            peak: {
              multiplier,
              hoursUtc: [
                [1, 4],
                [6, 10],
              ],
              weekdays: [1, 2, 3, 4, 5],
            },
          }),
    }),
  );

const tokens = fc.integer({ min: 0, max: 200_000 });
const anyUsage = fc
  .record({ uncached: tokens, read: tokens, written: tokens, plain: tokens, reasoning: tokens })
  .map(({ uncached, read, written, plain, reasoning }) =>
    usage({
      inputTokens: uncached + read + written,
      cacheReadInputTokens: read,
      cacheCreationInputTokens: written,
      outputTokens: plain + reasoning,
      reasoningOutputTokens: reasoning,
    }),
  );
const anyTime = fc.integer({ min: 0, max: Date.UTC(2030, 0, 1) });

describe('catalog/cost', () => {
  it('has at least forty golden cases', () => {
    assert.ok(GOLDEN_COST_CASES.length >= 40);
  });

  for (const golden of GOLDEN_COST_CASES) {
    const [provider, name] = golden.model;
    const sizes = [golden.in ?? 0, golden.read ?? 0, golden.write ?? 0, golden.out ?? 0].join('/');
    it(`[A37] prices ${name} ${sizes} at ${golden.at} at ${golden.usd} USD`, () => {
      const atMs = Date.parse(golden.at);
      const used = usage({
        inputTokens: golden.in ?? 0,
        cacheReadInputTokens: golden.read ?? 0,
        cacheCreationInputTokens: golden.write ?? 0,
        outputTokens: golden.out ?? 0,
        reasoningOutputTokens: golden.reasoning ?? 0,
      });
      const options = { cacheWrite1hTokens: golden.write1h ?? 0 };
      assertUsd(costUsd(used, overlayPrice(provider, name, atMs), atMs, options), golden.usd);
    });
  }

  it('charges cached tokens at the input price when the row has no cached price', () => {
    const pricing = pricingOf({ inputUsdPerMtok: 2, outputUsdPerMtok: 6 });
    // 10,000 x 2
    assertUsd(costUsd(usage({ inputTokens: 10_000, cacheReadInputTokens: 9000 }), pricing, AT_MS), 0.02);
  });

  it('charges reasoning tokens at their own price where there is one', () => {
    const pricing = pricingOf({ inputUsdPerMtok: 0.4, outputUsdPerMtok: 1.2, reasoningOutputUsdPerMtok: 4 });
    const used = usage({ inputTokens: 1000, outputTokens: 1000, reasoningOutputTokens: 800 });
    // 1,000 x 0.4 = 400; 200 x 1.2 = 240; 800 x 4 = 3,200
    assertUsd(costUsd(used, pricing, AT_MS), 0.00384);
  });

  it('takes an explicit zero as a price', () => {
    const pricing = pricingOf({ inputUsdPerMtok: 3, outputUsdPerMtok: 6, cacheReadUsdPerMtok: 0 });
    assertUsd(costUsd(usage({ inputTokens: 1000, cacheReadInputTokens: 1000 }), pricing, AT_MS), 0);
  });

  it('never bills more output than was reported, however much of it is said to be reasoning', () => {
    const pricing = pricingOf({ inputUsdPerMtok: 1, outputUsdPerMtok: 2 });
    // 100 x 2
    assertUsd(costUsd(usage({ outputTokens: 100, reasoningOutputTokens: 900 }), pricing, AT_MS), 0.0002);
  });

  it('moves writes and reasoning without prices of their own into the long band, also from zero', () => {
    const pricing = pricingOf({
      inputUsdPerMtok: 0,
      outputUsdPerMtok: 0,
      longContext: { aboveTokens: 100, inputUsdPerMtok: 3, outputUsdPerMtok: 5, cacheReadUsdPerMtok: 1 },
    });
    const used = usage({
      inputTokens: 1000,
      cacheCreationInputTokens: 1000,
      outputTokens: 10,
      reasoningOutputTokens: 10,
    });
    // 1,000 x 3 + 10 x 5
    assertUsd(costUsd(used, pricing, AT_MS), 0.00305);
  });

  it('knows a half hour as a peak border', () => {
    const peak = { multiplier: 2, hoursUtc: [[0.5, 16.5]], weekdays: [5] } as const;
    assert.equal(isPeak(peak, Date.parse('2026-11-20T00:29:59Z')), false);
    assert.equal(isPeak(peak, Date.parse('2026-11-20T00:30:00Z')), true);
    assert.equal(isPeak(peak, Date.parse('2026-11-20T16:30:00Z')), false);
  });

  it('[A37] has no peak on a holiday, in full, and has one on the working day after it', () => {
    const peak = { multiplier: 2, hoursUtc: [[1, 4]], weekdays: [1, 2, 3, 4, 5] } as const;
    const withHolidays = { ...peak, holidaysUtc: ['2026-10-07'] };
    assert.equal(isPeak(peak, Date.parse('2026-10-07T02:00:00Z')), true);
    assert.equal(isPeak(withHolidays, Date.parse('2026-10-07T01:00:00Z')), false);
    assert.equal(isPeak(withHolidays, Date.parse('2026-10-07T03:59:59Z')), false);
    assert.equal(isPeak(withHolidays, Date.parse('2026-10-08T02:00:00Z')), true);
  });

  it('[A37] applies an announced change from its first millisecond on, and no other day', () => {
    const fromMs = Date.parse('2027-01-01T00:00:00Z');
    const later = [
      { fromMs, pricing: pricingOf({ inputUsdPerMtok: 3, outputUsdPerMtok: 9, source: 'new' }) },
    ];
    const pricing = { ...pricingOf({ inputUsdPerMtok: 1, outputUsdPerMtok: 2, source: 'old' }), later };
    const used = usage({ inputTokens: 1_000_000, outputTokens: 1_000_000 });
    assert.equal(costUsd(used, pricing, fromMs - 1), 3);
    assert.equal(costUsd(used, pricing, fromMs), 12);
    assert.equal(unitPricesAt(pricing, used, fromMs - 1).source, 'old');
    assert.equal(unitPricesAt(pricing, used, fromMs).source, 'new');
  });

  it('never costs less when more tokens are produced or added to the input of one band', () => {
    fc.assert(
      fc.property(anyPricing, anyUsage, anyTime, tokens, (pricing, used, atMs, more) => {
        const cost = costUsd(used, pricing, atMs);
        const withOutput = { ...used, outputTokens: used.outputTokens + more };
        assert.ok(costUsd(withOutput, pricing, atMs) >= cost - 1e-12);
        const { longContext: _, ...flat } = pricing;
        const withInput = { ...used, inputTokens: used.inputTokens + more };
        assert.ok(costUsd(withInput, flat, atMs) >= costUsd(used, flat, atMs) - 1e-12);
      }),
    );
  });

  it('costs as much as its parts: tokens of each kind times the unit prices of the record', () => {
    fc.assert(
      fc.property(anyPricing, anyUsage, anyTime, tokens, (pricing, used, atMs, hour) => {
        const options = { cacheWrite1hTokens: Math.min(hour, used.cacheCreationInputTokens) };
        const unit = unitPricesAt(pricing, used, atMs, options);
        const uncached = used.inputTokens - used.cacheReadInputTokens - used.cacheCreationInputTokens;
        const sum =
          (uncached * unit.inputUsdPerMtok +
            used.cacheReadInputTokens * unit.cacheReadUsdPerMtok +
            used.cacheCreationInputTokens * unit.cacheWriteUsdPerMtok +
            used.outputTokens * unit.outputUsdPerMtok) /
          1e6;
        const cost = costUsd(used, pricing, atMs, options);
        assert.ok(Math.abs(sum - cost) <= 1e-9 * Math.max(1, cost), `${sum} is not ${cost}`);
      }),
    );
  });

  it('splits over two requests of the short band without a difference', () => {
    fc.assert(
      fc.property(anyPricing, anyUsage, anyUsage, anyTime, (pricing, a, b, atMs) => {
        const { longContext: _, ...flat } = pricing;
        const both = usage({
          inputTokens: a.inputTokens + b.inputTokens,
          cacheReadInputTokens: a.cacheReadInputTokens + b.cacheReadInputTokens,
          cacheCreationInputTokens: a.cacheCreationInputTokens + b.cacheCreationInputTokens,
          outputTokens: a.outputTokens + b.outputTokens,
          reasoningOutputTokens: a.reasoningOutputTokens + b.reasoningOutputTokens,
        });
        const apart = costUsd(a, flat, atMs) + costUsd(b, flat, atMs);
        assert.ok(Math.abs(costUsd(both, flat, atMs) - apart) <= 1e-9 * Math.max(1, apart));
      }),
    );
  });

  it('multiplies every price at peak hours', () => {
    fc.assert(
      fc.property(anyPricing, anyUsage, (pricing, used) => {
        fc.pre(pricing.peak !== undefined);
        const peak = costUsd(used, pricing, Date.parse('2026-11-20T02:00:00Z'));
        const calm = costUsd(used, pricing, Date.parse('2026-11-21T02:00:00Z'));
        assert.ok(Math.abs(peak - calm * (pricing.peak?.multiplier ?? 1)) <= 1e-9 * Math.max(1, peak));
      }),
    );
  });

  it('keeps source and day of the price with the unit prices', () => {
    const pricing = pricingOf({
      inputUsdPerMtok: 1,
      outputUsdPerMtok: 2,
      source: 'page',
      asOf: '2026-11-01',
    });
    assert.deepEqual(unitPricesAt(pricing, usage({}), AT_MS), {
      inputUsdPerMtok: 1,
      outputUsdPerMtok: 2,
      cacheReadUsdPerMtok: 1,
      cacheWriteUsdPerMtok: 1,
      source: 'page',
      asOf: '2026-11-01',
    });
  });

  describe('of an attempt', () => {
    const price = pricingOf({ inputUsdPerMtok: 1, outputUsdPerMtok: 1 });
    const used = usage({ inputTokens: 1_000_000 });

    it('is zero at a flat rate and for free models, priced or not', () => {
      assert.equal(attemptCostUsd(used, { billing: 'flat-rate', price }, AT_MS), 0);
      assert.equal(attemptCostUsd(used, { billing: 'free', price: null }, AT_MS), 0);
    });

    it('is unknown, not zero, for a metered model without a price', () => {
      assert.equal(attemptCostUsd(used, { billing: 'metered', price: null }, AT_MS), null);
    });

    it('is the cost for a metered model with a price', () => {
      assert.equal(attemptCostUsd(used, { billing: 'metered', price }, AT_MS), 1);
    });
  });
});
