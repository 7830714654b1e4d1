// Slices of time -> what the savings charts draw and what their table says. Pure. Only requests that were compared with
// their baseline count, so that the area between the two lines is the saving to the cent.

import type { SeriesBody } from '../../daemon/protocol/control-api.ts';

export interface SavingsSlice {
  /** Unix epoch ms; `endMs` is never after now. */
  readonly startMs: number;
  readonly endMs: number;
  readonly requests: number;
  readonly comparedRequests: number;
  /** null = nothing in this slice could be compared. */
  readonly baselineUsd: number | null;
  readonly costUsd: number | null;
  readonly savedUsd: number | null;
  readonly savedSoFarUsd: number;
}

/** Running sums. All lists have the same length; times rise. */
export interface SavingsLine {
  readonly atMs: readonly number[];
  readonly baselineUsd: readonly number[];
  readonly costUsd: readonly number[];
}

export interface SavingsSeries {
  readonly sliceMs: number;
  readonly slices: readonly SavingsSlice[];
  readonly line: SavingsLine;
}

export function savingsSeries({ bucketMs, points }: SeriesBody, nowMs: number): SavingsSeries {
  const slices: SavingsSlice[] = [];
  const atMs: number[] = [];
  const baselineUsd: number[] = [];
  const costUsd: number[] = [];
  let baselineSoFarUsd = 0;
  let savedSoFarUsd = 0;
  const mark = (ms: number): void => {
    // Where nothing happened the lines stay level until the next slice begins.
    if (ms <= (atMs.at(-1) ?? Number.NEGATIVE_INFINITY)) return;
    atMs.push(ms);
    baselineUsd.push(baselineSoFarUsd);
    costUsd.push(baselineSoFarUsd - savedSoFarUsd);
  };
  for (const point of points) {
    const isCompared = point.comparableRequests > 0;
    const endMs = Math.max(point.startMs + 1, Math.min(point.startMs + bucketMs, nowMs));
    mark(point.startMs);
    baselineSoFarUsd += isCompared ? point.baselineCostUsd : 0;
    savedSoFarUsd += isCompared ? point.savedUsd : 0;
    mark(endMs);
    slices.push({
      startMs: point.startMs,
      endMs,
      requests: point.requests,
      comparedRequests: point.comparableRequests,
      baselineUsd: isCompared ? point.baselineCostUsd : null,
      costUsd: isCompared ? point.baselineCostUsd - point.savedUsd : null,
      savedUsd: isCompared ? point.savedUsd : null,
      savedSoFarUsd,
    });
  }
  return { sliceMs: bucketMs, slices, line: { atMs, baselineUsd, costUsd } };
}
