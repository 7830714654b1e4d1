import assert from 'node:assert/strict';
import { DecayedCounts, HALF_LIFE_MS, MAX_AHEAD_MS } from '../../../../daemon/route/decayed-counts.ts';

const NOW_MS = Date.UTC(2026, 10, 21);
const GOOD = { successes: 1, failures: 0 };
const BAD = { successes: 0, failures: 1 };

describe('decayed counts', () => {
  it('know nothing at first', () => assert.equal(new DecayedCounts().at(NOW_MS), null));

  it('count half after a half-life and a quarter after two', () => {
    const counts = new DecayedCounts();
    counts.add(GOOD, NOW_MS, 1);
    assert.deepEqual(counts.at(NOW_MS), { successes: 1, failures: 0 });
    assert.deepEqual(counts.at(NOW_MS + HALF_LIFE_MS), { successes: 0.5, failures: 0 });
    assert.deepEqual(counts.at(NOW_MS + 2 * HALF_LIFE_MS), { successes: 0.25, failures: 0 });
  });

  it('add an older entry with what is left of it', () => {
    const counts = new DecayedCounts();
    counts.add(GOOD, NOW_MS, 1);
    counts.add(BAD, NOW_MS - HALF_LIFE_MS, 1);
    assert.deepEqual(counts.at(NOW_MS), { successes: 1, failures: 0.5 });
  });

  it('let what was there fade when a newer entry comes', () => {
    const counts = new DecayedCounts();
    counts.add(GOOD, NOW_MS - HALF_LIFE_MS, 1);
    counts.add(BAD, NOW_MS, 1);
    assert.deepEqual(counts.at(NOW_MS), { successes: 0.5, failures: 1 });
  });

  it('forget an entry that is taken back', () => {
    const counts = new DecayedCounts();
    counts.add(GOOD, NOW_MS, 1);
    counts.add(BAD, NOW_MS - 5, 1);
    counts.add(BAD, NOW_MS - 5, -1);
    assert.deepEqual(counts.at(NOW_MS), { successes: 1, failures: 0 });
  });

  it('never go below nothing', () => {
    const counts = new DecayedCounts();
    counts.add(GOOD, NOW_MS, 1);
    counts.add(BAD, NOW_MS, -1);
    assert.deepEqual(counts.at(NOW_MS), { successes: 1, failures: 0 });
  });

  it('leave out what has faded to nothing', () => {
    const counts = new DecayedCounts();
    counts.add(GOOD, NOW_MS, 1);
    assert.equal(counts.at(NOW_MS + 7 * HALF_LIFE_MS), null);
  });

  it('do not fade before their time when the clock steps back a little', () => {
    const counts = new DecayedCounts();
    counts.add(GOOD, NOW_MS, 1);
    assert.deepEqual(counts.at(NOW_MS - 5000), { successes: 1, failures: 0 });
  });

  it('drop what a clock far ahead has left, and count on', () => {
    const counts = new DecayedCounts();
    counts.add(GOOD, NOW_MS + 2 * MAX_AHEAD_MS, 1);
    assert.equal(counts.at(NOW_MS), null);
    counts.add(BAD, NOW_MS, 1);
    assert.deepEqual(counts.at(NOW_MS), { successes: 0, failures: 1 });
  });
});
