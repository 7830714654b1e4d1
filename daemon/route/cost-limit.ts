// The client's own limit for one request (`x-pointsman-max-cost-usd`): who fits goes first, and when nobody does the
// cheapest capable model answers and the record says so. A limit steers; it never leaves a request without an answer.

import { compareCost, type Ordered } from './candidate-order.ts';

export interface Limited<Candidate extends Ordered> {
  /** The same candidates, those that fit first. */
  readonly candidates: readonly Candidate[];
  /** The limit changed the choice, or could not be met. */
  readonly isBinding: boolean;
  /** What the record must say; null = nothing. */
  readonly note: string | null;
}

/** null for no limit and for a number that cannot be one. */
export function costLimitOf(maxCostUsd: number | null): number | null {
  return maxCostUsd === null || Number.isNaN(maxCostUsd) || maxCostUsd < 0 ? null : maxCostUsd;
}

/** An unpriced model promises nothing, so it does not fit. */
export function fitsMaxCost(
  { expectedCostUsd }: Pick<Ordered, 'expectedCostUsd'>,
  maxCostUsd: number,
): boolean {
  return expectedCostUsd !== null && expectedCostUsd <= maxCostUsd;
}

export function applyMaxCost<Candidate extends Ordered>(
  candidates: readonly Candidate[],
  maxCostUsd: number | null,
): Limited<Candidate> {
  const first = candidates[0];
  if (maxCostUsd === null || first === undefined) return { candidates, isBinding: false, note: null };
  const fits = (candidate: Candidate): boolean => fitsMaxCost(candidate, maxCostUsd);
  const capable = candidates.filter(({ isCapable }) => isCapable);
  const weak = candidates.filter(({ isCapable }) => !isCapable);
  // Grade no longer counts among those that are too dear: a lower limit must never lead to a dearer model.
  const tooDear = candidates.filter((candidate) => !fits(candidate)).toSorted(compareCost);
  const ordered = [...capable.filter(fits), ...weak.filter(fits), ...tooDear];
  const choice = ordered[0] ?? first;
  if (!fits(choice)) {
    const note = `no model fits the max cost of ${usdText(maxCostUsd)}, the cheapest capable one was taken`;
    return { candidates: ordered, isBinding: true, note };
  }
  const isBinding = choice.target !== first.target;
  const note =
    isBinding && !choice.isCapable
      ? `only models below the grade of the ask fit the max cost of ${usdText(maxCostUsd)}`
      : null;
  return { candidates: ordered, isBinding, note };
}

/** For sentences, never for sums: "0.0031 USD". */
export function usdText(usd: number): string {
  return `${usd >= 1 ? usd.toFixed(2) : Number(usd.toPrecision(3))} USD`;
}
