// The books summed up. Rules that the figures follow:
// - Money is summed over priced rows only; baseline and saving over those that also have a baseline ("comparable").
//   An unpriced row therefore never counts as 0, and `coverageRatio` says how much is known. Savings are signed.
// - Requests and tokens count every row. Days are UTC days.
// - Success is ok / (ok + failed); failed = error or interrupted. Cancelled requests are nobody's failure: left out.
// - Latency figures are those of `ok` rows; quantiles are exact, by nearest rank.
// - Cache hits are counted against the requests that were looked up: bypassed ones are left out.
// - The projection is the saving per active day times the share of days that are active, i.e. the saving divided by
//   the UTC days from the first to the last comparable row, both counted as whole days. It is null until these two
//   rows lie a full day apart: minutes say nothing about a year.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { TotalsBody, TotalsGroup, TotalsGroupBy } from '../protocol/control-api.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import { CompensatedSum } from './compensated-sum.ts';
import { ExactSamples } from './exact-samples.ts';
import type { SourceTables } from './ledger-store.ts';
import type { StoredRow } from './record-row.ts';

export const DAY_MS = 86_400_000;
const DAYS_PER_YEAR = 365;
const MONTHS_PER_YEAR = 12;

/** What rows add up to, before any ratio is taken. Sums of different groups may be added. */
export interface Sums {
  readonly requests: number;
  readonly tokens: TokenUsage;
  /** Over priced rows; so are the next two, which are parts of it. */
  readonly costUsd: number;
  readonly classifierCostUsd: number;
  readonly failedAttemptsCostUsd: number;
  /** Over comparable rows: priced and with a baseline. */
  readonly comparable: number;
  readonly baselineCostUsd: number;
  readonly savedUsd: number;
  /** Start of the first and the last comparable row, epoch ms; null without one. */
  readonly firstComparableAtMs: number | null;
  readonly lastComparableAtMs: number | null;
  readonly failed: number;
  readonly cacheHits: number;
  readonly cacheLookups: number;
}

/** How long the `ok` rows of a range took, ms. */
export interface Timings {
  readonly latency: Samples;
  /** Only of rows that have one. */
  readonly firstChunk: Samples;
}

export interface Samples {
  readonly count: number;
  readonly sum: number;
  /** The value that a share (0..1) of the samples does not exceed; null without samples. */
  quantile(share: number): number | null;
}

export interface TotalsRange {
  /** Unix epoch ms, inclusive; absent = from the beginning. */
  readonly sinceAtMs?: number;
  /** Unix epoch ms, exclusive; absent = to the end. */
  readonly untilAtMs?: number;
}

// SQLite's sum() of doubles is compensated (Kahan-Babuska-Neumaier since 3.43), so rows and totals agree.
const SUM_COLUMNS = `
  count(*) AS requests,
  sum(input_tokens) AS input_tokens,
  sum(cache_read_input_tokens) AS cache_read_input_tokens,
  sum(cache_creation_input_tokens) AS cache_creation_input_tokens,
  sum(output_tokens) AS output_tokens,
  sum(reasoning_output_tokens) AS reasoning_output_tokens,
  sum(cost_usd) FILTER (WHERE priced) AS cost_usd,
  sum(classifier_cost_usd) FILTER (WHERE priced) AS classifier_cost_usd,
  sum(failed_attempts_cost_usd) FILTER (WHERE priced) AS failed_attempts_cost_usd,
  count(*) FILTER (WHERE comparable) AS comparable,
  sum(baseline_cost_usd) FILTER (WHERE comparable) AS baseline_cost_usd,
  sum(saved_usd) FILTER (WHERE comparable) AS saved_usd,
  min(started_at_ms) FILTER (WHERE comparable) AS first_comparable_at_ms,
  max(started_at_ms) FILTER (WHERE comparable) AS last_comparable_at_ms,
  count(*) FILTER (WHERE status IN ('error', 'interrupted')) AS failed,
  count(*) FILTER (WHERE cache IN ('exact', 'semantic')) AS cache_hits,
  count(*) FILTER (WHERE cache <> 'bypass') AS cache_lookups`;

const GROUP_KEYS: Readonly<Record<TotalsGroupBy, string>> = {
  model: `coalesce(response_model, 'unknown')`,
  task: `coalesce(task, 'unknown')`,
  complexity: `coalesce(complexity, 'unknown')`,
  client: `coalesce(client, 'unknown')`,
  workspace: `coalesce(workspace_id, 'unknown')`,
  day: `strftime('%Y-%m-%d', started_at_ms / 1000, 'unixepoch')`,
};

