// What goes wrong at a provider, in the provider's own words, seen by clients of every dialect: invisible before the
// first content event, a destroyed connection after it, and errors in the client's own shape where nothing else is left.

import assert from 'node:assert/strict';

import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import type { JsonObject } from '../../daemon/util/json.ts';
import { type Ask, askAs, postAs, wireAsk } from '../support/dialect-clients.ts';
import type { ClientDialectId } from '../support/echo-clients.ts';
import {
  closedPort,
  cut,
  endEarly,
  errorAfterContent,
  json,
  sse,
  stall,
  startFakeUpstream,
  status,
  type FakeUpstream,
  type Verb,
} from '../support/fake-upstream.ts';
import { readError } from '../support/read-error.ts';
import { configFor, runDaemon, type TestDaemon, type TestModel } from '../support/run-daemon.ts';
import {
  answering,
  begunFrames,
  errorBody,
  errorFrame,
  openingFrames,
  streamFrames,
} from '../support/wire-answers.ts';

const ASK: Ask = { text: 'the question' };
const WORDS = { text: 'one two three four five' };
const LONGEST_ABORT_MS = 100;

/** A client and its first provider: of its own dialect where there is one, and of another. */
interface Pair {
  readonly client: ClientDialectId;
  readonly first: UpstreamDialectId;
  /** Speaks neither. */
  readonly second: UpstreamDialectId;
}

const PAIRS: readonly Pair[] = [
  { client: 'anthropic-messages', first: 'anthropic-messages', second: 'openai-chat' },
  { client: 'anthropic-messages', first: 'openai-responses', second: 'google-generate' },
  { client: 'openai-responses', first: 'openai-responses', second: 'google-generate' },
  { client: 'openai-responses', first: 'anthropic-messages', second: 'openai-chat' },
  { client: 'openai-chat', first: 'openai-chat', second: 'anthropic-messages' },
  { client: 'openai-chat', first: 'google-generate', second: 'openai-responses' },
  { client: 'google-generate', first: 'google-generate', second: 'openai-responses' },
  { client: 'google-generate', first: 'openai-chat', second: 'anthropic-messages' },
  { client: 'ollama-chat', first: 'openai-responses', second: 'anthropic-messages' },
];

interface Fault {
  readonly name: string;
  readonly verb?: (dialect: UpstreamDialectId) => Verb;
  /** Nobody listens. */
  readonly isRefused?: boolean;
  readonly only?: 'stream' | 'plain';
  readonly errorType: string | Readonly<Record<UpstreamDialectId, string>>;
}

const errorStatus =
  (statusCode: number, retryAfter?: string) =>
  (dialect: UpstreamDialectId): Verb =>
    status(statusCode, {
      body: errorBody(dialect, statusCode, 'not now'),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });

const FAULTS: readonly Fault[] = [
  { name: 'a refused connection', isRefused: true, errorType: 'connect' },
  { name: '529', verb: errorStatus(529), errorType: 'overloaded' },
  { name: '429 with retry-after', verb: errorStatus(429, '7'), errorType: 'rate-limited' },
  { name: '401', verb: errorStatus(401), errorType: 'auth' },
  {
    name: 'its own error as the first event',
    verb: (dialect) => sse([...openingFrames(dialect), errorFrame(dialect)]),
    only: 'stream',
    errorType: {
      'openai-chat': 'server-error',
      'openai-responses': 'server-error',
      'anthropic-messages': 'overloaded',
      'google-generate': 'overloaded',
    },
  },
  {
    name: 'an error in place of the answer',
    verb: (dialect) => json(errorBody(dialect, 529, 'not now')),
    only: 'plain',
    errorType: {
      'openai-chat': 'server-error',
      'openai-responses': 'server-error',
      'anthropic-messages': 'overloaded',
      'google-generate': 'overloaded',
    },
  },
  {
    name: 'a stream that ends before its first word',
    verb: (dialect) => endEarly(openingFrames(dialect)),
    only: 'stream',
    errorType: 'invalid-response',
  },
];

/** Two models of a provider each, of which the second stands in for the first. */
interface Scene {
  /** What a client asks for to get them. */
  readonly model: string;
  readonly second: string;
}

