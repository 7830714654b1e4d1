// A power cut: what the system had not yet put on the disk is gone, from any byte on. The books always open, are sound,
// and hold the oldest rows without a gap; so do the files beside them. 100 cuts; FAULTS_FULL=1 makes it 1,000.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openDatabase } from '../../daemon/ledger/database-file.ts';
import { openLedger } from '../../daemon/ledger/sqlite-ledger.ts';
import { systemClock } from '../../daemon/util/clock.ts';
import { silentLog } from '../../daemon/util/log.ts';
import { exchange } from '../unit/daemon/ledger/ledger-fixtures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { seededRandom } from './seeded-random.ts';

const CUTS = process.env['FAULTS_FULL'] === '1' ? 1000 : 100;
const SEED = Number(process.env['FAULTS_SEED'] ?? Date.now() % 1_000_000);
const CHECKPOINTED = 300;
const IN_LOG = 600;
/** Only in the files beside the database. */
const UNWRITTEN = 100;
const ALL = CHECKPOINTED + IN_LOG + UNWRITTEN;

describe('a power cut', function () {
  this.timeout(CUTS * 600);
  const folder = temporaryFolder();

  it(`leaves a sound file with the oldest rows, wherever it hits: ${CUTS} cuts`, async () => {
    const random = seededRandom(SEED);
    const original = folder.file('original');
    mkdirSync(original);
    await writeBooks(path.join(original, 'ledger.db'));
    const names = readdirSync(original).filter((name) => !name.endsWith('-shm'));
    const wal = statSync(path.join(original, 'ledger.db-wal')).size;
    let least = ALL;
    let whole = 0;
    for (let cut = 0; cut < CUTS; cut++) {
      const home = folder.file(`cut-${cut}`);
      mkdirSync(home);
      for (const name of names) copyFileSync(path.join(original, name), path.join(home, name));
      // Files reach the disk in no order among themselves, so each is cut for itself.
      for (const name of names.filter((one) => one !== 'ledger.db')) {
        if (random() < 0.2) continue;
        const file = path.join(home, name);
        const bytes = readFileSync(file);
        writeFileSync(file, bytes.subarray(0, Math.floor(random() * (bytes.length + 1))));
      }
      const kept = await reopen(path.join(home, 'ledger.db'), cut);
      least = Math.min(least, kept);
      if (kept === ALL) whole += 1;
      rmSync(home, { recursive: true });
    }
    console.log(
      `      seed ${SEED}: ${CUTS} cuts of ${ALL} rows (log of ${wal} bytes): all kept in ${whole}, least ${least}`,
    );
    assert.ok(least >= CHECKPOINTED && least < CHECKPOINTED + IN_LOG, 'the cuts reach into the log');
  });
});

/** Some rows in the file, some in its log, some beside it; as they are after a power cut that takes nothing. */
async function writeBooks(file: string): Promise<void> {
  const ledger = openLedger({ path: file, clock: systemClock, log: silentLog });
  let next = 0;
  const append = (count: number): void => {
    for (let index = 0; index < count; index++) ledger.append(exchange(`x_${next++}`));
  };
  append(CHECKPOINTED);
  await ledger.flush();
  const other = openDatabase(file);
  other.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  for (let count = 0; count < IN_LOG; count += 20) {
    append(20);
    await ledger.flush();
  }
  append(UNWRITTEN);
  // Closing would bring all of it into the file, so it is copied now: `ledger` and `other` stay open behind it.
  const folder = path.dirname(file);
  for (const name of readdirSync(folder))
    copyFileSync(path.join(folder, name), path.join(folder, `kept-${name}`));
  other.close();
  await ledger.close();
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('kept-')) rmSync(path.join(folder, name));
  }
  for (const name of readdirSync(folder)) {
    copyFileSync(path.join(folder, name), path.join(folder, name.slice('kept-'.length)));
    rmSync(path.join(folder, name));
  }
}

/** Answers how many rows there are; the file is sound, and no row is missing before one that is there, nor there twice. */
async function reopen(file: string, cut: number): Promise<number> {
  const ledger = openLedger({ path: file, clock: systemClock, log: silentLog });
  assert.deepEqual(
    { ok: ledger.state().ok, error: ledger.state().error, path: ledger.state().path },
    { ok: true, error: null, path: file },
    `cut ${cut}`,
  );
  await ledger.close();
  const database = openDatabase(file);
  try {
    const check = database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
    assert.equal(check, 'ok', `cut ${cut}`);
    const ids = database.prepare('SELECT exchange_id FROM exchanges ORDER BY id').all();
    const numbers = ids.map((row) => Number(String(row['exchange_id']).slice(2)));
    const inFile = numbers.filter((number) => number < CHECKPOINTED + IN_LOG);
    const beside = numbers.slice(inFile.length);
    assert.deepEqual(
      inFile,
      inFile.map((_, index) => index),
      `cut ${cut}`,
    );
    assert.deepEqual(
      beside,
      beside.map((_, index) => CHECKPOINTED + IN_LOG + index),
      `cut ${cut}`,
    );
    return numbers.length;
  } finally {
    database.close();
  }
}
