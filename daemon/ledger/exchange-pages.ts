// Reads of single exchanges and of the list, newest first. A page starts after a place in the order (start time, row
// id), not after a count, so rows that are added between two pages neither repeat nor hide any other.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { RouterError } from '../errors.ts';
import type { ExchangesBody } from '../protocol/control-api.ts';
import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import type { ExchangesQuery } from './ledger.ts';
import type { SourceTables } from './ledger-store.ts';
import { filterConditions } from './row-filter.ts';
import { EXCHANGE_COLUMNS, decodeRow, decodeRowWithoutDecision } from './record-row.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

const COLUMNS = ['id', ...EXCHANGE_COLUMNS].map((name) => `e.${name}`).join(', ');

/** Throws `request.malformed` for a `before` that no page gave out. */
export function readPage(database: DatabaseSync, tables: SourceTables, query: ExchangesQuery): ExchangesBody {
  const limit = Math.min(MAX_LIMIT, Math.max(1, Math.floor(query.limit ?? DEFAULT_LIMIT)));
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  if (query.conversationId !== undefined) {
    conditions.push('e.conversation_id = ?');
    values.push(query.conversationId);
  }
  if (query.before !== undefined) {
    conditions.push('(e.started_at_ms, e.id) < (?, ?)');
    values.push(...parsePlace(query.before));
  }
  const filter = filterConditions(query, 'e.');
  conditions.push(...filter.conditions);
  values.push(...filter.values);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const rows = database
    .prepare(
      `SELECT ${COLUMNS}, d.attempts, d.warnings, d.baseline FROM ${tables.exchanges} e LEFT JOIN ${tables.details} d ON d.id = e.id
       ${where} ORDER BY e.started_at_ms DESC, e.id DESC LIMIT ?`,
    )
    .all(...values, limit + 1);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    exchanges: rows.slice(0, limit).map(decodeRowWithoutDecision),
    next: last === undefined ? null : `${String(last['started_at_ms'])}.${String(last['id'])}`,
  };
}

export function readExchange(
  database: DatabaseSync,
  tables: SourceTables,
  exchangeId: string,
): ExchangeRecord | null {
  const row = database
    .prepare(
      `SELECT ${COLUMNS}, d.attempts, d.warnings, d.decision, d.decision_input, d.baseline
       FROM ${tables.exchanges} e LEFT JOIN ${tables.details} d ON d.id = e.id WHERE e.exchange_id = ? LIMIT 1`,
    )
    .get(exchangeId);
  return row === undefined ? null : decodeRow(row);
}

function parsePlace(before: string): readonly [startedAtMs: number, id: number] {
  const match = /^(-?\d{1,15})\.(\d{1,15})$/u.exec(before);
  if (match === null) {
    throw new RouterError('request.malformed', 'before is not a place in the list, pass the next of a page', {
      param: 'before',
    });
  }
  return [Number(match[1]), Number(match[2])];
}
