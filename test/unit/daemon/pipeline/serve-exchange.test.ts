import assert from 'node:assert/strict';
import { noResponseCache, type CachedAnswer } from '../../../../daemon/cache/response-cache.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { serveExchange, type PipelineDeps } from '../../../../daemon/pipeline/serve-exchange.ts';
import type { WireRequest } from '../../../../daemon/pipeline/wire-request.ts';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import type { FailureKind } from '../../../../daemon/protocol/vocabulary.ts';
import { deferred } from '../../../../daemon/util/deferred.ts';
import { chatBody, chatFrames } from '../../../support/fake-upstream.ts';
import { classification } from '../route/route-fixtures.ts';
import {
  ask,
  failing,
  fakeClient,
  plain,
  rig,
  stream,
  untilAborted,
  wireUsage,
  type FakeClient,
  type FakeClientOptions,
  type Rig,
  type RigOptions,
} from './pipeline-rig.ts';
import { wordsDialect } from './words-dialect.ts';

const STREAM = { stream: true, stream_options: { include_usage: true } };
const GOOD = plain(chatBody('hello', { usage: wireUsage(1000, 100) }));
const LONG = plain(chatBody('hello '.repeat(20_000), { usage: wireUsage(1000, 100) }));
const LEFT = new RouterError('client.closed', 'the client left');

interface Served {
  readonly r: Rig;
  readonly client: FakeClient;
  readonly record: ExchangeRecord;
}

async function serve(
  options: RigOptions & { client?: FakeClientOptions; wire?: Partial<WireRequest> } = {},
  body: unknown = ask(),
): Promise<Served> {
  const r = rig(options);
  const client = fakeClient(options.client);
  await serveExchange(r.deps, r.wire(body, options.wire), client);
  assert.equal(r.records.length, 1, 'one record for one request');
  const [record] = r.records;
  assert.ok(record);
  return { r, client, record };
}

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('the request path', () => {
  it('answers a plain request: commit once, one write, end, one record', async () => {
    const { client, record, r } = await serve({ script: [GOOD] });
    assert.deepEqual(client.calls, ['commit 200', 'write', 'end']);
    assert.equal(JSON.parse(client.body()).choices[0].message.content, 'hello');
    assert.deepEqual(
      [record.status, record.responseModel, record.reason],
      ['ok', 'small', 'cheapest-capable'],
    );
    assert.deepEqual(
      r.events.map((event) => event.type),
      ['exchange-start', 'exchange-routed', 'attempt-end', 'exchange-end'],
    );
    assert.deepEqual(r.log, []);
  });

  it('answers a streamed request write by write', async () => {
    const frames = chatFrames('one two');
    const { client, record } = await serve({ script: [stream(frames)] }, ask('count', STREAM));
    assert.equal(client.body(), frames.join(''));
    assert.equal(client.calls.length, frames.length + 2);
    assert.deepEqual([record.status, record.stream, record.usageSource], ['ok', true, 'reported']);
  });

  it('translates for a client of another dialect', async () => {
    const frames = chatFrames('one two');
    const wire = { dialect: wordsDialect };
    const { client, record } = await serve({ script: [stream(frames)], wire }, ask('count', STREAM));
    assert.equal(client.body(), '<one><two><end small>');
    assert.equal(record.clientDialect, 'anthropic-messages');
  });

  it('sends the client’s headers along, of which upstream picks the few that may pass', async () => {
    const headers = new Map([['openai-beta', 'x=1']]);
    const { r } = await serve({ script: [GOOD], wire: { headers } });
    assert.equal(r.attempts[0]?.context.clientHeaders?.get('openai-beta'), 'x=1');
  });

  it('uses the override for the next request up', async () => {
    const r = rig({ script: [GOOD, GOOD] });
    r.deps.overrides.set({ model: 'large', scope: 'next' });
    await serveExchange(r.deps, r.wire(ask()), fakeClient());
    await serveExchange(r.deps, r.wire(ask()), fakeClient());
    assert.deepEqual(
      r.records.map(({ responseModel, reason }) => [responseModel, reason]),
      [
        ['large', 'override'],
        ['small', 'cheapest-capable'],
      ],
    );
  });

  it('sees one configuration for its whole life', async () => {
    const r = rig({ script: [async (...given) => ((current = other), await GOOD(...given))] });
    const first = r.deps.snapshot();
    const other = { ...first, metadata: 'body' as const };
    let current: ReturnType<PipelineDeps['snapshot']> = first;
    const client = fakeClient();
    await serveExchange({ ...r.deps, snapshot: () => current }, r.wire(ask()), client);
    assert.equal(current, other);
    assert.doesNotMatch(client.body(), /_pointsman/);
  });
});

