// What was spent in a range of time, by scope: what a budget has used up when the daemon starts. Every attempt counts,
// also failed and cancelled ones, and what the grading of the ask cost. An attempt whose cost is not known adds nothing.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { SourceTables } from './ledger-store.ts';

export type SpentBy = 'all' | 'workspace' | 'client' | 'conversation' | 'model' | 'provider';

export interface SpentQuery {
  readonly by: SpentBy;
  /** Absent = all names, each for itself. */
  readonly name?: string;
  /** Unix epoch ms, inclusive. */
  readonly sinceAtMs: number;
  /** Unix epoch ms, exclusive. */
  readonly untilAtMs: number;
}

export interface Spent {
  readonly costUsd: number;
  /** Input and output of all attempts, as reported or estimated. */
  readonly tokens: number;
}

const NAME_COLUMNS: Readonly<Record<Exclude<SpentBy, 'all'>, string>> = {
  workspace: 'workspace_id',
  client: 'client',
  conversation: 'conversation_id',
  model: 'response_model',
  provider: 'provider',
};

/** Rows whose columns say it all; in the others single attempts are looked at, which is dearer. */
const IS_PLAIN = `(status = 'ok' AND priced = 1 AND coalesce(reason, '') <> 'escalated'
  AND coalesce(failed_attempts_cost_usd, 0) = 0)`;

const ATTEMPT_USD = `coalesce(json_extract(attempt.value, '$.costUsd'), 0)`;
const ATTEMPT_TOKENS = `(coalesce(json_extract(attempt.value, '$.usage.inputTokens'), 0)
  + coalesce(json_extract(attempt.value, '$.usage.outputTokens'), 0))`;

/** By name; under '' for `all`. What nobody named (no workspace, no conversation) is not in it. */
export function readSpent(
  database: DatabaseSync,
  tables: SourceTables,
  query: SpentQuery,
): ReadonlyMap<string, Spent> {
  const key = query.by === 'all' ? `''` : NAME_COLUMNS[query.by];
  const isOfModels = query.by === 'model' || query.by === 'provider';
  const sums = new Map<string, Spent>();
  const collect = (sql: string, condition: string): void => {
    const values: SQLInputValue[] = [query.sinceAtMs, query.untilAtMs];
    if (query.name !== undefined) values.push(query.name);
    const named = query.name === undefined ? '' : `AND ${condition} = ?`;
    for (const row of database.prepare(sql.replace('$NAMED', named)).all(...values)) {
      const name = row['name'];
      if (typeof name !== 'string' || (name === '' && query.by !== 'all')) continue;
      const before = sums.get(name) ?? { costUsd: 0, tokens: 0 };
      sums.set(name, {
        costUsd: before.costUsd + Number(row['usd'] ?? 0),
        tokens: before.tokens + Number(row['tokens'] ?? 0),
      });
    }
  };
  collect(
    `SELECT ${key} AS name, sum(cost_usd${isOfModels ? ' - classifier_cost_usd' : ''}) AS usd,
       sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))
         FILTER (WHERE coalesce(cache, '') NOT IN ('exact', 'semantic')) AS tokens
     FROM ${tables.exchanges}
     WHERE started_at_ms >= ? AND started_at_ms < ? AND ${IS_PLAIN} $NAMED GROUP BY 1`,
    key,
  );
  const special = `FROM ${tables.exchanges} AS exchange JOIN ${tables.details} AS details ON details.id = exchange.id`;
  const range = `exchange.started_at_ms >= ? AND exchange.started_at_ms < ? AND NOT ${IS_PLAIN} $NAMED`;
  if (isOfModels) {
    const attemptKey = `json_extract(attempt.value, '$.${query.by}')`;
    collect(
      `SELECT ${attemptKey} AS name, sum(${ATTEMPT_USD}) AS usd, sum(${ATTEMPT_TOKENS}) AS tokens
       ${special}, json_each(details.attempts) AS attempt WHERE ${range} GROUP BY 1`,
      attemptKey,
    );
  } else {
    const sumOf = (term: string): string =>
      `coalesce((SELECT sum(${term}) FROM json_each(details.attempts) AS attempt), 0)`;
    collect(
      `SELECT ${key} AS name, sum(coalesce(classifier_cost_usd, 0) + ${sumOf(ATTEMPT_USD)}) AS usd,
         sum(${sumOf(ATTEMPT_TOKENS)}) AS tokens
       ${special} WHERE ${range} GROUP BY 1`,
      key,
    );
  }
  return sums;
}
