import assert from 'node:assert/strict';

import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { AskedModel } from '../../../../daemon/classify/model-classifier.ts';
import type { ModelQuestion } from '../../../../daemon/classify/model-question.ts';
import { textOf } from '../../../../daemon/conversation/request.ts';
import { createFindModel } from '../../../../daemon/pipeline/ask-model.ts';
import type { AttemptContext } from '../../../../daemon/upstream/attempt.ts';
import type { Unavailable } from '../../../../daemon/upstream/health.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';
import { failing, plain, type Step, SMALL, tableOf, untilAborted, wireUsage } from './pipeline-rig.ts';

const QUESTION: ModelQuestion = { instruction: 'grade it', material: 'the ask', maxOutputTokens: 10 };
const idle = (): AbortSignal => new AbortController().signal;

function answer(content: string | null, usage?: object): Step {
  const message = { role: 'assistant', content };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return plain({ id: 'a', choices, ...(usage === undefined ? {} : { usage }) });
}

interface Asking {
  readonly find: ReturnType<typeof createFindModel>;
  readonly contexts: AttemptContext[];
  readonly clock: VirtualClock;
}

function asking(
  step: Step,
  given: { target?: Partial<ModelTarget>; model?: string | null; outage?: Unavailable } = {},
): Asking {
  const contexts: AttemptContext[] = [];
  const clock = createVirtualClock();
  const { model = 'small' } = given;
  const find = createFindModel({
    upstream: {
      attempt: (target, context) => {
        contexts.push(context);
        return step(target, context);
      },
    },
    health: { outage: () => given.outage ?? null },
    snapshot: () => ({ table: tableOf([{ ...SMALL, ...given.target }]), connections: new Map() }),
    settings: () => ({ timeoutMs: 1500, ...(model === null ? {} : { model }) }),
    clock,
    log: silentLog,
  });
  return { find, contexts, clock };
}

function found({ find }: Asking): AskedModel {
  const model = find();
  assert.ok(typeof model !== 'string');
  return model;
}

describe('the model that the classifier asks', () => {
  it('[A11] gets the question with temperature 0, ten tokens, no thoughts and nothing of the client', async () => {
    const asked = asking(answer('simple'));
    await found(asked).ask(QUESTION, idle());
    const [context] = asked.contexts;
    assert.ok(context);
    const { request } = context;
    assert.deepEqual(
      [request.settings().temperature, request.maxOutputTokens, request.stream, context.effort],
      [0, 10, false, 'none'],
    );
    assert.deepEqual(
      request.outline.map((_, index) => [
        request.message(index).role,
        textOf(request.message(index).content),
      ]),
      [
        ['system', 'grade it'],
        ['user', 'the ask'],
      ],
    );
    assert.equal(context.clientHeaders, undefined);
  });

  it('[A11] costs what the provider reports', async () => {
    const reply = await found(asking(answer('simple', wireUsage(1000, 100)))).ask(QUESTION, idle());
    assert.deepEqual(reply, { status: 'answered', text: 'simple', costUsd: 0.0012 });
  });

  it('[A11] costs the estimate where the provider reports nothing', async () => {
    const reply = await found(asking(answer('simple'))).ask(QUESTION, idle());
    assert.ok(reply.costUsd > 0 && reply.costUsd < 0.0001, String(reply.costUsd));
  });

  it('says that its cost is not known where the model has no price', async () => {
    const reply = await found(asking(answer('simple'), { target: { price: null } })).ask(QUESTION, idle());
    assert.equal(reply.costUsd, 0);
    assert.match(reply.status === 'answered' ? (reply.note ?? '') : '', /small has no price/);
  });

  it('[A12] is stopped when its time is up; the prompt that was sent is booked', async () => {
    const asked = asking(untilAborted);
    const reply = found(asked).ask(QUESTION, idle());
    await asked.clock.advance(1500);
    const { status, costUsd, ...rest } = await reply;
    assert.deepEqual([status, rest], ['failed', { why: 'no answer within 1500 ms' }]);
    assert.ok(costUsd > 0);
    assert.equal(asked.clock.pendingTimers(), 0);
  });

  it('[A12] is not waited for when it cannot be stopped', async () => {
    const asked = asking(() => new Promise(() => {}));
    const reply = found(asked).ask(QUESTION, idle());
    await asked.clock.advance(1525);
    assert.equal((await reply).status, 'failed');
    assert.equal(asked.clock.pendingTimers(), 0);
  });

  it('is stopped when the client leaves, and not blamed for it', async () => {
    const client = new AbortController();
    const asked = asking(untilAborted);
    const reply = found(asked).ask(QUESTION, client.signal);
    client.abort();
    const { status, costUsd } = await reply;
    assert.equal(status, 'cancelled');
    assert.ok(costUsd > 0);
    assert.equal(asked.clock.pendingTimers(), 0);
  });

  it('[A12] says how it failed in words of ours, and books nothing for a refusal', async () => {
    const step = failing('rate-limited', { statusCode: 429, message: 'you wrote: the ask' });
    assert.deepEqual(await found(asking(step)).ask(QUESTION, idle()), {
      status: 'failed',
      why: 'rate-limited (429)',
      costUsd: 0,
    });
  });

  it('books nothing where nothing was sent', async () => {
    const reply = await found(asking(failing('timeout', { sent: false }))).ask(QUESTION, idle());
    assert.deepEqual(reply, { status: 'failed', why: 'timeout', costUsd: 0 });
  });

  it('[A12] never rejects, also where the upstream layer does', async () => {
    const step: Step = () => Promise.reject(new TypeError('a bug'));
    assert.deepEqual(await found(asking(step)).ask(QUESTION, idle()), {
      status: 'failed',
      why: 'an error of the router',
      costUsd: 0,
    });
  });

  it('[A12] is none where none is configured, known, usable or healthy, and it is said which', () => {
    const why = (given: Parameters<typeof asking>[1]): unknown => asking(answer('x'), given).find();
    assert.equal(why({ model: null }), 'classifier.model names none');
    assert.equal(why({ model: 'gone' }), 'gone is not among the models');
    assert.equal(why({ target: { usable: false, unusableWhy: 'no key' } }), 'small cannot be used: no key');
    assert.equal(
      why({ outage: { model: 'small', why: '5 failures in a row', retryAtMs: null } }),
      'small is out for now: 5 failures in a row',
    );
  });
});
