// Compares our price list with others, and says which of our rows are old: `node test/prices/check-prices.ts [FILE…]`.
// Run by hand before a release, offline; a FILE is a list that somebody fetched (see price-sources.ts). Disagreement is
// for a person to judge. Exits 1 only when a model of the default tables has no price or one older than 30 days.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { alignRows } from '../../daemon/cli/table.ts';
import { DEFAULT_MODELS } from '../../daemon/catalog/default-models.ts';
import { isStale, priceAgeDays } from '../../daemon/catalog/price-age.ts';
import { OVERLAY_ROWS, OVERLAY_VERSION } from '../../daemon/catalog/price-book.ts';
import { type OverlayRow, rowAt } from '../../daemon/catalog/price-row.ts';
import type { JsonValue } from '../../daemon/util/json.ts';
import { bundledLibrary, listFromFile, type ListedPrice, type PriceSource } from './price-sources.ts';

export interface Disagreement {
  readonly model: string;
  readonly field: keyof ListedPrice;
  readonly ours: number;
  readonly theirs: number;
  /** Theirs divided by ours; null where ours is 0. */
  readonly ratio: number | null;
  readonly source: string;
  /** Theirs is our price at peak hours. */
  readonly isOurPeak: boolean;
}

/** Every field in which a source has another price than we have at `atMs`. */
export function disagreements(
  rows: readonly OverlayRow[],
  sources: readonly PriceSource[],
  atMs: number,
): readonly Disagreement[] {
  return rows.flatMap((row) => {
    const ours = listed(rowAt(row, atMs));
    return sources.flatMap((source) => {
      const theirs = source.find(row, atMs);
      return theirs === undefined ? [] : differences(row, ours, theirs, source.name);
    });
  });
}

const FIELDS = ['input', 'output', 'cacheRead', 'cacheWrite'] as const;

function differences(
  row: OverlayRow,
  ours: ListedPrice,
  theirs: ListedPrice,
  source: string,
): readonly Disagreement[] {
  return FIELDS.flatMap((field) => {
    const [own, other] = [ours[field], theirs[field]];
    if (own === undefined || other === undefined || isSame(own, other)) return [];
    return {
      model: `${row.provider} ${row.id}`,
      field,
      ours: own,
      theirs: other,
      ratio: own === 0 ? null : other / own,
      source,
      isOurPeak: row.peak !== undefined && isSame(own * row.peak.multiplier, other),
    };
  });
}

function listed(row: OverlayRow): ListedPrice {
  const { inputUsdPerMtok, outputUsdPerMtok, cacheReadUsdPerMtok, cacheWriteUsdPerMtok } = row;
  return {
    input: inputUsdPerMtok,
    output: outputUsdPerMtok,
    cacheRead: cacheReadUsdPerMtok ?? inputUsdPerMtok,
    cacheWrite: cacheWriteUsdPerMtok ?? inputUsdPerMtok,
  };
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(a, b);
}

export interface OldRow {
  readonly model: string;
  readonly asOf: string;
  readonly ageDays: number | null;
  readonly source: string;
  readonly isDefault: boolean;
}

/** Rows older than 30 days, those of the default tables first. */
export function oldRows(
  rows: readonly OverlayRow[],
  defaults: readonly string[],
  atMs: number,
): readonly OldRow[] {
  const old = rows.filter(({ asOf }) => isStale(asOf, atMs));
  return old
    .map((row) => ({
      model: `${row.provider} ${row.id}`,
      asOf: row.asOf,
      ageDays: priceAgeDays(row.asOf, atMs),
      source: row.source,
      isDefault: namesOf(row).some((name) => defaults.includes(name)),
    }))
    .toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault) || a.asOf.localeCompare(b.asOf));
}

/** Models of the default tables that no row prices. */
export function missingRows(rows: readonly OverlayRow[], defaults: readonly string[]): readonly string[] {
  const priced = new Set(rows.flatMap(namesOf));
  return defaults.filter((name) => !priced.has(name));
}

function namesOf(row: OverlayRow): readonly string[] {
  return [row.id, ...(row.aliases ?? [])].map((name) => `${row.provider} ${name}`);
}

/** The report and whether prices of the default tables are fit to ship. */
export function report(
  sources: readonly PriceSource[],
  atMs: number,
): { lines: readonly string[]; isFit: boolean } {
  const defaults = DEFAULT_MODELS.map(({ provider, upstreamModel }) => `${provider} ${upstreamModel}`);
  const differing = disagreements(OVERLAY_ROWS, sources, atMs);
  const old = oldRows(OVERLAY_ROWS, defaults, atMs);
  const missing = missingRows(OVERLAY_ROWS, defaults);
  const oldDefaults = old.filter(({ isDefault }) => isDefault).length;
  const lines = [
    `Our list of ${OVERLAY_VERSION}: ${OVERLAY_ROWS.length} rows, ${defaults.length} models in the default tables.`,
    `Compared with: ${sources.map(({ name }) => name).join(', ')}.`,
    '',
    ...section('Fields that differ (USD per million tokens; theirs / ours)', differing.map(differenceCells)),
    ...section('Rows older than 30 days', old.map(oldCells)),
    ...section(
      'Default models without a price',
      missing.map((name) => [name]),
    ),
    `${differing.length} fields differ, ${old.length} rows are old, ${oldDefaults} of them default; ${missing.length} default models have no price.`,
  ];
  return { lines, isFit: oldDefaults === 0 && missing.length === 0 };
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [`${title}: none`, ''] : [`${title}:`, ...alignRows(rows), ''];
}

function differenceCells({
  model,
  field,
  ours,
  theirs,
  ratio,
  source,
  isOurPeak,
}: Disagreement): readonly string[] {
  const note = isOurPeak ? 'our peak price' : '';
  const times = ratio === null ? 'ours is 0' : `${ratio.toFixed(2)}x`;
  return [model, field, String(ours), round(theirs), times, source, note];
}

function oldCells({ model, asOf, ageDays, source, isDefault }: OldRow): readonly string[] {
  return [isDefault ? 'DEFAULT' : '', model, asOf, `${ageDays ?? '?'} days`, source];
}

/** Prices per token times a million carry dust. */
function round(usdPerMtok: number): string {
  return String(Number(usdPerMtok.toPrecision(10)));
}

function main(): void {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { at: { type: 'string' } } });
  const atMs = values.at === undefined ? Date.now() : Date.parse(values.at);
  if (Number.isNaN(atMs)) return fail(`--at takes a day such as 2026-11-21, not "${values.at}"`);
  const sources = [bundledLibrary()];
  for (const file of positionals) {
    const list = readList(file);
    if (list === null)
      return fail(`${file} is no price list in a shape that is known; see test/prices/price-sources.ts`);
    sources.push(list);
  }
  const { lines, isFit } = report(sources, atMs);
  console.log(lines.join('\n'));
  process.exitCode = isFit ? 0 : 1;
}

function readList(file: string): PriceSource | null {
  try {
    return listFromFile(path.basename(file, '.json'), JSON.parse(readFileSync(file, 'utf8')) as JsonValue);
  } catch {
    return null;
  }
}

function fail(sentence: string): void {
  console.error(sentence);
  process.exitCode = 2;
}

if (import.meta.main) main();
