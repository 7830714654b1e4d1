import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import { RouterError } from '../../../../daemon/errors.ts';
import { BodyBudget } from '../../../../daemon/http/body-budget.ts';
import { readBody } from '../../../../daemon/http/read-body.ts';
import type { ReadBodyOptions } from '../../../../daemon/http/read-body.ts';
import { openRaw } from '../../../support/raw-http.ts';
import type { RawConnection } from '../../../support/raw-http.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

interface Upload {
  readonly connection: RawConnection;
  /** What readBody gave. */
  readonly result: Promise<Buffer>;
  readonly hasStarted: Promise<void>;
}

describe('readBody', () => {
  const clock = createVirtualClock();
  const budget = new BodyBudget(() => ({ totalBytes: 10_000_000 }));
  let server: Server;
  let onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** Body bytes of the current request that have reached the server. */
  let received = 0;
  /** What was counted for the last body when it was complete. */
  let countedBytes = 0;
  const connections: RawConnection[] = [];

  before(async () => {
    server = createServer((request, response) => onRequest(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.destroy();
    assert.equal(clock.pendingTimers(), 0);
    assert.equal(budget.heldBytes, 0);
  });
  after(() => server.close());

  /** Sends a head with these lines and then the bytes; the body may stay incomplete. */
  async function upload(
    lines: readonly string[],
    bytes: Buffer | string,
    options: Partial<ReadBodyOptions> = {},
  ): Promise<Upload> {
    const connection = await openRaw((server.address() as AddressInfo).port);
    connections.push(connection);
    let start = (): void => {};
    const hasStarted = new Promise<void>((resolve) => (start = resolve));
    const result = new Promise<Buffer>((resolve, reject) => {
      onRequest = (request) => {
        received = 0;
        readBody(request, { maxBytes: 1_000, idleMs: 30_000, clock, budget, ...options }).then((held) => {
          countedBytes = (options.budget ?? budget).heldBytes;
          held.release();
          resolve(held.bytes);
        }, reject);
        request.on('data', (chunk: Buffer) => (received += chunk.length));
        start();
      };
    });
    result.catch(() => {});
    connection.send(
      Buffer.concat([
        Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\n\r\n`),
        Buffer.from(bytes),
      ]),
    );
    await hasStarted;
    return { connection, result, hasStarted };
  }

  const whole = (bytes: Buffer | string, ...lines: string[]): Promise<Upload> =>
    upload([`Content-Length: ${Buffer.byteLength(bytes)}`, ...lines], bytes);

  async function hasReceived(count: number): Promise<void> {
    if (received >= count) return;
    await new Promise((resolve) => setImmediate(resolve));
    await hasReceived(count);
  }

  async function refusal(result: Promise<Buffer>): Promise<RouterError> {
    try {
      await result;
    } catch (error) {
      assert.ok(error instanceof RouterError);
      return error;
    }
    return assert.fail('the body was accepted');
  }

  it('gives exactly the bytes that were sent', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0xc3, 0x7d]);
    assert.deepEqual(await (await whole(bytes)).result, bytes);
  });

  it('gives an empty buffer for no body', async () => {
    assert.equal((await (await whole('')).result).length, 0);
  });

  it('puts pieces together in order, also when they split a character', async () => {
    const text = Buffer.from('{"a":"ä€😀"}');
    const { connection, result } = await upload([`Content-Length: ${text.length}`], text.subarray(0, 7));
    for (const byte of text.subarray(7)) {
      await new Promise((resolve) => setImmediate(resolve));
      connection.send(Buffer.from([byte]));
    }
    assert.deepEqual(await result, text);
  });

  it('takes a chunked body', async () => {
    const { result } = await upload(['Transfer-Encoding: chunked'], '2\r\nab\r\n1\r\nc\r\n0\r\n\r\n');
    assert.equal((await result).toString(), 'abc');
  });

  it('takes a body of exactly the limit', async () => {
    assert.equal((await (await whole('x'.repeat(1_000))).result).length, 1_000);
  });

  it('refuses a body that announces more than the limit before any of it came', async () => {
    const { result } = await upload(['Content-Length: 1001'], '');
    const error = await refusal(result);
    assert.equal(error.code, 'request.too_large');
    assert.match(error.message, /1000 bytes.*limits\.maxBodyBytes/);
  });

  it('refuses a chunked body as soon as it exceeds the limit, without waiting for its end', async () => {
    const { result } = await upload(['Transfer-Encoding: chunked'], `3e9\r\n${'x'.repeat(1001)}`);
    assert.equal((await refusal(result)).statusCode, 413);
  });

  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['GZIP', gzipSync],
  ] as const) {
    it(`decompresses ${encoding}`, async () => {
      const { result } = await whole(
        compress(Buffer.from('{"model":"auto"}')),
        `Content-Encoding: ${encoding}`,
      );
      assert.equal((await result).toString(), '{"model":"auto"}');
      assert.equal(countedBytes, '{"model":"auto"}'.length);
    });

    it(`stops a ${encoding} bomb at the limit`, async () => {
      const bomb = compress(Buffer.alloc(1_000_000));
      assert.ok(bomb.length <= 1_000 * 2);
      const { result } = await upload(
        [`Content-Length: ${bomb.length}`, `Content-Encoding: ${encoding}`],
        bomb,
        { maxBytes: 2_000 },
      );
      assert.equal((await refusal(result)).code, 'request.too_large');
    });

    it(`refuses broken and torn ${encoding}`, async () => {
      const good = compress(Buffer.from('{"model":"auto","messages":[]}'));
      for (const bytes of [Buffer.from('not compressed'), good.subarray(0, good.length - 6)]) {
        const { result } = await whole(bytes, `Content-Encoding: ${encoding}`);
        const error = await refusal(result);
        assert.deepEqual([error.code, error.statusCode], ['request.malformed', 400]);
      }
    });
  }

  it('takes identity as no encoding', async () => {
    assert.equal((await (await whole('ab', 'Content-Encoding: identity')).result).toString(), 'ab');
  });

  it('refuses any other encoding and names the ones it takes', async () => {
    const { result } = await whole(deflateSync(Buffer.from('ab')), 'Content-Encoding: deflate');
    const error = await refusal(result);
    assert.equal(error.statusCode, 415);
    assert.match(error.message, /gzip, br, zstd/);
  });

  it('says that the client left when it does', async () => {
    const { connection, result } = await upload(['Content-Length: 10'], 'abc');
    connection.destroy();
    assert.equal((await refusal(result)).code, 'client.closed');
  });

  it('gives up on a body that stalls, counting from the last piece', async () => {
    const { connection, result } = await upload(['Content-Length: 10'], 'abc');
    await clock.advance(20_000);
    connection.send('d');
    await hasReceived(4);
    await clock.advance(29_999);
    assert.equal(clock.pendingTimers(), 1);
    await clock.advance(1);
    const error = await refusal(result);
    assert.deepEqual([error.code, error.statusCode], ['request.malformed', 408]);
    assert.match(error.message, /30 s/);
  });

  it('gives up on a body that drips, however regularly [F27]', async () => {
    const { connection, result } = await upload(['Content-Length: 1000'], 'a');
    for (let sent = 2; sent <= 6; sent++) {
      await clock.advance(10_000);
      connection.send('b');
      await hasReceived(sent);
    }
    await clock.advance(10_001);
    const error = await refusal(result);
    assert.deepEqual([error.code, error.statusCode], ['request.malformed', 408]);
    assert.match(error.message, /too slowly/);
  });

  it('sets one timer for a body of many pieces', async () => {
    const { connection, result } = await upload(['Content-Length: 100'], 'a');
    for (let sent = 2; sent <= 50; sent++) {
      connection.send('b');
      await hasReceived(sent);
      assert.equal(clock.pendingTimers(), 1);
    }
    connection.destroy();
    await refusal(result);
  });

  it('gives up on a body that is chopped into single bytes', async () => {
    const { result } = await upload(['Transfer-Encoding: chunked'], '1\r\nx\r\n'.repeat(20_000), {
      maxBytes: 100_000,
    });
    const error = await refusal(result);
    assert.deepEqual([error.code, error.statusCode], ['request.malformed', 400]);
    assert.match(error.message, /small pieces/);
  });

  it('counts what it holds until it is released, and gives it up when all bodies hold too much', async () => {
    const shared = new BodyBudget(() => ({ totalBytes: 2_000 }));
    const other = shared.open(() => assert.fail('the smaller one had to go'));
    other.grow(900);
    const { connection, result } = await upload(['Content-Length: 3000'], 'x'.repeat(1_000), {
      maxBytes: 3_000,
      budget: shared,
    });
    await hasReceived(1_000);
    assert.equal(shared.heldBytes, 1_900);
    connection.send('x'.repeat(200));
    const error = await refusal(result);
    assert.deepEqual([error.code, error.statusCode, error.retryAfterMs], ['router.overloaded', 503, 5_000]);
    assert.equal(shared.heldBytes, 900);
  });

  it('counts what a packed body becomes, and refuses a bomb by its ratio', async () => {
    const noise = Buffer.from(Array.from({ length: 3_000 }, (_, at) => (at * 7919) % 251));
    const shared = new BodyBudget(() => ({ totalBytes: noise.length }));
    const options = { maxBytes: 10_000_000, budget: shared };
    const [packed, bomb] = [gzipSync(noise), gzipSync(Buffer.alloc(9_000_000))];
    const lines = (bytes: Buffer): string[] => [`Content-Length: ${bytes.length}`, 'Content-Encoding: gzip'];
    const { result } = await upload(lines(packed), packed, options); // both forms together are too much
    assert.equal((await refusal(result)).code, 'router.overloaded');
    const { result: bombed } = await upload(lines(bomb), bomb, { maxBytes: 10_000_000 });
    const error = await refusal(bombed);
    assert.equal(error.code, 'request.too_large');
    assert.match(error.message, /100 times its size; send it without compression/);
  });

  it('stops waiting when it is called off, with the reason given', async () => {
    const abort = new AbortController();
    const { result } = await upload(['Content-Length: 10'], 'abc', { signal: abort.signal });
    const reason = new RouterError('router.shutting_down', 'stopping');
    abort.abort(reason);
    assert.equal(await refusal(result), reason);
  });
});
