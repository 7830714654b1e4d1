import assert from 'node:assert/strict';

import { RouterError } from '../../../../daemon/errors.ts';
import type { WireRequest } from '../../../../daemon/pipeline/wire-request.ts';
import type { FrontDoor, FrontDoorOptions } from '../../../support/front-door.ts';
import { CLIENT_TOKEN, errorDialect, openFrontDoor } from '../../../support/front-door.ts';
import { openRaw, requestText, sendRaw } from '../../../support/raw-http.ts';
import type { RawAnswer } from '../../../support/raw-http.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

describe('exchange handler', () => {
  const doors: FrontDoor[] = [];
  const open = async (options: FrontDoorOptions = {}): Promise<FrontDoor> => {
    const door = await openFrontDoor(options);
    doors.push(door);
    return door;
  };
  afterEach(async () => {
    await Promise.all(doors.splice(0).map((door) => door.server.close(0)));
  });

  const head = (
    port: number,
    extra: Readonly<Record<string, string>>,
    path = '/v1/chat/completions',
  ): string =>
    requestText(`POST ${path}`, {
      Host: `127.0.0.1:${port}`,
      Authorization: `Bearer ${CLIENT_TOKEN}`,
      'Content-Type': 'application/json',
      ...extra,
    });
  const codeOf = (answer: RawAnswer): string =>
    (JSON.parse(answer.body) as { error: { code: string } }).error.code;

  async function seen(
    extra: Readonly<Record<string, string>>,
    body: string,
    path?: string,
  ): Promise<WireRequest> {
    const clock = createVirtualClock();
    let wireRequest: WireRequest | undefined;
    const { port } = await open({
      clock,
      serveExchange: async (request, client) => {
        wireRequest = request;
        client.commit(200, { 'content-length': '0' });
        client.end();
      },
    });
    await sendRaw(
      port,
      head(port, { 'Content-Length': String(Buffer.byteLength(body)), ...extra }, path) + body,
    );
    assert.ok(wireRequest !== undefined);
    assert.equal(wireRequest.receivedAtMs, clock.now());
    assert.equal(wireRequest.monotonicStartMs, clock.monotonicMs());
    return wireRequest;
  }

  it('[A1] hands on dialect, path, query, headers and the bytes as they came', async () => {
    const body = '{ "model": "auto", "unknown": 1e400 }';
    const request = await seen(
      { 'X-Pointsman-Profile': 'budget' },
      body,
      '/v1/chat/completions?model=x&beta=true',
    );
    assert.equal(request.dialect, errorDialect);
    assert.equal(request.path, '/v1/chat/completions');
    assert.equal(request.query.get('model'), 'x');
    assert.equal(request.headers.get('x-pointsman-profile'), 'budget');
    assert.equal(request.bytes.toString(), body);
    assert.equal(request.signal.aborted, false);
  });

  it('[A6] keeps every credential at the door, and only the name of its header', async () => {
    const request = await seen(
      { 'x-api-key': CLIENT_TOKEN, 'x-goog-api-key': 'g', Cookie: 'c=1', 'Proxy-Authorization': 'p' },
      '{}',
      '/v1/chat/completions?key=g&model=x',
    );
    for (const name of ['authorization', 'x-api-key', 'x-goog-api-key', 'cookie', 'proxy-authorization']) {
      assert.equal(request.headers.get(name), '', name);
    }
    assert.equal(request.query.toString(), 'model=x');
  });

  it('[A6] strips the token out of the path', async () => {
    const request = await seen({ Authorization: '' }, '{}', `/k/${CLIENT_TOKEN}/v1/chat/completions`);
    assert.equal(request.path, '/v1/chat/completions');
  });

  it('takes the path with a slash at its end', async () => {
    assert.equal((await seen({}, '{}', '/v1/chat/completions/')).bytes.toString(), '{}');
  });

  it('serves 35 requests that come in one burst', async () => {
    const { port } = await open();
    const text = head(port, { 'Content-Length': '2' }) + '{}';
    const answers = await Promise.all(Array.from({ length: 35 }, () => sendRaw(port, text)));
    assert.deepEqual(new Set(answers.map((answer) => answer.statusCode)), new Set([200]));
  });

  it('answers 413 in the dialect before a large upload is through', async () => {
    const { port } = await open({ maxBodyBytes: 1_000 });
    const connection = await openRaw(port);
    connection.send(head(port, { 'Content-Length': '67108864' }) + 'x'.repeat(100));
    const answer = await connection.answer();
    assert.equal(answer.statusCode, 413);
    assert.equal(codeOf(answer), 'request.too_large');
    assert.equal(answer.headers.get('connection'), 'close');
    connection.destroy();
  });

  it('lets a client that uploads without looking read the 413, and then closes', async () => {
    const { port } = await open({ maxBodyBytes: 1_000 });
    const connection = await openRaw(port);
    connection.send(head(port, { 'Content-Length': '20000000' }));
    connection.send(Buffer.alloc(20_000_000, 'x'));
    const text = await connection.closed();
    assert.match(text, /^HTTP\/1\.1 413 /);
    assert.match(text, /"code":"request\.too_large"/);
  });

  it('closes the connection of an upload that drips on after its 413', async () => {
    const clock = createVirtualClock();
    const { port } = await open({ maxBodyBytes: 1_000, clock });
    const connection = await openRaw(port);
    connection.send(head(port, { 'Content-Length': '20000000' }));
    await connection.answer();
    await clock.advance(5_000);
    await connection.closed();
    assert.equal(clock.pendingTimers(), 0);
  });

  it('does not read the body of a request without a key', async () => {
    const { port } = await open();
    const connection = await openRaw(port);
    connection.send(head(port, { 'Content-Length': '5000', Authorization: '' }));
    assert.equal((await connection.answer()).statusCode, 401);
    connection.destroy();
  });

  it('answers a stalled body with 408', async () => {
    const clock = createVirtualClock();
    const { port } = await open({ clock });
    const connection = await openRaw(port);
    connection.send(head(port, { 'Content-Length': '10' }) + 'abc');
    await clock.waitForTimers(1);
    await clock.advance(30_000);
    assert.equal((await connection.answer()).statusCode, 408);
    connection.destroy();
  });

  it('calls nobody when the client leaves during the upload', async () => {
    let calls = 0;
    const { port, server } = await open({
      serveExchange: async () => {
        calls += 1;
      },
    });
    const connection = await openRaw(port);
    connection.send(head(port, { 'Content-Length': '10' }) + 'abc');
    while (server.runningExchanges() === 0) await new Promise((resolve) => setImmediate(resolve));
    connection.destroy();
    while (server.runningExchanges() > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(calls, 0);
  });

  it('passes a RouterError of the request path on in the dialect', async () => {
    const { port } = await open({
      serveExchange: () => Promise.reject(new RouterError('budget.exceeded', 'the day budget is used up')),
    });
    const answer = await sendRaw(port, head(port, { 'Content-Length': '2' }) + '{}');
    assert.equal(answer.statusCode, 429);
    assert.equal(answer.headers.get('x-should-retry'), 'false');
    assert.equal(codeOf(answer), 'budget.exceeded');
  });

  it('turns a bug in the request path into a 500 that tells nothing, and logs it', async () => {
    const logged: unknown[] = [];
    const log = {
      debug() {},
      info() {},
      warn() {},
      error: (_: string, fields?: object) => void logged.push(fields),
    };
    const { port } = await open({ log, serveExchange: () => Promise.reject(new Error('secret detail')) });
    const answer = await sendRaw(port, head(port, { 'Content-Length': '2' }) + '{}');
    assert.equal(answer.statusCode, 500);
    assert.doesNotMatch(answer.body, /secret/);
    assert.match(JSON.stringify(logged), /secret detail/);
  });
});
