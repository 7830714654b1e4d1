// When a budget begins and starts again: days, weeks (from Monday) and months by the clock and the time zone of this
// machine, so that "a day" is the day of the person who set the limit, also when the clock changes.

import type { BudgetConfig } from '../config/schema.ts';

export interface Period {
  /** Unix epoch ms, inclusive. */
  readonly startMs: number;
  /** Unix epoch ms, exclusive. */
  readonly endMs: number;
}

/** The period that holds `atMs`. */
export function periodAt(kind: BudgetConfig['period'], atMs: number): Period {
  const at = new Date(atMs);
  const [year, month, day] = [at.getFullYear(), at.getMonth(), at.getDate()];
  // Midnights are asked of the calendar, never reckoned in hours: a day has 23 or 25 of them twice a year.
  const midnight = (monthIndex: number, dayOfMonth: number): number =>
    new Date(year, monthIndex, dayOfMonth).getTime();
  if (kind === 'month') return { startMs: midnight(month, 1), endMs: midnight(month + 1, 1) };
  if (kind === 'day') return { startMs: midnight(month, day), endMs: midnight(month, day + 1) };
  const monday = day - ((at.getDay() + 6) % 7);
  return { startMs: midnight(month, monday), endMs: midnight(month, monday + 7) };
}

/** 0..1, how much of the period is over. */
export function elapsedShare({ startMs, endMs }: Period, atMs: number): number {
  return Math.min(1, Math.max(0, (atMs - startMs) / (endMs - startMs)));
}
