import assert from 'node:assert/strict';

import { MessageRate } from '../../../../daemon/util/message-rate.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

describe('message rate', () => {
  it('allows a burst, then so many a second, and never saves up more than a burst', async () => {
    const clock = createVirtualClock();
    const rate = new MessageRate(clock, { burst: 3, perSecond: 2 });
    const taken = (): number => {
      let count = 0;
      while (rate.take()) count += 1;
      return count;
    };
    assert.equal(taken(), 3);
    assert.equal(taken(), 0);
    await clock.advance(1_000);
    assert.equal(taken(), 2);
    await clock.advance(3_600_000);
    assert.equal(taken(), 3);
  });
});
