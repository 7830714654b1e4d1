// The two ends of the bench against each other: what it measures with must itself be right.

import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';

import { runLoad, type LoadOptions } from '../bench/load-client.ts';
import { stopProgram } from '../bench/program.ts';
import { smallChat } from '../bench/request-bodies.ts';
import { startMock, type Mock } from '../bench/targets.ts';

const PACED = { kind: 'paced', everyMs: 2, tokens: 10 } as const;

function load(
  port: number,
  expects: LoadOptions['expects'],
  path = '/v1/messages',
): ReturnType<typeof runLoad> {
  return runLoad({
    port,
    path,
    headers: {},
    body: smallChat(false),
    connections: 3,
    durationMs: 20,
    expects,
  });
}

describe('the load and the mock of the bench', () => {
  let mock: Mock;
  before(async () => {
    mock = await startMock();
  });
  after(() => stopProgram(mock.program));

  for (const path of ['/v1/messages', '/v1/chat/completions']) {
    for (const script of [{ kind: 'plain' }, { kind: 'stream' }, PACED] as const) {
      it(`understand each other (${script.kind}, ${path})`, async () => {
        await mock.answerWith(script);
        const result = await load(mock.port, script.kind, path);
        assert.equal(result.failure, null);
        assert.ok(result.requests >= 3);
        assert.ok(result.figures.p50Us > 0);
      });
    }
  }

  it('know how long each token took', async () => {
    await mock.answerWith(PACED);
    const { figures } = await load(mock.port, 'paced');
    assert.ok(figures.tokenDelayP50Us > 0 && figures.tokenDelayP99Us < 1e6);
    assert.ok(figures.firstTokenP50Us < figures.p50Us - 9 * PACED.everyMs * 500);
  });

  it('see tokens that were held back and came together', async () => {
    await mock.answerWith(PACED);
    const holder = await startHolder(mock.port, 15);
    const { figures, failure } = await load((holder.address() as AddressInfo).port, 'paced');
    holder.close();
    assert.equal(failure, null);
    assert.ok(figures.joinedRatio > 0.5, String(figures.joinedRatio));
    assert.ok(figures.tokenDelayP99Us > 5000);
  });

  it('count an answer of another kind as failed, and show its beginning', async () => {
    await mock.answerWith({ kind: 'plain' });
    const result = await load(mock.port, 'stream');
    assert.ok(result.failures > 0);
    assert.equal(result.requests, 0);
    assert.match(result.failure ?? '', /^HTTP\/1\.1 200 OK/);
  });

  it('count a connection that is cut as failed', async () => {
    const cutter = createServer((socket) => socket.once('data', () => socket.destroy()));
    await listening(cutter);
    const result = await load((cutter.address() as AddressInfo).port, 'plain');
    cutter.close();
    assert.ok(result.failures >= 3);
  });
});

/** Stands between and hands on only what has come in so many milliseconds. */
async function startHolder(port: number, holdMs: number): Promise<Server> {
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let held: Buffer[] = [];
    const timer = setInterval(() => {
      if (held.length > 0) client.write(Buffer.concat(held));
      held = [];
    }, holdMs);
    upstream.on('data', (data) => held.push(data));
    client.on('data', (data) => upstream.write(data));
    client.on('close', () => {
      clearInterval(timer);
      upstream.destroy();
    });
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
  });
  await listening(server);
  return server;
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
}
