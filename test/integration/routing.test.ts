// Who answers: profiles, grades, model names, controls and their order of strength, seen from outside.

import assert from 'node:assert/strict';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const SIMPLE = 'Hi there!';
const COMPLEX =
  'Design the architecture of a multi-tenant billing service with idempotent webhooks, retries, an append-only ledger and a migration from the monolith without downtime. Compare two alternatives, analyse the risks of each and recommend one with a step by step plan.';

const MIDDLING_GENERAL = 'Explain the difference between TCP and UDP';
const MIDDLING_CODE = 'Fix the failing test in cart.test.ts';

describe('routing', () => {
  let cheap: FakeUpstream;
  let dear: FakeUpstream;
  let daemon: TestDaemon;

  before(async () => {
    cheap = await startFakeUpstream();
    dear = await startFakeUpstream();
    daemon = await runDaemon({
      config: configFor([
        {
          id: 'small',
          baseUrl: cheap.baseUrl,
          tier: 'simple',
          supports: ['tools', 'json'],
          inputUsdPerMtok: 0.1,
          outputUsdPerMtok: 0.4,
        },
        {
          id: 'medium',
          baseUrl: cheap.baseUrl,
          tier: 'moderate',
          supports: ['tools', 'json'],
          inputUsdPerMtok: 0.7,
          outputUsdPerMtok: 2,
        },
        {
          id: 'large',
          baseUrl: dear.baseUrl,
          tier: 'complex',
          inputUsdPerMtok: 4,
          outputUsdPerMtok: 20,
          contextTokens: 1_000_000,
        },
      ]),
    });
  });
  after(async () => {
    await daemon.stop();
    await cheap.close();
    await dear.close();
  });

  async function answeredBy(
    content: unknown,
    options: { model?: string; query?: string; headers?: Record<string, string>; body?: object } = {},
  ): Promise<{ model: string | null; reason: string | null; headers: Headers; status: number }> {
    const response = await daemon.post(
      `/v1/chat/completions${options.query ?? ''}`,
      { model: options.model ?? 'auto', messages: [{ role: 'user', content }], ...options.body },
      options.headers,
    );
    await response.arrayBuffer();
    const { headers, status } = response;
    return {
      model: headers.get('x-pointsman-model'),
      reason: headers.get('x-pointsman-reason'),
      headers,
      status,
    };
  }

  it('[A8] [A18] sends a greeting to the cheapest model and a design to the strongest', async () => {
    const greeting = await answeredBy(SIMPLE);
    const design = await answeredBy(COMPLEX);
    assert.equal(greeting.headers.get('x-pointsman-complexity'), 'simple');
    assert.equal(greeting.model, 'small');
    assert.equal(design.headers.get('x-pointsman-complexity'), 'complex');
    assert.equal(design.model, 'large');
  });

  it('[A20] leans by profile where it is not clear, and leaves what is clear', async () => {
    // Each in a conversation of its own: asking the same again says that the first answer was not good enough.
    let conversations = 0;
    const fresh = (): Record<string, string> => ({
      'x-pointsman-conversation': `leaning-${(conversations += 1)}`,
    });
    const byProfile = async (ask: string): Promise<string> => {
      const models = [];
      for (const model of ['auto:budget', 'auto', 'auto:quality']) {
        models.push((await answeredBy(ask, { model, headers: fresh() })).model);
      }
      return models.join(' ');
    };
    assert.equal(await byProfile(SIMPLE), 'small small small');
    assert.equal(await byProfile(MIDDLING_GENERAL), 'small medium medium');
    assert.equal(await byProfile(MIDDLING_CODE), 'medium medium large');
    assert.equal(await byProfile(COMPLEX), 'large large large');
    const told = { ...fresh(), 'x-pointsman-profile': 'budget' };
    assert.equal((await answeredBy(MIDDLING_GENERAL, { headers: told })).model, 'small');
  });

  it('[A21] answers with the cheapest capable model when nothing fits max cost, and says so', async () => {
    const result = await answeredBy(COMPLEX, { headers: { 'x-pointsman-max-cost-usd': '0.0000001' } });
    assert.equal(result.model, 'small');
    assert.equal(result.reason, 'budget');
    const record = await daemon.exchange(result.headers.get('x-pointsman-exchange-id') ?? '');
    assert.match(record.warnings.join(' '), /cost/);
  });

  it('[A22] sends an image to a model that sees', async () => {
    const content = [
      { type: 'text', text: 'what is this?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
    ];
    const result = await answeredBy(content);
    assert.equal(result.model, 'large');
    assert.equal(result.headers.get('x-pointsman-task'), 'vision');
  });

  it('[A23] obeys ?model= in the query and the stronger header', async () => {
    assert.equal((await answeredBy(SIMPLE, { query: '?model=medium' })).model, 'medium');
    const both = await answeredBy(SIMPLE, {
      query: '?model=medium',
      headers: { 'x-pointsman-model': 'large' },
    });
    assert.equal(both.model, 'large');
    assert.equal(both.reason, 'override');
  });

  it('takes exact/ literally and names the known models when it is unknown', async () => {
    const exact = await answeredBy(SIMPLE, { model: 'exact/large' });
    assert.equal(exact.model, 'large');
    assert.equal(exact.reason, 'exact');
    assert.equal(exact.headers.get('x-pointsman-saved-usd'), '0');
    const response = await daemon.post('/v1/chat/completions', {
      model: 'exact/none-such',
      messages: [{ role: 'user', content: 'x' }],
    });
    assert.equal(response.status, 404);
    assert.match(await response.text(), /large/);
  });

  it('treats any other name as a ceiling', async () => {
    assert.equal((await answeredBy(COMPLEX, { model: 'medium' })).model !== 'large', true);
    const record = await daemon.exchange(
      (await answeredBy(SIMPLE, { model: 'large' })).headers.get('x-pointsman-exchange-id') ?? '',
    );
    assert.equal(record.responseModel, 'small');
    assert.equal(record.baselineModel, 'large');
    assert.ok((record.savedUsd ?? 0) > 0);
  });

  it('resolves a name nobody knows to the baseline', async () => {
    const result = await answeredBy(SIMPLE, { model: 'gpt-99-turbo' });
    assert.equal(result.status, 200);
    const record = await daemon.exchange(result.headers.get('x-pointsman-exchange-id') ?? '');
    assert.equal(record.baselineModel, 'large');
  });

  it('uses an override for the next request once, for a conversation there, standing until cleared', async () => {
    await daemon.control('PUT', 'override', { model: 'medium', scope: 'next' });
    assert.equal((await answeredBy(SIMPLE)).model, 'medium');
    assert.equal((await answeredBy(SIMPLE)).model, 'small');

    const conversation = { 'x-pointsman-conversation': 'talk-1' };
    const first = await answeredBy(SIMPLE, { headers: conversation });
    const { conversationId } = await daemon.exchange(first.headers.get('x-pointsman-exchange-id') ?? '');
    await daemon.control('PUT', 'override', { model: 'large', scope: 'conversation', conversationId });
    assert.equal((await answeredBy(SIMPLE, { headers: conversation })).model, 'large');
    assert.equal((await answeredBy(SIMPLE)).model, 'small');
    await daemon.control('DELETE', 'override');

    await daemon.control('PUT', 'override', { model: 'medium', scope: 'always' });
    assert.equal((await answeredBy(SIMPLE)).model, 'medium');
    assert.equal((await answeredBy(SIMPLE)).model, 'medium');
    await daemon.control('DELETE', 'override');
    assert.equal((await answeredBy(SIMPLE)).model, 'small');
  });

  it('keeps an override for the next request until a request follows it', async () => {
    await daemon.control('PUT', 'override', { model: 'medium', scope: 'next' });
    assert.equal((await answeredBy(SIMPLE, { model: 'exact/large' })).model, 'large');
    assert.equal((await answeredBy(SIMPLE)).model, 'medium');
    assert.equal((await answeredBy(SIMPLE)).model, 'small');
  });

  it('says so when a model that was asked for costs more than the limit', async () => {
    const result = await answeredBy(COMPLEX, {
      model: 'exact/large',
      headers: { 'x-pointsman-max-cost-usd': '0.0000001' },
    });
    assert.equal(result.model, 'large');
    const record = await daemon.exchange(result.headers.get('x-pointsman-exchange-id') ?? '');
    assert.match(record.warnings.join(' '), /max cost/);
  });

  it('keeps a tool loop on the model it began on', async () => {
    const headers = { 'x-session-id': 'loop-1' };
    const tools = [{ type: 'function', function: { name: 'ls', parameters: { type: 'object' } } }];
    const first = await answeredBy(COMPLEX, { headers, body: { tools } });
    assert.equal(first.model, 'large');
    const response = await daemon.post(
      '/v1/chat/completions',
      {
        model: 'auto',
        tools,
        messages: [
          { role: 'user', content: COMPLEX },
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'ls', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'c1', content: 'a.ts' },
        ],
      },
      headers,
    );
    assert.equal(response.headers.get('x-pointsman-model'), 'large');
    assert.equal(response.headers.get('x-pointsman-reason'), 'affinity');
  });

  it('[A15] lifts a request with more than ten turns of history to at least moderate', async () => {
    const turns = Array.from({ length: 12 }, () => [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'hello' },
    ]).flat();
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: [...turns, { role: 'user', content: 'hi' }],
    });
    assert.notEqual(response.headers.get('x-pointsman-complexity'), 'simple');
  });

  it('explains a decision without calling anyone, and what would flip it', async () => {
    const before = cheap.requests.length + dear.requests.length;
    const { status, body } = await daemon.control('POST', 'explain', {
      dialect: 'openai-chat',
      request: { model: 'auto', messages: [{ role: 'user', content: SIMPLE }] },
    });
    assert.equal(status, 200);
    const decision = body as {
      chosen: string;
      ask: { text: string };
      candidates: { model: string; rejected: string | null }[];
      wouldFlip: unknown[];
    };
    assert.equal(decision.chosen, 'small');
    assert.equal(decision.ask.text, SIMPLE);
    assert.deepEqual(decision.candidates.map(({ model }) => model).toSorted(), ['large', 'medium', 'small']);
    assert.ok(decision.wouldFlip.length > 0);
    assert.equal(cheap.requests.length + dear.requests.length, before);
  });

  it('explains only dialects that it reads, and says so', async () => {
    const { status, body } = await daemon.control('POST', 'explain', {
      dialect: 'klingon',
      request: { model: 'auto', messages: [] },
    });
    assert.equal(status, 400);
    assert.match(JSON.stringify(body), /openai-chat/);
  });

  it('clamps max_tokens to the model that was chosen', async () => {
    await answeredBy(SIMPLE, { body: { max_tokens: 128_000 } });
    assert.equal(cheap.requests.at(-1)?.json?.['max_tokens'], 16_000);
  });

  it('[A4] [A19] lists auto, profiles and every configured model at one endpoint', async () => {
    const response = await fetch(`${daemon.url}/v1/models`, {
      headers: { authorization: `Bearer ${daemon.token}` },
    });
    const { data } = (await response.json()) as { data: { id: string }[] };
    const ids = data.map(({ id }) => id);
    for (const id of [
      'auto',
      'auto:budget',
      'auto:balanced',
      'auto:quality',
      'claude-auto',
      'exact/small',
      'exact/medium',
      'exact/large',
    ]) {
      assert.ok(ids.includes(id), id);
    }
  });

  it('[A45] gives the figures of an analytics page by model, task, grade, client, workspace and day, which all add up', async () => {
    const whole = await daemon.totals();
    for (const groupBy of ['model', 'task', 'complexity', 'client', 'workspace', 'day']) {
      const { groups } = await daemon.totals(`?groupBy=${groupBy}`);
      const sum = (pick: (group: (typeof groups)[number]) => number): number =>
        groups.reduce((total, group) => total + pick(group), 0);
      assert.equal(
        sum(({ requests }) => requests),
        whole.requests,
        groupBy,
      );
      assert.ok(Math.abs(sum(({ costUsd }) => costUsd) - whole.costUsd) < 1e-9, groupBy);
      assert.ok(Math.abs(sum(({ savedUsd }) => savedUsd) - whole.savedUsd) < 1e-9, groupBy);
    }
  });

  it('[A43] shows each model with its share of queries, price and share of spend', async () => {
    const totals = await daemon.totals('?groupBy=model');
    const shares = totals.groups.reduce((sum, group) => sum + group.requestShare, 0);
    const spend = totals.groups.reduce((sum, group) => sum + group.spendShare, 0);
    assert.ok(Math.abs(shares - 1) < 1e-9);
    assert.ok(Math.abs(spend - 1) < 1e-9);
    const { models } = (await daemon.control('GET', 'status')).body as {
      models: { id: string; inputUsdPerMtok: number }[];
    };
    assert.equal(models.find(({ id }) => id === 'small')?.inputUsdPerMtok, 0.1);
  });
});
