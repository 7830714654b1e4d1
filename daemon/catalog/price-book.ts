// What a model costs, by exact name. Layers, later wins: the price library <- our dated overlay <- the user's `price`
// (applied in build-catalog.ts). A name nobody has is unpriced: never a guess from a similar name, never 0.

import type { Billing } from '../protocol/vocabulary.ts';
import type { Pricing, PromptCacheRule } from './model-target.ts';
import { KNOWN_PROVIDERS } from './known-providers.ts';
import overlay from './price-overlay.json' with { type: 'json' };
import { type OverlayRow, pricingFrom } from './price-row.ts';

/** A model at a provider, by the names the provider uses. */
export interface BilledModel {
  readonly upstreamModel: string;
  readonly provider: string;
  readonly baseUrl: string;
  readonly billing: Billing;
  /** The user gave a price; only the rest is asked for. */
  readonly hasOwnPrice?: boolean;
}

/** null = not known. */
export interface ModelBilling {
  readonly price: Pricing | null;
  readonly promptCache: PromptCacheRule | null;
  /** Tokens of the model per token of the o200k tokenizer. */
  readonly tokenizerFactor: number | null;
}

export interface PriceBook {
  lookup(model: BilledModel, atMs: number): Promise<ModelBilling>;
}

/** The third-party price list; see genai-price-library.ts. */
export interface PriceLibrary {
  find(model: BilledModel, libraryId: string | null, atMs: number): Pricing | null;
}

export const OVERLAY_ROWS = overlay.rows as readonly unknown[] as readonly OverlayRow[];

/** The day on which the overlay as a whole was last gone through. */
export const OVERLAY_VERSION = overlay.version;

const UNKNOWN: ModelBilling = { price: null, promptCache: null, tokenizerFactor: null };

/** `loadLibrary` is called at most once, and only when a model is not in the overlay: it costs 0.5 MB of code. */
export function createPriceBook(options?: {
  readonly rows?: readonly OverlayRow[];
  readonly loadLibrary?: () => Promise<PriceLibrary>;
}): PriceBook {
  const index = indexRows(options?.rows ?? OVERLAY_ROWS);
  const loadLibrary = options?.loadLibrary ?? importLibrary;
  let library: Promise<PriceLibrary> | null = null;
  return {
    async lookup(model, atMs) {
      const row = index.get(keyOf(model.provider, model.upstreamModel)) ?? index.get(model.upstreamModel);
      if (row !== undefined) return billingOf(row, atMs);
      // The library knows prices and nothing else, and is not worth loading for one that nobody is billed by.
      if (model.billing !== 'metered' || model.hasOwnPrice === true) return UNKNOWN;
      library ??= loadLibrary();
      const libraryId =
        KNOWN_PROVIDERS.find((known) => known.name === model.provider)?.priceLibraryId ?? null;
      const price = (await library).find(model, libraryId, atMs);
      return price === null ? UNKNOWN : { ...UNKNOWN, price };
    },
  };
}

async function importLibrary(): Promise<PriceLibrary> {
  const { createGenaiPriceLibrary } = await import('./genai-price-library.ts');
  return createGenaiPriceLibrary();
}

function billingOf(row: OverlayRow, atMs: number): ModelBilling {
  const { promptCache, tokenizerFactor } = row;
  return { price: pricingFrom(row, atMs), promptCache, tokenizerFactor };
}

/** By provider and name, and by name alone (first row wins) for models behind a provider of another name. */
function indexRows(rows: readonly OverlayRow[]): ReadonlyMap<string, OverlayRow> {
  const index = new Map<string, OverlayRow>();
  for (const row of rows) {
    for (const id of [row.id, ...(row.aliases ?? [])]) {
      index.set(keyOf(row.provider, id), row);
      if (!index.has(id)) index.set(id, row);
    }
  }
  return index;
}

/** A space cannot stand in either name. */
function keyOf(provider: string, upstreamModel: string): string {
  return `${provider} ${upstreamModel}`;
}
