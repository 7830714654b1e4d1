// The sums of made-up records as `GET totals` words them.

import type { TotalsBody, TotalsGroup } from '../../daemon/protocol/control-api.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import type { TokenUsage } from '../../daemon/protocol/vocabulary.ts';

export function sampleTotals(records: readonly ExchangeRecord[], groupBy: string | null): TotalsBody {
  const sums = sumsOf(records);
  const costUsd = sums.costUsd;
  return {
    ...sums,
    estimatedCostUsd: sum(records, (record) =>
      record.usageSource === 'estimated' ? (record.costUsd ?? 0) : 0,
    ),
    savedBy: {
      routing: sum(records, ({ savedBy }) => savedBy.routing),
      exactCache: sum(records, ({ savedBy }) => savedBy.exactCache),
      semanticCache: 0,
      promptCacheInjection: 0,
    },
    savedRatio: sums.baselineCostUsd === 0 ? null : sums.savedUsd / sums.baselineCostUsd,
    coverageRatio: records.length === 0 ? null : sums.comparableRequests / records.length,
    classifierCostUsd: sum(records, ({ classifierCostUsd }) => classifierCostUsd),
    failedAttemptsCostUsd: 0,
    latencyMs: { p50: 4200, p95: 9100 },
    timeToFirstChunkMs: { p50: 1300, p95: 2800 },
    successRatio: records.length === 0 ? null : 1 - sum(records, isFailure) / records.length,
    failedRequests: sum(records, isFailure),
    cacheHitRatio: 0.04,
    meanLatencyMs: 4400,
    projection: { monthlySavedUsd: null, yearlySavedUsd: null },
    groups: groupBy === null ? [] : groupsOf(records, groupBy, costUsd),
  };
}

const isFailure = ({ status }: ExchangeRecord): number => (status === 'error' ? 1 : 0);

function groupsOf(
  records: readonly ExchangeRecord[],
  groupBy: string,
  costUsd: number,
): readonly TotalsGroup[] {
  const byKey = new Map<string, ExchangeRecord[]>();
  for (const record of records) {
    const key = keyOf(record, groupBy);
    const own = byKey.get(key);
    if (own === undefined) byKey.set(key, [record]);
    else own.push(record);
  }
  return [...byKey].map(([key, own]) => {
    const sums = sumsOf(own);
    return {
      key,
      ...sums,
      countedRequests: own.length,
      requestShare: own.length / records.length,
      tokenShare: own.length / records.length,
      spendShare: costUsd === 0 ? 0 : sums.costUsd / costUsd,
    };
  });
}

function keyOf(record: ExchangeRecord, groupBy: string): string {
  const keys: Readonly<Record<string, string | null>> = {
    model: record.responseModel,
    task: record.task,
    complexity: record.complexity,
    client: record.client,
    workspace: record.workspaceId,
    day: record.startedAt.slice(0, 10),
  };
  return keys[groupBy] ?? 'unknown';
}

function sumsOf(records: readonly ExchangeRecord[]) {
  const comparable = records.filter(({ savedUsd }) => savedUsd !== null);
  return {
    requests: records.length,
    pricedRequests: records.filter(({ priced }) => priced).length,
    comparableRequests: comparable.length,
    tokens: tokensOf(records),
    costUsd: sum(records, ({ costUsd }) => costUsd ?? 0),
    baselineCostUsd: sum(comparable, ({ baselineCostUsd }) => baselineCostUsd ?? 0),
    savedUsd: sum(comparable, ({ savedUsd }) => savedUsd ?? 0),
  };
}

function tokensOf(records: readonly ExchangeRecord[]): TokenUsage {
  const of = (kind: keyof TokenUsage): number => sum(records, ({ usage }) => usage?.[kind] ?? 0);
  return {
    inputTokens: of('inputTokens'),
    cacheReadInputTokens: of('cacheReadInputTokens'),
    cacheCreationInputTokens: of('cacheCreationInputTokens'),
    outputTokens: of('outputTokens'),
    reasoningOutputTokens: of('reasoningOutputTokens'),
  };
}

const sum = (records: readonly ExchangeRecord[], amount: (record: ExchangeRecord) => number): number =>
  records.reduce((total, record) => total + amount(record), 0);
