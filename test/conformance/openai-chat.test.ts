// The chat dialect against recorded traffic: what providers and assistants really send, not what a page says.

import assert from 'node:assert/strict';

import OpenAI from 'openai';

import { DEFAULT_MODELS } from '../../daemon/catalog/default-models.ts';
import { KNOWN_PROVIDERS } from '../../daemon/catalog/known-providers.ts';
import { traitsOf } from '../../daemon/catalog/model-traits.ts';
import { isPlausibleUsage } from '../../daemon/conversation/usage.ts';
import { messagesOf } from '../../daemon/conversation/request.ts';
import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { createSseParser, type SseFrame } from '../../daemon/dialects/sse-parser.ts';
import { isJsonObject } from '../../daemon/util/json.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { loadClientTraffic, loadExchanges, type Exchange, type Json } from './wire-fixtures.ts';

const exchanges = loadExchanges('openai-chat');
const traffic = loadClientTraffic();

const TARGET = { dialect: 'openai-chat', upstreamModel: 'routed/model', maxOutputTokens: 64 } as const;
const IDENTITY = { responseId: 'x_1', responseModel: 'm', createdAtS: 1, wantsUsage: true };

/** Streams that end in an error by the provider, or were cut: they must not count as complete. */
const FAILED_STREAMS: ReadonlyMap<string, string> = new Map([
  ['openai-chat/groq/errors/pyd-tool-use-failed-error-streaming-00-s', 'rejected'],
  ['openai-chat/groq/errors/pyd-tool-use-failed-error-streaming-with-text-00-s', 'rejected'],
  ['openai-chat/openrouter/errors/pyd-openrouter-stream-error-00-s', 'rejected'],
]);

function framesOf(stream: Buffer): readonly SseFrame[] {
  const parser = createSseParser();
  return [...parser.push(stream), ...parser.flush()];
}

interface Piece {
  readonly frame: SseFrame;
  readonly events: readonly StreamEvent[];
}

function decode(frames: readonly SseFrame[]): {
  readonly pieces: readonly Piece[];
  readonly events: readonly StreamEvent[];
} {
  const decoder = openAiChat.createStreamDecoder();
  const pieces = frames.map((frame) => ({ frame, events: decoder.push(frame) }));
  return { pieces, events: [...pieces.flatMap((piece) => piece.events), ...decoder.end()] };
}

function filtered(
  pieces: readonly Piece[],
  options: { stripUsage: boolean; holdLast: boolean },
  metadata?: Json,
): Buffer {
  const filter = openAiChat.createFrameFilter(options);
  const passed = pieces.flatMap(({ frame, events }) => filter.push(frame, events));
  const remark = metadata === undefined ? undefined : { ...metadata };
  return Buffer.concat([...passed, ...filter.end(isJsonObject(remark) ? remark : undefined)]);
}

/** Parsed data of the events of a stream, without our parser's help. */
function chunksOf(stream: Buffer): readonly Json[] {
  return stream
    .toString()
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Json);
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

interface Accumulated {
  text: string;
  reasoning: string;
  refusal: string;
  finish: string;
  readonly tools: { id: string; name: string; input: string }[];
}

/** What a careful client makes of recorded chunks or messages; knows nothing of the codec under test. */
function accumulate(entries: readonly Json[]): ReadonlyMap<number, Accumulated> {
  const choices = new Map<number, Accumulated>();
  for (const entry of entries) {
    const index = Number(entry['index'] ?? 0);
    const choice = choices.get(index) ?? { text: '', reasoning: '', refusal: '', finish: '', tools: [] };
    choices.set(index, choice);
    const delta = (entry['delta'] ?? entry['message'] ?? {}) as Json;
    const { content } = delta;
    choice.text += text(content);
    for (const part of list(content)) {
      choice.text += text(part['text']);
      for (const thought of list(part['thinking'])) choice.reasoning += text(thought['text']);
    }
    const details = list(delta['reasoning_details']).map(
      (detail) => text(detail['text']) || text(detail['summary']),
    );
    choice.reasoning += text(delta['reasoning_content']) || text(delta['reasoning']) || details.join('');
    choice.refusal += text(delta['refusal']);
    choice.finish ||= text(entry['finish_reason']);
    for (const [position, call] of list(delta['tool_calls']).entries()) {
      const slot = Number(call['index'] ?? position);
      const called = (call['function'] ?? {}) as Json;
      const known = choice.tools[slot] ?? { id: '', name: '', input: '' };
      choice.tools[slot] = {
        id: known.id || text(call['id']),
        name: known.name || text(called['name']),
        input: known.input + text(called['arguments']),
      };
    }
  }
  return choices;
}

