// The answers of the Anthropic dialect against recorded traffic, judged by the official SDK: what a client makes of our
// stream is what it makes of the provider's own. Then every recorded chat answer, read by an Anthropic client.
//
// Not carried from one dialect to the other, by the written list (each is named in the record): the block types in
// OTHER_CONTENT, answers beyond the first, and parts of chat messages that are not text, reasoning, refusal or calls.

import assert from 'node:assert/strict';

import Anthropic from '@anthropic-ai/sdk';

import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import { isPlausibleUsage } from '../../daemon/conversation/usage.ts';
import { decodeResponse } from '../../daemon/dialects/anthropic-messages/decode-response.ts';
import { encodeResponse } from '../../daemon/dialects/anthropic-messages/encode-response.ts';
import { decodeFailure } from '../../daemon/dialects/anthropic-messages/errors.ts';
import { createFrameFilter } from '../../daemon/dialects/anthropic-messages/frame-filter.ts';
import { lossOf } from '../../daemon/dialects/anthropic-messages/losses.ts';
import { createStreamDecoder } from '../../daemon/dialects/anthropic-messages/stream-decoder.ts';
import { createStreamEncoder } from '../../daemon/dialects/anthropic-messages/stream-encoder.ts';
import { decodeToolId } from '../../daemon/dialects/anthropic-messages/tool-ids.ts';
import type { StreamDecoder } from '../../daemon/dialects/dialect.ts';
import { openEnvelope } from '../../daemon/dialects/envelope.ts';
import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { createSseParser, type SseFrame } from '../../daemon/dialects/sse-parser.ts';
import { isJsonObject, type JsonObject } from '../../daemon/util/json.ts';
import { announcedOnce, loadExchanges, type Json } from './wire-fixtures.ts';

const exchanges = loadExchanges('anthropic-messages');
const chatExchanges = loadExchanges('openai-chat');

const IDENTITY = { responseId: 'x_1', responseModel: 'm', createdAtS: 1, wantsUsage: true };
const MAKER = 'provider/model';

/** A gateway spliced a second answer into the first one's tool call; every SDK refuses it too. */
const TORN = 'anthropic-messages/anthropic/parallel-tools/ver-spliced-message-start-00-s';

/** Everything of the recordings that other dialects have no word for. */
const OTHER_CONTENT = [
  'advisor_tool_result',
  'bash_code_execution_tool_result',
  'caller',
  'citations',
  'code_execution_tool_result',
  'container',
  'context_management',
  'fallback',
  'server_tool_use',
  'stop_sequence',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'web_fetch_tool_result',
  'web_search_tool_result',
];

function framesOf(chunks: readonly Buffer[]): readonly SseFrame[] {
  const parser = createSseParser();
  const frames = chunks.flatMap((chunk) => parser.push(chunk));
  return [...frames, ...parser.flush()];
}

interface Piece {
  readonly frame: SseFrame;
  readonly events: readonly StreamEvent[];
}

function piecesOf(frames: readonly SseFrame[], decoder: StreamDecoder): readonly Piece[] {
  return frames.map((frame) => ({ frame, events: decoder.push(frame) }));
}

function eventsOf(
  chunks: readonly Buffer[],
  decoder: StreamDecoder = createStreamDecoder(),
): readonly StreamEvent[] {
  const pieces = piecesOf(framesOf(chunks), decoder);
  return [...pieces.flatMap(({ events }) => events), ...decoder.end()];
}

function filtered(pieces: readonly Piece[], holdLast: boolean, metadata?: JsonObject): Buffer {
  const filter = createFrameFilter({ stripUsage: true, holdLast });
  const passed = pieces.flatMap(({ frame, events }) => filter.push(frame, events));
  return Buffer.concat([...passed, ...filter.end(metadata)]);
}

function encodedStream(events: readonly StreamEvent[], maker?: string): string {
  const encoder = createStreamEncoder(maker === undefined ? IDENTITY : { ...IDENTITY, maker });
  return events.map((event) => encoder.push(event)).join('') + encoder.end(undefined);
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const object = (value: unknown): Json => (isJsonObject(value) ? { ...value } : {});

function client(body: string, contentType: string): Anthropic {
  return new Anthropic({
    apiKey: 'none',
    maxRetries: 0,
    baseURL: 'http://127.0.0.1:9',
    fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': contentType } })),
  });
}

const ASK = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'x' }] };

/** What the official SDK hands to its user for a stream. */
async function sdkMessage(stream: string): Promise<Json> {
  return object(await client(stream, 'text/event-stream').messages.stream(ASK).finalMessage());
}

async function sdkPlainMessage(body: JsonObject): Promise<Json> {
  return object(await client(JSON.stringify(body), 'application/json').messages.create(ASK));
}

