import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { heapFlags } from '../../../../daemon/lifecycle/heap-growth.ts';

const MB = 1024 * 1024;

describe('the bounds of the heap', () => {
  const figures = { residentBytes: 100 * MB, youngBytes: MB, liveBytes: 16 * MB };
  const has = (flag: string, other: Partial<typeof figures>): void =>
    assert.deepEqual(
      heapFlags({ ...figures, ...other }).filter((one) => one === flag),
      [flag],
    );

  it('leave 48 MB of garbage between two collections, however much is live', () => {
    has('--heap-growing-percent=300', { liveBytes: 16 * MB });
    has('--heap-growing-percent=300', { liveBytes: 2 * MB });
    has('--heap-growing-percent=100', { liveBytes: 48 * MB });
    has('--heap-growing-percent=50', { liveBytes: 480 * MB });
  });

  it('leave little of it where much memory is used', () => {
    has('--heap-growing-percent=50', { residentBytes: 300 * MB });
  });

  it('let the young generation grow to 16 MB and no further', () => {
    has('--semi-space-growth-factor=2', { youngBytes: 8 * MB });
    has('--semi-space-growth-factor=1', { youngBytes: 16 * MB });
  });

  it('hold in a process that makes garbage and keeps some of it', function () {
    this.timeout(20_000);
    const file = path.join(
      import.meta.dirname,
      '..',
      '..',
      '..',
      '..',
      'daemon',
      'lifecycle',
      'heap-growth.ts',
    );
    const youngBytes = (isBound: boolean): number => {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['--input-type=module', '-e', WORK, file, String(isBound)],
        { encoding: 'utf8' },
      );
      assert.match(stdout, /^\d+$/, stderr);
      return Number(stdout);
    };
    // Without the bound it is 64 MB and more; with it 16, or 32 where the last doubling had begun.
    assert.ok(youngBytes(false) > 40 * MB, 'the work is not enough to show anything');
    assert.ok(youngBytes(true) <= 40 * MB);
  });
});

/**
 * Prints how large the young generation was at most: V8 makes it smaller again when little is going on. Collections come
 * between pieces of work, as they do between requests.
 */
const WORK = `
import { getHeapSpaceStatistics } from 'node:v8';
import { setImmediate as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
const [file, isBound] = process.argv.slice(1);
const { boundHeap } = await import(pathToFileURL(file).href);
if (isBound === 'true') boundHeap();
let kept = [];
let largest = 0;
for (let round = 0; round < 200; round += 1) {
  for (let index = 0; index < 10_000; index += 1) kept.push({ round, list: [index] });
  if (kept.length > 200_000) kept = [];
  await pause();
  const young = getHeapSpaceStatistics().find((one) => one.space_name === 'new_space');
  largest = Math.max(largest, young.space_size);
}
process.stdout.write(String(largest));
`;
