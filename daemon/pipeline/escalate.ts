// Verified cheap-first: a complete answer that fails a mechanical check is put aside, and the next stronger model is
// asked before the client sees anything. Only answers that are not streamed can be held back like that; a weak stream
// steers the rest of its task instead (task-trouble.ts). What was put aside is paid for and in the books.

import type { ModelTarget } from '../catalog/model-target.ts';
import { tierRank } from '../route/candidate-order.ts';
import {
  runAttempts,
  type AttemptLoopDeps,
  type AttemptRun,
  type AttemptsResult,
  type Responded,
} from '../upstream/attempt-loop.ts';
import { AttemptError } from '../upstream/transport-failure.ts';
import type { AnswerFinding } from '../verify/answer-check.ts';
import type { EscalationRecord } from './escalation-record.ts';
import type { RejectedAnswer } from './exchange-books.ts';

export interface EscalatedRun extends AttemptRun {
  /** Who answers in place of the choice when its answer is weak, next one first. */
  readonly escalation: readonly ModelTarget[];
  /** The first reason to distrust a complete plain answer; null = none was found. */
  readonly check: (answer: Responded) => AnswerFinding | null;
  /** Says whether it is worth while, and learns from how it ends. */
  readonly record: EscalationRecord;
  /** Called when a weak answer goes out because stronger models have not been better lately. */
  readonly onLetThrough: () => void;
  /** Called when a stronger model has answered instead, and when the client left while one was asked. */
  readonly onAnswerRejected: (rejected: RejectedAnswer, finding: AnswerFinding) => void;
}

type StrongerAnswer = Extract<AttemptsResult, { status: 'responded' }>;

/** An answer is in hand: for a better one nobody waits longer than this, all attempts together. */
const PATIENCE_MS = 60_000;

/**
 * As `runAttempts`. When the stronger models cannot answer, the weak answer is better than none and goes out after all.
 * When theirs are weak too, the strongest one's goes out, and when that has become the rule, the first. All of it
 * together stays within the configured attempts: a request never costs more upstream calls because its first answer was
 * weak.
 */
export async function runEscalated(deps: AttemptLoopDeps, given: EscalatedRun): Promise<AttemptsResult> {
  let attemptsLeft = given.table.maxAttempts;
  const run: EscalatedRun = {
    ...given,
    onAttemptFailed(report) {
      attemptsLeft -= 1;
      given.onAttemptFailed(report);
    },
  };
  let result = await runAttempts(deps, run);
  let endedMs = run.elapsedMs();
  let stronger = run.escalation;
  let patienceMs = PATIENCE_MS;
  /** What was found in the first answer, once a stronger model has answered instead. */
  let first: AnswerFinding | null = null;
  while (result.status === 'responded' && result.outcome.answer.kind === 'plain') {
    attemptsLeft -= 1;
    stronger = strongerThan(result.outcome.target, stronger).filter(
      (target) => deps.health.outage(target) === null,
    );
    const isLast = attemptsLeft <= 0 || stronger.length === 0;
    if (isLast && first === null) return result;
    const finding = run.check(result.outcome);
    if (first !== null && (isLast || finding === null)) run.record.ended(first.kind, finding === null);
    if (isLast || finding === null) return result;
    if (first === null && !run.record.isWorthwhile(finding.kind)) {
      run.onLetThrough();
      return result;
    }
    const { outcome, startedAtMs } = result;
    const rejected = { outcome, startedAtMs, durationMs: endedMs - startedAtMs };
    let next: StrongerAnswer | null = null;
    try {
      next = await askStronger(deps, run, { targets: stronger, patienceMs, attemptsLeft });
    } finally {
      // What was put aside is owed for when the client left meanwhile, too.
      if (next !== null || run.signal.aborted) run.onAnswerRejected(rejected, finding);
    }
    if (next === null) return result;
    result = next;
    first ??= finding;
    patienceMs -= run.elapsedMs() - endedMs;
    endedMs = run.elapsedMs();
  }
  return result;
}

/** null when none of them answered. Throws only when the client left. */
async function askStronger(
  deps: AttemptLoopDeps,
  run: AttemptRun,
  given: {
    readonly targets: readonly ModelTarget[];
    readonly patienceMs: number;
    readonly attemptsLeft: number;
  },
): Promise<StrongerAnswer | null> {
  const { targets, patienceMs, attemptsLeft } = given;
  const patience = new AbortController();
  const stop = deps.clock.setTimer(Math.max(0, patienceMs), () =>
    patience.abort(new AttemptError('timeout', `gave no better answer within ${PATIENCE_MS / 1000} s`)),
  );
  try {
    const signal = AbortSignal.any([run.signal, patience.signal]);
    const table = { ...run.table, maxAttempts: attemptsLeft };
    const next = await runAttempts(deps, { ...run, plan: { targets }, table, signal });
    return next.status === 'responded' ? next : null;
  } catch (error) {
    if (run.signal.aborted) throw error;
    return null;
  } finally {
    stop();
  }
}

/** Of `others` those that are trusted with more than `target`. */
function strongerThan(target: ModelTarget, others: readonly ModelTarget[]): readonly ModelTarget[] {
  return others.filter((other) => tierRank(other.tier) > tierRank(target.tier));
}
