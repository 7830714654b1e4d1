// The official `openai` client, changed only in base URL and key, against a real daemon and real HTTP upstreams.

import assert from 'node:assert/strict';
import type OpenAI from 'openai';
import {
  chatBody,
  chatFrames,
  json,
  sse,
  startFakeUpstream,
  type FakeUpstream,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

type Create = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;

const WEATHER_TOOL: OpenAI.Chat.Completions.ChatCompletionTool = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

function ask(text: string): Create['messages'] {
  return [{ role: 'user', content: text }];
}

/** A chat answer with these choices. */
function answer(choices: readonly unknown[]): Record<string, unknown> {
  return { ...chatBody(''), choices };
}

describe('the official openai client', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let openai: OpenAI;

  before(async () => {
    upstream = await startFakeUpstream();
    daemon = await runDaemon({ config: configFor([{ id: 'only', baseUrl: upstream.baseUrl }]) });
    openai = daemon.openai();
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  it('[A1] [A2] gets an answer for "auto" with only base URL and key changed', async () => {
    upstream.next(json(chatBody('hello back')));
    const completion = await openai.chat.completions.create({ model: 'auto', messages: ask('hello') });
    assert.equal(completion.choices[0]?.message.content, 'hello back');
    assert.equal(completion.usage?.total_tokens, 15);
    assert.equal(upstream.requests.at(-1)?.model, 'up-only');
  });

  it('[A6] never sends the client token upstream', async () => {
    await openai.chat.completions.create({ model: 'auto', messages: ask('hello') });
    const seen = upstream.requests.at(-1);
    assert.equal(JSON.stringify(seen?.headers).includes(daemon.token), false);
    assert.equal(seen?.body.includes(daemon.token), false);
  });

  it('streams text piece by piece and ends properly', async () => {
    upstream.next(sse(chatFrames('one two three')));
    const stream = await openai.chat.completions.create({
      model: 'auto',
      messages: ask('count'),
      stream: true,
    });
    const pieces: string[] = [];
    let finish: string | null = null;
    for await (const chunk of stream) {
      pieces.push(chunk.choices[0]?.delta.content ?? '');
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    assert.equal(pieces.join(''), 'one two three');
    assert.equal(finish, 'stop');
  });

  it('asks upstream for usage and hides it from a client that did not ask', async () => {
    upstream.next(sse(chatFrames('counted')));
    const { data, response } = await openai.chat.completions
      .create({ model: 'auto', messages: ask('x'), stream: true })
      .withResponse();
    const chunks: OpenAI.Chat.Completions.ChatCompletionChunk[] = [];
    for await (const chunk of data) chunks.push(chunk);
    assert.equal(
      chunks.some((chunk) => chunk.usage != null),
      false,
    );
    assert.deepEqual(upstream.requests.at(-1)?.json?.['stream_options'], { include_usage: true });
    const record = await daemon.exchange(response.headers.get('x-pointsman-exchange-id') ?? '');
    assert.equal(record.usageSource, 'reported');
    assert.equal(record.usage?.outputTokens, 5);
  });

  it('gives the usage chunk to a client that asked for it', async () => {
    upstream.next(sse(chatFrames('counted')));
    const stream = await openai.chat.completions.create({
      model: 'auto',
      messages: ask('x'),
      stream: true,
      stream_options: { include_usage: true },
    });
    const usages: number[] = [];
    for await (const chunk of stream) if (chunk.usage) usages.push(chunk.usage.total_tokens);
    assert.deepEqual(usages, [15]);
  });

  it('gets tool calls, plain and parallel, with arguments untouched', async () => {
    const calls = ['{"city":"Oslo"}', '{"city":"Köln","n":1e400}'].map((args, index) => ({
      id: `call_${index}`,
      type: 'function',
      function: { name: 'weather', arguments: args },
    }));
    upstream.next(
      json(
        answer([
          {
            index: 0,
            message: { role: 'assistant', content: null, tool_calls: calls },
            finish_reason: 'tool_calls',
          },
        ]),
      ),
    );
    const completion = await openai.chat.completions.create({
      model: 'auto',
      messages: ask('weather in Oslo and Köln'),
      tools: [WEATHER_TOOL],
      parallel_tool_calls: true,
    });
    assert.deepEqual(completion.choices[0]?.message.tool_calls, calls);
    assert.deepEqual(upstream.requests.at(-1)?.json?.['tools'], [WEATHER_TOOL]);
    assert.equal(upstream.requests.at(-1)?.json?.['parallel_tool_calls'], true);
  });

  it('accumulates streamed parallel tool calls', async () => {
    const head = { id: 'chatcmpl-fake', object: 'chat.completion.chunk', created: 1, model: 'fake-model' };
    const chunk = (delta: unknown, finish: string | null = null): string =>
      `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    const start = (index: number): unknown => ({
      tool_calls: [
        { index, id: `call_${index}`, type: 'function', function: { name: 'weather', arguments: '' } },
      ],
    });
    const more = (index: number, args: string): unknown => ({
      tool_calls: [{ index, function: { arguments: args } }],
    });
    upstream.next(
      sse([
        chunk({ role: 'assistant', content: null }),
        chunk(start(0)),
        chunk(more(0, '{"city":')),
        chunk(more(0, '"Oslo"}')),
        chunk(start(1)),
        chunk(more(1, '{"city":"Rome"}')),
        chunk({}, 'tool_calls'),
        'data: [DONE]\n\n',
      ]),
    );
    const stream = openai.chat.completions.stream({
      model: 'auto',
      messages: ask('x'),
      tools: [WEATHER_TOOL],
    });
    const message = await stream.finalMessage();
    assert.deepEqual(
      message.tool_calls?.map((call) => (call.type === 'function' ? call.function.arguments : '')),
      ['{"city":"Oslo"}', '{"city":"Rome"}'],
    );
  });

  it('sends an image through', async () => {
    const content = [
      { type: 'text' as const, text: 'what is this?' },
      {
        type: 'image_url' as const,
        image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' as const },
      },
    ];
    await openai.chat.completions.create({ model: 'auto', messages: [{ role: 'user', content }] });
    assert.deepEqual(upstream.requests.at(-1)?.json?.['messages'], [{ role: 'user', content }]);
  });

  it('sends a JSON schema through and gets the object back', async () => {
    const schema = { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] };
    const format = { type: 'json_schema' as const, json_schema: { name: 'bill', strict: true, schema } };
    upstream.next(json(chatBody('{"total":12.5}')));
    const completion = await openai.chat.completions.parse({
      model: 'auto',
      messages: ask('total?'),
      response_format: format,
    });
    assert.deepEqual(JSON.parse(completion.choices[0]?.message.content ?? ''), { total: 12.5 });
    assert.deepEqual(upstream.requests.at(-1)?.json?.['response_format'], format);
  });

  it('gets n answers and their log probabilities', async () => {
    const logprobs = {
      content: [{ token: 'a', logprob: -0.1, bytes: [97], top_logprobs: [] }],
      refusal: null,
    };
    upstream.next(
      json(
        answer(
          ['a', 'b'].map((content, index) => ({
            index,
            message: { role: 'assistant', content, refusal: null },
            logprobs,
            finish_reason: 'stop',
          })),
        ),
      ),
    );
    const completion = await openai.chat.completions.create({
      model: 'auto',
      messages: ask('x'),
      n: 2,
      logprobs: true,
      top_logprobs: 2,
    });
    assert.deepEqual(
      completion.choices.map((choice) => choice.message.content),
      ['a', 'b'],
    );
    assert.deepEqual(completion.choices[1]?.logprobs, logprobs);
    assert.equal(upstream.requests.at(-1)?.json?.['n'], 2);
    assert.equal(upstream.requests.at(-1)?.json?.['top_logprobs'], 2);
  });

  it('passes every other byte of a body on, in place, unknown fields included', async () => {
    const text =
      '{ "z_unknown":{"a":[1,2.50,1e400]},  "model" : "auto","messages":[{"role":"user","content":"h\\u00e9"}], "seed":9007199254740993 }';
    const response = await daemon.post('/v1/chat/completions', text);
    assert.equal(response.status, 200);
    assert.equal(upstream.requests.at(-1)?.body.toString(), text.replace('"auto"', '"up-only"'));
  });

  it('passes every byte of a plain answer on', async () => {
    const text =
      '{"id":"x", "object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"\\u00fc"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2},"vendor":{"n":1.0}}';
    upstream.next(json(text));
    const response = await daemon.post('/v1/chat/completions', { model: 'auto', messages: ask('x') });
    assert.equal(await response.text(), text);
  });

  it('passes every byte of a stream on, comments and odd line ends included', async () => {
    const frames = chatFrames('a b c', { usage: null }).map((frame, index) =>
      index === 1 ? frame.replace(/\n/g, '\r\n') : frame,
    );
    const sent = [': hello\n\n', ...frames];
    upstream.next(sse(sent));
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: ask('x'),
      stream: true,
    });
    assert.equal(await response.text(), sent.join(''));
  });

  it('[A51] names the model that answered in header, body and record', async () => {
    const { data, response } = await openai.chat.completions
      .create({ model: 'auto', messages: ask('hi') })
      .withResponse();
    assert.equal(response.headers.get('x-pointsman-model'), 'only');
    assert.equal(response.headers.get('x-pointsman-provider'), 'p-only');
    assert.equal(data.model, 'up-only');
    const record = await daemon.exchange(response.headers.get('x-pointsman-exchange-id') ?? '');
    assert.equal(record.responseModel, 'only');
  });

  it('[A38] puts complexity, model, cost and baseline into the answer when asked to', async () => {
    const plain = await daemon.post(
      '/v1/chat/completions',
      { model: 'auto', messages: ask('hi') },
      { 'x-pointsman-metadata': 'body' },
    );
    const body = (await plain.json()) as { _pointsman: Record<string, unknown> };
    const headers = plain.headers;
    assert.equal(body._pointsman['exchange_id'], headers.get('x-pointsman-exchange-id'));
    assert.equal(body._pointsman['model'], 'only');
    assert.equal(body._pointsman['complexity'], headers.get('x-pointsman-complexity'));
    assert.equal(body._pointsman['cost_usd'], Number(headers.get('x-pointsman-cost-usd')));
    assert.equal(body._pointsman['baseline_usd'], Number(headers.get('x-pointsman-baseline-usd')));
  });

  it('[A38] puts the metadata into the last data chunk of a stream', async () => {
    upstream.next(sse(chatFrames('a b')));
    const response = await daemon.post(
      '/v1/chat/completions',
      { model: 'auto', messages: ask('hi'), stream: true },
      { 'x-pointsman-metadata': 'body' },
    );
    const data = (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)) as { _pointsman?: { cost_usd: number } });
    const withMetadata = data.filter((chunk) => chunk._pointsman !== undefined);
    assert.equal(withMetadata.length, 1);
    assert.equal(data.at(-1), withMetadata[0]);
    assert.ok((data.at(-1)?._pointsman?.cost_usd ?? 0) > 0);
  });
});
