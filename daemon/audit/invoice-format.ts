// Which usage exports of providers are known: their columns (data: invoice-formats.json, each with source and date) and
// the search for the one that a table is. Recognised by the columns, never by the name of the file.

import formats from './invoice-formats.json' with { type: 'json' };

/** A table as it was read, before anything is known of its meaning. */
export interface TableColumn {
  /** Lower case, without the unit behind it. */
  readonly name: string;
  /** What stood behind the name in parentheses, lower case: `$` of `Cost ($)`. */
  readonly unit: string | null;
}

export interface InvoiceFormat {
  readonly id: string;
  readonly title: string;
  /** Names of known-providers.json who send this bill; empty = any. */
  readonly providers: readonly string[];
  /** One name of each list must be there. */
  readonly requires: readonly (readonly string[])[];
  readonly day: readonly string[];
  /** Where it differs from the day, the row covers several days. */
  readonly lastDay?: readonly string[];
  /** Whose midnight ends a day: a time zone, or `of-timestamps`: the offset that the times carry, else UTC. */
  readonly dayZone: string;
  readonly model: readonly string[];
  /** `line-item`: before the comma; `sku`: hidden in a description. Absent = the name itself. */
  readonly modelForm?: 'line-item' | 'sku';
  readonly providerColumn?: readonly string[];
  /** The first that is there. */
  readonly amount?: readonly string[];
  /** 0.01 = amounts are in cents. */
  readonly amountScale?: number;
  /** Amounts are rounded to multiples of this in each row. */
  readonly amountStep?: number;
  /** Where no column and no header says it; absent = not known. */
  readonly currency?: string;
  readonly currencyColumn?: readonly string[];
  readonly currencyOfHeader?: boolean;
  readonly tokens?: {
    readonly input?: readonly string[];
    readonly cached?: readonly string[];
    readonly output?: readonly string[];
    readonly requests?: readonly string[];
  };
  /** The names under `tokens` are spellings of one column; else they are added up. */
  readonly tokensAreOneColumn?: boolean;
  readonly long?: LongForm;
  /** Rows that name none of these words are of other services. */
  readonly only?: { readonly columns: readonly string[]; readonly words: readonly string[] };
  /** Id of the format that has the amounts, where both are given. */
  readonly amountsIn?: string;
  /** Where the columns were looked up, and when. */
  readonly source: string;
  readonly asOf: string;
  readonly note?: string;
}

/** One row per kind of quantity. The first kind of which the kind column contains a word wins, in the order below. */
export interface LongForm {
  readonly kindColumn: string;
  readonly quantityColumn: string;
  readonly priceColumn?: string;
  /** Quantities in other units are no tokens. */
  readonly unitColumn?: string;
  readonly unit?: string;
  /** Quantities of these kinds are no tokens of a request. */
  readonly none?: readonly string[];
  readonly cached: readonly string[];
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly requests?: readonly string[];
}

export const INVOICE_FORMATS = formats.formats as readonly unknown[] as readonly InvoiceFormat[];

const CURRENCY_OF_SYMBOL: ReadonlyMap<string, string> = new Map(Object.entries(formats.currencySymbols));

export function currencyOfSymbol(symbol: string): string | null {
  const known = CURRENCY_OF_SYMBOL.get(symbol);
  if (known !== undefined) return known;
  return /^[a-z]{3}$/u.test(symbol) ? symbol.toUpperCase() : null;
}

/** `Cost ($)` -> name `cost`, unit `$`. */
export function tableColumn(header: string): TableColumn {
  const text = header.trim().toLowerCase();
  const open = text.endsWith(')') ? text.lastIndexOf('(') : -1;
  if (open <= 0) return { name: text, unit: null };
  return { name: text.slice(0, open).trim(), unit: text.slice(open + 1, -1).trim() };
}

/** null = none that is known. */
export function recogniseFormat(columns: readonly TableColumn[]): InvoiceFormat | null {
  const names = new Set(columns.map(({ name }) => name));
  const fits = ({ requires }: InvoiceFormat): boolean =>
    requires.every((spellings) => spellings.some((name) => names.has(name)));
  return INVOICE_FORMATS.find(fits) ?? null;
}

/** What to say to somebody whose file is none of these. */
export const EXPECTED_FORMATS =
  'expected the usage or cost export of Anthropic, OpenAI, OpenRouter, DeepSeek or Google Cloud as it was downloaded, or any table with columns named date, model and cost (or input_tokens and output_tokens)';

/** The format that lacks the least of its columns and has most of them; null = none comes near. */
export function nearestFormat(
  columns: readonly TableColumn[],
): { readonly title: string; readonly missing: readonly string[] } | null {
  const names = new Set(columns.map(({ name }) => name));
  let nearest: { readonly title: string; readonly missing: readonly string[] } | null = null;
  for (const { title, requires, providers } of INVOICE_FORMATS) {
    const lacking = requires.filter((spellings) => !spellings.some((name) => names.has(name)));
    const isNear = providers.length > 0 && lacking.length * 2 <= requires.length;
    if (isNear && lacking.length < (nearest?.missing.length ?? Infinity)) {
      nearest = { title, missing: lacking.map(([name]) => name ?? '') };
    }
  }
  return nearest;
}
