import assert from 'node:assert/strict';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { AttemptFailure } from '../../../../daemon/conversation/attempt-failure.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import {
  runAttempts,
  type AttemptReport,
  type AttemptsResult,
} from '../../../../daemon/upstream/attempt-loop.ts';
import type { AttemptContext, AttemptOutcome } from '../../../../daemon/upstream/attempt.ts';
import { Health } from '../../../../daemon/upstream/health.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';
import { tinyDialect, tinyRequest, tinyTarget } from './tiny-dialect.ts';

type Outcome =
  'ok' | (Omit<AttemptFailure, 'message'> & { readonly message?: string; readonly sent?: boolean });

interface Run {
  readonly clock: VirtualClock;
  readonly health: Health;
  readonly controller: AbortController;
  /** Ids of the targets in the order in which they were tried. */
  readonly tried: string[];
  readonly contexts: AttemptContext[];
  readonly reports: AttemptReport[];
  go(): Promise<AttemptsResult>;
}

/** `script`: what each attempt on a target brings, in order; the last entry stands for all further ones. */
function loop(
  targets: readonly ModelTarget[],
  script: Readonly<Record<string, readonly Outcome[]>>,
  options: {
    readonly maxAttempts?: number;
    readonly onAttempt?: (run: Run) => void;
    readonly mayTry?: (target: ModelTarget) => boolean;
  } = {},
): Run {
  const clock = createVirtualClock();
  const health = new Health({ clock, targets: () => targets });
  const controller = new AbortController();
  const run: Run = {
    clock,
    health,
    controller,
    tried: [],
    contexts: [],
    reports: [],
    go: () =>
      runAttempts(
        {
          upstream: {
            attempt(target, context) {
              const outcomes = script[target.id] ?? [];
              const made = run.tried.filter((id) => id === target.id).length;
              run.tried.push(target.id);
              run.contexts.push(context);
              options.onAttempt?.(run);
              return Promise.resolve(
                outcomeOf(target, outcomes[Math.min(made, outcomes.length - 1)] ?? 'ok'),
              );
            },
          },
          health,
          clock,
          random: () => 0.5,
          pauseMs: () => 500,
        },
        {
          plan: { targets },
          request: tinyRequest(),
          signal: controller.signal,
          table: { maxAttempts: options.maxAttempts ?? 3 },
          elapsedMs: () => clock.monotonicMs(),
          onAttemptFailed: (report) => run.reports.push(report),
          ...(options.mayTry && { mayTry: options.mayTry }),
        },
      ),
  };
  return run;
}

function outcomeOf(target: ModelTarget, outcome: Outcome): AttemptOutcome {
  if (outcome !== 'ok') {
    const { sent = true, ...failure } = outcome;
    const body = failure.kind === 'rejected' ? Buffer.from(`{"from":"${target.id}"}`) : null;
    return { status: 'failed', target, failure: { message: `${target.id} says no`, ...failure }, sent, body };
  }
  return {
    status: 'responded',
    target,
    dialect: tinyDialect(),
    timeToFirstChunkMs: 1,
    headers: {},
    answer: { kind: 'plain', bytes: Buffer.from('{}'), events: [] },
    warnings: [],
  };
}

async function answeredBy(run: Run): Promise<string> {
  const result = await run.go();
  return result.status === 'responded' ? result.outcome.target.id : 'refused';
}

async function failureOf(run: Run): Promise<RouterError> {
  try {
    await run.go();
  } catch (error) {
    assert.ok(error instanceof RouterError, String(error));
    return error;
  }
  return assert.fail('expected a RouterError');
}

const [a, b, c] = [tinyTarget('a'), tinyTarget('b'), tinyTarget('c')];

