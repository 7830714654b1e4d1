import assert from 'node:assert/strict';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import { runEscalated } from '../../../../daemon/pipeline/escalate.ts';
import { EscalationRecord, RETRY_EVERY, VAIN_LIMIT } from '../../../../daemon/pipeline/escalation-record.ts';
import type { AttemptsResult } from '../../../../daemon/upstream/attempt-loop.ts';
import type { AttemptOutcome } from '../../../../daemon/upstream/attempt.ts';
import { Health } from '../../../../daemon/upstream/health.ts';
import type { AttemptError } from '../../../../daemon/upstream/transport-failure.ts';
import type { AnswerFinding } from '../../../../daemon/verify/answer-check.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { tinyDialect, tinyRequest, tinyTarget } from '../upstream/tiny-dialect.ts';

const SMALL: ModelTarget = { ...tinyTarget('small'), tier: 'simple', provider: 'a' };
const MIDDLE: ModelTarget = { ...tinyTarget('middle'), tier: 'moderate', provider: 'b' };
const LARGE: ModelTarget = { ...tinyTarget('large'), tier: 'complex', provider: 'c' };
const EQUAL: ModelTarget = { ...tinyTarget('equal'), tier: 'simple', provider: 'd' };

const WEAK: AnswerFinding = { kind: 'placeholder-code', why: 'left a placeholder in its code' };

interface Script {
  readonly targets?: readonly ModelTarget[];
  readonly escalation?: readonly ModelTarget[];
  /** Ids of models whose answers are weak. */
  readonly weak?: readonly string[];
  /** Ids of models that answer with an error. */
  readonly broken?: readonly string[];
  /** Ids of models that never answer. */
  readonly hanging?: readonly string[];
  readonly isStream?: boolean;
  /** Ids of models that are out from the start. */
  readonly out?: readonly ModelTarget[];
  /** Where answers that were put aside are noted. */
  readonly rejected?: string[];
  /** What is known of earlier ones. */
  readonly record?: EscalationRecord;
  readonly onAttempt?: (id: string, controller: AbortController) => void;
}

async function walk(script: Script) {
  const clock = createVirtualClock();
  const targets = script.targets ?? [SMALL];
  const health = new Health({ clock, targets: () => [SMALL, MIDDLE, LARGE, EQUAL] });
  for (const target of script.out ?? []) health.failed(target, { kind: 'auth', message: 'no key' });
  const controller = new AbortController();
  const tried: string[] = [];
  const failed: string[] = [];
  const { rejected = [] } = script;
  const checked: string[] = [];
  const letThrough: string[] = [];
  const outcomeOf = (target: ModelTarget): AttemptOutcome =>
    script.broken?.includes(target.id) === true
      ? {
          status: 'failed',
          target,
          failure: { kind: 'model-not-found', message: 'gone' },
          sent: true,
          body: null,
        }
      : {
          status: 'responded',
          target,
          dialect: tinyDialect(),
          timeToFirstChunkMs: 1,
          headers: {},
          warnings: [],
          answer:
            script.isStream === true
              ? { kind: 'stream', batches: (async function* () {})(), tail: () => [] }
              : { kind: 'plain', bytes: Buffer.from('{}'), events: [] },
        };
  const result: Promise<AttemptsResult> = runEscalated(
    {
      upstream: {
        attempt(target, { signal }) {
          tried.push(target.id);
          script.onAttempt?.(target.id, controller);
          if (script.hanging?.includes(target.id) !== true) return Promise.resolve(outcomeOf(target));
          void Promise.resolve().then(() => clock.advance(60_000));
          return new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              const { failure } = signal.reason as AttemptError;
              resolve({ status: 'failed', target, failure, sent: true, body: null });
            });
          });
        },
      },
      health,
      clock,
      random: () => 0,
      pauseMs: () => 0,
    },
    {
      plan: { targets },
      escalation: script.escalation ?? [MIDDLE, LARGE],
      check({ target }) {
        checked.push(target.id);
        return script.weak?.includes(target.id) === true ? WEAK : null;
      },
      record: script.record ?? new EscalationRecord(),
      request: tinyRequest(),
      signal: controller.signal,
      table: { maxAttempts: 3 },
      elapsedMs: () => clock.monotonicMs(),
      onAttemptFailed: ({ target, failure }) => void failed.push(`${target.id} ${failure.kind}`),
      onLetThrough: () => void letThrough.push('weak'),
      onAnswerRejected: ({ outcome }, { kind }) => void rejected.push(`${outcome.target.id} ${kind}`),
    },
  );
  const settled = await result;
  const answeredBy = settled.status === 'responded' ? settled.outcome.target.id : settled.status;
  return { answeredBy, tried, failed, rejected, checked, letThrough };
}

