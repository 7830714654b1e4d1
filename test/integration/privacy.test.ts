// privacy.rules, seen from outside: what falls under a rule never reaches a provider that may not see it, whichever way
// the request takes, and everything else goes on as before.

import assert from 'node:assert/strict';
import type { Decision } from '../../daemon/protocol/exchange-record.ts';
import { type FakeUpstream, startFakeUpstream, status } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const SECRET = 'please read src/payments/charge.ts';

describe('privacy rules', () => {
  /** May not see what falls under the rules. */
  let cloud: FakeUpstream;
  let inhouse: FakeUpstream;
  let daemon: TestDaemon;

  before(async () => {
    cloud = await startFakeUpstream();
    inhouse = await startFakeUpstream();
  });
  after(async () => {
    await cloud.close();
    await inhouse.close();
  });
  afterEach(() => daemon.stop());

  async function start(rule: object = {}, extra: object = {}): Promise<void> {
    const models = [
      { id: 'cloud', provider: 'cloud', baseUrl: cloud.baseUrl, inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.1 },
      { id: 'inhouse', provider: 'inhouse', baseUrl: inhouse.baseUrl, tier: 'complex', inputUsdPerMtok: 5 },
    ] as const;
    const rules = [
      {
        name: 'payments',
        paths: ['src/payments/**'],
        action: 'local' as const,
        providers: ['inhouse'],
        ...rule,
      },
    ];
    daemon = await runDaemon({
      config: configFor(models, { baseline: 'inhouse', privacy: { storePrompts: false, rules }, ...extra }),
    });
  }

  const seenBy = async (upstream: FakeUpstream, act: () => Promise<unknown>): Promise<number> => {
    const before = upstream.requests.length;
    await act();
    return upstream.requests.length - before;
  };
  const chat = (text: string, extra: object = {}, headers: Record<string, string> = {}): Promise<Response> =>
    daemon.post(
      '/v1/chat/completions',
      { model: 'auto', messages: [{ role: 'user', content: text }], ...extra },
      headers,
    );

  it('[C12] keep a request that names a protected path from every provider that may not see it', async () => {
    await start();
    assert.equal((await chat('good morning')).headers.get('x-pointsman-model'), 'cloud');
    let answer: Response | undefined;
    assert.equal(await seenBy(cloud, async () => (answer = await chat(SECRET))), 0);
    assert.equal(answer?.headers.get('x-pointsman-model'), 'inhouse');
    await answer.text();
    const [record] = await daemon.waitForExchanges(2);
    assert.match(record?.warnings.join() ?? '', /privacy rule "payments": only inhouse may answer/);
    const { decision } = await daemon.exchange(record?.exchangeId ?? '');
    const lost = decision?.candidates.find(({ model }) => model === 'cloud');
    assert.equal(lost?.rejected, 'may not see this request (privacy rule "payments")');
  });

  const bodies: Readonly<Record<string, object>> = {
    '/v1/chat/completions': { model: 'cloud', messages: [{ role: 'user', content: SECRET }] },
    '/v1/messages': { model: 'cloud', max_tokens: 50, messages: [{ role: 'user', content: SECRET }] },
    '/v1/responses': { model: 'cloud', input: SECRET },
    '/v1beta/models/cloud:generateContent': { contents: [{ role: 'user', parts: [{ text: SECRET }] }] },
    '/api/chat': { model: 'cloud', stream: false, messages: [{ role: 'user', content: SECRET }] },
    '/v1/messages/count_tokens': { model: 'cloud', messages: [{ role: 'user', content: SECRET }] },
    '/v1/embeddings': { model: 'cloud', input: SECRET },
    '/v1/completions': { model: 'cloud', prompt: SECRET },
  };
  it('hold on every endpoint, also where the model is named', async () => {
    await start();
    for (const [path, body] of Object.entries(bodies)) {
      const reached = await seenBy(cloud, async () => (await daemon.post(path, body)).text());
      assert.equal(reached, 0, path);
    }
  });

  it('hold against every wish of the client and of the user', async () => {
    await start();
    await daemon.control('PUT', 'override', { model: 'cloud', scope: 'always' });
    for (const act of [
      () => chat(SECRET),
      () => chat(SECRET, { model: 'exact/cloud' }),
      () => chat(SECRET, {}, { 'x-pointsman-model': 'cloud' }),
      () =>
        daemon.post('/v1/chat/completions?model=cloud', { messages: [{ role: 'user', content: SECRET }] }),
    ]) {
      assert.equal(await seenBy(cloud, async () => (await act()).text()), 0);
    }
    const refused = await chat(SECRET, { model: 'exact/cloud' });
    assert.equal(refused.status, 503);
    assert.match(await refused.text(), /may not see this request \(privacy rule \\"payments\\"\)/);
  });

  it('hold when those that may see it fail', async () => {
    await start();
    inhouse.next(status(500), status(500), status(500), status(500));
    assert.equal(await seenBy(cloud, async () => (await chat(SECRET)).text()), 0);
  });

  it('keep the ask from a model that would only grade it', async () => {
    await start({}, { classifier: { mode: 'model', model: 'cloud' } });
    assert.ok((await seenBy(cloud, async () => (await chat('why is the sky blue?')).text())) >= 1);
    assert.equal(await seenBy(cloud, async () => (await chat(SECRET)).text()), 0);
  });

  it('go on holding a conversation whose later requests no longer name the file', async () => {
    await start();
    const session = { 'x-pointsman-conversation': 'c1' };
    await (await chat(SECRET, {}, session)).text();
    assert.equal(await seenBy(cloud, async () => (await chat('thanks', {}, session)).text()), 0);
    assert.equal(await seenBy(cloud, async () => (await chat('thanks')).text()), 1);
  });

  it('refuse, in one sentence of the client’s dialect that names the rule, before anybody is asked', async () => {
    await start({ action: 'refuse', providers: undefined });
    let answer: Response | undefined;
    const ask = async (): Promise<Response> =>
      (answer = await daemon.post('/v1/messages', bodies['/v1/messages']));
    assert.equal(await seenBy(cloud, () => seenBy(inhouse, ask)), 0);
    assert.equal(answer?.status, 403);
    assert.equal(answer.headers.get('x-should-retry'), 'false');
    const body = (await answer.json()) as { error: { type: string; message: string } };
    assert.equal(body.error.type, 'permission_error');
    assert.match(
      body.error.message,
      /^privacy rule "payments" refuses this request, and nothing of it was sent/,
    );
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.errorType, 'privacy.refused');
    assert.deepEqual(record?.attempts, []);
  });

  it('are told by explain, which asks nobody', async () => {
    await start();
    const request = { model: 'auto', messages: [{ role: 'user', content: SECRET }] };
    const { body } = await daemon.control('POST', 'explain', { dialect: 'openai-chat', request });
    const decision = body as Decision;
    assert.equal(decision.chosen, 'inhouse');
    assert.deepEqual(decision.input?.privacy?.rules, ['payments']);
  });

  it('let nothing leave while a configuration that speaks of privacy cannot be read', async () => {
    const base = configFor([{ id: 'cloud', provider: 'cloud', baseUrl: cloud.baseUrl }]);
    const text = JSON.stringify({
      ...base,
      privacy: { rules: [{ name: 'a', paths: ['a'], actoin: 'local' }] },
    });
    daemon = await runDaemon({ config: text, environment: { OPENAI_API_KEY: 'sk-test-of-nobody' } });
    const answer = await chat('anything');
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /privacy rule \\"mend config\.jsonc first\\"/);
  });
});
