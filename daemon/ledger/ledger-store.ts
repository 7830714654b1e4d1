// One open database and its prepared statements: writes batches, answers for single rows. Holds no policy about
// faults; every method throws what SQLite throws. Rows that cannot be written yet are mirrored into temporary tables
// (in memory) of the same shape, so that every query can run over stored and held rows alike.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RoutingTable } from '../route/policy.ts';
import { storageFault } from './database-file.ts';
import type { StartedExchange } from './ledger.ts';
import { OutcomeRows, type OutcomeNotes } from './outcome-rows.ts';
import { DETAIL_COLUMNS, EXCHANGE_COLUMNS, encodeRow, epochMs, interruptedRecord } from './record-row.ts';
import type { EncodedRow, StoredRow } from './record-row.ts';

/** `stored`: the file; `held`: rows in memory that the file did not take yet; `all`: both. */
export type RowSource = 'stored' | 'held' | 'all';

/** Table names to put into a query. */
export interface SourceTables {
  readonly exchanges: string;
  readonly details: string;
}

export const SOURCE_TABLES: Readonly<Record<RowSource, SourceTables>> = {
  stored: { exchanges: 'main.exchanges', details: 'main.exchange_details' },
  held: { exchanges: 'temp.held_exchanges', details: 'temp.held_details' },
  all: { exchanges: 'temp.all_exchanges', details: 'temp.all_details' },
};

export interface WriteBatch {
  readonly rows: readonly EncodedRow[];
  readonly started: readonly StartedExchange[];
  readonly tables: readonly { readonly hash: string; readonly json: string }[];
  /** Ids whose `started` note is in the file. */
  readonly finished: readonly string[];
  /** Absent = none. */
  readonly notes?: OutcomeNotes;
}

export interface WriteResult {
  /** Rows that the books have now and had not before. */
  readonly inserted: number;
  /** Ids that were in the books already. */
  readonly duplicates: readonly string[];
  /** Rows that no file would take. */
  readonly refused: readonly { readonly exchangeId: string; readonly message: string }[];
}

interface Statements {
  readonly insertRow: StatementSync;
  readonly insertDetails: StatementSync;
  readonly insertStarted: StatementSync;
  readonly deleteStarted: StatementSync;
  readonly insertTable: StatementSync;
  readonly deleteInterrupted: StatementSync;
  readonly holdRow: StatementSync;
  readonly holdDetails: StatementSync;
}

const HELD_SCHEMA = `
CREATE TEMP TABLE held_exchanges AS SELECT * FROM main.exchanges WHERE 0;
CREATE TEMP TABLE held_details AS SELECT * FROM main.exchange_details WHERE 0;
CREATE TEMP VIEW all_exchanges AS SELECT * FROM main.exchanges UNION ALL SELECT * FROM held_exchanges;
CREATE TEMP VIEW all_details AS SELECT * FROM main.exchange_details UNION ALL SELECT * FROM held_details;
`;

export class LedgerStore {
  readonly database: DatabaseSync;
  /** Outcomes and what users said. */
  readonly outcomes: OutcomeRows;
  readonly #statements: Statements;
  #storedRows: number;
  #heldRows = 0;
  #lastId: number;

  /** Owns `database` from here on. */
  constructor(database: DatabaseSync) {
    this.database = database;
    database.exec(HELD_SCHEMA);
    this.#statements = prepareStatements(database);
    this.outcomes = new OutcomeRows(database);
    this.#storedRows = 0;
    this.#lastId = 0;
    this.recount();
  }

  get storedRows(): number {
    return this.#storedRows;
  }

  /** Looks how many rows there are: another process may have written some. */
  recount(): void {
    const row = this.database.prepare('SELECT count(*) AS n, max(id) AS id FROM main.exchanges').get();
    this.#storedRows = Number(row?.['n'] ?? 0);
    this.#lastId = Number(row?.['id'] ?? 0);
  }

  /** A number that changes when another process writes into the file. */
  foreignVersion(): number {
    return Number(this.database.prepare('PRAGMA data_version').get()?.['data_version'] ?? 0);
  }

