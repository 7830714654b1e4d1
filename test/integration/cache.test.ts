// The exact cache end to end: equal questions at the same time are asked once, a stored answer is given again and costs
// nothing, and what must not be shared or kept is asked anew.

import assert from 'node:assert/strict';
import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import type { ClientDialectId } from '../support/echo-clients.ts';
import { askAs, postAs, wireAsk } from '../support/dialect-clients.ts';
import {
  chatBody,
  chatFrames,
  cut,
  json,
  sse,
  stall,
  startFakeUpstream,
  status,
  type FakeUpstream,
  type Verb,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon, type TestModel } from '../support/run-daemon.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const ASK = { model: 'auto', messages: [{ role: 'user', content: 'What is a tree?' }] };
const TEXT = 'a tree is a graph without circles';
/** No word twice in a row: what goes round in circles is not kept. */
const LONG_TEXT = Array.from({ length: 700 }, (_, index) => `word${(index * 7919) % 1009}`).join(' ');
const CALLERS = 200;
const CLIENTS: readonly ClientDialectId[] = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate',
];

const about = (content: string) => ({ model: 'auto', messages: [{ role: 'user', content }] });

/** Answers only once it is let go. */
function held(then: Verb): { readonly verb: Verb; readonly release: () => void } {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    release,
    verb: async (context) => {
      await released;
      await then(context);
    },
  };
}

const either =
  (text = TEXT): Verb =>
  (context) =>
    (context.request.json?.['stream'] === true ? sse(chatFrames(text)) : json(chatBody(text)))(context);

interface Answered {
  readonly status: number;
  readonly cache: string | null;
  readonly exchangeId: string;
  readonly text: string;
  readonly headers: Headers;
}

