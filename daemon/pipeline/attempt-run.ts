// A plan as the attempt loop walks it: who is tried with which view of the request, who answers instead of a weak
// answer, and where each ending is booked.

import type { PrivacyHold } from '../protocol/exchange-record.ts';
import type { RoutePlan } from '../route/policy.ts';
import type { AnswerReview } from './answer-review.ts';
import type { EscalatedRun } from './escalate.ts';
import { VAIN_LIMIT, type EscalationRecord } from './escalation-record.ts';
import type { Exchange } from './exchange.ts';
import { mustMaySee } from './privacy-gate.ts';
import type { StandIns } from './stand-ins.ts';
import type { ContinuedRequest } from './stored-response.ts';
import type { TargetViews } from './target-views.ts';
import type { WireRequest } from './wire-request.ts';

export function attemptRun(given: {
  readonly exchange: Exchange;
  readonly wire: Pick<WireRequest, 'headers' | 'signal'>;
  readonly plan: Pick<RoutePlan, 'targets' | 'escalation'>;
  readonly privacy: PrivacyHold | null;
  readonly earlier: ContinuedRequest;
  readonly views: TargetViews;
  readonly review: AnswerReview;
  readonly standIns: StandIns;
  readonly escalations: EscalationRecord;
}): EscalatedRun {
  const { exchange, wire, plan, privacy, earlier, views, review, standIns, escalations } = given;
  const { table, connections } = exchange.snapshot;
  return {
    plan: { targets: earlier.able(plan.targets) },
    escalation: earlier.able(plan.escalation),
    request: earlier.request,
    forTarget(target) {
      mustMaySee(target, privacy);
      return views.forTarget(target);
    },
    check: review.check,
    record: escalations,
    signal: wire.signal,
    clientHeaders: wire.headers,
    table,
    connections,
    elapsedMs: () => exchange.elapsedMs(),
    mayTry: standIns.mayTry,
    onAttemptFailed(report) {
      exchange.attemptFailed(report);
      views.attemptFailed(report);
    },
    onLetThrough: () =>
      exchange.warn(`no stronger model was asked: the last ${VAIN_LIMIT} times one was no better`),
    onAnswerRejected: (rejected, finding) => exchange.answerRejected(rejected, finding),
  };
}
