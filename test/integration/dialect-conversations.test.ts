// What a conversation needs beyond one answer, through a real daemon and for every pair of dialects: ids of calls that
// come back to who made them, system text that stays, limits and settings that fit the model, and
// the addresses and keys that clients and providers are reached with.

import assert from 'node:assert/strict';

import OpenAI from 'openai';

import { KNOWN_PROVIDERS, type KnownProvider } from '../../daemon/catalog/known-providers.ts';
import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOf,
  stringOf,
} from '../../daemon/util/json.ts';
import { CLIENT_PATHS, HABITS, turn } from '../support/conversation-turn.ts';
import { type Ask, askAs, postAs, type WireAsk, wireAsk } from '../support/dialect-clients.ts';
import {
  CLIENT_DIALECTS,
  type ClientDialectId,
  createClient,
  type EchoClient,
} from '../support/echo-clients.ts';
import { json, startFakeUpstream, type FakeUpstream, type Verb } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon, type TestModel } from '../support/run-daemon.ts';
import { answering, UPSTREAM_DIALECTS } from '../support/wire-answers.ts';

const ASK: Ask = { text: 'the question' };
const MAX_OUTPUT_TOKENS = 8000;

/** Models of each dialect that are known to refuse a temperature. */
const REASONING_MODELS = [
  ['openai-chat', 'gpt-5'],
  ['openai-responses', 'gpt-5'],
  ['anthropic-messages', 'claude-opus-5'],
] as const satisfies readonly (readonly [UpstreamDialectId, string])[];

/** Histories with a rule at the front and one between the turns; Google's format has no place for the second. */
const MIDDLE_SYSTEM: Readonly<Partial<Record<ClientDialectId, JsonObject>>> = {
  'openai-chat': {
    messages: [
      { role: 'system', content: 'FIRST RULE' },
      { role: 'user', content: 'ask one' },
      { role: 'assistant', content: 'answer one' },
      { role: 'developer', content: 'MIDDLE RULE' },
      { role: 'user', content: 'ask two' },
    ],
  },
  'openai-responses': {
    instructions: 'FIRST RULE',
    input: [
      { role: 'user', content: 'ask one' },
      { role: 'assistant', content: 'answer one' },
      { role: 'developer', content: [{ type: 'input_text', text: 'MIDDLE RULE' }] },
      { role: 'user', content: 'ask two' },
    ],
  },
  'anthropic-messages': {
    max_tokens: 100,
    system: [{ type: 'text', text: 'FIRST RULE' }],
    messages: [
      { role: 'user', content: 'ask one' },
      { role: 'assistant', content: 'answer one' },
      { role: 'system', content: 'MIDDLE RULE' },
      { role: 'user', content: [{ type: 'text', text: 'ask two' }] },
    ],
  },
  'ollama-chat': {
    stream: false,
    messages: [
      { role: 'system', content: 'FIRST RULE' },
      { role: 'user', content: 'ask one' },
      { role: 'assistant', content: 'answer one' },
      { role: 'system', content: 'MIDDLE RULE' },
      { role: 'user', content: 'ask two' },
    ],
  },
};