/** Recordings use words of their own for the same ends. */
const finishClass = (reason: string) => (reason === 'eos' ? 'stop' : reason);

/** What the official SDK hands to its user for a stream. */
async function sdkAnswer(stream: string | Buffer): Promise<readonly Json[]> {
  const client = new OpenAI({
    apiKey: 'none',
    maxRetries: 0,
    baseURL: 'http://127.0.0.1:9/v1',
    fetch: () =>
      Promise.resolve(new Response(String(stream), { headers: { 'content-type': 'text/event-stream' } })),
  });
  const answer = await client.chat.completions
    .stream({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
    .finalChatCompletion();
  return answer.choices.map((choice) => ({ ...choice, message: { ...choice.message } }));
}

function assertSameAnswer(
  id: string,
  actual: ReadonlyMap<number, Accumulated>,
  expected: ReadonlyMap<number, Accumulated>,
): void {
  assert.deepEqual(new Set(actual.keys()), new Set(expected.keys()), id);
  for (const [index, wanted] of expected) {
    const got = actual.get(index);
    assert.ok(got);
    assert.deepEqual(
      { ...got, tools: got.tools.map(({ name, input }) => [name, input]) },
      {
        ...wanted,
        finish: finishClass(wanted.finish),
        tools: wanted.tools.map(({ name, input }) => [name, input]),
      },
      id,
    );
    for (const [slot, tool] of wanted.tools.entries()) {
      const given = got.tools[slot]?.id ?? '';
      assert.ok(tool.id === '' ? given !== '' : given === tool.id, `${id}: tool call id`);
    }
  }
}

/** Counts as the recording has them, by the rules of the vendors' pages, in the order of TokenUsage. */
function expectedUsage(wire: Json): readonly number[] {
  const inputDetails = (wire['prompt_tokens_details'] ?? {}) as Json;
  const outputDetails = (wire['completion_tokens_details'] ?? {}) as Json;
  const input = Number(wire['prompt_tokens']);
  const unlisted = Math.max(0, Number(wire['total_tokens']) - input - Number(wire['completion_tokens']));
  const output = Number(wire['completion_tokens']) + unlisted;
  const cached = Number(
    inputDetails['cached_tokens'] ??
      wire['prompt_cache_hit_tokens'] ??
      wire['cached_tokens'] ??
      wire['num_cached_tokens'] ??
      0,
  );
  const read = Math.min(cached, input);
  const written = Math.min(Number(inputDetails['cache_write_tokens'] ?? 0), input - read);
  const reasoning = Number(outputDetails['reasoning_tokens'] ?? wire['reasoning_tokens'] ?? unlisted);
  return [input, read, written, output, Math.min(reasoning, output)];
}

function lastUsage(events: readonly StreamEvent[]): Extract<StreamEvent, { type: 'usage' }> | undefined {
  return events.findLast((event) => event.type === 'usage');
}

function assertUsage(exchange: Exchange, events: readonly StreamEvent[], wire: Json | undefined): void {
  const event = lastUsage(events);
  if (wire === undefined) {
    assert.equal(event, undefined, exchange.id);
    return;
  }
  assert.ok(event, exchange.id);
  const { usage } = event;
  assert.deepEqual(
    [
      usage.inputTokens,
      usage.cacheReadInputTokens,
      usage.cacheCreationInputTokens,
      usage.outputTokens,
      usage.reasoningOutputTokens,
    ],
    expectedUsage(wire),
    exchange.id,
  );
  assert.ok(isPlausibleUsage(usage), exchange.id);
  if (typeof wire['cost'] === 'number') assert.equal(event.costUsd, wire['cost'], exchange.id);
}

describe('openai-chat conformance', function () {
  this.timeout(60_000);
  if (exchanges === undefined || traffic === undefined) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds wire-fixtures)');
    return;
  }
  const requests = exchanges.flatMap(({ id, requestBody }) =>
    requestBody === undefined ? [] : [{ id, body: requestBody }],
  );
  const chatTraffic = traffic
    .filter(({ file }) => file['path'] === '/v1/chat/completions')
    .map(({ name, file }) => ({ id: name, body: file['body'] as Json }));
  const streams = exchanges.filter((exchange) => exchange.stream !== undefined);
  const plain = exchanges.filter(({ stream, statusCode, responseBody }) => {
    return (
      stream === undefined &&
      statusCode === 200 &&
      isJsonObject(responseBody) &&
      Array.isArray(responseBody['choices'])
    );
  });

  it(`decodes all ${requests.length} recorded and ${chatTraffic.length} assistants' requests, whole`, () => {
    for (const { id, body } of [...requests, ...chatTraffic]) {
      const request = openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
      const messages = list(body['messages']);
      assert.equal(request.outline.length, messages.length, id);
      assert.equal(request.requestModel, body['model'], id);
      assert.equal(request.stream, body['stream'] === true, id);
      assert.equal(request.toolCount, list(body['tools']).length, id);
      assert.equal(request.tools().length, request.toolCount, id);
      for (const [index, message] of messagesOf(request).entries()) {
        const outline = request.outline[index];
        assert.equal(message.role, outline?.role, id);
        assert.equal(
          message.content.some((part) => part.type === 'tool-call'),
          outline?.hasToolCall,
          id,
        );
        const hasImage = JSON.stringify(messages[index]?.['content'] ?? '').includes('"image_url"');
        assert.equal(outline?.hasImage, hasImage, id);
        assert.deepEqual(JSON.parse(request.messageBytes(index).toString()), messages[index], id);
      }
    }
  });

  it('passes requests on with every member but the named ones as it was, byte for byte', () => {
    for (const { id, body } of [...requests, ...chatTraffic]) {
      const bytes = Buffer.from(JSON.stringify(body, null, 1));
      const request = openAiChat.decodeRequest(parseRequestBody(bytes));
      const encoded = openAiChat.encodeRequest(request, TARGET);
      assert.deepEqual(encoded.warnings, []);
      assert.deepEqual(openAiChat.encodeRequest(request, TARGET), encoded, 'encoding twice');
      const sent = parseRequestBody(encoded.body);
      const limits = ['max_tokens', 'max_completion_tokens'];
      const changed = ['model', 'stream_options', ...limits];
      for (const { key, value } of request.body.entries) {
        const kept = sent.members.get(key);
        assert.ok(kept, `${id}: ${key}`);
        if (changed.includes(key)) continue;
        assert.ok(
          bytes.subarray(value.start, value.end).equals(encoded.body.subarray(kept.start, kept.end)),
          `${id}: ${key}`,
        );
      }
      const after = JSON.parse(encoded.body.toString()) as Json;
      assert.equal(after['model'], TARGET.upstreamModel, id);
      const options =
        body['stream'] === true
          ? { ...(body['stream_options'] as Json | null), include_usage: true }
          : body['stream_options'];
      assert.deepEqual(after['stream_options'], options, id);
      for (const limit of limits) {
        const asked = body[limit];
        assert.equal(
          after[limit],
          typeof asked === 'number' ? Math.min(asked, TARGET.maxOutputTokens) : asked,
          id,
        );
      }
      assert.deepEqual(
        Object.keys(after).filter((key) => !(key in body)),
        body['stream'] === true && !('stream_options' in body) ? ['stream_options'] : [],
        id,
      );
    }
  });

  it('[A5] sends no recorded request with a member that the chosen model is known to refuse', () => {
    const refusers = DEFAULT_MODELS.flatMap((model) => {
      const provider = KNOWN_PROVIDERS.find(({ name }) => name === model.provider);
      const traits = provider && traitsOf({ ...provider, dialect: 'openai-chat' }, model.upstreamModel);
      return traits === undefined ? [] : [{ id: model.id, traits }];
    });
    let changed = 0;
    for (const { id, body } of [...requests, ...chatTraffic]) {
      const request = openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
      for (const { id: model, traits } of refusers) {
        const { body: bytes, warnings } = openAiChat.encodeRequest(request, { ...TARGET, traits });
        const sent = JSON.parse(bytes.toString()) as Json;
        const where = `${id} to ${model}`;
        for (const field of traits.refusesFields ?? []) assert.ok(!(field in sent), `${where}: ${field}`);
        if (traits.refuses?.includes('temperature') === true) assert.ok(!('temperature' in sent), where);
        for (const message of list(sent['messages'])) {
          for (const field of traits.refusesMessageFields ?? [])
            assert.ok(!(field in message), `${where}: ${field}`);
          if (traits.toolCallIds === undefined) continue;
          const ids = [message['tool_call_id'], ...list(message['tool_calls']).map((call) => call['id'])];
          for (const one of ids) assert.ok(one === undefined || /^[a-zA-Z0-9]{9}$/.test(text(one)), where);
        }
        changed += warnings.length;
      }
    }
    assert.ok(changed > 100, `only ${changed} things were left out`);
  });

  it('knows every complete stream and every failed one', () => {
    for (const { id, stream } of streams) {
      assert.ok(stream);
      const last = decode(framesOf(stream)).events.at(-1);
      const failure = last?.type === 'response-failed' ? last.failure.kind : undefined;
      assert.equal(failure, FAILED_STREAMS.get(id), id);
      assert.ok(failure !== undefined || last?.type === 'response-end', id);
    }
  });

  it('passes streams on byte for byte, without the usage chunk when the client did not ask', () => {
    let stripped = 0;
    for (const { id, stream } of streams) {
      assert.ok(stream);
      const { pieces } = decode(framesOf(stream));
      assert.ok(filtered(pieces, { stripUsage: false, holdLast: false }).equals(stream), id);
      assert.ok(filtered(pieces, { stripUsage: false, holdLast: true }).equals(stream), id);
      const usageOnly = pieces.filter(({ frame }) => {
        const chunk = frame.data.startsWith('{') ? (JSON.parse(frame.data) as Json) : {};
        return isJsonObject(chunk['usage']) && list(chunk['choices']).length === 0;
      });
      stripped += usageOnly.length;
      const expected = Buffer.concat(
        pieces.filter((piece) => !usageOnly.includes(piece)).map(({ frame }) => frame.raw),
      );
      for (const holdLast of [false, true]) {
        assert.ok(filtered(pieces, { stripUsage: true, holdLast }).equals(expected), id);
      }
    }
    assert.ok(stripped > 40, `only ${stripped} usage chunks were taken out`);
  });

  it('puts metadata into the last data chunk and changes nothing else', () => {
    for (const { id, stream } of streams) {
      assert.ok(stream);
      if (FAILED_STREAMS.has(id)) continue;
      const { pieces } = decode(framesOf(stream));
      const out = filtered(pieces, { stripUsage: false, holdLast: true }, { exchange_id: 'x_1' }).toString();
      const remark = ',"_pointsman":{"exchange_id":"x_1"}';
      assert.equal(out.split(remark).length, 2, id);
      assert.equal(out.replace(remark, ''), stream.toString(), id);
      assert.deepEqual(chunksOf(Buffer.from(out)).at(-1)?.['_pointsman'], { exchange_id: 'x_1' }, id);
    }
  });

  it('gives the official SDK the same answer from our encoding as from the recording', async () => {
    let bySdk = 0;
    for (const { id, stream } of streams) {
      assert.ok(stream);
      if (FAILED_STREAMS.has(id)) continue;
      const { events } = decode(framesOf(stream));
      const encoder = openAiChat.createStreamEncoder(IDENTITY);
      const encoded = events.map((event) => encoder.push(event)).join('') + encoder.end(undefined);
      const recordedChunks = accumulate(chunksOf(stream).flatMap((chunk) => list(chunk['choices'])));
      const encodedChunks = accumulate(
        chunksOf(Buffer.from(encoded)).flatMap((chunk) => list(chunk['choices'])),
      );
      assertSameAnswer(id, encodedChunks, recordedChunks);
      const ours = accumulate(await sdkAnswer(encoded));
      const recorded = await sdkAnswer(stream).catch(() => undefined); // the SDK refuses some of what providers send
      if (recorded === undefined) continue;
      const theirs = accumulate(recorded);
      // The SDK keeps only the last delta of fields that it does not know, reasoning among them.
      for (const choice of [...ours.values(), ...theirs.values()]) choice.reasoning = '';
      // An array as content (Mistral) becomes "[object Object]" in the SDK; the accumulator above has judged it.
      const isReadable = ![...theirs.values()].some((choice) => choice.text.includes('[object Object]'));
      if (theirs.size > 0 && isReadable) assertSameAnswer(id, ours, theirs);
      bySdk += 1;
    }
    assert.ok(bySdk > 100, `the SDK read only ${bySdk} recordings`);
  });

  it(`decodes and encodes ${plain.length} plain answers without loss`, () => {
    for (const exchange of plain) {
      const { id, responseBody } = exchange;
      assert.ok(isJsonObject(responseBody));
      const events = openAiChat.decodeResponse(responseBody);
      assert.equal(events.at(-1)?.type, 'response-end', id);
      const encoded = openAiChat.encodeResponse(events, IDENTITY);
      assertSameAnswer(id, accumulate(list(encoded['choices'])), accumulate(list(responseBody['choices'])));
      const wireUsage = responseBody['usage'];
      assertUsage(exchange, events, isJsonObject(wireUsage) ? { ...wireUsage } : undefined);
    }
  });

  it('reports the usage of every stream that has it, exactly, and nothing for the others', () => {
    let withUsage = 0;
    for (const exchange of streams) {
      assert.ok(exchange.stream);
      const wire = chunksOf(exchange.stream)
        .flatMap((chunk) => [chunk['usage'] ?? (chunk['x_groq'] as Json | undefined)?.['usage']])
        .findLast((usage) => isJsonObject(usage)) as Json | undefined;
      withUsage += wire === undefined ? 0 : 1;
      assertUsage(exchange, decode(framesOf(exchange.stream)).events, wire);
    }
    assert.ok(withUsage > 90, `only ${withUsage} streams with usage`);
  });

  it('tells the kind of every recorded error answer', () => {
    const kinds: Record<string, number> = {};
    for (const { id, statusCode, responseBody } of exchanges) {
      if (statusCode < 400) continue;
      const body = typeof responseBody === 'string' ? responseBody : JSON.stringify(responseBody);
      const failure = openAiChat.decodeFailure(statusCode, body);
      kinds[failure.kind] = (kinds[failure.kind] ?? 0) + 1;
      assert.ok(failure.message.length > 0 && failure.message.length <= 500, id);
      if (id.includes('context-leng') || id.includes('handles-context'))
        assert.equal(failure.kind, 'context-length', id);
      if (statusCode === 401) assert.equal(failure.kind, 'auth', id);
      if (statusCode === 404) assert.equal(failure.kind, 'model-not-found', id);
      if (statusCode === 429) assert.equal(failure.kind, 'rate-limited', id);
    }
    assert.ok((kinds['context-length'] ?? 0) >= 2, JSON.stringify(kinds));
  });
});