interface Closed {
  readonly isFirstClosed?: boolean;
  readonly isSecondClosed?: boolean;
}

/**
 * One daemon for many tests: each has providers of its own, so that what one test does to their health is nothing to the
 * next. All first providers are one server, and so are all second ones.
 */
class Rig {
  private readonly scenes: (Pair & Closed)[] = [];
  private running: { daemon: TestDaemon; first: FakeUpstream; second: FakeUpstream } | undefined;

  /** To be called before the tests run. */
  scene(pair: Pair, closed: Closed = {}): Scene {
    const index = this.scenes.push({ ...pair, ...closed });
    return { model: `exact/first-${index}`, second: `second-${index}` };
  }

  async start(): Promise<void> {
    const [first, second] = [await startFakeUpstream(), await startFakeUpstream()];
    const nobody = `http://127.0.0.1:${await closedPort()}/v1`;
    const models = this.scenes.flatMap((scene, index): readonly TestModel[] => [
      {
        id: `first-${index + 1}`,
        dialect: scene.first,
        baseUrl: scene.isFirstClosed === true ? nobody : first.baseUrl,
        fallback: [`second-${index + 1}`],
      },
      {
        id: `second-${index + 1}`,
        dialect: scene.second,
        baseUrl: scene.isSecondClosed === true ? nobody : second.baseUrl,
      },
    ]);
    const retries = { maxAttempts: 2, exactFallback: true, pauseMs: 1 };
    this.running = { daemon: await runDaemon({ config: configFor(models, { retries }) }), first, second };
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
    await this.first.close();
    await this.second.close();
  }

  get daemon(): TestDaemon {
    return this.parts.daemon;
  }

  get first(): FakeUpstream {
    return this.parts.first;
  }

  get second(): FakeUpstream {
    return this.parts.second;
  }

  /** The record of an answer; waits for it where the client is faster than the books. */
  async recordOf({ headers }: Response): Promise<ExchangeRecord> {
    const exchangeId = headers.get('x-pointsman-exchange-id') ?? '';
    for (;;) {
      const { status: statusCode, body } = await this.daemon.control('GET', `exchanges/${exchangeId}`);
      if (statusCode === 200) return body as ExchangeRecord;
    }
  }

  private get parts(): { daemon: TestDaemon; first: FakeUpstream; second: FakeUpstream } {
    assert.ok(this.running !== undefined);
    return this.running;
  }
}

describe('[A25] before the first content event', () => {
  const rig = new Rig();
  before(() => rig.start());
  after(() => rig.stop());

  for (const pair of PAIRS) {
    const { client, first, second } = pair;
    for (const fault of FAULTS) {
      for (const isStream of [false, true]) {
        if (fault.only !== undefined && (fault.only === 'stream') !== isStream) continue;
        const way = `${client} at ${first}, ${isStream ? 'streamed' : 'plain'}`;
        const scene = rig.scene(pair, { isFirstClosed: fault.isRefused === true });
        it(`${fault.name} is invisible, and ${second} answers: ${way}`, async () => {
          if (fault.verb !== undefined) rig.first.always(fault.verb(first));
          rig.second.always(answering(second, WORDS));
          const received = await askAs(client, rig.daemon, scene.model, ASK, { isStream });
          assert.equal(received.text, WORDS.text);
          assert.notEqual(received.finish, '');
          const record = await rig.daemon.exchange(received.exchangeId);
          assert.equal(record.status, 'ok');
          assert.equal(record.responseModel, scene.second);
          assert.equal(record.reason, 'fallback');
          assert.equal(record.usageSource, 'reported');
          const { errorType } = fault;
          assert.equal(
            record.attempts[0]?.errorType,
            typeof errorType === 'string' ? errorType : errorType[first],
          );
        });
      }
    }
  }
});

/** What tells a client of the dialect that an answer is at its end. */
const TERMINATORS: Readonly<Record<ClientDialectId, RegExp>> = {
  'openai-chat': /\[DONE\]|"finish_reason":"/,
  'openai-responses': /response\.(?:completed|incomplete|failed)/,
  'anthropic-messages': /message_stop|stop_reason":"/,
  'google-generate': /"finishReason":"/,
  'ollama-chat': /"done":true/,
};

