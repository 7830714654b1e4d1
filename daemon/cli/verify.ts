// `pointsman verify`: do the books close? Reads the ledger itself, also beside a running daemon, and changes nothing.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compareTotals, type BookFault } from '../ledger/compare-totals.ts';
import {
  TOTALS_GROUPINGS,
  readTotalsOfFile,
  verifyBooks,
  type CheckedTerm,
  type VerifiedBooks,
} from '../ledger/verify-books.ts';
import type { StatusBody, TotalsBody } from '../protocol/control-api.ts';
import { CliError, type CliContext, type Command } from './command.ts';
import { connectToDaemon, type DaemonClient } from './daemon-client.ts';
import { count, counted } from './figures.ts';
import { homeOf } from './home-of.ts';
import { createProgress } from './progress.ts';
import { findDaemon } from './running-daemon.ts';
import { alignRows } from './table.ts';

export const verifyCommand: Command = {
  name: 'verify',
  synopsis: '[FILE] [--json]',
  summary: 'Work every row and total of the ledger out again, and list what does not close.',
  options: { json: { type: 'boolean' } },
  optionHelp: { json: 'print the result as JSON' },
  maxPositionals: 1,
  async run(context, values, [file]) {
    const home = homeOf(context, values);
    const daemon = file === undefined ? await runningDaemon(home) : null;
    const state = daemon === null ? null : await ledgerStateOf(daemon);
    const path = file ?? state?.path ?? join(home, 'ledger.db');
    const isJson = values['json'] === true;
    const found = new Findings(isJson ? null : context);
    const books = await verified(path, found);
    const daemonTotals = await daemonTotalsOf({ daemon, state, path, books, found });
    const closes = found.count === 0 && !books.isCutShort;
    if (isJson) {
      context.print(
        JSON.stringify(
          { path, closes, ...books, faults: found.count, daemonTotals, list: found.list },
          null,
          2,
        ),
      );
    } else {
      if (found.count > 0) context.print('');
      for (const line of verifyLines({ path, books, daemonTotals, faults: found.count })) context.print(line);
    }
    return closes ? 0 : 1;
  },
};

/**
 * `agree`: a running daemon answers the same totals; `busy`: new requests came in at every try; `unwritten`: it cannot
 * write to the file now, so that its totals are of more than stands there.
 */
export type DaemonTotals = 'none' | 'agree' | 'differ' | 'busy' | 'unwritten';

async function daemonTotalsOf(given: {
  readonly daemon: DaemonClient | null;
  readonly state: StatusBody['ledger'] | null;
  readonly path: string;
  readonly books: VerifiedBooks;
  readonly found: Findings;
}): Promise<DaemonTotals> {
  const { daemon, state, path, books, found } = given;
  if (daemon === null || books.isCutShort) return 'none';
  return state?.ok === false ? 'unwritten' : await compareWithDaemon(daemon, path, found);
}

/** In JSON more would be of no use to anybody, and take memory. */
const MAX_LISTED = 10_000;

/** Prints faults as they are found, or keeps them for one JSON answer. */
class Findings {
  readonly #context: CliContext | null;
  readonly list: BookFault[] = [];
  count = 0;

  constructor(context: CliContext | null) {
    this.#context = context;
  }

  readonly add = (fault: BookFault): void => {
    this.count += 1;
    if (this.#context !== null) this.#context.print(faultLine(fault));
    else if (this.list.length < MAX_LISTED) this.list.push(fault);
  };
}

async function runningDaemon(home: string): Promise<DaemonClient | null> {
  const { state } = await findDaemon(home);
  return state === 'running' ? await connectToDaemon(home) : null;
}

export async function ledgerStateOf(daemon: Pick<DaemonClient, 'call'>): Promise<StatusBody['ledger']> {
  const { ledger } = (await daemon.call('GET', 'status')) as StatusBody;
  if (existsSync(ledger.path)) return ledger;
  throw new CliError(
    `the daemon cannot open its ledger and keeps it in memory: ${ledger.error ?? 'it does not say why'}`,
  );
}

async function verified(path: string, found: Findings): Promise<VerifiedBooks> {
  if (!existsSync(path)) {
    throw new CliError(
      `there is no ledger at ${path}; it begins with the first start of the daemon, or name another file`,
    );
  }
  const progress = createProgress('checking rows');
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.once('SIGINT', end);
  try {
    return await verifyBooks(path, {
      onFault: (fault) => (progress.end(), found.add(fault)),
      onProgress: (done, rows) => progress.update(done, rows),
      signal: ending.signal,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`${path} cannot be read as a ledger: ${why}`);
  } finally {
    process.removeListener('SIGINT', end);
    progress.end();
  }
}

const TRIES = 3;

/** The totals that the daemon answers against those of the file, which were checked against its rows. */
export async function compareWithDaemon(
  daemon: Pick<DaemonClient, 'call'>,
  path: string,
  found: { readonly add: (fault: BookFault) => void },
): Promise<DaemonTotals> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const answers: TotalsBody[] = [];
    for (const groupBy of TOTALS_GROUPINGS) {
      const query = groupBy === undefined ? '' : `?groupBy=${groupBy}`;
      answers.push((await daemon.call('GET', `totals${query}`)) as TotalsBody);
    }
    const ofFile = readTotalsOfFile(path);
    // Requests that ended meanwhile are in one and not in the other.
    const requests = ofFile[0]?.requests;
    if (answers.some((answer) => answer.requests !== requests)) continue;
    const faults = TOTALS_GROUPINGS.flatMap((groupBy, index) => {
      const [answer, own] = [answers[index], ofFile[index]];
      return answer === undefined || own === undefined ? [] : compareTotals(answer, own, groupBy).faults;
    });
    for (const fault of faults) found.add({ ...fault, term: `the daemon's ${fault.term}` });
    return faults.length === 0 ? 'agree' : 'differ';
  }
  return 'busy';
}

