// The semantic cache with a whole daemon: other words that mean the same get the stored answer, anything that differs in
// fact does not, and an answer that is called wrong is not given to such a question again.

import assert from 'node:assert/strict';
import type { CacheBody, CacheExplanation } from '../../daemon/protocol/cache-api.ts';
import { chatBody, json, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const ASK = 'How do I sort an array of numbers in ascending order in JavaScript?';
const SAME = 'How can I sort an array of numbers in ascending order in JavaScript?';
const OPPOSITE = 'How do I sort an array of numbers in descending order in JavaScript?';

describe('[A32] the semantic cache of a daemon', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  const start = async (semantic: object, exact: object = {}): Promise<void> => {
    const cache = { exact, semantic };
    daemon = await runDaemon({ config: configFor([{ id: 'small', baseUrl: upstream.baseUrl }], { cache }) });
  };
  const ask = async (content: string, headers = {}, more = {}): Promise<string | null> => {
    const body = { model: 'auto', messages: [{ role: 'user', content }], ...more };
    const answer = await daemon.post('/v1/chat/completions', body, headers);
    assert.equal(answer.status, 200);
    await answer.text();
    return answer.headers.get('x-pointsman-cache');
  };
  const status = async (): Promise<CacheBody['semantic']> =>
    ((await daemon.control('GET', 'cache')).body as CacheBody).semantic;
  const explain = async (content: string): Promise<CacheExplanation> => {
    const request = { model: 'auto', messages: [{ role: 'user', content }] };
    return (await daemon.control('POST', 'cache/explain', { dialect: 'openai-chat', request }))
      .body as CacheExplanation;
  };

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    upstream.always(json(chatBody('numbers.sort((a, b) => a - b)')));
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  it('is off unless it is switched on', async () => {
    await start({});
    await ask(ASK);
    assert.equal(await ask(SAME), 'miss');
    assert.equal((await status()).enabled, false);
  });

  it('answers other words that mean the same, and says so in header and record', async () => {
    await start({ enabled: true });
    assert.equal(await ask(ASK), 'miss');
    const [made] = await daemon.waitForExchanges(1);
    assert.equal(await ask(SAME), 'semantic');
    const [record] = await daemon.waitForExchanges(2);
    assert.deepEqual([record?.cache, record?.reason, record?.costUsd], ['semantic', 'cache', 0]);
    assert.match(
      record?.warnings.join() ?? '',
      new RegExp(`answer of exchange ${made?.exchangeId} was given, whose question is 9\\d\\.\\d % alike`),
    );
    assert.ok((record?.savedBy.semanticCache ?? 0) > 0);
    const { entries, lookups, hits } = await status();
    assert.deepEqual({ entries, lookups, hits }, { entries: 1, lookups: 2, hits: 1 });
    assert.equal(await ask(ASK), 'exact');
  });

  it('does not answer what differs in fact, and explains the difference', async () => {
    await start({ enabled: true });
    await ask(ASK);
    const { verdict, semantic } = await explain(OPPOSITE);
    assert.equal(verdict, 'miss');
    assert.match(semantic?.why ?? '', /differs .*descending/);
    assert.equal(await ask(OPPOSITE), 'miss');
    assert.match((await explain(SAME)).semantic?.why ?? '', /means the same/);
  });

  it('shares nothing between workspaces, conversations, settings, or with tools', async () => {
    await start({ enabled: true }, { enabled: false });
    await ask(ASK, { 'x-pointsman-workspace': 'shop' });
    assert.equal(await ask(SAME, { 'x-pointsman-workspace': 'bank' }), 'miss');
    await ask(ASK, { 'x-pointsman-conversation': 'one' });
    assert.equal(await ask(SAME, { 'x-pointsman-conversation': 'two' }), 'miss');
    await ask(ASK, {}, { temperature: 0.2 });
    assert.equal(await ask(SAME, {}, { temperature: 0.9 }), 'miss');
    const tools = [{ type: 'function', function: { name: 'run', parameters: { type: 'object' } } }];
    await ask(ASK, {}, { tools });
    assert.equal(await ask(SAME, {}, { tools }), 'miss');
  });

  it('does not give an answer to such a question again once it was called wrong, and keeps it for its own words', async () => {
    await start({ enabled: true });
    await ask(ASK);
    assert.equal(await ask(SAME), 'semantic');
    const [hit] = await daemon.waitForExchanges(2);
    await daemon.control('POST', 'feedback', { exchangeId: hit?.exchangeId, verdict: 'bad' });
    assert.equal((await status()).wrong, 1);
    assert.equal(await ask(ASK), 'exact');
    assert.equal(await ask(SAME), 'miss');
    await daemon.control('DELETE', 'cache');
    await ask(ASK);
    assert.equal(await ask(SAME), 'miss');
  });

  it('works without the exact cache, and forgets when it is cleared', async () => {
    await start({ enabled: true });
    const exact = { enabled: false };
    const config = configFor([{ id: 'small', baseUrl: upstream.baseUrl }], {
      cache: { exact, semantic: { enabled: true } },
    });
    await daemon.control('PUT', 'config', config);
    await ask(ASK);
    assert.equal(await ask(SAME), 'semantic');
    const { body } = await daemon.control('DELETE', 'cache');
    assert.deepEqual(body, { cleared: 1 });
    assert.equal(await ask(SAME), 'miss');
  });
});
