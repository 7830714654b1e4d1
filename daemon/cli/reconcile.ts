// `pointsman reconcile FILE`: a provider's usage export against our rows. Exit code 0 = the totals agree.

import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { InvoiceError } from '../audit/invoice-error.ts';
import { MAX_INVOICE_BYTES, readTables, type InvoiceTable } from '../audit/invoice-table.ts';
import { readInvoice, type Invoice } from '../audit/invoice.ts';
import { bookCells, type BookedExchange, type Books } from '../audit/reconcile-books.ts';
import { daysOf } from '../audit/reconcile-days.ts';
import { readLedger, type StoredTables } from '../audit/reconcile-ledger.ts';
import { ModelNames, type NamedModel } from '../audit/reconcile-names.ts';
import { reconciliationText } from '../audit/reconcile-text.ts';
import { reconcile, type Reconciliation } from '../audit/reconcile.ts';
import { KNOWN_PROVIDERS } from '../catalog/known-providers.ts';
import { OVERLAY_ROWS } from '../catalog/price-book.ts';
import type { ExchangesBody, StatusBody } from '../protocol/control-api.ts';
import { CliError, textOption, type Command, type OptionValues } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';
import { findDaemon } from './running-daemon.ts';
import { alignRows } from './table.ts';

const MAX_FILES = 20;
const DEFAULT_TOLERANCE_PERCENT = 2;
const DAY_MS = 86_400_000;

export const reconcileCommand: Command = {
  name: 'reconcile',
  synopsis: 'FILE… [--tolerance 2] [--provider NAME] [--usd-per CNY=0.14] [--currency USD] [--json]',
  summary:
    "Compare a provider's usage export (CSV, JSON or ZIP) with what was recorded here, by day and model.",
  options: {
    tolerance: { type: 'string' },
    provider: { type: 'string' },
    'usd-per': { type: 'string', multiple: true },
    currency: { type: 'string' },
    json: { type: 'boolean' },
  },
  optionHelp: {
    tolerance: 'exit 0 when the totals differ by at most so many percent (default 2)',
    provider: 'compare only what went to this provider of the configuration',
    'usd-per': 'what one unit of a currency of the export is worth in USD, such as CNY=0.14',
    currency: 'currency of the amounts where the export does not say it',
    json: 'print the comparison as JSON',
  },
  maxPositionals: MAX_FILES,
  async run(context, values, files) {
    if (files.length === 0) {
      throw new CliError('give the export to compare; run "pointsman reconcile --help"', 2);
    }
    const toleranceRatio = toleranceOf(values);
    const usdPer = ratesOf(values['usd-per']);
    const invoice = invoiceOf(files, textOption(values, 'currency'));
    const { books, names } = await booksOf(homeOf(context, values), invoice, textOption(values, 'provider'));
    const compared = reconcile(invoice, books, names, { toleranceRatio, usdPer });
    const result = { ...compared, notes: [...compared.notes, ...booksNotes(books, invoice, usdPer)] };
    for (const line of values['json'] === true ? [JSON.stringify(result, null, 2)] : textOf(result)) {
      context.print(line);
    }
    return result.isWithinTolerance ? 0 : 1;
  },
};

function textOf(result: Reconciliation): readonly string[] {
  const { head, tables, foot } = reconciliationText(result);
  return [...head, ...tables.flatMap((rows) => ['', ...alignRows(rows)]), '', ...foot];
}

function toleranceOf(values: OptionValues): number {
  const text = textOption(values, 'tolerance')?.replace('%', '').trim();
  const percent = text === undefined ? DEFAULT_TOLERANCE_PERCENT : Number(text);
  if (text === '' || !(percent >= 0 && percent <= 100)) {
    throw new CliError('--tolerance takes percent from 0 to 100, such as 2 or 0.5', 2);
  }
  return percent / 100;
}

function ratesOf(value: OptionValues[string]): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  for (const text of Array.isArray(value) ? value : []) {
    const [currency = '', rate = ''] = String(text).split('=');
    const usd = Number(rate);
    if (!/^[a-z]{3}$/iu.test(currency) || !(usd > 0) || !Number.isFinite(usd)) {
      throw new CliError('--usd-per takes a currency and its worth in USD, such as CNY=0.14', 2);
    }
    rates.set(currency.toUpperCase(), usd);
  }
  return rates;
}

function invoiceOf(files: readonly string[], currency: string | undefined): Invoice {
  if (currency !== undefined && !/^[a-z]{3}$/iu.test(currency)) {
    throw new CliError('--currency takes three letters, such as USD', 2);
  }
  const tables: InvoiceTable[] = [];
  for (const file of new Set(files.map((name) => path.resolve(name)))) {
    tables.push(...aboutFile(file, () => readTables(contentOf(file))));
  }
  const options = currency === undefined ? {} : { currency: currency.toUpperCase() };
  const invoice = aboutFile(files.join(', '), () => readInvoice(tables, options));
  if (invoice.cells.length === 0) {
    throw new CliError(
      `${files.join(', ')}: there is no usage in it; export the days that you want to compare`,
    );
  }
  return invoice;
}

