// Every way in which a provider can fail before the first content event must be invisible to a client as long as a
// second model is configured. After that event the connection is destroyed and never ends normally.

import assert from 'node:assert/strict';
import {
  brokenJson,
  chatFrames,
  closedPort,
  cut,
  emptyAnswer,
  endEarly,
  errorAfterContent,
  errorEventFirst,
  json,
  pingsOnly,
  redirect,
  resetAfter,
  resetBeforeHeaders,
  sse,
  stall,
  startFakeUpstream,
  status,
  wrongContentType,
  type FakeUpstream,
  type Verb,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

interface Fault {
  readonly name: string;
  /** What the first provider does, or where it is. */
  readonly verb?: Verb;
  readonly baseUrl?: () => Promise<string>;
  /** The first provider speaks TLS with a certificate of its own making. */
  readonly tls?: boolean;
  /** Only in one of the two forms. */
  readonly only?: 'stream' | 'plain';
  /** `errorType` of the first attempt in the record. */
  readonly errorType: string;
}

const roleOnly = chatFrames('x').slice(0, 1);

const FAULTS: readonly Fault[] = [
  {
    name: 'refused connection',
    baseUrl: async () => `http://127.0.0.1:${await closedPort()}/v1`,
    errorType: 'connect',
  },
  { name: 'unknown host', baseUrl: async () => 'https://pointsman.invalid/v1', errorType: 'connect' },
  { name: 'a certificate nobody signed', tls: true, errorType: 'connect' },
  { name: 'reset before the headers', verb: resetBeforeHeaders, errorType: 'connect' },
  { name: 'stall before the headers', verb: stall('request'), errorType: 'timeout' },
  { name: 'stall after the headers', verb: stall('headers'), only: 'stream', errorType: 'timeout' },
  {
    name: 'stall after the role chunk',
    verb: stall({ frames: roleOnly }),
    only: 'stream',
    errorType: 'timeout',
  },
  { name: 'pings only', verb: pingsOnly(), only: 'stream', errorType: 'timeout' },
  { name: '429 without Retry-After', verb: status(429), errorType: 'rate-limited' },
  {
    name: '429 with Retry-After in seconds',
    verb: status(429, { retryAfter: '7' }),
    errorType: 'rate-limited',
  },
  {
    name: '429 with Retry-After as a date',
    verb: status(429, { retryAfter: 'Wed, 21 Oct 2037 07:28:00 GMT' }),
    errorType: 'rate-limited',
  },
  {
    name: '429 with an absurd Retry-After',
    verb: status(429, { retryAfter: '1e9' }),
    errorType: 'rate-limited',
  },
  {
    name: '429 with a negative Retry-After',
    verb: status(429, { retryAfter: '-5' }),
    errorType: 'rate-limited',
  },
  { name: '500', verb: status(500), errorType: 'server-error' },
  {
    name: '502 with an HTML page',
    verb: status(502, { body: '<html>', contentType: 'text/html' }),
    errorType: 'server-error',
  },
  { name: '503', verb: status(503), errorType: 'overloaded' },
  { name: '504', verb: status(504), errorType: 'timeout' },
  { name: '529', verb: status(529), errorType: 'overloaded' },
  { name: '401', verb: status(401), errorType: 'auth' },
  { name: '402', verb: status(402), errorType: 'quota' },
  { name: '403', verb: status(403), errorType: 'auth' },
  {
    name: '404 for the model',
    verb: status(404, { body: { error: { message: 'no such model', code: 'model_not_found' } } }),
    errorType: 'model-not-found',
  },
  {
    name: '400 context length',
    verb: status(400, { body: { error: { message: 'too long', code: 'context_length_exceeded' } } }),
    errorType: 'context-length',
  },
  {
    name: 'any other 400',
    verb: status(400, { body: { error: { message: 'I do not like it' } } }),
    errorType: 'rejected',
  },
  { name: 'redirect', verb: redirect('http://127.0.0.1:1/'), errorType: 'invalid-response' },
  { name: 'wrong content type', verb: wrongContentType(), errorType: 'invalid-response' },
  { name: 'broken JSON', verb: brokenJson, errorType: 'invalid-response' },
  { name: 'empty body', verb: emptyAnswer, errorType: 'invalid-response' },
  { name: 'JSON that is no answer', verb: json({ hello: 'world' }), errorType: 'invalid-response' },
  {
    name: 'an error inside a 200',
    verb: json({ error: { message: 'overloaded', code: 503 } }),
    only: 'plain',
    errorType: 'overloaded',
  },
  { name: 'an error as the first event', verb: errorEventFirst(), only: 'stream', errorType: 'server-error' },
  {
    name: 'an error after the role chunk',
    verb: errorAfterContent(roleOnly),
    only: 'stream',
    errorType: 'server-error',
  },
  {
    name: 'a stream that ends before its first word',
    verb: endEarly(roleOnly),
    only: 'stream',
    errorType: 'invalid-response',
  },
  {
    name: 'a reset before the first word',
    verb: resetAfter(roleOnly.join('').length, roleOnly),
    only: 'stream',
    errorType: 'invalid-response',
  },
  { name: 'only [DONE]', verb: sse(['data: [DONE]\n\n']), only: 'stream', errorType: 'invalid-response' },
];

describe('a failure before the first content event', () => {
  for (const fault of FAULTS) {
    for (const isStream of [false, true]) {
      if (fault.only !== undefined && (fault.only === 'stream') !== isStream) continue;
      it(`[A25] ${fault.name} is invisible to the client (${isStream ? 'streamed' : 'plain'})`, async () => {
        await withFailingFirst(fault, async (daemon, second) => {
          const text = isStream ? await streamedText(daemon) : await plainText(daemon);
          assert.equal(text, 'ok');
          assert.equal(second.requests.length, 1);
          const [record] = await daemon.waitForExchanges(1);
          assert.equal(record?.status, 'ok');
          assert.equal(record?.responseModel, 'second');
          assert.equal(record?.reason, 'fallback');
          assert.equal(record?.attempts[0]?.errorType, fault.errorType);
          assert.equal(record?.attempts.at(-1)?.status, 'ok');
          assert.ok((record?.attempts.length ?? 9) <= 3);
        });
      });
    }
  }
});

describe('a failure after the first content event', () => {
  const words = chatFrames('one two three four five');
  const begun = words.slice(0, 4);
  const TORN: readonly { readonly name: string; readonly verb: Verb }[] = [
    { name: 'cut connection', verb: cut(Buffer.byteLength(begun.join('')) + 20, words) },
    { name: 'reset connection', verb: resetAfter(Buffer.byteLength(begun.join('')) + 20, words) },
    { name: 'end without a finish', verb: endEarly(begun) },
    { name: 'error event', verb: errorAfterContent(begun) },
    { name: 'broken JSON', verb: sse([...begun, 'data: {"id":\n\n']) },
    { name: 'stall', verb: stall({ frames: begun }) },
  ];
  for (const { name, verb } of TORN) {
    it(`${name} destroys the connection and is never an end`, async () => {
      await withFailingFirst({ name, verb, errorType: '' }, async (daemon, second) => {
        const response = await daemon.post('/v1/chat/completions', {
          model: 'auto',
          stream: true,
          messages: [{ role: 'user', content: 'count' }],
        });
        assert.equal(response.status, 200);
        let received = '';
        await assert.rejects(async () => {
          for await (const chunk of response.body ?? [])
            received += Buffer.from(chunk as Uint8Array).toString();
        });
        assert.match(received, /one/);
        assert.doesNotMatch(received, /\[DONE\]|"finish_reason":"stop"/);
        assert.ok(received.endsWith('\n\n'), 'half an event was sent');
        assert.equal(second.requests.length, 0);
        const [record] = await daemon.waitForExchanges(1);
        assert.equal(record?.status, 'error');
        assert.equal(record?.errorType, 'upstream.stream_interrupted');
        assert.ok((record?.savedUsd ?? 0) < 0, 'a lost answer costs money and saves none');
      });
    });
  }
});

describe('when every model fails', () => {
  it('[A28] the client gets one clear error that tells it not to try again', async () => {
    const upstream = await startFakeUpstream();
    upstream.always(status(529, { retryAfter: '12' }));
    const daemon = await runDaemon({
      config: configFor([
        { id: 'one', baseUrl: upstream.baseUrl },
        { id: 'two', baseUrl: upstream.baseUrl },
      ]),
    });
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: [{ role: 'user', content: 'x' }],
    });
    assert.equal(response.status, 529);
    assert.equal(response.headers.get('x-should-retry'), 'false');
    assert.ok(Number(response.headers.get('retry-after')) > 0);
    const { error } = (await response.json()) as { error: { message: string; code: string } };
    assert.equal(error.code, 'upstream.all_failed');
    assert.match(error.message, /one/);
    assert.match(error.message, /two/);
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.status, 'error');
    await daemon.stop();
    await upstream.close();
  });

  it('passes the first refusal on when a second vendor refuses as well', async () => {
    const upstream = await startFakeUpstream();
    upstream.forModel(
      'up-one',
      status(400, {
        body: {
          error: {
            message: 'temperature is not supported',
            type: 'invalid_request_error',
            param: 'temperature',
          },
        },
      }),
    );
    upstream.forModel('up-two', status(400, { body: { error: { message: 'no' } } }));
    const daemon = await runDaemon({
      config: configFor([
        { id: 'one', baseUrl: upstream.baseUrl },
        { id: 'two', baseUrl: upstream.baseUrl, tier: 'complex', inputUsdPerMtok: 9 },
      ]),
    });
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: [{ role: 'user', content: 'x' }],
    });
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('x-should-retry'), 'false');
    assert.deepEqual(await response.json(), {
      error: { message: 'temperature is not supported', type: 'invalid_request_error', param: 'temperature' },
    });
    assert.equal(upstream.requests.length, 2);
    await daemon.stop();
    await upstream.close();
  });

  it('never says "not found" for a name that is to be routed', async () => {
    const upstream = await startFakeUpstream();
    upstream.always(status(404, { body: { error: { message: 'no such model', code: 'model_not_found' } } }));
    const daemon = await runDaemon({ config: configFor([{ id: 'one', baseUrl: upstream.baseUrl }]) });
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: [{ role: 'user', content: 'x' }],
    });
    assert.equal(response.status, 502);
    await daemon.stop();
    await upstream.close();
  });

  it('[A27] a model whose answers keep breaking off is left alone, though each of them began well', async () => {
    const torn = await startFakeUpstream();
    const sound = await startFakeUpstream();
    torn.always(endEarly(chatFrames('one two three').slice(0, 3)));
    const daemon = await runDaemon({
      config: configFor([
        { id: 'torn', baseUrl: torn.baseUrl },
        { id: 'sound', baseUrl: sound.baseUrl, tier: 'complex', inputUsdPerMtok: 9 },
      ]),
    });
    for (let request = 0; request < 8; request += 1) {
      const response = await daemon.post('/v1/chat/completions', {
        model: 'auto',
        stream: true,
        messages: [{ role: 'user', content: 'hello' }],
      });
      await response.text().catch(() => 'broke off');
    }
    assert.equal(torn.requests.length, 3);
    assert.equal(sound.requests.length, 5);
    await daemon.stop();
    await torn.close();
    await sound.close();
  });

  it('[A27] a provider that is out for hours is not asked for every request', async () => {
    const dead = await startFakeUpstream();
    const alive = await startFakeUpstream();
    dead.always(status(503));
    const daemon = await runDaemon({
      config: configFor([
        { id: 'dead', baseUrl: dead.baseUrl },
        { id: 'alive', baseUrl: alive.baseUrl, tier: 'complex', inputUsdPerMtok: 9 },
      ]),
    });
    for (let request = 0; request < 20; request += 1) assert.equal(await plainText(daemon), 'ok');
    assert.equal(alive.requests.length, 20);
    assert.ok(dead.requests.length <= 6, `the dead provider was asked ${dead.requests.length} times`);
    await daemon.stop();
    await dead.close();
    await alive.close();
  });
});