  /** One transaction: everything is committed, or nothing and it throws. */
  write(batch: WriteBatch): WriteResult {
    const duplicates: string[] = [];
    const refused: { exchangeId: string; message: string }[] = [];
    let inserted = 0;
    let lastId = this.#lastId;
    this.#inTransaction(() => {
      for (const table of batch.tables) this.#statements.insertTable.run(table.hash, table.json);
      for (const started of batch.started) this.#insertStarted(started);
      for (const row of batch.rows) {
        try {
          const { isNew, id } = this.#insert(row);
          if (isNew) inserted += 1;
          if (id === null) duplicates.push(row.exchangeId);
          else lastId = id;
        } catch (error) {
          if (storageFault(error) !== 'row') throw error;
          refused.push({ exchangeId: row.exchangeId, message: String(error) });
        }
      }
      if (batch.notes !== undefined) this.outcomes.write(batch.notes);
      for (const exchangeId of batch.finished) this.#statements.deleteStarted.run(exchangeId);
    });
    this.#storedRows += inserted;
    this.#lastId = lastId;
    return { inserted, duplicates, refused };
  }

  /**
   * Turns `started` notes that nobody will finish into rows with status `interrupted`: those of every process for which
   * `isRunning` says no. Returns how many were closed, and how many are somebody's.
   */
  closeInterrupted(isRunning: (note: StartedNote) => boolean): {
    readonly closed: number;
    readonly left: number;
  } {
    const notes = this.database.prepare('SELECT * FROM open_exchanges').all();
    const leftovers = notes.filter((row) => !isRunning(noteOf(row)));
    if (leftovers.length > 0) {
      const rows = leftovers.map((row) => encodeRow(interruptedRecord(decodeStarted(row))));
      this.write({ rows, started: [], tables: [], finished: rows.map((row) => row.exchangeId) });
    }
    return { closed: leftovers.length, left: notes.length - leftovers.length };
  }

  /**
   * Takes over what a process left behind that was killed: its rows, and as `interrupted` what has no end here either.
   * Nothing is doubled by what the file has already. Returns how many were interrupted.
   */
  takeOver(rows: readonly EncodedRow[], started: readonly StartedExchange[]): number {
    const isKnown = this.database.prepare('SELECT 1 FROM main.exchanges WHERE exchange_id = ?');
    const unknown = started.filter(({ exchangeId }) => isKnown.get(exchangeId) === undefined);
    const interrupted = unknown.map((note) => encodeRow(interruptedRecord(note)));
    const finished = [...rows, ...interrupted].map((row) => row.exchangeId);
    this.write({ rows: [...rows, ...interrupted], started: [], tables: [], finished });
    return interrupted.length;
  }

  /** Mirrors rows that could not be written, with the ids that they will have in the file: pages stay stable. */
  hold(rows: readonly EncodedRow[]): void {
    for (const row of rows) {
      this.#heldRows += 1;
      const id = this.#lastId + this.#heldRows;
      this.#statements.holdRow.run(id, ...row.columns);
      this.#statements.holdDetails.run(id, ...row.details);
    }
  }

  /** Empties the mirror. */
  releaseHeld(): void {
    if (this.#heldRows > 0) this.database.exec('DELETE FROM held_exchanges; DELETE FROM held_details');
    this.#heldRows = 0;
  }

  table(hash: string): RoutingTable | null {
    const row = this.database.prepare('SELECT json FROM routing_tables WHERE hash = ?').get(hash);
    return row === undefined ? null : (JSON.parse(String(row['json'])) as RoutingTable);
  }

  close(): void {
    this.database.close();
  }

  #insertStarted(started: StartedExchange): void {
    const { exchangeId, startedAt, client, clientDialect, requestModel } = started;
    this.#statements.insertStarted.run(
      exchangeId,
      epochMs(startedAt),
      client,
      clientDialect,
      requestModel,
      process.pid,
    );
  }

  /** `id` is null for a duplicate. A real end replaces a row that was closed as interrupted. */
  #insert(row: EncodedRow): { readonly isNew: boolean; readonly id: number | null } {
    let result = this.#statements.insertRow.run(...row.columns);
    const isNew = result.changes === 1;
    if (!isNew) {
      if (this.#statements.deleteInterrupted.run(row.exchangeId).changes === 0) return { isNew, id: null };
      result = this.#statements.insertRow.run(...row.columns);
    }
    this.#statements.insertDetails.run(result.lastInsertRowid, ...row.details);
    return { isNew, id: Number(result.lastInsertRowid) };
  }

  #inTransaction(work: () => void): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.database.exec('COMMIT');
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }
}

function prepareStatements(database: DatabaseSync): Statements {
  const rowColumns = EXCHANGE_COLUMNS.join(', ');
  const detailColumns = DETAIL_COLUMNS.join(', ');
  const rowMarks = EXCHANGE_COLUMNS.map(() => '?').join(', ');
  const detailMarks = DETAIL_COLUMNS.map(() => '?').join(', ');
  return {
    insertRow: database.prepare(
      `INSERT INTO main.exchanges (${rowColumns}) VALUES (${rowMarks}) ON CONFLICT (exchange_id) DO NOTHING`,
    ),
    // OR REPLACE: an id is used again only after its row was deleted, and then the old details are nobody's.
    insertDetails: database.prepare(
      `INSERT OR REPLACE INTO main.exchange_details (id, ${detailColumns}) VALUES (?, ${detailMarks})`,
    ),
    insertStarted: database.prepare(
      `INSERT OR IGNORE INTO open_exchanges
       (exchange_id, started_at_ms, client, client_dialect, request_model, process_id) VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    deleteStarted: database.prepare('DELETE FROM open_exchanges WHERE exchange_id = ?'),
    insertTable: database.prepare('INSERT OR IGNORE INTO routing_tables VALUES (?, ?)'),
    deleteInterrupted: database.prepare(
      `DELETE FROM main.exchanges WHERE exchange_id = ? AND status = 'interrupted'`,
    ),
    holdRow: database.prepare(`INSERT INTO held_exchanges (id, ${rowColumns}) VALUES (?, ${rowMarks})`),
    holdDetails: database.prepare(
      `INSERT INTO held_details (id, ${detailColumns}) VALUES (?, ${detailMarks})`,
    ),
  };
}

/** Whose an exchange is that has begun and not ended. */
export interface StartedNote {
  /** 0 = nobody knows. */
  readonly processId: number;
  readonly startedAtMs: number;
}

function noteOf(row: StoredRow): StartedNote {
  return { processId: Number(row['process_id'] ?? 0), startedAtMs: Number(row['started_at_ms']) };
}

function decodeStarted(row: StoredRow): StartedExchange {
  return {
    exchangeId: String(row['exchange_id']),
    startedAt: new Date(Number(row['started_at_ms'])).toISOString(),
    client: String(row['client']),
    clientDialect: String(row['client_dialect']) as StartedExchange['clientDialect'],
    requestModel: String(row['request_model']),
  };
}
