// The semantic cache with a provider's embeddings: asked only where a stored question is left that may mean the same, paid
// for in the open, and never the reason that somebody gets no answer or another one than theirs.

import assert from 'node:assert/strict';
import type { CacheBody, CacheExplanation } from '../../daemon/protocol/cache-api.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import {
  chatBody,
  closedPort,
  json,
  slowHeaders,
  stall,
  startFakeUpstream,
  status,
  type FakeUpstream,
  type Verb,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const ASK = 'How do I sort an array of numbers in ascending order in JavaScript?';
const SAME = 'How can I sort an array of numbers in ascending order in JavaScript?';
const OPPOSITE = 'How do I sort an array of numbers in descending order in JavaScript?';
/** 40 tokens at 1 USD per million. */
const EMBEDDING_USD = 40e-6;

const answering = (vectorOf: (text: string) => readonly number[]): Verb => {
  return async (context) => {
    const texts = context.request.json?.['input'] as readonly string[];
    const data = texts.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) }));
    // Not every server keeps the order.
    const body = { object: 'list', data: data.toReversed(), usage: { prompt_tokens: 40, total_tokens: 40 } };
    await json(body)(context);
  };
};
const ALIKE = answering(() => [1, 2, 3]);

describe('[A32] the semantic cache with a provider’s embeddings', () => {
  /** Of the chat model and of the embeddings. */
  let upstream: FakeUpstream;
  let vectors: FakeUpstream;
  let daemon: TestDaemon;

  const configOf = (semantic: object, extra: object, model: object = {}) =>
    configFor(
      [
        { id: 'small', baseUrl: upstream.baseUrl },
        { id: 'vectors', baseUrl: vectors.baseUrl, inputUsdPerMtok: 1, ...model },
      ],
      {
        cache: { semantic: { enabled: true, embeddingModel: 'vectors', ...semantic } },
        baseline: 'small',
        ...extra,
      },
    );
  const start = async (semantic = {}, extra = {}, model = {}): Promise<void> => {
    daemon = await runDaemon({ config: configOf(semantic, extra, model) });
  };
  const ask = async (content: string, headers = {}, model = 'exact/small'): Promise<string | null> => {
    const body = { model, messages: [{ role: 'user', content }] };
    const answer = await daemon.post('/v1/chat/completions', body, headers);
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return answer.headers.get('x-pointsman-cache');
  };
  const last = async (count: number): Promise<ExchangeRecord> => {
    const [record] = await daemon.waitForExchanges(count);
    assert.ok(record);
    return record;
  };
  const warnings = (): number => daemon.log.filter((line) => line.includes('by their embeddings')).length;

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    upstream.always(json(chatBody('numbers.sort((a, b) => a - b)')));
    vectors = await startFakeUpstream();
    vectors.always(ALIKE);
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
    await vectors.close();
  });

  it('answers other words whose embedding is alike, and asks for both in one call', async () => {
    await start();
    assert.equal(await ask(ASK), 'miss');
    assert.equal(vectors.requests.length, 0);
    assert.equal(await ask(SAME), 'semantic');
    const [seen] = vectors.requests;
    assert.deepEqual([vectors.requests.length, seen?.path], [1, '/v1/embeddings']);
    assert.deepEqual(seen?.json, { model: 'up-vectors', input: [SAME, ASK] });
    assert.match((await last(2)).warnings.join(), /whose question is 100\.0 % alike/);
  });

  it('asks for the embedding of a stored question once', async () => {
    vectors.next(answering((text) => (text === ASK ? [1, 0] : [0, 1])));
    vectors.always(answering(() => [1, 0]));
    await start();
    await ask(ASK);
    const first = await last(1);
    assert.equal(await ask(SAME), 'miss');
    assert.equal(
      await ask('How would I sort an array of numbers in ascending order in JavaScript?'),
      'semantic',
    );
    assert.ok(
      (await last(3)).warnings.join().includes(`the answer of exchange ${first.exchangeId} was given`),
    );
    const inputs = vectors.requests.map(({ json: body }) => body?.['input']);
    assert.deepEqual(inputs, [
      [SAME, ASK],
      ['How would I sort an array of numbers in ascending order in JavaScript?'],
    ]);
  });

  it('pays once for the same words, however often they are given the stored answer', async () => {
    await start();
    await ask(ASK);
    for (let round = 0; round < 3; round += 1) assert.equal(await ask(SAME), 'semantic');
    assert.equal(vectors.requests.length, 1);
    assert.equal((await last(4)).costUsd, 0);
  });

  it('gives no answer below the threshold', async () => {
    // Cosine 0.8.
    vectors.always(answering((text) => (text === ASK ? [1, 0] : [0.8, 0.6])));
    await start({ threshold: 0.81 });
    await ask(ASK);
    assert.equal(await ask(SAME), 'miss');
    await daemon.stop();
    await start({ threshold: 0.79 });
    await ask(ASK);
    assert.equal(await ask(SAME), 'semantic');
  });

  it('lets the guard forbid what has an equal embedding, without asking for it', async () => {
    await start({ threshold: 0 });
    await ask(ASK);
    assert.equal(await ask(OPPOSITE), 'miss');
    assert.equal(vectors.requests.length, 0);
  });

  it('puts what an embedding costs in the record and in the totals, whether it hits or misses', async () => {
    vectors.next(
      ALIKE,
      answering((text) => (text === SAME ? [1, 2, 3] : [-1, 0, 0])),
    );
    await start();
    await ask(ASK);
    assert.equal((await last(1)).classifierCostUsd, 0);
    assert.equal(await ask(SAME), 'semantic');
    const hit = await last(2);
    assert.deepEqual([hit.classifierCostUsd, hit.costUsd], [EMBEDDING_USD, EMBEDDING_USD]);
    assert.ok(Math.abs((hit.savedUsd ?? 0) - ((hit.baselineCostUsd ?? 0) - EMBEDDING_USD)) < 1e-12);
    const other = 'How would I sort an array of numbers in ascending order in JavaScript?';
    assert.equal(await ask(other), 'miss');
    const miss = await last(3);
    const attemptUsd = miss.attempts[0]?.costUsd ?? Number.NaN;
    assert.equal(miss.classifierCostUsd, EMBEDDING_USD);
    assert.ok(Math.abs((miss.costUsd ?? 0) - attemptUsd - EMBEDDING_USD) < 1e-12);
    const totals = await daemon.totals();
    assert.ok(Math.abs(totals.classifierCostUsd - 2 * EMBEDDING_USD) < 1e-12);
  });

  it('counts it against the budgets once, together with what grading the ask costs', async () => {
    const limit = { scope: 'all', period: 'day', limitUsd: 1, onReach: 'block' };
    const classifier = { mode: 'model', model: 'small' };
    await start({}, { budgets: [limit], classifier });
    vectors.always(answering((text) => (text === ASK ? [1, 0] : [0, 1])));
    await ask(ASK, {}, 'auto');
    const gradingUsd = (await last(1)).classifierCostUsd;
    assert.ok(gradingUsd > 0);
    assert.equal(await ask(SAME, {}, 'auto'), 'miss');
    assert.ok(Math.abs((await last(2)).classifierCostUsd - gradingUsd - EMBEDDING_USD) < 1e-12);
    const { body } = await daemon.control('GET', 'budgets');
    const spentUsd = (body as { budgets: { spentUsd: number }[] }).budgets[0]?.spentUsd ?? Number.NaN;
    const booked = (await daemon.waitForExchanges(2)).reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
    assert.ok(Math.abs(spentUsd - booked) < 1e-12, `${spentUsd} of ${booked}`);
  });

  it('asks for none when a budget is used up', async () => {
    const limit = { scope: 'all', period: 'day', limitUsd: 1e-9, onReach: 'block' };
    await start({}, { budgets: [limit] });
    await ask(ASK);
    await last(1);
    const body = { model: 'exact/small', messages: [{ role: 'user', content: SAME }] };
    const refused = await daemon.post('/v1/chat/completions', body);
    assert.match(await refused.text(), /budget/);
    assert.deepEqual([vectors.requests.length, warnings()], [0, 0]);
  });

  it('answers with a model when the provider of the embeddings is down, and says so once in the log', async () => {
    await start({}, {}, { baseUrl: `http://127.0.0.1:${await closedPort()}/v1` });
    await ask(ASK);
    assert.equal(await ask(SAME), 'miss');
    assert.equal(await ask('How would I sort an array of numbers in ascending order in JavaScript?'), 'miss');
    assert.equal(warnings(), 1);
    assert.equal((await last(3)).classifierCostUsd, 0);
  });

  it('answers with a model when there is an error, or no embeddings, instead of an answer', async () => {
    const answers = [
      status(400),
      status(500),
      json({ data: [{ embedding: [1] }] }),
      json({ data: [] }),
      json('{'),
    ];
    for (const answer of answers) {
      vectors.next(answer);
      await start();
      await ask(ASK);
      assert.equal(await ask(SAME), 'miss');
      assert.equal(warnings(), 1);
      await daemon.stop();
    }
    await start();
  });

  it('waits no longer than a second, and not again for a while', async () => {
    vectors.always(stall('request'));
    await start();
    await ask(ASK);
    const startMs = performance.now();
    assert.equal(await ask(SAME), 'miss');
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs > 900 && tookMs < 5000, `${tookMs} ms`);
    await vectors.waitForAbort(1);
    assert.ok((await last(2)).classifierCostUsd > 0); // it was sent, and may be billed
    assert.equal(await ask('How would I sort an array of numbers in ascending order in JavaScript?'), 'miss');
    assert.equal(vectors.requests.length, 1);
  });

  it('sends nothing that a privacy rule keeps from that provider', async () => {
    const rules = [{ name: 'pay', paths: ['src/payments/**'], action: 'local', providers: ['p-small'] }];
    await start({}, { privacy: { rules } });
    await ask('How do I sort the array in src/payments/charge.ts in ascending order?');
    assert.equal(
      await ask('How can I sort the array in src/payments/charge.ts in ascending order?'),
      'semantic', // by the built-in encoder
    );
    assert.equal(vectors.requests.length, 0);
    assert.equal(warnings(), 0);
    await ask(ASK);
    await ask(SAME);
    assert.equal(vectors.requests.length, 1);
  });

  it('sends no stored question that a rule of today would keep from that provider', async () => {
    await start();
    await ask(ASK);
    const rules = [{ name: 'words', patterns: ['How do I sort'], action: 'local', providers: ['p-small'] }];
    const put = await daemon.control('PUT', 'config', configOf({}, { privacy: { rules } }));
    assert.equal(put.status, 200);
    assert.equal(await ask(SAME), 'miss');
    assert.equal(vectors.requests.length, 0);
  });

  it('asks nothing where the cache is bypassed or off, or the question is not one for it', async () => {
    await start();
    await ask(ASK);
    assert.equal(await ask(SAME, { 'x-pointsman-cache': 'off' }), 'bypass');
    assert.equal(await ask(`${SAME} Try again.`), 'miss');
    await daemon.stop();
    await start({ enabled: false });
    await ask(ASK);
    assert.equal(await ask(SAME), 'miss');
    assert.equal(vectors.requests.length, 0);
  });

  it('asks once for 200 equal questions at the same time, which all get the stored answer', async () => {
    vectors.always(slowHeaders(50, ALIKE));
    await start();
    await ask(ASK);
    const caches = await Promise.all(Array.from({ length: 200 }, () => ask(SAME)));
    assert.deepEqual([...new Set(caches)], ['semantic']);
    assert.deepEqual([vectors.requests.length, upstream.requests.length], [1, 1]);
    assert.equal(((await daemon.control('GET', 'cache')).body as CacheBody).exact.inFlight, 0);
  });

  it('asks one model for 200 equal questions at the same time that no stored answer fits', async () => {
    vectors.always(
      slowHeaders(
        50,
        answering((text) => (text === ASK ? [1, 0] : [0, 1])),
      ),
    );
    upstream.always(slowHeaders(50, json(chatBody('numbers.sort((a, b) => a - b)'))));
    await start();
    await ask(ASK);
    const caches = await Promise.all(Array.from({ length: 200 }, () => ask(SAME)));
    assert.equal(caches.filter((cache) => cache === 'miss').length, 1);
    assert.equal(caches.filter((cache) => cache === 'exact').length, 199);
    assert.deepEqual([vectors.requests.length, upstream.requests.length], [1, 2]);
  });

  /** A client that asks and is gone as soon as `until` resolves. */
  const askAndLeave = async (until: () => Promise<unknown>): Promise<void> => {
    const leaving = new AbortController();
    const left = fetch(`${daemon.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'exact/small', messages: [{ role: 'user', content: SAME }] }),
      signal: leaving.signal,
    });
    left.catch(() => {});
    await until();
    leaving.abort();
    await assert.rejects(left);
  };

  it('goes on for the others when the client that asked first leaves', async () => {
    let answer = (): void => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    vectors.always(async (context) => {
      await asked;
      await answering((text) => (text === ASK ? [1, 0] : [0, 1]))(context);
    });
    await start();
    await ask(ASK);
    let staying: Promise<string | null> | undefined;
    await askAndLeave(async () => {
      await vectors.waitForRequests(1);
      staying = ask(SAME);
      // Both were looked up, after the first question.
      for (let lookups = 0; lookups < 3;) {
        lookups = ((await daemon.control('GET', 'cache')).body as CacheBody).exact.lookups;
      }
    });
    answer();
    assert.equal(await staying, 'exact');
    assert.deepEqual([vectors.requests.length, upstream.requests.length], [1, 2]);
  });

  it('stops asking when the last client leaves', async () => {
    vectors.always(stall('request'));
    await start();
    await ask(ASK);
    await askAndLeave(() => vectors.waitForRequests(1));
    await vectors.waitForAbort(1);
    const record = await last(2);
    assert.equal(record.status, 'cancelled');
    assert.ok(record.classifierCostUsd > 0); // it was sent, and may be billed
    assert.deepEqual([upstream.requests.length, warnings()], [1, 0]);
    assert.equal(((await daemon.control('GET', 'cache')).body as CacheBody).exact.inFlight, 0);
  });

  it('explains without asking for any', async () => {
    await start();
    await ask(ASK);
    const request = { model: 'exact/small', messages: [{ role: 'user', content: SAME }] };
    const { body } = await daemon.control('POST', 'cache/explain', { dialect: 'openai-chat', request });
    const { verdict, semantic } = body as CacheExplanation;
    assert.equal(verdict, 'miss');
    assert.match(
      semantic?.why ?? '',
      /how alike it is to "How do I sort .* would be asked of up-vectors at p-vectors/,
    );
    assert.equal(vectors.requests.length, 0);
  });
});