describe('[A3] a conversation in every pair of dialects', () => {
  const upstreams = new Map<UpstreamDialectId, FakeUpstream>();
  let daemon: TestDaemon;

  before(async () => {
    for (const dialect of UPSTREAM_DIALECTS) upstreams.set(dialect, await startFakeUpstream());
    const models: TestModel[] = [
      ...UPSTREAM_DIALECTS.map((dialect) => ({ id: dialect, dialect })),
      ...REASONING_MODELS.map(([dialect, upstreamModel]) => ({
        id: `reasoning-${dialect}`,
        provider: `p-${dialect}`,
        dialect,
        upstreamModel,
      })),
    ].map((model) => ({
      ...model,
      baseUrl: upstreamOf(model.dialect).baseUrl,
      maxOutputTokens: MAX_OUTPUT_TOKENS,
    }));
    daemon = await runDaemon({ config: configFor(models) });
  });
  after(async () => {
    await daemon.stop();
    for (const upstream of upstreams.values()) await upstream.close();
  });

  function upstreamOf(dialect: UpstreamDialectId): FakeUpstream {
    const upstream = upstreams.get(dialect);
    assert.ok(upstream !== undefined);
    return upstream;
  }

  /** Two turns and a stream in which the model calls the tool by the name that it was told. */
  async function checkToolName(
    client: ClientDialectId,
    provider: UpstreamDialectId,
    name: string,
  ): Promise<void> {
    const upstream = upstreamOf(provider);
    const callsTool: Verb = (context) => {
      const calls = [
        { id: 'call_1', name: toolNameIn((context.request.json ?? {}) as JsonObject), args: { path: '/0' } },
      ];
      return answering(provider, { calls })(context);
    };
    const echo = withToolCalled(createClient(client, HABITS), name);
    echo.say('read it');
    upstream.next(callsTool);
    const isGoogle = client === 'google-generate';
    const path = CLIENT_PATHS[client].replace(':generateContent', ':streamGenerateContent?alt=sse');
    const streamed = { path, body: { ...echo.body, ...(isGoogle ? {} : { stream: true }) } };
    const options = { headers: { 'x-pointsman-model': provider } };
    const stream = await (await postAs(client, daemon, streamed, options)).text();
    const written = toolNameIn((upstream.requests.at(-1)?.json ?? {}) as JsonObject);
    assert.ok(stream.includes(`"name":"${name}"`), stream);
    upstream.next(callsTool, answering(provider, { text: 'done' }));
    await turn(daemon, echo, provider);
    assert.deepEqual(
      echo.openCalls.map((call) => call.name),
      [name],
    );
    echo.giveResults(['the file']);
    await turn(daemon, echo, provider);
    const sent = (upstream.requests.at(-1)?.json ?? {}) as JsonObject;
    assert.equal(toolNameIn(sent), written);
    if ((client as string) === provider) return;
    assert.match(written, ALLOWED_NAMES[provider]);
    const history = JSON.stringify(sent['messages'] ?? sent['input'] ?? sent['contents']);
    assert.ok(history.includes(`"name":"${written}"`), history);
    if (written === name) return;
    assert.ok(!stream.includes(written), stream);
    assert.ok(!history.includes(name), history);
  }

  async function lastSent(client: ClientDialectId, asked: WireAsk, model: string): Promise<JsonObject> {
    const dialect = model.replace('reasoning-', '') as UpstreamDialectId;
    const upstream = upstreamOf(dialect);
    upstream.next(answering(dialect, { text: 'fine' }));
    const response = await postAs(client, daemon, asked, { headers: { 'x-pointsman-model': model } });
    assert.equal(response.status, 200, await response.text());
    return (upstream.requests.at(-1)?.json ?? {}) as JsonObject;
  }

  for (const client of CLIENT_DIALECTS) {
    for (const provider of UPSTREAM_DIALECTS) {
      it(`a provider gets its own call ids back: ${client} at ${provider}`, async () => {
        const ids = ['a', 'b'].map((name) => `${OWN_ID[provider]}${name}`);
        const calls = ids.map((id, index) => ({ id, name: 'read', args: { path: `/${index}` } }));
        const upstream = upstreamOf(provider);
        upstream.next(answering(provider, { calls }), answering(provider, { text: 'done' }));
        const echo = createClient(client, HABITS);
        echo.say('read both');
        await turn(daemon, echo, provider);
        echo.giveResults(['first file', 'second file']);
        await turn(daemon, echo, provider);
        const sent = (upstream.requests.at(-1)?.json ?? {}) as JsonObject;
        assert.deepEqual(callIdsIn(sent), { calls: ids, results: ids });
        const text = JSON.stringify(sent);
        assert.ok(text.indexOf('first file') < text.indexOf('second file'), text);
      });

      it(`tools have names that fit the provider, and the client sees its own: ${client} at ${provider}`, async () => {
        for (const name of [LONG_NAME, 'a.b/c']) await checkToolName(client, provider, name);
      });

      it(`[B2] a limit above the model's is clamped: ${client} at ${provider}`, async () => {
        const asked = wireAsk(client, 'auto', { ...ASK, maxTokens: 128_000 }, false);
        const sent = await lastSent(client, asked, provider);
        assert.equal(limitIn(sent), MAX_OUTPUT_TOKENS, JSON.stringify(sent));
      });

      const withSystem = MIDDLE_SYSTEM[client];
      if (withSystem !== undefined) {
        it(`system text in the middle stays there: ${client} at ${provider}`, async () => {
          const path = CLIENT_PATHS[client];
          const sent = await lastSent(client, { path, body: { model: 'auto', ...withSystem } }, provider);
          const history = JSON.stringify(sent['messages'] ?? sent['input'] ?? sent['contents']);
          const places = ['ask one', 'answer one', 'MIDDLE RULE', 'ask two'].map((said) =>
            history.indexOf(said),
          );
          assert.ok(!places.includes(-1), history);
          assert.deepEqual(
            places,
            places.toSorted((a, b) => a - b),
          );
          assert.ok(JSON.stringify(sent).includes('FIRST RULE'));
        });
      }
    }

    for (const [dialect, upstreamModel] of REASONING_MODELS) {
      it(`[A5] ${upstreamModel} gets no temperature, and the books say so: ${client} at ${dialect}`, async () => {
        const asked = wireAsk(client, 'auto', { ...ASK, temperature: 0.3 }, false);
        const sent = await lastSent(client, asked, `reasoning-${dialect}`);
        assert.doesNotMatch(JSON.stringify(sent), /temperature|0\.3/);
        const [record] = await daemon.exchanges();
        assert.ok(
          record?.warnings.some((warning) => warning.includes('temperature')),
          JSON.stringify(record?.warnings),
        );
      });
    }

    it(`calls that came without ids are matched with their results: ${client} at google-generate`, async () => {
      const upstream = upstreamOf('google-generate');
      const parts = ['/0', '/1'].map((path) => ({ functionCall: { name: 'read', args: { path } } }));
      const candidates = [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }];
      upstream.next(json({ candidates, responseId: 'g_1' }), answering('google-generate', { text: 'done' }));
      const echo = createClient(client, HABITS);
      echo.say('read both');
      await turn(daemon, echo, 'google-generate');
      assert.equal(echo.openCalls.length, 2);
      echo.giveResults(['first file', 'second file']);
      await turn(daemon, echo, 'google-generate');
      const sent = (upstream.requests.at(-1)?.json ?? {}) as JsonObject;
      const { calls, results } = callIdsIn(sent);
      assert.equal(results.length, 2);
      assert.deepEqual(results, calls);
    });

    for (const header of ['authorization', 'x-api-key', 'x-goog-api-key']) {
      it(`takes a key in ${header} from clients of ${client}, and tells no provider`, async () => {
        const { body } = wireAsk(client, 'auto', ASK, false);
        const upstream = upstreamOf('openai-chat');
        upstream.next(answering('openai-chat', { text: 'fine' }));
        const response = await fetch(daemon.url + CLIENT_PATHS[client], {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-pointsman-model': 'openai-chat',
            [header]: header === 'authorization' ? `Bearer ${daemon.token}` : daemon.token,
          },
          body: JSON.stringify(body),
        });
        assert.equal(response.status, 200, await response.text());
        const seen = upstream.requests.at(-1);
        assert.ok(!JSON.stringify([seen?.headers, seen?.json]).includes(daemon.token));
      });
    }

    it(`takes the key in the path from clients of ${client}, whatever key they send beside it`, async () => {
      upstreamOf('openai-chat').next(answering('openai-chat', { text: 'fine' }));
      const { path, body } = wireAsk(client, 'auto', ASK, false);
      const endpoint = { url: `${daemon.url}/k/${daemon.token}`, token: 'none' };
      const headers = { 'x-pointsman-model': 'openai-chat' };
      const response = await postAs(client, endpoint, { path, body }, { headers });
      assert.equal(response.status, 200, await response.text());
      assert.ok(!daemon.log.some((line) => line.includes(daemon.token)));
    });
  }

  it('serves the official clients from a base URL that holds the key', async () => {
    const baseURL = `${daemon.url}/k/${daemon.token}/v1`;
    upstreamOf('anthropic-messages').next(answering('anthropic-messages', { text: 'fine' }));
    const openai = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
    const answer = await openai.responses.create({ model: 'exact/anthropic-messages', input: 'hi' });
    assert.equal(answer.output_text, 'fine');
  });
});

