// Moves committed pages from the write-ahead log into the database file on another thread. On the event loop's
// thread the same costs 9-20 ms per 8 MB (measured, two shared cores); a batch of 50 rows costs 0.7 ms.

import { statSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';

// Source text, because in the one-file bundle there is no second file to load. Own connection, no other duty.
const WORKER_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync(workerData);
parentPort.on('message', () => {
  parentPort.postMessage(database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get());
});
`;

// A power cut costs at most what was committed since the last checkpoint (trust.md F44).
const INTERVAL_MS = 30_000;
const WAL_BYTES = 4 * 1024 * 1024;
// The thread holds 15-20 MB, so it is given up when it has had nothing to do for this long.
const IDLE_MS = 10_000;

export interface CheckpointerOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when the thread cannot do it, so that the owner does it some other way. */
  readonly onFailure: () => void;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #worker: Worker | null = null;
  #running: Promise<void> | null = null;
  #cancelDue: (() => void) | null = null;
  #cancelRest: (() => void) | null = null;
  #isStopped = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /** To be called after writing, when nothing more waits: then the log can be emptied and begins anew. */
  noteWritten(): void {
    const wal = statSync(`${this.#options.path}-wal`, { throwIfNoEntry: false });
    if ((wal?.size ?? 0) >= WAL_BYTES) {
      void this.checkpoint();
    } else if (!this.#isStopped) {
      this.#cancelDue ??= this.#options.clock.setTimer(INTERVAL_MS, () => void this.checkpoint());
    }
  }

  /** Resolves when everything committed before the call is in the database file, or the thread gave up. */
  async checkpoint(): Promise<void> {
    if (this.#isStopped) return;
    this.#cancelDue?.();
    this.#cancelDue = null;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelDue?.();
    await this.#rest();
  }

  async #run(): Promise<void> {
    this.#cancelRest?.();
    const isDone = await this.#ask((this.#worker ??= this.#start()));
    if (this.#isStopped) return;
    if (!isDone) this.#options.onFailure();
    this.#cancelRest = this.#options.clock.setTimer(IDLE_MS, () => void this.#rest());
  }

  #ask(worker: Worker): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (isDone: boolean): void => {
        worker.off('message', onMessage);
        worker.off('exit', onExit);
        resolve(isDone);
      };
      const onMessage = (): void => finish(true);
      const onExit = (): void => finish(false); // also comes after an error
      worker.on('message', onMessage);
      worker.on('exit', onExit);
      worker.unref(); // a listener holds the process again
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage(null);
    });
  }

  #start(): Worker {
    // Not imported above: that costs each start 5 ms, and a daemon without requests never needs it.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    // No environment and no arguments of ours: the thread needs neither, and one place less holds keys.
    const worker = new Worker(WORKER_SOURCE, {
      eval: true,
      workerData: this.#options.path,
      env: {},
      argv: [],
      execArgv: [],
    });
    worker.on('error', (error) => {
      this.#options.log.warn('the ledger could not be checkpointed', { error: String(error) });
      if (this.#worker === worker) this.#worker = null;
    });
    return worker;
  }

  async #rest(): Promise<void> {
    this.#cancelRest?.();
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
