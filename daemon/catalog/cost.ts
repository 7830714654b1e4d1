// Tokens and prices -> dollars. Pure. Counts are inclusive (OpenTelemetry rule): cache reads and writes lie inside
// `inputTokens`, reasoning inside `outputTokens`, so each token is billed exactly once. Nothing is rounded.

import type { UnitPrices } from '../protocol/exchange-record.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { ModelTarget, Pricing } from './model-target.ts';

export interface CostOptions {
  /** How many of `cacheCreationInputTokens` were written for one hour; 0 when absent. */
  readonly cacheWrite1hTokens?: number;
}

const TOKENS_PER_MTOK = 1_000_000;
const MS_PER_HOUR = 3_600_000;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;

/** USD of one answered request. `atMs`: when it was sent, for prices that depend on the time of day. */
export function costUsd(
  usage: TokenUsage,
  pricing: Pricing,
  atMs: number,
  options: CostOptions = {},
): number {
  const prices = unitPricesInForce(pricingAt(pricing, atMs), usage.inputTokens, atMs);
  const tokens = splitTokens(usage, options);
  const sum =
    tokens.uncached * prices.input +
    tokens.read * prices.read +
    tokens.write5m * prices.write5m +
    tokens.write1h * prices.write1h +
    tokens.plainOutput * prices.output +
    tokens.reasoning * prices.reasoning;
  return sum / TOKENS_PER_MTOK;
}

/**
 * The unit prices a record keeps. They close the sum: uncached, read, written and output tokens times these prices give
 * `costUsd`, so where tokens of one kind had two prices (reasoning, one-hour writes) the price is their mean.
 */
export function unitPricesAt(
  pricing: Pricing,
  usage: TokenUsage,
  atMs: number,
  options: CostOptions = {},
): UnitPrices {
  const current = pricingAt(pricing, atMs);
  const prices = unitPricesInForce(current, usage.inputTokens, atMs);
  const { write5m, write1h, plainOutput, reasoning } = splitTokens(usage, options);
  return {
    inputUsdPerMtok: prices.input,
    outputUsdPerMtok: mean(plainOutput, prices.output, reasoning, prices.reasoning),
    cacheReadUsdPerMtok: prices.read,
    cacheWriteUsdPerMtok: mean(write5m, prices.write5m, write1h, prices.write1h),
    source: current.source,
    asOf: current.asOf,
  };
}

/** The prices of a day: announced changes that have come into force by then are applied. */
export function pricingAt(pricing: Pricing, atMs: number): Pricing {
  return pricing.later?.findLast(({ fromMs }) => fromMs <= atMs)?.pricing ?? pricing;
}

/** USD of one attempt: 0 where the provider does not bill by the token, null where the model has no price. */
export function attemptCostUsd(
  usage: TokenUsage,
  target: Pick<ModelTarget, 'billing' | 'price'>,
  atMs: number,
  options: CostOptions = {},
): number | null {
  if (target.billing !== 'metered') return 0;
  return target.price === null ? null : costUsd(usage, target.price, atMs, options);
}

/** True inside one of the windows of `peak`, but for its holidays; UTC. */
export function isPeak(peak: Pricing['peak'], atMs: number): boolean {
  if (peak === undefined) return false;
  // A policy asks this thousands of times a second when a history is replayed, and a Date is dear.
  const hours = atMs / MS_PER_HOUR;
  const weekday = (Math.floor(hours / 24) + EPOCH_WEEKDAY) % 7;
  if (!peak.weekdays.includes(weekday)) return false;
  const hour = hours % 24;
  if (!peak.hoursUtc.some(([from, to]) => hour >= from && hour < to)) return false;
  return peak.holidaysUtc?.includes(new Date(atMs).toISOString().slice(0, 10)) !== true;
}

interface PricesInForce {
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly read: number;
  readonly write5m: number;
  readonly write1h: number;
}

function unitPricesInForce(pricing: Pricing, inputTokens: number, atMs: number): PricesInForce {
  const factor = pricing.peak !== undefined && isPeak(pricing.peak, atMs) ? pricing.peak.multiplier : 1;
  const { longContext } = pricing;
  const band = longContext !== undefined && inputTokens > longContext.aboveTokens ? longContext : pricing;
  const input = band.inputUsdPerMtok;
  const output = band.outputUsdPerMtok;
  const likeInput = (price: number) => inBand(price, pricing.inputUsdPerMtok, input) * factor;
  return {
    input: input * factor,
    output: output * factor,
    reasoning:
      inBand(
        pricing.reasoningOutputUsdPerMtok ?? pricing.outputUsdPerMtok,
        pricing.outputUsdPerMtok,
        output,
      ) * factor,
    read: band.cacheReadUsdPerMtok * factor,
    write5m: likeInput(pricing.cacheWriteUsdPerMtok),
    write1h: likeInput(pricing.cacheWrite1hUsdPerMtok),
  };
}

/** Vendors state writes and reasoning as multiples of input and output, and keep the multiple in the long band. */
function inBand(price: number, base: number, bandBase: number): number {
  if (price === base) return bandBase;
  return base === 0 ? price : (price * bandBase) / base;
}

/**
 * Providers now and then report parts larger than their whole. Cached input is billed as reported; reasoning is only a
 * remark about output, so the output count wins.
 */
function splitTokens(usage: TokenUsage, options: CostOptions) {
  const read = usage.cacheReadInputTokens;
  const written = usage.cacheCreationInputTokens;
  const write1h = Math.min(options.cacheWrite1hTokens ?? 0, written);
  const reasoning = usage.reasoningOutputTokens;
  return {
    uncached: Math.max(0, usage.inputTokens - read - written),
    read,
    write5m: written - write1h,
    write1h,
    plainOutput: Math.max(0, usage.outputTokens - reasoning),
    reasoning: Math.min(reasoning, usage.outputTokens),
  };
}

/** Mean of two prices, weighted; the first where there is nothing to weigh. */
function mean(tokensA: number, priceA: number, tokensB: number, priceB: number): number {
  const total = tokensA + tokensB;
  return total === 0 || tokensB === 0 ? priceA : (tokensA * priceA + tokensB * priceB) / total;
}
