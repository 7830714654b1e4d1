import assert from 'node:assert/strict';

import { driftOf, summarize, type Figures } from '../../bench/summarize.ts';
import type { TargetName } from '../../bench/targets.ts';

describe('what the rounds of a target come to', () => {
  const rounds = new Map<TargetName, readonly Figures[]>([
    // The machine is three times as slow in the second round.
    [
      'direct',
      [
        { p50Us: 20, requestsPerS: 900 },
        { p50Us: 60, requestsPerS: 300 },
        { p50Us: 20, requestsPerS: 900 },
      ],
    ],
    [
      'pipe',
      [
        { p50Us: 60, requestsPerS: 300 },
        { p50Us: 180, requestsPerS: 100 },
        { p50Us: 60, requestsPerS: 300 },
      ],
    ],
    [
      'daemon',
      [
        { p50Us: 120, requestsPerS: 150 },
        { p50Us: 360, requestsPerS: 50 },
        { p50Us: 130, requestsPerS: 150 },
      ],
    ],
  ]);

  it('ratios within a round do not see a slow round', () => {
    const result = summarize('daemon', rounds);
    assert.equal(result.ofPipe, 0.5);
    assert.equal(result.ofDirect, 0.167);
  });

  it('added is the median of the differences within a round', () => {
    assert.equal(summarize('daemon', rounds).added.p50Us, 110);
    assert.equal(summarize('daemon', rounds).figures.p50Us, 130);
  });

  it('direct adds nothing to itself', () => {
    assert.deepEqual(summarize('direct', rounds).added, {});
    assert.equal(summarize('direct', rounds).ofDirect, undefined);
  });

  it('a machine on which others work shows in how far the rounds of direct are apart', () => {
    assert.equal(driftOf(rounds.get('direct') ?? []), 0.667);
    assert.equal(driftOf([{ requestsPerS: 5 }]), 0);
  });

  it('a figure that does not apply is absent', () => {
    assert.equal(summarize('daemon', rounds).added.firstTokenP50Us, undefined);
  });
});
