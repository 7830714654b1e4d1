// Outcomes and feedback in the database: what was seen of models and what users said. Holds no policy about faults;
// throws what SQLite throws.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { OutcomeRecord } from '../protocol/exchange-record.ts';
import { storageFault } from './database-file.ts';
import type { OutcomesPage, OutcomesQuery, StoredFeedback } from './ledger.ts';
import type { StoredRow } from './record-row.ts';

/** What one transaction adds. */
export interface OutcomeNotes {
  readonly outcomes: readonly OutcomeRecord[];
  readonly feedback: readonly StoredFeedback[];
}

/** More than a year of one person's work; about 60 ms of reading, which is why there are pages. */
export const MAX_OUTCOMES = 100_000;

export class OutcomeRows {
  readonly #database: DatabaseSync;
  readonly #insertOutcome: StatementSync;
  readonly #insertFeedback: StatementSync;

  /** The tables must exist. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    // OR REPLACE gives the row a new id, so that it is among the last noted.
    this.#insertOutcome = database.prepare(
      'INSERT OR REPLACE INTO outcomes (at_ms, exchange_id, cohort, model, tier, kind) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#insertFeedback = database.prepare('INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?)');
  }

  /** Inside a transaction of the caller's. What is no valid row is left out: it must not hold up the others. */
  write({ outcomes, feedback }: OutcomeNotes): void {
    for (const { atMs, exchangeId, cohort, model, tier, kind } of outcomes) {
      unlessRowFault(() => this.#insertOutcome.run(atMs, exchangeId, cohort, model, tier, kind));
    }
    for (const { exchangeId, atMs, verdict, reason } of feedback) {
      unlessRowFault(() => this.#insertFeedback.run(exchangeId, atMs, verdict, reason));
    }
  }

  page({ sinceAtMs, before, limit = MAX_OUTCOMES }: OutcomesQuery): OutcomesPage {
    const count = Math.min(MAX_OUTCOMES, Math.max(1, Math.floor(limit)));
    const rows = this.#database
      .prepare('SELECT * FROM outcomes WHERE id < ? AND at_ms >= ? ORDER BY id DESC LIMIT ?')
      .all(before ?? Number.MAX_SAFE_INTEGER, sinceAtMs, count);
    const last = rows.length < count ? undefined : rows.at(-1);
    return { outcomes: rows.map(decodeOutcome), next: last === undefined ? null : Number(last['id']) };
  }

  feedback(exchangeId: string): StoredFeedback | null {
    const row = this.#database.prepare('SELECT * FROM feedback WHERE exchange_id = ?').get(exchangeId);
    if (row === undefined) return null;
    return {
      exchangeId,
      verdict: row['verdict'] === 'good' ? 'good' : 'bad',
      reason: row['reason'] === null ? null : String(row['reason']),
      atMs: Number(row['at_ms']),
    };
  }

  /** Deletes the outcomes before `atMs`. What users said stays with the exchanges. */
  prune(atMs: number): void {
    this.#database.prepare('DELETE FROM outcomes WHERE at_ms < ?').run(atMs);
  }
}

function decodeOutcome(row: StoredRow): OutcomeRecord {
  return {
    atMs: Number(row['at_ms']),
    exchangeId: String(row['exchange_id']),
    cohort: String(row['cohort']),
    model: String(row['model']),
    tier: String(row['tier']) as OutcomeRecord['tier'],
    kind: String(row['kind']) as OutcomeRecord['kind'],
  };
}

function unlessRowFault(insert: () => void): void {
  try {
    insert();
  } catch (error) {
    if (storageFault(error) !== 'row') throw error;
  }
}
