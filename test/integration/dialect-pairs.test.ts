// The official SDKs, and plain HTTP for Google's and Ollama's formats, against providers of each dialect through a real
// daemon: what a model said arrives whole in the client's own words, streamed and plain, and the books hold its counts.

import assert from 'node:assert/strict';

import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { isJsonObject, type JsonObject, objectOf } from '../../daemon/util/json.ts';
import {
  type Ask,
  askAs,
  linesOf,
  postAs,
  type Received,
  sseData,
  TOOL_PARAMETERS,
  wireAsk,
} from '../support/dialect-clients.ts';
import { CLIENT_DIALECTS, type ClientDialectId } from '../support/echo-clients.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import {
  type Answer,
  ANSWER_MODEL,
  answering,
  type AnswerCall,
  UPSTREAM_DIALECTS,
  USAGE,
} from '../support/wire-answers.ts';

const OSLO: AnswerCall = { id: 'call_oslo', name: 'weather', args: { city: 'Oslo', 'a "key"': [1, null] } };
const ROME: AnswerCall = { id: 'call_rome', name: 'weather', args: { city: 'Rome' } };
const PIXEL = 'iVBORw0KGgo=';
const SCHEMA = {
  type: 'object',
  properties: { total: { type: 'number' } },
  required: ['total'],
  additionalProperties: false,
} as const;

interface Case {
  readonly title: string;
  readonly ask?: Partial<Ask>;
  readonly answer: Answer;
  /** Sentences that must stand in the record; every other one is an error. */
  readonly warnings?: (client: ClientDialectId, provider: UpstreamDialectId) => readonly RegExp[];
}

const CASES: readonly Case[] = [
  { title: 'a text', answer: { text: 'The quick answer – is 42.' } },
  { title: 'one tool call', ask: { hasTools: true }, answer: { calls: [OSLO] } },
  {
    title: 'two parallel tool calls behind a text',
    ask: { hasTools: true },
    answer: { text: 'I look both up.', calls: [OSLO, ROME] },
  },
  { title: 'a thought', ask: { thinks: true }, answer: { thought: 'First I think.', text: 'Then I say.' } },
  {
    title: 'an answer at the limit',
    ask: { maxTokens: 100 },
    answer: { text: 'It goes on and', isCut: true },
  },
  {
    title: 'a refusal',
    answer: { refusal: 'I will not help with that.' },
    warnings: (client, provider) => {
      const hasText = provider === 'openai-chat' || provider === 'openai-responses';
      const isPlace = client === 'google-generate' || client === 'ollama-chat';
      return [
        /(?:refused to answer|was stopped by a content filter)$/, // what the review of answers says of it
        ...(hasText && isPlace ? [/refusal has no place of its own/] : []),
        ...(client === 'ollama-chat' && provider !== 'openai-chat'
          ? [/has no word in an Ollama answer/]
          : []),
      ];
    },
  },
  { title: 'an image', ask: { image: PIXEL }, answer: { text: 'A pixel.' } },
  { title: 'a structured answer', ask: { schema: SCHEMA }, answer: { text: '{"total":12.5}' } },
  { title: 'an empty answer', answer: {}, warnings: () => [/answered with nothing$/] },
];