// ---- providers ----

describe('a provider', () => {
  for (const [dialect, suffix, path] of [
    ['anthropic-messages', '', '/v1/messages'],
    ['anthropic-messages', '/v1', '/v1/messages'],
    ['anthropic-messages', '/v1/', '/v1/messages'],
    ['anthropic-messages', '/api/anthropic', '/api/anthropic/v1/messages'],
    ['google-generate', '', '/v1beta/models/up-only:generateContent'],
    ['google-generate', '/v1beta', '/v1beta/models/up-only:generateContent'],
    ['openai-responses', '/v1', '/v1/responses'],
    ['openai-chat', '/v1/', '/v1/chat/completions'],
  ] as const) {
    it(`of ${dialect} is found at the base URL that ends in "${suffix}"`, async () => {
      const upstream = await startFakeUpstream();
      upstream.always(answering(dialect, { text: 'fine' }));
      const baseUrl = upstream.origin + suffix;
      const daemon = await runDaemon({ config: configFor([{ id: 'only', dialect, baseUrl }]) });
      try {
        const { text } = await askAs('openai-chat', daemon, 'auto', ASK, { isStream: false });
        assert.equal(text, 'fine');
        assert.equal(upstream.requests[0]?.path, path);
      } finally {
        await daemon.stop();
        await upstream.close();
      }
    });
  }

  it('that speaks Responses and chat is spoken to in the words of its client', async () => {
    const upstream = await startFakeUpstream();
    const own: KnownProvider = {
      name: 'both-ways',
      envVar: 'NO_SUCH_KEY',
      baseUrl: upstream.baseUrl,
      dialect: 'openai-responses',
      alsoSpeaks: ['openai-chat'],
      billing: 'metered',
      priceLibraryId: null,
      source: 'test',
      asOf: '2026-11-21',
    };
    const known = KNOWN_PROVIDERS as KnownProvider[];
    known.push(own);
    const models: TestModel[] = [{ id: 'only', dialect: 'openai-responses', baseUrl: upstream.baseUrl }];
    const daemon = await runDaemon({ config: configFor(models) });
    try {
      upstream.next(answering('openai-chat', { text: 'chat' }));
      const bytes = '{ "odd":1e400, "model":"auto","messages":[{"role":"user","content":"h\\u00e9"}] }';
      const passed = await daemon.post('/v1/chat/completions', bytes);
      assert.equal(passed.status, 200, await passed.text());
      assert.equal(upstream.requests[0]?.path, '/v1/chat/completions');
      assert.equal(upstream.requests[0]?.body.toString(), bytes.replace('"auto"', '"up-only"'));
      for (const client of ['openai-responses', 'anthropic-messages', 'google-generate'] as const) {
        upstream.next(answering('openai-responses', { text: 'responses' }));
        const { text } = await askAs(client, daemon, 'auto', ASK, { isStream: true });
        assert.equal(text, 'responses');
        assert.equal(upstream.requests.at(-1)?.path, '/v1/responses');
      }
    } finally {
      known.splice(known.indexOf(own), 1);
      await daemon.stop();
      await upstream.close();
    }
  });
});