/** Parsed data of the events of a stream, without our parser's help. */
function dataOf(stream: string): readonly Json[] {
  return stream
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Json);
}

/** The first message of a recording, announced once: SDKs read no other (they refuse the second message_start). */
function firstMessage(stream: Buffer): string {
  const seen = new Set<string>();
  const messages: Json[] = [];
  for (const data of dataOf(stream.toString())) {
    const type = text(data['type']);
    const isRepeated = type === 'message_start' && seen.has(type);
    seen.add(type);
    if (!isRepeated) messages.push(data);
    if (type === 'message_stop') break;
  }
  return messages.map((data) => `event: ${text(data['type'])}\ndata: ${JSON.stringify(data)}\n\n`).join('');
}

/** The parts of a message that every dialect has words for, in their order. */
function known(message: Json): readonly unknown[] {
  return list(message['content']).flatMap((block): unknown[] => {
    switch (block['type']) {
      case 'text':
        return text(block['text']) === '' ? [] : [['text', block['text']]];
      case 'thinking':
        return [['thinking', block['thinking'], block['signature'] ?? '']];
      case 'redacted_thinking':
        return [['redacted', block['data']]];
      case 'tool_use':
        return [['tool', block['id'], block['name'], block['input']]];
      default:
        return [];
    }
  });
}

/** Uncached input, cache reads, cache writes, output, thinking. */
function counts(message: Json): readonly number[] {
  const usage = object(message['usage']);
  return [
    count(usage['input_tokens']),
    count(usage['cache_read_input_tokens']),
    count(usage['cache_creation_input_tokens']),
    count(usage['output_tokens']),
    count(object(usage['output_tokens_details'])['thinking_tokens']),
  ];
}

function assertSameMessage(id: string, ours: Json, theirs: Json): void {
  // The explanation of a refusal is shown as text too, since other dialects have only that.
  const explanation = text(object(theirs['stop_details'])['explanation']);
  const wanted = explanation === '' ? known(theirs) : [...known(theirs), ['text', explanation]];
  assert.deepEqual(known(ours), wanted, id);
  assert.equal(ours['stop_reason'], theirs['stop_reason'], id);
  assert.equal(text(object(ours['stop_details'])['explanation']), explanation, id);
  assert.deepEqual(counts(ours), counts(theirs), id);
}

function assertUsage(id: string, events: readonly StreamEvent[], message: Json): void {
  const event = events.findLast((candidate) => candidate.type === 'usage');
  assert.ok(event, id);
  const [uncached = 0, read = 0, written = 0, output = 0, thinking = 0] = counts(message);
  assert.deepEqual(
    event.usage,
    {
      inputTokens: uncached + read + written,
      cacheReadInputTokens: read,
      cacheCreationInputTokens: written,
      outputTokens: output,
      reasoningOutputTokens: thinking,
    },
    id,
  );
  assert.ok(isPlausibleUsage(event.usage), id);
}

function otherTypes(events: readonly StreamEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'other-content' ? [event.wireType] : []));
}