async function withFailingFirst(
  fault: Fault,
  check: (daemon: TestDaemon, second: FakeUpstream) => Promise<void>,
): Promise<void> {
  const first = await startFakeUpstream({ tls: fault.tls === true });
  const second = await startFakeUpstream();
  if (fault.verb !== undefined) first.always(fault.verb);
  const daemon = await runDaemon({
    config: configFor(
      [
        { id: 'first', baseUrl: (await fault.baseUrl?.()) ?? first.baseUrl },
        {
          id: 'second',
          baseUrl: second.baseUrl,
          tier: 'complex',
          inputUsdPerMtok: 5,
          contextTokens: 400_000,
        },
      ],
      {
        profiles: {
          balanced: {
            default: {
              simple: ['first', 'second'],
              moderate: ['first', 'second'],
              complex: ['first', 'second'],
            },
          },
        },
        timeouts: {
          connectMs: 1000,
          firstEventMs: 200,
          firstEventReasoningMs: 200,
          idleMs: 200,
          totalMs: 5000,
        },
      },
    ),
  });
  try {
    await check(daemon, second);
  } finally {
    await daemon.stop();
    await first.close();
    await second.close();
  }
}

async function plainText(daemon: TestDaemon): Promise<string | null | undefined> {
  const completion = await daemon
    .openai()
    .chat.completions.create({ model: 'auto', messages: [{ role: 'user', content: 'hello' }] });
  return completion.choices[0]?.message.content;
}

async function streamedText(daemon: TestDaemon): Promise<string | null> {
  const stream = daemon
    .openai()
    .chat.completions.stream({ model: 'auto', messages: [{ role: 'user', content: 'hello' }] });
  return (await stream.finalMessage()).content;
}
