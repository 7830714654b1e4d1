// What the samples of a soak say: how fast memory grows once everything that is allowed to remember is full, and whether
// descriptors stay flat.

import type { MemorySample } from './inspected.ts';

export interface TakenSample extends MemorySample {
  /** Answered by then. */
  readonly requests: number;
}

/** The first quarter fills what may remember. */
const WARM_UP_RATIO = 0.25;
const LARGEST_SLOPE_BYTES = 5_000_000;
const SLOPE_REQUESTS = 100_000;
/** With less, the caps of what remembers are not reached before the end, and a slope says nothing. */
const LEAST_REQUESTS = 400_000;
const LARGEST_RSS_BYTES = 512_000_000;
const SPARE_DESCRIPTORS = 32;

/** Prints what there is to see and answers what is wrong. */
export function judgeMemory(samples: readonly TakenSample[]): readonly string[] {
  const last = samples.at(-1);
  if (last === undefined) return ['no sample of memory was taken'];
  const settled = samples.filter(({ requests }) => requests > last.requests * WARM_UP_RATIO);
  const slopes = {
    rss: slopeBytes(settled, ({ rssBytes }) => rssBytes),
    heap: slopeBytes(settled, ({ heapUsedBytes }) => heapUsedBytes),
    external: slopeBytes(settled, ({ externalBytes }) => externalBytes),
  };
  const first = settled[0] ?? last;
  const print = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
  const largest = Math.max(...samples.map(({ rssBytes }) => rssBytes));
  console.log(
    `memory per 100,000 requests after warm-up: RSS ${print(slopes.rss)}, heap ${print(slopes.heap)}, external ${print(slopes.external)}; ` +
      `RSS ${megabytes(first.rssBytes)} to ${megabytes(last.rssBytes)} MB, largest ${megabytes(largest)} MB; ` +
      `heap ${megabytes(first.heapUsedBytes)} to ${megabytes(last.heapUsedBytes)} MB; ` +
      `descriptors ${first.descriptors} to ${last.descriptors}`,
  );
  const faults: string[] = [];
  if (last.requests < LEAST_REQUESTS) {
    console.log(`fewer than ${LEAST_REQUESTS} requests: the slopes are shown but not judged`);
  } else if (slopes.rss > LARGEST_SLOPE_BYTES) {
    faults.push(`memory grows by ${print(slopes.rss)} per 100,000 requests`);
  }
  if (largest > LARGEST_RSS_BYTES) faults.push(`the daemon took ${megabytes(largest)} MB`);
  if (last.descriptors > first.descriptors + SPARE_DESCRIPTORS) {
    faults.push(`descriptors went from ${first.descriptors} to ${last.descriptors}`);
  }
  return faults;
}

/** Of the straight line that fits best, per 100,000 requests. */
function slopeBytes(samples: readonly TakenSample[], of: (sample: TakenSample) => number): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(samples.map(({ requests }) => requests));
  const meanY = mean(samples.map(of));
  let above = 0;
  let below = 0;
  for (const sample of samples) {
    above += (sample.requests - meanX) * (of(sample) - meanY);
    below += (sample.requests - meanX) ** 2;
  }
  return below === 0 ? 0 : (above / below) * SLOPE_REQUESTS;
}

export function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '?' : (bytes / 1e6).toFixed(0);
}