describe('anthropic-messages answers conformance', function () {
  this.timeout(60_000);
  if (exchanges === undefined || chatExchanges === undefined) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds wire-fixtures)');
    return;
  }
  const streams = exchanges.flatMap(({ id, stream }) => (stream === undefined ? [] : [{ id, stream }]));
  const plain = exchanges.flatMap(({ id, stream, statusCode, responseBody }) =>
    stream === undefined && statusCode === 200 && isJsonObject(responseBody)
      ? [{ id, body: responseBody }]
      : [],
  );

  it('knows every complete stream, and the torn one', () => {
    for (const { id, stream } of streams) {
      const last = eventsOf([stream]).at(-1);
      const failure = last?.type === 'response-failed' ? last.failure.kind : undefined;
      assert.equal(failure, id === TORN ? 'interrupted' : undefined, id);
      assert.ok(id === TORN || last?.type === 'response-end', id);
    }
  });

  it('passes streams on byte for byte, but for what is announced twice', () => {
    for (const { id, stream } of streams) {
      const pieces = piecesOf(framesOf([stream]), createStreamDecoder());
      for (const holdLast of [false, true])
        assert.ok(filtered(pieces, holdLast).equals(announcedOnce(stream)), id);
    }
  });

  it('puts metadata into the last data frame and changes nothing else', () => {
    for (const { id, stream } of streams) {
      if (id === TORN) continue;
      const pieces = piecesOf(framesOf([stream]), createStreamDecoder());
      const out = filtered(pieces, true, { exchange_id: 'x_1' }).toString();
      const remark = ',"_pointsman":{"exchange_id":"x_1"}';
      assert.equal(out.split(remark).length, 2, id);
      assert.equal(out.replace(remark, ''), announcedOnce(stream).toString(), id);
      assert.deepEqual(dataOf(out).at(-1)?.['_pointsman'], { exchange_id: 'x_1' }, id);
    }
  });

  it('[A3] gives the official SDK the same message from our stream as from the recording', async () => {
    for (const { id, stream } of streams) {
      if (id === TORN) continue;
      const events = eventsOf([stream]);
      const theirs = await sdkMessage(firstMessage(stream));
      assertSameMessage(id, await sdkMessage(encodedStream(events)), theirs);
      assertUsage(id, events, theirs);
    }
  });

  it(`[A3] decodes and encodes ${plain.length} plain answers without loss`, async () => {
    for (const { id, body } of plain) {
      const events = decodeResponse(body);
      assertSameMessage(id, await sdkPlainMessage(encodeResponse(events, IDENTITY)), object(body));
      // A stream of the same answer, as a stored one is replayed.
      assertSameMessage(id, await sdkMessage(encodedStream(events)), object(body));
      assertUsage(id, events, object(body));
    }
  });

  it('names all that has no counterpart elsewhere, by its type', () => {
    const found = new Set([
      ...streams.flatMap(({ stream }) => otherTypes(eventsOf([stream]))),
      ...plain.flatMap(({ body }) => otherTypes(decodeResponse(body))),
    ]);
    assert.deepEqual([...found].toSorted(), OTHER_CONTENT);
  });

  it('tells the kind of every recorded error answer', () => {
    const kinds = exchanges.flatMap(({ id, statusCode, responseBody }) => {
      if (statusCode < 400) return [];
      const failure = decodeFailure(statusCode, JSON.stringify(responseBody));
      assert.ok(failure.message.length > 0 && failure.message.length <= 500, id);
      return [`${statusCode} ${failure.kind}`];
    });
    assert.deepEqual(kinds.toSorted(), [
      '400 context-length',
      '400 rejected',
      '401 auth',
      '404 model-not-found',
    ]);
  });
});

interface ChatAnswer {
  text: string;
  reasoning: string;
  refusal: string;
  finish: string;
  readonly tools: { id: string; name: string; input: string }[];
  /** Kinds of parts as they begin; neighbours of one kind once. */
  readonly order: string[];
}

/** What a careful client makes of the first choice of recorded chunks or messages. */
function chatAnswer(entries: readonly Json[]): ChatAnswer {
  const answer: ChatAnswer = { text: '', reasoning: '', refusal: '', finish: '', tools: [], order: [] };
  const add = (kind: 'text' | 'reasoning' | 'refusal', more: string): void => {
    answer[kind] += more;
    if (more !== '' && answer.order.at(-1) !== kind) answer.order.push(kind);
  };
  for (const entry of entries) {
    if (Number(entry['index'] ?? 0) !== 0) continue;
    const delta = object(entry['delta'] ?? entry['message']);
    const details = list(delta['reasoning_details']).map(
      (part) => text(part['text']) || text(part['summary']),
    );
    add('reasoning', text(delta['reasoning_content']) || text(delta['reasoning']) || details.join(''));
    add('text', text(delta['content']));
    for (const part of list(delta['content'])) {
      add('text', text(part['text']));
      for (const thought of list(part['thinking'])) add('reasoning', text(thought['text']));
    }
    add('refusal', text(delta['refusal']));
    answer.finish ||= text(entry['finish_reason']);
    for (const [position, call] of list(delta['tool_calls']).entries()) {
      const slot = Number(call['index'] ?? position);
      const called = object(call['function']);
      const before = answer.tools[slot];
      if (before === undefined) answer.order.push('tool');
      answer.tools[slot] = {
        id: (before?.id ?? '') || text(call['id']),
        name: (before?.name ?? '') || text(called['name']),
        input: (before?.input ?? '') + text(called['arguments']),
      };
    }
  }
  return answer;
}

/** By the rules of the vendors' pages, as in openai-chat.test.ts, in Anthropic's exclusive form. */
function chatCounts(wire: Json): readonly number[] {
  const inputDetails = object(wire['prompt_tokens_details']);
  const outputDetails = object(wire['completion_tokens_details']);
  const input = count(wire['prompt_tokens']);
  const unlisted = Math.max(0, count(wire['total_tokens']) - input - count(wire['completion_tokens']));
  const output = count(wire['completion_tokens']) + unlisted;
  const cached =
    inputDetails['cached_tokens'] ??
    wire['prompt_cache_hit_tokens'] ??
    wire['cached_tokens'] ??
    wire['num_cached_tokens'];
  const read = Math.min(count(cached), input);
  const written = Math.min(count(inputDetails['cache_write_tokens']), input - read);
  const reasoning = Number(outputDetails['reasoning_tokens'] ?? wire['reasoning_tokens'] ?? unlisted);
  return [input - read - written, read, written, output, Math.min(reasoning, output)];
}

