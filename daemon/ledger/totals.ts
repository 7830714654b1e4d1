// The books summed up. Rules that the figures follow:
// - Money is summed over priced rows only; baseline and saving over those that also have a baseline ("comparable").
//   An unpriced row therefore never counts as 0, and `coverageRatio` says how much is known. Savings are signed.
// - Requests and tokens count every row. Days are UTC days.
// - Success is ok / (ok + failed); failed = error or interrupted. Cancelled requests are nobody's failure: left out.
// - Latency figures are those of `ok` rows; quantiles are exact, by nearest rank.
// - Cache hits are counted against the requests that were looked up: bypassed ones are left out.
// - What may become of the saving in a month and a year: see projection.ts.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { TotalsBody, TotalsGroup, TotalsGroupBy } from '../protocol/control-api.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import { ExactSamples } from './exact-samples.ts';
import type { RowFilter } from './ledger.ts';
import type { SourceTables } from './ledger-store.ts';
import { projectionOf } from './projection.ts';
import type { StoredRow } from './record-row.ts';
import { filterConditions, UNKNOWN_KEY } from './row-filter.ts';
import { SUM_KEYS, addSums, type SumKey, type Sums } from './sums.ts';

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

export interface TotalsRange extends RowFilter {
  /** Unix epoch ms, inclusive; absent = from the beginning. */
  readonly sinceAtMs?: number;
  /** Unix epoch ms, exclusive; absent = to the end. */
  readonly untilAtMs?: number;
}

// SQLite's sum() of doubles is compensated (Kahan-Babuska-Neumaier since 3.43), so rows and totals agree.
const SUM_SQL: Readonly<Record<SumKey, string>> = {
  requests: 'count(*)',
  inputTokens: 'sum(input_tokens)',
  cacheReadInputTokens: 'sum(cache_read_input_tokens)',
  cacheCreationInputTokens: 'sum(cache_creation_input_tokens)',
  outputTokens: 'sum(output_tokens)',
  reasoningOutputTokens: 'sum(reasoning_output_tokens)',
  counted: 'count(input_tokens)',
  priced: 'sum(priced)',
  costUsd: 'sum(cost_usd) FILTER (WHERE priced)',
  classifierCostUsd: 'sum(classifier_cost_usd) FILTER (WHERE priced)',
  failedAttemptsCostUsd: 'sum(failed_attempts_cost_usd) FILTER (WHERE priced)',
  estimatedCostUsd: `sum(cost_usd) FILTER (WHERE priced AND usage_source = 'estimated')`,
  comparable: 'sum(comparable)',
  baselineCostUsd: 'sum(baseline_cost_usd) FILTER (WHERE comparable)',
  savedUsd: 'sum(saved_usd) FILTER (WHERE comparable)',
  savedByRoutingUsd: 'sum(saved_by_routing_usd) FILTER (WHERE comparable)',
  savedByExactCacheUsd: 'sum(saved_by_exact_cache_usd) FILTER (WHERE comparable)',
  savedBySemanticCacheUsd: 'sum(saved_by_semantic_cache_usd) FILTER (WHERE comparable)',
  savedByPromptCacheInjectionUsd: 'sum(saved_by_prompt_cache_injection_usd) FILTER (WHERE comparable)',
  failed: `count(*) FILTER (WHERE status IN ('error', 'interrupted'))`,
  cacheHits: `count(*) FILTER (WHERE cache IN ('exact', 'semantic'))`,
  cacheLookups: `count(*) FILTER (WHERE cache <> 'bypass')`,
};
const SUM_COLUMNS = `${sumColumns(SUM_KEYS)},
  min(started_at_ms) FILTER (WHERE comparable) AS "firstComparableAtMs",
  max(started_at_ms) FILTER (WHERE comparable) AS "lastComparableAtMs"`;

const GROUP_KEYS: Readonly<Record<TotalsGroupBy, string>> = {
  model: `coalesce(response_model, '${UNKNOWN_KEY}')`,
  task: `coalesce(task, '${UNKNOWN_KEY}')`,
  complexity: `coalesce(complexity, '${UNKNOWN_KEY}')`,
  client: `coalesce(client, '${UNKNOWN_KEY}')`,
  workspace: `coalesce(workspace_id, '${UNKNOWN_KEY}')`,
  day: `strftime('%Y-%m-%d', started_at_ms / 1000, 'unixepoch')`,
};

/** The sums as columns that are named after them. */
export function sumColumns(keys: readonly SumKey[]): string {
  return keys.map((key) => `${SUM_SQL[key]} AS "${key}"`).join(', ');
}