const TORN: readonly { readonly name: string; readonly verb: (dialect: UpstreamDialectId) => Verb }[] = [
  {
    name: 'its own error event',
    verb: (dialect) => errorAfterContent([begunFrames(dialect, WORDS).join('')], errorFrame(dialect)),
  },
  { name: 'a clean end without its terminator', verb: (dialect) => endEarly(begunFrames(dialect, WORDS)) },
  {
    name: 'a cut connection',
    verb: (dialect) =>
      cut(Buffer.byteLength(begunFrames(dialect, WORDS).join('')) + 20, streamFrames(dialect, WORDS)),
  },
];

describe('after the first content event', () => {
  const rig = new Rig();
  before(() => rig.start());
  after(() => rig.stop());

  for (const pair of PAIRS) {
    const { client, first } = pair;
    for (const { name, verb } of TORN) {
      const { model } = rig.scene(pair);
      it(`${name} destroys the connection: ${client} at ${first}`, async () => {
        const asked = rig.second.requests.length;
        rig.first.always(verb(first));
        const response = await postAs(client, rig.daemon, wireAsk(client, model, ASK, true));
        assert.equal(response.status, 200);
        let received = '';
        await assert.rejects(async () => {
          for await (const chunk of response.body ?? [])
            received += Buffer.from(chunk as Uint8Array).toString();
        });
        assert.match(received, /one/);
        assert.doesNotMatch(received, TERMINATORS[client]);
        assert.ok(received.endsWith('\n'), 'half an event was sent');
        assert.equal(rig.second.requests.length, asked);
        const record = await rig.recordOf(response);
        assert.equal(record.status, 'error');
        assert.equal(record.errorType, 'upstream.stream_interrupted');
      });
    }

    const { model } = rig.scene(pair);
    it(`a client that leaves stops the provider and is booked as cancelled: ${client} at ${first}`, async () => {
      rig.first.always(stall({ frames: begunFrames(first, WORDS) }));
      const abort = new AbortController();
      const asked = rig.second.requests.length;
      const aborts = rig.first.aborts();
      const response = await postAs(client, rig.daemon, wireAsk(client, model, ASK, true), {
        signal: abort.signal,
      });
      let received = '';
      await assert.rejects(async () => {
        for await (const chunk of response.body ?? []) {
          received += Buffer.from(chunk as Uint8Array).toString();
          if (received.includes('two')) abort.abort();
        }
      });
      const leftMs = performance.now();
      await rig.first.waitForAbort(aborts + 1);
      assert.ok(performance.now() - leftMs < LONGEST_ABORT_MS);
      const record = await rig.recordOf(response);
      assert.equal(record.status, 'cancelled');
      assert.equal(record.errorType, 'client.closed');
      // Google counts in every chunk what it has written so far, which is what was seen of it.
      assert.equal(record.usageSource, first === 'google-generate' ? 'reported' : 'estimated');
      assert.ok((record.usage?.inputTokens ?? 0) > 0);
      assert.ok((record.usage?.outputTokens ?? 0) > 0);
      assert.equal(rig.second.requests.length, asked);
    });
  }
});

