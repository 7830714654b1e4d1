// The books in SQLite. `append` only pushes to an array; rows are written in batches of one transaction each, a few
// milliseconds of work at most, with a turn of the event loop between them. What the file does not take (disk full,
// locked, broken, unreadable home) stays in memory, is visible to every reader and is tried again: the ledger can be
// out of order, an answer cannot fail because of it.

import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { ExchangesBody, SeriesBody, SeriesPoint, TotalsBody } from '../protocol/control-api.ts';
import type { ExchangeRecord, OutcomeRecord } from '../protocol/exchange-record.ts';
import type { RoutingTable } from '../route/policy.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { Checkpointer } from './checkpointer.ts';
import { MEMORY_PATH, isSqliteError } from './database-file.ts';
import { readExchange, readPage } from './exchange-pages.ts';
import { LedgerFile } from './ledger-file.ts';
import { SOURCE_TABLES } from './ledger-store.ts';
import type { LedgerStore, SourceTables, WriteResult } from './ledger-store.ts';
import type {
  ExchangesQuery,
  Ledger,
  LedgerState,
  OutcomesPage,
  OutcomesQuery,
  SeriesQuery,
  StartedExchange,
  StoredFeedback,
  TotalsQuery,
} from './ledger.ts';
import { readHistoryPage, type HistoryPage, type HistoryQuery } from './history-steps.ts';
import { OutcomeQueue } from './outcome-queue.ts';
import type { OutcomeNotes } from './outcome-rows.ts';
import { encodeRow } from './record-row.ts';
import type { EncodedRow } from './record-row.ts';
import { RunningTotals } from './running-totals.ts';
import { DAY_MS, dayStartMs } from './projection.ts';
import { withDetails } from './totals-details.ts';
import { readSpent, type Spent, type SpentQuery } from './spent.ts';
import { planSeries, readSlices } from './series.ts';
import { addSums } from './sums.ts';
import { readTimings, readSums, readTotals } from './totals.ts';

export interface SqliteLedgerOptions {
  /** Absolute path of the database, or ':memory:'. The folder must exist. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest time that a finished exchange waits to be written, ms; 150 by default. */
  readonly flushIntervalMs?: number;
  /** Asked for the table of a record whose hash was never handed to `rememberTable`. */
  readonly tableOf?: (hash: string) => RoutingTable | null;
  /** Called when a daemon that hands over to this one has written rows: what was summed up before lacks them. */
  readonly onForeignRows?: () => void;
}

export interface SqliteLedger extends Ledger {
  started(exchange: StartedExchange): void;
  /**
   * What was spent in a range of time, by name. Throws when the books cannot be read: a budget must not take what is
   * unknown for nothing.
   */
  spent(query: SpentQuery): ReadonlyMap<string, Spent>;
  /** A page of what was decided and billed, in the order of time, for replaying it. */
  history(query: HistoryQuery): HistoryPage;
  /** Totals of the present UTC day without groups, kept up in memory: cheap enough for every finished exchange. */
  today(): TotalsBody;
  /** To be called when another daemon has handed over to this one after the ledger was opened. */
  expectForeignRows(): void;
}

const FLUSH_INTERVAL_MS = 150;
// 50 rows take 0.7 ms here (13 us a row, decision of 3.5 kB included).
const ROWS_PER_BATCH = 50;
// While the file refuses, each try may wait for a lock (20 ms), so tries are rare.
const RETRY_INTERVAL_MS = 1000;
const MAX_HELD_ROWS = 10_000;
/** What a series reads in one turn of the event loop; a request that waits for it does not notice. */
const SERIES_TURN_MS = 8;

/** Opens or creates the books. Never throws for the state of the disk: `state()` says what is wrong. */
export function openLedger(options: SqliteLedgerOptions): SqliteLedger {
  return new BufferedLedger(options);
}

