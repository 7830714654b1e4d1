// What follows from a failed attempt, as one table. Nothing here acts: the attempt loop walks, health remembers.
//
// | kind             | same target again                    | then                | health    |
// | connect          | reset after sending: if to spare;    | next target         | count     |
// |                  | never reached: only when it is alone |                     |           |
// | timeout          | never                                | next target         | count     |
// | rate-limited     | alone, wait of at most 2 s           | next target         | cool down |
// | overloaded       | alone, wait of at most 2 s           | next target         | count     |
// | server-error     | if to spare                          | next target         | count     |
// | auth, quota      | never                                | next target         | eject     |
// | model-not-found  | never                                | next target         | count     |
// | context-length   | never                                | next larger context | none      |
// | rejected         | never                                | one other vendor    | none      |
// | refusal          | never                                | stop                | none      |
// | invalid-response | alone                                | next target         | count     |
// | weak-answer      | never                                | next stronger model | none      |
// | interrupted      | alone                                | next target         | count     |
// | client-closed    | never                                | stop                | none      |
//
// "If to spare": only while every target not yet tried can still have an attempt of its own, so that a chain of three
// with three attempts reaches its third model. Never more than one retry of the same target, and
// none where the failure is lasting: a certificate does not become valid by being looked at again.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { AttemptFailure } from '../conversation/attempt-failure.ts';
import type { FailureKind } from '../protocol/vocabulary.ts';

export type Step = 'same-target' | 'next-target' | 'next-larger-context' | 'one-other-vendor' | 'stop';

/**
 * `count`: one more failure in a row; enough of them eject the model for a while. `cool-down`: stay away as long as
 * the upstream asked. `eject`: the provider is out for some minutes, or until its credentials change.
 */
export type HealthEffect = 'count' | 'cool-down' | 'eject' | 'none';

export interface NextStep {
  readonly step: Step;
  /** To wait before the step, ms; 0 for every step to another target. */
  readonly pauseMs: number;
}

export interface StepContext {
  /** Attempts made on the failed target, this one included. */
  readonly attemptsOnTarget: number;
  /** Attempts that the request may still make. */
  readonly attemptsLeft: number;
  /** Targets of the plan that have not been tried and are not out. */
  readonly targetsLeft: number;
  /** The plan has no other target, tried or not. */
  readonly isOnlyTarget: boolean;
  /** The request had left this machine. */
  readonly sent: boolean;
  /** Targets that already refused this same request. */
  readonly earlierRejections: number;
  /** Pause before the same target is tried again, ms; already jittered. */
  readonly pauseMs: number;
}

/** A single target is waited for when it asks for no more than this; longer waits are the client's business. */
export const LONGEST_WAIT_MS = 2000;

interface Row {
  readonly again: 'never' | 'alone' | 'spare' | 'reset';
  readonly onward: Exclude<Step, 'same-target'>;
  readonly health: HealthEffect;
}

const TABLE: Readonly<Record<FailureKind, Row>> = {
  connect: { again: 'reset', onward: 'next-target', health: 'count' },
  timeout: { again: 'never', onward: 'next-target', health: 'count' },
  'rate-limited': { again: 'alone', onward: 'next-target', health: 'cool-down' },
  overloaded: { again: 'alone', onward: 'next-target', health: 'count' },
  'server-error': { again: 'spare', onward: 'next-target', health: 'count' },
  auth: { again: 'never', onward: 'next-target', health: 'eject' },
  quota: { again: 'never', onward: 'next-target', health: 'eject' },
  'model-not-found': { again: 'never', onward: 'next-target', health: 'count' },
  'context-length': { again: 'never', onward: 'next-larger-context', health: 'none' },
  rejected: { again: 'never', onward: 'one-other-vendor', health: 'none' },
  refusal: { again: 'never', onward: 'stop', health: 'none' },
  'invalid-response': { again: 'alone', onward: 'next-target', health: 'count' },
  'weak-answer': { again: 'never', onward: 'next-target', health: 'none' },
  interrupted: { again: 'alone', onward: 'next-target', health: 'count' },
  'client-closed': { again: 'never', onward: 'stop', health: 'none' },
};

export function nextStep(failure: AttemptFailure, context: StepContext): NextStep {
  const row = TABLE[failure.kind];
  if (context.attemptsLeft <= 0) return { step: 'stop', pauseMs: 0 };
  if (mayTryAgain(row, failure, context)) {
    return { step: 'same-target', pauseMs: pauseBeforeRetry(failure, context) };
  }
  if (row.onward === 'one-other-vendor' && context.earlierRejections > 0) {
    return { step: 'stop', pauseMs: 0 };
  }
  const step = context.targetsLeft === 0 ? 'stop' : row.onward;
  return { step, pauseMs: 0 };
}

/** What a failure of this kind does to health, also where no step follows (a stream that broke after commit). */
export function healthEffect(kind: FailureKind): HealthEffect {
  return TABLE[kind].health;
}

/** The target that a step leads to; undefined when none of those waiting fits it. */
export function pickTarget(
  step: Exclude<Step, 'same-target'>,
  from: ModelTarget,
  waiting: readonly ModelTarget[],
): ModelTarget | undefined {
  switch (step) {
    case 'next-target':
      return waiting[0];
    case 'next-larger-context':
      return waiting.find((target) => target.contextTokens > from.contextTokens);
    case 'one-other-vendor':
      return waiting.find((target) => target.provider !== from.provider);
    default:
      return undefined;
  }
}

/** 80-120 % of a pause, so that clients that failed together do not come back together. `random` in 0..1. */
export function jitteredMs(pauseMs: number, random: number): number {
  return Math.round(pauseMs * (0.8 + 0.4 * random));
}

function mayTryAgain(row: Row, failure: AttemptFailure, context: StepContext): boolean {
  if (row.again === 'never' || context.attemptsOnTarget > 1 || failure.isLasting === true) return false;
  if ((failure.retryAfterMs ?? 0) > LONGEST_WAIT_MS) return false;
  if (context.isOnlyTarget) return true;
  if (row.again === 'alone' || (row.again === 'reset' && !context.sent)) return false;
  return context.attemptsLeft > context.targetsLeft;
}

/** A reset after sending is mostly a kept connection that the provider had closed: a new one need not wait. */
function pauseBeforeRetry(failure: AttemptFailure, context: StepContext): number {
  if (failure.retryAfterMs !== undefined) return failure.retryAfterMs;
  return failure.kind === 'connect' && context.sent ? 0 : context.pauseMs;
}
