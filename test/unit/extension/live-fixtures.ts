// Live states, status bodies and a session for the tests of the extension.

import type {
  BudgetState,
  ModelStatus,
  ProviderStatus,
  StatusBody,
  TotalsBody,
} from '../../../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../../../daemon/protocol/control-events.ts';
import type { ExchangeRecord } from '../../../daemon/protocol/exchange-record.ts';
import type {
  DaemonConnection,
  DaemonSession,
  DaemonState,
} from '../../../extension/daemon/daemon-session.ts';
import { EMPTY_TOTALS } from '../daemon/control/fake-surface.ts';
import { exchange } from '../daemon/ledger/ledger-fixtures.ts';

export const NOW_MS = Date.UTC(2026, 10, 21, 12);

export function model(id: string, extra: Partial<ModelStatus> = {}): ModelStatus {
  return {
    id,
    provider: `p-${id}`,
    upstreamModel: `up-${id}`,
    tier: 'moderate',
    usable: true,
    health: 'ok',
    retryAtMs: null,
    inputUsdPerMtok: 3,
    outputUsdPerMtok: 15,
    contextTokens: 200_000,
    maxOutputTokens: 16_000,
    supports: ['tools'],
    tokenizerFactor: 1,
    priceAsOf: '2026-11-01',
    priceAgeDays: 20,
    priceSource: 'test',
    ...extra,
  };
}

export function provider(name: string, extra: Partial<ProviderStatus> = {}): ProviderStatus {
  return { name, usable: true, why: 'key from the environment', health: 'ok', retryAtMs: null, ...extra };
}

export function statusBody(extra: Partial<StatusBody> = {}): StatusBody {
  return {
    version: '0.1.0',
    protocolVersion: 1,
    pid: 7,
    startedAt: '2026-11-21T00:00:00.000Z',
    url: 'http://127.0.0.1:7411',
    home: '/home/of/pointsman',
    providers: [provider('anthropic'), provider('openai')],
    models: [model('sonnet'), model('haiku', { inputUsdPerMtok: 1, outputUsdPerMtok: 5 })],
    knownProviders: [],
    priceList: { version: '2026-11-01', ageDays: 20, staleModels: [], unpricedModels: [] },
    override: null,
    profile: 'balanced',
    baseline: 'sonnet',
    config: { path: '/home/of/pointsman/config.jsonc', valid: true, error: null },
    routingTests: { files: [], tests: 0, failingCount: 0, failing: [], notes: [] },
    ledger: { rows: 3, path: '/home/of/pointsman/ledger.db', ok: true, error: null },
    ...extra,
  };
}

export function totals(extra: Partial<TotalsBody> = {}): TotalsBody {
  return { ...EMPTY_TOTALS, ...extra };
}

export function budget(extra: Partial<BudgetState> = {}): BudgetState {
  return {
    scope: 'all',
    period: 'day',
    limitUsd: 5,
    onReach: 'warn',
    spentUsd: 1,
    spentTokens: 1000,
    resetsAt: '2026-11-22T00:00:00.000Z',
    state: 'ok',
    pressure: 0,
    ...extra,
  };
}

/** A finished request; minutes before noon. */
export function ended(
  id: string,
  extra: Partial<ExchangeRecord> = {},
  minutesAgo = 0,
): Omit<ExchangeRecord, 'decision'> {
  const startedAt = new Date(NOW_MS - minutesAgo * 60_000).toISOString();
  return exchange(id, {
    startedAt,
    client: 'claude-code',
    responseModel: 'sonnet',
    costUsd: 0.0123,
    savedUsd: 0.02,
    ...extra,
  });
}

export const endEvent = (record: Omit<ExchangeRecord, 'decision'>): ControlEvent => ({
  type: 'exchange-end',
  record,
});

export interface FakeSession extends DaemonSession {
  readonly calls: readonly string[];
  become(state: DaemonState): void;
  emit(event: ControlEvent): void;
  listenerCount(): number;
}

/** `answers` by method and route without its query, such as `GET totals`; an Error is thrown. */
export function fakeSession(answers: Readonly<Record<string, unknown>> = {}): FakeSession & {
  readonly connection: DaemonConnection;
} {
  const calls: string[] = [];
  const stateListeners = new Set<(state: DaemonState) => void>();
  const eventListeners = new Set<(event: ControlEvent) => void>();
  const connection: DaemonConnection = {
    url: 'http://127.0.0.1:7411',
    home: '/home/of/pointsman',
    version: '0.1.0',
    pid: 7,
    clientToken: 'client-token',
    call: async (method, route) => {
      calls.push(`${method} ${route}`);
      const answer = answers[`${method} ${route.split('?', 1)[0] ?? ''}`];
      if (answer === undefined) throw new Error(`nobody answers ${method} ${route}`);
      if (answer instanceof Error) throw answer;
      return await Promise.resolve(answer);
    },
  };
  let state: DaemonState = { status: 'stopped' };
  const ready = async (): Promise<DaemonConnection> => await Promise.resolve(connection);
  return {
    calls,
    connection,
    get state() {
      return state;
    },
    become(next) {
      state = next;
      for (const listener of stateListeners) listener(next);
    },
    emit: (event) => eventListeners.forEach((listener) => listener(event)),
    listenerCount: () => stateListeners.size + eventListeners.size,
    onStateChange(listener) {
      stateListeners.add(listener);
      return () => void stateListeners.delete(listener);
    },
    onEvent(listener) {
      eventListeners.add(listener);
      return () => void eventListeners.delete(listener);
    },
    start: ready,
    stop: async () => await Promise.resolve(),
    restart: ready,
  };
}
