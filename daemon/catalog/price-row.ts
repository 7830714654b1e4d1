// A price as it is written (by the user or in our overlay) and how it becomes complete.

import type { Pricing, PromptCacheRule } from './model-target.ts';

/**
 * USD per million tokens, or another currency where the row names one. What is left out has a rule, see `pricingOf`; an
 * explicit 0 is a price.
 */
export interface PriceRow {
  readonly inputUsdPerMtok: number;
  readonly outputUsdPerMtok: number;
  readonly cacheReadUsdPerMtok?: number;
  readonly cacheWriteUsdPerMtok?: number;
  readonly cacheWrite1hUsdPerMtok?: number;
  readonly reasoningOutputUsdPerMtok?: number;
  readonly longContext?: NonNullable<Pricing['longContext']>;
  readonly peak?: NonNullable<Pricing['peak']>;
  /** Three letters; absent = USD. Needs `usdPerUnit`, without which the row prices nothing. */
  readonly currency?: string;
  /** US dollars for one unit of `currency`, as they stood on the day of `asOf`. */
  readonly usdPerUnit?: number;
  readonly source?: string;
  readonly asOf?: string;
}

/** A row of price-overlay.json: what one model costs, and how its prompt cache and tokenizer count. */
export interface OverlayRow extends PriceRow {
  /** Name in known-providers.json of whoever sends the bill. */
  readonly provider: string;
  /** The provider's own name for the model. */
  readonly id: string;
  /** Other exact names that are billed alike. */
  readonly aliases?: readonly string[];
  /** Announced changes: from that day (UTC) on these fields replace those above. Oldest first. */
  readonly changes?: readonly (Partial<PriceRow> & { readonly from: string })[];
  readonly promptCache: PromptCacheRule;
  readonly tokenizerFactor: number;
  readonly source: string;
  readonly asOf: string;
  readonly note?: string;
}

/** The prices that a row states, in US dollars; null when it states them in another currency and not at what rate. */
export function pricingInUsd(row: PriceRow): Pricing | null {
  const { currency, usdPerUnit, ...prices } = row;
  if (currency === undefined || currency === 'USD') return pricingOf(prices);
  return usdPerUnit === undefined ? null : pricingOf(convert(prices, currency, usdPerUnit));
}

/** The source says that the prices are converted: they are as old as the older of price and rate. */
function convert(row: PriceRow, currency: string, usdPerUnit: number): PriceRow {
  const converted = inDollars(row, usdPerUnit);
  const source = `${row.source ?? 'configuration'}, ${usdPerUnit} USD per ${currency}`;
  if (row.longContext === undefined) return { ...converted, source };
  return { ...converted, longContext: inDollars(row.longContext, usdPerUnit), source };
}

/** Every `…UsdPerMtok` of a row times the rate. */
function inDollars<Row extends object>(row: Row, usdPerUnit: number): Row {
  const fields = Object.entries(row).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'number' && name.endsWith('UsdPerMtok') ? value * usdPerUnit : value,
  ]);
  return Object.fromEntries(fields) as Row;
}

/**
 * Fills in what a row leaves out: cached tokens at the input price, one-hour writes at the write price. The row is in
 * US dollars; `pricingInUsd` takes others.
 */
export function pricingOf(row: PriceRow): Pricing {
  const cacheWriteUsdPerMtok = row.cacheWriteUsdPerMtok ?? row.inputUsdPerMtok;
  return {
    inputUsdPerMtok: row.inputUsdPerMtok,
    outputUsdPerMtok: row.outputUsdPerMtok,
    cacheReadUsdPerMtok: row.cacheReadUsdPerMtok ?? row.inputUsdPerMtok,
    cacheWriteUsdPerMtok,
    cacheWrite1hUsdPerMtok: row.cacheWrite1hUsdPerMtok ?? cacheWriteUsdPerMtok,
    ...(row.reasoningOutputUsdPerMtok === undefined
      ? {}
      : { reasoningOutputUsdPerMtok: row.reasoningOutputUsdPerMtok }),
    ...(row.longContext === undefined ? {} : { longContext: row.longContext }),
    ...(row.peak === undefined ? {} : { peak: row.peak }),
    source: row.source ?? 'configuration',
    asOf: row.asOf ?? '',
  };
}

/** The row as it stands at `atMs`: announced changes that have come into force are applied. */
export function rowAt(row: OverlayRow, atMs: number): OverlayRow {
  let current = row;
  for (const { from, ...fields } of row.changes ?? []) {
    if (startOf(from) <= atMs) current = { ...current, ...fields };
  }
  return current;
}

/** What the row costs at `atMs` and, so that a daemon that runs for weeks changes with it, from which day on what else. */
export function pricingFrom(row: OverlayRow, atMs: number): Pricing | null {
  const pricing = pricingInUsd(rowAt(row, atMs));
  if (pricing === null) return null;
  const later = (row.changes ?? []).flatMap(({ from }) => {
    const fromMs = startOf(from);
    const changed = fromMs > atMs ? pricingInUsd(rowAt(row, fromMs)) : null;
    return changed === null ? [] : [{ fromMs, pricing: changed }];
  });
  return later.length === 0 ? pricing : { ...pricing, later };
}

function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}
