// The books as files that other programs read: CSV for spreadsheets, JSON lines for everything else. A form turns one
// record into its lines, so that a file of any size is written record by record.

import type { AttemptRecord } from '../protocol/exchange-record.ts';
import type { SummedRecord } from './sums.ts';

export interface ExportForm {
  /** What stands before all records. */
  readonly head: string;
  /** What one record adds; line ends included. */
  linesOf(record: SummedRecord): string;
}

type Cell = string | number | boolean | null | undefined;
type Columns<Row> = readonly (readonly [header: string, value: (row: Row) => Cell])[];

// Model names and workspace ids come from outside. A spreadsheet runs a text cell that starts with one of these as a
// formula (OWASP "CSV injection"), in some languages also their full-width forms, and also behind quotes; a leading
// apostrophe makes it text. Numbers are our own: a negative saving stays a number.
const FORMULA_START = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/u;

// With the file of attempts everything that `savedUsd` is made of: baselineCostUsd - costUsd, where costUsd is the
// attempts and the classifier.
const EXCHANGE_COLUMNS: Columns<SummedRecord> = [
  ['exchangeId', (record) => record.exchangeId],
  ['startedAt', (record) => record.startedAt],
  ['durationMs', (record) => record.durationMs],
  ['timeToFirstChunkMs', (record) => record.timeToFirstChunkMs],
  ['client', (record) => record.client],
  ['clientDialect', (record) => record.clientDialect],
  ['conversationId', (record) => record.conversationId],
  ['workspaceId', (record) => record.workspaceId],
  ['requestModel', (record) => record.requestModel],
  ['responseModel', (record) => record.responseModel],
  ['provider', (record) => record.provider],
  ['task', (record) => record.task],
  ['complexity', (record) => record.complexity],
  ['reason', (record) => record.reason],
  ['stream', (record) => record.stream],
  ['status', (record) => record.status],
  ['errorType', (record) => record.errorType],
  ['attempts', (record) => record.attempts.length],
  ['inputTokens', (record) => record.usage?.inputTokens],
  ['cacheReadInputTokens', (record) => record.usage?.cacheReadInputTokens],
  ['cacheCreationInputTokens', (record) => record.usage?.cacheCreationInputTokens],
  ['outputTokens', (record) => record.usage?.outputTokens],
  ['reasoningOutputTokens', (record) => record.usage?.reasoningOutputTokens],
  ['usageSource', (record) => record.usageSource],
  ['costUsd', (record) => record.costUsd],
  ['classifierCostUsd', (record) => record.classifierCostUsd],
  ['failedAttemptsCostUsd', (record) => knownFailedCost(record)],
  ['baselineModel', (record) => record.baselineModel],
  ['baselineCostUsd', (record) => record.baselineCostUsd],
  ['savedUsd', (record) => record.savedUsd],
  ['priced', (record) => record.priced],
  ['cache', (record) => record.cache],
  ['savedByRoutingUsd', (record) => partOfSaving(record, record.savedBy.routing)],
  ['savedByExactCacheUsd', (record) => partOfSaving(record, record.savedBy.exactCache)],
  ['savedBySemanticCacheUsd', (record) => partOfSaving(record, record.savedBy.semanticCache)],
  ['savedByPromptCacheInjectionUsd', (record) => partOfSaving(record, record.savedBy.promptCacheInjection)],
  ['initiator', (record) => record.initiator],
  ['warnings', (record) => record.warnings.join('; ')],
  ['baselineInputTokens', (record) => record.baseline?.usage.inputTokens],
  ['baselineCacheReadInputTokens', (record) => record.baseline?.usage.cacheReadInputTokens],
  ['baselineCacheCreationInputTokens', (record) => record.baseline?.usage.cacheCreationInputTokens],
  ['baselineOutputTokens', (record) => record.baseline?.usage.outputTokens],
  ['baselineInputUsdPerMtok', (record) => record.baseline?.prices.inputUsdPerMtok],
  ['baselineCacheReadUsdPerMtok', (record) => record.baseline?.prices.cacheReadUsdPerMtok],
  ['baselineCacheWriteUsdPerMtok', (record) => record.baseline?.prices.cacheWriteUsdPerMtok],
  ['baselineOutputUsdPerMtok', (record) => record.baseline?.prices.outputUsdPerMtok],
  ['baselinePriceAsOf', (record) => record.baseline?.prices.asOf],
  ['baselinePriceSource', (record) => record.baseline?.prices.source],
];

