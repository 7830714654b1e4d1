import assert from 'node:assert/strict';
import { Watchdog } from '../../../../daemon/upstream/watchdog.ts';
import type { Clock } from '../../../../daemon/util/clock.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

function start(limits = { firstEventMs: 100, totalMs: 10_000 }): {
  clock: VirtualClock;
  watchdog: Watchdog;
  expired: string[];
} {
  const clock = createVirtualClock();
  const expired: string[] = [];
  const watchdog = new Watchdog(clock, limits, (phase, limitMs) => expired.push(`${phase} ${limitMs}`));
  return { clock, watchdog, expired };
}

describe('Watchdog', () => {
  it('[A26] expires when the first event does not come', async () => {
    const { clock, expired } = start();
    await clock.advance(98);
    assert.deepEqual(expired, []);
    await clock.advance(2);
    assert.deepEqual(expired, ['first-event 100']);
  });

  it('takes no ping for a first event', async () => {
    const { clock, watchdog, expired } = start();
    await clock.advance(90);
    watchdog.pinged();
    await clock.advance(10);
    assert.deepEqual(expired, ['first-event 100']);
  });

  it('counts only silence once the first event is there', async () => {
    const { clock, watchdog, expired } = start();
    watchdog.switchToIdle(50);
    for (let index = 0; index < 10; index++) {
      await clock.advance(40);
      watchdog.generated();
    }
    assert.deepEqual(expired, []);
    await clock.advance(50);
    assert.deepEqual(expired, ['idle 50']);
  });

  it('sets no timer per event', async () => {
    const clock = createVirtualClock();
    let set = 0;
    const counting: Clock = {
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      setTimer: (delayMs, callback) => {
        set++;
        return clock.setTimer(delayMs, callback);
      },
    };
    const watchdog = new Watchdog(counting, { firstEventMs: 100, totalMs: 10_000 }, () => {});
    watchdog.switchToIdle(1000);
    for (let index = 0; index < 100; index++) {
      await clock.advance(9);
      watchdog.generated();
    }
    assert.equal(set, 2);
    watchdog.stop();
  });

  it('lets a ping push the limit back once between two events', async () => {
    const { clock, watchdog, expired } = start();
    watchdog.switchToIdle(100);
    await clock.advance(90);
    watchdog.pinged();
    await clock.advance(90);
    watchdog.pinged();
    await clock.advance(8);
    assert.deepEqual(expired, []);
    await clock.advance(2);
    assert.deepEqual(expired, ['idle 100']);
  });

  it('grants pings anew after an event', async () => {
    const { clock, watchdog, expired } = start();
    watchdog.switchToIdle(100);
    watchdog.pinged();
    watchdog.generated();
    await clock.advance(90);
    watchdog.pinged();
    await clock.advance(90);
    assert.deepEqual(expired, []);
  });

  it('does not hold the rest of the consumer against the upstream', async () => {
    const { clock, watchdog, expired } = start();
    watchdog.switchToIdle(100);
    await clock.advance(60);
    watchdog.rest();
    await clock.advance(5000);
    watchdog.wait();
    await clock.advance(38);
    assert.deepEqual(expired, []);
    await clock.advance(2);
    assert.deepEqual(expired, ['idle 100']);
  });

  it('bounds the whole attempt whatever happens in it', async () => {
    const { clock, watchdog, expired } = start({ firstEventMs: 100, totalMs: 300 });
    watchdog.switchToIdle(200);
    for (let index = 0; index < 3; index++) {
      watchdog.generated();
      watchdog.rest();
      await clock.advance(100);
      watchdog.wait();
    }
    assert.deepEqual(expired, ['total 300']);
  });

  it('leaves no timer behind when it is stopped', async () => {
    const { clock, watchdog, expired } = start();
    watchdog.stop();
    await clock.advance(10_000);
    assert.deepEqual([clock.pendingTimers(), expired], [0, []]);
  });
});
