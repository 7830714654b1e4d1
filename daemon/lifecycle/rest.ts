// Gives memory back when there is nothing to do. V8 collects when something is allocated, so a daemon that nobody uses
// would keep what its start, or its last hour of work, left behind: 9 MB of 87 after the start (measured).

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../util/clock.ts';

export interface RestOptions {
  /** An exchange runs. */
  readonly isBusy: () => boolean;
  /** Monotonic ms of the last request. */
  readonly lastUsedMs: () => number;
  readonly clock: Clock;
  readonly onRest: () => void;
}

/** A client that waited for the ready line has sent its first request by then. */
const REST_AFTER_START_MS = 1000;
/** Who reads an answer and asks again should not meet a collection. */
const REST_AFTER_USE_MS = 15_000;

/** Calls `onRest` once in each time without requests. The returned function ends the watch. */
export function watchRest({ isBusy, lastUsedMs, clock, onRest }: RestOptions): () => void {
  let patienceMs = REST_AFTER_START_MS;
  let restedAfterMs: number | null = null;
  let cancel: () => void;
  const look = (): void => {
    const usedMs = lastUsedMs();
    if (!isBusy() && usedMs !== restedAfterMs && clock.monotonicMs() - usedMs >= patienceMs) {
      restedAfterMs = usedMs;
      onRest();
    }
    patienceMs = REST_AFTER_USE_MS;
    cancel = clock.setTimer(REST_AFTER_USE_MS, look);
  };
  cancel = clock.setTimer(REST_AFTER_START_MS, look);
  return () => cancel();
}

/**
 * Collects everything and gives the pages back; blocks for some 50 ms. Node has no function for it, but V8 gives one to
 * contexts made after the flag was set. Where it does not, nothing happens.
 */
export function createCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return () => {
    try {
      const collect: unknown = runInNewContext('gc');
      // "last-resort" also shrinks the young generation, which a plain collection leaves at its largest.
      if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    } catch {
      // Memory comes back when V8 thinks so.
    }
  };
}
