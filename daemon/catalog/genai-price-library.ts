// Reads @pydantic/genai-prices as a table of prices. Only its data is used: its own matching goes by prefix and regular
// expression, which would give an unknown model the price of a similar one. Imported lazily by price-book.ts.

import {
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
  type TieredPrices,
} from '@pydantic/genai-prices';
import { KNOWN_PROVIDERS } from './known-providers.ts';
import type { Pricing } from './model-target.ts';
import type { BilledModel, PriceLibrary } from './price-book.ts';
import { type PriceRow, pricingOf } from './price-row.ts';

/** The version in package.json and the day its data was made; a test holds the two together. */
export const LIBRARY_VERSION = '0.1.8';
export const LIBRARY_AS_OF = '2026-09-23';

const SOURCE = `@pydantic/genai-prices ${LIBRARY_VERSION}`;

/** Resellers list other vendors' models at their own prices, so they never stand in for a vendor. */
const RESELLERS: readonly string[] = ['openrouter', 'groq'];

type ConditionalPrices = Extract<ModelInfo['prices'], readonly unknown[]>;

export function createGenaiPriceLibrary(): PriceLibrary {
  return {
    find(model, libraryId, atMs) {
      for (const id of providersToAsk(model, libraryId)) {
        const info = findProvider({ providerId: id })?.models.find((entry) =>
          isExactly(entry, model.upstreamModel),
        );
        if (info !== undefined) return pricingOfEntry(info.prices, atMs);
      }
      return null;
    },
  };
}

/** The price of one entry of the library at a point in time; null when our `Pricing` cannot express it. */
export function pricingOfEntry(prices: ModelInfo['prices'], atMs: number): Pricing | null {
  if (!Array.isArray(prices)) return complete(rowOf(prices), undefined);
  const base = prices.findLast(({ constraint }) =>
    constraint === undefined
      ? true
      : constraint.type === 'start_date' && Date.parse(`${constraint.start_date}T00:00:00Z`) <= atMs,
  );
  if (base === undefined) return null;
  const row = rowOf(base.prices);
  const windows = prices.filter(({ constraint }) => constraint?.type === 'time_of_date');
  if (row === null || windows.length === 0) return complete(row, undefined);
  const peak = peakOf(row, windows);
  return peak === null ? null : complete(row, peak);
}

/** True when the entry names `upstreamModel` itself: as its id, or by an `equals` that alone is enough. */
export function isExactly(entry: Pick<ModelInfo, 'id' | 'match'>, upstreamModel: string): boolean {
  return entry.id === upstreamModel || hasEquals(entry.match, upstreamModel);
}

function hasEquals(match: MatchLogic, name: string): boolean {
  if ('equals' in match) return match.equals === name;
  return 'or' in match && match.or.some((part) => hasEquals(part, name));
}

function providersToAsk(model: BilledModel, libraryId: string | null): readonly string[] {
  if (libraryId !== null) return [libraryId];
  const byAddress = findProvider({ providerApiUrl: model.baseUrl })?.id;
  if (byAddress !== undefined) return [byAddress];
  const vendors = KNOWN_PROVIDERS.map((known) => known.priceLibraryId).filter((id) => id !== null);
  return vendors.filter((id) => !RESELLERS.includes(id));
}

function complete(row: PriceRow | null, peak: Pricing['peak']): Pricing | null {
  if (row === null) return null;
  return pricingOf({ ...row, ...(peak === undefined ? {} : { peak }), source: SOURCE, asOf: LIBRARY_AS_OF });
}

/** null without an input and an output price (speech, images), and with more than one long-context tier. */
function rowOf(price: ModelPrice): PriceRow | null {
  const input = splitTier(price['input_mtok']);
  const output = splitTier(price['output_mtok']);
  const read = splitTier(price['cache_read_mtok']);
  if (input === null || output === null || input.base === undefined || output.base === undefined) return null;
  if (read === null) return null;
  const write = splitTier(price['cache_write_mtok'])?.base;
  const write1h = splitTier(price['cache_write_1h_mtok'])?.base;
  const reasoning = splitTier(price['output_reasoning_mtok'])?.base;
  const aboveTokens = input.above ?? output.above;
  return {
    inputUsdPerMtok: input.base,
    outputUsdPerMtok: output.base,
    ...(read.base === undefined ? {} : { cacheReadUsdPerMtok: read.base }),
    ...(write === undefined ? {} : { cacheWriteUsdPerMtok: write }),
    ...(write1h === undefined ? {} : { cacheWrite1hUsdPerMtok: write1h }),
    ...(reasoning === undefined ? {} : { reasoningOutputUsdPerMtok: reasoning }),
    ...(aboveTokens === undefined
      ? {}
      : {
          longContext: {
            aboveTokens,
            inputUsdPerMtok: input.long ?? input.base,
            outputUsdPerMtok: output.long ?? output.base,
            cacheReadUsdPerMtok: read.long ?? read.base ?? input.long ?? input.base,
          },
        }),
  };
}

interface SplitPrice {
  readonly base: number | undefined;
  readonly above?: number;
  readonly long?: number;
}

function splitTier(price: number | TieredPrices | undefined): SplitPrice | null {
  if (price === undefined || typeof price === 'number') return { base: price };
  const [tier, ...more] = price.tiers;
  if (more.length > 0) return null;
  return tier === undefined
    ? { base: price.base }
    : { base: price.base, above: tier.start, long: tier.price };
}

/** Windows of the day become a peak only if all of them multiply every price by the same factor. */
function peakOf(row: PriceRow, windows: ConditionalPrices): NonNullable<Pricing['peak']> | null {
  let multiplier: number | null = null;
  const hoursUtc: (readonly [number, number])[] = [];
  for (const { constraint, prices } of windows) {
    const inWindow = rowOf(prices);
    if (constraint?.type !== 'time_of_date' || inWindow === null) return null;
    for (const [dear, cheap] of [
      [inWindow.inputUsdPerMtok, row.inputUsdPerMtok],
      [inWindow.outputUsdPerMtok, row.outputUsdPerMtok],
      [inWindow.cacheReadUsdPerMtok ?? 0, row.cacheReadUsdPerMtok ?? 0],
    ] as const) {
      if (dear === 0 && cheap === 0) continue;
      const factor = dear / cheap;
      multiplier ??= factor;
      if (Math.abs(factor - multiplier) > 1e-6) return null;
    }
    hoursUtc.push([hourOf(constraint.start_time), hourOf(constraint.end_time)]);
  }
  // The library has no weekdays: it bills peak prices all week, which is never too low.
  return multiplier === null ? null : { multiplier, hoursUtc, weekdays: [0, 1, 2, 3, 4, 5, 6] };
}

/** `06:30:00Z` -> 6.5 */
function hourOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) + Number(minutes) / 60;
}
