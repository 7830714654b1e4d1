// Whether the daemon's books show the usage of every request of the bench: the mock says the same in every answer, so the
// sums are known.

import type { DaemonTarget } from './targets.ts';
import { ANSWER_USAGE } from './wire-answers.ts';

export interface BooksResult {
  readonly requests: number;
  readonly recordedRequests: number;
  /** Recorded tokens against those that were reported; 1 = all. */
  readonly usageRatio: number;
  /** Share of requests that are priced and comparable. */
  readonly coverageRatio: number;
  /** Answers that no model gave; more than none would make every figure a wrong one. */
  readonly cacheHits: number;
}

const LONGEST_WAIT_MS = 10_000;

/** Waits until the last rows are written. */
export async function checkBooks(
  daemons: readonly { readonly daemon: DaemonTarget; readonly requests: number }[],
): Promise<BooksResult> {
  let requests = 0;
  let recordedRequests = 0;
  let tokens = 0;
  let covered = 0;
  let cacheHits = 0;
  for (const { daemon, requests: sent } of daemons) {
    const totals = await totalsWith(daemon, sent);
    requests += sent;
    recordedRequests += totals.requests;
    tokens += totals.tokens.inputTokens + totals.tokens.outputTokens;
    covered += (totals.coverageRatio ?? 0) * totals.requests;
    cacheHits += Math.round((totals.cacheHitRatio ?? 0) * totals.requests);
  }
  return {
    requests,
    recordedRequests,
    usageRatio: tokens / (requests * (ANSWER_USAGE.inputTokens + ANSWER_USAGE.outputTokens)),
    coverageRatio: covered / recordedRequests,
    cacheHits,
  };
}

async function totalsWith(daemon: DaemonTarget, requests: number): ReturnType<DaemonTarget['totals']> {
  const deadlineMs = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const totals = await daemon.totals();
    if (totals.requests >= requests || performance.now() > deadlineMs) return totals;
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
  }
}
