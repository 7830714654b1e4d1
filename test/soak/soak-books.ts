// Holds what the load saw against what the ledger says, while both go on: each request that named its exchange has
// exactly one row, with a fitting status, and there is no row that nobody can have caused.

import { DatabaseSync } from 'node:sqlite';

/** How a request ended for the client. */
export type SeenEnd = 'complete' | 'torn' | 'error' | 'aborted';

const FITTING: Readonly<Record<SeenEnd, ReadonlySet<string>>> = {
  complete: new Set(['ok']),
  torn: new Set(['error']),
  error: new Set(['error']),
  // The answer may have been complete just before.
  aborted: new Set(['cancelled', 'ok', 'error']),
};

const PAGE_ROWS = 2000;
const MAX_NOTES = 20;

export class SoakBooks {
  readonly #database: DatabaseSync;
  readonly #seen = new Map<string, SeenEnd>();
  readonly #rows = new Map<string, string>();
  #lastId = 0;
  #abortsWithoutId = 0;
  #isEnding = false;
  rowCount = 0;
  breakCount = 0;
  readonly notes: string[] = [];
  readonly statuses = new Map<string, number>();

  constructor(ledgerPath: string) {
    this.#database = new DatabaseSync(ledgerPath, { readOnly: true });
  }

  break(note: string): void {
    this.breakCount += 1;
    if (this.notes.length < MAX_NOTES) this.notes.push(note);
  }

  /** From now on the daemon may be stopping: what it refuses then has no row. */
  endsEarly(): void {
    this.#isEnding = true;
  }

  /** What the client saw. */
  saw(exchangeId: string | null, end: SeenEnd, body: Buffer): void {
    if (exchangeId === null) {
      if (end === 'aborted' || this.#isEnding) this.#abortsWithoutId += 1;
      else this.break(`an answer that ended ${end} names no exchange: ${body.toString('utf8', 0, 200)}`);
      return;
    }
    const row = this.#rows.get(exchangeId);
    if (row === undefined) this.#seen.set(exchangeId, end);
    else if (this.#rows.delete(exchangeId)) this.#compare(exchangeId, end, row);
  }

  /** Reads the rows that have come since; never more than `pages` at once. */
  readRows(pages = 1): boolean {
    const query = this.#database.prepare(
      'SELECT id, exchange_id AS exchangeId, status FROM exchanges WHERE id > ? ORDER BY id LIMIT ?',
    );
    for (let page = 0; page < pages; page += 1) {
      const rows = query.all(this.#lastId, PAGE_ROWS) as unknown as StoredRow[];
      for (const row of rows) this.#take(row);
      if (rows.length < PAGE_ROWS) return false;
    }
    return true;
  }

  #take({ id, exchangeId, status }: StoredRow): void {
    this.#lastId = id;
    this.rowCount += 1;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    const end = this.#seen.get(exchangeId);
    if (end === undefined) this.#rows.set(exchangeId, status);
    else if (this.#seen.delete(exchangeId)) this.#compare(exchangeId, end, status);
  }

  #compare(exchangeId: string, end: SeenEnd, status: string): void {
    if (!FITTING[end].has(status))
      this.break(`${exchangeId} ended ${end} for the client, its row says ${status}`);
  }

  /** When everything has been written: what has no counterpart. */
  finish(): void {
    while (this.readRows(100));
    for (const [exchangeId, end] of this.#seen) this.break(`${exchangeId} (${end}) has no row`);
    const { size } = this.#rows;
    if (size > this.#abortsWithoutId) {
      this.break(
        `${size} rows were seen by nobody, but only ${this.#abortsWithoutId} requests were hung up on unseen`,
      );
    }
    const open = this.#database.prepare('SELECT count(*) AS open FROM open_exchanges').get() as {
      open: number;
    };
    if (open.open > 0) this.break(`${open.open} exchanges are noted as still running`);
  }

  /** Attempts in all rows. */
  attemptCount(): number {
    const sum = this.#database
      .prepare('SELECT sum(json_array_length(attempts)) AS attempts FROM exchange_details')
      .get() as { attempts: number | null };
    return sum.attempts ?? 0;
  }

  close(): void {
    this.#database.close();
  }
}

interface StoredRow {
  readonly id: number;
  readonly exchangeId: string;
  readonly status: string;
}