// ---- help ----

const LONG_NAME = `mcp__plugin_everything_github__${'x'.repeat(39)}`;

const ALLOWED_NAMES: Readonly<Record<UpstreamDialectId, RegExp>> = {
  'openai-chat': /^[a-zA-Z0-9_-]{1,64}$/,
  'openai-responses': /^[a-zA-Z0-9_-]{1,64}$/,
  'anthropic-messages': /^[a-zA-Z0-9_-]{1,128}$/,
  'google-generate': /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/,
};

/** Name of the one tool of a request. */
function toolNameIn(sent: JsonObject): string {
  const tool = objectOf(arrayOf(sent['tools'])[0]);
  const declared =
    objectOf(tool?.['function']) ?? objectOf(arrayOf(tool?.['functionDeclarations'])[0]) ?? tool;
  return stringOf(declared?.['name']) ?? '';
}

/** The client with its one tool under another name. */
function withToolCalled(echo: EchoClient, name: string): EchoClient {
  return new Proxy(echo, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member);
      if (typeof value === 'function') return value.bind(target) as unknown;
      if (member !== 'body') return value;
      const text = JSON.stringify(value).replaceAll('"name":"read"', `"name":"${name}"`);
      return JSON.parse(text) as unknown;
    },
  });
}

/** How each vendor's ids begin. */
const OWN_ID: Readonly<Record<UpstreamDialectId, string>> = {
  'openai-chat': 'call_9:',
  'openai-responses': 'call_',
  'anthropic-messages': 'toolu_01',
  'google-generate': 'fc-9.',
};

function limitIn(sent: JsonObject): JsonValue | undefined {
  const { max_tokens, max_completion_tokens, max_output_tokens, generationConfig } = sent;
  const limits = [
    max_tokens,
    max_completion_tokens,
    max_output_tokens,
    objectOf(generationConfig)?.['maxOutputTokens'],
  ];
  const [limit, ...more] = limits.filter((value) => value !== undefined);
  assert.deepEqual(more, []);
  return limit;
}

/** Ids of calls and of their results in a request of any dialect, in order; '' where there is none. */
function callIdsIn(sent: JsonObject): { readonly calls: string[]; readonly results: string[] } {
  const calls: string[] = [];
  const results: string[] = [];
  const note = (into: string[], id: JsonValue | undefined): unknown =>
    into.push(typeof id === 'string' ? id : '');
  const visit = (value: JsonValue): void => {
    for (const item of arrayOf(value).filter(isJsonObject)) {
      const { type, id, call_id, tool_use_id, tool_call_id, functionCall, functionResponse } = item;
      if (type === 'function_call') note(calls, call_id);
      if (type === 'function_call_output') note(results, call_id);
      if (type === 'function' || type === 'tool_use') note(calls, id);
      if (type === 'tool_result') note(results, tool_use_id);
      if (item['role'] === 'tool') note(results, tool_call_id);
      if (functionCall !== undefined) note(calls, objectOf(functionCall)?.['id']);
      if (functionResponse !== undefined) note(results, objectOf(functionResponse)?.['id']);
      for (const inner of ['content', 'parts', 'tool_calls']) visit(item[inner] ?? null);
    }
  };
  visit(sent['messages'] ?? sent['input'] ?? sent['contents'] ?? null);
  return { calls, results };
}
