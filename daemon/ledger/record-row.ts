// An exchange record <-> the columns it is kept in. The one place that knows both spellings.

import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type {
  AttemptRecord,
  BaselineTerms,
  Decision,
  DecisionInput,
  ExchangeRecord,
} from '../protocol/exchange-record.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { StartedExchange } from './ledger.ts';

/** Values of one row, ready to be bound. */
export interface EncodedRow {
  readonly exchangeId: string;
  /** In the order of `EXCHANGE_COLUMNS`. */
  readonly columns: readonly SQLInputValue[];
  /** In the order of `DETAIL_COLUMNS`. */
  readonly details: readonly SQLInputValue[];
}

export type StoredRow = Readonly<Record<string, SQLOutputValue>>;

const COLUMNS: readonly (readonly [name: string, value: (record: ExchangeRecord) => SQLInputValue])[] = [
  ['exchange_id', (record) => record.exchangeId],
  ['started_at_ms', (record) => epochMs(record.startedAt)],
  ['duration_ms', (record) => record.durationMs],
  ['time_to_first_chunk_ms', (record) => record.timeToFirstChunkMs],
  ['client', (record) => record.client],
  ['client_dialect', (record) => record.clientDialect],
  ['conversation_id', (record) => record.conversationId],
  ['workspace_id', (record) => record.workspaceId],
  ['request_model', (record) => record.requestModel],
  ['response_model', (record) => record.responseModel],
  ['provider', (record) => record.provider],
  ['stream', (record) => (record.stream ? 1 : 0)],
  ['status', (record) => record.status],
  ['error_type', (record) => record.errorType],
  ['input_tokens', (record) => record.usage?.inputTokens ?? null],
  ['cache_read_input_tokens', (record) => record.usage?.cacheReadInputTokens ?? null],
  ['cache_creation_input_tokens', (record) => record.usage?.cacheCreationInputTokens ?? null],
  ['output_tokens', (record) => record.usage?.outputTokens ?? null],
  ['reasoning_output_tokens', (record) => record.usage?.reasoningOutputTokens ?? null],
  ['usage_source', (record) => record.usageSource],
  ['cost_usd', (record) => record.costUsd],
  ['classifier_cost_usd', (record) => record.classifierCostUsd],
  ['failed_attempts_cost_usd', (record) => record.failedAttemptsCostUsd],
  ['baseline_model', (record) => record.baselineModel],
  ['baseline_cost_usd', (record) => record.baselineCostUsd],
  ['saved_usd', (record) => record.savedUsd],
  ['priced', (record) => (record.priced ? 1 : 0)],
  ['comparable', (record) => (isComparable(record) ? 1 : 0)],
  ['cache', (record) => record.cache],
  ['saved_by_routing_usd', (record) => record.savedBy.routing],
  ['saved_by_exact_cache_usd', (record) => record.savedBy.exactCache],
  ['saved_by_semantic_cache_usd', (record) => record.savedBy.semanticCache],
  ['saved_by_prompt_cache_injection_usd', (record) => record.savedBy.promptCacheInjection],
  ['initiator', (record) => record.initiator],
  ['task', (record) => record.task],
  ['complexity', (record) => record.complexity],
  ['reason', (record) => record.reason],
  ['decision_point', (record) => record.decision?.decisionPoint ?? null],
];

export const EXCHANGE_COLUMNS: readonly string[] = COLUMNS.map(([name]) => name);
export const DETAIL_COLUMNS: readonly string[] = [
  'attempts',
  'warnings',
  'decision',
  'decision_input',
  'baseline',
];

/** Throws when the record cannot be written as JSON; the caller drops it then. The ask's text is left out. */
export function encodeRow(record: ExchangeRecord): EncodedRow {
  const { decision } = record;
  return {
    exchangeId: record.exchangeId,
    columns: COLUMNS.map(([, valueOf]) => bindable(valueOf(record))),
    details: [
      JSON.stringify(record.attempts),
      JSON.stringify(record.warnings),
      decision === null ? null : encodeDecision(decision),
      decision?.input == null ? null : encodeInput(decision, decision.input),
      record.baseline == null ? null : JSON.stringify(record.baseline),
    ],
  };
}

/** Reads a row of `exchanges` joined with its details, `decision` included when it was selected. */
export function decodeRow(row: StoredRow): ExchangeRecord {
  return {
    ...decodeRowWithoutDecision(row),
    decision:
      row['decision'] == null ? null : decodeDecision(String(row['decision']), textOf(row['decision_input'])),
  };
}

