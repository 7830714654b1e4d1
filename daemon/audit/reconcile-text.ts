// A reconciliation as lines for a person: the table by day and model, the errors, and what they seem to come from.

import { counted, printable } from './invoice-words.ts';
import type { ReconciledRow } from './reconcile-rows.ts';
import type { ReconciledSum } from './reconcile-sums.ts';
import type { Reconciliation } from './reconcile.ts';

/** Cells of a table; the caller aligns them. */
export type TableCells = readonly (readonly string[])[];

/** A table longer than this tells a person less than its sums. */
const MAX_ROWS = 400;

export interface ReconciliationText {
  readonly head: readonly string[];
  readonly tables: readonly TableCells[];
  readonly foot: readonly string[];
}

export function reconciliationText(result: Reconciliation): ReconciliationText {
  const { rows, byDay, byModel } = result;
  const tables: TableCells[] = [rowsTable(rows.slice(0, MAX_ROWS), result)];
  // With one model or one day the rows say it already.
  if (byModel.length > 1 && byDay.length > 1) {
    tables.push(sumsTable('model', byModel), sumsTable('day', byDay));
  }
  return { head: headLines(result), tables, foot: footLines(result) };
}

function headLines(result: Reconciliation): readonly string[] {
  const { formats, providers, firstDay, lastDay, dayZone } = result;
  const ours = providers.length === 0 ? 'no provider in the books' : providers.join(', ');
  return [
    `invoice: ${formats.join(' + ')}, ${firstDay} to ${lastDay} (days in ${dayZone})`,
    `books: attempts at ${ours}`,
  ];
}

function rowsTable(rows: readonly ReconciledRow[], { total }: Reconciliation): TableCells {
  return [
    [
      'day',
      'model',
      'in',
      'cached',
      'out',
      'invoice',
      'our in',
      'cached',
      'out',
      'ours',
      'difference',
      'error',
      '',
    ],
    ...rows.map((row) => [
      row.day,
      modelName(row.model),
      ...sideCells(row.invoice),
      ...sideCells(row.books),
      usd(row.differenceUsd),
      percent(row.errorRatio ?? (row.differenceUsd === null ? row.tokenErrorRatio : null)),
      remarks(row),
    ]),
    [
      'total',
      '',
      '',
      '',
      '',
      usd(total.invoiceUsd),
      '',
      '',
      '',
      usd(total.booksUsd),
      usd(total.differenceUsd),
      percent(total.errorRatio),
      '',
    ],
  ];
}

interface SideFigures {
  readonly inputTokens: number | null;
  readonly cachedInputTokens: number | null;
  readonly outputTokens: number | null;
  readonly usd: number | null;
}

function sideCells(side: SideFigures | null): readonly string[] {
  if (side === null) return ['-', '-', '-', '-'];
  return [count(side.inputTokens), count(side.cachedInputTokens), count(side.outputTokens), usd(side.usd)];
}

const CAUSES: Readonly<Record<NonNullable<ReconciledRow['cause']>, string>> = {
  price: 'price differs',
  usage: 'usage differs',
  amount: 'amounts differ',
  'only-on-invoice': 'only on the invoice',
  'only-in-books': 'only in the books',
  unpriced: 'no price',
};

function remarks({ cause, books }: ReconciledRow): string {
  const estimated = books?.estimatedAttempts ?? 0;
  const perhaps = books?.possiblyBilledAttempts ?? 0;
  const parts = [
    ...(cause === null ? [] : [CAUSES[cause]]),
    ...(estimated === 0 ? [] : [`${estimated} estimated`]),
    ...(perhaps === 0 ? [] : [`${perhaps} perhaps billed`]),
  ];
  return parts.join(', ');
}

function sumsTable(heading: string, sums: readonly ReconciledSum[]): TableCells {
  return [
    [heading, 'invoice', 'ours', 'difference', 'error', 'tokens'],
    ...sums.map((sum) => [
      modelName(sum.key),
      usd(sum.invoiceUsd),
      usd(sum.booksUsd),
      usd(sum.differenceUsd),
      percent(sum.errorRatio),
      percent(sum.tokenErrorRatio),
    ]),
  ];
}

