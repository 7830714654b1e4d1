// What the ledger has in memory and not in its database yet, as lines in files beside it, so that a killed process loses
// nothing of it: a line is in the system's hands when the call returns. The database takes rows in batches because a
// transaction for each costs 52 us where a line costs 5 (measured on 4 kB rows, as is 2 us for a start); like the
// database's own log these files are not synced.

import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import type { StartedExchange } from './ledger.ts';
import type { EncodedRow } from './record-row.ts';

/** Ten thousand rows; beyond that the database has been out of order for long, and the oldest are lost anyway. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Between the database's path and what tells the files of one process from another's. */
export const UNWRITTEN = '-unwritten.';

interface LogFile {
  readonly path: string;
  readonly descriptor: number;
  /** 0 = all of it is in the database. */
  bytes: number;
}

/**
 * Two files by turns: while the database takes what the one holds, new lines go into the other. Every method is safe to
 * call whatever the disk says; without it the rows still wait in memory.
 */
export class UnwrittenLog {
  /** What the paths of both files begin with. */
  readonly prefix: string;
  readonly #onBroken: (error: unknown) => void;
  /** Opened with the first line. */
  #files: { current: LogFile; previous: LogFile } | null = null;
  /** The disk took a line only in part, or the files are too long: no line follows until both are empty. */
  #isBroken = false;
  #mark = 0;

  /** `path` is the database's. `onBroken` is called when lines cannot be written for a while. */
  constructor(path: string, onBroken: (error: unknown) => void) {
    // The number of a process comes again, so it alone would not tell whose files they are.
    this.prefix = `${path}${UNWRITTEN}${process.pid}.${randomBytes(4).toString('hex')}.`;
    this.#onBroken = onBroken;
  }

  /** What is noted now is lost with the process. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  noteStarted(started: StartedExchange): void {
    this.#append(`["started",${JSON.stringify(started)}]\n`);
  }

  /** The details of a row are JSON already. Answers by `mark`; undefined when the line could not be written. */
  noteEnded({ columns, details }: EncodedRow): number | undefined {
    this.#append(`["ended",${JSON.stringify(columns)},${details.map(String).join(',')}]\n`);
    return this.#isBroken ? undefined : this.#mark;
  }

  /** Another one with each beginning of a writing: a line from before may be gone when that is done. */
  get mark(): number {
    return this.#mark;
  }

  /** To be called before the database is given all that waits. */
  beginWriting(): void {
    const files = this.#files;
    this.#mark += 1;
    if (files === null || files.previous.bytes > 0) return; // the last time it did not take all
    this.#files = { current: files.previous, previous: files.current };
  }

  /** To be called when the database has all that waited at `beginWriting`. */
  written(): void {
    const files = this.#files;
    if (files === null) this.#isBroken = false; // the folder may be there by now
    if (files === null || files.previous.bytes === 0) return;
    try {
      ftruncateSync(files.previous.descriptor);
      files.previous.bytes = 0;
      if (files.current.bytes === 0) this.#isBroken = false;
    } catch (error) {
      this.#break(error);
    }
  }

  /** Leaves the files to the next process unless the database has everything. */
  close(hasEverything: boolean): void {
    const files = this.#files;
    this.#files = null;
    this.#isBroken = true;
    if (files === null) return;
    for (const { descriptor, path } of [files.current, files.previous]) {
      closeSync(descriptor);
      if (hasEverything) rmSync(path, { force: true });
    }
  }

  #append(line: string): void {
    if (this.#isBroken) return;
    try {
      const { current } = (this.#files ??= this.#open());
      const bytes = writeSync(current.descriptor, line);
      current.bytes += bytes;
      if (bytes < Buffer.byteLength(line)) throw new Error('the disk took only a part of a line');
      if (current.bytes > MAX_FILE_BYTES) throw new Error(`${current.path} has grown too long`);
    } catch (error) {
      this.#break(error);
    }
  }

  #open(): { current: LogFile; previous: LogFile } {
    // Exclusive: nobody may have put a link in the place of a file that is about to hold what was asked.
    const open = (path: string): LogFile => ({ path, descriptor: openSync(path, 'ax', 0o600), bytes: 0 });
    return { current: open(`${this.prefix}0`), previous: open(`${this.prefix}1`) };
  }

  #break(error: unknown): void {
    this.#isBroken = true;
    this.#onBroken(error);
  }
}
