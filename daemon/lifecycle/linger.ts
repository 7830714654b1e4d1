// Ends a daemon that nobody needs any more. Needed it is while a window holds its lease (an open event socket), while an
// exchange runs, and for a while after the last of both: who started it may have gone for good without a word.

import type { Clock } from '../util/clock.ts';

export interface LingerOptions {
  /** How long nobody must have needed it, ms. */
  readonly lingerMs: number;
  /** A lease is held, or an exchange runs. */
  readonly isNeeded: () => boolean;
  /** Monotonic ms of the last request. */
  readonly lastUsedMs: () => number;
  readonly clock: Clock;
  /** Called once. */
  readonly onEnd: () => void;
}

/** Looks this many times within the linger, so that the end is at most a tenth of it early or late. */
const LOOKS = 10;
const LONGEST_PAUSE_MS = 15_000;

/** The returned function ends the watch. */
export function watchLinger(options: LingerOptions): () => void {
  const { lingerMs, clock } = options;
  const pauseMs = Math.min(Math.max(lingerMs / LOOKS, 1), LONGEST_PAUSE_MS);
  let neededAtMs = clock.monotonicMs();
  let lookedAtMs = neededAtMs;
  let cancel: () => void;
  const look = (): void => {
    const nowMs = clock.monotonicMs();
    // A machine that slept: windows and clients had no time to say anything, so the clock begins anew.
    const hasSlept = nowMs - lookedAtMs > pauseMs + lingerMs;
    lookedAtMs = nowMs;
    if (options.isNeeded() || hasSlept) neededAtMs = nowMs;
    neededAtMs = Math.max(neededAtMs, options.lastUsedMs());
    if (nowMs - neededAtMs >= lingerMs) options.onEnd();
    else cancel = clock.setTimer(pauseMs, look);
  };
  cancel = clock.setTimer(pauseMs, look);
  return () => cancel();
}