async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + 8000;
  while (!(await isTrue())) {
    assert.ok(performance.now() < endMs, `${what} did not happen`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

describe('the exact cache', function () {
  this.timeout(30_000);
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  const start = async (
    extra: Partial<RouterConfigInput> = {},
    models: readonly Partial<TestModel>[] = [{ id: 'only' }],
    options: Omit<Parameters<typeof runDaemon>[0] & object, 'config'> = {},
  ): Promise<void> => {
    const config = configFor(
      models.map((model) => ({ id: 'only', baseUrl: upstream.baseUrl, ...model })),
      { cache: {}, ...extra },
    );
    daemon = await runDaemon({ ...options, config });
  };
  const ask = async (
    body: unknown = ASK,
    headers: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ): Promise<Answered> => {
    const response = await fetch(`${daemon.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    return {
      status: response.status,
      cache: response.headers.get('x-pointsman-cache'),
      exchangeId: response.headers.get('x-pointsman-exchange-id') ?? '',
      text: text.startsWith('{')
        ? ((
            (JSON.parse(text) as ReturnType<typeof chatBody>)['choices'] as
              { message: { content: string } }[] | undefined
          )?.[0]?.message.content ?? text)
        : text,
      headers: response.headers,
    };
  };
  const inFlight = async (): Promise<number> => (await daemon.exchanges()).length;
  const config = (models: readonly Partial<TestModel>[], extra: Partial<RouterConfigInput>): string =>
    JSON.stringify(
      configFor(
        models.map((model) => ({ id: 'only', baseUrl: upstream.baseUrl, ...model })),
        extra,
      ),
    );
  /** Asks until a changed configuration counts. */
  const reload = async (text: string, isThere: () => Promise<boolean>): Promise<void> => {
    daemon.writeConfig(text);
    await until(isThere, 'the new configuration');
  };

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    upstream.always(either());
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  it('[A31] [A34] gives the second client the answer of the first, says so and books no cost', async () => {
    await start();
    const first = await ask();
    const second = await ask();
    assert.deepEqual([first.cache, second.cache], ['miss', 'exact']);
    assert.deepEqual([first.text, second.text], [TEXT, TEXT]);
    assert.equal(upstream.requests.length, 1);
    assert.notEqual(first.exchangeId, second.exchangeId);
    assert.equal(second.headers.get('x-pointsman-model'), 'only');
    assert.equal(second.headers.get('x-pointsman-provider'), 'p-only');
    assert.equal(second.headers.get('x-pointsman-reason'), 'cache');
    assert.equal(Number(second.headers.get('x-pointsman-cost-usd')), 0);
    const record = await daemon.exchange(second.exchangeId);
    assert.deepEqual(
      [record.cache, record.status, record.costUsd, record.attempts.length],
      ['exact', 'ok', 0, 0],
    );
    assert.ok(record.savedBy.exactCache > 0);
    const made = await daemon.exchange(first.exchangeId);
    assert.ok(Math.abs(record.savedBy.exactCache - (made.costUsd ?? 0)) < 1e-12);
  });

  describe('equal questions at the same time', () => {
    it(`[A31] are one call for ${CALLERS} clients, who all get the answer`, async () => {
      await start();
      const { verb, release } = held(either());
      upstream.next(verb);
      const asked = Array.from({ length: CALLERS }, () => ask());
      await upstream.waitForRequests(1);
      await until(async () => (await stats()).inFlight === 1, 'the flight');
      release();
      const answers = await Promise.all(asked);
      assert.equal(upstream.requests.length, 1);
      assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set([TEXT]));
      assert.equal(answers.filter(({ cache }) => cache === 'miss').length, 1);
      assert.equal(answers.filter(({ cache }) => cache === 'exact').length, CALLERS - 1);
      const records = await daemon.waitForExchanges(CALLERS);
      assert.equal(records.filter(({ costUsd }) => (costUsd ?? 0) > 0).length, 1);
    });

    for (const [who, leaver] of [
      ['the first', 0],
      ['another', 77],
    ] as const) {
      it(`[A31] lose nothing when ${who} of ${CALLERS} clients leaves: one call, ${CALLERS - 1} answers`, async () => {
        await start();
        const { verb, release } = held(either());
        upstream.next(verb);
        const leaving = new AbortController();
        const asked: Promise<Answered>[] = [ask(ASK, {}, leaver === 0 ? leaving.signal : undefined)];
        await upstream.waitForRequests(1); // so that the first is the first
        for (let index = 1; index < CALLERS; index += 1) {
          asked.push(ask(ASK, {}, index === leaver ? leaving.signal : undefined));
        }
        const settled = Promise.allSettled(asked);
        await until(async () => (await waiting()) === CALLERS - 1, 'that all wait');
        leaving.abort();
        if (leaver > 0) await until(async () => (await inFlight()) === 1, 'the record of who left');
        release();
        const answers = await settled;
        const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
        assert.equal(given.length, CALLERS - 1);
        assert.equal(answers[leaver]?.status, 'rejected');
        assert.deepEqual(new Set(given.map(({ text }) => text)), new Set([TEXT]));
        assert.equal(upstream.requests.length, 1);
        assert.equal(upstream.aborts(), 0);
        assert.equal((await ask()).cache, 'exact');
      });
    }

    it('[A31] are called off at the provider once all have left', async () => {
      await start();
      upstream.next(stall('request'));
      const leaving = new AbortController();
      const asked = Array.from({ length: 5 }, () => ask(ASK, {}, leaving.signal));
      const settled = Promise.allSettled(asked);
      await upstream.waitForRequests(1);
      await until(async () => (await waiting()) === 4, 'that all wait');
      leaving.abort();
      await settled;
      await upstream.waitForAbort(1);
      assert.equal((await ask()).cache, 'miss');
    });

    it('[A31] are each asked when the provider of the first fails, and nobody gets half an answer', async () => {
      await start({ retries: { maxAttempts: 1, pauseMs: 1 } });
      const { verb, release } = held(cut(400, chatFrames(TEXT)));
      upstream.next(verb);
      const stream = { ...ASK, stream: true };
      const first = ask(stream).catch(() => null);
      await upstream.waitForRequests(1);
      const others = Array.from({ length: 6 }, () => ask());
      await until(async () => (await waiting()) === 6, 'that all wait');
      release();
      const answers = await Promise.all(others);
      assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set([TEXT]));
      assert.ok(upstream.requests.length <= 7, 'nobody asks twice');
      await first;
    });

    it('[A31] get an error of their own when the provider refuses them all', async () => {
      await start({ retries: { maxAttempts: 1, pauseMs: 1 } });
      const { verb, release } = held(status(400, { body: { error: { message: 'no such thing' } } }));
      upstream.next(verb);
      upstream.always(status(400, { body: { error: { message: 'no such thing' } } }));
      const asked = Array.from({ length: 5 }, () => ask());
      await upstream.waitForRequests(1);
      await until(async () => (await waiting()) === 4, 'that all wait');
      release();
      const answers = await Promise.all(asked);
      assert.deepEqual(
        answers.map((answer) => answer.status),
        [400, 400, 400, 400, 400],
      );
      assert.ok(answers.every(({ text }) => text.includes('no such thing')));
    });

    it('[A31] share one answer across dialects, streamed and plain', async () => {
      await start();
      const { verb, release } = held(either());
      upstream.next(verb);
      const endpoint = { url: daemon.url, token: daemon.token };
      const given = { text: 'What is a tree?', maxTokens: 500 };
      const [leader, ...others] = CLIENTS.flatMap((dialect) =>
        [true, false].map((isStream) => ({ dialect, isStream })),
      );
      assert.ok(leader !== undefined);
      const first = askAs(leader.dialect, endpoint, 'auto', given, { isStream: leader.isStream });
      await upstream.waitForRequests(1);
      const asked = others.map(({ dialect, isStream }) =>
        askAs(dialect, endpoint, 'auto', given, { isStream }),
      );
      await until(async () => (await waiting()) === others.length, 'that all wait');
      release();
      const answers = await Promise.all([first, ...asked]);
      assert.deepEqual(
        answers.map(({ text }) => text),
        answers.map(() => TEXT),
      );
      assert.equal(upstream.requests.length, 1);
    });
  });

  describe('bypassed', () => {
    it('[A33] by the header, neither looks up nor keeps', async () => {
      await start();
      const off = { 'x-pointsman-cache': 'off' };
      assert.equal((await ask(ASK, off)).cache, 'bypass');
      assert.equal((await ask()).cache, 'miss');
      assert.equal((await ask(ASK, off)).cache, 'bypass');
      assert.equal(upstream.requests.length, 3);
      assert.equal((await ask()).cache, 'exact');
    });

    it('[A33] in the configuration, and on again at once', async () => {
      await start({ cache: { exact: { enabled: false } } });
      assert.deepEqual([(await ask()).cache, (await ask()).cache], ['bypass', 'bypass']);
      await reload(config([{}], { cache: {} }), async () => (await ask(about('?'))).cache !== 'bypass');
      assert.deepEqual([(await ask()).cache, (await ask()).cache], ['miss', 'exact']);
      await reload(
        config([{}], { cache: { exact: { enabled: false } } }),
        async () => (await ask(about('?'))).cache === 'bypass',
      );
      assert.equal((await ask()).cache, 'bypass');
    });
  });

  describe('keeps', () => {
    it('[A31] an answer no longer than its time', async () => {
      const clock = createVirtualClock();
      await start({ cache: { exact: { ttlS: 60 } } }, undefined, { clock });
      assert.equal((await ask()).cache, 'miss');
      await clock.advance(59_000);
      assert.equal((await ask()).cache, 'exact');
      await clock.advance(1001);
      assert.equal((await ask()).cache, 'miss');
    });

    it('[A31] no more than its bytes, and throws away what was not used for longest', async () => {
      await start({ cache: { exact: { maxBytes: 64 * 1024 } } });
      upstream.always(either(LONG_TEXT));
      for (const name of ['a', 'b', 'c']) await ask(about(name));
      assert.equal((await ask(about('a'))).cache, 'exact');
      for (let index = 0; index < 6; index += 1) {
        await ask(about(`more ${index}`));
        assert.ok((await stats()).bytes <= 64 * 1024);
        assert.equal((await ask(about('a'))).cache, 'exact', 'what is used stays');
      }
      assert.equal((await ask(about('b'))).cache, 'miss');
    });

    it('[A31] less as soon as the configuration says less', async () => {
      await start();
      upstream.always(either(LONG_TEXT));
      for (let index = 0; index < 8; index += 1) await ask(about(`q ${index}`));
      const before = await stats();
      assert.equal(before.entries, 8);
      await reload(
        config([{}], { cache: { exact: { maxBytes: 40_000 } } }),
        async () => (await stats()).bytes <= 40_000,
      );
      assert.ok((await stats()).entries < 8);
    });
  });

  describe('does not share', () => {
    const models: readonly Partial<TestModel>[] = [
      { id: 'small', tier: 'simple' },
      { id: 'large', tier: 'complex', inputUsdPerMtok: 5, outputUsdPerMtok: 20 },
    ];

    it('[A31] answers between profiles, wishes for a model, price limits and betas', async () => {
      await start({}, models);
      const headers = [
        {},
        { 'x-pointsman-profile': 'quality' },
        { 'x-pointsman-profile': 'budget' },
        { 'x-pointsman-model': 'large' },
        { 'x-pointsman-model': 'small' },
        { 'x-pointsman-max-cost-usd': '0.5' },
        { 'openai-beta': 'assistants=v2' },
        { 'anthropic-beta': 'context-1m' },
      ];
      for (const one of headers) assert.equal((await ask(ASK, one)).cache, 'miss', JSON.stringify(one));
      for (const one of headers) assert.equal((await ask(ASK, one)).cache, 'exact', JSON.stringify(one));
      assert.equal(upstream.requests.length, headers.length);
    });

    it('[A31] [A33] an answer of a model that was wished for once', async () => {
      await start({}, models);
      const first = await ask();
      const { conversationId } = await daemon.exchange(first.exchangeId);
      for (const wish of [{ scope: 'next' }, { scope: 'conversation', conversationId }]) {
        const set = await daemon.control('PUT', 'override', { model: 'large', ...wish });
        assert.equal(set.status, 200, JSON.stringify(set.body));
        for (let times = wish.scope === 'next' ? 1 : 2; times > 0; times -= 1) {
          const asked = await ask();
          assert.notEqual(asked.cache, 'exact', wish.scope);
          assert.equal(asked.headers.get('x-pointsman-model'), 'large');
        }
        await daemon.control('DELETE', 'override');
      }
      const again = await ask();
      assert.deepEqual([again.cache, again.headers.get('x-pointsman-model')], ['exact', 'small']);
    });

    it('[A31] the answers of a standing wish with those of none', async () => {
      await start({}, models);
      await ask();
      await daemon.control('PUT', 'override', { model: 'large', scope: 'always' });
      assert.deepEqual([(await ask()).cache, (await ask()).cache], ['miss', 'exact']);
      await daemon.control('DELETE', 'override');
      assert.equal((await ask()).headers.get('x-pointsman-model'), 'small');
    });

    it('[A31] an answer with a request that a privacy rule keeps from its provider', async () => {
      await start({}, models);
      await ask(about('read secret.txt'));
      const rules = [{ name: 'secret', paths: ['secret.txt'], action: 'refuse' as const }];
      const text = config(models, { cache: {}, privacy: { rules: [...rules] } });
      daemon.writeConfig(text);
      await until(async () => (await ask(about('read secret.txt'))).status !== 200, 'the rule');
      const asked = await ask(about('read secret.txt'));
      assert.ok(asked.status >= 400 && !asked.text.includes(TEXT));
    });
  });

  it('[A34] gives a stored answer also when a budget is used up, and books nothing on it', async () => {
    await start({ budgets: [{ scope: 'all', period: 'day', limitUsd: 0.00001, onReach: 'block' }] });
    assert.equal((await ask()).cache, 'miss');
    const other = await ask(about('something else'));
    assert.equal(other.status, 429, other.text);
    const again = await ask();
    assert.deepEqual([again.status, again.cache, again.text], [200, 'exact', TEXT]);
  });

  describe('never keeps', () => {
    /** Asked again, the provider must be asked. */
    const reachesAgain = async (body: unknown, calls: number): Promise<void> => {
      const again = await ask(body);
      assert.equal(again.cache, 'miss');
      assert.equal(upstream.requests.length, calls);
    };

    for (const [what, verb] of [
      ['an answer that the provider filtered', json(chatBody('some', { finishReason: 'content_filter' }))],
      ['an answer that ran into its limit', json(chatBody('some', { finishReason: 'length' }))],
      [
        'a refusal',
        json({
          ...chatBody(''),
          choices: [
            { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: null, refusal: 'no' } },
          ],
        }),
      ],
      [
        'an answer of which one choice was cut',
        json({
          ...chatBody(''),
          choices: ['stop', 'length'].map((finish_reason, index) => ({
            index,
            finish_reason,
            message: { role: 'assistant', content: 'x' },
          })),
        }),
      ],
      ['an answer with an unknown ending', json(chatBody('some', { finishReason: 'gone_fishing' }))],
    ] as const) {
      it(`[A31] ${what}`, async () => {
        await start();
        upstream.next(verb);
        assert.equal((await ask()).status, 200);
        await reachesAgain(ASK, 2);
      });
    }

    it('[A31] an answer that was torn', async () => {
      await start({ retries: { maxAttempts: 1, pauseMs: 1 } });
      upstream.next(cut(500, chatFrames(TEXT)));
      const stream = { ...ASK, stream: true };
      await ask(stream).catch(() => null);
      await daemon.waitForExchanges(1);
      await reachesAgain(stream, 2);
    });

    it('[A31] an answer that its clients left', async () => {
      await start();
      upstream.next(stall({ frames: chatFrames(TEXT).slice(0, 4) }));
      const leaving = new AbortController();
      const endpoint = { url: daemon.url, token: daemon.token };
      const given = wireAsk('openai-chat', 'auto', { text: 'What is a tree?' }, true);
      const response = await postAs('openai-chat', endpoint, given, { signal: leaving.signal });
      await response.body?.getReader().read();
      leaving.abort();
      await upstream.waitForAbort(1);
      const [record] = await daemon.waitForExchanges(1);
      assert.equal(record?.status, 'cancelled');
      await reachesAgain(given.body, 2);
    });

    it('[A31] the answer of a model that stood in for another', async () => {
      const models = [
        { id: 'small', tier: 'simple', provider: 'one', fallback: ['large'] },
        { id: 'large', tier: 'complex', provider: 'two', inputUsdPerMtok: 5 },
      ] as const;
      await start({}, models);
      upstream.alwaysForModel('up-small', status(500));
      const first = await ask();
      const record: ExchangeRecord = await daemon.exchange(first.exchangeId);
      assert.deepEqual([first.status, record.reason], [200, 'fallback']);
      const calls = upstream.requests.length;
      const again = await ask();
      assert.equal(again.cache, 'miss');
      assert.ok(upstream.requests.length > calls);
    });

    it('[A31] an answer that was found to be weak', async () => {
      const tool = {
        type: 'function',
        function: {
          name: 'weather',
          parameters: { type: 'object', required: ['city'], properties: { city: { type: 'string' } } },
        },
      };
      const body = { ...ASK, tools: [tool] };
      await start();
      const weak = (args: string) => ({
        ...chatBody(''),
        choices: [
          {
            index: 0,
            finish_reason: 'tool_calls',
            message: {
              role: 'assistant',
              content: null,
              tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: args } }],
            },
          },
        ],
      });
      upstream.next(json(weak('{"cit')));
      const first = await ask(body);
      assert.equal(first.status, 200);
      await reachesAgain(body, upstream.requests.length + 1);
    });
  });

  interface Stats {
    readonly inFlight: number;
    readonly entries: number;
    readonly bytes: number;
  }
  const stats = (): Promise<Stats> =>
    Promise.resolve(daemon.control('GET', 'cache')).then(({ body }) => (body as { exact: Stats }).exact);
  /** Who waits has looked up. */
  const waiting = async (): Promise<number> =>
    ((await daemon.control('GET', 'cache')).body as { exact: { lookups: number } }).exact.lookups - 1;
});