describe('before the commit', () => {
  const KINDS: readonly FailureKind[] = [
    'connect',
    'timeout',
    'rate-limited',
    'overloaded',
    'server-error',
    'auth',
    'quota',
    'model-not-found',
    'context-length',
    'rejected',
    'invalid-response',
    'interrupted',
  ];
  for (const kind of KINDS) {
    it(`[A25] nothing of a ${kind} failure reaches the client, and another model answers`, async () => {
      const isRetried = kind === 'server-error';
      const script = [failing(kind, { sent: false }), ...(isRetried ? [failing(kind)] : []), GOOD];
      const targets = rig()
        .deps.snapshot()
        .table.targets.map((target) => ({ ...target, supports: [] }));
      const roomy = targets.map((target, index) => ({ ...target, contextTokens: 100_000 * (index + 1) }));
      const { client, record, r } = await serve({ script, targets: roomy });
      assert.deepEqual(client.calls, ['commit 200', 'write', 'end']);
      assert.equal(record.status, 'ok');
      assert.equal(r.attempts.at(-1)?.target.id, record.responseModel);
      assert.equal(record.attempts.length, r.attempts.length);
      assert.ok(record.attempts.slice(0, -1).every((attempt) => attempt.errorType === kind));
    });
  }

  it('[A28] a chain that is exhausted gives one error, and the attempts are on record', async () => {
    const script = [failing('overloaded', { statusCode: 529 }), failing('overloaded', { statusCode: 503 })];
    const { client, record } = await serve({ script });
    assert.deepEqual(client.calls, ['fail upstream.all_failed']);
    assert.equal(client.error?.statusCode, 503);
    assert.deepEqual([record.status, record.errorType], ['error', 'upstream.all_failed']);
    assert.equal(record.attempts.length, 2);
    assert.equal(client.headers['x-pointsman-attempts'], '2');
    assert.equal(client.headers['x-pointsman-exchange-id'], record.exchangeId);
  });

  it('a refusal of the request itself is passed on in the provider’s words, the first one', async () => {
    const refusal = (message: string) => failing('rejected', { statusCode: 422, message });
    const { client, record } = await serve({ script: [refusal('top_p is wrong'), refusal('another')] });
    assert.deepEqual(client.calls, ['fail upstream.rejected']);
    assert.deepEqual([client.error?.message, client.error?.statusCode], ['top_p is wrong', 422]);
    assert.deepEqual([record.status, record.errorType], ['error', 'upstream.rejected']);
  });

  it('a model that nobody has is answered without asking anyone', async () => {
    const { client, record, r } = await serve({}, ask('x', { model: 'exact/nothing' }));
    assert.deepEqual(client.calls, ['fail model.unknown']);
    assert.equal(r.attempts.length, 0);
    assert.equal(record.errorType, 'model.unknown');
    assert.equal(record.decision?.chosen, '');
  });

  it('a request that no model can serve is answered without asking anyone', async () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.invalid/x.png' } };
    const body = { model: 'auto', messages: [{ role: 'user', content: [image] }] };
    const { client, record, r } = await serve({}, body);
    assert.deepEqual(client.calls, ['fail route.no_eligible_target']);
    assert.equal(r.attempts.length, 0);
    assert.ok(record.decision?.candidates.every((candidate) => candidate.rejected !== null));
  });

  for (const [what, body] of [
    ['broken JSON', '{"model":'],
    ['no body', ''],
    ['a wrong type', { model: 7, messages: [] }],
  ] as const) {
    it(`${what} gets an error and a record, and no one hears of a start`, async () => {
      const { client, record, r } = await serve({}, body);
      assert.deepEqual(client.calls, ['fail request.malformed']);
      assert.deepEqual([record.status, record.requestModel], ['error', '']);
      assert.deepEqual(
        r.events.map((event) => event.type),
        ['exchange-end'],
      );
      assert.deepEqual(r.log, []);
    });
  }

  it('a control header that cannot be read names itself and leaves a record', async () => {
    const headers = new Map([['x-pointsman-profile', 'cheapest']]);
    const { client, record } = await serve({ wire: { headers } });
    assert.deepEqual(client.calls, ['fail request.malformed']);
    assert.equal(client.error?.param, 'x-pointsman-profile');
    assert.equal(record.errorType, 'request.malformed');
  });
});

