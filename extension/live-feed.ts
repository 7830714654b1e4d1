// Keeps one `LiveState` up to date over the life of a window: follows the daemon's states and events, and asks the
// control API for what events do not say. No `vscode` here.

import type { AssistantsBody, BudgetsBody, ExchangesBody } from '../daemon/protocol/control-api.ts';
import type { StatusBody, TotalsBody } from '../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../daemon/protocol/control-events.ts';
import type { DaemonConnection, DaemonSession, Unsubscribe } from './daemon/daemon-session.ts';
import { foldLive, INITIAL_LIVE_STATE, MAX_RECENT, type LiveFact, type LiveState } from './live-state.ts';

export interface LiveFeedOptions {
  readonly session: Pick<DaemonSession, 'state' | 'onStateChange' | 'onEvent'>;
  /** Something could not be asked; said in the log only, since the next event asks again. */
  readonly onTrouble?: (sentence: string) => void;
  readonly now?: () => number;
  /** Quiet time after an event before its consequences are asked for; many events are one question. */
  readonly settleMs?: number;
}

const SETTLE_MS = 200;
const DAY_MS = 86_400_000;
/** Timers that are longer fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Events after which providers, budgets or the override may stand differently. */
const TELLING: ReadonlySet<ControlEvent['type']> = new Set([
  'exchange-end',
  'config-update',
  'health-update',
  'override-update',
]);

export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #listeners = new Set<(state: LiveState) => void>();
  readonly #unsubscribe: readonly Unsubscribe[];
  #state: LiveState = INITIAL_LIVE_STATE;
  #settleTimer: NodeJS.Timeout | undefined;
  #clockTimer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #isAskedAgain = false;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    const { session } = options;
    this.#unsubscribe = [
      session.onStateChange((state) => this.#onDaemon(state)),
      session.onEvent((event) => this.#onEvent(event)),
    ];
    this.#onDaemon(session.state);
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Called after every change. */
  onChange(listener: (state: LiveState) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Asks everything anew; resolves when it is known. Never rejects. */
  async refresh(): Promise<void> {
    const { daemon } = this.#state;
    if (daemon.status !== 'ready') return;
    await Promise.all([
      this.#askStatus(daemon.connection),
      this.#askToday(daemon.connection),
      this.#askRecent(daemon.connection),
      this.#askAssistants(daemon.connection),
    ]);
  }

  dispose(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    clearTimeout(this.#settleTimer);
    clearTimeout(this.#clockTimer);
    this.#listeners.clear();
  }

  #onDaemon(state: LiveState['daemon']): void {
    const before = this.#state.daemon;
    this.#fold({ type: 'daemon', state });
    if (state.status !== 'ready') return;
    if (before.status === 'ready' && before.connection === state.connection) return;
    void this.refresh();
  }

  #onEvent(event: ControlEvent): void {
    this.#fold({ type: 'event', event });
    if (TELLING.has(event.type)) this.#settle();
  }

  #settle(): void {
    if (this.#settleTimer !== undefined) return;
    this.#settleTimer = setTimeout(() => {
      this.#settleTimer = undefined;
      void this.#askSettled();
    }, this.#options.settleMs ?? SETTLE_MS);
    this.#settleTimer.unref();
  }

  /** One question at a time; what happens meanwhile is one more. */
  async #askSettled(): Promise<void> {
    if (this.#isAsking) {
      this.#isAskedAgain = true;
      return;
    }
    const { daemon } = this.#state;
    if (daemon.status !== 'ready') return;
    this.#isAsking = true;
    await this.#askStatus(daemon.connection);
    this.#isAsking = false;
    if (!this.#isAskedAgain) return;
    this.#isAskedAgain = false;
    this.#settle();
  }

  async #askStatus(connection: DaemonConnection): Promise<void> {
    await Promise.all([
      this.#ask(connection, 'status', (body) => ({ type: 'status', status: body as StatusBody })),
      this.#ask(connection, 'budgets', (body) => ({
        type: 'budgets',
        budgets: (body as BudgetsBody).budgets,
      })),
    ]);
  }

  async #askToday(connection: DaemonConnection): Promise<void> {
    const day = new Date(this.#nowMs()).toISOString().slice(0, 10);
    await this.#ask(connection, `totals?since=${day}`, (body) => ({
      type: 'today',
      totals: body as TotalsBody,
    }));
  }

  async #askRecent(connection: DaemonConnection): Promise<void> {
    await this.#ask(connection, `exchanges?limit=${MAX_RECENT}`, (body) => ({
      type: 'recent',
      exchanges: (body as ExchangesBody).exchanges,
    }));
  }

  async #askAssistants(connection: DaemonConnection): Promise<void> {
    await this.#ask(connection, 'assistants', (body) => ({
      type: 'assistants',
      isAnyConnected: (body as AssistantsBody).assistants.some(({ state }) => state === 'connected'),
    }));
  }

  /** An answer of a daemon that was replaced meanwhile is not news. */
  async #ask(
    connection: DaemonConnection,
    route: string,
    factOf: (body: unknown) => LiveFact,
  ): Promise<void> {
    try {
      const body = await connection.call('GET', route);
      const { daemon } = this.#state;
      if (daemon.status === 'ready' && daemon.connection === connection) this.#fold(factOf(body));
    } catch (error) {
      this.#options.onTrouble?.(`${route}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #fold(fact: LiveFact): void {
    const next = foldLive(this.#state, fact);
    if (next === this.#state) return;
    this.#state = next;
    this.#watchClock();
    for (const listener of this.#listeners) listener(next);
  }

  /** Two things change without an event: the day, and an override whose time is over. */
  #watchClock(): void {
    clearTimeout(this.#clockTimer);
    if (this.#state.daemon.status !== 'ready') return;
    const nowMs = this.#nowMs();
    const midnightMs = (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS;
    const expiryMs = this.#state.override?.expiresAtMs ?? midnightMs;
    const atMs = expiryMs > nowMs ? Math.min(midnightMs, expiryMs) : midnightMs;
    const delayMs = Math.min(atMs - nowMs + 50, LONGEST_TIMER_MS);
    this.#clockTimer = setTimeout(() => void this.refresh(), delayMs);
    this.#clockTimer.unref();
  }

  #nowMs(): number {
    return (this.#options.now ?? Date.now)();
  }
}
