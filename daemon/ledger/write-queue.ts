// What waits to be written into the books, and the writing: batches of one transaction each, a few milliseconds of work
// at most, with a turn of the event loop between them. What the file does not take (disk full, locked, broken, no
// folder) stays in memory, is visible to every reader and is tried again. Until it is written it also stands in the
// `UnwrittenLog`, for the case that the process is killed.

import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import type { RoutingTable } from '../route/policy.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { Checkpointer } from './checkpointer.ts';
import { MEMORY_PATH, isSqliteError } from './database-file.ts';
import { LedgerFile } from './ledger-file.ts';
import { SOURCE_TABLES, type LedgerStore, type SourceTables, type WriteResult } from './ledger-store.ts';
import type { StartedExchange } from './ledger.ts';
import { OutcomeQueue } from './outcome-queue.ts';
import type { OutcomeNotes } from './outcome-rows.ts';
import { encodeRow, type EncodedRow } from './record-row.ts';
import { UnwrittenLog } from './unwritten-log.ts';

export interface WriteQueueOptions {
  /** Absolute path of the database, or ':memory:'. The folder must exist. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest time that a finished exchange waits to be written, ms; 150 by default. */
  readonly flushIntervalMs?: number;
  /** Asked for the table of a record whose hash was never handed to `rememberTable`. */
  readonly tableOf?: (hash: string) => RoutingTable | null;
  /** The stored rows are not those that were there before and those that were appended since. */
  readonly onOtherRows: () => void;
  /** Called when a daemon that hands over to this one has written rows. */
  readonly onForeignRows?: () => void;
}

const FLUSH_INTERVAL_MS = 150;
// 50 rows take 0.7 ms here (13 us a row, decision of 3.5 kB included).
const ROWS_PER_BATCH = 50;
// While the file refuses, each try may wait for a lock (20 ms), so tries are rare.
const RETRY_INTERVAL_MS = 1000;
export const MAX_HELD_ROWS = 10_000;