function stopReasonFor(answer: ChatAnswer): string {
  if (answer.finish === 'length') return 'max_tokens';
  if (answer.finish === 'content_filter' || answer.refusal !== '') return 'refusal';
  return answer.tools.length > 0 ? 'tool_use' : 'end_turn';
}

function assertCarried(id: string, message: Json, wanted: ChatAnswer, usage: Json): void {
  const blocks = list(message['content']);
  const ofType = (type: string) => blocks.filter((block) => block['type'] === type);
  const joined = (type: string, field: string) =>
    ofType(type)
      .map((block) => text(block[field]))
      .join('');
  assert.equal(joined('text', 'text'), wanted.text + wanted.refusal, id);
  assert.equal(joined('thinking', 'thinking'), wanted.reasoning, id);
  for (const block of ofType('thinking')) {
    assert.equal(openEnvelope(text(block['signature']))?.maker, MAKER, id);
  }
  assert.deepEqual(
    ofType('tool_use').map((block) => [block['name'], block['input']]),
    wanted.tools.map(({ name, input }) => [name, input === '' ? {} : (JSON.parse(input) as unknown)]),
    id,
  );
  for (const [slot, tool] of wanted.tools.entries()) {
    const given = text(ofType('tool_use')[slot]?.['id']);
    assert.ok(tool.id === '' ? given !== '' : decodeToolId(given) === tool.id, `${id}: tool call id`);
    assert.match(given, /^[a-zA-Z0-9_-]+$/, id);
  }
  const kinds: Readonly<Record<string, string>> = { thinking: 'reasoning', text: 'text', tool_use: 'tool' };
  // Proofs that stand behind the answer (OpenRouter) travel in thoughts without a text.
  const shown = blocks.filter((block) => block['type'] !== 'thinking' || text(block['thinking']) !== '');
  assert.deepEqual(
    shown.map((block) => kinds[text(block['type'])]),
    wanted.order.map((kind) => (kind === 'refusal' ? 'text' : kind)),
    id,
  );
  assert.equal(message['stop_reason'], stopReasonFor(wanted), id);
  assert.deepEqual(counts(message), chatCounts(usage), id);
}

describe('openai-chat answers for Anthropic clients', function () {
  this.timeout(60_000);
  if (chatExchanges === undefined) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds wire-fixtures)');
    return;
  }
  const identity = { ...IDENTITY, maker: MAKER };

  it('[A3] reach the official SDK whole from every recorded stream', async () => {
    let carried = 0;
    for (const { id, stream } of chatExchanges) {
      if (stream === undefined) continue;
      const events = eventsOf([stream], openAiChat.createStreamDecoder());
      if (events.at(-1)?.type === 'response-failed') continue; // three, known in openai-chat.test.ts
      const chunks = dataOf(stream.toString());
      const usage = chunks
        .map((chunk) => chunk['usage'] ?? object(chunk['x_groq'])['usage'])
        .findLast((value) => isJsonObject(value));
      const wanted = chatAnswer(chunks.flatMap((chunk) => list(chunk['choices'])));
      assertCarried(id, await sdkMessage(encodedStream(events, MAKER)), wanted, object(usage));
      carried += 1;
    }
    assert.ok(carried > 110, `only ${carried} streams`);
  });

  it('[A3] reach the official SDK whole from every recorded plain answer', async () => {
    let carried = 0;
    for (const { id, stream, statusCode, responseBody } of chatExchanges) {
      if (stream !== undefined || statusCode !== 200 || !isJsonObject(responseBody)) continue;
      const events = openAiChat.decodeResponse(responseBody);
      if (events.at(-1)?.type === 'response-failed') continue;
      const wanted = chatAnswer(list(responseBody['choices']));
      const message = await sdkPlainMessage(encodeResponse(events, identity));
      assertCarried(id, message, wanted, object(responseBody['usage']));
      carried += 1;
    }
    assert.ok(carried > 280, `only ${carried} answers`);
  });

  it('name in the record whatever an Anthropic message cannot hold', () => {
    const losses = new Set<string>();
    for (const { stream, responseBody } of chatExchanges) {
      const events =
        stream === undefined
          ? openAiChat.decodeResponse(isJsonObject(responseBody) ? responseBody : {})
          : eventsOf([stream], openAiChat.createStreamDecoder());
      for (const event of events) {
        const loss = lossOf(event);
        if (loss !== undefined) losses.add(loss);
      }
    }
    const leftOut = (what: string) =>
      `${what} has no place in an Anthropic message and was left out of the answer`;
    assert.deepEqual([...losses].toSorted(), [
      'an Anthropic message holds one answer; the others were left out',
      ...['annotations', 'executed_tools', 'extra_content'].map(leftOut),
    ]);
  });
});
