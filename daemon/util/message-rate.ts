// How often somebody may say something: a burst at once, afterwards so many a second.

import type { Clock } from './clock.ts';

export class MessageRate {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  constructor(
    clock: Pick<Clock, 'monotonicMs'>,
    limits: { readonly burst: number; readonly perSecond: number },
  ) {
    this.#clock = clock;
    this.#burst = limits.burst;
    this.#perSecond = limits.perSecond;
    this.#left = limits.burst;
    this.#atMs = clock.monotonicMs();
  }

  /** One more; false when that is too many. */
  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#left = Math.min(this.#burst, this.#left + ((nowMs - this.#atMs) / 1000) * this.#perSecond);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
