// Walks a plan: try, and after a failure retry, fall back or give up as `next-step.ts` says. The only retry loop there
// is; it knows nothing of HTTP, and the configured number of attempts bounds it. Times are ms of the exchange's life.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { AttemptFailure } from '../conversation/attempt-failure.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { RoutePlan } from '../route/policy.ts';
import { type Clock, sleep } from '../util/clock.ts';
import type { AttemptContext, AttemptOutcome, BegunAnswer, Upstream } from './attempt.ts';
import { allFailed, chainDown, isRefused } from './exhausted.ts';
import type { Health } from './health.ts';
import { jitteredMs, nextStep, pickTarget } from './next-step.ts';

export interface AttemptLoopDeps {
  readonly upstream: Upstream;
  readonly health: Pick<Health, 'allDownUntil' | 'began' | 'failed' | 'outage' | 'started' | 'succeeded'>;
  readonly clock: Clock;
  /** 0..1, for jitter. */
  readonly random: () => number;
  /** Pause before the same target is tried again, ms. */
  readonly pauseMs: () => number;
}

export interface AttemptRun {
  readonly plan: Pick<RoutePlan, 'targets'>;
  readonly request: ConversationRequest;
  /** What differs from target to target; absent = every target gets `request` and no history. */
  readonly forTarget?: (
    target: ModelTarget,
  ) => Pick<AttemptContext, 'request' | 'history' | 'effort' | 'cachedAnswers'>;
  /** Aborted with a RouterError that says why. */
  readonly signal: AbortSignal;
  readonly table: { readonly maxAttempts: number };
  /** Client headers, lower case; the upstream layer picks the few that may pass on. */
  readonly clientHeaders?: ReadonlyMap<string, string>;
  readonly connections?: AttemptContext['connections'];
  readonly elapsedMs: () => number;
  readonly onAttemptFailed: (report: AttemptReport) => void;
  /** Asked before a target is tried that was not tried before: false = it is passed over. Absent = all may be. */
  readonly mayTry?: (target: ModelTarget) => boolean;
}

export interface AttemptReport {
  readonly target: ModelTarget;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly failure: AttemptFailure;
  readonly sent: boolean;
  readonly begun?: BegunAnswer;
}

export type Responded = Extract<AttemptOutcome, { status: 'responded' }>;

/** The request itself was refused, by everyone who was asked. Holds the first refusal. */
export interface Refusal {
  readonly status: 'refused';
  readonly target: ModelTarget;
  readonly statusCode: number;
  readonly message: string;
  /** The upstream's own words, in `target.dialect`; null when they were too long to keep or hold no answer. */
  readonly body: Buffer | null;
}

export type AttemptsResult =
  { readonly status: 'responded'; readonly outcome: Responded; readonly startedAtMs: number } | Refusal;

/** Throws `upstream.all_failed` when nobody answered, and the signal's reason when the client left. */
export async function runAttempts(deps: AttemptLoopDeps, run: AttemptRun): Promise<AttemptsResult> {
  const { health, clock } = deps;
  const { targets } = run.plan;
  const failed: AttemptReport[] = [];
  let refusal: Refusal | null = null;
  let attemptsOnTarget = 0;
  let waiting = targets.filter((other) => health.outage(other) === null);
  let target = firstAllowed(waiting, run);
  waiting = waiting.filter((other) => other !== target);
  if (target === undefined) throw chainDown(health.allDownUntil(targets), clock.now());

  while (target !== undefined) {
    run.signal.throwIfAborted();
    const startedAtMs = run.elapsedMs();
    const attemptsLeft = run.table.maxAttempts - failed.length - 1;
    attemptsOnTarget++;
    health.started(target);
    const outcome = await deps.upstream.attempt(target, {
      request: run.request,
      ...run.forTarget?.(target),
      signal: run.signal,
      isLast: waiting.length === 0 || attemptsLeft <= 0,
      ...(run.clientHeaders && { clientHeaders: run.clientHeaders }),
      ...(run.connections && { connections: run.connections }),
    });
    if (outcome.status === 'responded') {
      // A stream has only begun; whoever relays it tells how it ended.
      if (outcome.answer.kind === 'plain') health.succeeded(target);
      else health.began(target);
      return { status: 'responded', outcome, startedAtMs };
    }
    const { failure, sent, begun, body } = outcome;
    const durationMs = run.elapsedMs() - startedAtMs;
    const report = { target, startedAtMs, durationMs, failure, sent, ...(begun && { begun }) };
    health.failed(target, failure);
    failed.push(report);
    run.onAttemptFailed(report);
    run.signal.throwIfAborted();

    // Others may have found out meanwhile, and a refused key takes every model of its provider out.
    waiting = waiting.filter((other) => health.outage(other) === null);
    const next = nextStep(failure, {
      attemptsOnTarget,
      attemptsLeft,
      targetsLeft: waiting.length,
      isOnlyTarget: targets.length === 1,
      sent,
      earlierRejections: refusal === null ? 0 : 1,
      pauseMs: jitteredMs(deps.pauseMs(), deps.random()),
    });
    if (isRefused([report])) refusal ??= refusalOf(report, body);
    if (next.step === 'same-target') {
      if (next.pauseMs > 0) await sleep(clock, next.pauseMs, run.signal);
      continue;
    }
    let picked = pickTarget(next.step, target, waiting);
    waiting = waiting.filter((other) => other !== picked);
    while (picked !== undefined && run.mayTry?.(picked) === false) {
      picked = pickTarget(next.step, target, waiting);
      waiting = waiting.filter((other) => other !== picked);
    }
    target = picked;
    attemptsOnTarget = 0;
  }
  if (refusal !== null && isRefused(failed)) return refusal;
  throw allFailed(failed, targets, health);
}

function firstAllowed(targets: readonly ModelTarget[], { mayTry }: AttemptRun): ModelTarget | undefined {
  return targets.find((target) => mayTry?.(target) !== false);
}

function refusalOf({ target, failure }: AttemptReport, body: Buffer | null): Refusal {
  const { statusCode = 400, message } = failure;
  // A refusal inside a stream has no status of its own; its dialect puts a plain 500 there, which it is not.
  return { status: 'refused', target, statusCode: statusCode >= 500 ? 400 : statusCode, message, body };
}
