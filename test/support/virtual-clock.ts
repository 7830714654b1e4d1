// A clock that only moves when a test says so: no sleeping, no flaky limits. Real sockets and a virtual clock go
// together: wait for what the server saw, then advance.

import type { Clock } from '../../daemon/util/clock.ts';

export interface VirtualClock extends Clock {
  /** Moves both clocks on and fires what is due, in order, letting promises settle between timers. */
  advance(byMs: number): Promise<void>;
  /** Moves only the wall clock, as a correction or a sleeping laptop would; may be negative. Fires nothing. */
  jumpWall(byMs: number): void;
  /** Timers that are set and have not fired; 0 when everything was cleaned up. */
  pendingTimers(): number;
  /** Resolves when at least `count` timers are set. */
  waitForTimers(count: number): Promise<void>;
}

export function createVirtualClock(startAtMs = Date.UTC(2026, 10, 21)): VirtualClock {
  const timers = new Map<number, { readonly dueMs: number; readonly callback: () => void }>();
  let wallMs = startAtMs;
  let elapsedMs = 0;
  let nextId = 0;

  const earliest = (untilMs: number): number | undefined => {
    let found: number | undefined;
    for (const [id, timer] of timers) {
      if (timer.dueMs > untilMs) continue;
      if (found === undefined || timer.dueMs < (timers.get(found)?.dueMs ?? Infinity)) found = id;
    }
    return found;
  };
  const moveTo = (targetMs: number): void => {
    wallMs += targetMs - elapsedMs;
    elapsedMs = targetMs;
  };

  return {
    now: () => wallMs,
    monotonicMs: () => elapsedMs,
    setTimer(delayMs, callback) {
      const id = nextId++;
      timers.set(id, { dueMs: elapsedMs + Math.max(0, delayMs), callback });
      return () => void timers.delete(id);
    },
    async advance(byMs) {
      const untilMs = elapsedMs + byMs;
      await settled();
      for (let id = earliest(untilMs); id !== undefined; id = earliest(untilMs)) {
        const timer = timers.get(id);
        timers.delete(id);
        if (timer === undefined) continue;
        moveTo(Math.max(elapsedMs, timer.dueMs));
        timer.callback();
        await settled();
      }
      moveTo(untilMs);
    },
    jumpWall(byMs) {
      wallMs += byMs;
    },
    pendingTimers: () => timers.size,
    async waitForTimers(count) {
      while (timers.size < count) await settled();
    },
  };
}

/** One turn of the event loop: every promise that could settle has. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
