// The answer never fails because of the ledger: what happens when the file is locked, full, damaged or not to be
// opened. Every case ends with the rows in the file or visible in memory, and with a state that says so.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { MEMORY_PATH, openDatabase, storageFault } from '../../../../daemon/ledger/database-file.ts';
import { LedgerStore } from '../../../../daemon/ledger/ledger-store.ts';
import { encodeRow } from '../../../../daemon/ledger/record-row.ts';
import { NOON_MS, at, exchange, ledgerAt, lockFile, table } from './ledger-fixtures.ts';

describe('ledger on a bad disk', () => {
  const folder = temporaryFolder();
  let path: string;
  beforeEach(() => {
    path = folder.file('ledger.db');
  });

  it('keeps rows in memory while another process holds the lock, and shows them', async () => {
    const { ledger, lines } = ledgerAt(path);
    ledger.append(exchange('x_stored', at(NOON_MS - 1)));
    await ledger.flush();
    const unlock = lockFile(path);
    ledger.append(exchange('x_held'));
    await ledger.flush();
    assert.equal(ledger.state().ok, false);
    assert.match(ledger.state().error ?? '', /locked/u);
    assert.equal(ledger.state().rows, 2);
    assert.deepEqual(
      ledger.exchanges({}).exchanges.map((record) => record.exchangeId),
      ['x_held', 'x_stored'],
    );
    assert.deepEqual(ledger.exchange('x_held'), exchange('x_held'));
    assert.equal(ledger.totals({ groupBy: 'model' }).groups[0]?.requests, 2);
    assert.equal(ledger.today().requests, 2);
    assert.equal(lines.length, 1);
    unlock();
    await ledger.close();
  });

  it('writes the rows later, in a round of its own, and is well again', async () => {
    const { ledger, clock, lines } = ledgerAt(path);
    const unlock = lockFile(path);
    ledger.append(exchange('x_1'));
    await ledger.flush();
    assert.equal(ledger.totals({}).requests, 1);
    unlock();
    await clock.advance(1000);
    assert.deepEqual(ledger.state(), { rows: 1, path, ok: true, error: null });
    assert.equal(ledger.totals({}).requests, 1);
    assert.equal(lines.at(-1), 'info: the ledger writes again');
    await ledger.close();
  });

  it('tells held and written rows apart when the trouble comes back', async () => {
    const { ledger, clock } = ledgerAt(path);
    for (const id of ['x_1', 'x_2']) {
      const unlock = lockFile(path);
      ledger.append(exchange(id));
      await ledger.flush();
      assert.equal(ledger.exchanges({}).exchanges[0]?.exchangeId, id);
      assert.equal(ledger.totals({}).requests, id === 'x_1' ? 1 : 2);
      unlock();
      await clock.advance(1000);
    }
    await ledger.close();
  });

  it('keeps pages stable when held rows reach the file', async () => {
    const { ledger, clock } = ledgerAt(path);
    ledger.append(exchange('x_0'));
    await ledger.flush();
    const unlock = lockFile(path);
    for (const id of ['x_1', 'x_2', 'x_3']) ledger.append(exchange(id));
    await ledger.flush();
    const { next } = ledger.exchanges({ limit: 2 });
    unlock();
    await clock.advance(1000);
    assert.deepEqual(
      ledger.exchanges({ before: next ?? '' }).exchanges.map((record) => record.exchangeId),
      ['x_1', 'x_0'],
    );
    await ledger.close();
  });

  it('goes on in memory when the file can grow no more', function () {
    if (process.platform === 'win32') this.skip();
    const child = fileURLToPath(new URL('./full-disk-child.ts', import.meta.url));
    // The limit (1 MB or half of it, shells differ) fails a write as a full disk does.
    const command = `trap '' XFSZ; ulimit -f 1000; exec "$0" "$1" "$2"`;
    const run = spawnSync('sh', ['-c', command, process.execPath, child, path], { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    const said = JSON.parse(run.stdout) as Record<string, unknown>;
    assert.equal(said['ok'], false);
    assert.ok(Number(said['booked']) < 10_000, 'the limit was reached');
    assert.equal(said['requests'], said['booked']);
    assert.equal(said['rows'], said['booked']);
    assert.equal(said['last'], `x_${Number(said['booked']) - 1}`);
    const { ledger } = ledgerAt(path);
    assert.equal(ledger.state().ok, true);
    assert.ok(ledger.state().rows > 0);
  });

  it('takes all of a batch or nothing, and the same batch later when there is room', () => {
    const database = openDatabase(path);
    const store = new LedgerStore(database);
    const batch = {
      rows: Array.from({ length: 50 }, (_, index) => encodeRow(exchange(`x_${index}`))),
      started: [],
      tables: [],
      finished: [],
    };
    // SQLite answers SQLITE_FULL for a page limit as for a full disk.
    const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
    database.exec(`PRAGMA max_page_count = ${pages + 3}`);
    assert.throws(
      () => store.write(batch),
      (error) => storageFault(error) === 'passing',
    );
    assert.equal(store.storedRows, 0);
    assert.equal(database.prepare('SELECT count(*) AS n FROM main.exchanges').get()?.['n'], 0);
    database.exec('PRAGMA max_page_count = 1000000');
    assert.equal(store.write(batch).inserted, 50);
    store.close();
  });

  it('undoes what a failed batch had done so far', () => {
    const database = openDatabase(path);
    const store = new LedgerStore(database);
    database.exec('ALTER TABLE open_exchanges RENAME TO elsewhere');
    const batch = { rows: [encodeRow(exchange('x_1'))], started: [], tables: [], finished: ['x_1'] };
    assert.throws(() => store.write(batch));
    assert.equal(database.isTransaction, false);
    assert.equal(database.prepare('SELECT count(*) AS n FROM main.exchanges').get()?.['n'], 0);
    store.close();
  });

  it('keeps the newest 10,000 rows and counts what is lost beyond', async () => {
    const { ledger } = ledgerAt(path);
    const unlock = lockFile(path);
    ledger.append(exchange('x_first'));
    await ledger.flush();
    for (let index = 0; index < 10_001; index++) ledger.append(exchange(`x_${index}`));
    assert.equal(ledger.state().rows, 10_000);
    assert.match(ledger.state().error ?? '', /2 older ones are lost/u);
    unlock();
    await ledger.flush();
    assert.equal(ledger.state().ok, true);
    assert.equal(ledger.exchange('x_first'), null);
    assert.notEqual(ledger.exchange('x_10000'), null);
    await ledger.close();
  }).timeout(20_000);

  it('writes instead of losing rows when many arrive in one turn', async () => {
    const { ledger } = ledgerAt(path);
    for (let index = 0; index < 10_100; index++) ledger.append(exchange(`x_${index}`));
    assert.equal(ledger.state().rows, 10_100);
    assert.equal(ledger.state().error, null);
    await ledger.close();
  }).timeout(20_000);

  it('puts a file aside that is no database and begins a new one', async () => {
    writeFileSync(path, 'this is not a database at all '.repeat(100));
    const { ledger, lines } = ledgerAt(path);
    ledger.append(exchange('x_1'));
    await ledger.flush();
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name.includes('corrupt')),
      ['ledger.db.corrupt-2026-11-21T12-00-00-000Z'],
    );
    assert.equal(ledger.state().ok, true);
    assert.equal(ledger.state().path, path);
    assert.match(ledger.state().error ?? '', /damaged/u);
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.startsWith('error: the ledger was damaged'));
    await ledger.close();
  });

  /** Everything behind the first page, so that the file still looks like a database. */
  function damagePages(): void {
    const file = openSync(path, 'r+');
    const garbage = Buffer.alloc(statSync(path).size - 4096, 0xa5);
    writeSync(file, garbage, 0, garbage.length, 4096);
    closeSync(file);
  }

  async function writeRows(count: number): Promise<void> {
    const { ledger } = ledgerAt(path);
    for (let index = 0; index < count; index++) ledger.append(exchange(`x_${index}`));
    await ledger.close();
  }

  it('begins a new file when pages are damaged at the start', async () => {
    await writeRows(100);
    damagePages();
    const { ledger } = ledgerAt(path);
    assert.deepEqual([ledger.state().ok, ledger.state().rows], [true, 0]);
    assert.ok(readdirSync(folder.path).some((name) => name.includes('.corrupt-')));
    await ledger.close();
  });

  it('goes on with a new file when pages turn out damaged while it runs', async () => {
    await writeRows(2000);
    const { ledger, clock } = ledgerAt(path);
    ledger.rememberTable(table);
    await ledger.flush();
    damagePages();
    ledger.append(exchange('x_new'));
    assert.doesNotThrow(() => ledger.totals({ groupBy: 'model' }));
    await clock.advance(1000);
    assert.equal(ledger.exchange('x_new')?.exchangeId, 'x_new');
    assert.equal(ledger.totals({}).requests, 1);
    assert.equal(ledger.today().requests, 1);
    assert.equal(ledger.state().ok, true);
    assert.ok(readdirSync(folder.path).some((name) => name.includes('.corrupt-')));
    await ledger.close();
    const later = ledgerAt(path);
    assert.equal(later.ledger.state().rows, 1);
    assert.deepEqual(later.ledger.table(table.hash), table);
    await later.ledger.close();
  });

  it('is well again after a damage that a reader found', async () => {
    await writeRows(2000);
    const { ledger, clock } = ledgerAt(path);
    damagePages();
    assert.equal(ledger.totals({}).requests, 0);
    await clock.advance(1000);
    assert.deepEqual([ledger.state().ok, ledger.state().rows], [true, 0]);
    await ledger.close();
  });

  it('keeps the books in memory and says so when the file cannot be created', async () => {
    const nowhere = folder.file('missing/ledger.db');
    const { ledger, lines } = ledgerAt(nowhere);
    ledger.append(exchange('x_1'));
    await ledger.flush();
    assert.equal(ledger.state().path, MEMORY_PATH);
    assert.equal(ledger.state().ok, false);
    assert.match(
      ledger.state().error ?? '',
      /cannot open .*missing.ledger\.db.*10000 rows are kept in memory/u,
    );
    assert.equal(ledger.totals({}).requests, 1);
    assert.equal(ledger.exchange('x_1')?.exchangeId, 'x_1');
    assert.equal(lines.length, 1);
    await ledger.close();
    assert.equal(lines.at(-1), 'error: the ledger could not write its last rows');
  });

  it('moves into the file as soon as it can be created', async () => {
    const { ledger, clock } = ledgerAt(folder.file('later/ledger.db'));
    ledger.append(exchange('x_1'));
    await clock.advance(150);
    assert.equal(ledger.totals({}).requests, 1);
    mkdirSync(folder.file('later'));
    await clock.advance(1000);
    assert.deepEqual(ledger.state(), {
      rows: 1,
      path: folder.file('later/ledger.db'),
      ok: true,
      error: null,
    });
    assert.equal(ledger.totals({}).requests, 1);
    await ledger.close();
  });

  it('goes on trying to open the file while nothing is booked', async () => {
    const { ledger, clock } = ledgerAt(folder.file('later/ledger.db'));
    await clock.advance(2500);
    mkdirSync(folder.file('later'));
    await clock.advance(1000);
    assert.equal(ledger.state().ok, true);
    await ledger.close();
    assert.equal(clock.pendingTimers(), 0);
  });

  it('does not touch the file of a newer program', async () => {
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    const { ledger } = ledgerAt(path);
    assert.match(ledger.state().error ?? '', /newer than this program/u);
    await ledger.close();
    assert.deepEqual(readdirSync(folder.path), ['ledger.db']);
  });

  it('makes a file private that others could read', async () => {
    writeFileSync(path, '');
    chmodSync(path, 0o644);
    const { ledger } = ledgerAt(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await ledger.close();
  });

  it('leaves a folder in the way where it is', async () => {
    mkdirSync(path);
    const { ledger } = ledgerAt(path);
    assert.equal(ledger.state().ok, false);
    await ledger.close();
    assert.ok(existsSync(path));
  });
});
