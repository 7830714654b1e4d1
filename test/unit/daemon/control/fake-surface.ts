// A control surface that remembers what it was asked and answers with the least that fits the types.

import type { ControlSurface } from '../../../../daemon/control/control-surface.ts';
import type { TotalsBody } from '../../../../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../../../../daemon/protocol/control-events.ts';

export interface FakeSurface extends ControlSurface {
  /** Name of the method and what it was given. */
  readonly calls: readonly (readonly [string, unknown])[];
  emit(event: ControlEvent): void;
  subscriberCount(): number;
}

export const EMPTY_TOTALS: TotalsBody = {
  requests: 0,
  pricedRequests: 0,
  comparableRequests: 0,
  tokens: {
    inputTokens: 0,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    outputTokens: 0,
    reasoningOutputTokens: 0,
  },
  costUsd: 0,
  estimatedCostUsd: 0,
  baselineCostUsd: 0,
  savedUsd: 0,
  savedBy: { routing: 0, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 },
  savedRatio: null,
  coverageRatio: null,
  classifierCostUsd: 0,
  failedAttemptsCostUsd: 0,
  latencyMs: { p50: null, p95: null },
  timeToFirstChunkMs: { p50: null, p95: null },
  successRatio: null,
  failedRequests: 0,
  cacheHitRatio: null,
  meanLatencyMs: null,
  projection: { monthlySavedUsd: null, yearlySavedUsd: null },
  groups: [],
};

export function createFakeSurface(overrides: Partial<ControlSurface> = {}): FakeSurface {
  const calls: (readonly [string, unknown])[] = [];
  const listeners = new Set<(event: ControlEvent) => void>();
  const answer =
    <Value>(method: string, value: Value) =>
    (input?: unknown): Value => {
      calls.push([method, input]);
      return value;
    };
  return {
    calls,
    emit: (event) => listeners.forEach((listener) => listener(event)),
    subscriberCount: () => listeners.size,
    status: answer('status', { version: '0.1.0' } as never),
    totals: answer('totals', EMPTY_TOTALS),
    series: answer('series', Promise.resolve({ bucketMs: 3_600_000, points: [] })),
    exchanges: answer('exchanges', { exchanges: [], next: null }),
    resend: answer('resend', Promise.resolve(null)),
    dashboardTicket: answer('dashboardTicket', {
      url: 'http://127.0.0.1:1/dashboard?ticket=t',
      expiresAt: '',
    }),
    exchange: answer('exchange', null),
    explain: answer('explain', { chosen: 'deepseek-flash' } as never),
    explainPatched: answer('explainPatched', { chosen: 'opus' } as never),
    replay: answer('replay', Promise.resolve({ requests: 0 } as never)),
    feedback: (input) => {
      calls.push(['feedback', input]);
      return { ...input, atMs: 1, counted: true };
    },
    cache: answer('cache', { exact: { entries: 3 } } as never),
    clearCache: answer('clearCache', { cleared: 3 }),
    explainCache: answer('explainCache', { verdict: 'miss' } as never),
    setOverride: (input) => {
      calls.push(['setOverride', input]);
      return {
        model: input.model,
        scope: input.scope,
        conversationId: input.conversationId,
        expiresAtMs: null,
      };
    },
    clearOverride: answer('clearOverride', null),
    budgets: answer('budgets', { budgets: [] }),
    putBudgets: (budgets) => {
      calls.push(['putBudgets', budgets]);
      return { budgets: [] };
    },
    readConfig: answer('readConfig', { port: 7411 }),
    putConfig: answer('putConfig', { port: 7412 }),
    putProfile: (profile) => {
      calls.push(['putProfile', profile]);
      return { profile };
    },
    putCredential: (provider, apiKey) => {
      calls.push(['putCredential', [provider, apiKey]]);
      return { name: provider, usable: true, why: 'key handed over', health: 'ok', retryAtMs: null };
    },
    requestShutdown: (drainMs) => void calls.push(['requestShutdown', drainMs]),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...overrides,
  };
}