describe('after the commit', () => {
  it('a torn stream destroys the connection and falls back to nobody', async () => {
    const torn = new RouterError('upstream.stream_interrupted', 'cut');
    const frames = chatFrames('one two three').slice(0, 3);
    const { client, record, r } = await serve({ script: [stream(frames, torn), GOOD] }, ask('x', STREAM));
    assert.deepEqual(client.calls, [
      'commit 200',
      'write',
      'write',
      'write',
      'destroy upstream.stream_interrupted',
    ]);
    assert.equal(r.attempts.length, 1);
    assert.deepEqual([record.status, record.usageSource], ['error', 'estimated']);
  });

  it('a client that leaves in mid-stream is cancelled, with what it got on the books', async () => {
    const onWrite = (index: number) => (index === 2 ? Promise.reject(LEFT) : undefined);
    const script = [stream(chatFrames('one two three'))];
    const { client, record, r } = await serve({ script, client: { onWrite } }, ask('x', STREAM));
    assert.equal(client.calls.at(-1), 'destroy client.closed');
    assert.deepEqual(
      [record.status, record.errorType, record.usageSource],
      ['cancelled', 'client.closed', 'estimated'],
    );
    assert.ok((record.usage?.outputTokens ?? 0) > 0);
    assert.deepEqual(r.log, []);
  });

  it('a long plain answer that could not be delivered keeps its reported usage', async () => {
    const long = plain(chatBody('w'.repeat(70_000), { usage: wireUsage(1000, 17_500) }));
    const { record } = await serve({ script: [long], client: { onWrite: () => Promise.reject(LEFT) } });
    assert.deepEqual(
      [record.status, record.usageSource, record.usage?.inputTokens],
      ['cancelled', 'reported', 1000],
    );
  });
});