export function faultLine({ exchangeId, startedAt, term, stored, recomputed, from }: BookFault): string {
  const where = exchangeId === null ? '' : `${exchangeId} ${startedAt ?? 'at an unknown time'}  `;
  if (stored === 'unreadable') return `${where}cannot be read: ${from}`;
  return `${where}${term} is ${String(stored ?? 'unknown')}, should be ${String(recomputed ?? 'unknown')} (${from})`;
}

const TERM_NAMES: Readonly<Record<CheckedTerm, string>> = {
  row: 'rows that can be read',
  attemptCost: 'cost of an attempt',
  cost: 'cost of a request',
  failedAttempts: 'cost of its failed attempts',
  tokens: 'tokens',
  baseline: 'baseline',
  saved: 'saved',
  savedBy: 'saved, by cause',
  unknown: 'unknown stays unknown',
  flatRate: 'flat-rate left out',
  totals: 'totals, in every grouping',
};

export function verifyLines(result: {
  readonly path: string;
  readonly books: VerifiedBooks;
  readonly daemonTotals: DaemonTotals;
  readonly faults: number;
}): readonly string[] {
  const { path, books, daemonTotals, faults } = result;
  const span =
    books.firstStartedAt === null ? '' : `, ${day(books.firstStartedAt)} to ${day(books.lastStartedAt)}`;
  const order = Object.keys(TERM_NAMES);
  const terms = books.terms.toSorted((a, b) => order.indexOf(a.term) - order.indexOf(b.term));
  return [
    `${path}: ${counted(books.rows, 'request')}, ${counted(books.attempts, 'attempt')}${span}`,
    '',
    ...alignRows([
      ['checked', 'figures', 'wrong'],
      ...terms.map(({ term, checked, wrong }) => [TERM_NAMES[term], count(checked), count(wrong)]),
    ]),
    '',
    ...remarks(books, daemonTotals),
    verdict(books, faults),
  ];
}

function remarks(books: VerifiedBooks, daemonTotals: DaemonTotals): readonly string[] {
  const lines: string[] = [];
  if (books.rowsThatSayLess > 0) {
    lines.push(
      `${counted(books.rowsThatSayLess, 'row does', 'rows do')} not say what every figure is made of (older versions); checked as far as they say.`,
    );
  }
  if (books.unpricedRows > 0) {
    lines.push(
      `${counted(books.unpricedRows, 'request has', 'requests have')} no known cost; no total counts it as 0.`,
    );
  }
  if (daemonTotals === 'agree') lines.push('The running daemon answers the same totals.');
  if (daemonTotals === 'unwritten') {
    lines.push(
      'The running daemon cannot write its ledger (see "pointsman status"); what it holds was not checked.',
    );
  }
  if (daemonTotals === 'busy') {
    lines.push("Requests kept coming in, so the running daemon's totals were not compared; run it again.");
  }
  return lines;
}

function verdict({ isCutShort, faultyRows }: VerifiedBooks, faults: number): string {
  if (isCutShort) return 'Stopped before the last row; the totals were not checked.';
  if (faults === 0) return 'The books close.';
  const rows = faultyRows === 0 ? '' : `, in ${counted(faultyRows, 'row')}`;
  return `The books do not close: ${counted(faults, 'figure is', 'figures are')} wrong${rows}.`;
}

function day(stamp: string | null): string {
  return stamp?.slice(0, 10) ?? 'an unknown day';
}
