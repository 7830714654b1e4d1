// What a report shows beside the totals: what the same work was like without a router, what each term of the saving is,
// what could not be compared and why, and how sure the projection is. Nothing here is guessed: what the books do not
// say about "before" is null.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { BeforeAfter, GradeOutlook, TotalsBody, TotalsDetails } from '../protocol/control-api.ts';
import type { SourceTables } from './ledger-store.ts';
import { DAY_MS, dayStartMs, observedDays, perMonth, projectionIntervals } from './projection.ts';
import type { StoredRow } from './record-row.ts';
import { addSums, type Sums } from './sums.ts';
import { rangeCondition, ratio, readSums, type TotalsRange } from './totals.ts';

const MONTHS_PER_YEAR = 12;

/** `totals` of the same range with their details and the intervals of their projection. */
export function withDetails(
  database: DatabaseSync,
  tables: SourceTables,
  range: TotalsRange,
  totals: TotalsBody,
): TotalsBody {
  const books = { database, tables, range };
  const byGrade = readSums(database, tables, range, 'complexity');
  const all = addSums(byGrade.values());
  const days = observedDays(all);
  const intervals = days === null ? null : projectionIntervals(savedByDay(books, all, days));
  return {
    ...totals,
    projection: {
      ...totals.projection,
      days,
      monthlySavedIntervalUsd: intervals?.monthlySavedIntervalUsd ?? null,
      yearlySavedIntervalUsd: intervals?.yearlySavedIntervalUsd ?? null,
    },
    details: {
      ...comparedTerms(books),
      beforeAfter: beforeAfter(books, totals, days),
      grades: gradesOf(byGrade, all, days),
    },
  };
}

interface Books {
  readonly database: DatabaseSync;
  readonly tables: SourceTables;
  readonly range: TotalsRange;
}

function readOne({ database }: Books, sql: string, values: readonly SQLInputValue[]): StoredRow {
  return database.prepare(sql).get(...values) ?? {};
}

function numberOf(row: StoredRow, name: string): number {
  return Number(row[name] ?? 0);
}

function optionalOf(row: StoredRow, name: string): number | null {
  return row[name] == null ? null : Number(row[name]);
}

// Models that are, or were, paid by subscription. A row does not say how its provider bills; the routing tables do.
const FLAT_RATE_MODELS = `SELECT DISTINCT json_extract(target.value, '$.id')
  FROM routing_tables,
    json_each(CASE WHEN json_valid(routing_tables.json) THEN routing_tables.json ELSE '{}' END, '$.targets') AS target
  WHERE json_extract(target.value, '$.billing') = 'flat-rate'`;

function comparedTerms(books: Books): Omit<TotalsDetails, 'beforeAfter' | 'grades'> {
  const { where, values } = rangeCondition(books.range);
  const row = readOne(
    books,
    `WITH flat(model) AS (${FLAT_RATE_MODELS}),
     ranged AS (SELECT *, priced AND NOT comparable AND response_model IN (SELECT model FROM flat) AS is_flat
       FROM ${books.tables.exchanges} ${where})
     SELECT sum(comparable) AS compared,
       sum(baseline_cost_usd) FILTER (WHERE comparable) AS baseline,
       sum(cost_usd) FILTER (WHERE comparable) AS cost,
       sum(failed_attempts_cost_usd) FILTER (WHERE comparable) AS failed_attempts,
       sum(classifier_cost_usd) FILTER (WHERE comparable) AS classifier,
       sum(saved_usd) FILTER (WHERE comparable) AS saved,
       count(*) FILTER (WHERE is_flat) AS flat_requests,
       sum(input_tokens) FILTER (WHERE is_flat) AS input,
       sum(cache_read_input_tokens) FILTER (WHERE is_flat) AS cache_read,
       sum(cache_creation_input_tokens) FILTER (WHERE is_flat) AS cache_creation,
       sum(output_tokens) FILTER (WHERE is_flat) AS output,
       sum(reasoning_output_tokens) FILTER (WHERE is_flat) AS reasoning,
       count(*) FILTER (WHERE NOT priced) AS unpriced,
       count(*) FILTER (WHERE priced AND NOT comparable AND NOT coalesce(is_flat, 0)) AS other
     FROM ranged`,
    values,
  );
  const failedAttemptsCostUsd = numberOf(row, 'failed_attempts');
  const classifierCostUsd = numberOf(row, 'classifier');
  return {
    compared: {
      requests: numberOf(row, 'compared'),
      baselineCostUsd: numberOf(row, 'baseline'),
      answersCostUsd: numberOf(row, 'cost') - failedAttemptsCostUsd - classifierCostUsd,
      failedAttemptsCostUsd,
      classifierCostUsd,
      savedUsd: numberOf(row, 'saved'),
    },
    flatRate: {
      requests: numberOf(row, 'flat_requests'),
      tokens: {
        inputTokens: numberOf(row, 'input'),
        cacheReadInputTokens: numberOf(row, 'cache_read'),
        cacheCreationInputTokens: numberOf(row, 'cache_creation'),
        outputTokens: numberOf(row, 'output'),
        reasoningOutputTokens: numberOf(row, 'reasoning'),
      },
    },
    unpricedRequests: numberOf(row, 'unpriced'),
    otherRequests: numberOf(row, 'other'),
  };
}

