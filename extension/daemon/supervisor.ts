// Keeps one daemon for all windows: finds or starts it, holds a lease on it, starts it again when it dies, and says how
// it stands. A state machine without `vscode`: stopped -> starting -> ready -> (starting | stopping) -> …, failed when
// it gives up. What belongs to other windows is never assumed: each of them runs this same code.

import { MAX_DRAIN_MS, PROTOCOL_VERSION } from '../../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../../daemon/protocol/control-events.ts';
import type { Lockfile } from '../../daemon/protocol/lockfile.ts';
import { askToLeave } from './ask-to-leave.ts';
import { createBackOff, type BackOffOptions } from './back-off.ts';
import {
  DaemonCallError,
  type DaemonConnection,
  type DaemonProblem,
  type DaemonSession,
  type DaemonState,
  type Unsubscribe,
} from './daemon-session.ts';
import type { StreamEnd } from './event-stream.ts';
import { findOrStart, pause, type DaemonOptions } from './find-or-start.ts';
import { holdDaemon, type HeldDaemon } from './hold-daemon.ts';
import { isProcessAlive, locateDaemon, readLockfile } from './locate.ts';

export interface SupervisorOptions extends Omit<DaemonOptions, 'home' | 'port'> {
  /** The user's settings as they are now; read whenever a daemon is looked for. */
  readonly settings: () => Pick<DaemonOptions, 'home' | 'port'>;
  readonly backOff?: BackOffOptions;
  /** How often to look whether tokens were exchanged, or a stopped daemon is back; ms. */
  readonly lookMs?: number;
}

export interface Supervisor extends DaemonSession {
  /** Lets go of the daemon, which goes on for the other windows and for its linger. */
  dispose(): void;
}

/** A few windows are told at the same moment that their daemon is gone. */
const SPREAD_MS = 40;
const LOOK_MS = 2000;
const UNWILLING_MS = 100;
/** The daemon gives running exchanges 30 s after `stop`. */
const LONGEST_STOP_MS = 35_000;
const STOP_LOOK_MS = 50;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  return new WindowSupervisor(options);
}

interface Waiter {
  readonly resolve: (connection: DaemonConnection) => void;
  readonly reject: (error: DaemonCallError) => void;
}

