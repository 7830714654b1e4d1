import assert from 'node:assert/strict';
import type { AttemptFailure } from '../../../../daemon/conversation/attempt-failure.ts';
import type { FailureKind } from '../../../../daemon/protocol/vocabulary.ts';
import {
  healthEffect,
  jitteredMs,
  nextStep,
  pickTarget,
  type HealthEffect,
  type NextStep,
  type StepContext,
} from '../../../../daemon/upstream/next-step.ts';
import { tinyTarget } from './tiny-dialect.ts';

const failure = (kind: FailureKind, more: Partial<AttemptFailure> = {}): AttemptFailure => ({
  kind,
  message: 'm',
  ...more,
});

/** First attempt on the first of two targets, three attempts allowed. */
const CHAIN: StepContext = {
  attemptsOnTarget: 1,
  attemptsLeft: 2,
  targetsLeft: 1,
  isOnlyTarget: false,
  sent: true,
  earlierRejections: 0,
  pauseMs: 500,
};
const ALONE: StepContext = { ...CHAIN, targetsLeft: 0, isOnlyTarget: true };

const step = (kind: FailureKind, context: StepContext, more?: Partial<AttemptFailure>): NextStep =>
  nextStep(failure(kind, more), context);

describe('nextStep', () => {
  const inChain: readonly (readonly [FailureKind, NextStep['step'], number, HealthEffect])[] = [
    ['connect', 'same-target', 0, 'count'],
    ['timeout', 'next-target', 0, 'count'],
    ['rate-limited', 'next-target', 0, 'cool-down'],
    ['overloaded', 'next-target', 0, 'count'],
    ['server-error', 'same-target', 500, 'count'],
    ['auth', 'next-target', 0, 'eject'],
    ['quota', 'next-target', 0, 'eject'],
    ['model-not-found', 'next-target', 0, 'count'],
    ['context-length', 'next-larger-context', 0, 'none'],
    ['rejected', 'one-other-vendor', 0, 'none'],
    ['refusal', 'stop', 0, 'none'],
    ['invalid-response', 'next-target', 0, 'count'],
    ['interrupted', 'next-target', 0, 'count'],
    ['client-closed', 'stop', 0, 'none'],
  ];
  for (const [kind, expected, pauseMs, health] of inChain) {
    it(`[A25] answers ${kind} of the first of two targets with ${expected}`, () => {
      assert.deepEqual(step(kind, CHAIN), { step: expected, pauseMs });
      assert.equal(healthEffect(kind), health);
    });
  }

  it('does not try a lasting failure again, not even alone', () => {
    const lasting = { isLasting: true };
    assert.equal(step('connect', ALONE).step, 'same-target');
    assert.equal(step('connect', ALONE, lasting).step, 'stop');
    assert.equal(step('connect', CHAIN, lasting).step, 'next-target');
  });

  const alone: readonly (readonly [FailureKind, NextStep['step']])[] = [
    ['connect', 'same-target'],
    ['timeout', 'stop'],
    ['rate-limited', 'same-target'],
    ['overloaded', 'same-target'],
    ['server-error', 'same-target'],
    ['auth', 'stop'],
    ['quota', 'stop'],
    ['model-not-found', 'stop'],
    ['context-length', 'stop'],
    ['rejected', 'stop'],
    ['refusal', 'stop'],
    ['invalid-response', 'same-target'],
    ['interrupted', 'same-target'],
    ['client-closed', 'stop'],
  ];
  for (const [kind, expected] of alone) {
    it(`[A25] answers ${kind} of the only target with ${expected}`, () => {
      assert.equal(step(kind, ALONE).step, expected);
    });
  }

  it('[A26] pauses before it asks the same target again, not before it asks another', () => {
    assert.equal(step('server-error', CHAIN).pauseMs, 500);
    assert.equal(step('timeout', CHAIN).pauseMs, 0);
  });

  it('never retries a target more than once', () => {
    assert.equal(step('server-error', { ...CHAIN, attemptsOnTarget: 2 }).step, 'next-target');
    assert.equal(step('server-error', { ...ALONE, attemptsOnTarget: 2 }).step, 'stop');
  });

  it('[A25] keeps an attempt for every target that has not been tried', () => {
    assert.equal(step('server-error', { ...CHAIN, attemptsLeft: 2, targetsLeft: 2 }).step, 'next-target');
    assert.equal(step('server-error', { ...CHAIN, attemptsLeft: 1, targetsLeft: 1 }).step, 'next-target');
  });

  it('stops when no attempt is left', () => {
    assert.equal(step('timeout', { ...CHAIN, attemptsLeft: 0 }).step, 'stop');
    assert.equal(step('server-error', { ...ALONE, attemptsLeft: 0 }).step, 'stop');
  });

  it('goes to the next target at once when the first one cannot be reached at all', () => {
    assert.deepEqual(step('connect', { ...CHAIN, sent: false }), {
      step: 'next-target',
      pauseMs: 0,
    });
  });

  it('pauses before it connects again to an only target that was never reached', () => {
    assert.deepEqual(step('connect', { ...ALONE, sent: false }), {
      step: 'same-target',
      pauseMs: 500,
    });
  });

  it('[A30] waits as long as an only target asks for, up to two seconds', () => {
    assert.deepEqual(step('rate-limited', ALONE, { retryAfterMs: 2000 }), {
      step: 'same-target',
      pauseMs: 2000,
    });
    assert.equal(step('rate-limited', ALONE, { retryAfterMs: 2001 }).step, 'stop');
  });

  it('[A30] does not wait for a rate-limited target while another one can answer', () => {
    assert.equal(step('rate-limited', CHAIN, { retryAfterMs: 100 }).step, 'next-target');
  });

  it('asks no third vendor about a request that two have rejected', () => {
    assert.equal(step('rejected', { ...CHAIN, earlierRejections: 1 }).step, 'stop');
  });
});

describe('pickTarget', () => {
  const from = tinyTarget('from', { provider: 'a', contextTokens: 100 });
  const sameVendor = tinyTarget('same-vendor', { provider: 'a', contextTokens: 100 });
  const larger = tinyTarget('larger', { provider: 'a', contextTokens: 200 });
  const otherVendor = tinyTarget('other-vendor', { provider: 'b', contextTokens: 50 });
  const waiting = [sameVendor, larger, otherVendor];

  it('takes the first one waiting as the next target', () => {
    assert.equal(pickTarget('next-target', from, waiting), sameVendor);
  });
  it('takes the first one with more room after a context overflow', () => {
    assert.equal(pickTarget('next-larger-context', from, waiting), larger);
    assert.equal(pickTarget('next-larger-context', from, [sameVendor, otherVendor]), undefined);
  });
  it('takes the first one of another provider after a rejection', () => {
    assert.equal(pickTarget('one-other-vendor', from, waiting), otherVendor);
    assert.equal(pickTarget('one-other-vendor', from, [sameVendor]), undefined);
  });
  it('takes none when it is to stop', () => {
    assert.equal(pickTarget('stop', from, waiting), undefined);
  });
});

describe('jitteredMs', () => {
  it('stays within a fifth of the pause', () => {
    assert.deepEqual([jitteredMs(500, 0), jitteredMs(500, 0.5), jitteredMs(500, 1)], [400, 500, 600]);
  });
});
