// How old a price is, and when it is too old to be trusted. Vendors change prices every few weeks; a list nobody looked
// at for a month is likely to be wrong somewhere.

export const STALE_AFTER_DAYS = 30;

const MS_PER_DAY = 86_400_000;

/** Whole days since the price was checked; null = nobody says when that was. A date ahead of the clock is no age. */
export function priceAgeDays(asOf: string, atMs: number): number | null {
  const checkedMs = asOf === '' ? Number.NaN : Date.parse(`${asOf}T00:00:00Z`);
  return Number.isNaN(checkedMs) ? null : Math.max(0, Math.floor((atMs - checkedMs) / MS_PER_DAY));
}

/** True when it is known to be older than a month. The price is used all the same: a stale price is never 0. */
export function isStale(asOf: string, atMs: number): boolean {
  const ageDays = priceAgeDays(asOf, atMs);
  return ageDays !== null && ageDays > STALE_AFTER_DAYS;
}
