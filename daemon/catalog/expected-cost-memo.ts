// `expectedCostUsd`, faster where one model is reckoned many times for one moment, as a policy does: the unit prices in
// force are looked up once per model and moment. Every figure is the same to the last bit.

import { pricingAt, unitPricesAt } from './cost.ts';
import { expectedCostUsd, type ExpectedRequest } from './expected-cost.ts';
import type { Pricing } from './model-target.ts';
import type { UnitPrices } from '../protocol/exchange-record.ts';

const TOKENS_PER_MTOK = 1_000_000;

/** The prices of one model at one moment. */
interface PricesOfMoment {
  readonly atMs: number;
  /** Input size above which `long` holds; Infinity = never. */
  readonly aboveTokens: number;
  readonly short: UnitPrices;
  readonly long: UnitPrices;
}

/** Memory goes with the price rows. */
export function createExpectedCost(): typeof expectedCostUsd {
  const known = new WeakMap<Pricing, PricesOfMoment>();
  return (request) => {
    const { target, atMs } = request;
    const { price } = target;
    if (price === null || target.billing !== 'metered') return expectedCostUsd(request);
    let prices = known.get(price);
    if (prices === undefined || prices.atMs !== atMs) known.set(price, (prices = pricesAt(price, atMs)));
    return costWith(prices, request);
  };
}

/** In the order of `costUsd`, so that sums are rounded alike. */
function costWith(prices: PricesOfMoment, request: ExpectedRequest): number {
  const { tokenizerFactor, promptCache } = request.target;
  const inputTokens = request.inputTokens * tokenizerFactor;
  const outputTokens = request.expectedOutputTokens * tokenizerFactor;
  const isCached = promptCache.kind !== 'none' && inputTokens >= promptCache.minTokens;
  const read = isCached ? Math.min(request.warmTokens * tokenizerFactor, inputTokens) : 0;
  const written = isCached ? inputTokens - read : 0;
  const unit = inputTokens > prices.aboveTokens ? prices.long : prices.short;
  const sum =
    Math.max(0, inputTokens - read - written) * unit.inputUsdPerMtok +
    read * unit.cacheReadUsdPerMtok +
    written * unit.cacheWriteUsdPerMtok +
    Math.max(0, outputTokens) * unit.outputUsdPerMtok;
  return sum / TOKENS_PER_MTOK;
}

function pricesAt(price: Pricing, atMs: number): PricesOfMoment {
  const at = (inputTokens: number): UnitPrices =>
    unitPricesAt(
      price,
      {
        inputTokens,
        cacheReadInputTokens: 0,
        cacheCreationInputTokens: 0,
        outputTokens: 0,
        reasoningOutputTokens: 0,
      },
      atMs,
    );
  const aboveTokens = pricingAt(price, atMs).longContext?.aboveTokens ?? Infinity;
  const short = at(0);
  return { atMs, aboveTokens, short, long: aboveTokens === Infinity ? short : at(aboveTokens + 1) };
}
