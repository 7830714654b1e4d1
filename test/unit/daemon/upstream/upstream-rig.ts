// A fake provider and the real HTTP side against it, put together for one test and taken down after it.

import assert from 'node:assert/strict';
import { ApiKey } from '../../../../daemon/catalog/api-key.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { AttemptContext, AttemptOutcome, StreamPiece } from '../../../../daemon/upstream/attempt.ts';
import {
  createHttpUpstream,
  type AttemptTimeouts,
  type HttpUpstream,
} from '../../../../daemon/upstream/http-attempt.ts';
import type { Connection } from '../../../../daemon/upstream/request-headers.ts';
import { systemClock, type Clock } from '../../../../daemon/util/clock.ts';
import { startFakeUpstream, type FakeUpstream } from '../../../support/fake-upstream.ts';
import { tinyDialect, tinyRequest, tinyTarget } from './tiny-dialect.ts';

export const TIMEOUTS: AttemptTimeouts = {
  connectMs: 3000,
  firstEventMs: 30_000,
  firstEventReasoningMs: 300_000,
  idleMs: 60_000,
  totalMs: 1_800_000,
};

export type Responded = Extract<AttemptOutcome, { status: 'responded' }>;
export type Failed = Extract<AttemptOutcome, { status: 'failed' }>;

export interface Rig {
  readonly fake: FakeUpstream;
  readonly upstream: HttpUpstream;
  readonly controller: AbortController;
  readonly attempt: (
    given?: Partial<AttemptContext> & { readonly target?: ModelTarget },
  ) => Promise<AttemptOutcome>;
  /** The same for a streamed request. */
  readonly stream: (given?: Partial<AttemptContext>) => Promise<AttemptOutcome>;
}

const open: { close(): Promise<void> }[] = [];

/** Call in `afterEach`. */
export async function closeRigs(): Promise<void> {
  for (const part of open.splice(0)) await part.close();
}

export async function startRig(
  options: {
    readonly clock?: Clock;
    readonly timeouts?: Partial<AttemptTimeouts>;
    readonly connection?: Partial<Connection>;
    readonly environment?: Readonly<Record<string, string>>;
    readonly tls?: boolean;
    readonly key?: string;
  } = {},
): Promise<Rig> {
  const fake = await startFakeUpstream({ tls: options.tls === true });
  const upstream = createHttpUpstream({
    dialectOf: tinyDialect,
    connection: (name) => ({
      name,
      dialect: 'openai-chat',
      baseUrl: fake.baseUrl,
      headers: {},
      apiKey: options.key === undefined ? null : new ApiKey(options.key),
      ...options.connection,
    }),
    timeouts: () => ({ ...TIMEOUTS, ...options.timeouts }),
    clock: options.clock ?? systemClock,
    environment: options.environment ?? {},
  });
  open.push(upstream, fake);
  const controller = new AbortController();
  const attempt: Rig['attempt'] = ({ target, ...context } = {}) =>
    upstream.attempt(target ?? tinyTarget('tiny'), {
      request: tinyRequest(),
      signal: controller.signal,
      isLast: false,
      ...context,
    });
  return {
    fake,
    upstream,
    controller,
    attempt,
    stream: (context = {}) => attempt({ request: tinyRequest({ stream: true }), ...context }),
  };
}

export function responded(outcome: AttemptOutcome): Responded {
  if (outcome.status === 'failed') assert.fail(`the attempt failed: ${outcome.failure.message}`);
  return outcome;
}

export function failed(outcome: AttemptOutcome): Failed {
  if (outcome.status === 'responded') assert.fail('the attempt brought an answer');
  return outcome;
}

export function batchesOf(outcome: AttemptOutcome): AsyncIterator<readonly StreamPiece[]> {
  const { answer } = responded(outcome);
  assert.ok(answer.kind === 'stream');
  return answer.batches[Symbol.asyncIterator]();
}

/** Everything that a stream gave, and how it ended. */
export interface Drained {
  /** Bytes of all frames, as text. */
  readonly text: string;
  readonly batches: number;
  /** null = it ended normally. */
  readonly error: unknown;
}

export async function drain(iterator: AsyncIterator<readonly StreamPiece[]>): Promise<Drained> {
  let text = '';
  let batches = 0;
  try {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      batches++;
      for (const { frame } of next.value) text += frame.raw.toString();
    }
    return { text, batches, error: null };
  } catch (error) {
    return { text, batches, error };
  }
}
