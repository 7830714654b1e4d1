// Who may be served now: so many exchanges at once, behind them a queue that is bounded in length and in patience, and
// for everybody else an answer at once with an honest time to come back. Knows no sockets and no requests.

import { RouterError } from '../errors.ts';
import type { Clock } from '../util/clock.ts';

export interface AdmissionLimits {
  /** Exchanges that may run at once. */
  readonly maxConcurrent: number;
  /** Exchanges that may wait for one of them to end; 0 = nobody waits. */
  readonly maxQueued: number;
}

export interface AdmissionDeps {
  /** Read on each exchange, so that a changed configuration counts at once. */
  readonly limits: () => AdmissionLimits;
  readonly clock: Clock;
  /** Longest wait in the queue, ms; 30 s by default. */
  readonly queueMs?: number;
}

/** The right to run. */
export interface Place {
  /** How long it took to get it, ms. */
  readonly waitedMs: number;
  /** Gives the place to the next; further calls do nothing. */
  leave(): void;
}

interface Waiter {
  readonly sinceMs: number;
  admit(): void;
  refuse(error: RouterError): void;
}

/** Clients wait minutes for an answer, but whoever is still in the queue by then had better hear of it. */
const QUEUE_MS = 30_000;
const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** Share of the newest gap between two departures in their running mean. */
const NEWEST_SHARE = 0.2;

export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #queueMs: number;
  /** In order of arrival. */
  readonly #waiters = new Set<Waiter>();
  #running = 0;
  #isClosed = false;
  /** Mean time between two departures while every place was taken, ms; null = none was seen. */
  #meanGapMs: number | null = null;
  /** When the last place was taken, or one was left while all were. The clock is asked for nothing else. */
  #fullSinceMs = 0;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
    this.#queueMs = deps.queueMs ?? QUEUE_MS;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Throws what `enter` would throw at once. For a look before the body of a request is read. */
  check(): void {
    if (this.#isClosed) throw closed();
    const { maxConcurrent, maxQueued } = this.#deps.limits();
    if (this.#running < maxConcurrent || this.#waiters.size < maxQueued) return;
    const queue = maxQueued === 0 ? '' : ` and ${this.#waiters.size} wait`;
    throw this.#overloaded(
      `${this.#running} requests are running already${queue}; try again in a moment or raise limits.maxConcurrent`,
    );
  }

  /**
   * A place, at once or when it is this one's turn; first come, first served. Throws or rejects with
   * `router.overloaded` and `router.shutting_down`, and with the signal's reason when nobody waits for it any more.
   */
  enter(signal: AbortSignal): Place | Promise<Place> {
    this.#admitWaiters();
    if (this.#waiters.size === 0 && this.#running < this.#deps.limits().maxConcurrent) {
      return this.#take(0);
    }
    this.check();
    return this.#wait(signal);
  }

  /** Sends away who waits or would have to. A request that had begun to arrive may still find a free place. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.refuse(closed());
  }

  #take(waitedMs: number): Place {
    this.#running += 1;
    if (this.#running === this.#deps.limits().maxConcurrent) {
      this.#fullSinceMs = this.#deps.clock.monotonicMs();
    }
    let isLeft = false;
    return {
      waitedMs,
      leave: () => {
        if (isLeft) return;
        isLeft = true;
        this.#noteDeparture();
        this.#running -= 1;
        this.#admitWaiters();
      },
    };
  }

  #wait(signal: AbortSignal): Promise<Place> {
    const { clock } = this.#deps;
    return new Promise((resolve, reject) => {
      const sinceMs = clock.monotonicMs();
      const settle = (finish: () => void): void => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
        finish();
      };
      const waiter: Waiter = {
        sinceMs,
        admit: () => settle(() => resolve(this.#take(clock.monotonicMs() - sinceMs))),
        refuse: (error) => settle(() => reject(error)),
      };
      const onAbort = (): void => settle(() => reject(signal.reason as Error));
      const cancelTimer = clock.setTimer(this.#queueMs, () => {
        const seconds = Math.round(this.#queueMs / 1000);
        const message = `no place became free for ${seconds} s; try again later or raise limits.maxConcurrent`;
        waiter.refuse(this.#overloaded(message));
      });
      if (signal.aborted) {
        onAbort();
        return;
      }
      signal.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
    });
  }

  #admitWaiters(): void {
    if (this.#waiters.size === 0) return;
    const { maxConcurrent } = this.#deps.limits();
    for (const waiter of this.#waiters) {
      if (this.#running >= maxConcurrent) return;
      waiter.admit();
    }
  }

  #noteDeparture(): void {
    if (this.#running < this.#deps.limits().maxConcurrent) return;
    const nowMs = this.#deps.clock.monotonicMs();
    const gapMs = nowMs - this.#fullSinceMs;
    const meanMs = this.#meanGapMs ?? gapMs;
    this.#meanGapMs = meanMs + (gapMs - meanMs) * NEWEST_SHARE;
    this.#fullSinceMs = nowMs;
  }

  /** The time to come back: until everybody in front has left, at the pace seen so far. */
  #overloaded(message: string): RouterError {
    const stillMs = this.#deps.clock.monotonicMs() - this.#fullSinceMs;
    const gapMs = Math.max(this.#meanGapMs ?? 0, stillMs);
    const aheadMs = gapMs * (this.#waiters.size + 1);
    const retryAfterMs = Math.round(Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, aheadMs)));
    return new RouterError('router.overloaded', message, { retryAfterMs });
  }
}

function closed(): RouterError {
  const message = 'the daemon is stopping; send the request again in a moment';
  return new RouterError('router.shutting_down', message, { retryAfterMs: MIN_RETRY_MS });
}
