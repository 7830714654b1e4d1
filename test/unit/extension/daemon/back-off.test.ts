import assert from 'node:assert/strict';
import { createBackOff } from '../../../../extension/daemon/back-off.ts';

describe('the pause before a daemon is started again', () => {
  it('costs nothing the first time and doubles from 250 ms, until the fifth death in a row within a minute', () => {
    const backOff = createBackOff();
    const pauses = Array.from({ length: 5 }, () => backOff.died(100));
    assert.deepEqual(pauses, [0, 250, 500, 1000, null]);
  });

  it('is never longer than 30 s', () => {
    const backOff = createBackOff({ patience: 20 });
    const pauses = Array.from({ length: 12 }, () => backOff.died(0));
    assert.equal(pauses.at(-1), 30_000);
  });

  it('begins anew after a good life, and when somebody asks for it', () => {
    const backOff = createBackOff();
    backOff.died(0);
    backOff.died(0);
    assert.equal(backOff.died(60_000), 0);
    assert.equal(backOff.died(0), 250);
    backOff.reset();
    assert.equal(backOff.died(0), 0);
  });
});
