import assert from 'node:assert/strict';
import { once } from 'node:events';

import { WebSocket } from 'ws';

import { RouterError } from '../../../../daemon/errors.ts';
import { createResponsesSocket, RESPONSES_PATH } from '../../../../daemon/http/responses-socket.ts';
import type { ResponsesSocket } from '../../../../daemon/http/responses-socket.ts';
import type { ClientResponse } from '../../../../daemon/pipeline/client-response.ts';
import type { WireRequest } from '../../../../daemon/pipeline/wire-request.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import type { FrontDoor, FrontDoorOptions } from '../../../support/front-door.ts';
import { ADMIN_TOKEN, CLIENT_TOKEN, errorDialect, openFrontDoor } from '../../../support/front-door.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import type { VirtualClock } from '../../../support/virtual-clock.ts';

type Event = Record<string, unknown>;
type Serve = (request: WireRequest, client: ClientResponse) => Promise<void> | void;

const BEARER = { Authorization: `Bearer ${CLIENT_TOKEN}` };
const STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };

function sse(type: string, members: object = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
}

/** Says which request it answers. */
const echo: Serve = ({ bytes }, client) => {
  client.commit(200, STREAM);
  client.end(
    sse('response.created') + sse('response.completed', { echo: JSON.parse(bytes.toString()) as Event }),
  );
};

