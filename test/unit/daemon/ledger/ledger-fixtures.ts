// Records and ledgers for the tests of this folder.

import { DatabaseSync } from 'node:sqlite';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';
import { openLedger, type SqliteLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import type { AttemptRecord, Decision, ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import type { RoutingTable } from '../../../../daemon/route/policy.ts';
import type { Log } from '../../../../daemon/util/log.ts';

export const NOON_MS = Date.UTC(2026, 10, 21, 12);

export const attempt: AttemptRecord = {
  model: 'flash',
  provider: 'deepseek',
  startedAtMs: 3,
  durationMs: 800.5,
  timeToFirstChunkMs: 240,
  status: 'ok',
  errorType: null,
  statusCode: 200,
  usage: {
    inputTokens: 1200,
    cacheReadInputTokens: 1000,
    cacheCreationInputTokens: 100,
    outputTokens: 50,
    reasoningOutputTokens: 20,
  },
  usageSource: 'reported',
  costUsd: 0.01,
  possiblyBilled: false,
  prices: null,
};

export const decision: Decision = {
  client: 'opencode',
  conversationId: 'c_1',
  ask: { chars: 38, earlierUserTurns: 2 },
  classification: {
    taskType: 'code',
    complexity: 'moderate',
    confidence: 0.8,
    needsStronger: 0.3,
    needsStrongest: 0.1,
    classifierName: 'rules',
    signals: ['names a stack trace'],
  },
  decisionPoint: 'new-task',
  profile: 'balanced',
  reason: 'cheapest-capable',
  candidates: [
    {
      model: 'flash',
      expectedCostUsd: 0.01,
      successProbability: null,
      warmTokens: 0,
      effort: null,
      rejected: null,
    },
  ],
  bindingConstraint: null,
  chosen: 'flash',
  effort: null,
  baseline: 'opus',
  fallbacks: ['pro'],
  wouldFlip: [],
  notes: [],
  input: null,
  tableHash: 'aaaaaaaaaaaaaaaa',
};

export const table: RoutingTable = {
  hash: 'aaaaaaaaaaaaaaaa',
  targets: [],
  profiles: { budget: {}, balanced: {}, quality: {} },
  thresholds: { budget: {}, balanced: {}, quality: {} },
  profile: 'balanced',
  baseline: null,
  bareModelNames: 'ceiling',
  maxAttempts: 3,
  exactFallback: false,
  maxTurnsBeforeUpgrade: 10,
  adjustsEffort: true,
};

/** An answered, priced exchange at noon, with what is given replaced. */
export function exchange(exchangeId: string, changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    exchangeId,
    startedAt: new Date(NOON_MS).toISOString(),
    durationMs: 812.25,
    timeToFirstChunkMs: 240,
    client: 'opencode',
    clientDialect: 'openai-chat',
    conversationId: 'c_1',
    workspaceId: 'billing-api',
    requestModel: 'auto',
    responseModel: 'flash',
    provider: 'deepseek',
    stream: true,
    status: 'ok',
    errorType: null,
    attempts: [attempt],
    usage: attempt.usage,
    usageSource: 'reported',
    costUsd: 0.011,
    classifierCostUsd: 0.001,
    failedAttemptsCostUsd: 0,
    baselineModel: 'opus',
    baselineCostUsd: 0.05,
    savedUsd: 0.039,
    priced: true,
    cache: 'miss',
    savedBy: { routing: 0.039, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 },
    initiator: 'chat',
    warnings: ['one thing was dropped'],
    task: 'code',
    complexity: 'moderate',
    reason: 'cheapest-capable',
    decision,
    ...changes,
  };
}

/** Nothing about its money is known. */
export const unpriced = {
  priced: false,
  costUsd: null,
  baselineCostUsd: null,
  savedUsd: null,
  classifierCostUsd: 0.002,
} satisfies Partial<ExchangeRecord>;

export function at(atMs: number): Pick<ExchangeRecord, 'startedAt'> {
  return { startedAt: new Date(atMs).toISOString() };
}

export interface LedgerUnderTest {
  readonly ledger: SqliteLedger;
  readonly clock: VirtualClock;
  /** `level: message` of each log line. */
  readonly lines: readonly string[];
}

/** A ledger on a clock that stands at noon. */
export function ledgerAt(
  path: string,
  options: { readonly tableOf?: (hash: string) => RoutingTable | null } = {},
): LedgerUnderTest {
  const clock = createVirtualClock(NOON_MS);
  const lines: string[] = [];
  const ledger = openLedger({ path, clock, log: listLog(lines), ...options });
  return { ledger, clock, lines };
}

export function listLog(lines: string[]): Log {
  const to =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level}: ${message}`);
    };
  return { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
}

/** Holds the write lock of the file until the returned function is called. */
export function lockFile(path: string): () => void {
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  return () => other.close();
}
