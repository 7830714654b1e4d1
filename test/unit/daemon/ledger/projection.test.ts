import assert from 'node:assert/strict';
import { projectionIntervals } from '../../../../daemon/ledger/projection.ts';
import { createDice } from './closing-rows.ts';

function days(count: number, ofDay: (day: number) => number): readonly number[] {
  return Array.from({ length: count }, (_, day) => ofDay(day));
}

function widthOf([low = 0, high = 0]: readonly number[]): number {
  return high - low;
}

describe('the interval of a projection', () => {
  it('[A46] lies around the projection itself', () => {
    const dice = createDice(1);
    const saved = days(40, () => dice());
    const mean = saved.reduce((sum, value) => sum + value, 0) / saved.length;
    const intervals = projectionIntervals(saved);
    const [low, high] = intervals?.yearlySavedIntervalUsd ?? [0, 0];
    assert.ok(low < mean * 365 && mean * 365 < high, `${low} ${mean * 365} ${high}`);
    const [monthLow, monthHigh] = intervals?.monthlySavedIntervalUsd ?? [0, 0];
    assert.ok(monthLow < (mean * 365) / 12 && (mean * 365) / 12 < monthHigh);
  });

  it('is the same for the same days', () => {
    const saved = days(20, (day) => day % 3);
    assert.deepEqual(projectionIntervals(saved), projectionIntervals(saved));
  });

  it('has no width where every day was the same', () => {
    const [low, high] = projectionIntervals(days(10, () => 2))?.yearlySavedIntervalUsd ?? [0, 1];
    assert.ok(Math.abs(low - 730) < 1e-9 && Math.abs(high - 730) < 1e-9);
  });

  it('says little of few days: two say ten times less than twenty', () => {
    const [few, more] = [2, 20].map(
      (count) => projectionIntervals(days(count, (day) => day % 2))?.yearlySavedIntervalUsd ?? [0, 0],
    );
    assert.ok(few && more && widthOf(few) > 10 * widthOf(more));
  });

  it('does not take the quiet of weekends for uncertainty once there are four weeks', () => {
    const weekly = (day: number): number => (day % 7 < 5 ? 1 : 0);
    const [three, four] = [21, 28].map(
      (count) => projectionIntervals(days(count, weekly))?.yearlySavedIntervalUsd ?? [0, 0],
    );
    assert.ok(three && four && widthOf(four) < 0.1 * widthOf(three), `${three?.join()} ${four?.join()}`);
  });

  it('stretches into loss where single days can lose much', () => {
    const [low] = projectionIntervals(days(12, (day) => (day % 4 === 0 ? -9 : 4)))
      ?.monthlySavedIntervalUsd ?? [0];
    assert.ok(low < 0);
  });

  it('is not given for one day, nor for stamps that lie centuries apart', () => {
    assert.equal(projectionIntervals([1]), null);
    assert.equal(projectionIntervals(days(20_001, () => 1)), null);
  });
});
