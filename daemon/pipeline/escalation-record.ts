// Whether asking a stronger model has helped lately. A weakness that the strongest model shows as well lies in what was
// asked for (a table of one word, a prompt that everybody refuses) or in the provider, not in the model: asking three
// times is then paid for and nobody gains. Kept in memory only: a new start looks again.

import type { WeakAnswerKind } from '../verify/answer-check.ts';

/** So many in a row that helped nobody, and the next of this kind are let through. */
export const VAIN_LIMIT = 5;
/** Of those let through, one in so many is tried all the same, so that a change is noticed. */
export const RETRY_EVERY = 20;

export class EscalationRecord {
  /** Of escalations that were in vain since the last that helped. */
  readonly #vain = new Map<WeakAnswerKind, number>();
  readonly #letThrough = new Map<WeakAnswerKind, number>();

  /** Asked once for each weak answer: it counts those that are let through. */
  isWorthwhile(kind: WeakAnswerKind): boolean {
    if ((this.#vain.get(kind) ?? 0) < VAIN_LIMIT) return true;
    const count = (this.#letThrough.get(kind) ?? 0) + 1;
    this.#letThrough.set(kind, count);
    return count % RETRY_EVERY === 0;
  }

  /** `isBetter`: in what the strongest model answered instead nothing was found. */
  ended(kind: WeakAnswerKind, isBetter: boolean): void {
    this.#vain.set(kind, isBetter ? 0 : (this.#vain.get(kind) ?? 0) + 1);
  }
}
