// Stored answers in a file of their own, by choice: over restarts, for this user only, and without anything that looks
// like a key. SQLite, so that whatever ends the process while it writes leaves a file that can be read.

import { chmodSync, closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { KeyParts } from './request-key.ts';
import type { StoredAnswer } from './response-cache.ts';

export interface AnswerFileDeps {
  readonly path: string;
  /** Read at each writing. */
  readonly limits: () => { readonly maxBytes: number };
  readonly clock: Pick<Clock, 'now' | 'setTimer'>;
  /** Whether a text holds something that must not be written to a disk. */
  readonly hasSecret: (text: string) => boolean;
  readonly log: Log;
}

export interface FiledAnswer {
  readonly parts: KeyParts;
  readonly answer: StoredAnswer;
  /** Unix epoch, ms. */
  readonly expiresAtMs: number;
}

/** Answers that were just made wait for each other, so that a burst of them is one transaction. */
const WRITE_DELAY_MS = 100;

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = ON;
PRAGMA trusted_schema = OFF;
CREATE TABLE IF NOT EXISTS answers (
  key TEXT PRIMARY KEY,
  ask TEXT NOT NULL,
  parts TEXT NOT NULL,
  exchange_id TEXT NOT NULL,
  answer TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  used_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_ask ON answers (ask);
CREATE INDEX IF NOT EXISTS answers_by_use ON answers (used_at_ms);
PRAGMA user_version = 1;
`;

interface Waiting {
  readonly key: string;
  readonly filed: FiledAnswer;
}

export class AnswerFile {
  readonly #deps: AnswerFileDeps;
  #database: DatabaseSync | null = null;
  /** What kept the last try from working; '' = nothing. */
  #fault = '';
  #waiting: Waiting[] = [];
  readonly #used = new Set<string>();
  #cancelTimer: (() => void) | null = null;

  constructor(deps: AnswerFileDeps) {
    this.#deps = deps;
  }

  get path(): string {
    return this.#deps.path;
  }

  state(): { readonly entries: number; readonly bytes: number } {
    return this.#try({ entries: 0, bytes: 0 }, (database) => {
      const row = database.prepare('SELECT count(*) AS entries, total(bytes) AS bytes FROM answers').get();
      return { entries: Number(row?.['entries'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) };
    });
  }

  hasAsk(ask: string): boolean {
    return this.#try(false, (database) => {
      const found = database
        .prepare('SELECT 1 FROM answers WHERE ask = ? AND expires_at_ms > ? LIMIT 1')
        .get(ask, this.#deps.clock.now());
      return found !== undefined;
    });
  }

  get(key: string): FiledAnswer | undefined {
    return this.#try(undefined, (database) => {
      const row = database
        .prepare('SELECT parts, answer, expires_at_ms FROM answers WHERE key = ? AND expires_at_ms > ?')
        .get(key, this.#deps.clock.now());
      if (row === undefined) return undefined;
      this.#used.add(key);
      this.#writeSoon();
      return {
        parts: JSON.parse(String(row['parts'])) as KeyParts,
        answer: JSON.parse(String(row['answer'])) as StoredAnswer,
        expiresAtMs: Number(row['expires_at_ms']),
      };
    });
  }

  /** Written soon; see `close`. */
  put(key: string, filed: FiledAnswer): void {
    this.#waiting.push({ key, filed });
    this.#writeSoon();
  }

  delete(exchangeId: string): number {
    this.#waiting = this.#waiting.filter(({ filed }) => filed.answer.exchangeId !== exchangeId);
    return this.#try(0, (database) =>
      Number(database.prepare('DELETE FROM answers WHERE exchange_id = ?').run(exchangeId).changes),
    );
  }

  /** Takes the file itself away as well, so that nothing of the answers stays on the disk. */
  clear(): number {
    const { entries } = existsSync(this.path) ? this.state() : { entries: 0 };
    this.#waiting = [];
    this.#used.clear();
    this.#shut();
    this.#remove();
    return entries;
  }

  /** Writes what waits. To be called before the end. */
  close(): void {
    this.#write();
    this.#shut();
  }

  #writeSoon(): void {
    this.#cancelTimer ??= this.#deps.clock.setTimer(WRITE_DELAY_MS, () => this.#write());
  }

  #write(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const answers = this.#waiting.splice(0);
    const used = [...this.#used];
    this.#used.clear();
    if (answers.length === 0 && used.length === 0) return;
    this.#try(undefined, (database) => {
      const nowMs = this.#deps.clock.now();
      database.exec('BEGIN IMMEDIATE');
      try {
        for (const { key, filed } of answers) this.#insert(database, key, filed, nowMs);
        const touch = database.prepare('UPDATE answers SET used_at_ms = ? WHERE key = ?');
        for (const key of used) touch.run(nowMs, key);
        this.#trim(database, nowMs);
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #insert(database: DatabaseSync, key: string, filed: FiledAnswer, nowMs: number): void {
    const { parts, answer, expiresAtMs } = filed;
    const text = JSON.stringify(answer);
    if (this.#deps.hasSecret(text)) return;
    database
      .prepare('INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(key, parts.ask, JSON.stringify(parts), answer.exchangeId, text, text.length, nowMs, expiresAtMs);
  }

  /** What is too old goes, and of the rest the longest unused, until it fits. */
  #trim(database: DatabaseSync, nowMs: number): void {
    database.prepare('DELETE FROM answers WHERE expires_at_ms <= ?').run(nowMs);
    const { maxBytes } = this.#deps.limits();
    const total = database.prepare('SELECT total(bytes) AS bytes FROM answers').get();
    let surplus = Number(total?.['bytes'] ?? 0) - maxBytes;
    if (surplus <= 0) return;
    const remove = database.prepare('DELETE FROM answers WHERE key = ?');
    for (const row of database.prepare('SELECT key, bytes FROM answers ORDER BY used_at_ms').all()) {
      if (surplus <= 0) return;
      remove.run(String(row['key']));
      surplus -= Number(row['bytes']);
    }
  }

  /** A file that cannot be used is no cache, and never a reason to fail; one that is broken is begun anew. */
  #try<Result>(otherwise: Result, action: (database: DatabaseSync) => Result): Result {
    try {
      const result = action(this.#open());
      this.#fault = '';
      return result;
    } catch (error) {
      this.#shut();
      this.#note(error, isBroken(error));
      return otherwise;
    }
  }

  #note(error: unknown, wasBroken: boolean): void {
    const cause = error instanceof Error ? error.message : String(error);
    if (wasBroken) this.#remove();
    if (cause === this.#fault) return; // a full disk need not be told of with every answer
    this.#fault = cause;
    const what = wasBroken
      ? 'the file of stored answers was broken and is begun anew'
      : 'the file of stored answers cannot be used for now; answers are kept in memory only';
    this.#deps.log.warn(what, { path: this.path, cause });
  }

  #open(): DatabaseSync {
    if (this.#database !== null) return this.#database;
    if (existsSync(this.path)) chmodSync(this.path, 0o600);
    else closeSync(openSync(this.path, 'wx', 0o600)); // SQLite gives its other files the same mode
    const database = new DatabaseSync(this.path, { timeout: 20 });
    try {
      database.exec(SCHEMA);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    return database;
  }

  #shut(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#database?.close();
    this.#database = null;
  }

  #remove(): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.path}${suffix}`, { force: true });
  }
}

// https://sqlite.org/rescode.html: CORRUPT and NOTADB; the low byte of an extended code is the primary one.
const BROKEN_CODES: readonly number[] = [11, 26];

function isBroken(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' && BROKEN_CODES.includes(code & 0xff);
}