/** Totals of the rows of one source, read with SQL: O(rows in the range). */
export function readTotals(
  database: DatabaseSync,
  tables: SourceTables,
  range: TotalsRange,
  groupBy?: TotalsGroupBy,
): TotalsBody {
  const groups = readSums(database, tables, range, groupBy);
  const sums = addSums([...groups.values()]);
  const timings = readTimings(database, tables, range);
  return totalsBody(sums, timings, groupBy === undefined ? [] : totalsGroups(groups, sums, groupBy));
}

/** Sums by group key; one entry without a group. Empty when there are no rows. */
export function readSums(
  database: DatabaseSync,
  tables: SourceTables,
  range: TotalsRange,
  groupBy?: TotalsGroupBy,
): ReadonlyMap<string, Sums> {
  const key = groupBy === undefined ? `'all'` : GROUP_KEYS[groupBy];
  const { where, values } = rangeCondition(range);
  const rows = database
    .prepare(`SELECT ${key} AS group_key, ${SUM_COLUMNS} FROM ${tables.exchanges} ${where} GROUP BY 1`)
    .all(...values);
  return new Map(rows.map((row) => [String(row['group_key']), decodeSums(row)]));
}

export function readTimings(
  database: DatabaseSync,
  tables: SourceTables,
  range: TotalsRange,
): { readonly latency: ExactSamples; readonly firstChunk: ExactSamples } {
  const { where, values } = rangeCondition(range, `status = 'ok'`);
  const statement = database.prepare(
    `SELECT duration_ms, time_to_first_chunk_ms FROM ${tables.exchanges} ${where}`,
  );
  statement.setReturnArrays(true); // half the time of objects
  const rows = statement.all(...values) as unknown as readonly (readonly unknown[])[];
  return { latency: samplesOf(rows, 0), firstChunk: samplesOf(rows, 1) };
}

/** The body of `GET totals` from sums and timings, wherever they come from. */
export function totalsBody(
  sums: Sums,
  { latency, firstChunk }: Timings,
  groups: readonly TotalsGroup[],
): TotalsBody {
  return {
    requests: sums.requests,
    tokens: sums.tokens,
    costUsd: sums.costUsd,
    baselineCostUsd: sums.baselineCostUsd,
    savedUsd: sums.savedUsd,
    savedRatio: ratio(sums.savedUsd, sums.baselineCostUsd),
    coverageRatio: ratio(sums.comparable, sums.requests),
    classifierCostUsd: sums.classifierCostUsd,
    failedAttemptsCostUsd: sums.failedAttemptsCostUsd,
    latencyMs: { p50: latency.quantile(0.5), p95: latency.quantile(0.95) },
    timeToFirstChunkMs: { p50: firstChunk.quantile(0.5), p95: firstChunk.quantile(0.95) },
    successRatio: ratio(latency.count, latency.count + sums.failed),
    failedRequests: sums.failed,
    cacheHitRatio: ratio(sums.cacheHits, sums.cacheLookups),
    meanLatencyMs: ratio(latency.sum, latency.count),
    projection: projectionOf(sums),
    groups,
  };
}

