// Opens the ledger's database file: private from the moment it exists, write-ahead logged, brought to the newest
// schema. Also puts a broken file aside. Decides nothing about what to do when it cannot be opened.

import { chmodSync, closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { SCHEMA_VERSION, migrate } from './migrations.ts';

/** Path that means "keep the books in memory only". */
export const MEMORY_PATH = ':memory:';

/** What a storage error asks for: the primary result codes of SQLite, grouped by what helps. */
export type StorageFault =
  /** The file is no database or its pages make no sense: put it aside. */
  | 'corrupt'
  /** The connection cannot be trusted any more: open the file again. */
  | 'lost'
  /** This one row cannot be stored, whatever is tried. */
  | 'row'
  /** Full or locked: the same may work later. */
  | 'passing';

// Another process can hold the lock for long; we wait on the event loop's thread, so the wait is short and the rows
// are kept in memory instead (trust.md F43: never block more than 50 ms).
const BUSY_TIMEOUT_MS = 20;
// A command can wait for its turn.
const READ_TIMEOUT_MS = 2000;

// SQLite's own numbers, https://sqlite.org/rescode.html.
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const LOST_CODES: readonly number[] = [8, 10, 14]; // READONLY, IOERR, CANTOPEN
const ROW_CODES: readonly number[] = [18, 19, 20, 25]; // TOOBIG, CONSTRAINT, MISMATCH, RANGE

/** Opens or creates the database. Throws what SQLite or the file system throws; nothing stays open then. */
export function openDatabase(path: string): DatabaseSync {
  if (path !== MEMORY_PATH) createPrivately(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // NORMAL: a commit is not synced, so a power cut can lose the last ones (never the file's consistency); a killed
    // process loses none. FULL would cost a sync of the disk on the event loop at every batch. Automatic checkpoints
    // are off because they stop the loop for 9-20 ms; `checkpointer.ts` does them on another thread.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF`);
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Opens an existing ledger to read it, also while a daemon writes to it. Throws what SQLite throws for a file that is
 * missing, no database or of a newer program.
 */
export function openForReading(path: string): DatabaseSync {
  let database = new DatabaseSync(path, { readOnly: true, timeout: READ_TIMEOUT_MS });
  try {
    checkReadable(database);
    return database;
  } catch (error) {
    database.close();
    if (!LOST_CODES.includes(resultCode(error))) throw error;
  }
  // Beside a file in a folder that cannot be written SQLite has no place for the index of the log. What nobody writes
  // to can be read without one.
  const address = pathToFileURL(path);
  address.searchParams.set('immutable', '1');
  database = new DatabaseSync(address, { readOnly: true });
  try {
    checkReadable(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A sentence is thrown for a file that this program cannot read, since nothing is changed here to help it. */
function checkReadable(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > SCHEMA_VERSION)
    throw new Error('it was written by a newer version of Pointsman; update this one');
  const isLedger =
    database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'exchanges'`).get() !== undefined;
  if (!isLedger) throw new Error('it is a database, but no ledger');
  if (version < SCHEMA_VERSION) {
    throw new Error(
      'it was written by an older version of Pointsman; start the daemon once, which brings it up to date',
    );
  }
}

/** True for what SQLite itself reported. */
export function isSqliteError(error: unknown): boolean {
  return resultCode(error) !== 0;
}

export function storageFault(error: unknown): StorageFault {
  const code = resultCode(error);
  // Not from SQLite: a value of the wrong type was to be bound.
  if (code === 0) return 'row';
  if (code === CORRUPT || code === NOT_A_DATABASE) return 'corrupt';
  if (LOST_CODES.includes(code)) return 'lost';
  return ROW_CODES.includes(code) ? 'row' : 'passing';
}

/** Moves the database and its side files to `<path>.corrupt-<timestamp>`; returns that path. */
export function quarantine(path: string, atMs: number): string {
  const aside = `${path}.corrupt-${new Date(atMs).toISOString().replaceAll(/[:.]/gu, '-')}`;
  renameSync(path, aside);
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

// SQLite would create the file with the umask's mode and readers could open it before a chmod. The -wal and -shm
// files take over the mode of the database.
function createPrivately(path: string): void {
  if (existsSync(path)) {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    return;
  }
  closeSync(openSync(path, 'wx', 0o600));
}

function resultCode(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return 0;
  // The low byte of an extended code is the primary one.
  return typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
}
