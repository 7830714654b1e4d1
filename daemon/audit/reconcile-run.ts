// A whole reconciliation: files of a provider's export against our side, from reading them to the result.

import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { KNOWN_PROVIDERS } from '../catalog/known-providers.ts';
import { OVERLAY_ROWS } from '../catalog/price-book.ts';
import { InvoiceError } from './invoice-error.ts';
import { MAX_INVOICE_BYTES, readTables, type InvoiceTable } from './invoice-table.ts';
import { counted } from './invoice-words.ts';
import { readInvoice, type Invoice } from './invoice.ts';
import { bookCells, type BookedExchange, type Books } from './reconcile-books.ts';
import { daysOf } from './reconcile-days.ts';
import { readLedger, type StoredTables } from './reconcile-ledger.ts';
import { ModelNames, type NamedModel } from './reconcile-names.ts';
import type { ReconcileOptions } from './reconcile-rows.ts';
import { reconcile, type Reconciliation } from './reconcile.ts';

/** Everything that is needed of our side. */
export interface OurSide {
  /** Walked through once. */
  readonly exchanges: Iterable<BookedExchange>;
  readonly tables: StoredTables;
  readonly configured: readonly NamedModel[];
  readonly configPath: string;
  close(): void;
}

export interface ReconcileRun extends ReconcileOptions {
  readonly files: readonly string[];
  /** Folder of the books. */
  readonly home: string;
  /** Requests that began in [fromMs, toMs]. */
  readonly ourSide: (fromMs: number, toMs: number) => Promise<OurSide> | OurSide;
  /** Compare only what went to this provider of the configuration. */
  readonly provider: string | null;
  /** Of amounts whose currency the export does not say. */
  readonly currency: string | null;
  /** Unix epoch ms. */
  readonly nowMs: number;
}

const DAY_MS = 86_400_000;

/** Throws InvoiceError with a sentence for the user. */
export async function runReconciliation(run: ReconcileRun): Promise<Reconciliation> {
  const invoice = invoiceOf(run.files, run.currency);
  const [firstDay, lastDay] = daysOf(invoice);
  // Days of other time zones begin up to 14 hours away, and an attempt may begin long after its request.
  const ours = await run.ourSide(Date.parse(firstDay) - 2 * DAY_MS, Date.parse(lastDay) + 3 * DAY_MS);
  const billers = new Set(invoice.formats.flatMap(({ providers }) => providers));
  const names = new ModelNames({
    tables: ours.tables,
    configured: ours.configured,
    overlay: OVERLAY_ROWS.filter((row) => billers.size === 0 || billers.has(row.provider)),
  });
  const books = await booksOf(ours, run, invoice, names);
  const result = reconcile(invoice, books, names, run);
  return { ...result, notes: [...result.notes, ...notesOn(books, invoice, run)] };
}

async function booksOf(
  ours: OurSide,
  run: ReconcileRun,
  invoice: Invoice,
  names: ModelNames,
): Promise<Books> {
  try {
    return bookCells(ours.exchanges, {
      invoice,
      names,
      provider: run.provider,
      classifier: await classifierOf(ours),
      knownProviders: KNOWN_PROVIDERS.map(({ name }) => name),
    });
  } catch (error) {
    throw unreadableBooks(run.home, error);
  } finally {
    ours.close();
  }
}

/** Our side where no daemon runs. */
export function sideOfFile(home: string, fromMs: number, toMs: number): OurSide {
  try {
    const reader = readLedger(ledgerOf(home));
    return {
      exchanges: reader.exchanges(fromMs, toMs),
      tables: reader.tables,
      configured: [],
      configPath: path.join(home, 'config.jsonc'),
      close: () => reader.close(),
    };
  } catch (error) {
    throw unreadableBooks(home, error);
  }
}

/** Names of models that are not configured any more; without them such rows go by their id. */
export function tablesOfFile(ledgerPath: string): StoredTables {
  try {
    const reader = readLedger(ledgerPath);
    reader.close();
    return reader.tables;
  } catch {
    return new Map();
  }
}

function ledgerOf(home: string): string {
  return path.join(home, 'ledger.db');
}

function unreadableBooks(home: string, error: unknown): InvoiceError {
  const reason = error instanceof Error ? error.message : String(error);
  return new InvoiceError(
    `the books in ${ledgerOf(home)} cannot be read (${reason}); name the home of the daemon that made the requests with --home`,
  );
}

function invoiceOf(files: readonly string[], currency: string | null): Invoice {
  const tables: InvoiceTable[] = [];
  for (const file of new Set(files.map((name) => path.resolve(name)))) {
    tables.push(...aboutFiles(file, () => readTables(contentOf(file))));
  }
  const all = files.join(', ');
  const invoice = aboutFiles(all, () => readInvoice(tables, currency === null ? {} : { currency }));
  if (invoice.cells.length > 0) return invoice;
  throw new InvoiceError(`${all}: there is no usage in it; export the days that you want to compare`);
}

function aboutFiles<Value>(files: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw error instanceof InvoiceError ? new InvoiceError(`${files}: ${error.message}`) : error;
  }
}

function contentOf(file: string): Uint8Array {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw new InvoiceError('it is not a file; give the export itself');
    // What is larger is refused by its size alone.
    return stats.size > MAX_INVOICE_BYTES ? new Uint8Array(MAX_INVOICE_BYTES + 1) : readFileSync(file);
  } catch (error) {
    if (error instanceof InvoiceError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new InvoiceError(`it cannot be read (${code}); give the path of the export`);
  }
}

/** The records keep what classifier calls cost, but not who answered them: the configuration knows. */
async function classifierOf(
  ours: OurSide,
): Promise<{ readonly provider: string; readonly upstreamModel: string } | null> {
  const { loadConfig } = await import('../config/load-config.ts'); // loads zod, some 20 ms
  const loaded = await loadConfig({ path: ours.configPath });
  if (loaded.status === 'invalid') return null;
  const { mode, model } = loaded.config.classifier;
  if (mode === 'local') return null;
  const targets = [...ours.tables.values()].flatMap(({ targets }) => targets);
  return [...ours.configured, ...targets].find(({ id }) => id === model) ?? null;
}

function notesOn(books: Books, invoice: Invoice, { usdPer, nowMs }: ReconcileRun): readonly string[] {
  const [firstDay, lastDay] = daysOf(invoice);
  const currencies = new Set(invoice.cells.flatMap(({ amounts }) => [...amounts.keys()]));
  const withoutRate = [...currencies].filter((currency) => currency !== 'USD' && !usdPer.has(currency));
  const notes = withoutRate.map(
    (currency) =>
      `amounts in ${currency} cannot be compared with ours in USD; say what it is worth with --usd-per ${currency}=RATE`,
  );
  if (lastDay >= new Date(nowMs).toISOString().slice(0, 10)) {
    notes.push('the last day of the export is not over, or only just: the provider may still be counting');
  }
  if (books.attempts === 0) {
    notes.push(
      `the books have no attempt at this provider from ${firstDay} to ${lastDay}; name it with --provider if it is called something else`,
    );
  }
  if (books.flatRateAttempts > 0) {
    notes.push(`${counted(books.flatRateAttempts, 'attempt')} at flat-rate or free models left out`);
  }
  if (books.otherClassifierUsd > 0) {
    const usd = books.otherClassifierUsd.toFixed(4);
    notes.push(`classifier calls for ${usd} $ left out: another provider answered them, or nobody knows who`);
  }
  return notes;
}
