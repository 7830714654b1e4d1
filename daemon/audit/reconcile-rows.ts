// One row of a reconciliation: what the invoice and the books say of one model on one day, and why they differ.

import type { Invoice, InvoiceCell } from './invoice.ts';
import type { BookCell, Books } from './reconcile-books.ts';
import type { ModelNames } from './reconcile-names.ts';
import { addKnown, differenceOf, tokensOf, type Difference } from './reconcile-sums.ts';

/** `price`: the tokens agree, the amounts do not. `usage`: the tokens differ. `amount`: the export has no tokens. */
export type DifferenceCause = 'price' | 'usage' | 'amount' | 'only-on-invoice' | 'only-in-books' | 'unpriced';

export interface InvoiceSide {
  readonly inputTokens: number | null;
  readonly cachedInputTokens: number | null;
  readonly outputTokens: number | null;
  readonly requests: number | null;
  /** null = the export has no amount, or one in a currency without a rate. */
  readonly usd: number | null;
  /** As the provider wrote them, by currency. */
  readonly amounts: Readonly<Record<string, number>>;
  /** By how much rounding in the export's rows may move the amount. */
  readonly roundingUsd: number;
}

export interface BooksSide {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly attempts: number;
  readonly failedAttempts: number;
  /** null = some of it has no price. */
  readonly usd: number | null;
  /** The part of `usd` that classifier calls cost; their tokens are not in the books. */
  readonly classifierUsd: number;
  readonly unpricedAttempts: number;
  readonly estimatedAttempts: number;
  readonly possiblyBilledAttempts: number;
  readonly priceSources: readonly string[];
}

export interface ReconciledRow extends Difference {
  readonly day: string;
  readonly model: string;
  readonly invoice: InvoiceSide | null;
  readonly books: BooksSide | null;
  /** False on a day of which the export has tokens but no amounts: its costs are in a file that was not given. */
  readonly isCosted: boolean;
  /** null = they agree within the tolerance. */
  readonly cause: DifferenceCause | null;
}

export interface ReconcileOptions {
  /** 0.02 = two percent. */
  readonly toleranceRatio: number;
  /** USD for one unit of a currency. */
  readonly usdPer: ReadonlyMap<string, number>;
}

/** The last bits of sums in another order. */
export const NOISE_USD = 1e-9;
const NOT_SPLIT = '(all models)';
const NO_MODEL = '(no model named)';

/** By day, then by model. */
export function reconciledRows(
  invoice: Invoice,
  books: Books,
  names: ModelNames,
  options: ReconcileOptions,
): readonly ReconciledRow[] {
  const isSplit = invoice.cells.some(({ model }) => model !== null);
  const daysOfInvoice = new Set(invoice.cells.map(({ day }) => day));
  const daysWithAmounts = new Set(
    invoice.cells.filter(({ amounts }) => amounts.size > 0).map(({ day }) => day),
  );
  return pairCells(invoice, books, isSplit ? names : null)
    .map((pair) => rowOf(pair, daysWithAmounts.has(pair.day) || !daysOfInvoice.has(pair.day), options))
    .filter(({ invoice, books }) => books !== null || !isNothing(invoice))
    .sort((a, b) => (`${a.day} ${a.model}` < `${b.day} ${b.model}` ? -1 : 1));
}

interface Pair {
  readonly day: string;
  readonly invoiceNames: Set<string>;
  readonly invoice: InvoiceCell[];
  readonly books: BookCell[];
}

/** `names` null: the invoice is not split by model, so neither are the books. */
function pairCells(invoice: Invoice, books: Books, names: ModelNames | null): readonly Pair[] {
  const pairs = new Map<string, Pair>();
  const pairOf = (day: string, key: string): Pair => {
    const id = `${day} ${key}`;
    let pair = pairs.get(id);
    if (pair === undefined) {
      pair = { day, invoiceNames: new Set(), invoice: [], books: [] };
      pairs.set(id, pair);
    }
    return pair;
  };
  for (const cell of invoice.cells) {
    const name = cell.model ?? (names === null ? NOT_SPLIT : NO_MODEL);
    const pair = pairOf(cell.day, names === null || cell.model === null ? name : names.keyOf(cell.model));
    pair.invoiceNames.add(name);
    pair.invoice.push(cell);
  }
  for (const cell of books.cells) pairOf(cell.day, names === null ? NOT_SPLIT : cell.key).books.push(cell);
  return [...pairs.values()];
}

function isNothing(side: InvoiceSide | null): boolean {
  const counts = [
    side?.inputTokens,
    side?.outputTokens,
    side?.requests,
    ...Object.values(side?.amounts ?? {}),
  ];
  return counts.every((count) => (count ?? 0) === 0);
}

