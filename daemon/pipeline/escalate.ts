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
import type { AnswerFinding } from '../verify/answer-check.ts';
import type { RejectedAnswer } from './exchange-books.ts';

export interface EscalatedRun extends AttemptRun {
  /** Who answers in place of the choice when its answer is weak, next one first. */
  readonly escalation: readonly ModelTarget[];
  /** The first reason to distrust a complete plain answer; null = none was found. */
  readonly check: (answer: Responded) => AnswerFinding | null;
  /** Called when a stronger model has answered instead. */
  readonly onAnswerRejected: (rejected: RejectedAnswer, finding: AnswerFinding) => void;
}

interface PutAside {
  readonly rejected: RejectedAnswer;
  readonly finding: AnswerFinding;
}

/**
 * As `runAttempts`. When the stronger models cannot answer, the weak answer is better than none and goes out after all.
 * When theirs are weak too, the strongest one's goes out.
 */
export async function runEscalated(deps: AttemptLoopDeps, run: EscalatedRun): Promise<AttemptsResult> {
  let result = await runAttempts(deps, run);
  let endedMs = run.elapsedMs();
  let stronger = run.escalation;
  while (result.status === 'responded' && result.outcome.answer.kind === 'plain') {
    stronger = strongerThan(result.outcome.target, stronger).filter(
      (target) => deps.health.outage(target) === null,
    );
    if (stronger.length === 0) return result;
    const finding = run.check(result.outcome);
    if (finding === null) return result;
    const { outcome, startedAtMs } = result;
    const aside: PutAside = {
      rejected: { outcome, startedAtMs, durationMs: endedMs - startedAtMs },
      finding,
    };
    const next = await askStronger(deps, run, stronger);
    if (next === null) return result;
    run.onAnswerRejected(aside.rejected, aside.finding);
    result = next;
    endedMs = run.elapsedMs();
  }
  return result;
}

/** null when none of them answered. Throws only when the client left. */
async function askStronger(
  deps: AttemptLoopDeps,
  run: AttemptRun,
  targets: readonly ModelTarget[],
): Promise<Extract<AttemptsResult, { status: 'responded' }> | null> {
  try {
    const next = await runAttempts(deps, { ...run, plan: { targets } });
    return next.status === 'responded' ? next : null;
  } catch (error) {
    if (run.signal.aborted) throw error;
    return null;
  }
}

/** Of `others` those that are trusted with more than `target`. */
function strongerThan(target: ModelTarget, others: readonly ModelTarget[]): readonly ModelTarget[] {
  return others.filter((other) => tierRank(other.tier) > tierRank(target.tier));
}