class Peer {
  readonly socket: WebSocket;
  readonly events: Event[] = [];
  closeCode: number | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      this.events.push(JSON.parse(data.toString()) as Event);
      this.#changed();
    });
    socket.on('close', (code: number) => {
      this.closeCode = code;
      this.#changed();
    });
  }

  create(members: object = {}): void {
    this.socket.send(JSON.stringify({ type: 'response.create', ...members }));
  }

  /** Events so far as soon as there are so many. */
  async received(count: number): Promise<readonly Event[]> {
    while (this.events.length < count) {
      assert.equal(this.closeCode, undefined, 'the connection closed');
      await this.#change();
    }
    return this.events;
  }

  async closed(): Promise<number> {
    while (this.closeCode === undefined) await this.#change();
    return this.closeCode;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

describe('http/responses-socket', () => {
  let clock: VirtualClock;
  let door: FrontDoor;
  let responses: ResponsesSocket;
  let serve: Serve;
  let warmUps: string[];
  let forgotten: object[];
  const peers: Peer[] = [];

  async function start(options: FrontDoorOptions & { readonly maxBytes?: number } = {}): Promise<void> {
    clock = createVirtualClock();
    serve = echo;
    warmUps = [];
    forgotten = [];
    responses = createResponsesSocket({
      dialect: errorDialect,
      serveExchange: async (request, client) => serve(request, client),
      answerWarmUp: ({ bytes }, client) => {
        warmUps.push(bytes.toString());
        client.commit(200, STREAM);
        client.end(sse('response.completed'));
      },
      forget: (session) => forgotten.push(session),
      maxBodyBytes: () => options.maxBytes ?? 1_048_576,
      clock,
      log: silentLog,
    });
    door = await openFrontDoor({
      ...options,
      clock,
      upgrades: new Map([[RESPONSES_PATH, responses.accept]]),
    });
  }

  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.socket.terminate();
    responses.close();
    const closed = door.server.close(0);
    await clock.advance(10_000);
    await closed;
  });

  function open(path: string = RESPONSES_PATH, headers: Readonly<Record<string, string>> = BEARER): Peer {
    const peer = new Peer(new WebSocket(door.url.replace('http', 'ws') + path, { headers }));
    peers.push(peer);
    return peer;
  }

  async function connect(path?: string, headers?: Readonly<Record<string, string>>): Promise<Peer> {
    const peer = open(path, headers);
    await once(peer.socket, 'open');
    return peer;
  }

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  async function until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await turn();
  }

  it('serves a frame as a streamed request and answers with one frame per event', async () => {
    await start();
    const peer = await connect();
    peer.create({ model: 'auto', input: 'hi' });
    assert.deepEqual(await peer.received(2), [
      { type: 'response.created' },
      { type: 'response.completed', echo: { model: 'auto', input: 'hi', stream: true } },
    ]);
  });

  it('serves further requests on the same connection', async () => {
    await start();
    const peer = await connect();
    for (let index = 1; index <= 3; index += 1) {
      peer.create({ index });
      await peer.received(index * 2);
    }
    assert.equal(responses.connectionCount(), 1);
  });

  it('declines compression', async () => {
    await start();
    assert.equal((await connect()).socket.extensions, '');
  });

  it('gives each request the headers of the handshake without its credentials', async () => {
    await start();
    let seen: WireRequest | undefined;
    serve = (request, client) => {
      seen = request;
      return echo(request, client);
    };
    const peer = await connect(`${RESPONSES_PATH}?model=x&key=secret`, {
      ...BEARER,
      'openai-beta': 'responses_websockets=2026-02-06, other=1',
      'session-id': 's-1',
    });
    peer.create();
    await peer.received(2);
    const headers = new Map(seen?.headers);
    assert.equal(headers.get('session-id'), 's-1');
    assert.equal(headers.get('openai-beta'), 'other=1');
    assert.equal(headers.get('authorization'), '');
    for (const name of ['upgrade', 'host', 'sec-websocket-key', 'connection'])
      assert.ok(!headers.has(name), name);
    assert.equal(seen?.query.toString(), 'model=x');
    assert.equal(seen?.path, RESPONSES_PATH);
  });

  describe('admission', () => {
    it('takes the token in the path', async () => {
      await start();
      const peer = await connect(`/k/${CLIENT_TOKEN}${RESPONSES_PATH}`, {});
      peer.create();
      await peer.received(2);
    });

    it('takes the token as x-api-key and a slash at the end of the path', async () => {
      await start();
      await connect(`${RESPONSES_PATH}/`, { 'x-api-key': CLIENT_TOKEN });
    });

    for (const [name, headers, status] of [
      ['no token', {}, 401],
      ['a wrong token', { Authorization: 'Bearer nope' }, 401],
      ['a browser origin', { ...BEARER, Origin: 'http://localhost' }, 403],
      ['a rebound host', { ...BEARER, Host: 'evil.example' }, 403],
    ] as const) {
      it(`refuses ${name} with ${status}`, async () => {
        await start();
        const [error] = (await once(open(RESPONSES_PATH, headers).socket, 'error')) as [Error];
        assert.match(error.message, new RegExp(String(status)));
        assert.equal(responses.connectionCount(), 0);
      });
    }

    it('refuses an upgrade elsewhere at once', async () => {
      await start();
      const [error] = (await once(open('/v1/chat/completions').socket, 'error')) as [Error];
      assert.match(error.message, /404/);
    });

    it('serves the admin too', async () => {
      await start();
      await connect(RESPONSES_PATH, { Authorization: `Bearer ${ADMIN_TOKEN}` });
    });
  });

  describe('errors before an answer', () => {
    it('are a frame with status and error, and the connection goes on', async () => {
      await start();
      const peer = await connect();
      serve = (_, client) =>
        client.fail(errorDialect, new RouterError('upstream.all_failed', 'nobody', { retryAfterMs: 1_500 }), {
          'x-pointsman-exchange-id': 'x_1',
        });
      peer.create();
      const [event] = await peer.received(1);
      assert.equal(event?.['type'], 'error');
      assert.equal(event['status'], 502);
      assert.equal((event['error'] as Event)['message'], 'nobody');
      assert.deepEqual(event['headers'], {
        'x-pointsman-exchange-id': 'x_1',
        'x-should-retry': 'false',
        'retry-after': '2',
        'retry-after-ms': '1500',
      });
      serve = echo;
      peer.create();
      await peer.received(3);
    });

    it('in a provider’s own words keep them', async () => {
      await start();
      const peer = await connect();
      serve = (_, client) => {
        client.commit(400, { 'content-type': 'application/json', 'x-should-retry': 'false' });
        client.end('{"error":{"message":"bad tool","code":"invalid_tool"}}');
      };
      peer.create();
      const [event] = await peer.received(1);
      assert.deepEqual(event, {
        type: 'error',
        status: 400,
        error: { message: 'bad tool', code: 'invalid_tool' },
        headers: { 'x-should-retry': 'false' },
      });
    });

    it('are told for a frame that cannot be read', async () => {
      await start();
      const peer = await connect();
      peer.socket.send('hello');
      peer.socket.send('{"type":"response.steer","stream_id":"left"}');
      const [first, second] = await peer.received(2);
      assert.deepEqual([first?.['type'], first?.['status']], ['error', 400]);
      assert.deepEqual([second?.['type'], second?.['stream_id']], ['error', 'left']);
    });

    it('tell nothing of a bug', async () => {
      await start();
      const peer = await connect();
      serve = () => {
        throw new TypeError('secret detail');
      };
      peer.create();
      const [event] = await peer.received(1);
      assert.equal(event?.['status'], 500);
      assert.doesNotMatch(JSON.stringify(event), /secret/);
    });

    it('say that too much runs already', async () => {
      await start({ maxConcurrent: 0 });
      const peer = await connect();
      peer.create();
      const [event] = await peer.received(1);
      assert.deepEqual([event?.['type'], event?.['status']], ['error', 503]);
    });
  });

  it('cuts the connection when an answer breaks in the middle: no made-up end', async () => {
    await start();
    const peer = await connect();
    serve = async (_, client) => {
      client.commit(200, STREAM);
      await client.write(sse('response.created'));
      client.fail(errorDialect, new RouterError('upstream.stream_interrupted', 'torn'), {});
    };
    peer.create();
    assert.equal(await peer.closed(), 1006);
    assert.deepEqual(peer.events, [{ type: 'response.created' }]);
  });

  it('tells the running request that the client has left', async () => {
    await start();
    const peer = await connect();
    const reason = new Promise<RouterError>((resolve) => {
      serve = ({ signal }) =>
        new Promise((done) => {
          signal.addEventListener('abort', () => {
            resolve(signal.reason as RouterError);
            done();
          });
          peer.socket.terminate();
        });
    });
    peer.create();
    assert.equal((await reason).code, 'client.closed');
    await until(() => door.server.runningExchanges() === 0 && forgotten.length === 1);
  });

  it('forgets what the connection could refer to when it closes', async () => {
    await start();
    let session: object | undefined;
    serve = (request, client) => {
      ({ session } = request);
      return echo(request, client);
    };
    const peer = await connect();
    peer.create();
    await peer.received(2);
    assert.equal(forgotten.length, 0);
    peer.socket.close();
    await until(() => forgotten.length === 1);
    assert.equal(forgotten[0], session);
  });

  it('answers a warm-up without a request, and goes on', async () => {
    await start();
    const peer = await connect();
    peer.create({ generate: false, model: 'auto' });
    peer.create({ model: 'auto' });
    await peer.received(3);
    assert.deepEqual(warmUps, ['{"model":"auto","stream":true}']);
  });

  describe('several requests at once', () => {
    /** Requests that wait to be answered, by what they say. */
    function hold(): Map<unknown, () => void> {
      const held = new Map<unknown, () => void>();
      serve = async (request, client) => {
        const { name } = JSON.parse(request.bytes.toString()) as { name: unknown };
        await new Promise<void>((resolve) => held.set(name, resolve));
        await echo(request, client);
      };
      return held;
    }
    const named = (peer: Peer): unknown[] =>
      peer.events.flatMap((event) => (event['echo'] === undefined ? [] : [(event['echo'] as Event)['name']]));

    it('are served one after the other, in order', async () => {
      await start();
      const held = hold();
      const peer = await connect();
      for (const name of ['a', 'b', 'c']) peer.create({ name });
      await until(() => held.has('a'));
      assert.deepEqual([...held.keys()], ['a']);
      assert.equal(door.server.runningExchanges(), 1);
      for (const name of ['a', 'b', 'c']) {
        await until(() => held.has(name));
        held.get(name)?.();
      }
      await peer.received(6);
      assert.deepEqual(named(peer), ['a', 'b', 'c']);
    });

    it('run side by side in streams of different names, which their events carry', async () => {
      await start();
      const held = hold();
      const peer = await connect();
      peer.create({ name: 'a', stream_id: 'left' });
      peer.create({ name: 'b', stream_id: 'right' });
      await until(() => held.size === 2);
      assert.equal(door.server.runningExchanges(), 2);
      held.get('b')?.();
      await peer.received(2);
      held.get('a')?.();
      await peer.received(4);
      assert.deepEqual(
        peer.events.map((event) => event['stream_id']),
        ['right', 'right', 'left', 'left'],
      );
    });

    it('are refused when too many wait', async () => {
      await start();
      const held = hold();
      const peer = await connect();
      for (let name = 0; name <= 17; name += 1) peer.create({ name });
      const [event] = await peer.received(1);
      assert.deepEqual([event?.['type'], event?.['status']], ['error', 503]);
      for (let name = 0; name <= 16; name += 1) {
        await until(() => held.has(name));
        held.get(name)?.();
      }
      await peer.received(1 + 17 * 2);
    });

    it('are refused when what waits is larger than a request may be', async () => {
      await start({ maxBytes: 10_000 });
      const held = hold();
      const peer = await connect();
      for (const name of ['a', 'b', 'c']) peer.create({ name, input: 'x'.repeat(6_000) });
      const [event] = await peer.received(1);
      assert.equal(event?.['status'], 503);
      held.get('a')?.();
      await until(() => held.has('b'));
    });

    it('are dropped when the client leaves', async () => {
      await start();
      const held = hold();
      const peer = await connect();
      for (const name of ['a', 'b']) peer.create({ name });
      await until(() => held.has('a'));
      peer.socket.terminate();
      await until(() => forgotten.length === 1);
      held.get('a')?.();
      await until(() => door.server.runningExchanges() === 0);
      await turn();
      assert.ok(!held.has('b'));
    });
  });

  it('cuts a client whose frame is larger than a request may be', async () => {
    await start({ maxBytes: 1_000 });
    const peer = await connect();
    peer.create({ input: 'x'.repeat(2_000) });
    assert.ok([1006, 1009].includes(await peer.closed()));
  });

  it('makes the relay wait for a slow reader and cuts one that takes nothing for minutes', async () => {
    await start();
    const peer = await connect();
    peer.socket.pause();
    let isWaiting = false;
    const failure = new Promise<unknown>((resolve) => {
      serve = async (_, client) => {
        client.commit(200, STREAM);
        try {
          for (;;) {
            const written = client.write(sse('response.delta', { delta: 'x'.repeat(500_000) }));
            isWaiting = written !== undefined;
            await written;
          }
        } catch (error) {
          resolve(error);
        }
      };
    });
    peer.create();
    await until(() => isWaiting);
    for (let count = 0; count < 50; count += 1) await turn();
    assert.ok(isWaiting);
    await clock.advance(310_000);
    assert.equal(((await failure) as RouterError).code, 'client.closed');
  });

  it('pings every 30 s, keeps who answers and cuts who does not', async () => {
    await start();
    const [good, dead] = [await connect(), await connect()];
    dead.socket.pause();
    const pinged = once(good.socket, 'ping');
    await clock.advance(30_000);
    await pinged;
    await until(() => true);
    for (let count = 0; count < 20; count += 1) await turn();
    await clock.advance(30_000);
    await until(() => responses.connectionCount() === 1);
    good.create();
    await good.received(2);
  });

  it('leaves no timer behind', async () => {
    await start();
    const peer = await connect();
    peer.create();
    await peer.received(2);
    peer.socket.close();
    await until(() => responses.connectionCount() === 0);
    await until(() => clock.pendingTimers() === 0);
  });

  it('lets a request wait for a place as if it had come over HTTP, and forgets it when its client leaves [F28]', async () => {
    await start({ maxConcurrent: 1, maxQueued: 2 });
    let finish = (): void => {};
    const waits: (number | undefined)[] = [];
    serve = async (request, client) => {
      if (request.signal.aborted) return; // the one that left; only its record is made
      waits.push(request.queuedMs);
      await new Promise<void>((resolve) => (finish = resolve));
      await echo(request, client);
    };
    const [first, leaving, last] = [await connect(), await connect(), await connect()];
    first.create();
    await until(() => waits.length === 1);
    leaving.create();
    last.create();
    await until(() => door.server.runningExchanges() === 3);
    const refused = await connect();
    refused.create();
    assert.deepEqual((await refused.received(1))[0]?.['status'], 503);
    leaving.socket.terminate();
    await until(() => door.server.runningExchanges() === 2);
    await clock.advance(1_500);
    finish();
    await until(() => waits.length === 2);
    finish();
    await last.received(2);
    assert.deepEqual(waits, [undefined, 1_500]);
  });

  it('closes a connection that talks too much, pings included', async () => {
    await start();
    const [frames, pings] = [await connect(), await connect()];
    for (let count = 0; count < 300; count += 1) frames.socket.send('{"type":"response.processed"}');
    for (let count = 0; count < 300; count += 1) pings.socket.ping();
    assert.equal(await frames.closed(), 1008);
    // What it sent on may meet a closed socket, whose reset can eat the goodbye.
    assert.ok([1006, 1008].includes(await pings.closed()));
  });

  it('closes the connection with the largest unfinished frame when all of them hold too much', async () => {
    const MIB = 1_048_576;
    await start({ maxBytes: 16 * MIB });
    const large = await connect();
    large.socket.send(Buffer.alloc(12 * MIB), { fin: false });
    const others = await Promise.all(Array.from({ length: 4 }, () => connect()));
    for (const other of others) other.socket.send(Buffer.alloc(10 * MIB), { fin: false });
    assert.equal(await large.closed(), 1013);
    const [survivor] = others;
    survivor?.create({ stream_id: 'x' }); // ends its message, which is no JSON
    assert.equal((await survivor?.received(1))?.[0]?.['status'], 400);
  });

  it('closes a connection whose frame drips', async () => {
    await start({ maxBytes: 4_194_304 });
    const drip = await connect();
    drip.socket.send(Buffer.alloc(2_000_000), { fin: false });
    const closed = drip.closed();
    while (drip.closeCode === undefined) {
      const pinged = once(drip.socket, 'ping');
      await clock.advance(30_000);
      await Promise.race([pinged, closed]);
      for (let count = 0; count < 50; count += 1) await turn();
      drip.socket.send(Buffer.alloc(1_000), { fin: false });
    }
    assert.equal(await closed, 1008);
  });

  describe('when the daemon stops', () => {
    it('says goodbye on idle connections', async () => {
      await start();
      const peer = await connect();
      responses.close();
      assert.equal(await peer.closed(), 1001);
    });

    it('lets a running answer end, refuses what comes behind it and then says goodbye', async () => {
      await start();
      let finish = (): void => {};
      serve = async (request, client) => {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        await echo(request, client);
      };
      const peer = await connect();
      peer.create();
      await until(() => door.server.runningExchanges() === 1);
      responses.close();
      const closed = door.server.close(30_000);
      peer.create({ stream_id: 'late' });
      const [refused] = await peer.received(1);
      assert.deepEqual([refused?.['status'], refused?.['stream_id']], [503, 'late']);
      finish();
      assert.equal((await peer.received(3)).at(-1)?.['type'], 'response.completed');
      assert.equal(await peer.closed(), 1001);
      await closed;
    });

    it('calls a running answer off when the grace period is over', async () => {
      await start();
      const reason = new Promise<RouterError>((resolve) => {
        serve = ({ signal }, client) =>
          new Promise((done) => {
            signal.addEventListener('abort', () => {
              resolve(signal.reason as RouterError);
              client.fail(errorDialect, signal.reason as RouterError, {});
              done();
            });
          });
      });
      const peer = await connect();
      peer.create();
      await until(() => door.server.runningExchanges() === 1);
      responses.close();
      const closed = door.server.close(1_000);
      await clock.advance(1_000);
      assert.equal((await reason).code, 'router.shutting_down');
      const [event] = await peer.received(1);
      assert.deepEqual([event?.['type'], event?.['status']], ['error', 503]);
      await closed;
    });
  });
});
