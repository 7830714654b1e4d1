// The part of the ledger's file that a reconciliation needs: attempts with the routing table that they were made with.

import { openForReading } from '../ledger/database-file.ts';
import type { AttemptRecord } from '../protocol/exchange-record.ts';
import type { RoutingTable } from '../route/policy.ts';
import type { BookedExchange } from './reconcile-books.ts';

export type StoredTables = ReadonlyMap<string, Pick<RoutingTable, 'targets' | 'aliases'>>;

export interface LedgerReader {
  readonly tables: StoredTables;
  /** Of the requests that began in [fromMs, toMs], in no order. */
  exchanges(fromMs: number, toMs: number): Iterable<BookedExchange>;
  close(): void;
}

/** Throws what SQLite throws for a file that is missing, damaged or no ledger. Nothing is written. */
export function readLedger(path: string): LedgerReader {
  const database = openForReading(path);
  try {
    const tables = new Map<string, RoutingTable>();
    for (const row of database.prepare('SELECT hash, json FROM routing_tables').iterate()) {
      tables.set(String(row['hash']), JSON.parse(String(row['json'])) as RoutingTable);
    }
    return {
      tables,
      exchanges: function* exchanges(fromMs, toMs) {
        // The attempts are asked for as text and parsed here: rows without any are most of a failed day.
        const rows = database
          .prepare(
            `SELECT e.started_at_ms, e.classifier_cost_usd, d.attempts,
               CASE WHEN json_valid(d.decision) THEN json_extract(d.decision, '$.tableHash') END AS table_hash
             FROM exchanges e JOIN exchange_details d ON d.id = e.id
             WHERE e.started_at_ms BETWEEN ? AND ?`,
          )
          .iterate(fromMs, toMs);
        for (const row of rows) {
          yield {
            startedAt: new Date(Number(row['started_at_ms'])).toISOString(),
            classifierCostUsd: Number(row['classifier_cost_usd'] ?? 0),
            attempts: JSON.parse(String(row['attempts'])) as readonly AttemptRecord[],
            tableHash: row['table_hash'] === null ? null : String(row['table_hash']),
          };
        }
      },
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
