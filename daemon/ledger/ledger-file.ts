// Keeps a store open on the ledger's file, whatever happens to the file: a damaged one is put aside and a new one
// begun; one that cannot be opened is stood in for by an empty store in memory until it can.

import { FORGOTTEN_AFTER_MS } from '../route/decayed-counts.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { isProcessAlive } from '../util/process-alive.ts';
import { MEMORY_PATH, openDatabase, quarantine, storageFault } from './database-file.ts';
import { readLeftBehind } from './left-behind.ts';
import { LedgerStore, type StartedNote } from './ledger-store.ts';

export interface LedgerFileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Beginning of the paths of this process's `UnwrittenLog`; absent = it has none. */
  readonly ownLog?: string | undefined;
  /** Called when another process, which hands over to this one, has written rows. */
  readonly onForeignRows?: () => void;
}

/** How often a predecessor is looked after that still finishes its exchanges. */
const PREDECESSOR_LOOK_MS = 1000;
/** Nothing runs longer: a process of that number is another program by now. */
const LONGEST_EXCHANGE_MS = 61 * 60_000;

export class LedgerFile {
  readonly #options: LedgerFileOptions;
  #store: LedgerStore;
  #isStandIn = true;
  #mustReopen = false;
  #hasRecovered = false;
  #openFault: string | null = null;
  #notice: string | null = null;
  #begunAnewAtMs = 0;
  #foreignVersion = 0;
  #cancelLook: (() => void) | null = null;

  constructor(options: LedgerFileOptions) {
    this.#options = options;
    this.#store = openStore(MEMORY_PATH);
    this.#open();
  }

  /** Changes when the file is opened anew. */
  get store(): LedgerStore {
    return this.#store;
  }

  /** True while the file cannot be opened. */
  get isStandIn(): boolean {
    return this.#isStandIn;
  }

  /** Why the file cannot be opened; null when it is open. */
  get openFault(): string | null {
    return this.#openFault;
  }

  /** What happened to the file although it is in order now, for the user to know; null when nothing did. */
  get notice(): string | null {
    return this.#notice;
  }

  /** Since when the books are whole: a damaged file was put aside then. 0 = nothing was. */
  get begunAnewAtMs(): number {
    return this.#begunAnewAtMs;
  }

  /** Opens the file if it is not open or no longer to be trusted; false when that is not possible now. */
  ensureOpen(): boolean {
    return (!this.#isStandIn && !this.#mustReopen) || this.#open();
  }

  /** Acts on an error of the store, so that the next `ensureOpen` can help. */
  onFault(error: unknown): void {
    if (this.#isStandIn || this.#options.path === MEMORY_PATH) return;
    const fault = storageFault(error);
    if (fault === 'lost') this.#mustReopen = true;
    if (fault !== 'corrupt') return;
    this.#standIn(`${this.#options.path} is damaged`);
    try {
      this.#putAside(error);
      this.#open();
    } catch (failure) {
      this.#openFault = `${this.#options.path} is damaged and cannot be moved: ${messageOf(failure)}`;
    }
  }

  /** Another daemon has just handed over to us: it writes the rows of what it still runs. */
  expectForeignRows(): void {
    this.#cancelLook?.();
    this.#lookLater();
  }

  close(): void {
    this.#cancelLook?.();
    this.#store.close();
  }

  #open(): boolean {
    try {
      const store = this.#openOrReplace();
      this.#store.close();
      this.#store = store;
      this.#isStandIn = false;
      this.#mustReopen = false;
      this.#openFault = null;
      return true;
    } catch (error) {
      this.#standIn(`cannot open ${this.#options.path}: ${messageOf(error)}`);
      return false;
    }
  }

  #openOrReplace(): LedgerStore {
    try {
      return this.#openRecovered();
    } catch (error) {
      if (storageFault(error) !== 'corrupt') throw error;
      this.#putAside(error);
      return this.#openRecovered();
    }
  }

  #openRecovered(): LedgerStore {
    const store = openStore(this.#options.path);
    // Once in the life of the process: afterwards the notes in the file are those of requests that run now.
    if (this.#hasRecovered) return store;
    try {
      this.#closeInterrupted(store);
      store.outcomes.prune(this.#options.clock.now() - FORGOTTEN_AFTER_MS);
    } catch (error) {
      store.close();
      throw error;
    }
    this.#hasRecovered = true;
    return store;
  }

  /** The exchanges of a predecessor that hands over are its own as long as it lives. */
  #closeInterrupted(store: LedgerStore): void {
    const { cutOff, othersFiles } = this.#takeOver(store);
    const { closed, left } = store.closeInterrupted((note) => this.#isRunning(note));
    const interrupted = cutOff + closed;
    if (interrupted > 0) {
      this.#options.log.warn('requests were cut off when the daemon last ended', { interrupted });
    }
    this.#foreignVersion = store.foreignVersion();
    if (left > 0 || othersFiles > 0) this.#lookLater();
  }

  /** What a killed process had not written yet. */
  #takeOver(store: LedgerStore): { readonly cutOff: number; readonly othersFiles: number } {
    if (this.#options.path === MEMORY_PATH) return { cutOff: 0, othersFiles: 0 };
    const { path, ownLog } = this.#options;
    const isRunning = (note: StartedNote): boolean => this.#isRunning(note);
    const { rows, started, othersFiles, remove } = readLeftBehind(path, { ownLog, isRunning });
    const cutOff = rows.length + started.length === 0 ? 0 : store.takeOver(rows, started);
    remove();
    return { cutOff, othersFiles };
  }

  #isRunning({ processId, startedAtMs }: StartedNote): boolean {
    // Our own number: a process before us had it. Nothing of ours runs yet when this is asked for the first time.
    if (processId <= 0 || processId === process.pid || !isProcessAlive(processId)) return false;
    return this.#options.clock.now() - startedAtMs < LONGEST_EXCHANGE_MS;
  }

  #lookAfterPredecessor(): void {
    this.#cancelLook = null;
    const store = this.#store;
    try {
      if (this.#isStandIn) return this.#lookLater();
      const hasWritten = store.foreignVersion() !== this.#foreignVersion;
      this.#closeInterrupted(store);
      if (!hasWritten) return;
      store.recount();
      this.#options.onForeignRows?.();
    } catch (error) {
      const why = messageOf(error);
      this.#options.log.warn('the rows of the daemon before could not be looked after', { error: why });
      this.#lookLater();
    }
  }

  #lookLater(): void {
    this.#cancelLook = this.#options.clock.setTimer(PREDECESSOR_LOOK_MS, () => this.#lookAfterPredecessor());
  }

  #standIn(fault: string): void {
    this.#openFault = fault;
    if (this.#isStandIn) return;
    this.#store.close();
    this.#store = openStore(MEMORY_PATH);
    this.#isStandIn = true;
  }

  #putAside(error: unknown): void {
    this.#begunAnewAtMs = this.#options.clock.now();
    const aside = quarantine(this.#options.path, this.#begunAnewAtMs);
    this.#notice = `the ledger was damaged and is kept as ${aside}; a new one was begun`;
    this.#options.log.error(this.#notice, { error: messageOf(error) });
  }
}

function openStore(path: string): LedgerStore {
  const database = openDatabase(path);
  try {
    return new LedgerStore(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
