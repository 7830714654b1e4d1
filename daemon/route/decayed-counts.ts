// Two counts that fade: what was seen two weeks ago counts half. Kept as sums as of the newest entry, so that an entry
// costs no memory and entries may come in any order.

import type { OutcomeCounts } from '../protocol/exchange-record.ts';

/** Models and habits change by the month; a dozen outcomes a week must be able to turn the picture. */
export const HALF_LIFE_MS = 14 * 86_400_000;

/** Thirteen half-lives: what is older weighs nothing any more and need not be kept. */
export const FORGOTTEN_AFTER_MS = 180 * 86_400_000;

/** Counts from further ahead than this were made by a clock that was wrong and is not any more. */
export const MAX_AHEAD_MS = 86_400_000;
/** Less than a hundredth of an answer says nothing and is left out. */
const LEAST_COUNT = 0.01;

export class DecayedCounts {
  #successes = 0;
  #failures = 0;
  /** Time that the sums are right for: that of the newest entry. */
  #asOfMs = Number.NEGATIVE_INFINITY;

  /** `sign` -1 takes an earlier entry back. */
  add(weight: OutcomeCounts, atMs: number, sign: 1 | -1): void {
    if (atMs > this.#asOfMs) {
      const kept = share(atMs - this.#asOfMs);
      this.#successes *= kept;
      this.#failures *= kept;
      this.#asOfMs = atMs;
    }
    const counted = sign * share(this.#asOfMs - atMs);
    this.#successes += weight.successes * counted;
    this.#failures += weight.failures * counted;
  }

  /** null = nothing that counts. */
  at(atMs: number): OutcomeCounts | null {
    if (this.#asOfMs > atMs + MAX_AHEAD_MS) {
      // Without this one wrong day would outweigh everything until that day has come.
      this.#successes = 0;
      this.#failures = 0;
      this.#asOfMs = Number.NEGATIVE_INFINITY;
      return null;
    }
    const kept = share(Math.max(0, atMs - this.#asOfMs));
    const successes = round(this.#successes * kept);
    const failures = round(this.#failures * kept);
    return successes + failures < LEAST_COUNT ? null : { successes, failures };
  }
}

/** What is left of a count after so long, 0..1. */
function share(ageMs: number): number {
  return 2 ** (-ageMs / HALF_LIFE_MS);
}

/** Never below 0: an entry may be taken back that was counted before this process began to count. */
function round(count: number): number {
  return Math.max(0, Math.round(count * 10_000) / 10_000);
}
