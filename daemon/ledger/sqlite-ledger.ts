// The books in SQLite: what is asked of them, over what is stored and what waits alike. The writing is `write-queue.ts`'s:
// the ledger can be out of order, an answer cannot fail because of it.

import { setImmediate } from 'node:timers/promises';
import type { ExchangesBody, SeriesBody, SeriesPoint, TotalsBody } from '../protocol/control-api.ts';
import type { ExchangeRecord, OutcomeRecord } from '../protocol/exchange-record.ts';
import type { RoutingTable } from '../route/policy.ts';
import { MEMORY_PATH } from './database-file.ts';
import { readExchange, readPage } from './exchange-pages.ts';
import { SOURCE_TABLES } from './ledger-store.ts';
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
import { RunningTotals } from './running-totals.ts';
import { DAY_MS, dayStartMs } from './projection.ts';
import { withDetails } from './totals-details.ts';
import { readSpent, type Spent, type SpentQuery } from './spent.ts';
import { planSeries, readSlices } from './series.ts';
import { addSums } from './sums.ts';
import { readTimings, readSums, readTotals } from './totals.ts';
import { MAX_HELD_ROWS, WriteQueue, type WriteQueueOptions } from './write-queue.ts';

export type SqliteLedgerOptions = Omit<WriteQueueOptions, 'onOtherRows'>;

export interface SqliteLedger extends Ledger {
  started(exchange: StartedExchange): void;
  /**
   * What was spent in a range of time, by name. Throws when the books cannot be read: a budget must not take what is
   * unknown for nothing.
   */
  spent(query: SpentQuery): ReadonlyMap<string, Spent>;
  /** Why rows that wait would be lost if the process ended; null = none would. */
  whyNotKept(): string | null;
  /** A page of what was decided and billed, in the order of time, for replaying it. */
  history(query: HistoryQuery): HistoryPage;
  /** Totals of the present UTC day without groups, kept up in memory: cheap enough for every finished exchange. */
  today(): TotalsBody;
  /** To be called when another daemon has handed over to this one after the ledger was opened. */
  expectForeignRows(): void;
}

/** What a series reads in one turn of the event loop; a request that waits for it does not notice. */
const SERIES_TURN_MS = 8;

/** Opens or creates the books. Never throws for the state of the disk: `state()` says what is wrong. */
export function openLedger(options: SqliteLedgerOptions): SqliteLedger {
  return new BufferedLedger(options);
}

class BufferedLedger implements SqliteLedger {
  readonly #options: SqliteLedgerOptions;
  readonly #queue: WriteQueue;
  #running: RunningTotals | null = null;

