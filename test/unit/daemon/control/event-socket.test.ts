import assert from 'node:assert/strict';
import { once } from 'node:events';

import { WebSocket } from 'ws';

import { createEventSocket } from '../../../../daemon/control/event-socket.ts';
import type { EventSocket } from '../../../../daemon/control/event-socket.ts';
import { SOCKET_CLOSE_REASONS, type ControlEvent } from '../../../../daemon/protocol/control-events.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import type { FrontDoor } from '../../../support/front-door.ts';
import { ADMIN_TOKEN, CLIENT_TOKEN, openFrontDoor } from '../../../support/front-door.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import type { VirtualClock } from '../../../support/virtual-clock.ts';
import { createFakeSurface, EMPTY_TOTALS } from './fake-surface.ts';
import type { FakeSurface } from './fake-surface.ts';

const EVENT: ControlEvent = { type: 'config-update', valid: true, error: null };

interface Reader {
  readonly socket: WebSocket;
  /** The next frame, parsed. */
  next(): Promise<ControlEvent>;
}

describe('event socket', () => {
  let door: FrontDoor;
  let clock: VirtualClock;
  let surface: FakeSurface;
  let events: EventSocket;
  const sockets: WebSocket[] = [];

  async function start(
    options: { readonly maxBufferedBytes?: number; readonly surface?: FakeSurface } = {},
  ): Promise<void> {
    clock = createVirtualClock();
    surface = options.surface ?? createFakeSurface();
    events = createEventSocket({ ...options, surface, clock, log: silentLog });
    door = await openFrontDoor({
      upgrades: new Map([
        ['/pointsman/v1/events', ({ request, socket, head }) => events.accept(request, socket, head)],
      ]),
    });
  }
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    events.close();
    await door.server.close(0);
  });

  async function connect(
    headers: Readonly<Record<string, string>> = { Authorization: `Bearer ${ADMIN_TOKEN}` },
    protocols: readonly string[] = [],
  ): Promise<Reader> {
    const socket = new WebSocket(`${door.url.replace('http', 'ws')}/pointsman/v1/events`, [...protocols], {
      headers,
    });
    sockets.push(socket);
    const frames: ControlEvent[] = [];
    const waiting: ((event: ControlEvent) => void)[] = [];
    socket.on('message', (data: Buffer) => {
      const event = JSON.parse(data.toString()) as ControlEvent;
      const waiter = waiting.shift();
      if (waiter === undefined) frames.push(event);
      else waiter(event);
    });
    await once(socket, 'open');
    return {
      socket,
      next: () => {
        const frame = frames.shift();
        return frame === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(frame);
      },
    };
  }

  async function refusal(headers: Readonly<Record<string, string>>): Promise<string> {
    const socket = new WebSocket(`${door.url.replace('http', 'ws')}/pointsman/v1/events`, { headers });
    sockets.push(socket);
    const [error] = (await once(socket, 'error')) as [Error];
    return error.message;
  }

  it('sends the totals first and then every event as one JSON frame', async () => {
    await start();
    const reader = await connect();
    assert.deepEqual(await reader.next(), { type: 'totals-update', totals: EMPTY_TOTALS });
    surface.emit(EVENT);
    surface.emit({ ...EVENT, valid: false });
    assert.deepEqual(await reader.next(), EVENT);
    assert.deepEqual(await reader.next(), { ...EVENT, valid: false });
  });

  it('drops a reader that talks, and not one that says a few words', async () => {
    await start();
    const [quiet, loud] = [await connect(), await connect()];
    for (let count = 0; count < 10; count += 1) quiet.socket.send('hello');
    for (let count = 0; count < 40; count += 1) loud.socket.send('hello');
    await once(loud.socket, 'close');
    assert.equal(events.clientCount(), 1);
    assert.equal(quiet.socket.readyState, WebSocket.OPEN);
  });

  it('sends each event to every reader', async () => {
    await start();
    const readers = [await connect(), await connect()];
    for (const reader of readers) await reader.next();
    surface.emit(EVENT);
    assert.deepEqual(await Promise.all(readers.map((reader) => reader.next())), [EVENT, EVENT]);
    assert.equal(events.clientCount(), 2);
  });

  it('is subscribed exactly while there are readers', async () => {
    await start();
    assert.equal(surface.subscriberCount(), 0);
    const [first, second] = [await connect(), await connect()];
    assert.equal(surface.subscriberCount(), 1);
    first.socket.close();
    await once(first.socket, 'close');
    assert.equal(surface.subscriberCount(), 1);
    second.socket.close();
    await once(second.socket, 'close');
    while (events.clientCount() > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(surface.subscriberCount(), 0);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('serves events when the totals cannot be read', async () => {
    await start({
      surface: createFakeSurface({
        totals: () => {
          throw new Error('the books are locked');
        },
      }),
    });
    const reader = await connect();
    surface.emit(EVENT);
    assert.deepEqual(await reader.next(), EVENT);
  });

  describe('admission', () => {
    it('takes the admin token as subprotocol and does not echo it when it need not', async () => {
      await start();
      const reader = await connect({}, ['pointsman', `pointsman.${ADMIN_TOKEN}`]);
      assert.equal(reader.socket.protocol, 'pointsman');
    });

    it('takes a token that is the only subprotocol', async () => {
      await start();
      const reader = await connect({}, [`pointsman.${ADMIN_TOKEN}`]);
      assert.equal((await reader.next()).type, 'totals-update');
    });

    for (const [name, headers, status] of [
      ['no token', {}, 401],
      ['a wrong token', { Authorization: 'Bearer nope' }, 401],
      ['the client token', { Authorization: `Bearer ${CLIENT_TOKEN}` }, 403],
      ['a browser origin', { Authorization: `Bearer ${ADMIN_TOKEN}`, Origin: 'http://localhost' }, 403],
      ['a rebound host', { Authorization: `Bearer ${ADMIN_TOKEN}`, Host: 'evil.example' }, 403],
    ] as const) {
      it(`refuses ${name} with ${status}`, async () => {
        await start();
        assert.match(await refusal(headers), new RegExp(String(status)));
        assert.equal(events.clientCount(), 0);
      });
    }
  });

  it('drops a reader that does not keep up and goes on with the others', async () => {
    await start({ maxBufferedBytes: 65_536 });
    const [slow, good] = [await connect(), await connect()];
    await good.next();
    slow.socket.pause();
    const big: ControlEvent = { type: 'config-update', valid: false, error: 'x'.repeat(1_048_576) };
    for (let count = 0; events.clientCount() === 2; count += 1) {
      assert.ok(count < 200, 'the slow reader was never dropped');
      surface.emit(big);
      await good.next();
    }
    surface.emit(EVENT);
    assert.deepEqual(await good.next(), EVENT);
  });

  it('ignores what readers say, and cuts one that says a lot', async () => {
    await start();
    const reader = await connect();
    await reader.next();
    reader.socket.send('hello');
    surface.emit(EVENT);
    assert.deepEqual(await reader.next(), EVENT);
    reader.socket.send('x'.repeat(5_000));
    const [code] = (await once(reader.socket, 'close')) as [number];
    assert.ok(code === 1009 || code === 1006, String(code));
  });

  it('pings every 30 s and keeps who answers', async () => {
    await start();
    const reader = await connect();
    const pinged = once(reader.socket, 'ping');
    await clock.advance(30_000);
    await pinged;
    surface.emit(EVENT);
    await reader.next();
    assert.equal(events.clientCount(), 1);
  });

  it('cuts a reader that does not answer a ping until the next', async () => {
    await start();
    const reader = await connect();
    reader.socket.pause();
    await clock.advance(30_000);
    assert.equal(events.clientCount(), 1);
    await clock.advance(30_000);
    while (events.clientCount() > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(surface.subscriberCount(), 0);
  });

  it('says with its goodbye whether a person wants the daemon gone', async () => {
    for (const reason of ['stopped', 'handedOver', 'ended'] as const) {
      await start();
      const { socket } = await connect();
      const closed = once(socket, 'close');
      events.close(reason);
      const [code, text] = (await closed) as [number, Buffer];
      assert.equal(code, 1001);
      assert.equal(text.toString(), SOCKET_CLOSE_REASONS[reason]);
      await door.server.close(0);
    }
  });

  it('says goodbye with 1001 when the daemon stops and takes nobody new', async () => {
    await start();
    const reader = await connect();
    const closed = once(reader.socket, 'close');
    events.close();
    const [code] = (await closed) as [number];
    assert.equal(code, 1001);
    assert.equal(surface.subscriberCount(), 0);
    assert.match(await refusal({ Authorization: `Bearer ${ADMIN_TOKEN}` }), /hang up|ECONNRESET/);
  });

  it('cuts a reader that does not take the goodbye', async () => {
    await start();
    const reader = await connect();
    reader.socket.pause();
    events.close();
    await clock.advance(1_000);
    while (events.clientCount() > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
