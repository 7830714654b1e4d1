// Two daemons on one ledger: the old one finishes its exchanges while the new one already serves.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { encodeRow } from '../../../../daemon/ledger/record-row.ts';
import { openDatabase } from '../../../../daemon/ledger/database-file.ts';
import { LedgerStore } from '../../../../daemon/ledger/ledger-store.ts';
import { openLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { at, exchange, ledgerAt, listLog, NOON_MS } from './ledger-fixtures.ts';

const LOOK_MS = 1000;

describe('a ledger that two daemons write while one hands over to the other', () => {
  const folder = temporaryFolder();
  const path = (): string => folder.file('ledger.db');
  let predecessor: ChildProcess;
  let old: LedgerStore;
  beforeEach(() => {
    predecessor = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
    old = new LedgerStore(openDatabase(path()));
    const started = { ...exchange('x_running'), ...at(NOON_MS - 1000) };
    old.write({ rows: [], started: [started], tables: [], finished: [] });
    old.database.prepare('UPDATE open_exchanges SET process_id = ?').run(predecessor.pid ?? 0);
  });
  afterEach(async () => {
    old.close();
    await end();
  });
  async function end(): Promise<void> {
    if (predecessor.exitCode !== null || predecessor.signalCode !== null) return;
    const gone = new Promise((resolve) => predecessor.once('exit', resolve));
    predecessor.kill('SIGKILL');
    await gone;
  }

  it('leaves the exchanges of a predecessor alone that still runs, and has their rows once they are written', async () => {
    let told = 0;
    const clock = createVirtualClock(NOON_MS);
    const ledger = openLedger({ path: path(), clock, log: listLog([]), onForeignRows: () => (told += 1) });
    assert.equal(ledger.today().requests, 0);
    await clock.advance(3 * LOOK_MS);
    assert.deepEqual(ledger.exchanges({}).exchanges, []);
    assert.equal(told, 0);
    const rows = [encodeRow({ ...exchange('x_running'), ...at(NOON_MS - 1000) })];
    old.write({ rows, started: [], tables: [], finished: ['x_running'] });
    await clock.advance(LOOK_MS);
    assert.equal(told, 1);
    assert.equal(ledger.exchange('x_running')?.status, 'ok');
    assert.equal(ledger.state().rows, 1);
    assert.equal(ledger.today().requests, 1);
    await clock.advance(5 * LOOK_MS);
    assert.equal(told, 1);
    await ledger.close();
  });

  it('closes them as interrupted when the predecessor is killed before it is done', async () => {
    const { ledger, clock, lines } = ledgerAt(path());
    await clock.advance(LOOK_MS);
    assert.equal(ledger.exchange('x_running'), null);
    await end();
    await clock.advance(LOOK_MS);
    assert.equal(ledger.exchange('x_running')?.status, 'interrupted');
    assert.match(lines.join(), /requests were cut off/);
    await ledger.close();
  });

  it('closes those of a process number that another program has by now', async () => {
    old.database.exec(`UPDATE open_exchanges SET started_at_ms = ${NOON_MS - 2 * 3_600_000}`);
    const { ledger } = ledgerAt(path());
    assert.equal(ledger.exchange('x_running')?.status, 'interrupted');
    await ledger.close();
  });

  it('also has those that began after it was opened and before the predecessor left', async () => {
    old.write({ rows: [], started: [], tables: [], finished: ['x_running'] });
    const { ledger, clock } = ledgerAt(path());
    assert.equal(ledger.today().requests, 0);
    assert.equal(clock.pendingTimers(), 0);
    const late = { ...exchange('x_late'), ...at(NOON_MS) };
    old.write({ rows: [], started: [late], tables: [], finished: [] });
    old.database.prepare('UPDATE open_exchanges SET process_id = ?').run(predecessor.pid ?? 0);
    ledger.expectForeignRows();
    await clock.advance(LOOK_MS);
    assert.equal(ledger.exchange('x_late'), null);
    old.write({ rows: [encodeRow(late)], started: [], tables: [], finished: ['x_late'] });
    await clock.advance(LOOK_MS);
    assert.equal(ledger.today().requests, 1);
    assert.equal(ledger.state().rows, 1);
    await ledger.close();
  });

  it('looks after them no longer once it is closed, and never without a predecessor', async () => {
    const { ledger, clock } = ledgerAt(path());
    await ledger.close();
    assert.equal(clock.pendingTimers(), 0);
    new DatabaseSync(path()).exec('DELETE FROM open_exchanges');
    const alone = ledgerAt(path());
    assert.equal(alone.clock.pendingTimers(), 0);
    await alone.ledger.close();
  });
});
