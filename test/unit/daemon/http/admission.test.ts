import assert from 'node:assert/strict';

import type { RouterError } from '../../../../daemon/errors.ts';
import { Admission, type Place } from '../../../../daemon/http/admission.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

const NEVER = new AbortController().signal;

describe('admission', () => {
  let clock: VirtualClock;
  let limits: { maxConcurrent: number; maxQueued: number };
  let admission: Admission;

  beforeEach(() => {
    clock = createVirtualClock();
    limits = { maxConcurrent: 2, maxQueued: 3 };
    admission = new Admission({ limits: () => limits, clock });
  });
  afterEach(() => assert.equal(clock.pendingTimers(), 0));

  /** A place that must be free. */
  function take(): Place {
    const entered = admission.enter(NEVER);
    assert.ok(!(entered instanceof Promise));
    return entered;
  }

  /** Somebody in the queue; what came of it stands in `outcome`. */
  function wait(signal = NEVER): { outcome: Place | RouterError | undefined } {
    const waiter: { outcome: Place | RouterError | undefined } = { outcome: undefined };
    const entered = admission.enter(signal);
    assert.ok(entered instanceof Promise);
    entered.then(
      (place) => (waiter.outcome = place),
      (error: unknown) => (waiter.outcome = error as RouterError),
    );
    return waiter;
  }

  function refusal(): RouterError {
    try {
      admission.check();
    } catch (error) {
      return error as RouterError;
    }
    return assert.fail('there was room');
  }

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const placeOf = ({ outcome }: { outcome: Place | RouterError | undefined }): Place => {
    assert.ok(outcome !== undefined && 'leave' in outcome);
    return outcome;
  };
  const errorOf = ({ outcome }: { outcome: Place | RouterError | undefined }): RouterError => {
    assert.ok(outcome instanceof Error);
    return outcome;
  };

  it('lets in at once as long as places are free, and asks no timer for it', () => {
    const places = [take(), take()];
    assert.deepEqual([admission.running, admission.waiting, clock.pendingTimers()], [2, 0, 0]);
    assert.deepEqual(
      places.map(({ waitedMs }) => waitedMs),
      [0, 0],
    );
    for (const place of places) place.leave();
    assert.equal(admission.running, 0);
  });

  it('gives a place that becomes free to whoever waits longest, and says how long that was', async () => {
    const [first, second] = [take(), take()];
    const [third, fourth] = [wait(), wait()];
    await clock.advance(1_500);
    first.leave();
    await turn();
    assert.equal(placeOf(third).waitedMs, 1_500);
    assert.equal(fourth.outcome, undefined);
    await clock.advance(500);
    second.leave();
    await turn();
    assert.equal(placeOf(fourth).waitedMs, 2_000);
    assert.equal(admission.running, 2);
    for (const waiter of [third, fourth]) placeOf(waiter).leave();
    assert.equal(admission.running, 0);
  });

  it('counts a place once, however often it is left', () => {
    const place = take();
    take();
    place.leave();
    place.leave();
    assert.equal(admission.running, 1);
  });

  it('refuses who finds the queue full, before anything is read of it', async () => {
    const running = [take(), take()];
    const waiting = [wait(), wait(), wait()];
    const error = refusal();
    assert.equal(error.code, 'router.overloaded');
    assert.match(error.message, /^2 requests are running already and 3 wait; .*limits\.maxConcurrent$/);
    assert.throws(() => admission.enter(NEVER), /are running already/);
    for (const place of running) place.leave();
    await turn();
    placeOf(waiting[0] ?? wait()).leave();
    placeOf(waiting[1] ?? wait()).leave();
    await turn();
    placeOf(waiting[2] ?? wait()).leave();
  });

  it('lets nobody wait with a queue of length 0', () => {
    limits.maxQueued = 0;
    for (const place of [take(), take()]) void place;
    assert.match(refusal().message, /^2 requests are running already; /);
  });

  it('sends away who has waited for 30 s', async () => {
    take();
    take();
    const waiter = wait();
    await clock.advance(29_999);
    assert.equal(waiter.outcome, undefined);
    await clock.advance(1);
    assert.equal(errorOf(waiter).code, 'router.overloaded');
    assert.match(errorOf(waiter).message, /for 30 s/);
    assert.equal(admission.waiting, 0);
  });

  it('[C6] forgets a waiter whose client has left, and gives its turn to the next', async () => {
    const first = take();
    take();
    const leaving = new AbortController();
    const [gone, next] = [wait(leaving.signal), wait()];
    leaving.abort(new Error('left'));
    await turn();
    assert.equal(errorOf(gone).message, 'left');
    assert.equal(admission.waiting, 1);
    first.leave();
    await turn();
    placeOf(next);
  });

  it('takes nobody who has left already', async () => {
    take();
    take();
    const left = wait(AbortSignal.abort(new Error('left')));
    await turn();
    assert.equal(errorOf(left).message, 'left');
    assert.equal(admission.waiting, 0);
  });

  it('lets the queue in when the limit is raised, in its order', async () => {
    take();
    take();
    const first = wait();
    limits.maxConcurrent = 3;
    const second = wait(); // comes later than the first, which takes the new place
    await turn();
    placeOf(first);
    assert.equal(second.outcome, undefined);
    limits.maxConcurrent = 5;
    take(); // behind the second, which waited longer
    await turn();
    placeOf(second);
  });

  it('sends the queue away when the daemon stops, and lets nobody wait any more', async () => {
    take();
    const running = take();
    const waiter = wait();
    admission.close();
    await turn();
    assert.equal(errorOf(waiter).code, 'router.shutting_down');
    assert.equal(errorOf(waiter).retryAfterMs, 1_000);
    assert.throws(() => admission.enter(NEVER), /stopping/);
    assert.equal(refusal().code, 'router.shutting_down');
    running.leave();
    take(); // whose body was still on its way
  });

  describe('the time to come back', () => {
    beforeEach(() => (limits = { maxConcurrent: 2, maxQueued: 0 }));

    it('is a second where nothing is known', () => {
      take();
      take();
      assert.equal(refusal().retryAfterMs, 1_000);
    });

    it('follows the pace at which places became free', async () => {
      let [first, second] = [take(), take()];
      for (let round = 0; round < 10; round++) {
        await clock.advance(4_000);
        first.leave();
        first = take();
        await clock.advance(4_000);
        second.leave();
        second = take();
      }
      assert.equal(refusal().retryAfterMs, 4_000);
      limits.maxQueued = 1;
      const waiter = wait();
      assert.equal(refusal().retryAfterMs, 8_000); // one more is in front
      first.leave();
      await turn();
      placeOf(waiter);
    });

    it('counts no time in which places were free', async () => {
      const place = take();
      await clock.advance(3_600_000);
      take();
      assert.equal(refusal().retryAfterMs, 1_000);
      place.leave();
      take();
      assert.equal(refusal().retryAfterMs, 1_000);
    });

    it('grows while nobody leaves, up to a minute', async () => {
      take();
      take();
      await clock.advance(20_000);
      assert.equal(refusal().retryAfterMs, 20_000);
      await clock.advance(600_000);
      assert.equal(refusal().retryAfterMs, 60_000);
    });
  });
});