function beforeAfter(books: Books, totals: TotalsBody, days: number | null): BeforeAfter {
  const { comparableRequests, baselineCostUsd, savedUsd, tokens } = totals;
  const costUsd = baselineCostUsd - savedUsd; // of the comparable requests alone
  const first = readBaselineFirst(books);
  const ratings = readRatings(books);
  const monthly = (amount: number): number | null => (days === null ? null : perMonth(amount, days));
  return {
    monthlyCostUsd: { before: monthly(baselineCostUsd), after: monthly(costUsd) },
    averageCostUsd: {
      before: ratio(baselineCostUsd, comparableRequests),
      after: ratio(costUsd, comparableRequests),
    },
    meanLatencyMs: { before: optionalOf(first, 'latency'), after: totals.meanLatencyMs },
    successRatio: {
      before: ratio(numberOf(first, 'worked'), numberOf(first, 'worked') + numberOf(first, 'failed')),
      after: totals.successRatio,
    },
    failedRequests: {
      before: numberOf(first, 'asked') === 0 ? null : numberOf(first, 'failed'),
      after: totals.requests === 0 ? null : totals.failedRequests,
    },
    baselineFirstRequests: numberOf(first, 'asked'),
    // Answers are stored here or nowhere: without a router there is no such cache.
    cacheHitRatio: { before: null, after: totals.cacheHitRatio },
    promptCacheRatio: {
      before: ratio(numberOf(first, 'baseline_read'), numberOf(first, 'baseline_input')),
      after: ratio(tokens.cacheReadInputTokens, tokens.inputTokens),
    },
    ...ratings,
  };
}

/**
 * Requests of which the baseline model was asked first show what it is like without a router: whether that one attempt
 * worked, and how long it took. A weak answer is an answer: without a router it would have been the last word.
 */
function readBaselineFirst(books: Books): StoredRow {
  const { where, values } = rangeCondition(books.range);
  return readOne(
    books,
    `WITH tried AS (
       SELECT e.baseline_model, e.duration_ms, e.response_model, e.status,
         d.attempts ->> '$[0].model' AS first_model,
         d.attempts ->> '$[0].status' AS first_status,
         d.attempts ->> '$[0].errorType' AS first_error,
         d.baseline ->> '$.usage.inputTokens' AS baseline_input,
         d.baseline ->> '$.usage.cacheReadInputTokens' AS baseline_read
       FROM (SELECT * FROM ${books.tables.exchanges} ${where}) e
       JOIN ${books.tables.details} d ON d.id = e.id
       WHERE json_valid(d.attempts) AND (d.baseline IS NULL OR json_valid(d.baseline)))
     SELECT sum(baseline_input) AS baseline_input, sum(baseline_read) AS baseline_read,
       count(*) FILTER (WHERE first_model = baseline_model) AS asked,
       count(*) FILTER (WHERE first_model = baseline_model
         AND (first_status = 'ok' OR first_error = 'weak-answer')) AS worked,
       count(*) FILTER (WHERE first_model = baseline_model
         AND first_status = 'failed' AND first_error <> 'weak-answer') AS failed,
       avg(duration_ms) FILTER (WHERE response_model = baseline_model AND first_model = baseline_model
         AND status = 'ok' AND first_status = 'ok') AS latency
     FROM tried`,
    values,
  );
}

function readRatings(books: Books): Pick<BeforeAfter, 'goodRatingRatio' | 'ratings'> {
  const { where, values } = rangeCondition(books.range, undefined, 'e.');
  const row = readOne(
    books,
    `SELECT count(*) AS n, count(*) FILTER (WHERE f.verdict = 'good') AS good,
       count(*) FILTER (WHERE e.response_model = e.baseline_model) AS n_before,
       count(*) FILTER (WHERE e.response_model = e.baseline_model AND f.verdict = 'good') AS good_before
     FROM feedback f JOIN ${books.tables.exchanges} e ON e.exchange_id = f.exchange_id ${where}`,
    values,
  );
  return {
    goodRatingRatio: {
      before: ratio(numberOf(row, 'good_before'), numberOf(row, 'n_before')),
      after: ratio(numberOf(row, 'good'), numberOf(row, 'n')),
    },
    ratings: { before: numberOf(row, 'n_before'), after: numberOf(row, 'n') },
  };
}

/** One number for each day from the first to the last comparable row; idle ones are 0. */
function savedByDay({ database, tables, range }: Books, all: Sums, days: number): readonly number[] {
  const { where, values } = rangeCondition(range, 'comparable');
  const rows = database
    .prepare(
      `SELECT started_at_ms / ${DAY_MS} AS day, sum(saved_usd) AS saved FROM ${tables.exchanges} ${where} GROUP BY 1`,
    )
    .all(...values);
  const firstDay = dayStartMs(all.firstComparableAtMs ?? 0) / DAY_MS;
  const savedOf = new Map(rows.map((row) => [numberOf(row, 'day') - firstDay, numberOf(row, 'saved')]));
  return Array.from({ length: Math.min(days, MAX_LISTED_DAYS) }, (_, day) => savedOf.get(day) ?? 0);
}

/** Above what `projectionIntervals` takes; no list of a million days for one row with a wrong date. */
const MAX_LISTED_DAYS = 20_001;

/** Rows without a grade were never routed (they failed before it); they are the group `unknown`. */
function gradesOf(
  byGrade: ReadonlyMap<string, Sums>,
  all: Sums,
  days: number | null,
): readonly GradeOutlook[] {
  const grades = [...byGrade].filter(([, sums]) => sums.comparable > 0);
  const order = ['simple', 'moderate', 'complex', 'unknown'];
  grades.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return grades.map(([grade, sums]) => {
    const monthlySavedUsd = days === null ? null : perMonth(sums.savedUsd, days);
    return {
      grade,
      requestShare: sums.comparable / all.comparable,
      monthlyRequests: days === null ? null : perMonth(sums.comparable, days),
      savedPerRequestUsd: sums.savedUsd / sums.comparable,
      monthlySavedUsd,
      yearlySavedUsd: monthlySavedUsd === null ? null : monthlySavedUsd * MONTHS_PER_YEAR,
    };
  });
}
