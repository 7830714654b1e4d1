import assert from 'node:assert/strict';
import { watchRest } from '../../../../daemon/lifecycle/rest.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

describe('a daemon at rest', () => {
  function watched() {
    const clock = createVirtualClock();
    const state = { isBusy: false, lastUsedMs: clock.monotonicMs(), rests: 0 };
    const end = watchRest({
      isBusy: () => state.isBusy,
      lastUsedMs: () => state.lastUsedMs,
      clock,
      onRest: () => (state.rests += 1),
    });
    return { clock, state, end };
  }

  it('gives memory back a second after the start, once', async () => {
    const { clock, state } = watched();
    await clock.advance(900);
    assert.equal(state.rests, 0);
    await clock.advance(200);
    assert.equal(state.rests, 1);
    await clock.advance(600_000);
    assert.equal(state.rests, 1);
  });

  it('leaves that be when a request came at once, until 15 seconds went by without one', async () => {
    const { clock, state } = watched();
    await clock.advance(500);
    state.lastUsedMs = clock.monotonicMs();
    await clock.advance(14_000);
    assert.equal(state.rests, 0);
    await clock.advance(20_000);
    assert.equal(state.rests, 1);
  });

  it('does so again after each time of work', async () => {
    const { clock, state } = watched();
    for (const expected of [1, 2, 3]) {
      await clock.advance(60_000);
      assert.equal(state.rests, expected);
      state.lastUsedMs = clock.monotonicMs();
    }
  });

  it('waits for an exchange that runs, however long', async () => {
    const { clock, state } = watched();
    state.isBusy = true;
    await clock.advance(600_000);
    assert.equal(state.rests, 0);
    state.isBusy = false;
    await clock.advance(20_000);
    assert.equal(state.rests, 1);
  });

  it('ends with the daemon', async () => {
    const { clock, state, end } = watched();
    end();
    await clock.advance(600_000);
    assert.equal(state.rests, 0);
  });
});
