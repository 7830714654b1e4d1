import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { RouterError } from '../../../../daemon/errors.ts';
import { NodeClientResponse } from '../../../../daemon/http/node-client-response.ts';
import { errorDialect } from '../../../support/front-door.ts';
import { openRaw } from '../../../support/raw-http.ts';
import type { RawConnection } from '../../../support/raw-http.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import type { VirtualClock } from '../../../support/virtual-clock.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

interface Accepted {
  readonly client: NodeClientResponse;
  readonly response: ServerResponse;
  readonly connection: RawConnection;
}

describe('NodeClientResponse', () => {
  let server: Server;
  let clock: VirtualClock;
  let stopListeners: Set<() => void>;
  let onClient: (client: NodeClientResponse, response: ServerResponse) => void;
  const connections: RawConnection[] = [];

  before(async () => {
    server = createServer((request, response) => {
      onClient(new NodeClientResponse({ request, response, clock, stopListeners }), response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    clock = createVirtualClock();
    stopListeners = new Set();
  });
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.destroy();
  });
  after(() => server.close());

  async function accept(text = GET): Promise<Accepted> {
    const arrived = new Promise<Pick<Accepted, 'client' | 'response'>>((resolve) => {
      onClient = (client, response) => resolve({ client, response });
    });
    const connection = await openRaw((server.address() as AddressInfo).port);
    connections.push(connection);
    connection.send(text);
    return { ...(await arrived), connection };
  }

  const aborted = (client: NodeClientResponse): Promise<RouterError> =>
    new Promise((resolve) =>
      client.signal.addEventListener('abort', () => resolve(client.signal.reason as RouterError)),
    );

  it('sends status, headers and body', async () => {
    const { client, connection } = await accept();
    client.commit(200, { 'X-Pointsman-Model': 'deepseek-flash', 'content-length': '2' });
    assert.equal(client.isCommitted, true);
    assert.equal(client.write('ok'), undefined);
    client.end();
    const answer = await connection.answer();
    assert.equal(answer.headers.get('x-pointsman-model'), 'deepseek-flash');
    assert.equal(answer.body, 'ok');
    assert.equal(client.signal.aborted, false);
  });

  it('writes nothing to the socket before the first content', async () => {
    const { client, connection } = await accept();
    client.commit(200, { 'content-length': '2' });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(connection.received(), '');
    void client.write('ok');
    client.end();
    assert.equal((await connection.answer()).statusCode, 200);
  });

  it('[A3] marks an event stream as not to be buffered or stored, and sends each write at once', async () => {
    const { client, connection } = await accept();
    client.commit(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    void client.write('data: 1\n\n');
    while (!connection.received().includes('data: 1\n\n'))
      await new Promise((resolve) => setImmediate(resolve));
    assert.match(connection.received(), /cache-control: no-cache\r\n/);
    assert.match(connection.received(), /x-accel-buffering: no\r\n/);
    client.end();
  });

  it('leaves a plain answer without stream headers', async () => {
    const { client, connection } = await accept();
    client.commit(200, { 'content-type': 'application/json', 'content-length': '0' });
    client.end();
    assert.equal((await connection.answer()).headers.has('x-accel-buffering'), false);
  });

  it('keeps line breaks, cookies and CORS out of the headers', async () => {
    const { client, connection } = await accept();
    client.commit(200, {
      'x-pointsman-model': 'a\r\nset-cookie: b\0ü€',
      'set-cookie': 'a=b',
      'access-control-allow-origin': '*',
      'transfer-encoding': 'identity',
      'bad name': 'x',
      'content-length': '0',
    });
    client.end();
    const { headers } = await connection.answer();
    assert.equal(headers.get('x-pointsman-model'), 'a??set-cookie: b?ü?');
    for (const name of ['set-cookie', 'access-control-allow-origin', 'transfer-encoding', 'bad name']) {
      assert.equal(headers.has(name), false, name);
    }
  });

  it('sends no body in answer to HEAD', async () => {
    const { client, connection } = await accept('HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    client.commit(200, { 'content-length': '2' });
    void client.write('ok');
    client.end();
    assert.doesNotMatch(await connection.closed(), /ok$/);
  });

  it('throws on a second commit, a write before the commit and an end before the commit', async () => {
    const { client } = await accept();
    assert.throws(() => client.write('x'));
    assert.throws(() => client.end());
    client.commit(200, {});
    assert.throws(() => client.commit(200, {}));
    client.end();
  });

  describe('back-pressure', () => {
    /** More than the buffers of any loopback socket hold, in an object since a promise cannot be returned unresolved. */
    function fill(client: NodeClientResponse): { readonly drain: Promise<void> } {
      if (!client.isCommitted) client.commit(200, { 'content-type': 'text/event-stream' });
      const drain = client.write(Buffer.alloc(33_554_432));
      assert.ok(drain !== undefined);
      return { drain };
    }

    it('[A3] waits for the reader and goes on when it reads again', async () => {
      const { client, connection } = await accept();
      connection.socket.pause();
      const { drain } = fill(client);
      connection.socket.resume();
      await drain;
      assert.equal(clock.pendingTimers(), 0);
      connection.destroy();
    });

    it('rejects the wait when the reader leaves', async () => {
      const { client, connection } = await accept();
      connection.socket.pause();
      const { drain } = fill(client);
      connection.destroy();
      await assert.rejects(drain, { code: 'client.closed' });
      assert.equal(client.signal.aborted, true);
      assert.equal(clock.pendingTimers(), 0);
    });

    it('cuts a reader that takes nothing for five minutes', async () => {
      const { client, connection } = await accept();
      connection.socket.pause();
      const { drain } = fill(client);
      const left = aborted(client);
      drain.catch(() => {});
      await clock.advance(299_999);
      assert.equal(client.signal.aborted, false);
      await clock.advance(1);
      assert.equal((await left).code, 'client.closed');
    });

    it('cuts a reader that keeps it waiting for five minutes in all, whatever it takes meanwhile [F26]', async () => {
      const { client, connection } = await accept();
      connection.socket.pause();
      const first = fill(client);
      await clock.advance(200_000);
      connection.socket.resume();
      await first.drain;
      connection.socket.pause();
      const { drain } = fill(client);
      drain.catch(() => {});
      await clock.advance(99_999);
      assert.equal(client.signal.aborted, false);
      const left = aborted(client);
      await clock.advance(1);
      assert.equal((await left).code, 'client.closed');
    });

    it('cuts a reader that leaves the last bytes of an ended answer untaken', async () => {
      const { client, connection, response } = await accept();
      connection.socket.pause();
      client.commit(200, { 'content-type': 'text/event-stream' });
      await fillKernel(client, response, 10_000);
      assert.equal(clock.pendingTimers(), 0);
      client.end();
      await clock.advance(300_000);
      connection.socket.resume();
      assert.doesNotMatch(await connection.closed(), /\r\n0\r\n\r\n$/);
      assert.equal(client.signal.aborted, false);
    });

    /** Small writes until one stays in our own buffer, too little to be told to wait. */
    async function fillKernel(
      client: NodeClientResponse,
      response: ServerResponse,
      tries: number,
    ): Promise<void> {
      assert.ok(tries > 0, 'the socket took everything');
      assert.equal(client.write(Buffer.alloc(16_384)), undefined);
      await new Promise((resolve) => setImmediate(resolve));
      if (response.writableLength === 0) await fillKernel(client, response, tries - 1);
    }
  });

  describe('fail', () => {
    const failWith = async (
      error: RouterError,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<ReturnType<RawConnection['answer']>> => {
      const { client, connection } = await accept();
      client.fail(errorDialect, error, headers);
      return connection.answer();
    };

    it('answers in the dialect before the commit', async () => {
      const answer = await failWith(new RouterError('request.malformed', 'no messages'), {
        'x-pointsman-exchange-id': 'x_1',
      });
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.headers.get('content-type'), 'application/json');
      assert.equal(answer.headers.get('content-length'), String(answer.body.length));
      assert.equal(answer.headers.get('x-pointsman-exchange-id'), 'x_1');
      assert.equal((JSON.parse(answer.body) as { error: { code: string } }).error.code, 'request.malformed');
    });

    for (const code of [
      'upstream.all_failed',
      'upstream.rejected',
      'route.no_eligible_target',
      'budget.exceeded',
      'router.internal',
    ] as const) {
      it(`[A28] tells the client not to retry after ${code}`, async () => {
        const answer = await failWith(new RouterError(code, 'x'));
        assert.equal(answer.headers.get('x-should-retry'), 'false');
      });
    }

    for (const code of ['router.overloaded', 'request.malformed'] as const) {
      it(`leaves the retry to the client after ${code}`, async () => {
        const answer = await failWith(new RouterError(code, 'x'));
        assert.equal(answer.headers.has('x-should-retry'), false);
      });
    }

    for (const [retryAfterMs, seconds, milliseconds] of [
      [1, '1', '1'],
      [1_000, '1', '1000'],
      [1_001, '2', '1001'],
      [90_000.4, '91', '90001'],
      [0, '0', '0'],
      [-5, '0', '0'],
    ] as const) {
      it(`[A30] sends retry-after ${seconds} s for ${retryAfterMs} ms`, async () => {
        const { headers } = await failWith(new RouterError('upstream.all_failed', 'x', { retryAfterMs }));
        assert.equal(headers.get('retry-after'), seconds);
        assert.equal(headers.get('retry-after-ms'), milliseconds);
      });
    }

    it('sends no retry-after when none is known', async () => {
      const { headers } = await failWith(new RouterError('upstream.all_failed', 'x'));
      assert.equal(headers.has('retry-after'), false);
      assert.equal(headers.has('retry-after-ms'), false);
    });

    it('destroys the connection after the commit and never ends the answer', async () => {
      const { client, connection } = await accept();
      client.commit(200, { 'content-type': 'text/event-stream' });
      void client.write('data: 1\n\n');
      client.fail(errorDialect, new RouterError('upstream.stream_interrupted', 'x'), {});
      const text = await connection.closed();
      assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
      assert.equal(client.signal.aborted, false);
    });

    it('does nothing after the end of a complete answer', async () => {
      const { client, connection } = await accept();
      client.commit(200, { 'content-length': '2' });
      void client.write('ok');
      client.end();
      client.fail(errorDialect, new RouterError('router.internal', 'x'), {});
      assert.equal((await connection.answer()).body, 'ok');
    });

    it('does nothing when it has failed before', async () => {
      const { client, connection } = await accept();
      client.fail(errorDialect, new RouterError('request.malformed', 'first'), {});
      client.fail(errorDialect, new RouterError('router.internal', 'second'), {});
      assert.equal((await connection.answer()).statusCode, 400);
      await assert.rejects(Promise.resolve(client.write('x')), { code: 'client.closed' });
    });
  });

  describe('a client that leaves', () => {
    it('aborts the signal with client.closed before the commit', async () => {
      const { client, connection } = await accept();
      const left = aborted(client);
      connection.destroy();
      assert.equal((await left).code, 'client.closed');
      client.fail(errorDialect, await left, {});
    });

    it('aborts the signal in the middle of a stream, and further writes reject', async () => {
      const { client, connection } = await accept();
      client.commit(200, { 'content-type': 'text/event-stream' });
      void client.write('data: 1\n\n');
      const left = aborted(client);
      connection.destroy();
      await left;
      await assert.rejects(Promise.resolve(client.write('x')), { code: 'client.closed' });
      client.end();
    });

    it('may be committed to without harm', async () => {
      const { client, connection } = await accept();
      const left = aborted(client);
      connection.destroy();
      await left;
      client.commit(200, {});
      await assert.rejects(Promise.resolve(client.write('x')), { code: 'client.closed' });
    });

    it('does not abort when it leaves after a complete answer', async () => {
      const { client, connection } = await accept();
      client.commit(200, { 'content-length': '2' });
      void client.write('ok');
      client.end();
      await connection.answer();
      connection.destroy();
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(client.signal.aborted, false);
    });
  });

  it('aborts with router.shutting_down when the daemon stops, and forgets the daemon when it is over', async () => {
    const { client, connection } = await accept();
    assert.equal(stopListeners.size, 1);
    for (const stop of stopListeners) stop();
    const reason = client.signal.reason as RouterError;
    assert.equal(reason.code, 'router.shutting_down');
    client.fail(errorDialect, reason, {});
    const answer = await connection.answer();
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.headers.get('retry-after'), '1');
    assert.equal(stopListeners.size, 0);
  });
});
