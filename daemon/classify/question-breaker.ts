// Whether a cheap model is worth asking just now: after failures in a row it is left alone for a while, then one question
// tries it out. Meanwhile nobody waits for it.

import type { Clock } from '../util/clock.ts';

/** Failures in a row after which it is left alone, and for how long. */
const MAX_FAILURES = 3;
const PAUSE_MS = 60_000;

export class QuestionBreaker {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #model = '';
  #failures = 0;
  #closedUntilMs = 0;
  /** A trial is under way; nobody else asks until it has ended. */
  #isTrying = false;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Takes the turn: who gets `true` must tell how it went. Another model starts with a clean sheet. */
  mayAsk(model: string): boolean {
    if (model !== this.#model) this.#startOver(model);
    if (this.#failures < MAX_FAILURES) return true;
    if (this.#isTrying || this.#clock.monotonicMs() < this.#closedUntilMs) return false;
    this.#isTrying = true;
    return true;
  }

  succeeded(model: string): void {
    if (model === this.#model) this.#startOver(model);
  }

  failed(model: string): void {
    if (model !== this.#model) return;
    this.#isTrying = false;
    this.#failures += 1;
    if (this.#failures >= MAX_FAILURES) this.#closedUntilMs = this.#clock.monotonicMs() + PAUSE_MS;
  }

  /** It ended without saying anything about the model: the client left. */
  abandoned(model: string): void {
    if (model === this.#model) this.#isTrying = false;
  }

  #startOver(model: string): void {
    this.#model = model;
    this.#failures = 0;
    this.#isTrying = false;
  }
}
