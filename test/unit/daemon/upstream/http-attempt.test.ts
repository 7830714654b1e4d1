import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { FailureKind } from '../../../../daemon/protocol/vocabulary.ts';
import {
  brokenJson,
  closedPort,
  cut,
  emptyAnswer,
  gzip,
  json,
  pingsOnly,
  redirect,
  resetAfter,
  resetBeforeHeaders,
  sse,
  stall,
  status,
  wrongContentType,
  type Verb,
} from '../../../support/fake-upstream.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { frame, textFrame, tinyFrames, tinyRequest, tinyTarget } from './tiny-dialect.ts';
import { batchesOf, closeRigs, drain, failed, responded, startRig } from './upstream-rig.ts';

const ANSWER = { text: 'hello' };

/** Garbage instead of HTTP. */
const noHttp: Verb = ({ socket, endedByUs }) => {
  endedByUs();
  socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n');
};

/** Declares a longer body than it sends before it closes the connection. */
const cutJson: Verb = ({ response, socket, endedByUs }) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
  endedByUs();
  response.write('{"text":"hel', () => socket.end());
};

/** A connection is only used again one turn of the event loop after its last answer. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('http attempt', () => {
  afterEach(closeRigs);

  describe('a plain answer', () => {
    it('is handed over as the bytes that arrived and what they mean', async () => {
      const { fake, attempt } = await startRig();
      fake.next(json('{ "text":"hello" }', { 'x-request-id': 'r1', 'set-cookie': 'a=b' }));
      const { answer, headers, warnings, dialect } = responded(await attempt());
      assert.ok(answer.kind === 'plain');
      assert.equal(answer.bytes.toString(), '{ "text":"hello" }');
      assert.deepEqual(
        answer.events.map(({ type }) => type),
        ['text-delta', 'choice-end', 'response-end'],
      );
      assert.deepEqual(
        [headers, warnings, dialect.id],
        [{ 'x-request-id': 'r1' }, ['a warning'], 'openai-chat'],
      );
    });

    it('asks below the path of the base URL, with the body of the dialect', async () => {
      const { fake, attempt } = await startRig();
      await attempt({ target: tinyTarget('my-model') });
      const [seen] = fake.requests;
      assert.deepEqual([seen?.method, seen?.path], ['POST', '/v1/answer']);
      assert.deepEqual(seen?.json, { model: 'my-model', stream: false });
    });

    it('uses a connection again', async () => {
      const { fake, attempt } = await startRig();
      fake.always(json(ANSWER));
      for (let index = 0; index < 3; index++) {
        responded(await attempt());
        await nextTurn();
      }
      assert.equal(fake.connections(), 1);
    });

    it('is unpacked when the provider packs it unasked', async () => {
      const { fake, attempt } = await startRig();
      fake.next(gzip(JSON.stringify(ANSWER)));
      const { answer } = responded(await attempt());
      assert.ok(answer.kind === 'plain');
      assert.equal(answer.bytes.toString(), JSON.stringify(ANSWER));
    });

    it('leaves no timer and no listener behind', async () => {
      const clock = createVirtualClock();
      const { fake, attempt } = await startRig({ clock });
      fake.next(json(ANSWER));
      responded(await attempt());
      assert.equal(clock.pendingTimers(), 0);
    });
  });

  describe('the first-event gate', () => {
    const zipBomb: Verb = ({ request, response }) => {
      const type = request.json?.['stream'] === true ? 'text/event-stream' : 'application/json';
      response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(70 * 1024 * 1024, 0x20)));
    };

    interface Fault {
      readonly title: string;
      readonly verb: Verb;
      readonly kind: FailureKind;
      /** Only one of the two makes sense. */
      readonly only?: 'plain' | 'streamed';
      readonly message?: RegExp;
      readonly sent?: boolean;
    }
    const faults: readonly Fault[] = [
      {
        title: 'a reset before the headers',
        verb: resetBeforeHeaders,
        kind: 'connect',
        message: /reset|closed/,
      },
      { title: 'an answer that is not HTTP', verb: noHttp, kind: 'invalid-response', message: /not HTTP/ },
      { title: '429', verb: status(429), kind: 'rate-limited' },
      { title: '500', verb: status(500), kind: 'server-error' },
      {
        title: '502 with a page',
        verb: status(502, { body: '<html>', contentType: 'text/html' }),
        kind: 'server-error',
      },
      { title: '503', verb: status(503), kind: 'overloaded' },
      { title: '529', verb: status(529), kind: 'overloaded' },
      { title: '401', verb: status(401), kind: 'auth' },
      { title: '402', verb: status(402), kind: 'quota' },
      { title: '404', verb: status(404), kind: 'model-not-found' },
      { title: '400', verb: status(400), kind: 'rejected' },
      {
        title: 'a redirect',
        verb: redirect('http://127.0.0.1:1/'),
        kind: 'invalid-response',
        message: /redirects \(307\)/,
      },
      {
        title: 'a page instead of an answer',
        verb: wrongContentType(),
        kind: 'invalid-response',
        message: /text\/html/,
      },
      { title: 'broken JSON', verb: brokenJson, kind: 'invalid-response', message: /broken JSON/ },
      { title: 'an empty answer', verb: emptyAnswer, kind: 'invalid-response' },
      { title: 'an error in a 200', verb: json({ error: 'overloaded' }), kind: 'overloaded' },
      { title: 'a bomb of compressed spaces', verb: zipBomb, kind: 'invalid-response', message: /far more/ },
      {
        title: 'an unknown encoding',
        verb: json(ANSWER, { 'content-encoding': 'compress' }),
        kind: 'invalid-response',
        message: /encoded as compress|application\/json/,
      },
      {
        title: 'an event stream that was not asked for',
        verb: sse(tinyFrames('a')),
        kind: 'invalid-response',
        only: 'plain',
      },
      {
        title: 'JSON that is cut off',
        verb: cutJson,
        kind: 'invalid-response',
        only: 'plain',
      },
      {
        title: 'JSON for a stream',
        verb: json(ANSWER),
        kind: 'invalid-response',
        only: 'streamed',
        message: /a stream was asked for/,
      },
      {
        title: 'an error as the first event',
        verb: sse([frame({ error: 'overloaded' })]),
        kind: 'overloaded',
        only: 'streamed',
      },
      {
        title: 'an error behind pings',
        verb: sse([': ping\n\n', frame({ error: 'server-error' })]),
        kind: 'server-error',
        only: 'streamed',
      },
      {
        title: 'a stream of pings that ends',
        verb: sse([': ping\n\n', ': ping\n\n']),
        kind: 'invalid-response',
        only: 'streamed',
        message: /before any content/,
      },
      {
        title: 'a terminator without content',
        verb: sse(['data: [DONE]\n\n']),
        kind: 'invalid-response',
        only: 'streamed',
      },
      {
        title: 'a cut before the first content',
        verb: cut(8, tinyFrames('a')),
        kind: 'invalid-response',
        only: 'streamed',
      },
      {
        title: 'a reset before the first content',
        verb: resetAfter(8, tinyFrames('a')),
        kind: 'invalid-response',
        only: 'streamed',
      },
      {
        title: 'half an event',
        verb: sse(['data: {"text":"hel']),
        kind: 'invalid-response',
        only: 'streamed',
      },
    ];
    for (const { title, verb, kind, only, message } of faults) {
      for (const mode of ['plain', 'streamed'] as const) {
        if (only !== undefined && only !== mode) continue;
        it(`[A25] makes ${title} a failed attempt of kind ${kind}, ${mode}`, async () => {
          const { fake, attempt, stream } = await startRig();
          fake.next(verb);
          const { failure, sent } = failed(await (mode === 'plain' ? attempt() : stream()));
          assert.deepEqual([failure.kind, sent], [kind, true]);
          if (message !== undefined) assert.match(failure.message, message);
        });
      }
    }

    it('holds pings back until content comes, and hands both on', async () => {
      const { fake, stream } = await startRig();
      const frames = [': ping\n\n', ...tinyFrames('a')];
      fake.next(sse(frames));
      assert.equal((await drain(batchesOf(await stream()))).text, frames.join(''));
    });

    it('takes a stream whose type is not named', async () => {
      const { fake, stream } = await startRig();
      fake.next(({ response }) => {
        response.writeHead(200);
        response.end(tinyFrames('a').join(''));
      });
      responded(await stream());
    });
  });

  describe('a provider that cannot be reached', () => {
    const cases: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
      ['whose port is closed', async () => `http://127.0.0.1:${await closedPort()}`, /nothing listens/],
      ['whose name is not known', () => Promise.resolve('http://provider.invalid/v1'), /host name/],
    ];
    for (const [title, baseUrl, message] of cases) {
      for (const isStreamed of [false, true]) {
        it(`[A25] ${title} fails to connect, and nothing was sent (${isStreamed ? 'streamed' : 'plain'})`, async () => {
          const { attempt, stream } = await startRig({ connection: { baseUrl: await baseUrl() } });
          const { failure, sent } = failed(await (isStreamed ? stream() : attempt()));
          assert.deepEqual([failure.kind, sent], ['connect', false]);
          assert.match(failure.message, message);
          assert.match(failure.message, /p-tiny/);
        });
      }
    }

    it('[A25] with a self-signed certificate fails to connect, and nothing was sent', async () => {
      const { fake, attempt } = await startRig({ tls: true, key: 'secret' });
      const { failure, sent } = failed(await attempt());
      assert.deepEqual([failure.kind, sent, fake.requests.length], ['connect', false, 0]);
      assert.match(failure.message, /TLS certificate is self-signed/);
    });

    it('[A25] that speaks no TLS behind an https address fails to connect', async () => {
      const rig = await startRig();
      const secure = await startRig({ connection: { baseUrl: rig.fake.baseUrl.replace('http:', 'https:') } });
      const { failure } = failed(await secure.attempt());
      assert.equal(failure.kind, 'connect');
      assert.match(failure.message, /TLS/);
    });
  });

  describe('time limits', () => {
    it('[A26] ends a request that is never answered after the first-event limit', async () => {
      const clock = createVirtualClock();
      const { fake, stream } = await startRig({ clock });
      fake.next(stall('request'));
      const outcome = stream();
      await fake.waitForRequests(1);
      await clock.advance(29_998);
      assert.equal(fake.aborts(), 0);
      await clock.advance(2);
      const { failure, sent } = failed(await outcome);
      assert.deepEqual(
        [failure.kind, failure.message, sent],
        ['timeout', 'p-tiny sent nothing of an answer within 30000 ms', true],
      );
      await fake.waitForAbort(1);
    });

    it('[A26] does not take headers or pings for an event', async () => {
      const clock = createVirtualClock();
      const { fake, stream } = await startRig({ clock });
      fake.next(stall('headers'), pingsOnly());
      for (let index = 1; index <= 2; index++) {
        const outcome = stream();
        await fake.waitForRequests(index);
        await clock.advance(30_000);
        assert.equal(failed(await outcome).failure.kind, 'timeout');
      }
    });

    const limits: readonly (readonly [string, Parameters<typeof tinyRequest>[0], boolean, number])[] = [
      ['a stream', { stream: true }, false, 30_000],
      ['a short plain answer', { maxOutputTokens: 100 }, false, 30_000],
      ['a long plain answer, which shows nothing until it is done', {}, false, 120_000],
      ['a request that asks for reasoning', { stream: true, needs: ['reasoning'] }, false, 300_000],
      ['the last target of the chain', { stream: true }, true, 300_000],
    ];
    for (const [title, request, isLast, limitMs] of limits) {
      it(`[A26] gives ${title} ${limitMs / 1000} s`, async () => {
        const clock = createVirtualClock();
        const { fake, attempt } = await startRig({ clock });
        fake.next(stall('request'));
        const outcome = attempt({ request: tinyRequest(request), isLast });
        await fake.waitForRequests(1);
        await clock.advance(limitMs - 2);
        assert.equal(fake.aborts(), 0);
        await clock.advance(2);
        assert.match(failed(await outcome).failure.message, new RegExp(`within ${limitMs} ms`));
      });
    }

    it('[A26] bounds the whole attempt', async () => {
      const clock = createVirtualClock();
      const { fake, stream } = await startRig({ clock, timeouts: { totalMs: 10_000 } });
      fake.next(stall('request'));
      const outcome = stream();
      await fake.waitForRequests(1);
      await clock.advance(10_000);
      assert.match(failed(await outcome).failure.message, /did not finish within 10000 ms/);
    });

    it('[A26] includes the body of an error answer', async () => {
      const clock = createVirtualClock();
      const { fake, attempt } = await startRig({ clock });
      fake.next(({ response }) => {
        response.writeHead(500, { 'content-type': 'application/json' });
        response.write('{"err');
      });
      const outcome = attempt({ request: tinyRequest({ stream: true }) });
      await fake.waitForRequests(1);
      await clock.advance(30_000);
      assert.equal(failed(await outcome).failure.kind, 'timeout');
    });
  });

  describe('an error answer', () => {
    it('[A30] brings the time after which the provider wants to be asked again', async () => {
      const { fake, attempt } = await startRig();
      fake.next(status(429, { retryAfter: '7' }), status(429, { retryAfter: '-3' }), status(429));
      const waits: (number | undefined)[] = [];
      for (let index = 0; index < 3; index++) waits.push(failed(await attempt()).failure.retryAfterMs);
      assert.deepEqual(waits, [7000, 0, undefined]);
    });

    it('keeps the body of a refusal', async () => {
      const { fake, attempt } = await startRig();
      fake.next(status(400, { body: { error: 'no such tool' } }));
      const { body, failure } = failed(await attempt());
      assert.deepEqual([body?.toString(), failure.message], ['{"error":"no such tool"}', 'no such tool']);
    });

    it('keeps neither a page nor what is longer than 64 KiB', async () => {
      const { fake, attempt } = await startRig();
      const long = JSON.stringify({ error: 'x'.repeat(70_000) });
      fake.next(status(400, { body: '<html>', contentType: 'text/html' }), status(400, { body: long }));
      assert.equal(failed(await attempt()).body, null);
      assert.equal(failed(await attempt()).body, null);
    });

    it('tells an answer that had begun from one that never did', async () => {
      const { fake, attempt } = await startRig();
      fake.next(cutJson, brokenJson, emptyAnswer, status(500), wrongContentType(), resetBeforeHeaders);
      const outcomes: unknown[] = [];
      for (let index = 0; index < 6; index++) outcomes.push(failed(await attempt()).begun);
      const begun = { usage: null };
      assert.deepEqual(outcomes, [begun, begun, undefined, undefined, undefined, undefined]);
    });

    it('never shows the key that the provider quotes', async () => {
      const { fake, attempt } = await startRig({ key: 'sk-canary-1234' });
      fake.next(status(401, { body: { error: 'wrong key sk-canary-1234' } }));
      const { body, failure } = failed(await attempt());
      assert.deepEqual(
        [failure.message, body?.toString()],
        ['wrong key [key]', '{"error":"wrong key [key]"}'],
      );
    });

    it('says how the refused key ends, unless it is so short that this would give it away', async () => {
      const { fake, attempt } = await startRig({ key: 'sk-of-a-usual-length-wxyz' });
      fake.next(status(401), status(402), status(429));
      assert.equal(failed(await attempt()).failure.keyEnding, 'wxyz');
      assert.equal(failed(await attempt()).failure.keyEnding, 'wxyz');
      assert.equal(failed(await attempt()).failure.keyEnding, undefined);
      const short = await startRig({ key: 'sk-canary-1234' });
      short.fake.next(status(401));
      assert.equal(failed(await short.attempt()).failure.keyEnding, undefined);
    });

    it('leaves the connection usable', async () => {
      const { fake, attempt } = await startRig();
      fake.next(status(500), json(ANSWER));
      failed(await attempt());
      await nextTurn();
      responded(await attempt());
      assert.equal(fake.connections(), 1);
    });
  });

  it('makes a request that the dialect cannot carry a rejection, without sending it', async () => {
    const { fake, attempt } = await startRig();
    const { failure, sent } = failed(
      await attempt({ request: tinyRequest({ requestModel: 'cannot-encode' }) }),
    );
    assert.deepEqual(
      [failure.kind, failure.message, sent],
      ['rejected', 'tools cannot be carried over', false],
    );
    assert.equal(fake.requests.length, 0);
  });

  it('does not take a bug of ours for a failure of the provider', async () => {
    const { attempt } = await startRig();
    const request = tinyRequest();
    Object.defineProperty(request, 'requestModel', {
      get: () => {
        throw new TypeError('a bug');
      },
    });
    await assert.rejects(attempt({ request }), /a bug/);
  });

  it('sends a key only in the header of its dialect', async () => {
    const { fake, attempt } = await startRig({ key: 'sk-1' });
    await attempt();
    assert.equal(fake.requests[0]?.headers.authorization, 'Bearer sk-1');
  });

  it('does not follow a redirect with the key', async () => {
    const other = await startRig();
    const { fake, attempt } = await startRig({ key: 'sk-1' });
    fake.next(redirect(`${other.fake.origin}/v1/answer`));
    failed(await attempt());
    assert.equal(other.fake.requests.length, 0);
  });

  describe('a client that leaves', () => {
    const moments: readonly (readonly [string, Verb, boolean])[] = [
      ['before the headers', stall('request'), true],
      ['after the headers', stall('headers'), true],
      ['before the first content', stall({ frames: [': ping\n\n'] }), true],
      ['before the plain answer', stall('request'), false],
    ];
    for (const [title, verb, isStreamed] of moments) {
      it(`stops the upstream ${title}`, async () => {
        const clock = createVirtualClock();
        const { fake, attempt, controller } = await startRig({ clock });
        fake.next(verb);
        const outcome = attempt({ request: tinyRequest({ stream: isStreamed }) });
        await fake.waitForRequests(1);
        controller.abort();
        const { failure, sent } = failed(await outcome);
        assert.deepEqual([failure.kind, sent], ['client-closed', true]);
        await fake.waitForAbort(1);
        assert.equal(clock.pendingTimers(), 0);
      });
    }

    it('stops the upstream in the middle of a plain answer', async () => {
      const { fake, attempt, controller } = await startRig();
      fake.next(({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"text":');
        setImmediate(() => controller.abort());
      });
      assert.equal(failed(await attempt()).failure.kind, 'client-closed');
      await fake.waitForAbort(1);
    });

    it('is not connected for when it has left before', async () => {
      const { fake, attempt, controller } = await startRig();
      controller.abort();
      const { failure, sent } = failed(await attempt());
      assert.deepEqual([failure.kind, sent, fake.connections()], ['client-closed', false, 0]);
    });

    it('gets the stream it has begun to read stopped', async () => {
      const { fake, stream, controller } = await startRig();
      fake.next(stall({ frames: [textFrame('a')] }));
      const iterator = batchesOf(await stream());
      await iterator.next();
      const next = iterator.next();
      controller.abort(new Error('the client left'));
      await assert.rejects(next);
      await fake.waitForAbort(1);
    });
  });

  it('drops everything that runs when it is closed', async () => {
    const { fake, attempt, upstream } = await startRig();
    fake.next(stall('request'));
    const outcome = attempt();
    await fake.waitForRequests(1);
    await upstream.close();
    failed(await outcome);
    await fake.waitForOpenConnections(0);
  });
});
