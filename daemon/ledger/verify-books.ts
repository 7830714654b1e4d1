// Do the books close? Every row is worked out again from its terms, every total from its rows, in one pass over a
// snapshot of the file: what is written meanwhile neither helps nor disturbs. Memory does not grow with the rows.

import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { TotalsBody, TotalsGroupBy } from '../protocol/control-api.ts';
import type { Billing } from '../protocol/vocabulary.ts';
import { checkRow, type RowTerm } from './check-row.ts';
import { RankCheck, compareTotals, rankedSamples, type BookFault } from './compare-totals.ts';
import { openForReading } from './database-file.ts';
import { SOURCE_TABLES } from './ledger-store.ts';
import { EXCHANGE_COLUMNS, decodeRowWithoutDecision, type StoredRow } from './record-row.ts';
import { GrowingSums, termsOf, type SummedRecord } from './sums.ts';
import { readTotals, totalsBody, totalsGroups } from './totals.ts';

/** What was checked: the terms of rows, rows that could be read at all, and totals. */
export type CheckedTerm = RowTerm | 'row' | 'totals';

export interface VerifiedBooks {
  readonly rows: number;
  readonly attempts: number;
  /** Rows of which some figure does not say what it is made of; taken as it stands. */
  readonly rowsThatSayLess: number;
  readonly unpricedRows: number;
  /** Rows with a fault. */
  readonly faultyRows: number;
  readonly faults: number;
  readonly firstStartedAt: string | null;
  readonly lastStartedAt: string | null;
  readonly terms: readonly { readonly term: CheckedTerm; readonly checked: number; readonly wrong: number }[];
  /** True when it was ended before the last row; the totals are not checked then. */
  readonly isCutShort: boolean;
}

export interface VerifyOptions {
  /** Called for each fault, in the order of the rows; totals last. */
  readonly onFault: (fault: BookFault) => void;
  readonly onProgress?: (done: number, rows: number) => void;
  readonly signal?: AbortSignal;
}

export const TOTALS_GROUPINGS: readonly (TotalsGroupBy | undefined)[] = [
  undefined,
  'model',
  'task',
  'complexity',
  'client',
  'workspace',
  'day',
];

/** Throws what SQLite throws for a file that is missing, damaged or no ledger. Nothing is written. */
export async function verifyBooks(path: string, options: VerifyOptions): Promise<VerifiedBooks> {
  const database = openForReading(path);
  try {
    database.exec('BEGIN'); // one snapshot for rows and totals
    return await new BooksCheck(database, options).run();
  } finally {
    database.close();
  }
}

/** The totals of a ledger file as its readers give them, for comparing with those of a daemon. */
export function readTotalsOfFile(path: string): readonly TotalsBody[] {
  const database = openForReading(path);
  try {
    database.exec('BEGIN');
    return TOTALS_GROUPINGS.map((groupBy) => readTotals(database, SOURCE_TABLES.stored, {}, groupBy));
  } finally {
    database.close();
  }
}

const ROWS_PER_PAGE = 500;

class BooksCheck {
  readonly #database: DatabaseSync;
  readonly #options: VerifyOptions;
  readonly #tally = new Map<CheckedTerm, { checked: number; wrong: number }>();
  readonly #billing: BillingOfTables;
  readonly #all = new GrowingSums();
  readonly #groups = TOTALS_GROUPINGS.map(() => new Map<string, GrowingSums>());
  readonly #latency: RankCheck[];
  readonly #firstChunk: RankCheck[];
  #rows = 0;
  #attempts = 0;
  #rowsThatSayLess = 0;
  #unpricedRows = 0;
  #faultyRows = 0;
  #faults = 0;