describe('[A3] every client dialect at every provider', () => {
  const upstreams = new Map<UpstreamDialectId, FakeUpstream>();
  let daemon: TestDaemon;

  before(async () => {
    for (const dialect of UPSTREAM_DIALECTS) upstreams.set(dialect, await startFakeUpstream());
    daemon = await runDaemon({
      config: configFor(
        UPSTREAM_DIALECTS.map((dialect) => ({
          id: dialect,
          dialect,
          baseUrl: upstreamOf(dialect).baseUrl,
        })),
      ),
    });
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

  for (const client of CLIENT_DIALECTS) {
    for (const provider of UPSTREAM_DIALECTS) {
      for (const isStream of [false, true]) {
        const way = `${client} at ${provider}, ${isStream ? 'streamed' : 'plain'}`;
        for (const { title, ask, answer, warnings } of CASES) {
          it(`${title} arrives whole: ${way}`, async () => {
            const upstream = upstreamOf(provider);
            upstream.next(answering(provider, answer));
            const whole: Ask = { text: 'the question', system: 'Be brief.', ...ask };
            const received = await askAs(client, daemon, `exact/${provider}`, whole, { isStream });
            checkAnswer(client, provider, answer, received);
            checkRequest(provider, (upstream.requests.at(-1)?.json ?? {}) as JsonObject, whole);
            const record = await daemon.exchange(received.exchangeId);
            checkRecord(record, client, provider, isStream);
            checkWarnings(record, [...ollamaCounts(client), ...(warnings?.(client, provider) ?? [])]);
            checkHeaders(received.headers, provider, record, isStream);
          });
        }

        it(`the last data of an answer carries the metadata that was asked for: ${way}`, async () => {
          upstreamOf(provider).next(answering(provider, { text: 'one two three' }));
          const asked = wireAsk(client, `exact/${provider}`, { text: 'hi' }, isStream);
          const response = await postAs(client, daemon, asked, {
            headers: { 'x-pointsman-metadata': 'body' },
          });
          const text = await response.text();
          const read = client === 'ollama-chat' ? linesOf : sseData;
          const data = isStream ? read(text) : [JSON.parse(text) as JsonObject];
          const withMetadata = data.filter((chunk) => chunk['_pointsman'] !== undefined);
          assert.equal(withMetadata.length, 1);
          assert.equal(data.at(-1), withMetadata[0]);
          const metadata = objectOf(data.at(-1)?.['_pointsman']);
          const record = await daemon.exchange(response.headers.get('x-pointsman-exchange-id') ?? '');
          assert.equal(metadata?.['exchange_id'], record.exchangeId);
          assert.equal(metadata?.['model'], provider);
          assert.equal(metadata?.['provider'], `p-${provider}`);
          assert.equal(metadata?.['complexity'], record.complexity);
          assert.equal(metadata?.['cost_usd'], record.costUsd);
          assert.equal(metadata?.['baseline_usd'], record.baselineCostUsd);
          assert.equal(metadata?.['saved_usd'], record.savedUsd);
        });
      }
    }
  }

  for (const provider of UPSTREAM_DIALECTS) {
    it(`a chat stream has no counts where the client did not ask for them: ${provider}`, async () => {
      upstreamOf(provider).next(answering(provider, { text: 'one two' }));
      const { path, body } = wireAsk('openai-chat', `exact/${provider}`, { text: 'hi' }, true);
      const { stream_options: _, ...bare } = body;
      const response = await postAs('openai-chat', daemon, { path, body: bare });
      const chunks = sseData(await response.text());
      assert.ok(chunks.every((chunk) => (chunk['usage'] ?? null) === null));
      assert.ok(chunks.every((chunk) => Array.isArray(chunk['choices']) && chunk['choices'].length === 1));
      const record = await daemon.exchange(response.headers.get('x-pointsman-exchange-id') ?? '');
      assert.equal(record.usageSource, 'reported');
      assert.equal(record.usage?.outputTokens, USAGE.output);
    });
  }
});

// ---- what the client has ----

function checkAnswer(
  client: ClientDialectId,
  provider: UpstreamDialectId,
  answer: Answer,
  received: Received,
): void {
  const refusal = refusalAt(client, provider, answer);
  assert.equal(received.text, (answer.text ?? '') + refusal.text);
  assert.equal(received.refusal, refusal.refusal);
  assert.equal(received.thought, answer.thought ?? '');
  assert.deepEqual(received.calls, answer.calls ?? []);
  assert.equal(received.finish, finishAt(client, provider, answer));
  const isSame = client === provider;
  assert.equal(received.model, isSame ? ANSWER_MODEL : `up-${provider}`);
  const { input, cached, output, reasoning } = USAGE;
  const hasReasoning = provider !== 'anthropic-messages';
  assert.deepEqual(received.usage, {
    input,
    output,
    ...(client === 'ollama-chat' ? {} : { cached }),
    ...(client === 'ollama-chat' || client === 'anthropic-messages'
      ? {}
      : { reasoning: hasReasoning ? reasoning : 0 }),
  });
}

/** Only OpenAI has a place for a refusal; Anthropic says it in its text, Google says nothing at all. */
function refusalAt(
  client: ClientDialectId,
  provider: UpstreamDialectId,
  { refusal = '' }: Answer,
): { readonly text: string; readonly refusal: string } {
  if (provider === 'google-generate') return { text: '', refusal: '' };
  const hasPlace = client === 'openai-chat' || client === 'openai-responses';
  return hasPlace && provider !== 'anthropic-messages'
    ? { text: '', refusal }
    : { text: refusal, refusal: '' };
}

type End = 'whole' | 'calls' | 'cut' | 'refused' | 'filtered';

const FINISH: Readonly<Record<ClientDialectId, Readonly<Record<End, string>>>> = {
  'openai-chat': {
    whole: 'stop',
    calls: 'tool_calls',
    cut: 'length',
    refused: 'content_filter',
    filtered: 'content_filter',
  },
  'openai-responses': {
    whole: 'completed',
    calls: 'completed',
    cut: 'max_output_tokens',
    refused: 'completed',
    filtered: 'content_filter',
  },
  'anthropic-messages': {
    whole: 'end_turn',
    calls: 'tool_use',
    cut: 'max_tokens',
    refused: 'refusal',
    filtered: 'refusal',
  },
  'google-generate': {
    whole: 'STOP',
    calls: 'STOP',
    cut: 'MAX_TOKENS',
    refused: 'SAFETY',
    filtered: 'SAFETY',
  },
  'ollama-chat': { whole: 'stop', calls: 'stop', cut: 'length', refused: 'stop', filtered: 'stop' },
};

function finishAt(client: ClientDialectId, provider: UpstreamDialectId, answer: Answer): string {
  const { isCut, refusal, calls = [] } = answer;
  if (isCut === true) return FINISH[client].cut;
  if (refusal === undefined) return FINISH[client][calls.length > 0 ? 'calls' : 'whole'];
  // A chat completion that refuses ends by `stop`; the refusal itself says the rest.
  if (provider === 'openai-chat' && client === 'openai-chat') return 'stop';
  const isSaid = provider === 'openai-chat' || provider === 'openai-responses';
  return FINISH[client][isSaid ? 'refused' : 'filtered'];
}

// ---- what the provider was sent ----

function checkRequest(provider: UpstreamDialectId, body: JsonObject, ask: Ask): void {
  const text = JSON.stringify(body);
  for (const said of [ask.text, ask.system, ask.image]) {
    if (said !== undefined) assert.ok(text.includes(said), `${said} is not in ${text}`);
  }
  if (ask.schema !== undefined) assert.deepEqual(schemaIn(provider, body), ask.schema);
  if (ask.hasTools === true) assert.deepEqual(toolSchemaIn(provider, body), TOOL_PARAMETERS);
  if (ask.maxTokens !== undefined) assert.ok(text.includes(`:${ask.maxTokens}`), text);
  if (ask.image !== undefined) assert.ok(imageIn(provider, body).includes(ask.image), text);
}

function at(body: JsonObject, ...path: readonly (string | number)[]): unknown {
  let value: unknown = body;
  for (const step of path) {
    if (Array.isArray(value)) value = value.at(Number(step)) as unknown;
    else value = isJsonObject(value) ? value[String(step)] : undefined;
  }
  return value;
}

function schemaIn(provider: UpstreamDialectId, body: JsonObject): unknown {
  switch (provider) {
    case 'openai-chat':
      return at(body, 'response_format', 'json_schema', 'schema');
    case 'openai-responses':
      return at(body, 'text', 'format', 'schema');
    case 'anthropic-messages':
      return at(body, 'output_config', 'format', 'schema');
    default:
      return at(body, 'generationConfig', 'responseJsonSchema');
  }
}

function toolSchemaIn(provider: UpstreamDialectId, body: JsonObject): unknown {
  switch (provider) {
    case 'openai-chat':
      return at(body, 'tools', 0, 'function', 'parameters');
    case 'openai-responses':
      return at(body, 'tools', 0, 'parameters');
    case 'anthropic-messages':
      return at(body, 'tools', 0, 'input_schema');
    default:
      return at(body, 'tools', 0, 'functionDeclarations', 0, 'parametersJsonSchema');
  }
}

/** The part of the last message that holds the image, as text. */
function imageIn(provider: UpstreamDialectId, body: JsonObject): string {
  switch (provider) {
    case 'openai-chat':
      return String(at(body, 'messages', -1, 'content', 1, 'image_url', 'url'));
    case 'openai-responses':
      return String(at(body, 'input', -1, 'content', 1, 'image_url'));
    case 'anthropic-messages':
      return String(at(body, 'messages', -1, 'content', 1, 'source', 'data'));
    default:
      return String(at(body, 'contents', -1, 'parts', 1, 'inlineData', 'data'));
  }
}

// ---- what the books say ----

function checkRecord(
  record: ExchangeRecord,
  client: ClientDialectId,
  provider: UpstreamDialectId,
  isStream: boolean,
): void {
  assert.equal(record.status, 'ok');
  assert.equal(record.errorType, null);
  assert.equal(record.clientDialect, client);
  assert.equal(record.responseModel, provider);
  assert.equal(record.stream, isStream);
  assert.equal(record.usageSource, 'reported');
  assert.deepEqual(record.usage, {
    inputTokens: USAGE.input,
    cacheReadInputTokens: USAGE.cached,
    cacheCreationInputTokens: 0,
    outputTokens: USAGE.output,
    reasoningOutputTokens: provider === 'anthropic-messages' ? 0 : USAGE.reasoning,
  });
}

function ollamaCounts(client: ClientDialectId): readonly RegExp[] {
  return client === 'ollama-chat' ? [/no counts of cached and reasoning tokens/] : [];
}

function checkWarnings({ warnings }: ExchangeRecord, expected: readonly RegExp[]): void {
  const unexpected = warnings.filter((warning) => !expected.some((pattern) => pattern.test(warning)));
  assert.deepEqual(unexpected, []);
  for (const pattern of expected) {
    assert.ok(
      warnings.some((warning) => pattern.test(warning)),
      `${pattern.source} is not in ${JSON.stringify(warnings)}`,
    );
  }
}

function checkHeaders(
  headers: Headers,
  provider: UpstreamDialectId,
  record: ExchangeRecord,
  isStream: boolean,
): void {
  assert.equal(headers.get('x-pointsman-model'), provider);
  assert.equal(headers.get('x-pointsman-provider'), `p-${provider}`);
  assert.equal(headers.get('x-pointsman-task'), record.task);
  assert.equal(headers.get('x-pointsman-complexity'), record.complexity);
  assert.equal(headers.get('x-pointsman-reason'), 'exact');
  assert.equal(headers.get('x-pointsman-attempts'), '1');
  assert.ok(headers.has('x-pointsman-cache'));
  // SDKs show these to their users.
  assert.equal(headers.get('request-id'), record.exchangeId);
  assert.equal(headers.get('x-request-id'), record.exchangeId);
  if (isStream) return;
  assert.ok(Math.abs(Number(headers.get('x-pointsman-cost-usd')) - (record.costUsd ?? -1)) < 1e-8);
}
