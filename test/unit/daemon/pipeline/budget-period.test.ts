import assert from 'node:assert/strict';
import { elapsedShare, periodAt } from '../../../../daemon/pipeline/budget-period.ts';

const HOUR_MS = 3_600_000;

/** Runs `test` as if the machine stood in another time zone. */
function inZone(zone: string, test: () => void): void {
  const before = process.env['TZ'];
  process.env['TZ'] = zone;
  try {
    test();
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
}

const iso = (atMs: number): string => new Date(atMs).toISOString();
const ends = (kind: 'day' | 'week' | 'month', at: string): readonly string[] => {
  const { startMs, endMs } = periodAt(kind, Date.parse(at));
  return [iso(startMs), iso(endMs)];
};

describe('the period of a budget', () => {
  it('[B10] is the day of the machine’s own time zone', () => {
    inZone('Asia/Tokyo', () =>
      assert.deepEqual(ends('day', '2026-11-21T15:30:00Z'), [
        '2026-11-21T15:00:00.000Z',
        '2026-11-22T15:00:00.000Z',
      ]),
    );
    inZone('America/Los_Angeles', () =>
      assert.deepEqual(ends('day', '2026-11-21T07:59:59Z'), [
        '2026-11-20T08:00:00.000Z',
        '2026-11-21T08:00:00.000Z',
      ]),
    );
  });

  for (const [at, hours] of [
    ['2026-03-29T12:00:00Z', 23],
    ['2026-10-25T12:00:00Z', 25],
    ['2026-11-21T12:00:00Z', 24],
  ] as const) {
    it(`[B10] has ${hours} hours in Berlin on ${at.slice(0, 10)}`, () => {
      inZone('Europe/Berlin', () => {
        const { startMs, endMs } = periodAt('day', Date.parse(at));
        assert.equal((endMs - startMs) / HOUR_MS, hours);
        assert.equal(periodAt('day', endMs).startMs, endMs);
        assert.equal(periodAt('day', endMs - 1).startMs, startMs);
      });
    });
  }

  it('[B10] begins at one o’clock where the clock jumps over midnight', () => {
    inZone('America/Santiago', () => {
      const { startMs, endMs } = periodAt('day', Date.parse('2026-09-06T15:00:00Z'));
      assert.equal((endMs - startMs) / HOUR_MS, 23);
      assert.equal(periodAt('day', startMs - 1).endMs, startMs);
    });
  });

  it('[B10] is the week from Monday, also on a Sunday and across the change of the clock', () => {
    inZone('Europe/Berlin', () => {
      assert.deepEqual(ends('week', '2026-10-25T22:59:59Z'), [
        '2026-10-18T22:00:00.000Z',
        '2026-10-25T23:00:00.000Z',
      ]);
      assert.deepEqual(ends('week', '2026-10-25T23:00:00Z')[0], '2026-10-25T23:00:00.000Z');
    });
  });

  it('[B10] is the month, also in December', () => {
    inZone('UTC', () =>
      assert.deepEqual(ends('month', '2026-12-31T23:59:59Z'), [
        '2026-12-01T00:00:00.000Z',
        '2027-01-01T00:00:00.000Z',
      ]),
    );
  });

  it('says how much of it is over', () => {
    const period = { startMs: 1000, endMs: 3000 };
    assert.deepEqual(
      [500, 1000, 1500, 3000, 9000].map((atMs) => elapsedShare(period, atMs)),
      [0, 0, 0.25, 1, 1],
    );
  });
});