function aboutFile<Value>(file: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof InvoiceError) throw new CliError(`${file}: ${error.message}`);
    throw error;
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

/** Everything that is needed of our side. */
interface OurSide {
  readonly exchanges: Iterable<BookedExchange>;
  readonly tables: StoredTables;
  readonly configured: readonly NamedModel[];
  readonly configPath: string;
  close(): void;
}

async function booksOf(
  home: string,
  invoice: Invoice,
  provider: string | undefined,
): Promise<{ readonly books: Books; readonly names: ModelNames }> {
  const [firstDay, lastDay] = daysOf(invoice);
  // Days of other time zones begin up to 14 hours away, and an attempt may begin long after its request.
  const fromMs = Date.parse(firstDay) - 2 * DAY_MS;
  const toMs = Date.parse(lastDay) + 3 * DAY_MS;
  const isRunning = (await findDaemon(home)).state !== 'absent';
  const ours = isRunning ? await sideOfDaemon(home, fromMs, toMs) : sideOfFile(home, fromMs, toMs);
  const billers = new Set(invoice.formats.flatMap(({ providers }) => providers));
  const names = new ModelNames({
    tables: ours.tables,
    configured: ours.configured,
    overlay: OVERLAY_ROWS.filter((row) => billers.size === 0 || billers.has(row.provider)),
  });
  try {
    const books = bookCells(ours.exchanges, {
      invoice,
      names,
      provider: provider ?? null,
      classifier: await classifierOf(ours),
      knownProviders: KNOWN_PROVIDERS.map(({ name }) => name),
    });
    return { books, names };
  } catch (error) {
    throw unreadableBooks(path.join(home, 'ledger.db'), error);
  } finally {
    ours.close();
  }
}

async function sideOfDaemon(home: string, fromMs: number, toMs: number): Promise<OurSide> {
  const daemon = await connectToDaemon(home);
  const { models, config, ledger } = (await daemon.call('GET', 'status')) as StatusBody;
  const exchanges: BookedExchange[] = [];
  for (let next: string | null = ''; next !== null;) {
    const query = new URLSearchParams({ limit: '500', ...(next === '' ? {} : { before: next }) });
    const page = (await daemon.call('GET', `exchanges?${query.toString()}`)) as ExchangesBody;
    for (const { startedAt, attempts, classifierCostUsd } of page.exchanges) {
      const startedAtMs = Date.parse(startedAt);
      if (startedAtMs >= fromMs && startedAtMs <= toMs) {
        exchanges.push({ startedAt, attempts, classifierCostUsd });
      }
    }
    // Newest first.
    const oldest = page.exchanges.at(-1);
    next = oldest !== undefined && Date.parse(oldest.startedAt) < fromMs ? null : page.next;
  }
  return {
    exchanges,
    tables: tablesOf(ledger.path),
    configured: models,
    configPath: config.path,
    close: () => undefined,
  };
}

/** Names of models that are not configured any more; without them such rows go by their id. */
function tablesOf(ledgerPath: string): StoredTables {
  try {
    const reader = readLedger(ledgerPath);
    reader.close();
    return reader.tables;
  } catch {
    return new Map();
  }
}

function sideOfFile(home: string, fromMs: number, toMs: number): OurSide {
  const file = path.join(home, 'ledger.db');
  try {
    const reader = readLedger(file);
    return {
      exchanges: reader.exchanges(fromMs, toMs),
      tables: reader.tables,
      configured: [],
      configPath: path.join(home, 'config.jsonc'),
      close: () => reader.close(),
    };
  } catch (error) {
    throw unreadableBooks(file, error);
  }
}

function unreadableBooks(file: string, error: unknown): CliError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CliError(
    `the books in ${file} cannot be read (${reason}); name the home of the daemon that made the requests with --home`,
  );
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

function booksNotes(books: Books, invoice: Invoice, usdPer: ReadonlyMap<string, number>): readonly string[] {
  const [firstDay, lastDay] = daysOf(invoice);
  const currencies = new Set(invoice.cells.flatMap(({ amounts }) => [...amounts.keys()]));
  const withoutRate = [...currencies].filter((currency) => currency !== 'USD' && !usdPer.has(currency));
  return [
    ...withoutRate.map(
      (currency) =>
        `amounts in ${currency} cannot be compared with ours in USD; say what it is worth with --usd-per ${currency}=RATE`,
    ),
    ...(books.attempts === 0
      ? [
          `the books have no attempt at this provider from ${firstDay} to ${lastDay}; name it with --provider if it is called something else`,
        ]
      : []),
    ...(books.flatRateAttempts > 0
      ? [`${books.flatRateAttempts} attempts at flat-rate or free models are left out`]
      : []),
    ...(books.otherClassifierUsd > 0
      ? [
          `classifier calls for ${books.otherClassifierUsd.toFixed(4)} $ are left out: who answered them is not known`,
        ]
      : []),
  ];
}
