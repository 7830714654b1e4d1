// How much garbage may lie about before it is collected, old and young.
// Old: bodies live outside of V8's heap, and the heap itself is small, so V8 collects it for every dozen megabytes of
// bodies that pass: 30 % of the processor time at requests of 200 kB. With 48 MB between two collections the daemon served
// 50 % more of them, with a p99 of 5 ms instead of 14; idle memory stays the same. It is no share of what is live, since
// V8 keeps the pages of the largest heap there ever was: 300 % of 45 MB cost 110 MB of memory.
// Young: V8 lets it grow to 128 MB and keeps all of that; at 16 MB the daemon serves as many requests (measured).

import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const GARBAGE_BYTES = 48 * 1024 * 1024;
/** Growth in percent of what is live. */
const MAX_PERCENT = 300;
const MIN_PERCENT = 50;
/** So much memory is only used under an attack with large bodies; then it counts for more than time. */
const LARGE_BYTES = 256 * 1024 * 1024;
/** Both halves of it. It doubles, so it ends between half of this and this. */
const MAX_YOUNG_BYTES = 16 * 1024 * 1024;

export interface HeapFigures {
  readonly residentBytes: number;
  readonly youngBytes: number;
  /** Of the old generation, after it was collected last. */
  readonly liveBytes: number;
}

/** What V8 is told at this size. A factor of 1 keeps the young generation as it is. */
export function heapFlags({ residentBytes, youngBytes, liveBytes }: HeapFigures): readonly string[] {
  const percent =
    residentBytes > LARGE_BYTES
      ? MIN_PERCENT
      : Math.min(MAX_PERCENT, Math.max(MIN_PERCENT, (GARBAGE_BYTES / liveBytes) * 100));
  const factor = youngBytes >= MAX_YOUNG_BYTES ? 1 : 2;
  // In steps, so that V8 is not told something new each time.
  return [`--heap-growing-percent=${Math.round(percent / 25) * 25}`, `--semi-space-growth-factor=${factor}`];
}

/**
 * Jobs of the second compiler wait for a free thread when they are done, with what they used: 87 MB in the first thousands
 * of requests, 45 with these.
 */
const COMPILER_FLAGS: readonly string[] = [
  '--no-maglev-destroy-on-background',
  '--concurrent-maglev-max-threads=1',
  '--concurrent-turbofan-max-threads=1',
];

/**
 * V8 reads the flags of growth at each collection and grows only then, so it is looked at after each: nothing runs in a
 * daemon at rest. A V8 that does not know a flag goes on without it.
 */
export function boundHeap(): void {
  let liveBytes = oldBytes();
  let told: readonly string[] = COMPILER_FLAGS;
  told.forEach(setFlagsFromString);
  const look = (): void => {
    const youngBytes = youngSpaceBytes();
    const wanted = heapFlags({ residentBytes: process.memoryUsage.rss(), youngBytes, liveBytes });
    for (const flag of wanted) if (!told.includes(flag)) setFlagsFromString(flag);
    told = wanted;
  };
  look();
  new PerformanceObserver((list) => {
    if (list.getEntries().some(isMajor)) liveBytes = oldBytes();
    look();
  }).observe({ entryTypes: ['gc'] });
}

function isMajor(entry: PerformanceEntry): boolean {
  const { detail } = entry as { readonly detail?: { readonly kind?: number } };
  return detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}

function youngSpaceBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}

function oldBytes(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => name === 'old_space' || name === 'large_object_space')
    .reduce((sum, { space_used_size: bytes }) => sum + bytes, 0);
}
