import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TokenVerifier } from '../../../../daemon/lifecycle/tokens.ts';
import { createCall } from '../../../../extension/daemon/client.ts';
import type { DaemonConnection } from '../../../../extension/daemon/daemon-session.ts';

const TOKENS = { admin: `pma_${'a'.repeat(43)}`, client: `pm_${'c'.repeat(43)}` };

describe('a call of the control API', () => {
  let server: Server;
  let url: string;
  let seen: IncomingMessage[];
  let answer: RequestListener;
  let body: string;
  const secret = new TokenVerifier(TOKENS);

  beforeEach(async () => {
    seen = [];
    body = '';
    answer = (_, response) => response.end('{"fine":true}');
    server = createServer((incoming, response) => {
      const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://daemon');
      if (pathname === '/healthz') {
        const proof = secret.prove(searchParams.get('challenge') ?? '', incoming.socket.localPort ?? 0);
        response.end(JSON.stringify({ status: 'ok', proof }));
        return;
      }
      seen.push(incoming);
      incoming.on('data', (chunk) => (body += String(chunk)));
      incoming.on('end', () => answer(incoming, response));
      incoming.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const call: DaemonConnection['call'] = (...given) =>
    createCall({ url, adminToken: () => TOKENS.admin })(...given);

  it('goes below the prefix with the admin token, over the connection that proved itself', async () => {
    let connections = 0;
    server.on('connection', () => (connections += 1));
    assert.deepEqual(await call('GET', 'exchanges?limit=5'), { fine: true });
    assert.equal(seen[0]?.url, '/pointsman/v1/exchanges?limit=5');
    assert.equal(seen[0]?.headers.authorization, `Bearer ${TOKENS.admin}`);
    assert.equal(connections, 1);
  });

  it('carries a body as JSON, an empty one where none is given', async () => {
    await call('PUT', 'override', { model: 'größe' });
    assert.equal(seen[0]?.headers['content-type'], 'application/json');
    assert.equal(body, '{"model":"größe"}');
    body = '';
    await call('POST', 'shutdown');
    assert.equal(body, '{}');
  });

  it('fails with the daemon’s own sentence, code and status', async () => {
    answer = (_, response) => {
      response.writeHead(404);
      response.end('{"error":{"code":"request.not_found","message":"there is no exchange with this id"}}');
    };
    await assert.rejects(call('GET', 'exchanges/x_1'), {
      name: 'DaemonCallError',
      code: 'request.not_found',
      message: 'there is no exchange with this id',
      statusCode: 404,
    });
  });

  it('fails with a sentence of ours where there is none', async () => {
    answer = (_, response) => response.end('<html>');
    await assert.rejects(call('GET', 'status'), { code: 'daemon.unreachable', message: /no JSON/ });
    answer = (_, response) => response.destroy();
    await assert.rejects(call('GET', 'status'), { code: 'daemon.unreachable', message: /does not answer/ });
    answer = () => undefined;
    await assert.rejects(call('GET', 'status', undefined, { timeoutMs: 20 }), { message: /in time/ });
  });

  it('is given up when it is aborted', async () => {
    const abort = new AbortController();
    answer = () => abort.abort();
    await assert.rejects(call('GET', 'status', undefined, { signal: abort.signal }), {
      code: 'client.closed',
    });
  });

  it('sends nothing to whoever cannot prove to be the daemon, nor without a token', async () => {
    const others = createCall({ url, adminToken: () => `pma_${'b'.repeat(43)}` });
    await assert.rejects(others('GET', 'status'), { code: 'daemon.unreachable', statusCode: null });
    await assert.rejects(createCall({ url, adminToken: () => null })('GET', 'status'));
    assert.deepEqual(seen, []);
  });

  it('cannot be led out of the control API', async () => {
    for (const route of ['../../v1/chat/completions', '..%2f..', '/../../healthz']) {
      await call('GET', route).catch(() => undefined);
    }
    assert.ok(seen.every(({ url: path }) => path?.startsWith('/pointsman/v1/') === true));
  });
});
