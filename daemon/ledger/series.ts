// Totals in equal slices of time, for charts. Each slice is one range of the index: that is faster than grouping, which
// would sort all rows, and lets the event loop have its turn in between.

import type { DatabaseSync } from 'node:sqlite';
import { RouterError } from '../errors.ts';
import type { SeriesPoint } from '../protocol/control-api.ts';
import type { SeriesQuery } from './ledger.ts';
import type { SourceTables } from './ledger-store.ts';
import { DAY_MS } from './projection.ts';
import { rangeCondition, sumColumns } from './totals.ts';

/** The slices of a query; slice n begins at `originMs + n * bucketMs`. */
export interface SeriesPlan {
  readonly bucketMs: number;
  readonly originMs: number;
  readonly first: number;
  readonly count: number;
  /** First ms that counts, and the first one that does not any more. */
  readonly startAtMs: number;
  readonly endAtMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** What a slice may be when nobody says; above, months of 30 days. */
const BUCKETS_MS: readonly number[] = [
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  7 * DAY_MS,
  30 * DAY_MS,
];
/** As many as a chart has room for. */
const USUAL_SLICES = 200;
export const MAX_SLICES = 2000;
/** Midnight is on such a mark in every time zone. */
const ZONE_STEP_MS = 15 * MINUTE_MS;

/**
 * Throws `request.malformed` when the slices would be too many. They are counted from `sinceAtMs` where that is somebody's
 * full quarter of an hour, so that days begin at the midnight of who asks; else from the epoch.
 */
export function planSeries(
  database: DatabaseSync,
  tables: SourceTables,
  query: SeriesQuery,
  nowMs: number,
): SeriesPlan {
  const { sinceAtMs, untilAtMs } = query;
  const edges = readEdges(database, tables);
  const startAtMs = sinceAtMs ?? edges.first ?? nowMs;
  // A clock that was ahead once must not hide rows.
  const endAtMs = untilAtMs ?? Math.max(nowMs, edges.last ?? nowMs) + 1;
  const originMs = sinceAtMs !== undefined && sinceAtMs % ZONE_STEP_MS === 0 ? sinceAtMs : 0;
  const bucketMs = query.bucketMs ?? usualBucketMs(endAtMs - startAtMs);
  const first = Math.floor((startAtMs - originMs) / bucketMs);
  const count = Math.max(0, Math.ceil((endAtMs - originMs) / bucketMs) - first);
  if (count > MAX_SLICES) {
    const leastMs = Math.ceil((endAtMs - startAtMs) / (MAX_SLICES - 1));
    throw new RouterError(
      'request.malformed',
      `bucketMs would make ${count} slices and at most ${MAX_SLICES} are given; use ${leastMs} or more, or a later since`,
      { param: 'bucketMs' },
    );
  }
  return { bucketMs, originMs, first, count, startAtMs, endAtMs };
}

/** The slices from `from` (counted from 0) on, until `until` says that it was enough. Empty ones are left out. */
export function readSlices(
  database: DatabaseSync,
  tables: SourceTables,
  query: SeriesQuery,
  { plan, from, until }: { readonly plan: SeriesPlan; readonly from: number; readonly until: () => boolean },
): { readonly points: readonly SeriesPoint[]; readonly next: number } {
  // The two times come first and are another pair for each slice.
  const { where, values } = rangeCondition({ ...query, sinceAtMs: 0, untilAtMs: 0 });
  const filters = values.slice(2);
  const statement = database.prepare(`SELECT ${SLICE_COLUMNS} FROM ${tables.exchanges} ${where}`);
  const points: SeriesPoint[] = [];
  let next = from;
  while (next < plan.count) {
    const startMs = plan.originMs + (plan.first + next) * plan.bucketMs;
    const row = statement.get(
      Math.max(plan.startAtMs, startMs),
      Math.min(plan.endAtMs, startMs + plan.bucketMs),
      ...filters,
    );
    next += 1;
    if (row !== undefined && Number(row['requests']) > 0) points.push(pointOf(startMs, row));
    if (until()) break;
  }
  return { points, next };
}

const SLICE_COLUMNS = sumColumns([
  'requests',
  'comparable',
  'failed',
  'costUsd',
  'baselineCostUsd',
  'savedUsd',
  'inputTokens',
  'cacheReadInputTokens',
  'outputTokens',
]);

function pointOf(startMs: number, row: Readonly<Record<string, unknown>>): SeriesPoint {
  const read = (name: string): number => Number(row[name] ?? 0);
  return {
    startMs,
    requests: read('requests'),
    comparableRequests: read('comparable'),
    failedRequests: read('failed'),
    costUsd: read('costUsd'),
    baselineCostUsd: read('baselineCostUsd'),
    savedUsd: read('savedUsd'),
    inputTokens: read('inputTokens'),
    cacheReadInputTokens: read('cacheReadInputTokens'),
    outputTokens: read('outputTokens'),
  };
}

function usualBucketMs(spanMs: number): number {
  // One slice more than the span has, since the first may begin before it.
  const fits = (bucketMs: number): boolean => spanMs / bucketMs <= USUAL_SLICES - 1;
  const largest = BUCKETS_MS.at(-1) ?? DAY_MS;
  return BUCKETS_MS.find(fits) ?? Math.ceil(spanMs / ((USUAL_SLICES - 1) * largest)) * largest;
}

/** Two look-ups in the index; min and max in one query would read every row. */
function readEdges(
  database: DatabaseSync,
  { exchanges }: SourceTables,
): { readonly first: number | null; readonly last: number | null } {
  const row = database
    .prepare(
      `SELECT (SELECT min(started_at_ms) FROM ${exchanges}) AS "first", (SELECT max(started_at_ms) FROM ${exchanges}) AS "last"`,
    )
    .get();
  const read = (name: string): number | null => (row?.[name] == null ? null : Number(row[name]));
  return { first: read('first'), last: read('last') };
}