class BufferedLedger implements SqliteLedger {
  readonly #options: SqliteLedgerOptions;
  readonly #checkpointer: Checkpointer;
  readonly #file: LedgerFile;
  /** The store that `#mirrored`, `#startedOnDisk` and `#unwrittenTables` are about. */
  #knownStore: LedgerStore;
  /** Oldest first. */
  #pending: ExchangeRecord[] = [];
  /** How many of `#pending`, from the front, the store mirrors. */
  #mirrored = 0;
  readonly #notes = new OutcomeQueue();
  readonly #startedPending = new Map<string, StartedExchange>();
  readonly #startedOnDisk = new Set<string>();
  /** Tables as JSON by hash; few, so all of this process are kept for the case of a new file. */
  readonly #tables = new Map<string, string>();
  readonly #unwrittenTables = new Set<string>();
  #fault: string | null = null;
  #droppedRows = 0;
  #running: RunningTotals | null = null;
  #draining: Promise<void> | null = null;
  #cancelFlush: (() => void) | null = null;
  #isClosed = false;

  constructor(options: SqliteLedgerOptions) {
    this.#options = options;
    this.#file = new LedgerFile({
      ...options,
      onForeignRows: () => {
        this.#running = null; // it does not count them
        options.onForeignRows?.();
      },
    });
    this.#knownStore = this.#file.store;
    this.#checkpointer = new Checkpointer({
      ...options,
      // Without the thread SQLite does it itself, on ours.
      onFailure: () => this.#file.store.database.exec('PRAGMA wal_autocheckpoint = 1000'),
    });
    if (this.#file.openFault === null) return;
    this.#setFault(this.#file.openFault);
    this.#scheduleFlush(); // tries again, also when nobody books anything
  }

  started(exchange: StartedExchange): void {
    if (this.#isClosed) return;
    this.#startedPending.set(exchange.exchangeId, exchange);
    this.#scheduleFlush();
  }

  append(record: ExchangeRecord): void {
    if (this.#isClosed) {
      this.#options.log.error('an exchange ended after the ledger was closed', {
        exchangeId: record.exchangeId,
      });
      return;
    }
    // Begun and ended between two flushes: nothing to note.
    this.#startedPending.delete(record.exchangeId);
    if (this.#pending.length >= MAX_HELD_ROWS) this.#makeRoom();
    this.#pending.push(record);
    this.#running?.add(record);
    this.#scheduleFlush();
  }

  rememberTable(table: RoutingTable): void {
    if (this.#tables.has(table.hash)) return;
    this.#tables.set(table.hash, JSON.stringify(table));
    this.#unwrittenTables.add(table.hash);
    this.#scheduleFlush();
  }

  noteOutcome(outcome: OutcomeRecord): void {
    if (this.#isClosed) return; // an estimate is not worth a line in the log
    this.#notes.addOutcome(outcome);
    this.#scheduleFlush();
  }

  noteFeedback(feedback: StoredFeedback): void {
    if (this.#isClosed) return;
    this.#notes.addFeedback(feedback);
    this.#scheduleFlush();
  }

  table(hash: string): RoutingTable | null {
    const json = this.#tables.get(hash);
    if (json !== undefined) return JSON.parse(json) as RoutingTable;
    return this.#read(() => this.#file.store.table(hash));
  }

  async flush(): Promise<void> {
    while (this.#hasWork) {
      await this.#drain();
      if (this.#fault !== null) return;
    }
  }

  totals(query: TotalsQuery): TotalsBody {
    return this.#read((database, tables) => {
      const totals = readTotals(database, tables, query, query.groupBy);
      return query.withDetails === true ? withDetails(database, tables, query, totals) : totals;
    });
  }

  async series(query: SeriesQuery): Promise<SeriesBody> {
    const { clock } = this.#options;
    const plan = this.#read((database, tables) => planSeries(database, tables, query, clock.now()));
    const points: SeriesPoint[] = [];
    for (let from = 0; from < plan.count;) {
      const endMs = clock.monotonicMs() + SERIES_TURN_MS;
      const until = (): boolean => clock.monotonicMs() >= endMs;
      const slices = this.#read((database, tables) =>
        readSlices(database, tables, query, { plan, from, until }),
      );
      points.push(...slices.points);
      from = slices.next;
      if (from < plan.count) await setImmediate();
    }
    return { bucketMs: plan.bucketMs, points };
  }

  exchanges(query: ExchangesQuery): ExchangesBody {
    return this.#read((database, tables) => readPage(database, tables, query));
  }

  exchange(exchangeId: string): ExchangeRecord | null {
    return this.#read((database, tables) => readExchange(database, tables, exchangeId));
  }

  outcomes(query: OutcomesQuery): OutcomesPage {
    return this.#read(() => this.#notes.over(this.#file.store.outcomes.page(query), query));
  }

  feedback(exchangeId: string): StoredFeedback | null {
    return this.#read(
      () => this.#notes.feedback(exchangeId) ?? this.#file.store.outcomes.feedback(exchangeId),
    );
  }

  history(query: HistoryQuery): HistoryPage {
    return this.#read((database, tables) => readHistoryPage(database, tables, query));
  }

  spent(query: SpentQuery): ReadonlyMap<string, Spent> {
    return this.#read((database, tables) => {
      if (this.#file.openFault !== null || tables === SOURCE_TABLES.held) {
        throw new Error(this.#fault ?? `cannot read ${this.#options.path}`);
      }
      if (query.sinceAtMs < this.#file.begunAnewAtMs) {
        throw new Error(
          `${this.#file.notice ?? 'the ledger was begun anew'}; restart pointsman to count from nothing`,
        );
      }
      return readSpent(database, tables, query);
    });
  }

  today(): TotalsBody {
    const now = this.#options.clock.now();
    if (this.#running === null || !this.#running.covers(now)) this.#running = this.#seedRunning(now);
    return this.#running.body();
  }

  expectForeignRows(): void {
    this.#file.expectForeignRows();
  }

  state(): LedgerState {
    const lost =
      this.#droppedRows === 0
        ? `; up to ${MAX_HELD_ROWS} rows are kept in memory meanwhile`
        : `; the newest ${MAX_HELD_ROWS} rows are kept in memory, ${this.#droppedRows} older ones are lost`;
    return {
      rows: this.#file.store.storedRows + this.#pending.length,
      path: this.#file.isStandIn ? MEMORY_PATH : this.#options.path,
      ok: this.#fault === null,
      error: this.#fault === null ? this.#file.notice : this.#fault + lost,
    };
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
    this.#file.close();
  }

  get #hasWork(): boolean {
    return (
      this.#pending.length > 0 ||
      this.#startedPending.size > 0 ||
      this.#unwrittenTables.size > 0 ||
      !this.#notes.isEmpty
    );
  }

  #scheduleFlush(): void {
    if (this.#cancelFlush !== null || this.#draining !== null) return;
    const delayMs =
      this.#fault === null ? (this.#options.flushIntervalMs ?? FLUSH_INTERVAL_MS) : RETRY_INTERVAL_MS;
    this.#cancelFlush = this.#options.clock.setTimer(delayMs, () => {
      this.#cancelFlush = null;
      void this.#drain();
    });
  }

  /** Writes until nothing waits or the file refuses. Never rejects. */
  #drain(): Promise<void> {
    this.#draining ??= this.#writeAll().finally(() => {
      this.#draining = null;
      if (this.#isClosed) return;
      if (this.#hasWork || this.#fault !== null) this.#scheduleFlush();
      else if (this.#options.path !== MEMORY_PATH) this.#checkpointer.noteWritten();
    });
    return this.#draining;
  }

  /** What waits now and no more: under load new work never ends, and many small transactions are the dear ones. */
  async #writeAll(): Promise<void> {
    // After a fault an empty batch is worth trying: it tells whether the file is well again.
    let batches = Math.max(1, Math.ceil(this.#pending.length / ROWS_PER_BATCH));
    while (batches > 0 && (this.#hasWork || this.#fault !== null)) {
      batches -= 1;
      // Most exchanges that have begun are over by the last batch and need no row of their own.
      if (!this.#writeBatch({ withStarted: batches === 0 })) return;
      if (batches > 0) await setImmediate();
    }
  }

  /** One transaction. False when the file refused it; everything is still pending then. */
  #writeBatch({ withStarted }: { readonly withStarted: boolean }): boolean {
    if (!this.#ensureOpen()) return false;
    const records = this.#pending.slice(0, ROWS_PER_BATCH);
    const started = withStarted ? [...this.#startedPending.values()] : [];
    for (const record of records) this.#rememberTableOf(record);
    const notes = this.#notes.batch();
    try {
      const result = this.#file.store.write({
        rows: this.#encode(records),
        started,
        tables: [...this.#unwrittenTables].map((hash) => ({ hash, json: this.#tables.get(hash) ?? 'null' })),
        finished: records.map((record) => record.exchangeId).filter((id) => this.#startedOnDisk.has(id)),
        notes,
      });
      this.#onWritten({ records, started, notes }, result);
      return true;
    } catch (error) {
      this.#onFault(error);
      return false;
    }
  }

  #onWritten(
    {
      records,
      started,
      notes,
    }: {
      readonly records: readonly ExchangeRecord[];
      readonly started: readonly StartedExchange[];
      readonly notes: OutcomeNotes;
    },
    result: WriteResult,
  ): void {
    this.#notes.written(notes);
    this.#pending.splice(0, records.length);
    this.#releaseMirror();
    for (const record of records) this.#startedOnDisk.delete(record.exchangeId);
    for (const { exchangeId } of started) this.#startedOnDisk.add(exchangeId);
    for (const { exchangeId } of started) this.#startedPending.delete(exchangeId);
    this.#unwrittenTables.clear();
    if (this.#fault !== null) this.#options.log.info('the ledger writes again');
    this.#fault = null;
    if (result.inserted < records.length) this.#running = null; // it counted a row that is not in the books
    for (const exchangeId of result.duplicates) {
      this.#options.log.warn('an exchange was booked twice, the second is ignored', { exchangeId });
    }
    for (const refused of result.refused) this.#options.log.error('a row cannot be stored', refused);
  }

  /** A record that is no valid row is dropped here: it must not hold up the others. */
  #encode(records: readonly ExchangeRecord[]): readonly EncodedRow[] {
    return records.flatMap((record) => {
      try {
        return [encodeRow(record)];
      } catch (error) {
        this.#options.log.error('a record cannot be written down', {
          exchangeId: record.exchangeId,
          error: String(error),
        });
        return [];
      }
    });
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

  #read<Result>(query: (database: DatabaseSync, tables: SourceTables) => Result): Result {
    while (this.#fault === null && this.#hasWork && this.#writeBatch({ withStarted: true }));
    try {
      this.#mirrorPending();
      const source = this.#pending.length === 0 ? 'stored' : 'all';
      return query(this.#file.store.database, SOURCE_TABLES[source]);
    } catch (error) {
      if (!isSqliteError(error) || this.#isClosed) throw error;
      this.#onFault(error);
      this.#scheduleFlush();
      this.#mirrorPending();
      return query(this.#file.store.database, SOURCE_TABLES.held);
    }
  }

  #mirrorPending(): void {
    this.#noticeNewStore();
    if (this.#mirrored === this.#pending.length) return;
    this.#file.store.hold(this.#encode(this.#pending.slice(this.#mirrored)));
    this.#mirrored = this.#pending.length;
  }

  #releaseMirror(): void {
    this.#file.store.releaseHeld();
    this.#mirrored = 0;
  }

  #seedRunning(now: number): RunningTotals {
    const range = { sinceAtMs: dayStartMs(now), untilAtMs: dayStartMs(now) + DAY_MS };
    return this.#read((database, tables) => {
      const sums = addSums(readSums(database, tables, range).values());
      return new RunningTotals(now, { sums, ...readTimings(database, tables, range) });
    });
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
    this.#running = null;
    for (const hash of this.#tables.keys()) this.#unwrittenTables.add(hash);
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