describe('[A28] when every model fails', () => {
  const rig = new Rig();
  before(() => rig.start());
  after(() => rig.stop());

  for (const pair of PAIRS) {
    const { client, first, second } = pair;
    const DOWN: readonly {
      readonly name: string;
      readonly statusCode: number;
      readonly verb?: (typeof FAULTS)[0]['verb'];
    }[] = [
      { name: 'nobody listens', statusCode: 502 },
      { name: '503', statusCode: 503, verb: errorStatus(503) },
      { name: '529', statusCode: 529, verb: errorStatus(529, '12') },
    ];
    for (const { name, statusCode, verb } of DOWN) {
      const isFirstClosed = verb === undefined;
      const { model } = rig.scene(pair, { isFirstClosed, isSecondClosed: isFirstClosed });
      it(`there is one error that says not to try again (${name}): ${client} at ${first}`, async () => {
        if (verb !== undefined) {
          rig.first.always(verb(first));
          rig.second.always(verb(second));
        }
        const response = await postAs(client, rig.daemon, wireAsk(client, model, ASK, true));
        assert.equal(response.status, statusCode);
        assert.equal(response.headers.get('x-should-retry'), 'false');
        assert.equal(response.headers.has('retry-after'), statusCode === 529);
        const exchangeId = response.headers.get('x-pointsman-exchange-id');
        for (const name of ['request-id', 'x-request-id']) {
          assert.equal(response.headers.get(name), exchangeId);
        }
        const error = readError(client, await response.json());
        assert.match(error.message, /first/);
        assert.match(error.message, /second/);
        const record = await rig.recordOf(response);
        assert.equal(record.status, 'error');
        assert.equal(record.errorType, 'upstream.all_failed');
        assert.equal(record.attempts.length, 2);
      });
    }

    const { model } = rig.scene(pair);
    it(`the first refusal is passed on in its own words: ${client} at ${first}`, async () => {
      const asked = rig.second.requests.length;
      const words = 'the parameter frobnication is not supported';
      rig.first.always(status(400, { body: errorBody(first, 400, words) }));
      rig.second.always(status(400, { body: errorBody(second, 400, 'no') }));
      const response = await postAs(client, rig.daemon, wireAsk(client, model, ASK, false));
      assert.equal(response.status, 400);
      assert.equal(response.headers.get('x-should-retry'), 'false');
      const body = (await response.json()) as JsonObject;
      assert.equal(readError(client, body).message, words);
      if (client === first) assert.deepEqual(body, errorBody(first, 400, words));
      assert.equal(rig.second.requests.length, asked + 1);
      const record = await rig.recordOf(response);
      assert.equal(record.errorType, 'upstream.rejected');
    });
  }
});

describe('a conversation that is too long', () => {
  const rig = new Rig();
  before(() => rig.start());
  after(() => rig.stop());

  for (const pair of PAIRS) {
    const { client, first } = pair;
    for (const isStream of [false, true]) {
      const way = `${client} at ${first}, ${isStream ? 'in the stream' : 'by its status'}`;
      const { model } = rig.scene(pair);
      // Assistants shorten their conversation on a 400 and give up on a 500.
      it(`is told as the client's mistake: ${way}`, async () => {
        const { frame, body } = TOO_LONG[first];
        rig.first.always(isStream ? sse([...openingFrames(first), frame]) : status(400, { body }));
        const response = await postAs(client, rig.daemon, wireAsk(client, model, ASK, isStream));
        assert.equal(response.status, 400);
        assert.equal(response.headers.get('x-should-retry'), 'false');
        const { message } = readError(client, await response.json());
        assert.match(message, /too long|context|exceeds/);
      });
    }
  }
});

/** The words of each vendor, as an event in a stream and as the body of a 400. */
const TOO_LONG: Readonly<Record<UpstreamDialectId, { readonly frame: string; readonly body: JsonObject }>> =
  (() => {
    const openAi = {
      message: 'Your input exceeds the context window of this model.',
      type: 'invalid_request_error',
      param: 'input',
      code: 'context_length_exceeded',
    };
    const anthropic = {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 9 tokens > 8 maximum' },
    };
    const google = {
      error: {
        code: 400,
        message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).',
        status: 'INVALID_ARGUMENT',
      },
    };
    const { code, message } = openAi;
    const failed = {
      type: 'response.failed',
      response: { id: 'resp_1', status: 'failed', error: { code, message }, output: [] },
    };
    const frame = (data: JsonObject): string => `data: ${JSON.stringify(data)}\n\n`;
    return {
      'openai-chat': { frame: frame({ error: openAi }), body: { error: openAi } },
      'openai-responses': { frame: `event: response.failed\n${frame(failed)}`, body: { error: openAi } },
      'anthropic-messages': { frame: `event: error\n${frame(anthropic)}`, body: anthropic },
      'google-generate': { frame: frame(google), body: google },
    };
  })();
