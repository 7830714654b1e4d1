// One attempt beside the request that a client waits for: a question of our own to a model. What it cost is told whatever
// happens, and the model's health is left as it is: a question that fails must not take the model out of routing, and
// one that succeeds proves little.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { FailureKind } from '../protocol/vocabulary.ts';
import type { AttemptContext, AttemptOutcome, Upstream } from '../upstream/attempt.ts';
import type { Clock } from '../util/clock.ts';
import { AnswerObserver } from './answer-observer.ts';
import { attemptMoney, settleUsage } from './settle.ts';
import { UsageBooks } from './usage-books.ts';

export interface AttemptBesideDeps {
  readonly upstream: Upstream;
  readonly clock: Clock;
}

export interface OutcomeBeside {
  /** null = it was told to stop and did not say in time how far it had come. */
  readonly outcome: AttemptOutcome | null;
  /** 0 where the model has no price; see `isUnpriced`. */
  readonly costUsd: number;
}

/** Longest wait for an attempt that was told to stop, before its answer is given up. */
const STOP_MS = 25;

/** After these the provider may bill what it was sent; a refusal is not billed. */
const MAY_BE_BILLED: ReadonlySet<FailureKind> = new Set([
  'timeout',
  'interrupted',
  'invalid-response',
  'client-closed',
]);

export async function attemptBeside(
  deps: AttemptBesideDeps,
  target: ModelTarget,
  given: Omit<AttemptContext, 'isLast'>,
): Promise<OutcomeBeside> {
  const outcome = await untilStopped(deps, target, given);
  const costUsd = costOf(given.request, target, outcome, deps.clock.now());
  return { outcome, costUsd };
}

export function isUnpriced({ billing, price }: ModelTarget): boolean {
  return billing === 'metered' && price === null;
}

/** Only words of ours: a provider's message may quote what it was sent. */
export function whyItFailed(outcome: Extract<AttemptOutcome, { status: 'failed' }> | null): string {
  if (outcome === null) return 'it could not be stopped';
  const { kind, statusCode } = outcome.failure;
  return statusCode === undefined ? kind : `${kind} (${statusCode})`;
}

async function untilStopped(
  { upstream, clock }: AttemptBesideDeps,
  target: ModelTarget,
  given: Omit<AttemptContext, 'isLast'>,
): Promise<AttemptOutcome | null> {
  const { signal } = given;
  const attempt = upstream.attempt(target, { ...given, isLast: false });
  let cancelTimer = (): void => {};
  let onAbort = (): void => {};
  const givenUp = new Promise<null>((resolve) => {
    onAbort = () => {
      cancelTimer = clock.setTimer(STOP_MS, () => resolve(null));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([attempt, givenUp]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    cancelTimer();
    attempt.catch(() => {}); // one that is given up may still fail
  }
}

/**
 * What the provider reported, else our estimate; of an answer that was not seen only the prompt. A prompt that was sent
 * may be billed though its answer never came or came too late.
 */
function costOf(
  request: ConversationRequest,
  target: ModelTarget,
  outcome: AttemptOutcome | null,
  atMs: number,
): number {
  const isBilled = outcome?.status !== 'failed' || (outcome.sent && MAY_BE_BILLED.has(outcome.failure.kind));
  if (!isBilled) return 0;
  const seen = new AnswerObserver();
  const isSeen = outcome?.status === 'responded' && outcome.answer.kind === 'plain';
  if (isSeen) seen.observe(outcome.answer.events);
  const { sizes } = seen;
  const { usage } = settleUsage({
    reported: seen.usage,
    isComplete: isSeen,
    hasContent: sizes.hasContent,
    guess: () =>
      new UsageBooks(request, undefined).guess(target, { answer: sizes, routedTokens: 0, warmShare: 0 }),
  });
  return attemptMoney(usage, target, seen.reportedCostUsd, atMs).costUsd ?? 0;
}
