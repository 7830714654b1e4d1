// Stored rows -> steps of a history, page by page in the order in which the requests came. Reads the narrow columns and what
// the policy was given; whole decisions only of rows that were written before inputs were kept apart.

import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { BaselineTerms, Decision, DecisionInput } from '../protocol/exchange-record.ts';
import type { CacheStatus, TokenUsage } from '../protocol/vocabulary.ts';
import type { SourceTables } from './ledger-store.ts';
import { decodeInputAlone } from './record-row.ts';
import type { HistoryStep } from './replay-history.ts';

/** Where a page ends: start of its last row, Unix epoch ms, and its id. */
export type HistoryPlace = readonly [startedAtMs: number, id: number];

export interface HistoryQuery {
  /** Unix epoch ms, inclusive; absent = from the beginning. */
  readonly sinceAtMs?: number;
  /** `next` of the page before. */
  readonly after?: HistoryPlace;
  readonly limit: number;
}

export interface HistoryPage {
  readonly steps: readonly HistoryStep[];
  /** Keys of the routing tables that the steps were decided with. */
  readonly tableHashes: ReadonlySet<string>;
  /** null = there are no more. */
  readonly next: HistoryPlace | null;
}

const COLUMNS = [
  'e.id',
  'e.started_at_ms',
  'e.conversation_id',
  'e.response_model',
  'e.input_tokens',
  'e.cache_read_input_tokens',
  'e.cache_creation_input_tokens',
  'e.output_tokens',
  'e.reasoning_output_tokens',
  'e.cost_usd',
  'e.classifier_cost_usd',
  'e.failed_attempts_cost_usd',
  'e.baseline_model',
  'e.baseline_cost_usd',
  'e.cache',
  'd.decision_input',
  'd.baseline',
].join(', ');

type Row = readonly SQLOutputValue[];

export function readHistoryPage(
  database: DatabaseSync,
  tables: SourceTables,
  { sinceAtMs, after, limit }: HistoryQuery,
): HistoryPage {
  const [atMs, id] = after ?? [sinceAtMs ?? -Infinity, -1];
  const statement = database.prepare(
    `SELECT ${COLUMNS} FROM ${tables.exchanges} e LEFT JOIN ${tables.details} d ON d.id = e.id
     WHERE (e.started_at_ms, e.id) > (?, ?) ORDER BY e.started_at_ms, e.id LIMIT ?`,
  );
  statement.setReturnArrays(true); // half the time of objects
  const least = Math.max(Number.MIN_SAFE_INTEGER, atMs);
  const rows = statement.all(least, id, limit) as unknown as readonly Row[];
  const decisionOf = (rowId: number): Decision | null => readDecision(database, tables, rowId);
  const tableHashes = new Set<string>();
  const steps = rows.map((row) => stepOf(row, decisionOf, tableHashes));
  const last = rows.length < limit ? undefined : rows.at(-1);
  return {
    steps,
    tableHashes,
    next: last === undefined ? null : [Number(last[1]), Number(last[0])],
  };
}

function stepOf(
  row: Row,
  decisionOf: (id: number) => Decision | null,
  tableHashes: Set<string>,
): HistoryStep {
  const decided = decidedOf(row, decisionOf);
  if (decided.tableHash !== null) tableHashes.add(decided.tableHash);
  return new StoredStep(row, decided);
}

interface Decided {
  readonly input: DecisionInput | null;
  readonly chosen: string;
  readonly tableHash: string | null;
}

const NOT_DECIDED: Decided = { input: null, chosen: '', tableHash: null };

function decidedOf(row: Row, decisionOf: (id: number) => Decision | null): Decided {
  const text = row[15];
  if (typeof text === 'string') {
    const alone = decodeInputAlone(text);
    if (alone !== null) return alone;
  }
  const decision = decisionOf(Number(row[0]));
  if (decision === null) return NOT_DECIDED;
  const { classification, chosen, tableHash } = decision;
  const kept = typeof text === 'string' ? (JSON.parse(text) as DecisionInput) : decision.input;
  return { input: kept == null ? null : { ...kept, classification }, chosen, tableHash };
}

function readDecision(database: DatabaseSync, tables: SourceTables, id: number): Decision | null {
  const row = database.prepare(`SELECT decision FROM ${tables.details} WHERE id = ?`).get(id);
  return row?.['decision'] == null ? null : (JSON.parse(String(row['decision'])) as Decision);
}

/** The terms of the baseline are parsed for the few steps that ask for them. */
class StoredStep implements HistoryStep {
  readonly conversationId: string;
  readonly input: DecisionInput | null;
  readonly plannedModel: string;
  readonly servedModel: string | null;
  readonly usage: TokenUsage | null;
  readonly costUsd: number | null;
  readonly baselineCostUsd: number | null;
  readonly classifierCostUsd: number;
  readonly failedAttemptsCostUsd: number;
  readonly baselineModel: string | null;
  readonly cache: CacheStatus;
  readonly #baselineText: SQLOutputValue | undefined;

  constructor(row: Row, { input, chosen }: Decided) {
    this.conversationId = textOf(row[2]) ?? '';
    this.input = input;
    this.servedModel = textOf(row[3]);
    this.plannedModel = chosen === '' ? (this.servedModel ?? '') : chosen;
    this.usage = usageOf(row);
    this.costUsd = numberOf(row[9]);
    this.classifierCostUsd = numberOf(row[10]) ?? 0;
    this.failedAttemptsCostUsd = numberOf(row[11]) ?? 0;
    this.baselineModel = textOf(row[12]);
    this.baselineCostUsd = numberOf(row[13]);
    // The column holds what `encodeRow` was given.
    this.cache = (textOf(row[14]) ?? 'miss') as CacheStatus;
    this.#baselineText = row[16];
  }

  get baseline(): BaselineTerms | null {
    return typeof this.#baselineText === 'string' ? (JSON.parse(this.#baselineText) as BaselineTerms) : null;
  }
}

function usageOf(row: Row): TokenUsage | null {
  if (row[4] === null) return null;
  return {
    inputTokens: Number(row[4]),
    cacheReadInputTokens: Number(row[5]),
    cacheCreationInputTokens: Number(row[6]),
    outputTokens: Number(row[7]),
    reasoningOutputTokens: Number(row[8]),
  };
}

function textOf(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: SQLOutputValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