function footLines(result: Reconciliation): readonly string[] {
  const hidden = result.rows.length - MAX_ROWS;
  return [
    ...(hidden > 0 ? [`${counted(hidden, 'more row')}; --json prints them all`] : []),
    ...onlyLines(result),
    ...unpricedLines(result),
    ...priceLines(result),
    ...result.notes,
    verdict(result),
  ];
}

function onlyLines({ rows, onlyOnInvoiceUsd, onlyInBooksUsd, matched }: Reconciliation): readonly string[] {
  const onInvoice = rows.filter(({ cause }) => cause === 'only-on-invoice').length;
  const inBooks = rows.filter(({ cause }) => cause === 'only-in-books').length;
  const lines: string[] = [];
  if (onInvoice > 0) {
    lines.push(
      `${counted(onInvoice, 'row')} (${usd(onlyOnInvoiceUsd)}) only on the invoice: other tools that use the same key, or requests from before Pointsman; the rows on both sides are ${percent(matched.errorRatio ?? matched.tokenErrorRatio)} apart`,
    );
  }
  if (inBooks > 0) {
    lines.push(
      `${counted(inBooks, 'row')} (${usd(onlyInBooksUsd)}) only in the books: another key, another account, or the export does not have them yet`,
    );
  }
  return lines;
}

function unpricedLines({ rows }: Reconciliation): readonly string[] {
  const models = new Set(
    rows.filter(({ books }) => (books?.unpricedAttempts ?? 0) > 0).map(({ model }) => model),
  );
  return [...models].map(
    (model) =>
      `${modelName(model)} has attempts without a price, so its cost is unknown; set its price in config.jsonc`,
  );
}

/** The tokens agree and the amounts do not: which price, by how much, and where ours comes from. */
function priceLines({ rows }: Reconciliation): readonly string[] {
  const byModel = new Map<string, { invoiceUsd: number; booksUsd: number; sources: Set<string> }>();
  for (const { cause, model, invoice, books } of rows) {
    if (cause !== 'price' || invoice?.usd == null || books?.usd == null) continue;
    const known = byModel.get(model) ?? { invoiceUsd: 0, booksUsd: 0, sources: new Set<string>() };
    known.invoiceUsd += invoice.usd;
    known.booksUsd += books.usd;
    for (const source of books.priceSources) known.sources.add(source);
    byModel.set(model, known);
  }
  return [...byModel].map(([model, { invoiceUsd, booksUsd, sources }]) => {
    const factor = booksUsd === 0 ? 'more than nothing' : `${(invoiceUsd / booksUsd).toFixed(3)} times ours`;
    const from = sources.size === 0 ? '' : ` (${[...sources].join('; ')})`;
    return `${modelName(model)}: tokens agree, the bill is ${factor}; check its price${from}`;
  });
}

function verdict(result: Reconciliation): string {
  const { total, comparedBy, isWithinTolerance, toleranceRatio, roundingUsd, onlyOnInvoiceUsd } = result;
  const tolerance = percent(toleranceRatio);
  const within = isWithinTolerance ? `within the tolerance of ${tolerance}` : `not within ${tolerance}`;
  if (comparedBy === 'tokens') {
    return `the export has no amounts in USD: our tokens are ${percent(total.tokenErrorRatio)} off, ${within}`;
  }
  if (total.differenceUsd === null) return `the total cannot be told: ${within}`;
  const rounding = roundingUsd > 0 ? ` (rounding in the export: up to ${usd(roundingUsd)})` : '';
  const others = onlyOnInvoiceUsd !== 0 && !isWithinTolerance ? ', with what is only on the invoice' : '';
  return `our total is ${usd(total.differenceUsd)} (${percent(total.errorRatio)}) off the invoice${others}, ${within}${rounding}`;
}

/** Whoever wrote the export wrote the name. */
function modelName(name: string): string {
  return printable(name, 80);
}

function usd(amount: number | null): string {
  return amount === null ? 'unknown' : `${fixed(amount, 4)} $`;
}

function percent(ratio: number | null): string {
  if (ratio === null) return 'unknown';
  return `${fixed(ratio * 100, 2)} %`;
}

/** Without the sign of what is rounded to 0. */
function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

function count(tokens: number | null): string {
  return tokens === null ? '-' : String(tokens);
}
