import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { TokenVerifier } from '../../../../daemon/lifecycle/tokens.ts';
import type { ControlEvent } from '../../../../daemon/protocol/control-events.ts';
import {
  openEventStream,
  type EventStream,
  type StreamEnd,
} from '../../../../extension/daemon/event-stream.ts';
import { eventually } from '../../../support/daemon-process.ts';

const TOKENS = { admin: `pma_${'a'.repeat(43)}`, client: `pm_${'c'.repeat(43)}` };
const STARTED = {
  type: 'exchange-start',
  exchangeId: 'x_1',
  client: 'opencode',
  requestModel: 'auto',
  startedAt: '2026-11-21T00:00:00.000Z',
} as const;

describe('the event stream of a window', () => {
  let server: Server;
  let sockets: WebSocketServer;
  let url: string;
  let keys: (string | undefined)[];
  let connections: number;
  let reader: WebSocket | undefined;
  let events: ControlEvent[];
  let ends: StreamEnd[];
  const secret = new TokenVerifier(TOKENS);

  beforeEach(async () => {
    [keys, events, ends] = [[], [], []];
    connections = 0;
    reader = undefined;
    server = createServer((incoming, response) => {
      keys.push(incoming.headers.authorization);
      const challenge = new URL(incoming.url ?? '', 'http://daemon').searchParams.get('challenge') ?? '';
      const proof = secret.prove(challenge, incoming.socket.localPort ?? 0);
      response.end(JSON.stringify({ status: 'ok', proof }));
    });
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    reader?.terminate();
    sockets.close();
    server.closeAllConnections();
    server.close();
  });

  async function open(options: { pingMs?: number; autoPong?: boolean; adminToken?: string } = {}) {
    sockets = new WebSocketServer({ server, autoPong: options.autoPong ?? true });
    sockets.on('connection', (socket, request) => {
      reader = socket;
      keys.push(request.headers.authorization);
    });
    return await openEventStream({
      url,
      adminToken: options.adminToken ?? TOKENS.admin,
      onEvent: (event) => events.push(event),
      onEnd: (end) => ends.push(end),
      ...(options.pingMs === undefined ? {} : { pingMs: options.pingMs }),
    });
  }

  it('opens over the connection that proved itself, and the admin token goes nowhere else', async () => {
    const stream = await open();
    assert.notEqual(stream, null);
    assert.deepEqual(keys, [undefined, `Bearer ${TOKENS.admin}`]);
    assert.equal(connections, 1);
  });

  it('is not opened where nobody proves to be the daemon', async () => {
    assert.equal(await open({ adminToken: `pma_${'b'.repeat(43)}` }), null);
    assert.deepEqual(keys, [undefined]);
  });

  it('hands events on, also those of a type that it does not know, and leaves out what is none', async () => {
    await open();
    for (const frame of ['{', 'null', '{"no":"type"}', JSON.stringify(STARTED), '{"type":"of-tomorrow"}']) {
      reader?.send(frame);
    }
    await eventually(() => events.length === 2);
    assert.deepEqual(events[0], STARTED);
  });

  it('tells how it ended: by the daemon’s own word, or without one', async () => {
    const goodbyes: readonly (readonly [number, string, StreamEnd])[] = [
      [1001, 'the daemon is stopping', 'stopped'],
      [1001, 'the daemon hands over', 'handedOver'],
      [1001, 'the daemon is ending', 'ended'],
      [1001, 'something else', 'lost'],
      [1011, 'the daemon is stopping', 'lost'],
    ];
    for (const [code, reason, expected] of goodbyes) {
      ends = [];
      await open();
      reader?.close(code, reason);
      await eventually(() => ends.length > 0);
      assert.deepEqual(ends, [expected]);
      sockets.close();
      server.removeAllListeners('upgrade');
    }
    await open();
    reader?.terminate();
    await eventually(() => ends.length > 1);
    assert.equal(ends.at(-1), 'lost');
  });

  it('notices a daemon that says nothing any more, as after a sleep of the machine', async () => {
    await open({ pingMs: 15, autoPong: false });
    await eventually(() => ends.length > 0);
    assert.deepEqual(ends, ['lost']);
  });

  it('stays open while the daemon answers', async () => {
    const stream: EventStream | null = await open({ pingMs: 150 });
    let pings = 0;
    reader?.on('ping', () => (pings += 1));
    await eventually(() => pings > 1);
    assert.deepEqual(ends, []);
    stream?.close();
    await eventually(() => ends.length > 0);
  });
});