/** First ms of the UTC day that holds `atMs`. */
export function dayStartMs(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

function totalsGroups(
  groups: ReadonlyMap<string, Sums>,
  all: Sums,
  groupBy: TotalsGroupBy,
): readonly TotalsGroup[] {
  const tokensOf = (sums: Sums): number => sums.tokens.inputTokens + sums.tokens.outputTokens;
  const list = [...groups].map(([key, sums]) => ({
    key,
    requests: sums.requests,
    requestShare: ratio(sums.requests, all.requests) ?? 0,
    tokens: sums.tokens,
    tokenShare: ratio(tokensOf(sums), tokensOf(all)) ?? 0,
    costUsd: sums.costUsd,
    spendShare: ratio(sums.costUsd, all.costUsd) ?? 0,
    baselineCostUsd: sums.baselineCostUsd,
    savedUsd: sums.savedUsd,
  }));
  const byKey = (a: TotalsGroup, b: TotalsGroup): number => (a.key < b.key ? -1 : 1);
  if (groupBy === 'day') return list.sort(byKey);
  return list.sort((a, b) => b.costUsd - a.costUsd || b.requests - a.requests || byKey(a, b));
}

function projectionOf(sums: Sums): TotalsBody['projection'] {
  const { firstComparableAtMs: first, lastComparableAtMs: last } = sums;
  if (first === null || last === null || last - first < DAY_MS) {
    return { monthlySavedUsd: null, yearlySavedUsd: null };
  }
  const days = (dayStartMs(last) - dayStartMs(first)) / DAY_MS + 1;
  const yearlySavedUsd = (sums.savedUsd / days) * DAYS_PER_YEAR;
  return { monthlySavedUsd: yearlySavedUsd / MONTHS_PER_YEAR, yearlySavedUsd };
}

function rangeCondition(
  range: TotalsRange,
  condition?: string,
): { readonly where: string; readonly values: readonly SQLInputValue[] } {
  const conditions = condition === undefined ? [] : [condition];
  const values: number[] = [];
  if (range.sinceAtMs !== undefined) {
    conditions.push('started_at_ms >= ?');
    values.push(range.sinceAtMs);
  }
  if (range.untilAtMs !== undefined) {
    conditions.push('started_at_ms < ?');
    values.push(range.untilAtMs);
  }
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}

/** Adds sums of disjoint sets of rows. */
export function addSums(list: readonly Sums[]): Sums {
  const total = (pick: (sums: Sums) => number): number => {
    const sum = new CompensatedSum();
    for (const sums of list) sum.add(pick(sums));
    return sum.value;
  };
  const firsts = list.map((sums) => sums.firstComparableAtMs).filter((atMs) => atMs !== null);
  const lasts = list.map((sums) => sums.lastComparableAtMs).filter((atMs) => atMs !== null);
  return {
    requests: total((sums) => sums.requests),
    tokens: {
      inputTokens: total((sums) => sums.tokens.inputTokens),
      cacheReadInputTokens: total((sums) => sums.tokens.cacheReadInputTokens),
      cacheCreationInputTokens: total((sums) => sums.tokens.cacheCreationInputTokens),
      outputTokens: total((sums) => sums.tokens.outputTokens),
      reasoningOutputTokens: total((sums) => sums.tokens.reasoningOutputTokens),
    },
    costUsd: total((sums) => sums.costUsd),
    classifierCostUsd: total((sums) => sums.classifierCostUsd),
    failedAttemptsCostUsd: total((sums) => sums.failedAttemptsCostUsd),
    comparable: total((sums) => sums.comparable),
    baselineCostUsd: total((sums) => sums.baselineCostUsd),
    savedUsd: total((sums) => sums.savedUsd),
    firstComparableAtMs: firsts.length === 0 ? null : Math.min(...firsts),
    lastComparableAtMs: lasts.length === 0 ? null : Math.max(...lasts),
    failed: total((sums) => sums.failed),
    cacheHits: total((sums) => sums.cacheHits),
    cacheLookups: total((sums) => sums.cacheLookups),
  };
}

function decodeSums(row: StoredRow): Sums {
  const read = (name: string): number => Number(row[name] ?? 0);
  const readOptional = (name: string): number | null => (row[name] == null ? null : Number(row[name]));
  return {
    requests: read('requests'),
    tokens: {
      inputTokens: read('input_tokens'),
      cacheReadInputTokens: read('cache_read_input_tokens'),
      cacheCreationInputTokens: read('cache_creation_input_tokens'),
      outputTokens: read('output_tokens'),
      reasoningOutputTokens: read('reasoning_output_tokens'),
    },
    costUsd: read('cost_usd'),
    classifierCostUsd: read('classifier_cost_usd'),
    failedAttemptsCostUsd: read('failed_attempts_cost_usd'),
    comparable: read('comparable'),
    baselineCostUsd: read('baseline_cost_usd'),
    savedUsd: read('saved_usd'),
    firstComparableAtMs: readOptional('first_comparable_at_ms'),
    lastComparableAtMs: readOptional('last_comparable_at_ms'),
    failed: read('failed'),
    cacheHits: read('cache_hits'),
    cacheLookups: read('cache_lookups'),
  };
}

function samplesOf(rows: readonly (readonly unknown[])[], column: number): ExactSamples {
  const values = new Float64Array(rows.length);
  let count = 0;
  for (const row of rows) {
    const value = row[column];
    if (typeof value === 'number') values[count++] = value;
  }
  return new ExactSamples(values.subarray(0, count));
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
