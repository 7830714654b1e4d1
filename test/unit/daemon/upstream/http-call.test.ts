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

  it('hands out 16 KiB at most at once, in order and whole, however much has arrived [F26]', async () => {
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7919) % 251));
    const opened = call(({ response }) => {
      response.writeHead(200);
      response.end(sent);
    });
    await opened.head();
    const reads: Buffer[] = [];
    for (let read = await opened.read(); read !== null; read = await opened.read()) {
      reads.push(Buffer.concat([...read]));
      if (reads.length < 5) await new Promise((resolve) => setTimeout(resolve, 5)); // more arrives meanwhile
    }
    assert.ok(reads.every(({ length }) => length > 0 && length <= 16_384));
    assert.deepEqual(Buffer.concat(reads), sent);
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