describe('runAttempts', () => {
  it('[A25] takes the answer of the first target when it gives one', async () => {
    const run = loop([a, b], {});
    assert.deepEqual([await answeredBy(run), run.tried, run.reports], ['a', ['a'], []]);
  });

  it('passes over targets that may not be tried, first and later', async () => {
    const mayTry = ({ id }: ModelTarget): boolean => id !== 'a' && id !== 'c';
    const run = loop([a, b, c, tinyTarget('d')], { b: [{ kind: 'auth' }] }, { mayTry });
    assert.deepEqual([await answeredBy(run), run.tried], ['d', ['b', 'd']]);
  });

  it('asks whether a target may be tried once, and not again for another try of the same', async () => {
    const asked: string[] = [];
    const mayTry = ({ id }: ModelTarget): boolean => (asked.push(id), true);
    const run = loop([a], { a: [{ kind: 'connect' }, 'ok'] }, { mayTry });
    const done = answeredBy(run);
    await run.clock.advance(1000);
    assert.deepEqual([await done, run.tried, asked], ['a', ['a', 'a'], ['a']]);
  });

  it('fails with what was tried where nobody else may be', async () => {
    const run = loop([a, b], { a: [{ kind: 'auth' }] }, { mayTry: ({ id }) => id === 'a' });
    await assert.rejects(run.go(), /the only attempt failed: a auth/);
    const none = loop([a, b], {}, { mayTry: () => false });
    await assert.rejects(
      none.go(),
      (error) => error instanceof RouterError && error.code === 'upstream.all_failed',
    );
  });

  it('[A25] goes down the chain in order until one answers', async () => {
    const run = loop([a, b, c], { a: [{ kind: 'server-error' }], b: [{ kind: 'timeout' }] });
    assert.deepEqual([await answeredBy(run), run.tried], ['c', ['a', 'b', 'c']]);
  });

  it('[A26] waits half a second before it asks the same target again', async () => {
    const run = loop([a, b], { a: [{ kind: 'server-error' }, 'ok'] });
    const answer = answeredBy(run);
    await run.clock.advance(499);
    assert.deepEqual(run.tried, ['a']);
    await run.clock.advance(1);
    assert.deepEqual([await answer, run.tried], ['a', ['a', 'a']]);
  });

  it('[A26] gives every target of the chain its own second try while attempts are to spare', async () => {
    const failsOnce: readonly Outcome[] = [{ kind: 'server-error' }];
    const run = loop([a, b], { a: failsOnce, b: [...failsOnce, 'ok'] }, { maxAttempts: 5 });
    const answer = answeredBy(run);
    await run.clock.advance(1000);
    assert.deepEqual([await answer, run.tried], ['b', ['a', 'a', 'b', 'b']]);
  });

  it('[A30] waits for an only target as long as it asks for', async () => {
    const run = loop([a], { a: [{ kind: 'rate-limited', retryAfterMs: 1200 }, 'ok'] });
    const answer = answeredBy(run);
    await run.clock.advance(1199);
    assert.deepEqual(run.tried, ['a']);
    await run.clock.advance(1);
    assert.equal(await answer, 'a');
  });

  it('never makes more attempts than configured', async () => {
    const run = loop([a, b, c], { a: [{ kind: 'timeout' }], b: [{ kind: 'timeout' }] }, { maxAttempts: 2 });
    await failureOf(run);
    assert.deepEqual(run.tried, ['a', 'b']);
  });

  it('tells the upstream which attempt is the last', async () => {
    const run = loop([a, b], { a: [{ kind: 'timeout' }] });
    await run.go();
    assert.deepEqual(
      run.contexts.map(({ isLast }) => isLast),
      [false, true],
    );
  });

  it('skips every model of a provider that refused its key', async () => {
    const sibling = tinyTarget('sibling', { provider: a.provider });
    const run = loop([a, sibling, b], { a: [{ kind: 'auth', statusCode: 401 }] });
    assert.deepEqual([await answeredBy(run), run.tried], ['b', ['a', 'b']]);
  });

  it('asks a model with more room after a context overflow', async () => {
    const roomy = tinyTarget('roomy', { contextTokens: 1_000_000 });
    const run = loop([a, b, roomy], { a: [{ kind: 'context-length', statusCode: 400 }] });
    assert.deepEqual([await answeredBy(run), run.tried], ['roomy', ['a', 'roomy']]);
  });

  it('reports each failed attempt with its times and cause', async () => {
    const run = loop([a, b], { a: [{ kind: 'overloaded', statusCode: 529 }] });
    await run.go();
    assert.deepEqual(run.reports, [
      {
        target: a,
        startedAtMs: 0,
        durationMs: 0,
        failure: { kind: 'overloaded', statusCode: 529, message: 'a says no' },
        sent: true,
      },
    ]);
  });

  describe('when the request is refused', () => {
    it('asks one target of another vendor, and passes the first refusal on when that refuses too', async () => {
      const sibling = tinyTarget('sibling', { provider: a.provider });
      const refused: readonly Outcome[] = [{ kind: 'rejected', statusCode: 400 }];
      const run = loop([a, sibling, b, c], { a: refused, b: refused });
      const result = await run.go();
      assert.deepEqual(run.tried, ['a', 'b']);
      assert.deepEqual(result, {
        status: 'refused',
        target: a,
        statusCode: 400,
        message: 'a says no',
        body: Buffer.from('{"from":"a"}'),
      });
    });

    it('takes the answer of the other vendor', async () => {
      const run = loop([a, b], { a: [{ kind: 'rejected', statusCode: 422 }] });
      assert.equal(await answeredBy(run), 'b');
    });

    it('passes the refusal on when the other vendor is down', async () => {
      const run = loop([a, b], {
        a: [{ kind: 'rejected', statusCode: 400 }],
        b: [{ kind: 'timeout' }],
      });
      assert.equal(await answeredBy(run), 'refused');
    });

    it('passes on that the context is too long when no model has more room', async () => {
      const run = loop([a, b], { a: [{ kind: 'context-length', statusCode: 400 }] });
      assert.deepEqual([await answeredBy(run), run.tried], ['refused', ['a']]);
    });

    it('reports an outage, not the length, when the model with more room is down', async () => {
      const roomy = tinyTarget('roomy', { contextTokens: 1_000_000 });
      const run = loop([a, roomy], {
        a: [{ kind: 'context-length', statusCode: 400 }],
        roomy: [{ kind: 'timeout' }],
      });
      assert.equal((await failureOf(run)).statusCode, 504);
    });
  });

  describe('when all fail', () => {
    it('[A28] gives one error that lists every attempt in a sentence', async () => {
      const run = loop([a, b], {
        a: [{ kind: 'overloaded', statusCode: 529 }],
        b: [{ kind: 'timeout', message: 'p-b sent nothing' }],
      });
      const error = await failureOf(run);
      assert.equal(error.code, 'upstream.all_failed');
      assert.equal(
        error.message,
        'all 2 attempts failed: a overloaded (529), b timeout; the last said: p-b sent nothing',
      );
    });

    const statuses: readonly (readonly [string, Outcome, number])[] = [
      ['504 after a timeout', { kind: 'timeout' }, 504],
      ['the 529 of the upstream', { kind: 'overloaded', statusCode: 529 }, 529],
      ['the 429 of the upstream', { kind: 'rate-limited', statusCode: 429, retryAfterMs: 9000 }, 429],
      ['502 for a refused key, so that the client logs nobody out', { kind: 'auth', statusCode: 401 }, 502],
      ['502 for a used-up quota', { kind: 'quota', statusCode: 402 }, 502],
      ['502 when nobody could be reached', { kind: 'connect', sent: false }, 502],
      ['502 when the answer made no sense', { kind: 'invalid-response' }, 502],
      ['503 for an overload told inside a stream', { kind: 'overloaded' }, 503],
      ['429 for a rate limit told inside a stream', { kind: 'rate-limited' }, 429],
    ];
    for (const [title, outcome, expected] of statuses) {
      it(`[A28] answers ${title}`, async () => {
        const run = loop([a], { a: [outcome] }, { maxAttempts: 1 });
        assert.equal((await failureOf(run)).statusCode, expected);
      });
    }

    it('[A30] says when the first of them may be asked again', async () => {
      const run = loop([a, b], {
        a: [{ kind: 'rate-limited', statusCode: 429, retryAfterMs: 40_000 }],
        b: [{ kind: 'rate-limited', statusCode: 429, retryAfterMs: 20_000 }],
      });
      assert.equal((await failureOf(run)).retryAfterMs, 20_000);
    });

    it('names the models that were not tried because they are out', async () => {
      const run = loop([a, b], { a: [{ kind: 'timeout' }] });
      run.health.failed(b, { kind: 'auth', statusCode: 401, message: 'm' });
      assert.match((await failureOf(run)).message, /a timeout, b not tried since it refuses its key \(401\)/);
    });

    it('[A28] shortens what the last upstream said', async () => {
      const run = loop([a], { a: [{ kind: 'timeout', message: 'x'.repeat(1000) }] });
      assert.ok((await failureOf(run)).message.length < 300);
    });
  });

  describe('when the whole chain is known to be down', () => {
    it('[A28] answers at once, with the time to come back, and asks nobody', async () => {
      const run = loop([a, b], {});
      for (const target of [a, b]) {
        run.health.failed(target, { kind: 'rate-limited', message: 'm', retryAfterMs: 30_000 });
      }
      const error = await failureOf(run);
      assert.deepEqual([error.statusCode, error.retryAfterMs, run.tried], [503, 30_000, []]);
      assert.match(error.message, /a is rate limited; b is rate limited/);
    });

    it('names the time at which a refused key is tried again', async () => {
      const run = loop([a], {});
      run.health.failed(a, { kind: 'auth', statusCode: 401, message: 'm' });
      const error = await failureOf(run);
      assert.deepEqual([error.statusCode, error.retryAfterMs], [503, 600_000]);
    });
  });

  describe('when the client leaves', () => {
    it('throws why, and makes no further attempt', async () => {
      const run = loop(
        [a, b],
        { a: [{ kind: 'client-closed' }] },
        { onAttempt: ({ controller }) => controller.abort(new RouterError('client.closed', 'gone')) },
      );
      assert.equal((await failureOf(run)).code, 'client.closed');
      assert.deepEqual(
        [run.tried, run.reports.map(({ failure }) => failure.kind)],
        [['a'], ['client-closed']],
      );
    });

    it('stops a pause between two attempts at once', async () => {
      const run = loop([a], { a: [{ kind: 'server-error' }] });
      const failure = failureOf(run);
      await run.clock.waitForTimers(1);
      run.controller.abort(new RouterError('client.closed', 'gone'));
      assert.equal((await failure).code, 'client.closed');
      assert.deepEqual([run.tried, run.clock.pendingTimers()], [['a'], 0]);
    });

    it('does not even begin when the client has left already', async () => {
      const run = loop([a], {});
      run.controller.abort(new RouterError('client.closed', 'gone'));
      assert.equal((await failureOf(run)).code, 'client.closed');
      assert.deepEqual(run.tried, []);
    });
  });
});
