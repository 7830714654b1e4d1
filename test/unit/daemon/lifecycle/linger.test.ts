import assert from 'node:assert/strict';
import { watchLinger } from '../../../../daemon/lifecycle/linger.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

const LINGER_MS = 20_000;

describe('the linger', () => {
  let clock: VirtualClock;
  let isNeeded: boolean;
  let lastUsedMs: number;
  let ends: number;
  let stopWatching: () => void;
  beforeEach(() => {
    clock = createVirtualClock();
    [isNeeded, lastUsedMs, ends] = [false, 0, 0];
    stopWatching = watchLinger({
      lingerMs: LINGER_MS,
      isNeeded: () => isNeeded,
      lastUsedMs: () => lastUsedMs,
      clock,
      onEnd: () => (ends += 1),
    });
  });

  it('ends a daemon that nobody has needed for so long, once', async () => {
    await clock.advance(LINGER_MS - 1);
    assert.equal(ends, 0);
    await clock.advance(LINGER_MS);
    assert.equal(ends, 1);
    await clock.advance(10 * LINGER_MS);
    assert.equal(ends, 1);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('is held off while a lease is held or an exchange runs, and counts from the end of both', async () => {
    isNeeded = true;
    await clock.advance(100 * LINGER_MS);
    isNeeded = false;
    await clock.advance(LINGER_MS - 1);
    assert.equal(ends, 0);
    await clock.advance(LINGER_MS / 4 + 1);
    assert.equal(ends, 1);
  });

  it('never ends it while requests keep coming', async () => {
    for (let request = 0; request < 50; request += 1) {
      await clock.advance(LINGER_MS * 0.9);
      lastUsedMs = clock.monotonicMs();
    }
    assert.equal(ends, 0);
  });

  it('begins anew after a sleep of the machine', async () => {
    const awake = clock.monotonicMs.bind(clock);
    let sleptMs = 0;
    clock.monotonicMs = () => awake() + sleptMs;
    await clock.advance(LINGER_MS / 2);
    sleptMs = 8 * 3_600_000;
    await clock.advance(LINGER_MS / 2);
    assert.equal(ends, 0);
    await clock.advance(LINGER_MS);
    assert.equal(ends, 1);
  });

  it('can be called off', async () => {
    stopWatching();
    await clock.advance(10 * LINGER_MS);
    assert.equal(ends, 0);
  });
});
