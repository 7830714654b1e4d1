import assert from 'node:assert/strict';

import { QuestionBreaker } from '../../../../daemon/classify/question-breaker.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

function brokenBreaker() {
  const clock = createVirtualClock();
  const breaker = new QuestionBreaker(clock);
  for (let count = 0; count < 3; count += 1) {
    assert.equal(breaker.mayAsk('m'), true);
    breaker.failed('m');
  }
  return { clock, breaker };
}

describe('QuestionBreaker', () => {
  it('[A12] lets nobody ask for 60 s after three failures in a row', async () => {
    const { clock, breaker } = brokenBreaker();
    assert.equal(breaker.mayAsk('m'), false);
    await clock.advance(59_999);
    assert.equal(breaker.mayAsk('m'), false);
    await clock.advance(1);
    assert.equal(breaker.mayAsk('m'), true);
  });

  it('counts only failures in a row', () => {
    const breaker = new QuestionBreaker(createVirtualClock());
    for (let count = 0; count < 10; count += 1) {
      breaker.failed('m');
      breaker.failed('m');
      breaker.succeeded('m');
    }
    assert.equal(breaker.mayAsk('m'), true);
  });

  it('tries with a single question, and waits again when that fails', async () => {
    const { clock, breaker } = brokenBreaker();
    await clock.advance(60_000);
    assert.equal(breaker.mayAsk('m'), true);
    assert.equal(breaker.mayAsk('m'), false);
    breaker.failed('m');
    await clock.advance(59_999);
    assert.equal(breaker.mayAsk('m'), false);
    await clock.advance(1);
    assert.equal(breaker.mayAsk('m'), true);
  });

  it('is open to all again after a trial that went well', async () => {
    const { clock, breaker } = brokenBreaker();
    await clock.advance(60_000);
    breaker.mayAsk('m');
    breaker.succeeded('m');
    assert.deepEqual([breaker.mayAsk('m'), breaker.mayAsk('m')], [true, true]);
  });

  it('lets another one try when the client of a trial left', async () => {
    const { clock, breaker } = brokenBreaker();
    await clock.advance(60_000);
    breaker.mayAsk('m');
    breaker.abandoned('m');
    assert.equal(breaker.mayAsk('m'), true);
  });

  it('starts over with another model, and hears no late news of the former one', () => {
    const { breaker } = brokenBreaker();
    assert.equal(breaker.mayAsk('other'), true);
    for (let count = 0; count < 3; count += 1) breaker.failed('m');
    assert.equal(breaker.mayAsk('other'), true);
  });
});