  constructor(options: SqliteLedgerOptions) {
    this.#options = options;
    this.#queue = new WriteQueue({
      ...options,
      onOtherRows: () => {
        this.#running = null; // it counts rows that are not there, or lacks some that are
      },
    });
  }

  started(exchange: StartedExchange): void {
    if (!this.#queue.isClosed) this.#queue.addStarted(exchange);
  }

  foresee(record: ExchangeRecord): void {
    if (!this.#queue.isClosed) this.#queue.foresee(record);
  }

  append(record: ExchangeRecord): void {
    if (this.#queue.isClosed) {
      const { exchangeId } = record;
      this.#options.log.error('an exchange ended after the ledger was closed', { exchangeId });
      return;
    }
    if (this.#queue.add(record)) this.#running?.add(record);
  }

  rememberTable(table: RoutingTable): void {
    this.#queue.rememberTable(table);
  }

  noteOutcome(outcome: OutcomeRecord): void {
    if (this.#queue.isClosed) return; // an estimate is not worth a line in the log
    this.#queue.notes.addOutcome(outcome);
    this.#queue.scheduleFlush();
  }

  noteFeedback(feedback: StoredFeedback): void {
    if (this.#queue.isClosed) return;
    this.#queue.notes.addFeedback(feedback);
    this.#queue.scheduleFlush();
  }

  table(hash: string): RoutingTable | null {
    const json = this.#queue.knownTable(hash);
    if (json !== null) return JSON.parse(json) as RoutingTable;
    return this.#queue.read(() => this.#queue.file.store.table(hash));
  }

  async flush(): Promise<void> {
    await this.#queue.flush();
  }

  totals(query: TotalsQuery): TotalsBody {
    return this.#queue.read((database, tables) => {
      const totals = readTotals(database, tables, query, query.groupBy);
      return query.withDetails === true ? withDetails(database, tables, query, totals) : totals;
    });
  }

  async series(query: SeriesQuery): Promise<SeriesBody> {
    const { clock } = this.#options;
    const plan = this.#queue.read((database, tables) => planSeries(database, tables, query, clock.now()));
    const points: SeriesPoint[] = [];
    for (let from = 0; from < plan.count;) {
      const endMs = clock.monotonicMs() + SERIES_TURN_MS;
      const until = (): boolean => clock.monotonicMs() >= endMs;
      const slices = this.#queue.read((database, tables) =>
        readSlices(database, tables, query, { plan, from, until }),
      );
      points.push(...slices.points);
      from = slices.next;
      if (from < plan.count) await setImmediate();
    }
    return { bucketMs: plan.bucketMs, points };
  }

  exchanges(query: ExchangesQuery): ExchangesBody {
    return this.#queue.read((database, tables) => readPage(database, tables, query));
  }

  exchange(exchangeId: string): ExchangeRecord | null {
    return this.#queue.read((database, tables) => readExchange(database, tables, exchangeId));
  }

  outcomes(query: OutcomesQuery): OutcomesPage {
    return this.#queue.read(() => this.#queue.notes.over(this.#queue.file.store.outcomes.page(query), query));
  }

  feedback(exchangeId: string): StoredFeedback | null {
    return this.#queue.read(
      () => this.#queue.notes.feedback(exchangeId) ?? this.#queue.file.store.outcomes.feedback(exchangeId),
    );
  }

  history(query: HistoryQuery): HistoryPage {
    return this.#queue.read((database, tables) => readHistoryPage(database, tables, query));
  }

  spent(query: SpentQuery): ReadonlyMap<string, Spent> {
    return this.#queue.read((database, tables) => {
      if (this.#queue.file.openFault !== null || tables === SOURCE_TABLES.held) {
        throw new Error(this.#queue.fault ?? `cannot read ${this.#options.path}`);
      }
      if (query.sinceAtMs < this.#queue.file.begunAnewAtMs) {
        throw new Error(
          `${this.#queue.file.notice ?? 'the ledger was begun anew'}; restart pointsman to count from nothing`,
        );
      }
      return readSpent(database, tables, query);
    });
  }

  whyNotKept(): string | null {
    return this.#queue.isAtRisk ? this.#queue.fault : null;
  }

  today(): TotalsBody {
    const now = this.#options.clock.now();
    if (this.#running === null || !this.#running.covers(now)) this.#running = this.#seedRunning(now);
    return this.#running.body();
  }

  expectForeignRows(): void {
    this.#queue.file.expectForeignRows();
  }

  state(): LedgerState {
    const lost =
      this.#queue.droppedRows === 0
        ? `; up to ${MAX_HELD_ROWS} rows are kept in memory meanwhile`
        : `; the newest ${MAX_HELD_ROWS} rows are kept in memory, ${this.#queue.droppedRows} older ones are lost`;
    return {
      rows: this.#queue.file.store.storedRows + this.#queue.waitingRows,
      path: this.#queue.file.isStandIn ? MEMORY_PATH : this.#options.path,
      ok: this.#queue.fault === null,
      error: this.#queue.fault === null ? this.#queue.file.notice : this.#queue.fault + lost,
    };
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }

  #seedRunning(now: number): RunningTotals {
    const range = { sinceAtMs: dayStartMs(now), untilAtMs: dayStartMs(now) + DAY_MS };
    return this.#queue.read((database, tables) => {
      const sums = addSums(readSums(database, tables, range).values());
      return new RunningTotals(now, { sums, ...readTimings(database, tables, range) });
    });
  }
}
