// What the saving of the days so far would be in a month and in a year, and how sure that is. Pure.
//
// - The projection is the saving divided by the UTC days from the first to the last comparable row, both counted as
//   whole days, idle ones included. It is null until these two rows lie a full day apart: minutes say nothing about a
//   year.
// - Its interval is meant to hold what the next month or year will really save, if work goes on like this. Days are
//   drawn again in blocks (whole weeks, where there are four of them: weekends differ), which gives the spread of a
//   sum of so many days. That the mean of the past is known from few days only widens it twice: by the variance of
//   that mean, and by Student's t in the place of the normal distribution.

import type { Interval, Projection } from '../protocol/control-api.ts';
import { CompensatedSum } from './compensated-sum.ts';
import { createDraws } from './random-draws.ts';
import type { Sums } from './sums.ts';

export const DAY_MS = 86_400_000;
const DAYS_PER_YEAR = 365;
const MONTHS_PER_YEAR = 12;
const DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR;

/** First ms of the UTC day that holds `atMs`. */
export function dayStartMs(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/** The point estimate alone, from sums: cheap enough for every answer of `totals`. */
export function projectionOf(sums: Sums): Projection {
  const days = observedDays(sums);
  if (days === null) return { monthlySavedUsd: null, yearlySavedUsd: null };
  return {
    monthlySavedUsd: perMonth(sums.savedUsd, days),
    yearlySavedUsd: (sums.savedUsd / days) * DAYS_PER_YEAR,
  };
}

/** UTC days from the first to the last comparable row; null while they lie less than a day apart. */
export function observedDays({ firstComparableAtMs: first, lastComparableAtMs: last }: Sums): number | null {
  if (first === null || last === null || last - first < DAY_MS) return null;
  return (dayStartMs(last) - dayStartMs(first)) / DAY_MS + 1;
}

export function perMonth(amount: number, days: number): number {
  return ((amount / days) * DAYS_PER_YEAR) / MONTHS_PER_YEAR;
}

export interface ProjectionIntervals {
  readonly monthlySavedIntervalUsd: Interval;
  readonly yearlySavedIntervalUsd: Interval;
}

/** Stamps from a clock that was set wrong can lie decades apart. */
const MAX_DAYS = 20_000;
const WEEK = 7;
const WEEKS_FOR_WEEKLY_BLOCKS = 4;
const DRAWS = 1000;
const SEED = 0x5eed;

/**
 * 95 % intervals. `savedUsdByDay`: one number for each day that `observedDays` counts, in their order. null = too few
 * days to tell the spread, or more than any history has. The same days give the same intervals.
 */
export function projectionIntervals(savedUsdByDay: readonly number[]): ProjectionIntervals | null {
  const days = savedUsdByDay.length;
  if (days < 2 || days > MAX_DAYS) return null;
  const draws = createDraws(SEED);
  const random = (): number => draws.uniform();
  return {
    monthlySavedIntervalUsd: intervalOf(savedUsdByDay, DAYS_PER_MONTH, random),
    yearlySavedIntervalUsd: intervalOf(savedUsdByDay, DAYS_PER_YEAR, random),
  };
}

function intervalOf(byDay: readonly number[], horizonDays: number, random: () => number): Interval {
  const days = byDay.length;
  const mean = meanOf(byDay);
  const blockDays = days >= WEEKS_FOR_WEEKLY_BLOCKS * WEEK ? WEEK : 1;
  const drawnDays = Math.round(horizonDays);
  const deviations = new Float64Array(DRAWS);
  for (const index of deviations.keys()) {
    deviations[index] = drawSum(byDay, drawnDays, blockDays, random) - drawnDays * mean;
  }
  deviations.sort();
  const blocks = Math.floor(days / blockDays);
  const scale =
    (studentT(degreesOf(blocks, blockDays)) / NORMAL_975) *
    Math.sqrt(1 + drawnDays / days) * // the mean itself comes from `days` days
    Math.sqrt(blocks / (blocks - 1)); // and so does the spread
  const at = (share: number): number =>
    mean * horizonDays + scale * (deviations[Math.round(share * (DRAWS - 1))] ?? 0);
  return [at(0.025), at(0.975)];
}

/**
 * How well the spread is known. Single days are skewed (a few carry most of a saving), so that they tell about as much
 * as half as many that are not; sums of weeks are not.
 */
function degreesOf(blocks: number, blockDays: number): number {
  return blockDays > 1 ? blocks - 1 : Math.min(blocks - 1, Math.max(3, Math.ceil((blocks - 1) / 2)));
}

/** Sum of days drawn in blocks of neighbours, the first one following the last. */
function drawSum(byDay: readonly number[], days: number, blockDays: number, random: () => number): number {
  let sum = 0;
  for (let drawn = 0; drawn < days;) {
    const start = Math.floor(random() * byDay.length);
    for (let offset = 0; offset < blockDays && drawn < days; offset += 1, drawn += 1) {
      sum += byDay[(start + offset) % byDay.length] ?? 0;
    }
  }
  return sum;
}

function meanOf(values: readonly number[]): number {
  const sum = new CompensatedSum();
  for (const value of values) sum.add(value);
  return sum.value / values.length;
}

const NORMAL_975 = 1.959_964;

// 97.5 % points of Student's t for 1, 2 and 3 degrees of freedom; from there on an expansion is right to 0.4 %.
const SMALL_T = [12.706, 4.303, 3.182] as const;

function studentT(degrees: number): number {
  const known = SMALL_T[degrees - 1];
  if (known !== undefined) return known;
  const z = NORMAL_975;
  // Cornish and Fisher's expansion around the normal distribution.
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}
