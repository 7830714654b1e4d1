// Requests that this daemon does not serve, in every dialect: the error has the shape that the client knows and says what
// is wrong, and no provider hears of it.

import assert from 'node:assert/strict';

import type { JsonObject } from '../../daemon/util/json.ts';
import { type Ask, postAs, wireAsk } from '../support/dialect-clients.ts';
import { CLIENT_DIALECTS, type ClientDialectId } from '../support/echo-clients.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { readError } from '../support/read-error.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const ASK: Ask = { text: 'the question' };

describe('a request that cannot be served', () => {
  let daemon: TestDaemon;
  let upstream: FakeUpstream;

  before(async () => {
    upstream = await startFakeUpstream();
    daemon = await runDaemon({ config: configFor([{ id: 'only', baseUrl: upstream.baseUrl }]) });
  });
  after(async () => {
    assert.equal(upstream.requests.length, 0);
    await daemon.stop();
    await upstream.close();
  });

  const BROKEN: Readonly<Record<ClientDialectId, readonly (readonly [string, JsonObject])[]>> = {
    'openai-chat': [
      ['messages', { messages: 'hello' }],
      ['messages', { messages: null }],
      ['messages[0].role', { messages: [{ role: 'wizard', content: 'x' }] }],
      ['tools', { tools: 'all' }],
      ['stream', { stream: 'yes' }],
      ['model', { model: 'm'.repeat(300) }],
    ],
    'openai-responses': [
      ['input', { input: 5 }],
      ['tools', { tools: 'all' }],
      ['stream', { stream: 'yes' }],
      ['max_output_tokens', { max_output_tokens: 'many' }],
    ],
    'anthropic-messages': [
      ['messages', { messages: 'hello' }],
      ['messages', { messages: null }],
      ['max_tokens', { max_tokens: 'many' }],
      ['tools', { tools: 'all' }],
      ['system', { system: 5 }],
      ['model', { model: 'm'.repeat(300) }],
    ],
    'google-generate': [
      ['contents', { contents: 5 }],
      ['contents', { contents: null }],
      ['generationConfig', { generationConfig: 'hot' }],
      ['tools', { tools: 'all' }],
    ],
    'ollama-chat': [
      ['messages', { messages: 'hello' }],
      ['options', { options: 'hot' }],
      ['tools', { tools: 'all' }],
      ['stream', { stream: 'yes' }],
    ],
  };

  const WRONG_PATHS: Readonly<Record<ClientDialectId, string>> = {
    'openai-chat': '/v1/chat/nothing',
    'openai-responses': '/v1/responses/resp_1/nothing',
    'anthropic-messages': '/v1/messages/nothing',
    'google-generate': '/v1beta/nothing',
    'ollama-chat': '/api/nothing',
  };

  for (const client of CLIENT_DIALECTS) {
    for (const [field, change] of BROKEN[client]) {
      it(`is told which field is wrong: ${client} with ${JSON.stringify(change)}`, async () => {
        const { path, body } = wireAsk(client, 'auto', ASK, false);
        const response = await postAs(client, daemon, { path, body: { ...body, ...change } });
        assert.equal(response.status, 400);
        const answer = (await response.json()) as JsonObject;
        const error = readError(client, answer);
        assert.ok(JSON.stringify(answer).includes(field), JSON.stringify(answer));
        assert.ok(error.message.length > 0);
      });
    }

    it(`is told that it is no JSON: ${client}`, async () => {
      const { path } = wireAsk(client, 'auto', ASK, false);
      const response = await daemon.post(path, '{"messages": [');
      assert.equal(response.status, 400);
      assert.match(readError(client, await response.json()).message, /JSON/);
    });

    it(`is told that nothing is there in the shape of its dialect: ${client}`, async () => {
      const response = await postAs(client, daemon, { path: WRONG_PATHS[client], body: {} });
      assert.equal(response.status, 404);
      const { message } = readError(client, await response.json());
      const [served = ''] = wireAsk(client, '', ASK, false).path.split('/:');
      assert.ok(message.includes(`POST ${served}`), message);
    });

    it(`is told that a model named exactly does not exist: ${client}`, async () => {
      const asked = wireAsk(client, 'exact/nothing', ASK, false);
      const response = await postAs(client, daemon, asked);
      assert.equal(response.status, 404);
      assert.match(readError(client, await response.json()).message, /nothing/);
    });

    it(`is told that its key is wrong: ${client}`, async () => {
      const asked = wireAsk(client, 'auto', ASK, false);
      const response = await postAs(client, { url: daemon.url, token: 'wrong' }, asked);
      assert.equal(response.status, 401);
      readError(client, await response.json());
    });
  }
});