describe('a signal that ends the exchange', () => {
  const REASONS = [
    [LEFT, 'cancelled'],
    [new RouterError('router.shutting_down', 'stopping'), 'interrupted'],
    [new RouterError('upstream.stream_interrupted', 'the total time is up'), 'error'],
  ] as const;
  for (const [reason, status] of REASONS) {
    it(`during the classification asks nobody (${reason.code})`, async () => {
      const abort = new AbortController();
      const classified = deferred<void>();
      const deps: Partial<PipelineDeps> = {
        classifier: {
          name: 'slow',
          classify: async () => {
            await classified.promise;
            return { classification: classification(), costUsd: 0 };
          },
        },
      };
      const r = rig({ deps, script: [GOOD] });
      r.deps.overrides.set({ model: 'large', scope: 'next' });
      const client = fakeClient();
      const done = serveExchange(r.deps, r.wire(ask(), { signal: abort.signal }), client);
      abort.abort(reason);
      classified.resolve();
      await done;
      assert.deepEqual(client.calls, [`fail ${reason.code}`]);
      assert.equal(r.attempts.length, 0);
      assert.deepEqual([r.records.length, r.records[0]?.status], [1, status]);
      assert.equal(
        r.deps.overrides.current()?.scope,
        'next',
        'the override waits for a request that is served',
      );
    });

    it(`during an attempt starts no other (${reason.code})`, async () => {
      const abort = new AbortController();
      const r = rig({ script: [untilAborted, GOOD] });
      const client = fakeClient();
      const done = serveExchange(r.deps, r.wire(ask(), { signal: abort.signal }), client);
      await settled();
      abort.abort(reason);
      await done;
      assert.deepEqual(client.calls, [`fail ${reason.code}`]);
      assert.equal(r.attempts.length, 1);
      assert.deepEqual([r.records.length, r.records[0]?.status], [1, status]);
      assert.deepEqual(r.log, []);
    });

    it(`during the relay destroys the connection (${reason.code})`, async () => {
      const abort = new AbortController();
      const written = deferred<void>();
      const onWrite = (index: number): Promise<void> | undefined => {
        if (index < 1) return undefined;
        abort.abort(reason);
        return written.promise;
      };
      const r = rig({ script: [stream(chatFrames('one two').slice(0, 2), reason)] });
      const client = fakeClient({ onWrite });
      const done = serveExchange(r.deps, r.wire(ask('x', STREAM), { signal: abort.signal }), client);
      written.resolve();
      await done;
      assert.equal(client.calls.at(-1), `destroy ${reason.code}`);
      assert.deepEqual([r.records.length, r.records[0]?.status], [1, status]);
    });
  }

  it('is the reason told, whatever broke because of it', async () => {
    const abort = new AbortController();
    const breaks = async () => {
      abort.abort(LEFT);
      throw new TypeError('the socket is gone');
    };
    const { client, record, r } = await serve({ script: [breaks], wire: { signal: abort.signal } });
    assert.deepEqual(client.calls, ['fail client.closed']);
    assert.equal(record.status, 'cancelled');
    assert.deepEqual(r.log, []);
  });

  it('before it began asks nobody', async () => {
    const wire = { signal: AbortSignal.abort(LEFT) };
    const { client, record, r } = await serve({ script: [GOOD], wire });
    assert.deepEqual(client.calls, ['fail client.closed']);
    assert.equal(r.attempts.length, 0);
    assert.equal(record.status, 'cancelled');
  });
});

describe('a bug', () => {
  const bug = (): never => {
    throw new TypeError('of ours');
  };
  const brokenDialect = (broken: Partial<WireRequest['dialect']>) => ({
    dialect: { ...openAiChat, ...broken },
  });
  const STAGES: readonly (readonly [string, Parameters<typeof serve>[0]])[] = [
    ['decoding', { wire: brokenDialect({ decodeRequest: bug }) }],
    ['classification', { deps: { classifier: { name: 'broken', classify: bug } } }],
    ['planning', { deps: { policy: { name: 'broken', plan: bug, wouldFlip: bug } } }],
    ['health', { deps: { unavailable: bug } }],
    ['an attempt', { script: [async () => bug()] }],
    ['the commit', { script: [GOOD], client: { onCommit: bug } }],
    // Of the beginning of an answer: what is written last is written when the books have the exchange.
    ['a write', { script: [LONG], client: { onWrite: bug } }],
  ];
  for (const [stage, options] of STAGES) {
    it(`in ${stage} is our error with a line in the log, never a rejection`, async () => {
      const { client, record, r } = await serve(options);
      assert.equal(client.error?.code, 'router.internal');
      assert.doesNotMatch(client.error?.message ?? '', /of ours/);
      assert.deepEqual([record.status, record.errorType], ['error', 'router.internal']);
      assert.equal(r.log.length, 1);
      const [line] = r.log;
      assert.equal(line?.fields['exchangeId'], record.exchangeId);
      assert.match(String(line?.fields['cause']), /TypeError: of ours/);
    });
  }

  it('in translating an answer is our error before the commit', async () => {
    const wire = { dialect: { ...wordsDialect, encodeResponse: bug } };
    const { client, record } = await serve({ script: [GOOD], wire });
    assert.deepEqual(client.calls, ['fail router.internal']);
    assert.equal(record.errorType, 'router.internal');
  });
});

