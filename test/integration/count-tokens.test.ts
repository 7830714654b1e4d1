// POST /v1/messages/count_tokens as Claude Code uses it: by the provider's own count where it can be asked, else an
// estimate that says so and errs high. Nothing is billed, so nothing is recorded.

import assert from 'node:assert/strict';

import Anthropic from '@anthropic-ai/sdk';

import { json, stall, startFakeUpstream, status, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const COUNT_PATH = '/v1/messages/count_tokens';
const BODY = {
  model: 'claude',
  system: 'Be brief.',
  messages: [{ role: 'user', content: 'How many tokens does this sentence have?' }],
} as const;

describe('token counts', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  async function start(dialect: 'anthropic-messages' | 'openai-chat'): Promise<void> {
    const base = configFor([{ id: 'claude', baseUrl: upstream.origin, provider: 'vendor' }]);
    daemon = await runDaemon({
      config: { ...base, providers: { vendor: { dialect, baseUrl: upstream.origin } }, baseline: 'claude' },
    });
  }

  beforeEach(async () => {
    upstream = await startFakeUpstream();
  });

  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  it('are the provider’s own where the model is one of Anthropic’s', async () => {
    await start('anthropic-messages');
    upstream.next(json({ input_tokens: 4711 }));
    const answer = await daemon.post(`${COUNT_PATH}?beta=true`, BODY, { 'anthropic-beta': 'some-beta' });
    assert.deepEqual(await answer.json(), { input_tokens: 4711 });
    assert.equal(answer.headers.get('x-pointsman-token-count'), 'provider');
    const [seen] = upstream.requests;
    assert.equal(seen?.path, COUNT_PATH);
    assert.equal(seen?.headers['anthropic-beta'], 'some-beta');
    assert.deepEqual(seen?.json, { ...BODY, model: 'up-claude' });
    assert.deepEqual(await daemon.exchanges(), []);
  });

  it('come through the official client', async () => {
    await start('anthropic-messages');
    upstream.next(json({ input_tokens: 12 }));
    const client = new Anthropic({ baseURL: daemon.url, apiKey: daemon.token, maxRetries: 0 });
    const { input_tokens: count } = await client.messages.countTokens({
      model: BODY.model,
      system: BODY.system,
      messages: [...BODY.messages],
    });
    assert.equal(count, 12);
  });

  it('are estimated, and say so, for a model of another vendor', async () => {
    await start('openai-chat');
    const answer = await daemon.post(COUNT_PATH, BODY);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-pointsman-token-count'), 'estimate');
    const { input_tokens: count } = (await answer.json()) as { input_tokens: number };
    assert.ok(count > 15 && count < 80, `${count} tokens`);
    assert.equal(upstream.requests.length, 0);
  });

  for (const [what, verb] of [
    ['answers with an error', status(529)],
    ['hangs up', ({ socket }: { socket: { destroy(): void } }) => socket.destroy()],
    ['answers something else', json({ tokens: 'many' })],
  ] as const) {
    it(`are estimated when the provider ${what}`, async () => {
      await start('anthropic-messages');
      upstream.always(verb);
      const answer = await daemon.post(COUNT_PATH, BODY);
      assert.equal(answer.headers.get('x-pointsman-token-count'), 'estimate');
      assert.equal(answer.status, 200);
    });
  }

  it('do not hold the daemon back when a client has left', async () => {
    await start('anthropic-messages');
    upstream.always(stall('request'));
    const abort = new AbortController();
    const asked = fetch(`${daemon.url}${COUNT_PATH}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(BODY),
      signal: abort.signal,
    });
    await upstream.waitForRequests(1);
    abort.abort();
    await assert.rejects(asked);
    await upstream.waitForAbort(1);
  });

  it('serve the 35 requests that one look at the context makes', async () => {
    await start('anthropic-messages');
    upstream.always(json({ input_tokens: 1 }));
    const answers = await Promise.all(Array.from({ length: 35 }, () => daemon.post(COUNT_PATH, BODY)));
    assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]));
  });

  it('refuse a body that is none in Anthropic’s own words', async () => {
    await start('anthropic-messages');
    const answer = await daemon.post(COUNT_PATH, { model: 'claude' });
    assert.equal(answer.status, 400);
    const { type, error } = (await answer.json()) as {
      type: string;
      error: { type: string; message: string };
    };
    assert.equal(type, 'error');
    assert.equal(error.type, 'invalid_request_error');
    assert.match(error.message, /messages/);
  });
});
