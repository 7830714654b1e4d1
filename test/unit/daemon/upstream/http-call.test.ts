import assert from 'node:assert/strict';
import Pool from 'undici/lib/dispatcher/pool.js';
import { openCall, type CallOptions, type HttpCall } from '../../../../daemon/upstream/http-call.ts';
import {
  json,
  stall,
  startFakeUpstream,
  type FakeUpstream,
  type Verb,
} from '../../../support/fake-upstream.ts';

describe('HttpCall', () => {
  let fake: FakeUpstream;
  let pool: InstanceType<typeof Pool>;

  beforeEach(async () => {
    fake = await startFakeUpstream();
    pool = new Pool(fake.origin);
  });
  afterEach(async () => {
    await pool.destroy();
    await fake.close();
  });

  const call = (verb: Verb): HttpCall => {
    fake.next(verb);
    const options: CallOptions = {
      origin: fake.origin,
      path: '/x',
      method: 'POST',
      headers: [],
      body: Buffer.from('hi'),
    };
    return openCall(pool, options, () => 42);
  };

  it('tells status and headers, and gives the body to its end', async () => {
    const opened = call(json({ a: 1 }, { 'set-cookie': 'x=1', 'X-Request-Id': 'r' }));
    await opened.head();
    assert.deepEqual([opened.statusCode, opened.headers['x-request-id'], opened.isSent], [200, 'r', true]);
    assert.equal(Buffer.concat([...((await opened.read()) ?? [])]).toString(), '{"a":1}');
    assert.deepEqual([await opened.read(), await opened.read(), opened.firstByteAtMs], [null, null, 42]);
  });

  it('passes over early hints', async () => {
    const opened = call(async ({ response }) => {
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      await new Promise((resolve) => setTimeout(resolve, 20));
      response.writeHead(201);
      response.end();
    });
    await opened.head();
    assert.equal(opened.statusCode, 201);
  });

  it('joins repeated headers', async () => {
    const opened = call(({ response }) => {
      response.writeHead(
        200,
        [
          ['x-a', '1'],
          ['x-a', '2'],
        ].flat(),
      );
      response.end();
    });
    await opened.head();
    assert.equal(opened.headers['x-a'], '1, 2');
  });

  it('hangs up and tells who waits why', async () => {
    const opened = call(stall('request'));
    await fake.waitForRequests(1);
    const head = opened.head();
    opened.destroy(new Error('enough'));
    await assert.rejects(head, /enough/);
    await fake.waitForAbort(1);
  });

  it('gives nothing that arrived before it was dropped', async () => {
    const opened = call(stall({ frames: ['data: a\n\n'] }));
    await opened.head();
    opened.destroy(new Error('enough'));
    await assert.rejects(opened.read(), /enough/);
  });

  it('leaves a complete answer alone when it is dropped late', async () => {
    const opened = call(json({}));
    await opened.head();
    while ((await opened.read()) !== null);
    opened.destroy(new Error('too late'));
    assert.equal(await opened.read(), null);
    assert.equal(fake.openConnections(), 1);
  });

  it('sends nothing when it is dropped before there is a connection', async () => {
    const dropped = call(json({ dropped: true }));
    dropped.destroy(new Error('enough'));
    await assert.rejects(dropped.head(), /enough/);
    const second = call(json({}));
    await second.head();
    assert.deepEqual([fake.requests.length, dropped.isSent], [1, false]);
  });

  it('fails at once when the pool is closed', async () => {
    await pool.destroy();
    await assert.rejects(call(json({})).head());
  });
});
