// Security probes against a running daemon over bare sockets: each is refused at the door, in the caller's own words,
// and not one of them makes the daemon open a connection to a provider.

import assert from 'node:assert/strict';
import { openRaw, type RawConnection } from '../support/raw-http.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { eventually } from '../support/daemon-process.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { rotateTokens } from '../../daemon/lifecycle/tokens.ts';
import { requestBytes, type Door, type Probe, type Shape } from './probe.ts';
import { HOW_IT_IS_ASKED } from './probe-table-http.ts';
import { WHO_ASKS } from './probe-table.ts';

type Json = Readonly<Record<string, unknown>>;

const GROUPS = [...WHO_ASKS, ...HOW_IT_IS_ASKED];
const MIN_PROBES = 100;

describe('security probes', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let door: Door;

  before(async () => {
    upstream = await startFakeUpstream();
    daemon = await runDaemon({
      config: configFor([{ id: 'only', baseUrl: upstream.baseUrl }], { logLevel: 'debug' }),
      environment: {},
    });
    const old = daemon.token;
    const { client, admin } = rotateTokens(daemon.home, 'client');
    const port = Number(new URL(daemon.url).port);
    door = { port, client, admin, old };
    await eventually(async () => (await statusOf(door)) === 200);
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  for (const { about, probes } of GROUPS) {
    describe(about, () => {
      for (const probe of probes) {
        it(`${probe.name}: ${probe.status === 0 ? 'closed' : probe.status}, and nothing goes to a provider`, async () => {
          await assertRefused(probe, door);
          assert.deepEqual([upstream.connections(), upstream.requests.length], [0, 0]);
        });
      }
    });
  }

  describe('all of them', () => {
    it(`are at least ${MIN_PROBES}, each under its own name`, () => {
      const names = GROUPS.flatMap(({ probes }) => probes.map(({ name }) => name));
      assert.equal(new Set(names).size, names.length);
      assert.ok(names.length >= MIN_PROBES, `${names.length}`);
      console.log(`      ${names.length} probes`);
    });

    it('leave no token and no path of the secret form in the log', () => {
      const log = daemon.log.join('\n');
      for (const secret of [door.client, door.admin, door.old, '/k/', '/K/']) {
        assert.equal(log.includes(secret), false, secret.slice(0, 6));
      }
    });

    it('leave the daemon as it was: an honest request is answered', async () => {
      assert.equal(await statusOf(door), 200);
      const connection = await openRaw(door.port);
      connection.send(requestBytes(door));
      const { statusCode } = await connection.answer();
      connection.destroy();
      assert.equal(statusCode, 200);
      assert.deepEqual([upstream.connections(), upstream.requests.length], [1, 1]);
      assert.equal(daemon.log.filter((line) => line.includes('"level":"error"')).length, 0);
    });
  });
});

async function statusOf(door: Door): Promise<number> {
  const headers = { authorization: `Bearer ${door.client}` };
  const response = await fetch(`http://127.0.0.1:${door.port}/v1/models`, { headers });
  await response.arrayBuffer();
  return response.status;
}

async function assertRefused(probe: Probe, door: Door): Promise<void> {
  const connection = await openRaw(door.port);
  try {
    connection.send(probe.bytes(door));
    if (probe.status === 0) {
      assert.equal(await connection.closed(), '');
      return;
    }
    const { statusCode, headers, body } = await answerTo(connection, probe);
    assert.equal(statusCode, probe.status, body);
    assertTellsNothing(`${JSON.stringify([...headers])} ${body}`, door);
    for (const name of headers.keys())
      assert.doesNotMatch(name, /^(?:access-control-|set-cookie|location|x-evil)/);
    if (!isHead(probe, door)) {
      assert.match(headers.get('content-type') ?? '', /^application\/json/);
      assert.match(sentenceOf(probe.shape, JSON.parse(body) as Json), probe.says ?? /./);
    }
    const isClosing = headers.get('connection') === 'close';
    assert.ok(isClosing || probe.mustClose !== true, 'the connection must close');
    if (isClosing) {
      // The rest of an upload would be read and thrown away for a while; where that is the point, we stay.
      if (probe.mustClose !== true) connection.socket.end();
      await assertClosed(connection);
    }
    if (!isClosing) await assertUsable(connection, door);
  } finally {
    connection.destroy();
  }
}

const isHead = (probe: Probe, door: Door): boolean => probe.bytes(door).toString().startsWith('HEAD ');

/** An answer to HEAD has a length and no body. */
async function answerTo(connection: RawConnection, probe: Probe): ReturnType<RawConnection['answer']> {
  if (!probe.name.startsWith('HEAD')) return connection.answer();
  const text = await connection.closed();
  const statusCode = Number(text.split(' ')[1]);
  const lines = text.split('\r\n\r\n', 1)[0]?.split('\r\n').slice(1) ?? [];
  const headers = new Map(
    lines.map((line) => [line.split(':', 1)[0] ?? '', line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { statusCode, headers, body: '' };
}

/** No token, no stack, no path of the machine. */
function assertTellsNothing(text: string, door: Door): void {
  for (const secret of [door.client, door.admin, door.old]) assert.equal(text.includes(secret), false);
  assert.doesNotMatch(text, /\bat \S+ \(|\.ts:\d|node:internal|node_modules|<html/i);
}

/** The connection ends, and after the refusal nothing else was said on it: no hidden request was served. */
async function assertClosed(connection: RawConnection): Promise<void> {
  const text = await connection.closed();
  assert.equal(text.match(/HTTP\/1\.1 \d{3} /g)?.length, 1, text);
}

/** A connection that stays open is in step: the next request on it gets its own answer. */
async function assertUsable(connection: RawConnection, { port }: Door): Promise<void> {
  connection.send(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  const { statusCode, body } = await connection.answer();
  assert.deepEqual([statusCode, JSON.parse(body)], [200, { status: 'ok' }]);
}

/** The sentence of an error, after checking that it is shaped as clients of the dialect expect. */
function sentenceOf(shape: Shape, body: Json): string {
  const { error } = body;
  if (shape === 'ollama') return String(error);
  const inner = error as Json;
  assert.equal(typeof inner['message'], 'string');
  if (shape === 'anthropic') assert.deepEqual([body['type'], typeof inner['type']], ['error', 'string']);
  if (shape === 'openai') assert.ok('param' in inner && 'type' in inner && 'code' in inner);
  if (shape === 'google')
    assert.deepEqual([typeof inner['code'], typeof inner['status']], ['number', 'string']);
  if (shape === 'control') assert.deepEqual(Object.keys(inner), ['code', 'message']);
  return String(inner['message']);
}
