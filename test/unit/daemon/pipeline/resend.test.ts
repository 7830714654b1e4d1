// A request that is sent again, on the request path without sockets. Through the whole daemon: test/integration/dashboard.test.ts.

import assert from 'node:assert/strict';
import { RouterError } from '../../../../daemon/errors.ts';
import { RecentRequests } from '../../../../daemon/pipeline/recent-requests.ts';
import { createResend } from '../../../../daemon/pipeline/resend.ts';
import { serveExchange, type PipelineDeps } from '../../../../daemon/pipeline/serve-exchange.ts';
import type { ResendBody, ResendRequest } from '../../../../daemon/protocol/control-api.ts';
import { chatBody, chatFrames } from '../../../support/fake-upstream.ts';
import {
  ask,
  failing,
  fakeClient,
  plain,
  rig,
  stream,
  untilAborted,
  type Rig,
  type Step,
} from './pipeline-rig.ts';

interface ResendRig extends Rig {
  readonly pipeline: PipelineDeps;
  readonly recent: RecentRequests;
  readonly resend: (request?: Partial<ResendRequest>, signal?: AbortSignal) => Promise<ResendBody | null>;
}

const FIRST = plain(chatBody('the first answer'));

/** One request was asked as x_1 and answered by `FIRST`; the script goes on from there. */
async function asked(
  script: readonly Step[],
  headers: Readonly<Record<string, string>> = {},
): Promise<ResendRig> {
  const made = rig({ script: [FIRST, ...script] });
  const recent = new RecentRequests();
  const ledger = {
    ...made.deps.ledger,
    exchange: (id: string) => made.records.find(({ exchangeId }) => exchangeId === id) ?? null,
  };
  const pipeline = { ...made.deps, recent, ledger };
  const wire = made.wire(ask('hello'), { headers: new Map(Object.entries(headers)) });
  await serveExchange(pipeline, wire, fakeClient());
  const resend = createResend({ pipeline, recent });
  return {
    ...made,
    pipeline,
    recent,
    resend: (request = {}, signal = new AbortController().signal) =>
      resend({ exchangeId: 'x_1', model: 'large', ...request }, signal),
  };
}

async function errorOf(promise: Promise<unknown>): Promise<RouterError> {
  const error = await promise.then(
    () => assert.fail('it was answered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof RouterError);
  return error;
}

describe('sending a request again', () => {
  it('[A51] puts both answers side by side', async () => {
    const { resend, records } = await asked([stream(chatFrames('the second answer'))]);
    const body = await resend();
    assert.equal(body?.original.text, 'the first answer');
    assert.equal(body.again.text, 'the second answer');
    assert.deepEqual([body.original.model, body.again.model], ['small', 'large']);
    const [first, second] = records;
    assert.equal(body.original.costUsd, first?.costUsd);
    assert.equal(body.again.costUsd, second?.costUsd);
    assert.deepEqual(body.again.usage, second?.usage);
  });

  it('is an exchange of its own, in a conversation of its own, with its initiator', async () => {
    const controls = {
      'x-pointsman-conversation': 'mine',
      'x-pointsman-initiator': 'chat',
      'x-pointsman-max-cost-usd': '0.0000001',
      'x-pointsman-profile': 'budget',
      'x-pointsman-workspace': 'billing-api',
      'user-agent': 'opencode/1.0',
    };
    const { resend, records } = await asked([FIRST, FIRST], controls);
    await resend();
    await resend();
    const [first, second, third] = records;
    assert.equal(first?.conversationId, 'c_mine');
    assert.match(second?.conversationId ?? '', /^c_resend-/);
    assert.notEqual(second?.conversationId, third?.conversationId);
    assert.deepEqual(
      [second?.initiator, second?.workspaceId, second?.client, second?.cache],
      ['resend', 'billing-api', first.client, 'bypass'],
    );
    assert.equal(second?.decision?.input?.controls.maxCostUsd, null);
    assert.deepEqual(second?.warnings, []);
  });

  it('leaves the conversation that it came from and its switches alone', async () => {
    const { resend, pipeline, records } = await asked([FIRST], { 'x-pointsman-conversation': 'mine' });
    const before = JSON.stringify(pipeline.conversations.get('c_mine'));
    await resend();
    assert.equal(records.length, 2);
    assert.equal(JSON.stringify(pipeline.conversations.get('c_mine')), before);
  });

  it('can be repeated with its own answer', async () => {
    const { resend } = await asked([plain(chatBody('second')), plain(chatBody('third'))]);
    const again = (await resend())?.again.exchangeId ?? '';
    const body = await resend({ exchangeId: again, model: 'small' });
    assert.deepEqual([body?.original.text, body?.again.text], ['second', 'third']);
  });

  it('answers null when the request is not kept', async () => {
    const { resend, attempts } = await asked([]);
    assert.equal(await resend({ exchangeId: 'x_0' }), null);
    assert.equal(attempts.length, 1);
  });

  it('refuses a model that nobody configured, before anything is asked', async () => {
    const { resend, attempts } = await asked([]);
    const error = await errorOf(resend({ model: 'opus' }));
    assert.equal(error.code, 'model.unknown');
    assert.match(error.message, /known are: small, large/);
    assert.equal(attempts.length, 1);
  });

  it('waits for the end of the first answer', async () => {
    const made = await asked([]);
    const { resend, recent } = made;
    recent.begin('x_running', made.wire(ask('hello')));
    const error = await errorOf(resend({ exchangeId: 'x_running' }));
    assert.equal(error.statusCode, 409);
  });

  it('says why nobody answered', async () => {
    const { resend, records } = await asked([failing('auth', { message: 'the key is wrong' })]);
    const error = await errorOf(resend());
    assert.equal(error.code, 'upstream.all_failed');
    assert.match(error.message, /the key is wrong/);
    assert.equal(records[1]?.status, 'error');
  });

  it('shows as much as came of an answer that broke off', async () => {
    const torn = new RouterError('upstream.stream_interrupted', 'the model stopped');
    const { resend } = await asked([stream(chatFrames('these words came').slice(0, 3), torn)]);
    const body = await resend();
    assert.equal(body?.again.status, 'error');
    assert.match(body.again.text ?? '', /^these/);
  });

  it('is called off with its caller', async () => {
    const { resend, records } = await asked([untilAborted]);
    const leaving = new AbortController();
    const promise = resend({}, leaving.signal);
    leaving.abort(new RouterError('client.closed', 'the caller left'));
    assert.equal((await errorOf(promise)).code, 'client.closed');
    assert.equal(records[1]?.status, 'cancelled');
  });

  it('runs four times at once and no more', async () => {
    const steps = [untilAborted, untilAborted, untilAborted, untilAborted, FIRST];
    const { resend, attempts } = await asked(steps);
    const leaving = new AbortController();
    const running = Array.from({ length: 4 }, () => errorOf(resend({}, leaving.signal)));
    assert.equal((await errorOf(resend())).code, 'router.overloaded');
    while (attempts.length < 5) await new Promise((resolve) => setImmediate(resolve));
    leaving.abort(new RouterError('client.closed', 'the caller left'));
    await Promise.all(running);
    assert.equal((await resend())?.again.text, 'the first answer');
  });
});
