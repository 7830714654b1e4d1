// An invoice and our books side by side, by day and model: how far they are apart, and whether that is close enough.

import { counted } from './invoice-words.ts';
import type { Invoice } from './invoice.ts';
import type { Books } from './reconcile-books.ts';
import { daysOf, zoneName } from './reconcile-days.ts';
import type { ModelNames } from './reconcile-names.ts';
import { NOISE_USD, reconciledRows, type ReconcileOptions, type ReconciledRow } from './reconcile-rows.ts';
import { sumAll, sumKnown, sumOf, sumsBy, type ReconciledSum } from './reconcile-sums.ts';

export interface Reconciliation {
  readonly formats: readonly string[];
  readonly providers: readonly string[];
  readonly firstDay: string;
  readonly lastDay: string;
  readonly dayZone: string;
  /** By day, then by model. */
  readonly rows: readonly ReconciledRow[];
  readonly byModel: readonly ReconciledSum[];
  readonly byDay: readonly ReconciledSum[];
  readonly total: ReconciledSum;
  /** Of the rows that are on both sides. */
  readonly matched: ReconciledSum;
  readonly onlyOnInvoiceUsd: number;
  readonly onlyInBooksUsd: number | null;
  /** By how much rounding in the export's rows may move its sum. */
  readonly roundingUsd: number;
  readonly toleranceRatio: number;
  readonly comparedBy: 'usd' | 'tokens';
  readonly isWithinTolerance: boolean;
  readonly notes: readonly string[];
}

export function reconcile(
  invoice: Invoice,
  books: Books,
  names: ModelNames,
  options: ReconcileOptions,
): Reconciliation {
  const { toleranceRatio } = options;
  const rows = reconciledRows(invoice, books, names, options);
  const total = sumOf('', rows);
  const onBothSides = rows.filter(({ invoice, books }) => invoice !== null && books !== null);
  // Without amounts on the invoice only the tokens can be compared.
  const comparedBy = rows.some(({ invoice }) => invoice !== null && invoice.usd !== null) ? 'usd' : 'tokens';
  const roundingUsd = Math.sqrt(invoice.cells.reduce((sum, cell) => sum + cell.roundingVariance, 0));
  const [firstDay, lastDay] = daysOf(invoice);
  return {
    formats: invoice.formats.map(({ title }) => title),
    providers: books.providers,
    firstDay,
    lastDay,
    dayZone: zoneName(invoice),
    rows,
    byModel: sumsBy(rows, ({ model }) => model),
    byDay: sumsBy(rows, ({ day }) => day),
    total,
    matched: sumOf('', onBothSides),
    onlyOnInvoiceUsd: sumKnown(rows.filter(({ books }) => books === null).map(({ invoice }) => invoice?.usd)),
    onlyInBooksUsd: sumAll(rows.filter(({ invoice }) => invoice === null).map(({ books }) => books?.usd)),
    roundingUsd,
    toleranceRatio,
    comparedBy,
    isWithinTolerance:
      comparedBy === 'usd'
        ? isClose(total, toleranceRatio, roundingUsd)
        : total.tokenErrorRatio !== null && Math.abs(total.tokenErrorRatio) <= toleranceRatio,
    notes: comparedBy === 'usd' ? [...invoice.notes, ...uncostedNotes(rows)] : invoice.notes,
  };
}

function uncostedNotes(rows: readonly ReconciledRow[]): readonly string[] {
  const days = new Set(rows.filter(({ isCosted }) => !isCosted).map(({ day }) => day));
  if (days.size === 0) return [];
  return [`on ${counted(days.size, 'day')} the export has no amounts; only tokens are compared there`];
}

function isClose(sum: ReconciledSum, toleranceRatio: number, roundingUsd: number): boolean {
  const { invoiceUsd, differenceUsd } = sum;
  if (invoiceUsd === null || differenceUsd === null) return false;
  const noiseUsd = NOISE_USD * Math.max(1, Math.abs(invoiceUsd));
  return Math.abs(differenceUsd) <= toleranceRatio * Math.abs(invoiceUsd) + roundingUsd + noiseUsd;
}
