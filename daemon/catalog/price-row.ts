// A price as it is written (by the user or in our overlay) and how it becomes complete.

import type { Pricing, PromptCacheRule } from './model-target.ts';

/** USD per million tokens. What is left out has a rule, see `pricingOf`; an explicit 0 is a price. */
export interface PriceRow {
  readonly inputUsdPerMtok: number;
  readonly outputUsdPerMtok: number;
  readonly cacheReadUsdPerMtok?: number;
  readonly cacheWriteUsdPerMtok?: number;
  readonly cacheWrite1hUsdPerMtok?: number;
  readonly reasoningOutputUsdPerMtok?: number;
  readonly longContext?: NonNullable<Pricing['longContext']>;
  readonly peak?: NonNullable<Pricing['peak']>;
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

/** Fills in what a row leaves out: cached tokens at the input price, one-hour writes at the write price. */
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
    if (Date.parse(`${from}T00:00:00Z`) <= atMs) current = { ...current, ...fields };
  }
  return current;
}
