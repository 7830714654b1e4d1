import assert from 'node:assert/strict';
import type { AttemptRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { attemptTimeline, timelineSentence } from '../../../../extension/dashboard/attempt-timeline.ts';
import { sampleExchange } from '../../../dashboard/sample-history.ts';

const [ATTEMPT] = sampleExchange(1, 0).attempts as readonly [AttemptRecord];

const attempt = (change: Partial<AttemptRecord>): AttemptRecord => ({ ...ATTEMPT, ...change });

describe('attempt timeline', () => {
  it('puts attempts on one axis, the wait for the first output apart from the answer', () => {
    const attempts = [
      attempt({ startedAtMs: 0, durationMs: 250, timeToFirstChunkMs: null, status: 'failed' }),
      attempt({ startedAtMs: 250, durationMs: 750, timeToFirstChunkMs: 250 }),
    ];
    const { bars, totalMs } = attemptTimeline({ attempts, durationMs: 1000 });
    assert.equal(totalMs, 1000);
    assert.deepEqual(
      bars.map(({ startRatio, waitRatio, streamRatio }) => [startRatio, waitRatio, streamRatio]),
      [
        [0, 0.25, 0],
        [0.25, 0.25, 0.5],
      ],
    );
  });

  it('names how an attempt failed, with the status of the provider', () => {
    const attempts = [
      attempt({ status: 'failed', errorType: 'overloaded', statusCode: 529 }),
      attempt({ status: 'failed', errorType: 'timeout', statusCode: null }),
      attempt({ status: 'cancelled', errorType: null, statusCode: 200 }),
      attempt({}),
    ];
    assert.deepEqual(
      attemptTimeline({ attempts, durationMs: 1 }).bars.map(({ outcome }) => outcome),
      ['Overloaded (529)', 'Took too long', 'Cancelled', 'Answered'],
    );
  });

  it('keeps every bar on the axis and visible', () => {
    const attempts = [attempt({ startedAtMs: 10_000, durationMs: 0, timeToFirstChunkMs: null })];
    const [bar] = attemptTimeline({ attempts, durationMs: 10_000 }).bars;
    assert.ok(bar);
    assert.ok(bar.waitRatio > 0 && bar.startRatio + bar.waitRatio + bar.streamRatio <= 1.000001);
  });

  it('tells the same in a sentence', () => {
    const attempts = [
      attempt({ model: 'a', durationMs: 1200, status: 'failed', errorType: 'overloaded', statusCode: 529 }),
      attempt({ model: 'b', startedAtMs: 1200, durationMs: 800 }),
    ];
    assert.equal(
      timelineSentence(attemptTimeline({ attempts, durationMs: 2000 })),
      '2 attempts in 2.0 s. a: overloaded (529) after 1.2 s; b: answered after 800 ms.',
    );
    assert.equal(timelineSentence(attemptTimeline({ attempts: [], durationMs: 3 })), 'No model was asked.');
  });
});
