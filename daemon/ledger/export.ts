// The books as files that other programs read: CSV for spreadsheets, JSON lines for everything else.

import type { ExchangeRecord } from '../protocol/exchange-record.ts';

/** A record as the list has it. */
export type ExportedExchange = Omit<ExchangeRecord, 'decision'>;

type Cell = string | number | boolean | null | undefined;

const COLUMNS: readonly (readonly [header: string, value: (record: ExportedExchange) => Cell])[] = [
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
  ['failedAttemptsCostUsd', (record) => record.failedAttemptsCostUsd],
  ['baselineModel', (record) => record.baselineModel],
  ['baselineCostUsd', (record) => record.baselineCostUsd],
  ['savedUsd', (record) => record.savedUsd],
  ['priced', (record) => record.priced],
  ['cache', (record) => record.cache],
  ['savedByRoutingUsd', (record) => record.savedBy.routing],
  ['savedByExactCacheUsd', (record) => record.savedBy.exactCache],
  ['savedBySemanticCacheUsd', (record) => record.savedBy.semanticCache],
  ['savedByPromptCacheInjectionUsd', (record) => record.savedBy.promptCacheInjection],
  ['initiator', (record) => record.initiator],
  ['warnings', (record) => record.warnings.join('; ')],
];

/** A CSV file with a header, lines ending in CRLF (RFC 4180). Unknown values are empty cells, never 0. */
export function exchangesToCsv(records: Iterable<ExportedExchange>): string {
  const lines = [csvLine(COLUMNS.map(([header]) => header))];
  for (const record of records) lines.push(csvLine(COLUMNS.map(([, valueOf]) => valueOf(record))));
  return lines.join('');
}

/** One JSON object a line, each line ending in LF. */
export function exchangesToJsonLines(records: Iterable<ExportedExchange>): string {
  const lines: string[] = [];
  for (const record of records) lines.push(`${JSON.stringify(record)}\n`);
  return lines.join('');
}

function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

// Model names and workspace ids come from outside. A spreadsheet runs a text cell that starts with one of these as a
// formula (OWASP "CSV injection"), also behind quotes; a leading apostrophe makes it text. Numbers are our own: a
// negative saving stays a number.
function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  const safe = /^[=+\-@\t\r]/u.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
