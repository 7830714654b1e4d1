import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { Checkpointer } from '../../../../daemon/ledger/checkpointer.ts';
import { openDatabase } from '../../../../daemon/ledger/database-file.ts';
import { LedgerStore } from '../../../../daemon/ledger/ledger-store.ts';
import { encodeRow } from '../../../../daemon/ledger/record-row.ts';
import { NOON_MS, exchange, listLog } from './ledger-fixtures.ts';

describe('checkpointer', () => {
  const folder = temporaryFolder();

  function write(database: DatabaseSync, rows: number): void {
    const store = new LedgerStore(database);
    const batch = Array.from({ length: rows }, (_, index) => encodeRow(exchange(`x_${index}`)));
    store.write({ rows: batch, started: [], tables: [], finished: [] });
  }

  /** Rows that are in the database file itself, whatever the write-ahead log holds. */
  function rowsWithoutLog(): unknown {
    copyFileSync(folder.file('ledger.db'), folder.file('copy.db'));
    const copy = openDatabase(folder.file('copy.db'));
    const row = copy.prepare('SELECT count(*) AS n FROM exchanges').get();
    copy.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(folder.file(`copy.db${suffix}`), { force: true });
    return row?.['n'];
  }

  it('brings committed rows into the database file, in any number of rounds', async () => {
    const clock = createVirtualClock(NOON_MS);
    const database = openDatabase(folder.file('ledger.db'));
    const failures: string[] = [];
    const checkpointer = new Checkpointer({
      path: folder.file('ledger.db'),
      clock,
      log: listLog(failures),
      onFailure: () => failures.push('failed'),
    });
    write(database, 3);
    assert.equal(rowsWithoutLog(), 0);
    await checkpointer.checkpoint();
    assert.equal(rowsWithoutLog(), 3);
    await clock.advance(10_000); // the thread has gone to rest
    database.exec('DELETE FROM exchanges WHERE id = 1');
    await Promise.all([checkpointer.checkpoint(), checkpointer.checkpoint()]);
    assert.equal(rowsWithoutLog(), 2);
    await checkpointer.stop();
    assert.deepEqual(failures, []);
    assert.equal(clock.pendingTimers(), 0);
    database.close();
  });

  it('runs half a minute after the first of some small writes', () => {
    const clock = createVirtualClock(NOON_MS);
    const checkpointer = new Checkpointer({
      path: folder.file('ledger.db'),
      clock,
      log: listLog([]),
      onFailure: () => {},
    });
    checkpointer.noteWritten();
    checkpointer.noteWritten();
    assert.equal(clock.pendingTimers(), 1);
    return checkpointer.stop();
  });

  it('tells its owner when the thread cannot do it', async () => {
    const lines: string[] = [];
    const checkpointer = new Checkpointer({
      path: folder.file('missing/ledger.db'),
      clock: createVirtualClock(NOON_MS),
      log: listLog(lines),
      onFailure: () => lines.push('failed'),
    });
    await checkpointer.checkpoint();
    assert.deepEqual(lines, ['warn: the ledger could not be checkpointed', 'failed']);
    await checkpointer.stop();
  });
});