interface AttemptRow {
  readonly record: SummedRecord;
  readonly attempt: AttemptRecord;
  /** Counted from 1. */
  readonly number: number;
}

const ATTEMPT_COLUMNS: Columns<AttemptRow> = [
  ['exchangeId', ({ record }) => record.exchangeId],
  ['attempt', ({ number }) => number],
  ['exchangeStartedAt', ({ record }) => record.startedAt],
  ['startedAtMs', ({ attempt }) => attempt.startedAtMs],
  ['durationMs', ({ attempt }) => attempt.durationMs],
  ['timeToFirstChunkMs', ({ attempt }) => attempt.timeToFirstChunkMs],
  ['model', ({ attempt }) => attempt.model],
  ['provider', ({ attempt }) => attempt.provider],
  ['status', ({ attempt }) => attempt.status],
  ['errorType', ({ attempt }) => attempt.errorType],
  ['statusCode', ({ attempt }) => attempt.statusCode],
  ['inputTokens', ({ attempt }) => attempt.usage?.inputTokens],
  ['cacheReadInputTokens', ({ attempt }) => attempt.usage?.cacheReadInputTokens],
  ['cacheCreationInputTokens', ({ attempt }) => attempt.usage?.cacheCreationInputTokens],
  ['outputTokens', ({ attempt }) => attempt.usage?.outputTokens],
  ['reasoningOutputTokens', ({ attempt }) => attempt.usage?.reasoningOutputTokens],
  ['usageSource', ({ attempt }) => attempt.usageSource],
  ['inputUsdPerMtok', ({ attempt }) => attempt.prices?.inputUsdPerMtok],
  ['cacheReadUsdPerMtok', ({ attempt }) => attempt.prices?.cacheReadUsdPerMtok],
  ['cacheWriteUsdPerMtok', ({ attempt }) => attempt.prices?.cacheWriteUsdPerMtok],
  ['outputUsdPerMtok', ({ attempt }) => attempt.prices?.outputUsdPerMtok],
  ['priceAsOf', ({ attempt }) => attempt.prices?.asOf],
  ['priceSource', ({ attempt }) => attempt.prices?.source],
  ['costSource', ({ attempt }) => attempt.costSource],
  ['costUsd', ({ attempt }) => attempt.costUsd],
  ['possiblyBilled', ({ attempt }) => attempt.possiblyBilled],
];

/** A line per request. Lines end in CRLF (RFC 4180); unknown values are empty cells, never 0. */
export const EXCHANGES_CSV: ExportForm = {
  head: csvHead(EXCHANGE_COLUMNS),
  linesOf: (record) => csvLine(EXCHANGE_COLUMNS.map(([, valueOf]) => valueOf(record))),
};

/** A line per attempt, with its tokens and unit prices. */
export const ATTEMPTS_CSV: ExportForm = {
  head: csvHead(ATTEMPT_COLUMNS),
  linesOf: (record) =>
    record.attempts
      .map((attempt, index) => ({ record, attempt, number: index + 1 }))
      .map((row) => csvLine(ATTEMPT_COLUMNS.map(([, valueOf]) => valueOf(row))))
      .join(''),
};

/** One JSON object a line, each line ending in LF. */
export const JSON_LINES: ExportForm = {
  head: '',
  linesOf: (record) => `${JSON.stringify(record)}\n`,
};

/** Of a saving that is not known no part is. */
function partOfSaving({ savedUsd }: SummedRecord, part: number): Cell {
  return savedUsd === null ? null : part;
}

/** The record holds what is known of it; with a failed attempt of unknown cost that is not all. */
function knownFailedCost({ attempts, failedAttemptsCostUsd }: SummedRecord): Cell {
  const isUnknown = attempts.some(({ status, costUsd }) => status === 'failed' && costUsd === null);
  return isUnknown ? null : failedAttemptsCostUsd;
}

function csvHead<Row>(columns: Columns<Row>): string {
  return csvLine(columns.map(([header]) => header));
}

function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = cell.replaceAll('\0', '\ufffd'); // many readers take a zero byte for the end
  const safe = FORMULA_START.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
