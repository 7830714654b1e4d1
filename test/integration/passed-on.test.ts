// Endpoints that are not routed: completions and embeddings go to the provider of the model they name, as they are, and
// stand in the books like everything else.

import assert from 'node:assert/strict';

import type OpenAI from 'openai';

import { json, sse, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const COMPLETION = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1,
  model: 'up-coder',
  choices: [{ index: 0, text: 'return a + b;', logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 },
};
const chunk = (text: string, finish: string | null) =>
  `data: ${JSON.stringify({ ...COMPLETION, usage: null, choices: [{ index: 0, text, finish_reason: finish }] })}\n\n`;
const USAGE_CHUNK = `data: ${JSON.stringify({ ...COMPLETION, choices: [] })}\n\n`;
const EMBEDDING = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }],
  model: 'up-vectors',
  usage: { prompt_tokens: 2000, total_tokens: 2000 },
};

describe('endpoints that are passed on', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let client: OpenAI;

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    daemon = await runDaemon({
      config: configFor([
        { id: 'coder', baseUrl: upstream.baseUrl, provider: 'local' },
        { id: 'vectors', baseUrl: upstream.baseUrl, provider: 'local' },
      ]),
    });
    client = daemon.openai();
  });

  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  it('completes a text through the official client, priced and recorded', async () => {
    upstream.next(json(COMPLETION));
    const answer = await client.completions.create({
      model: 'coder',
      prompt: 'function add(a, b) {',
      suffix: '}',
    });
    assert.equal(answer.choices[0]?.text, 'return a + b;');
    const [seen] = upstream.requests;
    assert.equal(seen?.path, '/v1/completions');
    assert.deepEqual(seen?.json, { model: 'up-coder', prompt: 'function add(a, b) {', suffix: '}' });
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.clientDialect, 'openai-completions');
    assert.equal(record?.responseModel, 'coder');
    assert.equal(record?.usageSource, 'reported');
    assert.equal(record?.costUsd, 1000e-6 + 500 * 2e-6);
    assert.equal(record?.savedUsd, 0);
  });

  it('streams a completion byte for byte, without the usage that the client did not ask for', async () => {
    upstream.next(sse([chunk('return ', null), chunk('a;', 'stop'), USAGE_CHUNK, 'data: [DONE]\n\n']));
    const answer = await daemon.post('/v1/completions', { model: 'coder', prompt: 'x', stream: true });
    assert.equal(await answer.text(), `${chunk('return ', null)}${chunk('a;', 'stop')}data: [DONE]\n\n`);
    assert.deepEqual(upstream.requests[0]?.json?.['stream_options'], { include_usage: true });
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.usage?.outputTokens, 500);
    assert.equal(record?.status, 'ok');
  });

  it('embeds texts through the official client, priced and recorded', async () => {
    upstream.next(json(EMBEDDING));
    const answer = await client.embeddings.create({
      model: 'vectors',
      input: ['one', 'two'],
      encoding_format: 'float',
    });
    assert.deepEqual(answer.data[0]?.embedding, [0.25, -0.5]);
    assert.equal(upstream.requests[0]?.path, '/v1/embeddings');
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.clientDialect, 'openai-embeddings');
    assert.equal(record?.costUsd, 2000e-6);
    assert.equal(record?.usage?.outputTokens, 0);
  });

  it('passes a name that nobody listed to the only provider there is, and says that it has no price', async () => {
    upstream.next(json(EMBEDDING));
    await daemon.post('/v1/embeddings', { model: 'nomic-embed-text', input: 'x' });
    assert.equal(upstream.requests[0]?.model, 'nomic-embed-text');
    const [record] = await daemon.waitForExchanges(1);
    assert.equal(record?.costUsd, null);
    assert.equal(record?.priced, false);
  });

  it('answers a request without a model or a text in one sentence', async () => {
    for (const [path, body, param] of [
      ['/v1/completions', { prompt: 'x' }, 'model'],
      ['/v1/completions', { model: 'coder' }, 'prompt'],
      ['/v1/embeddings', { model: 'vectors', input: 7 }, 'input'],
    ] as const) {
      const answer = await daemon.post(path, body);
      assert.equal(answer.status, 400);
      const { error } = (await answer.json()) as { error: { param: string } };
      assert.equal(error.param, param);
    }
    assert.equal(upstream.requests.length, 0);
  });

  it('does not guess between two providers', async () => {
    daemon.writeConfig(
      JSON.stringify(
        configFor([
          { id: 'coder', baseUrl: upstream.baseUrl, provider: 'one' },
          { id: 'other', baseUrl: `${upstream.origin}/two/v1`, provider: 'two' },
        ]),
      ),
    );
    const ask = () => daemon.post('/v1/embeddings', { model: 'unheard-of', input: 'x' });
    let answer = await ask();
    while (answer.status !== 404) answer = await ask(); // until the edit is in force
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /no provider is known to have the model/);
  });

  it('leaves a provider’s refusal as it is', async () => {
    upstream.next(({ response }) => {
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"too long"}}');
    });
    const answer = await daemon.post('/v1/embeddings', { model: 'vectors', input: 'x' });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /too long/);
  });
});
