import assert from 'node:assert/strict';
import { createServer, get, request, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TokenVerifier } from '../../../../daemon/lifecycle/tokens.ts';
import { shakeHands } from '../../../../extension/daemon/handshake.ts';
import { startStranger, type Stranger } from '../../../support/editor-window.ts';

const ADMIN = `pma_${'a'.repeat(43)}`;
const CLIENT = `pm_${'c'.repeat(43)}`;

describe('the handshake before a secret is sent', () => {
  const servers: Server[] = [];
  const strangers: Stranger[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    await Promise.all(strangers.splice(0).map((stranger) => stranger.close()));
  });

  async function listen(handler: RequestListener, port = 0): Promise<number> {
    const server = createServer(handler);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
  /** Answers as the daemon does, and writes down who sent which key. */
  const daemon =
    (seen: (string | undefined)[], admin = ADMIN): RequestListener =>
    (incoming, response) => {
      seen.push(incoming.headers.authorization);
      const challenge = new URL(incoming.url ?? '', 'http://daemon').searchParams.get('challenge') ?? '';
      const verifier = new TokenVerifier({ admin, client: CLIENT });
      const proof = verifier.prove(challenge, incoming.socket.localPort ?? 0);
      response.end(JSON.stringify({ status: 'ok', proof }));
    };
  const urlOf = (port: number): string => `http://127.0.0.1:${port}`;
  const statusOf = async (port: number, patienceMs?: number): Promise<string> => {
    const handshake = await shakeHands(urlOf(port), ADMIN, patienceMs);
    if (handshake.status === 'proven') handshake.agent.destroy();
    return handshake.status;
  };

  it('knows the daemon that knows the admin token', async () => {
    const seen: (string | undefined)[] = [];
    assert.equal(await statusOf(await listen(daemon(seen))), 'proven');
    assert.deepEqual(seen, [undefined]);
  });

  it('takes nobody else for it: another home, a bare ok, a made-up proof, no JSON, an endless answer', async () => {
    const others: readonly RequestListener[] = [
      daemon([], `pma_${'b'.repeat(43)}`),
      (_, response) => response.end('{"status":"ok"}'),
      (_, response) => response.end(JSON.stringify({ status: 'ok', proof: '0'.repeat(64) })),
      (_, response) => response.end('null'),
      (_, response) => response.end('<html>'),
      (_, response) => void response.write('x'.repeat(100_000)),
    ];
    for (const other of others) assert.equal(await statusOf(await listen(other)), 'stranger');
  });

  it('is not fooled by a stranger who passes the challenge on to the real daemon', async () => {
    const real = await listen(daemon([]));
    const between = await listen((incoming, response) => {
      get({ port: real, host: '127.0.0.1', path: incoming.url }, (answer) => answer.pipe(response));
    });
    assert.equal(await statusOf(real), 'proven');
    assert.equal(await statusOf(between), 'stranger');
  });

  it('tells nobody from somebody who says nothing', async () => {
    const silent = await startStranger();
    strangers.push(silent);
    assert.equal(await statusOf(silent.port, 30), 'silent');
    await silent.close();
    strangers.length = 0;
    assert.equal(await statusOf(silent.port), 'absent');
  });

  it('sends a number that differs each time', async () => {
    const challenges = new Set<string | undefined>();
    const port = await listen((incoming, response) => {
      challenges.add(incoming.url);
      response.end('{}');
    });
    await statusOf(port);
    await statusOf(port);
    assert.equal(challenges.size, 2);
  });

  it('holds for that one connection: when it is gone, the next request goes nowhere', async () => {
    const seen: (string | undefined)[] = [];
    const port = await listen(daemon(seen));
    const handshake = await shakeHands(urlOf(port), ADMIN);
    assert.ok(handshake.status === 'proven');
    servers[0]?.closeAllConnections();
    const failure = new Promise<Error>((resolve) => {
      // The close has to arrive first; then a careless agent would open a new connection.
      setTimeout(() => {
        const headers = { authorization: `Bearer ${ADMIN}` };
        request(urlOf(port), { agent: handshake.agent, headers }).on('error', resolve).end();
      }, 20);
    });
    assert.match((await failure).message, /proven connection is gone/);
    assert.deepEqual(seen, [undefined]);
    handshake.agent.destroy();
  });
});
