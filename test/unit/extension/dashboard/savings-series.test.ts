import assert from 'node:assert/strict';
import type { SeriesPoint } from '../../../../daemon/protocol/control-api.ts';
import { savingsSeries } from '../../../../extension/dashboard/savings-series.ts';
import { NOW_MS, richSeries, richTotals } from '../../../dashboard/analysis-data.ts';

const HOUR = 3_600_000;

function point(hour: number, more: Partial<SeriesPoint> = {}): SeriesPoint {
  return {
    startMs: hour * HOUR,
    requests: 2,
    comparableRequests: 2,
    failedRequests: 0,
    costUsd: 0.4,
    baselineCostUsd: 1,
    savedUsd: 0.6,
    inputTokens: 0,
    cacheReadInputTokens: 0,
    outputTokens: 0,
    ...more,
  };
}

describe('savings over time', () => {
  it('[A45] keeps the area between the two lines at the saving of the totals', () => {
    const { line, slices } = savingsSeries(richSeries(NOW_MS), NOW_MS);
    const area = (line.baselineUsd.at(-1) ?? 0) - (line.costUsd.at(-1) ?? 0);
    const { savedUsd } = richTotals();
    assert.ok(Math.abs(area - savedUsd) < 1e-9);
    assert.ok(Math.abs((slices.at(-1)?.savedSoFarUsd ?? 0) - savedUsd) < 1e-9);
  });

  it('begins at zero and rises to the end of each slice', () => {
    const { line } = savingsSeries({ bucketMs: HOUR, points: [point(10)] }, 20 * HOUR);
    assert.deepEqual(line, { atMs: [10 * HOUR, 11 * HOUR], baselineUsd: [0, 1], costUsd: [0, 0.4] });
  });

  it('stays level over slices in which nothing happened', () => {
    const { line } = savingsSeries({ bucketMs: HOUR, points: [point(10), point(15)] }, 20 * HOUR);
    assert.deepEqual(
      line.atMs,
      [10, 11, 15, 16].map((hour) => hour * HOUR),
    );
    assert.deepEqual(line.baselineUsd, [0, 1, 1, 2]);
  });

  it('ends the running slice now and not in the future', () => {
    const { line, slices } = savingsSeries({ bucketMs: HOUR, points: [point(10)] }, 10.25 * HOUR);
    assert.equal(line.atMs.at(-1), 10.25 * HOUR);
    assert.equal(slices[0]?.endMs, 10.25 * HOUR);
  });

  it('shows a slice that cost more than its baseline as a loss', () => {
    const { slices, line } = savingsSeries(
      { bucketMs: HOUR, points: [point(10, { savedUsd: -0.5 })] },
      20 * HOUR,
    );
    assert.equal(slices[0]?.savedUsd, -0.5);
    assert.equal(slices[0]?.costUsd, 1.5);
    assert.ok((line.costUsd.at(-1) ?? 0) > (line.baselineUsd.at(-1) ?? 0));
  });

  it('calls the saving of a slice without comparable requests unknown, and adds nothing for it', () => {
    const lone = point(10, { comparableRequests: 0, baselineCostUsd: 0, savedUsd: 0, costUsd: 0.4 });
    const { slices, line } = savingsSeries({ bucketMs: HOUR, points: [lone] }, 20 * HOUR);
    assert.equal(slices[0]?.savedUsd, null);
    assert.equal(slices[0]?.costUsd, null);
    assert.deepEqual(line.costUsd, [0, 0]);
  });

  it('has nothing to draw without slices', () => {
    assert.deepEqual(savingsSeries({ bucketMs: HOUR, points: [] }, HOUR).line.atMs, []);
  });
});
