// What the editor shows of the daemon, folded from its states, its events and a few answers of the control API. Pure:
// the status bar, the context keys and the notices are all read off this one value.

import type { BudgetState, OverrideState, StatusBody, TotalsBody } from '../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../daemon/protocol/control-events.ts';
import type { AttemptRecord, ExchangeRecord } from '../daemon/protocol/exchange-record.ts';
import type { DaemonState } from './daemon/daemon-session.ts';

/** One finished request, as far as it is shown. */
export interface RecentRequest {
  readonly exchangeId: string;
  readonly startedAt: string;
  readonly client: string;
  readonly requestModel: string;
  /** null = nobody answered. */
  readonly responseModel: string | null;
  readonly status: ExchangeRecord['status'];
  /** null = not priced. */
  readonly costUsd: number | null;
  readonly savedUsd: number | null;
  readonly isEstimated: boolean;
}

/** Of the present day by the clock of the books, UTC. */
export type TodayFigures = Pick<
  TotalsBody,
  'requests' | 'comparableRequests' | 'costUsd' | 'savedUsd' | 'coverageRatio'
>;

export interface LiveState {
  readonly daemon: DaemonState;
  /** null = not known yet. */
  readonly status: StatusBody | null;
  readonly override: OverrideState | null;
  readonly budgets: readonly BudgetState[];
  /** null = not known yet. */
  readonly today: TodayFigures | null;
  /** Newest first. */
  readonly recent: readonly RecentRequest[];
  /** Ids of requests that run. */
  readonly running: ReadonlySet<string>;
  readonly isAssistantConnected: boolean;
  /** Providers that refused the key in this window's time. */
  readonly refusedKeys: ReadonlySet<string>;
  /**
   * The daemon says the totals of the day right after each finished request. Those that it greets a new listener with
   * are of all time, and must not pass for today's.
   */
  readonly expectsTotals: boolean;
}

export type LiveFact =
  | { readonly type: 'daemon'; readonly state: DaemonState }
  | { readonly type: 'event'; readonly event: ControlEvent }
  | { readonly type: 'status'; readonly status: StatusBody }
  | { readonly type: 'budgets'; readonly budgets: readonly BudgetState[] }
  | { readonly type: 'today'; readonly totals: TotalsBody }
  | { readonly type: 'recent'; readonly exchanges: readonly Omit<ExchangeRecord, 'decision'>[] }
  | { readonly type: 'assistants'; readonly isAnyConnected: boolean };

export const MAX_RECENT = 5;

export const INITIAL_LIVE_STATE: LiveState = {
  daemon: { status: 'stopped' },
  status: null,
  override: null,
  budgets: [],
  today: null,
  recent: [],
  running: new Set(),
  isAssistantConnected: false,
  refusedKeys: new Set(),
  expectsTotals: false,
};

export function foldLive(state: LiveState, fact: LiveFact): LiveState {
  switch (fact.type) {
    case 'daemon':
      return foldDaemon(state, fact.state);
    case 'event':
      return foldEvent(state, fact.event);
    case 'status':
      return foldStatus(state, fact.status);
    case 'budgets':
      return { ...state, budgets: fact.budgets };
    case 'today':
      return { ...state, today: todayOf(fact.totals) };
    case 'recent':
      return { ...state, recent: fact.exchanges.map(recentOf).slice(0, MAX_RECENT) };
    default:
      return { ...state, isAssistantConnected: fact.isAnyConnected };
  }
}

/** What is out, by name of the provider; only those that would be asked. */
export function providersOut({ status }: LiveState): readonly string[] {
  const out = status?.providers.filter(({ usable, health }) => usable && health === 'ejected') ?? [];
  return out.map(({ name }) => name);
}

/** null = not known yet. */
export function hasUsableProvider({ status }: LiveState): boolean | null {
  return status === null ? null : status.providers.some(({ usable }) => usable);
}

/** The override in force at this time; one that has expired is none. */
export function overrideAt({ override }: LiveState, nowMs: number): OverrideState | null {
  if (override === null || override.expiresAtMs === null) return override;
  return override.expiresAtMs > nowMs ? override : null;
}

/** The budget that does most now; null = none does anything. */
export function pressingBudget({ budgets }: LiveState): BudgetState | null {
  const order = ['block', 'downgrade', 'warn'] as const;
  for (const wanted of order) {
    const found = budgets.find(({ state }) => state === wanted);
    if (found !== undefined) return found;
  }
  return null;
}

/** A daemon that went away leaves its last figures behind, so that a restart does not make the status bar flicker. */
function foldDaemon(state: LiveState, daemon: DaemonState): LiveState {
  const isKept = daemon.status === 'ready' || daemon.status === 'starting';
  return {
    ...state,
    daemon,
    running: new Set(),
    expectsTotals: false,
    ...(isKept ? {} : { override: null }),
  };
}

function foldEvent(state: LiveState, event: ControlEvent): LiveState {
  switch (event.type) {
    case 'exchange-start':
      return { ...state, running: new Set([...state.running, event.exchangeId]) };
    case 'exchange-end':
      return foldEnd(state, recentOf(event.record));
    case 'totals-update':
      return state.expectsTotals ? { ...state, today: todayOf(event.totals), expectsTotals: false } : state;
    case 'override-update':
      return { ...state, override: event.override };
    case 'attempt-end':
      return foldAttempt(state, event.attempt);
    default:
      return state;
  }
}

/** A provider that answers again, or that has no key any more, has nothing to refuse. */
function foldStatus(state: LiveState, status: StatusBody): LiveState {
  const isOut = (name: string): boolean =>
    status.providers.some((provider) => provider.name === name && provider.health === 'ejected');
  const refusedKeys = new Set([...state.refusedKeys].filter(isOut));
  return { ...state, status, override: status.override, refusedKeys };
}

function foldAttempt(state: LiveState, { errorType, provider }: AttemptRecord): LiveState {
  if (errorType !== 'auth') return state;
  return { ...state, refusedKeys: new Set([...state.refusedKeys, provider]) };
}

function foldEnd(state: LiveState, ended: RecentRequest): LiveState {
  const others = state.recent.filter(({ exchangeId }) => exchangeId !== ended.exchangeId);
  const newestFirst = [ended, ...others].toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
  return {
    ...state,
    recent: newestFirst.slice(0, MAX_RECENT),
    running: new Set([...state.running].filter((id) => id !== ended.exchangeId)),
    expectsTotals: true,
  };
}

function recentOf(record: Omit<ExchangeRecord, 'decision'>): RecentRequest {
  const { exchangeId, startedAt, client, requestModel, responseModel, status, costUsd, savedUsd } = record;
  const isEstimated = record.usageSource === 'estimated';
  return {
    exchangeId,
    startedAt,
    client,
    requestModel,
    responseModel,
    status,
    costUsd,
    savedUsd,
    isEstimated,
  };
}

function todayOf(totals: TotalsBody): TodayFigures {
  const { requests, comparableRequests, costUsd, savedUsd, coverageRatio } = totals;
  return { requests, comparableRequests, costUsd, savedUsd, coverageRatio };
}
