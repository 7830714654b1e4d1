// The books. Appending never throws and never waits: a full disk must not fail an answer.

import type { ExchangesBody, Feedback, TotalsBody, TotalsGroupBy } from '../protocol/control-api.ts';
import type { ExchangeRecord, OutcomeRecord } from '../protocol/exchange-record.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import type { RoutingTable } from '../route/policy.ts';

export interface TotalsQuery {
  /** Unix epoch ms; absent = from the beginning. */
  readonly sinceAtMs?: number;
  readonly groupBy?: TotalsGroupBy;
  /** Also what a report needs beside the totals; reads every row's attempts, some 300 ms for 100,000. */
  readonly withDetails?: boolean;
}

export interface ExchangesQuery {
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
  /** Queues a finished exchange; it is written with others within `flushIntervalMs`. */
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
  exchanges(query: ExchangesQuery): ExchangesBody;
  exchange(exchangeId: string): ExchangeRecord | null;
  outcomes(query: OutcomesQuery): OutcomesPage;
  /** null = nothing was said. */
  feedback(exchangeId: string): StoredFeedback | null;
  state(): LedgerState;
  close(): Promise<void>;
}