function rowOf(
  { day, invoiceNames, invoice, books }: Pair,
  isCosted: boolean,
  options: ReconcileOptions,
): ReconciledRow {
  const invoiceSide = invoice.length === 0 ? null : invoiceSideOf(invoice, isCosted, options);
  const booksSide = books.length === 0 ? null : booksSideOf(books);
  // The books' names are the ones that the user configured.
  const bookNames = books.flatMap(({ names }) => [...names]);
  const named = invoiceNames.has(NOT_SPLIT) || bookNames.length === 0 ? [...invoiceNames] : bookNames;
  const difference = differenceOf(
    { usd: invoiceSide?.usd ?? null, tokens: invoiceSide === null ? null : tokensOf(invoiceSide) },
    { usd: booksSide?.usd ?? null, tokens: booksSide === null ? null : tokensOf(booksSide) },
  );
  return {
    day,
    model: [...new Set(named)].sort().join(' + '),
    invoice: invoiceSide,
    books: booksSide,
    ...difference,
    isCosted,
    cause: causeOf(invoiceSide, booksSide, difference, options.toleranceRatio),
  };
}

function causeOf(
  invoice: InvoiceSide | null,
  books: BooksSide | null,
  { differenceUsd, errorRatio }: Difference,
  toleranceRatio: number,
): DifferenceCause | null {
  if (books === null) return 'only-on-invoice';
  if (invoice === null) return 'only-in-books';
  if (books.usd === null) return 'unpriced';
  const usage = doesUsageDiffer(invoice, books, toleranceRatio);
  if (invoice.usd === null) return usage === true ? 'usage' : null;
  const isRounding = differenceUsd !== null && Math.abs(differenceUsd) <= invoice.roundingUsd + NOISE_USD;
  if (isRounding || (errorRatio !== null && Math.abs(errorRatio) <= toleranceRatio)) return null;
  if (usage === null) return 'amount';
  return usage ? 'usage' : 'price';
}

/** Each kind by itself: cached tokens that we took for fresh ones leave the sum as it is. null = not counted. */
function doesUsageDiffer(invoice: InvoiceSide, books: BooksSide, toleranceRatio: number): boolean | null {
  const parts = [
    [invoice.inputTokens, books.inputTokens, invoice.inputTokens],
    [invoice.cachedInputTokens, books.cachedInputTokens, invoice.inputTokens],
    [invoice.outputTokens, books.outputTokens, invoice.outputTokens],
  ] as const;
  const known = parts.filter(([theirs]) => theirs !== null);
  if (known.length === 0) return null;
  return known.some(([theirs, ours, of]) => Math.abs(ours - (theirs ?? 0)) > toleranceRatio * (of ?? 0));
}

/** Where a day has amounts, a model without one was not charged for. */
function invoiceSideOf(
  cells: readonly InvoiceCell[],
  isCostedDay: boolean,
  { usdPer }: ReconcileOptions,
): InvoiceSide {
  const amounts = new Map<string, number>();
  for (const cell of cells) {
    for (const [currency, amount] of cell.amounts) {
      amounts.set(currency, (amounts.get(currency) ?? 0) + amount);
    }
  }
  let usd: number | null = isCostedDay ? 0 : null;
  for (const [currency, amount] of amounts) {
    const rate = currency === 'USD' ? 1 : usdPer.get(currency);
    usd = rate === undefined || usd === null ? null : usd + amount * rate;
  }
  const sum = (of: (cell: InvoiceCell) => number | null): number | null =>
    cells.reduce<number | null>((total, cell) => addKnown(total, of(cell)), null);
  return {
    inputTokens: sum(({ inputTokens }) => inputTokens),
    cachedInputTokens: sum(({ cachedInputTokens }) => cachedInputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    requests: sum(({ requests }) => requests),
    usd,
    amounts: Object.fromEntries(amounts),
    roundingUsd: Math.sqrt(cells.reduce((total, cell) => total + cell.roundingVariance, 0)),
  };
}

function booksSideOf(cells: readonly BookCell[]): BooksSide {
  const sum = (of: (cell: BookCell) => number): number => cells.reduce((total, cell) => total + of(cell), 0);
  const unpricedAttempts = sum((cell) => cell.unpricedAttempts);
  return {
    inputTokens: sum((cell) => cell.inputTokens),
    cachedInputTokens: sum((cell) => cell.cachedInputTokens),
    outputTokens: sum((cell) => cell.outputTokens),
    attempts: sum((cell) => cell.attempts),
    failedAttempts: sum((cell) => cell.failedAttempts),
    usd: unpricedAttempts > 0 ? null : sum((cell) => cell.knownUsd),
    classifierUsd: sum((cell) => cell.classifierUsd),
    unpricedAttempts,
    estimatedAttempts: sum((cell) => cell.estimatedAttempts),
    possiblyBilledAttempts: sum((cell) => cell.possiblyBilledAttempts),
    priceSources: [...new Set(cells.flatMap(({ priceSources }) => [...priceSources]))].sort(),
  };
}