class WindowSupervisor implements Supervisor {
  readonly #options: SupervisorOptions;
  readonly #backOff;
  readonly #stateListeners = new Set<(state: DaemonState) => void>();
  readonly #eventListeners = new Set<(event: ControlEvent) => void>();
  #state: DaemonState = { status: 'stopped' };
  #held: HeldDaemon | null = null;
  #waiters: Waiter[] = [];
  /** Ends the search that is under way. */
  #search: AbortController | null = null;
  /** The restart that is under way, and the one that waits for it. */
  #restarting: Promise<DaemonConnection> | null = null;
  #queued: Promise<DaemonConnection> | null = null;
  #stopping: Promise<void> | null = null;
  /** How often a stop was asked for: a restart that was asked for before is off then. */
  #stops = 0;
  #isDisposed = false;
  /** A window in which nobody asked for a daemon leaves those of others alone. */
  #hasStarted = false;
  readonly #look: NodeJS.Timeout;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#backOff = createBackOff(options.backOff);
    this.#look = setInterval(() => this.#lookAround(), options.lookMs ?? LOOK_MS);
    this.#look.unref();
  }

  get state(): DaemonState {
    return this.#state;
  }

  onStateChange(listener: (state: DaemonState) => void): Unsubscribe {
    this.#stateListeners.add(listener);
    return () => void this.#stateListeners.delete(listener);
  }

  onEvent(listener: (event: ControlEvent) => void): Unsubscribe {
    this.#eventListeners.add(listener);
    return () => void this.#eventListeners.delete(listener);
  }

  start(): Promise<DaemonConnection> {
    if (this.#isDisposed) return Promise.reject(closedError());
    if (this.#held !== null && this.#state.status === 'ready') return Promise.resolve(this.#held.connection);
    this.#hasStarted = true;
    const result = new Promise<DaemonConnection>((resolve, reject) =>
      this.#waiters.push({ resolve, reject }),
    );
    if (this.#stopping !== null) void this.#stopping.then(() => this.#begin());
    else if (!this.#isSearching && this.#restarting === null) this.#begin();
    return result;
  }

  restart(): Promise<DaemonConnection> {
    if (this.#isDisposed) return Promise.reject(closedError());
    if (this.#restarting === null) {
      this.#restarting = this.#replace().finally(() => (this.#restarting = null));
      return this.#restarting;
    }
    const stops = this.#stops;
    this.#queued ??= this.#restarting
      .catch(() => undefined)
      .then(() => {
        this.#queued = null;
        if (stops !== this.#stops) throw stoppedError();
        return this.restart();
      });
    return this.#queued;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end().finally(() => (this.#stopping = null));
    return this.#stopping;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    clearInterval(this.#look);
    this.#search?.abort();
    this.#letGo();
    this.#rejectWaiters(closedError());
    this.#stateListeners.clear();
    this.#eventListeners.clear();
  }

  get #isSearching(): boolean {
    return this.#search !== null && !this.#search.signal.aborted;
  }

  /** A person asked for it: what went wrong before no longer counts. */
  #begin(): void {
    this.#backOff.reset();
    void this.#searchOn({ replacePid: null });
  }

  async #replace(): Promise<DaemonConnection> {
    this.#hasStarted = true;
    if (this.#stopping !== null) await this.#stopping;
    this.#search?.abort();
    const { home } = this.#options.settings();
    const stops = this.#stops;
    const located = await locateDaemon(home);
    if (stops !== this.#stops) throw stoppedError();
    const pid = located.status === 'running' ? located.lockfile.pid : null;
    if (pid !== null) this.#setState({ status: 'stopping' });
    const held = this.#held;
    this.#letGo();
    // The user moved to another home: the daemon of the old one would keep the port.
    if (held !== null && held.connection.home !== home && held.lockfile.lingerS !== undefined) {
      await askToLeave(held.connection.home, { drainMs: MAX_DRAIN_MS });
    }
    this.#backOff.reset();
    const result = new Promise<DaemonConnection>((resolve, reject) =>
      this.#waiters.push({ resolve, reject }),
    );
    void this.#searchOn({ replacePid: pid });
    return await result;
  }

  async #end(): Promise<void> {
    this.#stops += 1;
    this.#search?.abort();
    this.#rejectWaiters(stoppedError()); // now: whoever asks for a start from here on gets one
    const { home } = this.#options.settings();
    this.#setState({ status: 'stopping' });
    this.#letGo();
    const asked = await askToLeave(home);
    const endMs = performance.now() + LONGEST_STOP_MS;
    const isThere = (): boolean => asked !== null && isProcessAlive(asked.pid);
    while (isThere() && performance.now() < endMs) await pause(STOP_LOOK_MS, NEVER);
    this.#setState({ status: 'stopped' });
  }

  /** One search at a time; a newer one takes the place of the one before. Never rejects. */
  async #searchOn(given: { readonly replacePid: number | null }): Promise<void> {
    this.#search?.abort();
    const search = new AbortController();
    const { signal } = search;
    this.#search = search;
    if (given.replacePid === null) this.#setState({ status: 'starting' });
    let { replacePid } = given;
    while (!signal.aborted) {
      const settings = this.#options.settings();
      const result = await findOrStart({ ...this.#options, ...settings }, signal, replacePid);
      if (signal.aborted) return;
      if (result.status === 'problem') return this.#fail(result.problem);
      if (result.status === 'found') {
        replacePid = null;
        if (await this.#connect(result.lockfile, settings, signal)) return;
        // It was there a moment ago. One that lives and does not take us is asked again, without haste.
        await pause(UNWILLING_MS, signal);
        const hasDied = !isProcessAlive(result.lockfile.pid);
        if (hasDied && !(await this.#survive(0, 'the daemon is gone again', signal))) return;
      }
      if (result.status === 'crashed' && !(await this.#survive(0, result.sentence, signal))) return;
    }
  }

  /** Waits as long as a death costs; false when it was one too many. */
  async #survive(uptimeMs: number, why: string, signal: AbortSignal): Promise<boolean> {
    const pauseMs = this.#backOff.died(uptimeMs);
    if (pauseMs === null) {
      const sentence = 'The daemon ended several times right after it was started; see its log.';
      this.#fail({ code: 'keeps-crashing', sentence, action: 'show-log' });
      return false;
    }
    this.#log(`${why}; next try in ${Math.round(pauseMs)} ms`);
    this.#setState({ status: 'starting' });
    await pause(pauseMs + SPREAD_MS * Math.random(), signal);
    return !signal.aborted;
  }

  /** False when it is gone again, or proves to be somebody else. */
  async #connect(
    lockfile: Lockfile,
    settings: Pick<DaemonOptions, 'home' | 'port'>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const held = await holdDaemon({
      ...settings,
      lockfile,
      onEvent: (event) => this.#tell(this.#eventListeners, event),
      onEnd: (ended, end) => this.#onLeaseEnd(ended, end),
    });
    if (held === null) return false;
    if (signal.aborted || this.#isDisposed) {
      held.stream.close();
      return true;
    }
    const { connection } = held;
    this.#search = null;
    this.#held = held;
    this.#setState({ status: 'ready', connection });
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(connection);
    return true;
  }

  #onLeaseEnd(held: HeldDaemon, end: StreamEnd): void {
    if (held !== this.#held || this.#isDisposed) return; // let go of on purpose
    this.#held = null;
    if (end === 'stopped') {
      this.#setState({ status: 'stopped' });
      return;
    }
    this.#setState({ status: 'starting' });
    if (end === 'handedOver') void this.#searchOn({ replacePid: null });
    else void this.#afterLoss(held, end);
  }

  /** A cut connection is no death: after a sleep of the machine the daemon is still there. */
  async #afterLoss({ connection, lockfile }: HeldDaemon, end: StreamEnd): Promise<void> {
    const search = new AbortController();
    this.#search = search;
    const located = await locateDaemon(connection.home);
    const isSame = located.status === 'running' && located.lockfile.pid === connection.pid;
    const uptimeMs = Date.now() - Date.parse(lockfile.startedAt);
    const why = `the daemon (process ${connection.pid}) ${end === 'lost' ? 'is gone' : 'ended'}`;
    if (!isSame && !(await this.#survive(uptimeMs, why, search.signal))) return;
    if (search.signal.aborted) return;
    void this.#searchOn({ replacePid: null });
  }

  /** What changes without a word: tokens, and a daemon that somebody else started. */
  #lookAround(): void {
    if (this.#held === null) {
      void this.#adopt();
      return;
    }
    if (!this.#held.hasOtherTokens()) return;
    this.#letGo();
    void this.#searchOn({ replacePid: null });
  }

  /** Somebody started a daemon although this window gave up, or was told that none is wanted. */
  async #adopt(): Promise<void> {
    const { status } = this.#state;
    const isIdle = (): boolean =>
      this.#held === null && !this.#isSearching && this.#stopping === null && !this.#isDisposed;
    if (!this.#hasStarted || !isIdle() || (status !== 'stopped' && status !== 'failed')) return;
    const { home } = this.#options.settings();
    if (readLockfile(home)?.protocolVersion !== PROTOCOL_VERSION) return;
    const located = await locateDaemon(home);
    if (located.status === 'running' && isIdle() && this.#restarting === null) this.#begin();
  }

  #letGo(): void {
    const held = this.#held;
    this.#held = null;
    held?.stream.close();
  }

  #fail(problem: DaemonProblem): void {
    this.#search = null;
    this.#setState({ status: 'failed', problem });
    this.#rejectWaiters(new DaemonCallError(`daemon.${problem.code}`, problem.sentence));
  }

  #rejectWaiters(error: DaemonCallError): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #setState(state: DaemonState): void {
    if (this.#isDisposed || (state.status === this.#state.status && state.status !== 'ready')) return;
    this.#state = state;
    this.#tell(this.#stateListeners, state);
  }

  #tell<Value>(listeners: ReadonlySet<(value: Value) => void>, value: Value): void {
    for (const listener of listeners) {
      try {
        listener(value);
      } catch (error) {
        this.#log(`a listener failed: ${String(error)}`);
      }
    }
  }

  #log(line: string): void {
    this.#options.onLog?.(line);
  }
}

const NEVER = new AbortController().signal;

function stoppedError(): DaemonCallError {
  return new DaemonCallError('daemon.stopped', 'The daemon was stopped; start it again.');
}

function closedError(): DaemonCallError {
  return new DaemonCallError('daemon.unreachable', 'The window is closing.');
}
