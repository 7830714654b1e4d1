// What the client is told when no attempt brought an answer: one sentence, one status, and when to come back.

import type { AttemptFailure } from '../conversation/attempt-failure.ts';
import { RouterError } from '../errors.ts';
import type { FailureKind } from '../protocol/vocabulary.ts';
import type { Health, HealthTarget } from './health.ts';

/** A failed attempt, as far as the answer needs it. */
export interface FailedAttempt {
  readonly target: HealthTarget;
  readonly failure: AttemptFailure;
}

const REFUSALS: ReadonlySet<FailureKind> = new Set(['rejected', 'context-length', 'refusal']);

/**
 * Whether the request itself is at fault, so that the client gets the upstream's refusal: some upstream refused it,
 * and that was not only for its length while a model with room for it failed for reasons of its own.
 */
export function isRefused(attempts: readonly FailedAttempt[]): boolean {
  const kinds = attempts.map(({ failure }) => failure.kind);
  if (kinds.includes('rejected') || kinds.includes('refusal')) return true;
  return kinds.length > 0 && kinds.every((kind) => REFUSALS.has(kind));
}

/** Every attempt failed, in this order; `targets` of the plan that were not tried because they are out are named. */
export function allFailed(
  attempts: readonly FailedAttempt[],
  targets: readonly HealthTarget[],
  health: Pick<Health, 'outage'>,
): RouterError {
  const tried = attempts.map(({ target, failure }) => `${target.id} ${phrase(failure)}`);
  const skipped = targets
    .filter((target) => !attempts.some((attempt) => attempt.target.id === target.id))
    .flatMap((target) => health.outage(target) ?? [])
    .map(({ model, why }) => `${model} not tried since it ${why}`);
  const last = attempts.at(-1)?.failure.message ?? '';
  const quote = last === '' ? '' : `; the last said: ${excerpt(last)}`;
  const count = attempts.length === 1 ? 'the only attempt failed' : `all ${attempts.length} attempts failed`;
  const waits = attempts.flatMap(({ failure }) => failure.retryAfterMs ?? []);
  return new RouterError('upstream.all_failed', `${count}: ${[...tried, ...skipped].join(', ')}${quote}`, {
    statusCode: statusOf(attempts),
    ...(waits.length === 0 ? {} : { retryAfterMs: Math.min(...waits) }),
  });
}

/** Nothing was tried: every target is known to be down. */
export function chainDown(
  down: { readonly retryAtMs: number | null; readonly why: string } | null,
  nowMs: number,
): RouterError {
  const message = `no model that could answer is available now: ${down?.why ?? 'the plan is empty'}`;
  if (down === null) return new RouterError('upstream.all_failed', message);
  if (down.retryAtMs === null) {
    const advice = 'add credit or give it another key, then restart pointsman or change its configuration';
    return new RouterError('upstream.all_failed', `${message}; ${advice}`);
  }
  return new RouterError('upstream.all_failed', message, {
    statusCode: 503,
    retryAfterMs: Math.max(0, down.retryAtMs - nowMs),
  });
}

function phrase({ kind, statusCode, keyEnding }: AttemptFailure): string {
  const details = [
    ...(statusCode === undefined ? [] : [String(statusCode)]),
    ...(keyEnding === undefined ? [] : [`the key that ends in ${keyEnding}`]),
  ];
  return details.length === 0 ? kind : `${kind} (${details.join(', ')})`;
}

function excerpt(message: string): string {
  return message.length <= 200 ? message : `${message.slice(0, 199)}…`;
}

/** The last status of an upstream that tells the client something true of this daemon (429, 5xx, too long); 504 for a wait that we ended ourselves, 502 when nobody answered. */
function statusOf(attempts: readonly FailedAttempt[]): number {
  for (const { failure } of attempts.toReversed()) {
    const statusCode = passedOnStatus(failure);
    if (statusCode !== undefined) return statusCode;
  }
  return 502;
}

function passedOnStatus({ kind, statusCode }: AttemptFailure): number | undefined {
  if (kind === 'timeout') return 504;
  // A client that is told 401 logs its user out, and 402/403 stop an agent for good; the key at fault is ours.
  if (kind === 'auth' || kind === 'quota') return 502;
  // An error inside a stream has a kind and mostly no status; what its dialect puts there instead is a plain 500.
  // Assistants compact a conversation that is too long when they see the provider's own refusal.
  if (kind === 'context-length') return statusCode === undefined || statusCode >= 500 ? 400 : statusCode;
  if (kind === 'rate-limited') return 429;
  if (kind === 'overloaded') return statusCode === 529 ? 529 : 503;
  if (statusCode === 429 || (statusCode !== undefined && statusCode >= 500)) return statusCode;
  return undefined;
}