/** As `decodeRow`, in the shape of lists. */
export function decodeRowWithoutDecision(row: StoredRow): Omit<ExchangeRecord, 'decision'> {
  // The columns hold what `encodeRow` was given, so the unions of the record's type hold as well.
  return {
    exchangeId: row['exchange_id'],
    startedAt: new Date(Number(row['started_at_ms'])).toISOString(),
    durationMs: row['duration_ms'],
    timeToFirstChunkMs: row['time_to_first_chunk_ms'],
    client: row['client'],
    clientDialect: row['client_dialect'],
    conversationId: row['conversation_id'],
    workspaceId: row['workspace_id'],
    requestModel: row['request_model'],
    responseModel: row['response_model'],
    provider: row['provider'],
    stream: row['stream'] === 1,
    status: row['status'],
    errorType: row['error_type'],
    attempts: parseList(row['attempts']) as readonly AttemptRecord[],
    usage: decodeUsage(row),
    usageSource: row['usage_source'],
    costUsd: row['cost_usd'],
    classifierCostUsd: row['classifier_cost_usd'],
    failedAttemptsCostUsd: row['failed_attempts_cost_usd'],
    baselineModel: row['baseline_model'],
    baselineCostUsd: row['baseline_cost_usd'],
    savedUsd: row['saved_usd'],
    ...(row['baseline'] == null ? {} : { baseline: JSON.parse(String(row['baseline'])) as BaselineTerms }),
    priced: row['priced'] === 1,
    cache: row['cache'],
    savedBy: {
      routing: row['saved_by_routing_usd'],
      exactCache: row['saved_by_exact_cache_usd'],
      semanticCache: row['saved_by_semantic_cache_usd'],
      promptCacheInjection: row['saved_by_prompt_cache_injection_usd'],
    },
    initiator: row['initiator'],
    warnings: parseList(row['warnings']) as readonly string[],
    task: row['task'],
    complexity: row['complexity'],
    reason: row['reason'],
  } as Omit<ExchangeRecord, 'decision'>;
}

/** What the books say about an exchange that never came to its end because the daemon did. */
export function interruptedRecord(started: StartedExchange): ExchangeRecord {
  return {
    ...started,
    durationMs: 0,
    timeToFirstChunkMs: null,
    conversationId: 'unknown',
    workspaceId: null,
    responseModel: null,
    provider: null,
    stream: false,
    status: 'interrupted',
    errorType: null,
    attempts: [],
    usage: null,
    usageSource: 'none',
    costUsd: null,
    classifierCostUsd: 0,
    failedAttemptsCostUsd: 0,
    baselineModel: null,
    baselineCostUsd: null,
    savedUsd: null,
    priced: false,
    cache: 'miss',
    savedBy: { routing: 0, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 },
    initiator: null,
    warnings: [
      'the daemon ended while this request ran; it may have been billed, and what it cost is not known',
    ],
    task: null,
    complexity: null,
    reason: null,
    decision: null,
  };
}

/** True when the record says what was saved: it is priced and has a baseline. Kept as a column for the sums. */
export function isComparable<Row extends Pick<ExchangeRecord, 'priced' | 'baselineCostUsd' | 'savedUsd'>>(
  record: Row,
): record is Row & { readonly baselineCostUsd: number; readonly savedUsd: number } {
  return record.priced && record.baselineCostUsd !== null && record.savedUsd !== null;
}

/** Unix epoch ms of an ISO stamp; 0 for text that is no stamp, so that a faulty row is still kept. */
export function epochMs(iso: string): number {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? 0 : ms;
}

/**
 * The classification stands in a decision twice, as its result and as the policy's input; it is written once, which
 * takes a fifth off every row. The words of the ask are never written.
 */
function encodeDecision(decision: Decision): string {
  const { ask, input: _apart, ...rest } = decision;
  const { text: _text, ...askWithoutText } = ask;
  return JSON.stringify({ ...rest, ask: askWithoutText });
}

/** Beside the input what replaying a history needs of the decision, so that it need not be read for that. */
interface InputAlone extends DecisionInput {
  readonly plan?: { readonly chosen: string; readonly tableHash: string };
}

/** Of the classification only what a policy reads: its words stand in the decision. */
function encodeInput({ chosen, tableHash, classification: whole }: Decision, input: DecisionInput): string {
  const { taskType, complexity, confidence, needsStronger, needsStrongest } = whole;
  const classification = { taskType, complexity, confidence, needsStronger, needsStrongest };
  return JSON.stringify({ ...input, classification, plan: { chosen, tableHash } });
}

/**
 * What the policy was given (without the words of the classification) and what it chose; null for rows of older
 * versions, which lack a part of that.
 */
export function decodeInputAlone(
  text: string,
): { readonly input: DecisionInput; readonly chosen: string; readonly tableHash: string } | null {
  // Not copied, since a replay reads a hundred thousand of them: a policy does not mind what it does not know.
  const input = JSON.parse(text) as InputAlone;
  return input.plan === undefined ? null : { input, ...input.plan };
}

/** Rows of older versions hold the input inside of the decision. */
function decodeDecision(text: string, inputText: string | null): Decision {
  const decision = JSON.parse(text) as Decision & { readonly input?: DecisionInput | null };
  const kept = inputText === null ? decision.input : (JSON.parse(inputText) as InputAlone);
  if (kept == null) return { ...decision, input: null };
  const { plan: _apart, ...input }: InputAlone = kept;
  return { ...decision, input: { ...input, classification: decision.classification } };
}

// A value that the types forbid (undefined, NaN) must cost a cell, not the row.
function bindable(value: unknown): SQLInputValue {
  return typeof value === 'string' || Number.isFinite(value) ? (value as string | number) : null;
}

function decodeUsage(row: StoredRow): TokenUsage | null {
  if (row['input_tokens'] === null) return null;
  return {
    inputTokens: Number(row['input_tokens']),
    cacheReadInputTokens: Number(row['cache_read_input_tokens']),
    cacheCreationInputTokens: Number(row['cache_creation_input_tokens']),
    outputTokens: Number(row['output_tokens']),
    reasoningOutputTokens: Number(row['reasoning_output_tokens']),
  };
}

function parseList(text: SQLOutputValue | undefined): readonly unknown[] {
  return typeof text === 'string' ? (JSON.parse(text) as readonly unknown[]) : [];
}

function textOf(value: SQLOutputValue | undefined): string | null {
  return value == null ? null : String(value);
}
