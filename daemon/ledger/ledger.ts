// The books. Appending never throws and never waits: a full disk must not fail an answer.

import type {
  ExchangesBody,
  Feedback,
  SeriesBody,
  TotalsBody,
  TotalsGroupBy,
} from '../protocol/control-api.ts';
import type { ExchangeRecord, OutcomeRecord } from '../protocol/exchange-record.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import type { RoutingTable } from '../route/policy.ts';

/** Rows of these alone; absent = of all, `unknown` = those that have none. */
export interface RowFilter {
  readonly client?: string;
  /** The one that answered. */
  readonly model?: string;
  readonly task?: string;
  readonly workspace?: string;
}

export interface TotalsQuery extends RowFilter {
  /** Unix epoch ms; absent = from the beginning. */
  readonly sinceAtMs?: number;
  /** Unix epoch ms, exclusive; absent = to the end. */
  readonly untilAtMs?: number;
  readonly groupBy?: TotalsGroupBy;
  /** Also what a report needs beside the totals; reads every row's attempts, some 300 ms for 100,000. */
  readonly withDetails?: boolean;
}

export interface SeriesQuery extends RowFilter {
  /** Unix epoch ms; absent = from the first row. */
  readonly sinceAtMs?: number;
  /** Unix epoch ms, exclusive; absent = to now. */
  readonly untilAtMs?: number;
  /** Length of a slice; absent = one that makes at most 200 of them. */
  readonly bucketMs?: number;
}

export interface ExchangesQuery extends RowFilter {
  /** 1..500, 50 by default. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly before?: string;
  readonly conversationId?: string;
}

export interface LedgerState {
  readonly rows: number;
  /** Absolute path, or ':memory:'. */
  readonly path: string;
  readonly ok: boolean;
  readonly error: string | null;
}

/** What is known of an exchange before it is finished, so that a crash leaves a trace of it. */
export interface StartedExchange {
  readonly exchangeId: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly client: string;
  readonly clientDialect: DialectId;
  readonly requestModel: string;
}

export interface OutcomesQuery {
  /** Unix epoch ms, inclusive. */
  readonly sinceAtMs: number;
  /** `next` of the page before. */
  readonly before?: number;
  /** 100,000 by default, which is the most. */
  readonly limit?: number;
}

export interface OutcomesPage {
  /** Those noted last first. */
  readonly outcomes: readonly OutcomeRecord[];
  /** Pass as `before` for the next page; null at the end. What is noted between two pages is on neither. */
  readonly next: number | null;
}

/** What a user said of one exchange. */
export type StoredFeedback = Feedback & { readonly exchangeId: string };

export interface Ledger {
  /** Optional: notes that an exchange runs. Without an `append` it becomes `interrupted` at the next start. */
  started?(exchange: StartedExchange): void;
  /**
   * Optional: what the record will be, but for remarks, of an exchange whose answer is about to leave. Stands in for the
   * `append` that a killed process no longer comes to.
   */
  foresee?(record: ExchangeRecord): void;
  /** Queues a finished exchange, written with others within `flushIntervalMs`; it outlives the process already now. */
  append(record: ExchangeRecord): void;
  /** Remembers a routing table under its hash, once. */
  rememberTable(table: RoutingTable): void;
  /**
   * Queues what was seen of a model; written with the rows. Noted twice (same exchange, model and kind; the ratings are
   * one kind) the later one counts.
   */
  noteOutcome(outcome: OutcomeRecord): void;
  /** Queues what the user said; replaces what was said of the same exchange before. */
  noteFeedback(feedback: StoredFeedback): void;
  /** The stored table, for replaying a decision; null when unknown. */
  table(hash: string): RoutingTable | null;
  /** Resolves when everything appended so far is on disk, or could not be written (see `state`). */
  flush(): Promise<void>;
  /** The readers see what was appended and noted at once, flushed or not. */
  totals(query: TotalsQuery): TotalsBody;
  /** Rejects with `request.malformed` for more than 2,000 slices. */
  series(query: SeriesQuery): Promise<SeriesBody>;
  exchanges(query: ExchangesQuery): ExchangesBody;
  exchange(exchangeId: string): ExchangeRecord | null;
  outcomes(query: OutcomesQuery): OutcomesPage;
  /** null = nothing was said. */
  feedback(exchangeId: string): StoredFeedback | null;
  state(): LedgerState;
  close(): Promise<void>;
}