export class WriteQueue {
  /** Outcomes and feedback that wait. */
  readonly notes = new OutcomeQueue();
  readonly #options: WriteQueueOptions;
  readonly #unwritten: UnwrittenLog | null;
  readonly #checkpointer: Checkpointer;
  readonly #file: LedgerFile;
  /** The store that `#mirrored`, `#startedOnDisk` and `#unwrittenTables` are about. */
  #knownStore: LedgerStore;
  /** Oldest first. */
  #pending: EncodedRow[] = [];
  /** How many of `#pending`, from the front, the store mirrors. */
  #mirrored = 0;
  /** Rows that stand in the unwritten log before they are added, with the mark of the file that they stand in. */
  readonly #foreseen = new WeakMap<ExchangeRecord, { readonly row: EncodedRow; readonly mark: number }>();
  readonly #startedPending = new Map<string, StartedExchange>();
  readonly #startedOnDisk = new Set<string>();
  /** Tables as JSON by hash; few, so all of this process are kept for the case of a new file. */
  readonly #tables = new Map<string, string>();
  readonly #unwrittenTables = new Set<string>();
  #fault: string | null = null;
  #droppedRows = 0;
  #draining: Promise<void> | null = null;
  #cancelFlush: (() => void) | null = null;
  #isClosed = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
    const { path, clock, log } = options;
    this.#unwritten =
      path === MEMORY_PATH ? null : new UnwrittenLog(path, (error) => this.#onLogBroken(error));
    this.#file = new LedgerFile({
      path,
      clock,
      log,
      ownLog: this.#unwritten?.prefix,
      onForeignRows: () => {
        options.onOtherRows();
        options.onForeignRows?.();
      },
    });
    this.#knownStore = this.#file.store;
    this.#checkpointer = new Checkpointer({
      path,
      clock,
      log,
      // Without the thread SQLite does it itself, on ours.
      onFailure: () => this.#file.store.database.exec('PRAGMA wal_autocheckpoint = 1000'),
    });
    if (this.#file.openFault === null) return;
    this.#setFault(this.#file.openFault);
    this.scheduleFlush(); // tries again, also when nobody books anything
  }

  get file(): LedgerFile {
    return this.#file;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why the file does not take what it is given; null when it does. */
  get fault(): string | null {
    return this.#fault;
  }

  get waitingRows(): number {
    return this.#pending.length;
  }

  /** Rows that found no place in memory while the file refused. */
  get droppedRows(): number {
    return this.#droppedRows;
  }

  /** Rows wait that neither the database nor the files beside it have taken. */
  get isAtRisk(): boolean {
    return this.#fault !== null && this.#pending.length > 0 && this.#unwritten?.isBroken === true;
  }

  addStarted(exchange: StartedExchange): void {
    this.#startedPending.set(exchange.exchangeId, exchange);
    this.#unwritten?.noteStarted(exchange);
    this.scheduleFlush();
  }

  /** Only for the case that the process is killed before the record itself is added; adding the same one costs little. */
  foresee(record: ExchangeRecord): void {
    const row = this.#unwritten === null ? null : this.#encode(record);
    const mark = row === null ? undefined : this.#unwritten?.noteEnded(row);
    if (row !== null && mark !== undefined) this.#foreseen.set(record, { row, mark });
  }

  /**
   * When this returns the row outlives the process. False for a record that is no valid row: it is dropped here, since it
   * must not hold up the others.
   */
  add(record: ExchangeRecord): boolean {
    // Begun and ended between two flushes: nothing to note.
    this.#startedPending.delete(record.exchangeId);
    const foreseen = this.#foreseen.get(record);
    const row = foreseen?.row ?? this.#encode(record);
    if (row === null) return false;
    this.#rememberTableOf(record);
    if (this.#pending.length >= MAX_HELD_ROWS) this.#makeRoom();
    this.#pending.push(row);
    // What was foreseen before the database last took all that waited may stand in a file no more.
    if (foreseen === undefined || foreseen.mark !== this.#unwritten?.mark) this.#unwritten?.noteEnded(row);
    this.scheduleFlush();
    return true;
  }

  rememberTable(table: RoutingTable): void {
    if (this.#tables.has(table.hash)) return;
    this.#tables.set(table.hash, JSON.stringify(table));
    this.#unwrittenTables.add(table.hash);
    this.scheduleFlush();
  }

  /** As JSON; null for one that this process has not seen. */
  knownTable(hash: string): string | null {
    return this.#tables.get(hash) ?? null;
  }

  scheduleFlush(): void {
    if (this.#cancelFlush !== null || this.#draining !== null) return;
    const delayMs =
      this.#fault === null ? (this.#options.flushIntervalMs ?? FLUSH_INTERVAL_MS) : RETRY_INTERVAL_MS;
    this.#cancelFlush = this.#options.clock.setTimer(delayMs, () => {
      this.#cancelFlush = null;
      void this.#drain();
    });
  }

  /** Writes until nothing waits or the file refuses. */
  async flush(): Promise<void> {
    while (this.#hasWork) {
      await this.#drain();
      if (this.#fault !== null) return;
    }
  }

  /** Asks the file with what waits laid over it; what waits alone when the file cannot be read. */
  read<Result>(query: (database: DatabaseSync, tables: SourceTables) => Result): Result {
    while (this.#fault === null && this.#hasWork && this.#writeBatch({ withStarted: true }));
    try {
      this.#mirrorPending();
      const source = this.#pending.length === 0 ? 'stored' : 'all';
      return query(this.#file.store.database, SOURCE_TABLES[source]);
    } catch (error) {
      if (!isSqliteError(error) || this.#isClosed) throw error;
      this.#onFault(error);
      this.scheduleFlush();
      this.#mirrorPending();
      return query(this.#file.store.database, SOURCE_TABLES.held);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    this.#cancelFlush?.();
    if (this.#pending.length > 0) {
      this.#options.log.error('the ledger could not write its last rows', {
        rows: this.#pending.length,
        error: this.#fault,
      });
    }
    await this.#checkpointer.stop();
    this.#unwritten?.close(!this.#hasWork);
    this.#file.close();
  }

  get #hasWork(): boolean {
    return (
      this.#pending.length > 0 ||
      this.#startedPending.size > 0 ||
      this.#unwrittenTables.size > 0 ||
      !this.notes.isEmpty
    );
  }

  /** Writes what waits, or until the file refuses. Never rejects. */
  #drain(): Promise<void> {
    this.#draining ??= this.#writeAll().finally(() => {
      this.#draining = null;
      if (this.#isClosed) return;
      if (this.#hasWork || this.#fault !== null) this.scheduleFlush();
      else if (this.#options.path !== MEMORY_PATH) this.#checkpointer.noteWritten();
    });
    return this.#draining;
  }

  /** What waits now and no more: under load new work never ends, and many small transactions are the dear ones. */
  async #writeAll(): Promise<void> {
    this.#unwritten?.beginWriting();
    // After a fault an empty batch is worth trying: it tells whether the file is well again.
    let batches = Math.max(1, Math.ceil(this.#pending.length / ROWS_PER_BATCH));
    while (batches > 0 && (this.#hasWork || this.#fault !== null)) {
      batches -= 1;
      // Most exchanges that have begun are over by the last batch and need no row of their own.
      if (!this.#writeBatch({ withStarted: batches === 0 })) return;
      if (batches > 0) await setImmediate();
    }
    this.#unwritten?.written();
  }

  /** One transaction. False when the file refused it; everything is still pending then. */
  #writeBatch({ withStarted }: { readonly withStarted: boolean }): boolean {
    if (!this.#ensureOpen()) return false;
    const rows = this.#pending.slice(0, ROWS_PER_BATCH);
    const started = withStarted ? [...this.#startedPending.values()] : [];
    const notes = this.notes.batch();
    try {
      const result = this.#file.store.write({
        rows,
        started,
        tables: [...this.#unwrittenTables].map((hash) => ({ hash, json: this.#tables.get(hash) ?? 'null' })),
        finished: rows.map((row) => row.exchangeId).filter((id) => this.#startedOnDisk.has(id)),
        notes,
      });
      this.#onWritten({ rows, started, notes }, result);
      return true;
    } catch (error) {
      this.#onFault(error);
      return false;
    }
  }

  #onWritten(
    {
      rows,
      started,
      notes,
    }: {
      readonly rows: readonly EncodedRow[];
      readonly started: readonly StartedExchange[];
      readonly notes: OutcomeNotes;
    },
    result: WriteResult,
  ): void {
    this.notes.written(notes);
    this.#pending.splice(0, rows.length);
    this.#releaseMirror();
    for (const row of rows) this.#startedOnDisk.delete(row.exchangeId);
    for (const { exchangeId } of started) this.#startedOnDisk.add(exchangeId);
    for (const { exchangeId } of started) this.#startedPending.delete(exchangeId);
    this.#unwrittenTables.clear();
    if (this.#fault !== null) this.#options.log.info('the ledger writes again');
    this.#fault = null;
    if (result.inserted < rows.length) this.#options.onOtherRows();
    for (const exchangeId of result.duplicates) {
      this.#options.log.warn('an exchange was booked twice, the second is ignored', { exchangeId });
    }
    for (const refused of result.refused) this.#options.log.error('a row cannot be stored', refused);
  }

  #encode(record: ExchangeRecord): EncodedRow | null {
    try {
      return encodeRow(record);
    } catch (error) {
      this.#options.log.error('a record cannot be written down', {
        exchangeId: record.exchangeId,
        error: String(error),
      });
      return null;
    }
  }

  #rememberTableOf(record: ExchangeRecord): void {
    const hash = record.decision?.tableHash;
    if (hash === undefined || this.#tables.has(hash)) return;
    const table = this.#options.tableOf?.(hash) ?? null;
    if (table !== null) this.rememberTable(table);
  }

  #makeRoom(): void {
    if (this.#fault === null && this.#writeBatch({ withStarted: false })) return;
    this.#pending.shift();
    this.#releaseMirror();
    this.#droppedRows += 1;
    if (this.#droppedRows === 1) this.#options.log.error('the ledger loses its oldest unwritten rows');
  }

  #mirrorPending(): void {
    this.#noticeNewStore();
    if (this.#mirrored === this.#pending.length) return;
    this.#file.store.hold(this.#pending.slice(this.#mirrored));
    this.#mirrored = this.#pending.length;
  }

  #releaseMirror(): void {
    this.#file.store.releaseHeld();
    this.#mirrored = 0;
  }

  #ensureOpen(): boolean {
    const isOpen = this.#file.ensureOpen();
    if (this.#file.openFault !== null) this.#setFault(this.#file.openFault);
    this.#noticeNewStore();
    return isOpen;
  }

  /** Perhaps another file than before: everything it must hold is written again, what it has is left alone. */
  #noticeNewStore(): void {
    if (this.#knownStore === this.#file.store) return;
    this.#knownStore = this.#file.store;
    this.#mirrored = 0;
    this.#options.onOtherRows();
    for (const hash of this.#tables.keys()) this.#unwrittenTables.add(hash);
  }

  /** Where the database is in trouble as well, its own sentence says what is the matter. */
  #onLogBroken(error: unknown): void {
    if (this.#fault !== null) return;
    this.#options.log.warn('if the daemon is killed now, the books lose what they have not written yet', {
      error: String(error),
    });
  }

  #onFault(error: unknown): void {
    this.#setFault(`cannot write ${this.#options.path}: ${String(error)}`);
    this.#file.onFault(error);
  }

  #setFault(message: string): void {
    if (this.#fault === null) this.#options.log.warn(message);
    this.#fault = message;
  }
}
