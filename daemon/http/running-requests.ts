// Counts what runs: the stop waits for it, and whoever asks whether the daemon is still needed looks here.

import type { Clock } from '../util/clock.ts';

export class RunningRequests {
  readonly #clock: Clock;
  #requests = 0;
  #exchanges = 0;
  #lastUsedMs: number;
  #onIdle: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastUsedMs = clock.monotonicMs();
  }

  /** Those that wait for a place included. */
  get exchanges(): number {
    return this.#exchanges;
  }

  /** Monotonic ms of the last use. */
  get lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  /** Somebody with a token did something. */
  noteUse(): void {
    this.#lastUsedMs = this.#clock.monotonicMs();
  }

  /** The returned function ends it; to be called once. */
  begin(): () => void {
    this.#requests += 1;
    return () => {
      this.#requests -= 1;
      if (this.#requests === 0) this.#onIdle?.();
    };
  }

  beginExchange(): () => void {
    this.#exchanges += 1;
    return () => {
      this.#exchanges -= 1;
    };
  }

  /** Resolves when nothing runs, or after `limitMs`. */
  async untilIdle(limitMs: number): Promise<void> {
    if (this.#requests === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.setTimer(limitMs, resolve);
      this.#onIdle = () => {
        cancel();
        resolve();
      };
    });
    this.#onIdle = undefined;
  }
}
