// `pointsman reconcile FILE`: a provider's usage export against our rows. Exit code 0 = the totals agree.

import { InvoiceError } from '../audit/invoice-error.ts';
import type { BookedExchange } from '../audit/reconcile-books.ts';
import type { OurSide, ReconcileRun } from '../audit/reconcile-run.ts';
import type { Reconciliation } from '../audit/reconcile.ts';
import type { ExchangesBody, StatusBody } from '../protocol/control-api.ts';
import { CliError, textOption, type Command, type OptionValues } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';
import { findDaemon } from './running-daemon.ts';
import { alignRows } from './table.ts';

const MAX_FILES = 20;
const DEFAULT_TOLERANCE_PERCENT = 2;

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
    const home = homeOf(context, values);
    const result = await reconciled({
      files,
      home,
      ourSide: (fromMs, toMs) => ourSide(home, fromMs, toMs),
      provider: textOption(values, 'provider') ?? null,
      currency: currencyOf(values),
      toleranceRatio: toleranceOf(values),
      usdPer: ratesOf(values['usd-per']),
      nowMs: Date.now(),
    });
    for (const line of values['json'] === true ? [JSON.stringify(result, null, 2)] : await textOf(result)) {
      context.print(line);
    }
    return result.isWithinTolerance ? 0 : 1;
  },
};

async function reconciled(run: ReconcileRun): Promise<Reconciliation> {
  // Loaded here only: prices and formats would cost every command some milliseconds.
  const { runReconciliation } = await import('../audit/reconcile-run.ts');
  try {
    return await runReconciliation(run);
  } catch (error) {
    throw error instanceof InvoiceError ? new CliError(error.message) : error;
  }
}

async function textOf(result: Reconciliation): Promise<readonly string[]> {
  const { reconciliationText } = await import('../audit/reconcile-text.ts');
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

function currencyOf(values: OptionValues): string | null {
  const currency = textOption(values, 'currency');
  if (currency === undefined) return null;
  if (/^[a-z]{3}$/iu.test(currency)) return currency.toUpperCase();
  throw new CliError('--currency takes three letters, such as USD', 2);
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

/** A daemon that runs has rows that are not in the file yet. */
async function ourSide(home: string, fromMs: number, toMs: number): Promise<OurSide> {
  const { sideOfFile, tablesOfFile } = await import('../audit/reconcile-run.ts');
  if ((await findDaemon(home)).state === 'absent') return sideOfFile(home, fromMs, toMs);
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
    tables: tablesOfFile(ledger.path),
    configured: models,
    configPath: config.path,
    close: () => undefined,
  };
}
