// Equal questions that are asked at the same time: the first is sent to a model, the others wait for its answer. The
// answer goes on being made as long as anybody waits for it, also when the client that began it has left.

import type { RequestKey } from './request-key.ts';
import type { CachedAnswer, Flight, StoredAnswer } from './response-cache.ts';

/** Thrown into `signal.reason` by a client that left; anything else ends the flight whoever waits. */
const LEFT = 'client.closed';

export class Flights {
  /** By ask: two questions with different ones are different, and most need no whole key. */
  readonly #flights = new Map<string, Set<OpenFlight>>();
  #size = 0;

  /** Of answers that are being made. */
  get size(): number {
    return this.#size;
  }

  /** undefined = nobody asks this now. The promise is null when there is nothing to share, and rejects when `signal` ends. */
  join(key: RequestKey, signal: AbortSignal): Promise<StoredAnswer | CachedAnswer | null> | undefined {
    return this.#find(key)?.wait(signal);
  }

  has(key: RequestKey): boolean {
    return this.#find(key) !== undefined;
  }

  #find(key: RequestKey): OpenFlight | undefined {
    for (const flight of this.#flights.get(key.ask) ?? []) if (flight.isFor(key)) return flight;
    return undefined;
  }

  /** To be called when `join` knew of none. */
  begin(key: RequestKey, signal: AbortSignal): Flight {
    const near = this.#flights.get(key.ask) ?? new Set();
    const flight = new OpenFlight(key, signal, () => {
      this.#size -= 1;
      near.delete(flight);
      if (near.size === 0) this.#flights.delete(key.ask);
    });
    this.#size += 1;
    near.add(flight);
    this.#flights.set(key.ask, near);
    return flight;
  }
}

interface Waiter {
  readonly resolve: (answer: StoredAnswer | CachedAnswer | null) => void;
}

class OpenFlight implements Flight {
  readonly #key: RequestKey;
  readonly #own: AbortSignal;
  readonly #onEnd: () => void;
  readonly #controller = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #isOver = false;

  constructor(key: RequestKey, own: AbortSignal, onEnd: () => void) {
    this.#key = key;
    this.#own = own;
    this.#onEnd = onEnd;
    if (own.aborted) this.#controller.abort(own.reason);
    else own.addEventListener('abort', this.#onOwnAbort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Also once everybody has left, as long as the end of it has not come through. */
  isFor(key: RequestKey): boolean {
    return !this.#controller.signal.aborted && this.#key.key === key.key && this.#key.hiddenObstacle === null;
  }

  /** Rejects with the signal's reason when this one does not wait any more. */
  wait(signal: AbortSignal): Promise<StoredAnswer | CachedAnswer | null> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        reject(signal.reason as Error);
        if (this.#own.aborted && this.#waiters.size === 0) this.#controller.abort(this.#own.reason);
      };
      const waiter: Waiter = {
        resolve: (answer) => {
          signal.removeEventListener('abort', leave);
          resolve(answer);
        },
      };
      this.#waiters.add(waiter);
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
    });
  }

  land(answer: StoredAnswer | CachedAnswer | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#own.removeEventListener('abort', this.#onOwnAbort);
    this.#onEnd();
    for (const waiter of this.#waiters) waiter.resolve(answer);
    this.#waiters.clear();
  }

  readonly #onOwnAbort = (): void => {
    const { reason } = this.#own;
    const isLeaving = (reason as { readonly code?: unknown } | undefined)?.code === LEFT;
    if (this.#waiters.size === 0 || !isLeaving) this.#controller.abort(reason);
  };
}
