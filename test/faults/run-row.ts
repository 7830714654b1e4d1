// Cells through one real daemon: real sockets, real ledger, short limits. Every cell has models and providers of its
// own, so that what it does to their health is nothing to the others, and all run at the same time.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import {
  about,
  answers,
  type Bill,
  type ChaosUpstream,
  startChaosUpstream,
  wordsOf,
} from '../support/chaos-upstream.ts';
import { runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { configOf, namesOf, PLACES, requestOf } from './cell-setup.ts';
import { type Cell, cellsOf, type Chain } from './cells.ts';
import type { FaultRow } from './fault-table.ts';
import { type Received, send } from './wire-client.ts';

/** What came of one cell: an entry per request of its client. */
export interface CellRun {
  readonly cell: Cell;
  readonly received: readonly Received[];
  readonly records: readonly ExchangeRecord[];
  /** Attempts that the providers of its two models saw. */
  readonly firstBills: readonly Bill[];
  readonly secondBills: readonly Bill[];
  /** How many of them were there when the first request was over. */
  readonly firstBillsAtOnce: number;
}

export interface RowRun {
  readonly cells: readonly CellRun[];
  /** Every file of the daemon's home but its configuration and its tokens, and its log, when it has stopped. */
  readonly files: ReadonlyMap<string, string>;
  readonly secrets: Secrets;
  /** What was left open, a sentence each. */
  readonly leftOpen: readonly string[];
}

/** What no answer may hold, and no file of the daemon's. */
export interface Secrets {
  readonly providerKey: string;
  readonly clientToken: string;
  readonly adminToken: string;
}

/** What the model behind the first says; it begins like nothing that the first one says. */
export const SECOND_TEXT = `harbour ${wordsOf(24)}`;

/** Of no vendor's form, so that only knowing it can keep it out. */
const PROVIDER_KEY = 'canary.0123456789/abcdefghijklmnopqrstuvwxyz';

const BASELINE_MS = 5_000;

/** Before the first row: what is loaded and opened once for the whole process is not left open by anybody. */
export async function warmUp(): Promise<void> {
  const expected = { outcome: 'served', usage: 'reported' } as const;
  await runRow({ id: '-', name: 'answers', fault: answers(), expected }, 'followed');
}

export function runRow(row: FaultRow, chain: Chain): Promise<RowRun> {
  return runTogether(cellsOf(row, chain), row, chain);
}

/** Cells of one chain; place, limits and the second model are those of `row`. */
export async function runTogether(cells: readonly Cell[], row: FaultRow, chain: Chain): Promise<RowRun> {
  await new Promise(setImmediate); // mocha's own timer is there from then on
  const before = openThings();
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-faults-'));
  const first = await startChaosUpstream();
  const second = await startChaosUpstream();
  const place = row.place === undefined ? null : await PLACES[row.place]();
  for (const cell of cells) {
    const { fault } = cell.row;
    if (fault !== undefined) first.forModel(`up-${namesOf(cell)[0]}`, fault);
  }
  second.always(about({ text: SECOND_TEXT }, answers()));
  try {
    const config = configOf(row, chain, cells, place?.baseUrl ?? first.baseUrl, second.baseUrl);
    const daemon = await runDaemon({ home, config, environment: { CHAOS_KEY: PROVIDER_KEY } });
    const { runs, leftOpen } = await runCells(daemon, cells, first, second);
    await daemon.stop();
    const secrets = {
      providerKey: PROVIDER_KEY,
      clientToken: daemon.token,
      adminToken: daemon.adminToken,
    };
    const files = filesOf(home, daemon.log);
    await Promise.all([first.close(), second.close(), place?.close()]);
    return { cells: runs, files, secrets, leftOpen: [...leftOpen, ...(await notBackTo(before))] };
  } finally {
    await Promise.all([first.close(), second.close(), place?.close()]);
    rmSync(home, { recursive: true, force: true });
  }
}

async function runCells(
  daemon: TestDaemon,
  cells: readonly Cell[],
  first: ChaosUpstream,
  second: ChaosUpstream,
): Promise<{ readonly runs: readonly CellRun[]; readonly leftOpen: readonly string[] }> {
  const asked = await Promise.all(cells.map((cell) => askCell(daemon, cell, first)));
  const leftOpen = [...(await callsLeft(first)), ...(await callsLeft(second))];
  const records = await daemon.waitForExchanges(
    asked.reduce((sum, { received }) => sum + received.length, 0),
  );
  const runs = asked.map(({ cell, received, firstBillsAtOnce }): CellRun => {
    const [firstModel, secondModel] = namesOf(cell);
    return {
      cell,
      received,
      firstBillsAtOnce,
      records: records.filter(({ requestModel }) => requestModel === `exact/${firstModel}`).toReversed(),
      firstBills: first.billsOf(`up-${firstModel}`),
      secondBills: second.billsOf(`up-${secondModel}`),
    };
  });
  return { runs, leftOpen };
}

interface AskedCell {
  readonly cell: Cell;
  readonly received: readonly Received[];
  readonly firstBillsAtOnce: number;
}

async function askCell(daemon: TestDaemon, cell: Cell, first: ChaosUpstream): Promise<AskedCell> {
  const [firstModel] = namesOf(cell);
  const wire = requestOf(cell, firstModel);
  const received = [await send(cell.client, daemon, wire)];
  const firstBillsAtOnce = first.billsOf(`up-${firstModel}`).length;
  if (asksAgain(cell)) received.push(await send(cell.client, daemon, wire));
  return { cell, received, firstBillsAtOnce };
}

/** One more request shows what was remembered; a model that is asked twice by each would be ejected by it. */
function asksAgain({ row, chain }: Cell): boolean {
  const { expected } = row;
  return (
    expected.outcome === 'failed' && (chain === 'followed' || (expected.afterwards ?? 'asked') !== 'asked')
  );
}

/** Attempts that somebody still holds open after a while. */
async function callsLeft(upstream: ChaosUpstream): Promise<readonly string[]> {
  const open = (): readonly Bill[] => upstream.bills.filter(({ isOver }) => !isOver);
  await until(() => open().length === 0);
  return open().map(({ model, path: at }) => `I7: the attempt at ${model} (${at}) was left open`);
}

function filesOf(home: string, log: readonly string[]): Map<string, string> {
  const files = new Map([['the log', log.join('\n')]]);
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /^(?:config\.jsonc|token|admin-token)$/.test(entry.name)) continue;
    files.set(entry.name, readFileSync(path.join(entry.parentPath, entry.name), 'latin1'));
  }
  return files;
}

/** Descriptors, sockets, servers and timers of this process. */
function openThings(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  try {
    counts.set('file descriptors', readdirSync('/proc/self/fd').length);
  } catch {
    // only Linux tells; the others have the sockets above
  }
  return counts;
}

async function notBackTo(before: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const more = (): readonly string[] =>
    [...openThings()].flatMap(([name, count]) => {
      const was = before.get(name) ?? 0;
      return count > was ? [`I7: ${count - was} more ${name} than before`] : [];
    });
  await until(() => more().length === 0);
  return more();
}

async function until(isMet: () => boolean): Promise<void> {
  const givenUpAtMs = performance.now() + BASELINE_MS;
  while (!isMet() && performance.now() < givenUpAtMs) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}
