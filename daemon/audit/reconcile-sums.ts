// Sums of reconciled rows and how far two sides are apart. What one side does not know is unknown, never 0.

import type { ReconciledRow } from './reconcile-rows.ts';

/** Books minus invoice, absolute and as a share of the invoice; null = one side is not known, or the share is of 0. */
export interface Difference {
  readonly differenceUsd: number | null;
  readonly errorRatio: number | null;
  /** Of input and output tokens together. */
  readonly tokenErrorRatio: number | null;
}

export interface ReconciledSum extends Difference {
  /** Day or model; empty for the sum of all. */
  readonly key: string;
  readonly invoiceUsd: number | null;
  readonly booksUsd: number | null;
  readonly invoiceTokens: number | null;
  readonly booksTokens: number | null;
}

export interface Figures {
  readonly usd: number | null;
  readonly tokens: number | null;
}

export function differenceOf(invoice: Figures, books: Figures): Difference {
  const differenceUsd = invoice.usd === null || books.usd === null ? null : books.usd - invoice.usd;
  return {
    differenceUsd,
    errorRatio: ratioOf(differenceUsd, invoice.usd),
    tokenErrorRatio: ratioOf(
      invoice.tokens === null || books.tokens === null ? null : books.tokens - invoice.tokens,
      invoice.tokens,
    ),
  };
}

function ratioOf(difference: number | null, of: number | null): number | null {
  if (difference === null || of === null) return null;
  if (of === 0) return difference === 0 ? 0 : null;
  return difference / of;
}

/** null where the export counts neither. */
export function tokensOf(side: {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}): number | null {
  const { inputTokens, outputTokens } = side;
  if (inputTokens === null && outputTokens === null) return null;
  return (inputTokens ?? 0) + (outputTokens ?? 0);
}

export function sumsBy(
  rows: readonly ReconciledRow[],
  keyOf: (row: ReconciledRow) => string,
): readonly ReconciledSum[] {
  const groups = new Map<string, ReconciledRow[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return [...groups].map(([key, group]) => sumOf(key, group)).sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** A side that has a row without a price, or an amount without a rate, has no sum. */
export function sumOf(key: string, rows: readonly ReconciledRow[]): ReconciledSum {
  const costed = rows.filter(({ isCosted }) => isCosted);
  const counted = rows.filter(({ invoice }) => invoice === null || tokensOf(invoice) !== null);
  const hasTokens = counted.some(({ invoice }) => invoice !== null);
  const invoice: Figures = {
    usd:
      costed.length === 0 ? null : sumAll(costed.map(({ invoice }) => (invoice === null ? 0 : invoice.usd))),
    tokens: hasTokens
      ? sumAll(counted.map(({ invoice }) => (invoice === null ? 0 : tokensOf(invoice))))
      : null,
  };
  const books: Figures = {
    usd: costed.length === 0 ? null : sumAll(costed.map(({ books }) => (books === null ? 0 : books.usd))),
    tokens: sumAll(counted.map(({ books }) => (books === null ? 0 : tokensOf(books)))),
  };
  return {
    key,
    invoiceUsd: invoice.usd,
    booksUsd: books.usd,
    invoiceTokens: invoice.tokens,
    booksTokens: books.tokens,
    ...differenceOf(invoice, books),
  };
}

export function addKnown(total: number | null, more: number | null): number | null {
  return more === null ? total : (total ?? 0) + more;
}

export function sumKnown(values: readonly (number | null | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

/** null when one of them is not known. */
export function sumAll(values: readonly (number | null | undefined)[]): number | null {
  return values.reduce<number | null>(
    (total, value) => (total === null || value == null ? null : total + value),
    0,
  );
}
