import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createPlainServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { RouterError } from '../../../../daemon/errors.ts';
import type { ServeExchange, WireRequest } from '../../../../daemon/pipeline/wire-request.ts';
import type { ClientResponse } from '../../../../daemon/pipeline/client-response.ts';
import type { FrontDoor, FrontDoorOptions } from '../../../support/front-door.ts';
import { ADMIN_TOKEN, buildFrontDoor, CLIENT_TOKEN, openFrontDoor } from '../../../support/front-door.ts';
import { openRaw, requestText, sendRaw } from '../../../support/raw-http.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

interface HeldExchange {
  readonly wireRequest: WireRequest;
  readonly client: ClientResponse;
  readonly finish: () => void;
}

/** Holds each exchange until the test finishes it. */
function holdingExchanges(): { readonly serve: ServeExchange; readonly next: () => Promise<HeldExchange> } {
  const held: HeldExchange[] = [];
  const waiting: ((exchange: HeldExchange) => void)[] = [];
  return {
    serve: (wireRequest, client) =>
      new Promise<void>((resolve, reject) => {
        const finish = (): void => {
          client.commit(200, { 'content-length': '2' });
          void client.write('ok');
          client.end();
          resolve();
        };
        wireRequest.signal.addEventListener('abort', () => reject(wireRequest.signal.reason as Error));
        const exchange = { wireRequest, client, finish };
        const waiter = waiting.shift();
        if (waiter === undefined) held.push(exchange);
        else waiter(exchange);
      }),
    next: () => {
      const exchange = held.shift();
      if (exchange !== undefined) return Promise.resolve(exchange);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

function chat(port: number, extra: Readonly<Record<string, string>> = {}, body = '{}'): string {
  return requestText(
    'POST /v1/chat/completions',
    {
      Host: `127.0.0.1:${port}`,
      Authorization: `Bearer ${CLIENT_TOKEN}`,
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
      ...extra,
    },
    body,
  );
}

function get(port: number, path: string, token = CLIENT_TOKEN): string {
  return requestText(`GET ${path}`, { Host: `127.0.0.1:${port}`, 'x-api-key': token });
}

describe('http server', () => {
  const doors: FrontDoor[] = [];
  const open = async (options: FrontDoorOptions = {}): Promise<FrontDoor> => {
    const door = await openFrontDoor(options);
    doors.push(door);
    return door;
  };
  afterEach(async () => {
    await Promise.all(doors.splice(0).map((door) => door.server.close(0)));
  });

  describe('listening', () => {
    it('picks a free port and names it in the url', async () => {
      const { url, port } = await open();
      assert.equal(url, `http://127.0.0.1:${port}`);
      assert.ok(port > 0);
    });

    it('listens on ::1 when asked to', async function () {
      const server = buildFrontDoor();
      try {
        const { url, port } = await server.listen(0, '::1');
        assert.equal(url, `http://[::1]:${port}`);
        const connection = await openRaw(port, '::1');
        connection.send(requestText('GET /healthz', { Host: `[::1]:${port}` }));
        assert.equal((await connection.answer()).statusCode, 200);
        connection.destroy();
      } catch (error) {
        if (!(error instanceof RouterError)) throw error;
        console.log('      skipped: this machine has no ::1');
        this.skip();
      } finally {
        await server.close(0);
      }
    });

    for (const host of ['0.0.0.0', '::', '192.168.1.7', '', 'example.org', '127.0.0.2', '*']) {
      it(`refuses to listen on "${host}" and says what to use`, async () => {
        await assert.rejects(buildFrontDoor().listen(0, host), (error: RouterError) => {
          assert.equal(error.code, 'config.invalid');
          assert.match(error.message, /--host 127\.0\.0\.1 or ::1/);
          return true;
        });
      });
    }

    it('names the port and --port 0 when the port is taken', async () => {
      const stranger = createPlainServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => stranger.once('listening', resolve));
      const { port } = stranger.address() as AddressInfo;
      await assert.rejects(buildFrontDoor().listen(port, '127.0.0.1'), (error: RouterError) => {
        assert.match(error.message, new RegExp(`port ${port} .*--port 0`));
        return true;
      });
      stranger.close();
    });
  });

  describe('small endpoints', () => {
    for (const [line, withBody] of [
      ['GET /', true],
      ['HEAD /', false],
      ['GET /healthz', true],
      ['HEAD /api/hello', false],
    ] as const) {
      it(`answers ${line} without a key and tells nothing`, async () => {
        const { port } = await open();
        const connection = await openRaw(port);
        connection.send(requestText(line, { Host: `127.0.0.1:${port}`, Connection: 'close' }));
        const text = await connection.closed();
        assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
        assert.equal(text.endsWith('{"status":"ok"}'), withBody);
        assert.doesNotMatch(text, /pointsman|\d+\.\d+\.\d+|deepseek/i);
      });
    }

    it('[A4] lists the models in both forms', async () => {
      const { port } = await open();
      const openai = await sendRaw(port, get(port, '/v1/models?limit=1000'));
      assert.equal((JSON.parse(openai.body) as { object: string }).object, 'list');
      const anthropic = await sendRaw(
        port,
        requestText('GET /v1/models', {
          Host: `127.0.0.1:${port}`,
          'x-api-key': CLIENT_TOKEN,
          'anthropic-version': '2023-06-01',
        }),
      );
      assert.equal((JSON.parse(anthropic.body) as { has_more: boolean }).has_more, false);
    });

    it('finds a model whose id holds a slash, plain or percent-encoded', async () => {
      const { port } = await open();
      for (const path of ['/v1/models/exact/deepseek-flash', '/v1/models/exact%2Fdeepseek-flash']) {
        const answer = await sendRaw(port, get(port, path));
        assert.equal((JSON.parse(answer.body) as { id: string }).id, 'exact/deepseek-flash');
      }
    });

    it('answers 404 only for an exact model that is not configured', async () => {
      const { port } = await open();
      assert.equal((await sendRaw(port, get(port, '/v1/models/exact/nope'))).statusCode, 404);
      assert.equal((await sendRaw(port, get(port, '/v1/models/nope'))).statusCode, 200);
    });
  });

  describe('the control bridge', () => {
    it('hands method, path, query and body to the control API and sends its answer', async () => {
      const { port } = await open({
        answerCall: ({ method, path, query, bytes }) => ({
          statusCode: 202,
          body: { method, path, since: query.get('since'), text: bytes.toString() },
          headers: { 'x-extra': 'yes' },
        }),
      });
      const body = '{"a":1}';
      const answer = await sendRaw(
        port,
        requestText(
          'PUT /pointsman/v1/override?since=7d',
          {
            Host: `127.0.0.1:${port}`,
            Authorization: `Bearer ${ADMIN_TOKEN}`,
            'Content-Type': 'application/json',
            'Content-Length': '7',
          },
          body,
        ),
      );
      assert.equal(answer.statusCode, 202);
      assert.equal(answer.headers.get('x-extra'), 'yes');
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      assert.deepEqual(JSON.parse(answer.body), {
        method: 'PUT',
        path: '/pointsman/v1/override',
        since: '7d',
        text: body,
      });
    });

    it('answers 500 without internals when the control API throws', async () => {
      const { port } = await open({
        answerCall: () => {
          throw new Error('secret /home/user');
        },
      });
      const answer = await sendRaw(port, get(port, '/pointsman/v1/status', ADMIN_TOKEN));
      assert.equal(answer.statusCode, 500);
      assert.doesNotMatch(answer.body, /secret|home/);
    });
  });

  describe('limits', () => {
    it('answers 503 with retry-after in the dialect of the client when too many exchanges run', async () => {
      const exchanges = holdingExchanges();
      const { port, server } = await open({ serveExchange: exchanges.serve, maxConcurrent: 1 });
      const first = await openRaw(port);
      first.send(chat(port));
      const running = await exchanges.next();
      assert.equal(server.runningExchanges(), 1);

      const refused = await sendRaw(port, chat(port));
      assert.equal(refused.statusCode, 503);
      assert.equal(refused.headers.get('retry-after'), '1');
      assert.equal(refused.headers.get('x-should-retry'), undefined);
      assert.equal((JSON.parse(refused.body) as { error: { code: string } }).error.code, 'router.overloaded');
      assert.equal((await sendRaw(port, get(port, '/healthz'))).statusCode, 200);

      running.finish();
      assert.equal((await first.answer()).statusCode, 200);
      const third = await openRaw(port);
      third.send(chat(port));
      (await exchanges.next()).finish();
      assert.equal((await third.answer()).statusCode, 200);
      first.destroy();
      third.destroy();
    });

    it('lets the next wait for a place, and tells the request path how long it did [F28]', async () => {
      const clock = createVirtualClock();
      const exchanges = holdingExchanges();
      const limits = { maxConcurrent: 1, maxQueued: 1, clock };
      const { port, server } = await open({ serveExchange: exchanges.serve, ...limits });
      const [first, second] = [await openRaw(port), await openRaw(port)];
      first.send(chat(port));
      const running = await exchanges.next();
      second.send(chat(port));
      while (server.runningExchanges() < 2) await new Promise((resolve) => setImmediate(resolve));
      assert.equal((await sendRaw(port, chat(port))).statusCode, 503);
      await clock.advance(700);
      running.finish();
      const waited = await exchanges.next();
      assert.deepEqual([running.wireRequest.queuedMs, waited.wireRequest.queuedMs], [undefined, 700]);
      waited.finish();
      assert.equal((await second.answer()).statusCode, 200);
      for (const connection of [first, second]) connection.destroy();
    });

    it('takes no place for a request whose body is not here yet [F27]', async () => {
      const { port } = await open({ maxConcurrent: 1 });
      const slow = await openRaw(port);
      slow.send(chat(port, { 'Content-Length': '10' }));
      assert.equal((await sendRaw(port, chat(port))).statusCode, 200);
      slow.destroy();
    });

    it('refuses before the body when there is no room, so that nothing is read in vain', async () => {
      const exchanges = holdingExchanges();
      const { port } = await open({ serveExchange: exchanges.serve, maxConcurrent: 1 });
      const first = await openRaw(port);
      first.send(chat(port));
      const running = await exchanges.next();
      const answer = await sendRaw(port, chat(port, { 'Content-Length': '1000000' }));
      assert.equal(answer.statusCode, 503);
      running.finish();
      first.destroy();
    });

    it('serves a newcomer however many connections are held open without a request [F27]', async () => {
      const { port, server } = await open();
      const known = await openRaw(port);
      known.send(chat(port));
      await known.answer();
      const held = await Promise.all(Array.from({ length: 700 }, () => openRaw(port)));
      assert.equal((await sendRaw(port, chat(port))).statusCode, 200);
      assert.ok(server.connectionCount() <= 642, `${server.connectionCount()} connections`);
      known.send(chat(port)); // an assistant between two requests is not a stranger
      assert.equal((await known.answer()).statusCode, 200);
      known.destroy();
      assert.ok(held.slice(-600).every(({ socket }) => !socket.destroyed));
      for (const connection of held) connection.destroy();
    });

    it('sends away who waits for a place when the daemon stops', async () => {
      const exchanges = holdingExchanges();
      const { port, server } = await open({
        serveExchange: exchanges.serve,
        maxConcurrent: 1,
        maxQueued: 1,
      });
      const [first, second] = [await openRaw(port), await openRaw(port)];
      first.send(chat(port));
      const running = await exchanges.next();
      second.send(chat(port));
      while (server.runningExchanges() < 2) await new Promise((resolve) => setImmediate(resolve));
      const closed = server.close(30_000);
      const refused = await second.answer();
      assert.equal(
        (JSON.parse(refused.body) as { error: { code: string } }).error.code,
        'router.shutting_down',
      );
      assert.deepEqual([refused.statusCode, refused.headers.get('retry-after')], [503, '1']);
      running.finish();
      assert.equal((await first.answer()).body, 'ok');
      await closed;
    });

    it('frees the place of an exchange whose client has left', async () => {
      const exchanges = holdingExchanges();
      const { port } = await open({ serveExchange: exchanges.serve, maxConcurrent: 1 });
      const first = await openRaw(port);
      first.send(chat(port));
      const { wireRequest } = await exchanges.next();
      const aborted = new Promise((resolve) => wireRequest.signal.addEventListener('abort', resolve));
      first.destroy();
      await aborted;
      assert.equal((wireRequest.signal.reason as RouterError).code, 'client.closed');
      const second = await openRaw(port);
      second.send(chat(port));
      (await exchanges.next()).finish();
      assert.equal((await second.answer()).statusCode, 200);
      second.destroy();
    });

    it('answers 408 to headers that do not come and closes the connection', async () => {
      const { port } = await open({ patience: { headersMs: 20 } });
      const drip = await openRaw(port);
      drip.send('POST /v1/chat/completions HTTP/1.1\r\nHost: 127');
      assert.match(await drip.closed(), /^HTTP\/1\.1 408 /);
    });

    it('serves others while a hundred connections drip their headers', async () => {
      const { port } = await open();
      const drips = await Promise.all(Array.from({ length: 100 }, () => openRaw(port)));
      for (const drip of drips) drip.send('POST /v1/chat/completions HTTP/1.1\r\nHo');
      assert.equal((await sendRaw(port, chat(port))).statusCode, 200);
      for (const drip of drips) drip.destroy();
    });

    it('reuses a connection for the next request', async () => {
      const { port, server } = await open();
      const connection = await openRaw(port);
      connection.send(chat(port));
      assert.equal((await connection.answer()).body, '{}');
      connection.send(chat(port, {}, '[1]'));
      assert.equal((await connection.answer()).body, '[1]');
      assert.equal(server.connectionCount(), 1);
      connection.destroy();
    });

    it('lets an upload that asks first begin when the guard has let it in, and not before', async () => {
      const { port } = await open();
      const [head = ''] = chat(port, { Expect: '100-continue' }).split('\r\n\r\n', 1);
      const admitted = await openRaw(port);
      admitted.send(`${head}\r\n\r\n`);
      while (!admitted.received().startsWith('HTTP/1.1 100 Continue\r\n\r\n'))
        await once(admitted.socket, 'data');
      admitted.send('{}');
      while (!admitted.received().includes('HTTP/1.1 200 OK')) await once(admitted.socket, 'data');
      const refused = await openRaw(port);
      refused.send(`${head.replace(CLIENT_TOKEN, 'other')}\r\n\r\n`);
      assert.equal((await refused.answer()).statusCode, 401);
      for (const connection of [admitted, refused]) connection.destroy();
    });

    it('passes over an expectation that it does not know', async () => {
      const { port } = await open();
      assert.equal((await sendRaw(port, chat(port, { Expect: 'wonders' }))).statusCode, 200);
    });

    it('treats an offer of h2c as a plain request', async () => {
      const { port } = await open();
      const answer = await sendRaw(
        port,
        chat(port, { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c' }),
      );
      assert.equal(answer.statusCode, 200);
    });
  });

  describe('stopping', () => {
    it('closes at once when nothing runs, idle connections included', async () => {
      const { port, server } = await open();
      const idle = await openRaw(port);
      idle.send(get(port, '/healthz'));
      await idle.answer();
      await server.close(30_000);
      await idle.closed();
      assert.equal(server.connectionCount(), 0);
      await assert.rejects(openRaw(port));
    });

    it('lets a running exchange finish and refuses new ones on open connections', async () => {
      const exchanges = holdingExchanges();
      const { port, server } = await open({ serveExchange: exchanges.serve });
      const [busy, fresh] = [await openRaw(port), await openRaw(port)];
      busy.send(chat(port));
      const running = await exchanges.next();
      const closing = server.close(30_000);

      fresh.send(chat(port));
      const refused = await fresh.answer();
      assert.equal(refused.statusCode, 503);
      assert.equal(refused.headers.get('retry-after'), '1');
      assert.equal(refused.headers.get('connection'), 'close');
      assert.equal(
        (JSON.parse(refused.body) as { error: { code: string } }).error.code,
        'router.shutting_down',
      );

      running.finish();
      assert.equal((await busy.answer()).body, 'ok');
      await closing;
    });

    it('closes the connection of a refused request that had no body either', async () => {
      const exchanges = holdingExchanges();
      const { port, server } = await open({ serveExchange: exchanges.serve });
      const [busy, fresh] = [await openRaw(port), await openRaw(port)];
      busy.send(chat(port));
      const running = await exchanges.next();
      const closing = server.close(30_000);
      fresh.send(get(port, '/healthz'));
      assert.match(await fresh.closed(), /^HTTP\/1\.1 503 .*connection: close/is);
      running.finish();
      await closing;
      busy.destroy();
    });

    it('frees the port at once when it stops listening, and ends each connection with its answer', async () => {
      const exchanges = holdingExchanges();
      const { port, server } = await open({ serveExchange: exchanges.serve });
      const [busy, other] = [await openRaw(port), await openRaw(port)];
      busy.send(chat(port));
      other.send(chat(port));
      const running = [await exchanges.next(), await exchanges.next()];
      server.stopListening();
      const successor = createPlainServer();
      await new Promise<void>((resolve, reject) => {
        successor.on('error', reject).listen(port, '127.0.0.1', resolve);
      });
      running[0]?.finish();
      assert.match(await busy.closed(), /ok$/); // although it asked to be kept alive
      assert.equal(server.runningExchanges(), 1);
      running[1]?.finish();
      assert.equal((await other.answer()).body, 'ok');
      await server.close(30_000);
      await new Promise((resolve) => successor.close(resolve));
    });

    it('remembers when it was last used by somebody with a token', async () => {
      const clock = createVirtualClock();
      const exchanges = holdingExchanges();
      const { port, server } = await open({ serveExchange: exchanges.serve, clock });
      await clock.advance(1000);
      await sendRaw(port, requestText('GET /healthz', { Host: `127.0.0.1:${port}` }));
      await sendRaw(port, get(port, '/v1/models', 'wrong'));
      assert.equal(server.lastUsedMs(), 0);
      const busy = await openRaw(port);
      busy.send(chat(port));
      const running = await exchanges.next();
      assert.equal(server.lastUsedMs(), 1000);
      await clock.advance(1000);
      running.finish();
      await busy.answer();
      assert.equal(server.lastUsedMs(), 2000);
      busy.destroy();
    });

    it('calls off what still runs after the grace period, with an answer in the dialect', async () => {
      const clock = createVirtualClock();
      const exchanges = holdingExchanges();
      const { port, server } = await open({ serveExchange: exchanges.serve, clock });
      const busy = await openRaw(port);
      busy.send(chat(port));
      const { wireRequest } = await exchanges.next();
      const closing = server.close(30_000);
      await clock.advance(29_999);
      assert.equal(wireRequest.signal.aborted, false);
      await clock.advance(1);
      assert.equal((wireRequest.signal.reason as RouterError).code, 'router.shutting_down');
      assert.equal((await busy.answer()).statusCode, 503);
      await closing;
      assert.equal(clock.pendingTimers(), 0);
    });

    it('destroys a committed stream after the grace period, without a terminator', async () => {
      const clock = createVirtualClock();
      const exchanges = holdingExchanges();
      const { port, server } = await open({ serveExchange: exchanges.serve, clock });
      const busy = await openRaw(port);
      busy.send(chat(port));
      const { client } = await exchanges.next();
      client.commit(200, { 'content-type': 'text/event-stream' });
      void client.write('data: 1\n\n');
      const closing = server.close(10);
      await clock.advance(10);
      await closing;
      const text = await busy.closed();
      assert.match(text, /data: 1\n\n/);
      assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
    });

    it('cuts an exchange that ignores being called off', async () => {
      const clock = createVirtualClock();
      let hasStarted = (): void => {};
      const started = new Promise<void>((resolve) => (hasStarted = resolve));
      const serveExchange: ServeExchange = () => {
        hasStarted();
        return new Promise<void>(() => {});
      };
      const { port, server } = await open({ serveExchange, clock });
      const busy = await openRaw(port);
      busy.send(chat(port));
      await started;
      const closing = server.close(10);
      await clock.advance(10);
      await clock.waitForTimers(1);
      await clock.advance(1_000);
      await closing;
      assert.equal(await busy.closed(), '');
    });

    it('refuses upgrades while it stops', async () => {
      const exchanges = holdingExchanges();
      const { port, server } = await open({ serveExchange: exchanges.serve });
      const [busy, fresh] = [await openRaw(port), await openRaw(port)];
      busy.send(chat(port));
      const running = await exchanges.next();
      const closing = server.close(30_000);
      fresh.send(
        requestText('GET /pointsman/v1/events', {
          Host: `127.0.0.1:${port}`,
          Authorization: `Bearer ${ADMIN_TOKEN}`,
          Connection: 'Upgrade',
          Upgrade: 'websocket',
        }),
      );
      assert.equal((await fresh.answer()).statusCode, 503);
      running.finish();
      await closing;
      busy.destroy();
    });

    it('may be asked twice', async () => {
      const { server } = await open();
      await Promise.all([server.close(0), server.close(0)]);
    });
  });

  it('keeps running when a handler throws after the commit', async () => {
    const { port } = await open({
      serveExchange: async (_, client) => {
        client.commit(200, { 'content-type': 'text/event-stream' });
        void client.write('data: 1\n\n');
        throw new Error('a bug');
      },
    });
    const connection = await openRaw(port);
    connection.send(chat(port));
    assert.doesNotMatch(await connection.closed(), /0\r\n\r\n$/);
    assert.equal((await sendRaw(port, get(port, '/healthz'))).statusCode, 200);
  });

  it('writes nothing between the bytes of a stream when its client sends garbage', async () => {
    const exchanges = holdingExchanges();
    const { port } = await open({ serveExchange: exchanges.serve });
    const connection = await openRaw(port);
    connection.send(chat(port));
    const { client } = await exchanges.next();
    client.commit(200, { 'content-type': 'text/event-stream' });
    void client.write('data: 1\n\n');
    connection.send('garbage\r\n\r\n');
    const text = await connection.closed();
    assert.equal(text.match(/HTTP\/1\.1 \d/g)?.length, 1);
    assert.match(text, /data: 1\n\n/);
  });

  it('never logs a path, a query or a key', async () => {
    const lines: string[] = [];
    const write = (message: string, fields?: object): void => {
      lines.push(message + JSON.stringify(fields ?? {}));
    };
    const log = { debug: write, info: write, warn: write, error: write };
    const { port } = await open({ log });
    await sendRaw(port, get(port, '/k/secret-token/v1/models?key=secret-query', 'secret-key'));
    await sendRaw(port, get(port, '/v1/secret-path'));
    assert.equal(lines.length, 2);
    for (const line of lines) assert.doesNotMatch(line, /secret/);
  });
});
