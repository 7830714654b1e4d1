// Two answers of `totals` about the same rows, figure by figure. Pure.

import type { TotalsBody, TotalsGroup, TotalsGroupBy } from '../protocol/control-api.ts';
import { isClose, type Figure } from './check-row.ts';
import type { Samples } from './totals.ts';

/** A figure in the books that is not what its terms give. */
export interface BookFault {
  /** Which exchange; null = a total. */
  readonly exchangeId: string | null;
  readonly startedAt: string | null;
  readonly term: string;
  readonly stored: Figure;
  readonly recomputed: Figure;
  /** What it was worked out from. */
  readonly from: string;
}

/** Every figure of two answers of `totals`. */
export function compareTotals(
  stored: TotalsBody,
  recomputed: TotalsBody,
  groupBy: TotalsGroupBy | undefined,
): { readonly figures: number; readonly faults: readonly BookFault[] } {
  const faults: BookFault[] = [];
  let figures = 0;
  const compare = (term: string, a: Figure, b: Figure, scale: number): void => {
    figures += 1;
    if (typeof a === 'number' && typeof b === 'number' ? isClose(a, b, scale) : a === b) return;
    const isRank = typeof b === 'number' && Number.isNaN(b);
    const from = isRank ? 'no such rank among the rows' : 'the sum of the rows';
    faults.push({ exchangeId: null, startedAt: null, term, stored: a, recomputed: isRank ? null : b, from });
  };
  const { groups: storedGroups, ...storedAll } = stored;
  const { groups: recomputedGroups, ...recomputedAll } = recomputed;
  compareDeep(
    groupBy === undefined ? 'totals' : `totals by ${groupBy}`,
    storedAll,
    recomputedAll,
    (...figure) => compare(...figure, smallScale(recomputed)),
  );
  const [storedByKey, recomputedByKey] = [byKey(storedGroups), byKey(recomputedGroups)];
  for (const key of new Set([...storedByKey.keys(), ...recomputedByKey.keys()])) {
    const name = `totals of ${groupBy ?? 'group'} ${JSON.stringify(key)}`;
    const [a, b] = [storedByKey.get(key), recomputedByKey.get(key)];
    if (a === undefined || b === undefined)
      compare(name, a === undefined ? null : 'there', b === undefined ? null : 'there', 0);
    else compareDeep(name, a, b, (...figure) => compare(...figure, smallScale(b)));
  }
  return { figures, faults };
}

/** A saving near zero of large sums is known to the digits of the sums, and no better. */
function smallScale({ costUsd, baselineCostUsd }: Pick<TotalsBody, 'costUsd' | 'baselineCostUsd'>): number {
  return (costUsd + baselineCostUsd) * 1e-4;
}

function byKey(groups: readonly TotalsGroup[]): ReadonlyMap<string, TotalsGroup> {
  return new Map(groups.map((group) => [group.key, group]));
}

function compareDeep(
  name: string,
  stored: object,
  recomputed: object,
  compare: (term: string, stored: Figure, recomputed: Figure) => void,
): void {
  const other = new Map<string, unknown>(Object.entries(recomputed));
  for (const [key, value] of Object.entries(stored) as [string, Figure | object][]) {
    const term = `${name}, ${key}`;
    const against = (other.get(key) ?? null) as Figure | object;
    if (typeof value !== 'object' || value === null || typeof against !== 'object' || against === null) {
      compare(term, value as Figure, against as Figure);
    } else compareDeep(term, value, against, compare);
  }
}

/** Whether a value is the quantile that it is said to be: a matter of counting how many lie below it. */
export class RankCheck {
  readonly #share: number;
  readonly #stated: number | null;
  #below = 0;
  #upTo = 0;
  count = 0;
  sum = 0;

  constructor(share: number, stated: number | null) {
    this.#share = share;
    this.#stated = stated;
  }

  add(sample: number): void {
    this.count += 1;
    this.sum += sample;
    if (this.#stated === null) return;
    if (sample < this.#stated) this.#below += 1;
    if (sample <= this.#stated) this.#upTo += 1;
  }

  /** The stated value where it holds; NaN where it does not. */
  get value(): number | null {
    if (this.count === 0) return null;
    const rank = Math.max(1, Math.ceil(this.#share * this.count));
    return this.#below < rank && rank <= this.#upTo ? this.#stated : Number.NaN;
  }
}

/** Two of them, for the median and the 95th of a hundred, in the form that totals are made from. */
export function rankedSamples([half, most]: readonly RankCheck[]): Samples {
  return {
    count: half?.count ?? 0,
    sum: half?.sum ?? 0,
    quantile: (share) => (share === 0.5 ? half?.value : most?.value) ?? null,
  };
}