  constructor(database: DatabaseSync, options: VerifyOptions) {
    this.#database = database;
    this.#options = options;
    this.#billing = new BillingOfTables(database);
    const { latencyMs, timeToFirstChunkMs } = readTotals(database, SOURCE_TABLES.stored, {});
    this.#latency = [new RankCheck(0.5, latencyMs.p50), new RankCheck(0.95, latencyMs.p95)];
    this.#firstChunk = [
      new RankCheck(0.5, timeToFirstChunkMs.p50),
      new RankCheck(0.95, timeToFirstChunkMs.p95),
    ];
  }

  async run(): Promise<VerifiedBooks> {
    const { exchanges, details } = SOURCE_TABLES.stored;
    const extent = this.#database
      .prepare(
        `SELECT count(*) AS n, min(started_at_ms) AS first, max(started_at_ms) AS last FROM ${exchanges}`,
      )
      .get();
    const count = Number(extent?.['n'] ?? 0);
    const columns = ['id', 'comparable AS is_comparable', ...EXCHANGE_COLUMNS].map((name) => `e.${name}`);
    // A decision is thousands of characters, and only one word of it matters here.
    const page = this.#database.prepare(
      `SELECT ${columns.join(', ')}, d.id AS details_id, d.attempts, d.warnings, d.baseline,
         CASE WHEN json_valid(d.decision) THEN json_extract(d.decision, '$.tableHash') END AS table_hash
       FROM ${exchanges} e LEFT JOIN ${details} d ON d.id = e.id WHERE e.id > ? ORDER BY e.id LIMIT ${ROWS_PER_PAGE}`,
    );
    const isCutShort = await this.#checkRows((after) => page.all(after), count);
    if (!isCutShort) this.#checkTotals();
    return {
      rows: this.#rows,
      attempts: this.#attempts,
      rowsThatSayLess: this.#rowsThatSayLess,
      unpricedRows: this.#unpricedRows,
      faultyRows: this.#faultyRows,
      faults: this.#faults,
      firstStartedAt: stampOf(extent?.['first']),
      lastStartedAt: stampOf(extent?.['last']),
      terms: [...this.#tally].map(([term, counts]) => ({ term, ...counts })),
      isCutShort,
    };
  }

  /** True when it was cut short. */
  async #checkRows(pageAfter: (id: number) => readonly StoredRow[], count: number): Promise<boolean> {
    for (let after = Number.MIN_SAFE_INTEGER; ;) {
      const rows = pageAfter(after);
      for (const row of rows) this.#checkRow(row);
      const last = rows.at(-1);
      if (last === undefined) return false;
      after = Number(last['id']);
      this.#options.onProgress?.(this.#rows, count);
      await setImmediate(); // for whoever wants to end it
      if (this.#options.signal?.aborted === true) return true;
    }
  }

  #checkRow(row: StoredRow): void {
    this.#rows += 1;
    const where = { exchangeId: String(row['exchange_id']), startedAt: stampOf(row['started_at_ms']) };
    const before = this.#faults;
    try {
      if (row['details_id'] === null) throw new Error('its attempts are missing');
      const record = decodeRowWithoutDecision(row);
      const { faults, checked, saysLess } = checkRow(record, {
        billingOf: (model) => this.#billing.of(row['table_hash'], model),
        comparable: row['is_comparable'] === 1,
      });
      this.#attempts += record.attempts.length;
      if (saysLess) this.#rowsThatSayLess += 1;
      if (!record.priced) this.#unpricedRows += 1;
      for (const [kind, times] of checked) this.#count(kind, times);
      for (const { kind, ...fault } of faults) this.#fault(kind, { ...where, ...fault });
      this.#count('row', 1);
      this.#addToSums(record);
    } catch (error) {
      this.#count('row', 1);
      const why = error instanceof Error ? error.message : String(error);
      this.#fault('row', { ...where, term: 'row', stored: 'unreadable', recomputed: null, from: why });
    }
    if (this.#faults > before) this.#faultyRows += 1;
  }

  #addToSums(record: SummedRecord): void {
    const terms = termsOf(record);
    this.#all.add(record, terms);
    for (const [index, groupBy] of TOTALS_GROUPINGS.entries()) {
      const groups = this.#groups[index];
      if (groupBy === undefined || groups === undefined) continue;
      const key = GROUP_KEY_OF[groupBy](record);
      let sums = groups.get(key);
      if (sums === undefined) groups.set(key, (sums = new GrowingSums()));
      sums.add(record, terms);
    }
    if (record.status !== 'ok') return;
    for (const check of this.#latency) check.add(record.durationMs);
    if (record.timeToFirstChunkMs === null) return;
    for (const check of this.#firstChunk) check.add(record.timeToFirstChunkMs);
  }

  #checkTotals(): void {
    const sums = this.#all.read();
    const timings = { latency: rankedSamples(this.#latency), firstChunk: rankedSamples(this.#firstChunk) };
    for (const [index, groupBy] of TOTALS_GROUPINGS.entries()) {
      const groups = new Map([...(this.#groups[index] ?? [])].map(([key, grown]) => [key, grown.read()]));
      const recomputed = totalsBody(
        sums,
        timings,
        groupBy === undefined ? [] : totalsGroups(groups, sums, groupBy),
      );
      const stored = readTotals(this.#database, SOURCE_TABLES.stored, {}, groupBy);
      const compared = compareTotals(stored, recomputed, groupBy);
      this.#count('totals', compared.figures);
      for (const fault of compared.faults) this.#fault('totals', fault);
    }
  }

  #count(term: CheckedTerm, times: number): void {
    const counts = this.#tally.get(term) ?? { checked: 0, wrong: 0 };
    counts.checked += times;
    this.#tally.set(term, counts);
  }

  #fault(term: CheckedTerm, fault: BookFault): void {
    this.#faults += 1;
    const counts = this.#tally.get(term);
    if (counts !== undefined) counts.wrong += 1;
    this.#options.onFault(fault);
  }
}

/** The keys that `totals.ts` makes with SQL. */
const GROUP_KEY_OF: Readonly<Record<TotalsGroupBy, (record: SummedRecord) => string>> = {
  model: ({ responseModel }) => named(responseModel),
  task: ({ task }) => named(task),
  complexity: ({ complexity }) => named(complexity),
  client: ({ client }) => named(client),
  workspace: ({ workspaceId }) => named(workspaceId),
  day: ({ startedAt }) => startedAt.slice(0, 10),
};

function named(name: string | null): string {
  return name ?? 'unknown';
}

/** How models were billed under the routing tables that the rows name. Few tables, each read once. */
class BillingOfTables {
  readonly #database: DatabaseSync;
  readonly #tables = new Map<string, ReadonlyMap<string, Billing>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  of(hash: unknown, model: string): Billing | null {
    if (typeof hash !== 'string') return null;
    let table = this.#tables.get(hash);
    if (table === undefined) this.#tables.set(hash, (table = this.#read(hash)));
    return table.get(model) ?? null;
  }

  #read(hash: string): ReadonlyMap<string, Billing> {
    const rows = this.#database
      .prepare(
        `SELECT json_extract(target.value, '$.id') AS id, json_extract(target.value, '$.billing') AS billing
         FROM routing_tables,
           json_each(CASE WHEN json_valid(routing_tables.json) THEN routing_tables.json ELSE '{}' END, '$.targets') AS target
         WHERE hash = ?`,
      )
      .all(hash);
    const known = rows.filter((row) => typeof row['id'] === 'string' && typeof row['billing'] === 'string');
    return new Map(known.map((row) => [String(row['id']), String(row['billing']) as Billing]));
  }
}

function stampOf(atMs: unknown): string | null {
  const date = new Date(typeof atMs === 'number' ? atMs : Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