describe('runEscalated', () => {
  it('leaves a good answer alone', async () => {
    const { answeredBy, tried, rejected } = await walk({});
    assert.deepEqual([answeredBy, tried, rejected], ['small', ['small'], []]);
  });

  it('[A29] [C9] lets the next tier answer before anybody sees a weak answer', async () => {
    const { answeredBy, tried, rejected } = await walk({ weak: ['small'] });
    assert.deepEqual([answeredBy, tried], ['middle', ['small', 'middle']]);
    assert.deepEqual(rejected, ['small placeholder-code']);
  });

  it('goes up again when the next tier is weak too, and takes the strongest as it is', async () => {
    const { answeredBy, rejected, checked } = await walk({ weak: ['small', 'middle', 'large'] });
    assert.equal(answeredBy, 'large');
    assert.deepEqual(rejected, ['small placeholder-code', 'middle placeholder-code']);
    assert.deepEqual(checked, ['small', 'middle', 'large']); // the last one for the record: was it worth while?
  });

  it('asks nobody else when that has been in vain time after time, and now and then looks again', async () => {
    const record = new EscalationRecord();
    const allWeak = { weak: ['small', 'middle', 'large'], record };
    const answers: string[] = [];
    let told = 0;
    for (let asked = 0; asked < VAIN_LIMIT + RETRY_EVERY; asked += 1) {
      const { answeredBy, letThrough } = await walk(allWeak);
      answers.push(answeredBy);
      told += letThrough.length;
    }
    assert.equal(told, RETRY_EVERY - 1);
    assert.deepEqual(answers, [
      ...Array.from({ length: VAIN_LIMIT }, () => 'large'),
      ...Array.from({ length: RETRY_EVERY - 1 }, () => 'small'),
      'large',
    ]);
  });

  it('goes on asking when one in between was better', async () => {
    const record = new EscalationRecord();
    const tried: number[] = [];
    for (let asked = 0; asked < 4 * VAIN_LIMIT; asked += 1) {
      const weak = asked % VAIN_LIMIT === 0 ? ['small'] : ['small', 'middle', 'large'];
      tried.push((await walk({ weak, record })).tried.length);
    }
    assert.deepEqual(new Set(tried), new Set([2, 3]));
  });

  it('learns nothing from a stronger model that did not answer', async () => {
    const record = new EscalationRecord();
    for (let asked = 0; asked < 2 * VAIN_LIMIT; asked += 1) {
      const { tried } = await walk({ weak: ['small'], broken: ['middle', 'large'], record });
      assert.deepEqual(tried, ['small', 'middle', 'large']);
    }
  });

  it('never asks a model of the same or a lower tier', async () => {
    const { tried } = await walk({ weak: ['small'], escalation: [EQUAL, LARGE] });
    assert.deepEqual(tried, ['small', 'large']);
    const top = await walk({ targets: [LARGE], weak: ['large'], escalation: [MIDDLE] });
    assert.deepEqual([top.answeredBy, top.tried], ['large', ['large']]);
  });

  it('sends the weak answer after all when nobody stronger answers, and books it once', async () => {
    const { answeredBy, failed, rejected } = await walk({ weak: ['small'], broken: ['middle', 'large'] });
    assert.equal(answeredBy, 'small');
    assert.deepEqual(failed, ['middle model-not-found', 'large model-not-found']);
    assert.deepEqual(rejected, []);
  });

  it('waits no longer than a minute for something better than what is in hand', async () => {
    const { answeredBy, tried, failed, rejected } = await walk({
      weak: ['small'],
      hanging: ['middle', 'large'],
    });
    assert.equal(answeredBy, 'small');
    assert.deepEqual([tried, failed], [['small', 'middle'], ['middle timeout']]);
    assert.deepEqual(rejected, []);
  });

  it('passes over a stronger model that is out', async () => {
    const { answeredBy, tried } = await walk({ weak: ['small'], out: [MIDDLE] });
    assert.deepEqual([answeredBy, tried], ['large', ['small', 'large']]);
  });

  it('does not look at answers when nobody stronger may be asked, nor at streams', async () => {
    assert.deepEqual((await walk({ weak: ['small'], escalation: [] })).checked, []);
    assert.deepEqual((await walk({ weak: ['small'], isStream: true })).checked, []);
  });

  it('checks the answer of a fallback as well', async () => {
    const { answeredBy, tried } = await walk({ targets: [SMALL, EQUAL], broken: ['small'], weak: ['equal'] });
    assert.deepEqual([answeredBy, tried], ['middle', ['small', 'equal', 'middle']]);
  });

  it('[B6] makes no more attempts than are configured, those before the weak answer counted', async () => {
    const spent = await walk({
      targets: [SMALL, EQUAL, MIDDLE],
      broken: ['small', 'equal'],
      weak: ['middle'],
    });
    assert.deepEqual([spent.answeredBy, spent.tried], ['middle', ['small', 'equal', 'middle']]);
    assert.deepEqual(spent.rejected, []);
    const oneLeft = await walk({ targets: [EQUAL, SMALL], broken: ['equal'], weak: ['small', 'middle'] });
    assert.deepEqual([oneLeft.answeredBy, oneLeft.tried], ['middle', ['equal', 'small', 'middle']]);
  });

  it('ends when the client leaves while a stronger model is asked', async () => {
    const rejected: string[] = [];
    const leaving = walk({
      weak: ['small'],
      broken: ['middle'],
      onAttempt: (id, controller) => id === 'middle' && controller.abort(new Error('the client left')),
      rejected,
    });
    await assert.rejects(leaving, /the client left/);
    assert.deepEqual(rejected, ['small placeholder-code']); // it was paid for
  });
});