/** Totals of the rows of one source, read with SQL: O(rows in the range). */
export function readTotals(
  database: DatabaseSync,
  tables: SourceTables,
  range: TotalsRange,
  groupBy?: TotalsGroupBy,
): TotalsBody {
  const groups = readSums(database, tables, range, groupBy);
  const sums = addSums(groups.values());
  const timings = readTimings(database, tables, range);
  return totalsBody(sums, timings, groupBy === undefined ? [] : totalsGroups(groups, sums, groupBy));
}

/** Sums by group key; exactly one entry without a group. */
export function readSums(
  database: DatabaseSync,
  tables: SourceTables,
  range: TotalsRange,
  groupBy?: TotalsGroupBy,
): ReadonlyMap<string, Sums> {
  const key = groupBy === undefined ? `'all'` : GROUP_KEYS[groupBy];
  const { where, values } = rangeCondition(range);
  // One group for all takes a third longer than none.
  const grouping = groupBy === undefined ? '' : 'GROUP BY 1';
  const rows = database
    .prepare(`SELECT ${key} AS group_key, ${SUM_COLUMNS} FROM ${tables.exchanges} ${where} ${grouping}`)
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
    pricedRequests: sums.priced,
    comparableRequests: sums.comparable,
    tokens: tokensOf(sums),
    costUsd: sums.costUsd,
    estimatedCostUsd: sums.estimatedCostUsd,
    baselineCostUsd: sums.baselineCostUsd,
    savedUsd: sums.savedUsd,
    savedBy: {
      routing: sums.savedByRoutingUsd,
      exactCache: sums.savedByExactCacheUsd,
      semanticCache: sums.savedBySemanticCacheUsd,
      promptCacheInjection: sums.savedByPromptCacheInjectionUsd,
    },
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

/** Groups with their shares of `all`; days in their order, all others dearest first. */
export function totalsGroups(
  groups: ReadonlyMap<string, Sums>,
  all: Sums,
  groupBy: TotalsGroupBy,
): readonly TotalsGroup[] {
  const allTokens = (sums: Sums): number => sums.inputTokens + sums.outputTokens;
  const list = [...groups].map(([key, sums]) => ({
    key,
    requests: sums.requests,
    pricedRequests: sums.priced,
    comparableRequests: sums.comparable,
    countedRequests: sums.counted,
    requestShare: ratio(sums.requests, all.requests) ?? 0,
    tokens: tokensOf(sums),
    tokenShare: ratio(allTokens(sums), allTokens(all)) ?? 0,
    costUsd: sums.costUsd,
    spendShare: ratio(sums.costUsd, all.costUsd) ?? 0,
    baselineCostUsd: sums.baselineCostUsd,
    savedUsd: sums.savedUsd,
  }));
  const byKey = (a: TotalsGroup, b: TotalsGroup): number => (a.key < b.key ? -1 : 1);
  if (groupBy === 'day') return list.sort(byKey);
  return list.sort((a, b) => b.costUsd - a.costUsd || b.requests - a.requests || byKey(a, b));
}

/** The rows of a range, as an SQL condition; `alias` is what its columns are called by, with its dot. */
export function rangeCondition(
  range: TotalsRange,
  condition?: string,
  alias = '',
): { readonly where: string; readonly values: readonly SQLInputValue[] } {
  const conditions = condition === undefined ? [] : [condition];
  const values: SQLInputValue[] = [];
  const column = `${alias}started_at_ms`;
  if (range.sinceAtMs !== undefined) {
    conditions.push(`${column} >= ?`);
    values.push(range.sinceAtMs);
  }
  if (range.untilAtMs !== undefined) {
    conditions.push(`${column} < ?`);
    values.push(range.untilAtMs);
  }
  const filter = filterConditions(range, alias);
  conditions.push(...filter.conditions);
  values.push(...filter.values);
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}

function decodeSums(row: StoredRow): Sums {
  const readOptional = (name: string): number | null => (row[name] == null ? null : Number(row[name]));
  const read = Object.fromEntries(SUM_KEYS.map((key) => [key, Number(row[key] ?? 0)]));
  return {
    ...(read as Record<SumKey, number>),
    firstComparableAtMs: readOptional('firstComparableAtMs'),
    lastComparableAtMs: readOptional('lastComparableAtMs'),
  };
}

function tokensOf(sums: Sums): TokenUsage {
  const { inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens } = sums;
  const { reasoningOutputTokens } = sums;
  return { inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens, reasoningOutputTokens };
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

/** null = of nothing. */
export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