describe('books and listeners that fail', () => {
  const broken = (): never => {
    throw new Error('disk full');
  };
  const ledger = { ...rig().deps.ledger, append: broken, started: broken };
  for (const [what, deps] of [
    ['a ledger', { ledger }],
    ['a listener', { publish: broken }],
  ] as const) {
    for (const [outcome, step, calls] of [
      ['answer', GOOD, ['commit 200', 'write', 'end']],
      ['error', failing('rejected'), ['fail upstream.rejected']],
    ] as const) {
      it(`do not change an ${outcome}: ${what} that throws`, async () => {
        const r = rig({ script: [step, step], deps });
        const client = fakeClient();
        await serveExchange(r.deps, r.wire(ask()), client);
        assert.deepEqual(client.calls, calls);
        assert.ok(r.log.length > 0 && r.log.every((line) => line.message.startsWith('could not ')));
        assert.equal(JSON.stringify(r.log).includes('what is a heap'), false);
      });
    }
  }

  it('do not change an answer: a response cache that throws is an empty one', async () => {
    const { client, record, r } = await serve({
      script: [GOOD],
      deps: { cache: { ...noResponseCache, lookup: broken } },
    });
    assert.deepEqual(client.calls, ['commit 200', 'write', 'end']);
    assert.equal(record.cache, 'miss');
    assert.equal(r.log[0]?.message, 'the response cache failed');
  });
});

describe('a stored answer', () => {
  const events = openAiChat.decodeResponse(JSON.parse(JSON.stringify(chatBody('from the shelf'))));
  const hit: CachedAnswer = {
    status: 'exact',
    exchangeId: 'ex_1',
    model: 'large',
    provider: 'p-large',
    events,
  };
  const deps: Partial<PipelineDeps> = { cache: { ...noResponseCache, lookup: () => hit } };

  it('is given to a plain client without asking anyone, and recorded as a hit that cost nothing', async () => {
    const { client, record, r } = await serve({ deps });
    assert.deepEqual(client.calls, ['commit 200', 'write', 'end']);
    assert.equal(JSON.parse(client.body()).choices[0].message.content, 'from the shelf');
    assert.equal(r.attempts.length, 0);
    assert.deepEqual(
      [record.status, record.cache, record.reason, record.responseModel, record.provider, record.costUsd],
      ['ok', 'exact', 'cache', 'large', 'p-large', 0],
    );
    assert.deepEqual(
      ['cache', 'model', 'provider', 'reason', 'cost-usd'].map(
        (name) => client.headers[`x-pointsman-${name}`],
      ),
      ['exact', 'large', 'p-large', 'cache', '0'],
    );
    assert.equal(client.headers['content-length'], String(Buffer.byteLength(client.body())));
  });

  it('is streamed to a client that asked for a stream, whole and with its end', async () => {
    const { client, record } = await serve({ deps }, ask('x', STREAM));
    assert.ok(client.body().endsWith('data: [DONE]\n\n'));
    const text = [...client.body().matchAll(/"content":"([^"]*)"/g)].map((match) => match[1]).join('');
    assert.equal(text, 'from the shelf');
    assert.match(client.headers['content-type'] ?? '', /^text\/event-stream/);
    assert.deepEqual([record.stream, record.reason], [true, 'cache']);
  });

  for (const [form, more] of [
    ['plain', {}],
    ['streamed', STREAM],
  ] as const) {
    it(`[A38] carries metadata when asked (${form})`, async () => {
      const { client } = await serve({ deps, metadata: 'body' }, ask('x', more));
      assert.match(
        client.body(),
        /"_pointsman":\{[^}]*"model":"large"[^}]*"reason":"cache"[^}]*"cache":"exact"/,
      );
    });
  }

  it('[A33] is not looked for when the client wants none', async () => {
    const headers = new Map([['x-pointsman-cache', 'off']]);
    const { client, record } = await serve({ deps, script: [GOOD], wire: { headers } });
    assert.equal(JSON.parse(client.body()).choices[0].message.content, 'hello');
    assert.equal(record.cache, 'bypass');
    assert.equal(client.headers['x-pointsman-cache'], 'bypass');
  });

  it('whose client leaves is cancelled, and still a hit', async () => {
    const onWrite = (index: number) => (index === 1 ? Promise.reject(LEFT) : undefined);
    const { client, record } = await serve({ deps, client: { onWrite } }, ask('x', STREAM));
    assert.equal(client.calls.at(-1), 'destroy client.closed');
    assert.deepEqual([record.status, record.cache, record.costUsd], ['cancelled', 'exact', 0]);
  });
});
