import assert from 'node:assert/strict';
import { axisLabels, sliceLabel, timeUntil } from '../../../../extension/dashboard/time-labels.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 10, 21);

describe('points in time', () => {
  it('name days by UTC, as the daemon counts them', () => {
    assert.equal(sliceLabel(MIDNIGHT, DAY), '21 Nov');
  });

  it('name the same day where the clock was put back since the first slice', () => {
    const midnight = new Date(2026, 10, 21).getTime();
    assert.equal(sliceLabel(midnight + HOUR, DAY), '21 Nov');
    assert.equal(sliceLabel(midnight - HOUR + 1, DAY), '21 Nov');
  });

  it('name shorter slices with the time of day', () => {
    assert.match(sliceLabel(MIDNIGHT + 9 * HOUR, HOUR), /^2[01] Nov \d\d:00$/);
  });

  it('mark an axis with dates where its marks lie days apart', () => {
    assert.deepEqual(axisLabels([MIDNIGHT, MIDNIGHT + DAY], true), ['21 Nov', '22 Nov']);
    const morning = MIDNIGHT + 6 * HOUR;
    assert.deepEqual(axisLabels([morning, morning + DAY], true), ['21 Nov', '22 Nov']);
  });

  it('mark an axis of hours with times, and with the date where a day begins', () => {
    const marks = [MIDNIGHT - 6 * HOUR, MIDNIGHT, MIDNIGHT + 6 * HOUR];
    assert.deepEqual(axisLabels(marks, true), ['18:00', '21 Nov', '06:00']);
  });

  it('mark an axis of seconds with seconds', () => {
    assert.deepEqual(axisLabels([MIDNIGHT + 5000, MIDNIGHT + 10_000], true), ['00:00:05', '00:00:10']);
  });

  it('mark an axis of months with the year', () => {
    assert.deepEqual(axisLabels([Date.UTC(2026, 9, 1), Date.UTC(2026, 10, 1)], true), [
      'Oct 2026',
      'Nov 2026',
    ]);
  });

  it('say how long something still takes', () => {
    const until = (ms: number): string => timeUntil(ms, 0);
    assert.deepEqual([0, 41_200, 5 * 60_000, HOUR, HOUR + 12 * 60_000, 3 * DAY].map(until), [
      'now',
      'in 42 s',
      'in 5 min',
      'in 1 h',
      'in 1 h 12 min',
      'in 3 days',
    ]);
  });
});
