import assert from 'node:assert/strict';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { json } from '../../../support/fake-upstream.ts';
import { closeRigs, failed, responded, startRig } from './upstream-rig.ts';

const ANSWER = { text: 'hello' };
const closers: (() => Promise<void>)[] = [];

/** A proxy that sends everything to one local port, whatever it is asked for, and notes what that was. */
async function startProxy(toPort: number): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((incoming, response) => {
    asked.push(incoming.url ?? '');
    const { pathname } = new URL(incoming.url ?? '');
    const options = { port: toPort, path: pathname, method: 'POST', headers: incoming.headers };
    incoming.pipe(
      httpRequest({ host: '127.0.0.1', ...options }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  server.on('connect', (incoming, client: Socket) => {
    asked.push(incoming.url ?? '');
    client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('dispatchers', () => {
  afterEach(async () => {
    await closeRigs();
    for (const close of closers.splice(0)) await close();
  });

  it('[A26] give up on a connection that does not come about within the connect limit', async () => {
    const sockets: Socket[] = [];
    // Accepts and never speaks: the TLS handshake hangs.
    const mute = createTcpServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const clock = createVirtualClock();
    const baseUrl = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const { attempt } = await startRig({ clock, connection: { baseUrl } });
    const outcome = attempt();
    await clock.waitForTimers(2);
    await clock.advance(3000);
    const { failure, sent } = failed(await outcome);
    assert.deepEqual([failure.kind, sent], ['connect', false]);
    assert.match(failure.message, /took too long to accept/);
    assert.equal(clock.pendingTimers(), 0);
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => mute.close(() => resolve()));
  });

  it('end a request at once when its client leaves while the connection is being made', async () => {
    const sockets: Socket[] = [];
    const mute = createTcpServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const baseUrl = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const { attempt, controller } = await startRig({ connection: { baseUrl } });
    const outcome = attempt();
    controller.abort();
    assert.equal(failed(await outcome).failure.kind, 'client-closed');
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => mute.close(() => resolve()));
  });

  it('make new connections after the machine has slept', async () => {
    const clock = createVirtualClock();
    const { fake, attempt } = await startRig({ clock });
    fake.always(json(ANSWER));
    responded(await attempt());
    clock.jumpWall(60_000);
    await new Promise<void>((resolve) => setImmediate(resolve));
    responded(await attempt());
    assert.equal(fake.connections(), 2);
  });

  it('keep their connections when the clock is corrected a little', async () => {
    const clock = createVirtualClock();
    const { fake, attempt } = await startRig({ clock });
    fake.always(json(ANSWER));
    responded(await attempt());
    clock.jumpWall(-5000);
    await new Promise<void>((resolve) => setImmediate(resolve));
    responded(await attempt());
    assert.equal(fake.connections(), 1);
  });

  describe('with a proxy in the environment', () => {
    const baseUrl = 'http://provider.test/v1';

    for (const name of ['HTTP_PROXY', 'http_proxy']) {
      it(`go through the one that ${name} names`, async () => {
        const target = await startRig();
        target.fake.always(json(ANSWER));
        const proxy = await startProxy(Number(new URL(target.fake.origin).port));
        const { attempt } = await startRig({ connection: { baseUrl }, environment: { [name]: proxy.url } });
        responded(await attempt());
        assert.equal(proxy.asked.length, 1);
        assert.match(proxy.asked[0] ?? '', /provider\.test/);
      });
    }

    it('tunnel https through the one that HTTPS_PROXY names', async () => {
      const proxy = await startProxy(1);
      const { attempt } = await startRig({
        connection: { baseUrl: 'https://provider.test/v1' },
        environment: { HTTPS_PROXY: proxy.url },
      });
      failed(await attempt());
      assert.deepEqual(proxy.asked, ['provider.test:443']);
    });

    it('never use it for this machine', async () => {
      const target = await startRig();
      const proxy = await startProxy(Number(new URL(target.fake.origin).port));
      const { fake, attempt } = await startRig({ environment: { HTTP_PROXY: proxy.url } });
      fake.next(json(ANSWER));
      responded(await attempt());
      assert.deepEqual([proxy.asked, fake.requests.length], [[], 1]);
    });

    it('respect NO_PROXY', async () => {
      const proxy = await startProxy(1);
      const environment = { HTTP_PROXY: proxy.url, NO_PROXY: 'provider.test' };
      const { attempt } = await startRig({ connection: { baseUrl }, environment });
      assert.equal(failed(await attempt()).failure.kind, 'connect');
      assert.deepEqual(proxy.asked, []);
    });

    it('do not use the one for http for https', async () => {
      const proxy = await startProxy(1);
      const { attempt } = await startRig({
        connection: { baseUrl: 'https://provider.test/v1' },
        environment: { HTTP_PROXY: proxy.url },
      });
      assert.equal(failed(await attempt()).failure.kind, 'connect');
      assert.deepEqual(proxy.asked, []);
    });

    it('fail to connect when its address is none', async () => {
      const { attempt } = await startRig({
        connection: { baseUrl },
        environment: { HTTP_PROXY: 'not an address' },
      });
      const { failure } = failed(await attempt());
      assert.equal(failure.kind, 'connect');
      assert.match(failure.message, /http_proxy names is not an address/);
    });
  });
});
