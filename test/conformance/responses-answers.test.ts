// Answers of the Responses dialect against recorded traffic: what providers really stream, and what the official SDK
// reads from what we write, for answers of this and of the other dialects.

import assert from 'node:assert/strict';

import OpenAI from 'openai';

import type { ConversationRequest } from '../../daemon/conversation/request.ts';
import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import { isPlausibleUsage } from '../../daemon/conversation/usage.ts';
import type { AnswerIdentity, StreamDecoder } from '../../daemon/dialects/dialect.ts';
import { decodeResponse as decodeMessage } from '../../daemon/dialects/anthropic-messages/decode-response.ts';
import { createStreamDecoder as createMessageDecoder } from '../../daemon/dialects/anthropic-messages/stream-decoder.ts';
import { decodeRequest as decodeChatRequest } from '../../daemon/dialects/openai-chat/decode-request.ts';
import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { decodeRequest } from '../../daemon/dialects/openai-responses/decode-request.ts';
import { decodeResponse } from '../../daemon/dialects/openai-responses/decode-response.ts';
import { encodeResponse } from '../../daemon/dialects/openai-responses/encode-response.ts';
import { decodeFailure } from '../../daemon/dialects/openai-responses/errors.ts';
import { createFrameFilter } from '../../daemon/dialects/openai-responses/frame-filter.ts';
import { lossOf } from '../../daemon/dialects/openai-responses/losses.ts';
import { createStreamDecoder } from '../../daemon/dialects/openai-responses/stream-decoder.ts';
import { createStreamEncoder } from '../../daemon/dialects/openai-responses/stream-encoder.ts';
import { createSseParser, type SseFrame } from '../../daemon/dialects/sse-parser.ts';
import { isJsonObject } from '../../daemon/util/json.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { loadExchanges, type Json } from './wire-fixtures.ts';

const exchanges = loadExchanges('openai-responses');
const chatExchanges = loadExchanges('openai-chat');
const anthropicExchanges = loadExchanges('anthropic-messages');

const IDENTITY: AnswerIdentity = { responseId: 'x_1', responseModel: 'm', createdAtS: 1, wantsUsage: true };

/** The only recorded stream that ends in an error by the provider. */
const FAILED_STREAMS: ReadonlyMap<string, string> = new Map([
  ['openai-responses/openai/errors/ver-openai-error-1-00-s', 'quota'],
]);

/** Its final item says something else than its deltas; what was streamed is what the user saw. */
const OTHER_TEXT_AT_END: ReadonlySet<string> = new Set([
  'openai-responses/openai/client-shell-tools/ver-openai-shell-container-1-00-s',
]);

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const objectIn = (value: unknown): Json => (isJsonObject(value) ? { ...value } : {});

function framesOf(stream: Buffer): readonly SseFrame[] {
  const parser = createSseParser();
  return [...parser.push(stream), ...parser.flush()];
}

interface Piece {
  readonly frame: SseFrame;
  readonly events: readonly StreamEvent[];
}

function decode(
  frames: readonly SseFrame[],
  decoder: StreamDecoder = createStreamDecoder(),
): { readonly pieces: readonly Piece[]; readonly events: readonly StreamEvent[] } {
  const pieces = frames.map((frame) => ({ frame, events: decoder.push(frame) }));
  return { pieces, events: [...pieces.flatMap((piece) => piece.events), ...decoder.end()] };
}

function filtered(pieces: readonly Piece[], holdLast: boolean, metadata?: { exchange_id: string }): Buffer {
  const filter = createFrameFilter({ holdLast });
  const passed = pieces.flatMap(({ frame, events }) => filter.push(frame, events));
  return Buffer.concat([...passed, ...filter.end(metadata)]);
}

/** Parsed data of the events of a stream, without our parser's help. */
function eventsOf(stream: Buffer): readonly Json[] {
  return stream
    .toString()
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Json);
}

/** What a user of an answer gets, in order. */
interface Answer {
  /** Neighbouring messages are one: some dialects have no such border. */
  readonly parts: readonly string[];
  readonly callIds: readonly string[];
  readonly finish: string;
  readonly usage: readonly number[] | undefined;
}

const ZERO = [0, 0, 0, 0, 0];

/** Reads a response object; knows nothing of the codec under test. */
function answerOf(response: Json, options: { readonly output?: readonly Json[] } = {}): Answer {
  const parts: { kind: string; text: string }[] = [];
  const callIds: string[] = [];
  const add = (kind: string, more: string, joins: boolean) => {
    const last = parts.at(-1);
    if (more === '') return;
    if (joins && last?.kind === kind) last.text += more;
    else parts.push({ kind, text: more });
  };
  for (const item of options.output ?? list(response['output'])) {
    if (item['type'] === 'message') {
      for (const part of list(item['content'])) {
        if (part['type'] === 'refusal') add('refusal', text(part['refusal']), true);
        else add('text', text(part['text']), true);
      }
    } else if (item['type'] === 'reasoning') {
      const thoughts = [...list(item['summary']), ...list(item['content'])].map((part) => text(part['text']));
      add('reasoning', thoughts.join('\n\n'), false);
    } else if (item['type'] === 'function_call' || item['type'] === 'custom_tool_call') {
      const name = [text(item['namespace']), text(item['name'])].filter((one) => one !== '').join(' ');
      add(`${item['type']} ${name}`, text(item['arguments']) || text(item['input']), false);
      callIds.push(text(item['call_id']));
    }
  }
  const status = response['status'] === 'complete' ? 'completed' : text(response['status']);
  const reason = text(objectIn(response['incomplete_details'])['reason']);
  return {
    parts: parts.map((part) => `${part.kind}: ${part.text}`),
    callIds,
    finish: `${status} ${reason}`.trim(),
    usage: usageOf(response['usage']),
  };
}

function usageOf(value: unknown): readonly number[] | undefined {
  if (!isJsonObject(value)) return undefined;
  const usage = objectIn(value);
  const input = objectIn(usage['input_tokens_details']);
  const output = objectIn(usage['output_tokens_details']);
  const counts = [
    usage['input_tokens'],
    input['cached_tokens'],
    input['cache_write_tokens'],
    usage['output_tokens'],
    output['reasoning_tokens'],
  ];
  return counts.map((count) => Number(count ?? 0));
}

/** The answer in a recorded stream: of its first end, with the items as they were done one by one. */
function recordedAnswer(id: string, stream: Buffer): Answer {
  const events = eventsOf(stream);
  const end = events.findIndex(({ type }) => /^response\.(completed|incomplete|failed)$/.test(text(type)));
  const done = events
    .slice(0, end)
    .filter(({ type }) => type === 'response.output_item.done')
    .map(({ item }) => objectIn(item));
  const answer = answerOf(objectIn(events[end]?.['response']), { output: done });
  if (!OTHER_TEXT_AT_END.has(id)) return answer;
  const deltas = events.filter(({ type }) => type === 'response.output_text.delta');
  const said = deltas.map(({ delta }) => text(delta)).join('');
  return {
    ...answer,
    parts: answer.parts.map((part) => (part.startsWith('text: ') ? `text: ${said}` : part)),
  };
}

function clientFor(body: string | Buffer, contentType: string): OpenAI {
  return new OpenAI({
    apiKey: 'none',
    maxRetries: 0,
    baseURL: 'http://127.0.0.1:9/v1',
    fetch: () => Promise.resolve(new Response(String(body), { headers: { 'content-type': contentType } })),
  });
}

/** What the official SDK hands to its user for a stream. */
async function sdkStreamed(stream: string | Buffer): Promise<Answer> {
  const client = clientFor(stream, 'text/event-stream');
  const response = await client.responses.stream({ model: 'm', input: 'x' }).finalResponse();
  return answerOf({ ...response });
}

/** The same for a plain answer. */
async function sdkPlain(body: object): Promise<{ readonly answer: Answer; readonly outputText: string }> {
  const client = clientFor(JSON.stringify(body), 'application/json');
  const response = await client.responses.create({ model: 'm', input: 'x' });
  return { answer: answerOf({ ...response }), outputText: response.output_text };
}

/** Who asked, where the recording knows it. */
function identityFor(
  decode: (body: ReturnType<typeof parseRequestBody>) => ConversationRequest,
  body: Json | undefined,
): AnswerIdentity {
  if (body === undefined) return IDENTITY;
  return { ...IDENTITY, request: decode(parseRequestBody(Buffer.from(JSON.stringify(body)))) };
}

function encodedStream(events: readonly StreamEvent[], identity: AnswerIdentity = IDENTITY): string {
  const encoder = createStreamEncoder(identity);
  return events.map((event) => encoder.push(event)).join('') + encoder.end(undefined);
}

/** The promises of the protocol that clients rely on. */
function assertOrderly(id: string, stream: string): void {
  const events = eventsOf(Buffer.from(stream));
  const open: unknown[] = [];
  for (const [index, event] of events.entries()) {
    assert.equal(event['sequence_number'], index, id);
    if (event['type'] === 'response.output_item.added') {
      assert.equal(open.length, 0, `${id}: one item at a time`);
      open.push(event['output_index']);
    } else if (event['output_index'] !== undefined) {
      assert.equal(event['output_index'], open.at(-1), `${id}: ${text(event['type'])}`);
    }
    if (event['type'] === 'response.output_item.done') open.pop();
  }
  assert.deepEqual(
    events.slice(0, 2).map(({ type }) => type),
    ['response.created', 'response.in_progress'],
    id,
  );
  const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
  assert.deepEqual(objectIn(events.at(-1)?.['response'])['output'], done, id);
}

const CHAT_FINISH: ReadonlyMap<string, string> = new Map([
  ['length', 'incomplete max_output_tokens'],
  ['content_filter', 'incomplete content_filter'],
]);

/** What a client of Responses should get for recorded chunks or messages of a chat answer. */
function chatAnswer(entries: readonly Json[], usage: readonly number[]): Answer {
  const said = { text: '', refusal: '', reasoning: '' };
  const order: string[] = [];
  const calls: { id: string; name: string; input: string }[] = [];
  let finish = '';
  for (const entry of entries.filter((one) => Number(one['index'] ?? 0) === 0)) {
    const delta = objectIn(entry['delta'] ?? entry['message']);
    const thoughts = list(delta['reasoning_details']).map((one) => text(one['text']) || text(one['summary']));
    const parts = list(delta['content']);
    const more = {
      reasoning:
        (text(delta['reasoning_content']) || text(delta['reasoning']) || thoughts.join('')) +
        parts.flatMap((part) => list(part['thinking']).map((thought) => text(thought['text']))).join(''),
      text: text(delta['content']) + parts.map((part) => text(part['text'])).join(''),
      refusal: text(delta['refusal']),
    };
    for (const kind of ['reasoning', 'text', 'refusal'] as const) {
      said[kind] += more[kind];
      if (more[kind] !== '' && order.at(-1) !== kind) order.push(kind);
    }
    for (const [position, call] of list(delta['tool_calls']).entries()) {
      const slot = Number(call['index'] ?? position);
      const called = objectIn(call['function']);
      const known = calls[slot] ?? { id: '', name: '', input: '' };
      if (calls[slot] === undefined) order.push(`call ${slot}`);
      calls[slot] = {
        id: known.id || text(call['id']),
        name: known.name || text(called['name']),
        input: known.input + text(called['arguments']),
      };
    }
    finish ||= text(entry['finish_reason']);
  }
  // Kinds that alternate are compared by what they hold together, see `gathered`.
  const kinds = [...new Set(order)];
  const parts = kinds.map((kind) => {
    if (kind === 'text' || kind === 'refusal' || kind === 'reasoning') return `${kind}: ${said[kind]}`;
    const call = calls[Number(kind.slice('call '.length))];
    return `function_call ${call?.name}: ${call?.input || '{}'}`;
  });
  const isOnlyFiltered = finish === 'content_filter';
  return {
    parts,
    callIds: calls.map(({ id }) => id),
    finish: isOnlyFiltered ? 'incomplete content_filter' : (CHAT_FINISH.get(finish) ?? 'completed'),
    usage,
  };
}

const MESSAGE_FINISH: ReadonlyMap<string, string> = new Map([
  ['max_tokens', 'incomplete max_output_tokens'],
  ['model_context_window_exceeded', 'incomplete max_output_tokens'],
  ['refusal', 'incomplete content_filter'],
]);

interface RecordedMessage {
  readonly blocks: readonly Json[];
  readonly stopReason: string;
  readonly explanation: string;
}

/** What a client of Responses should get for the blocks of an Anthropic message. */
function messageAnswer(
  { blocks, stopReason, explanation }: RecordedMessage,
  usage: readonly number[],
): Answer {
  const content = blocks.flatMap((block): Json[] => {
    switch (block['type']) {
      case 'text':
        return [{ type: 'message', content: [{ text: block['text'] }] }];
      case 'thinking':
        return [{ type: 'reasoning', summary: [{ text: block['thinking'] }] }];
      case 'tool_use': {
        const input = JSON.stringify(block['input']);
        return [{ type: 'function_call', name: block['name'], call_id: block['id'], arguments: input }];
      }
      default:
        return [];
    }
  });
  // A refusal that gives its reason is one in this dialect too.
  const refusal = explanation === '' ? [] : [{ type: 'refusal', refusal: explanation }];
  const output = [...content, { type: 'message', content: refusal }];
  const finish = explanation === '' ? MESSAGE_FINISH.get(stopReason) : undefined;
  return { ...answerOf({}, { output }), finish: finish ?? 'completed', usage };
}

/** Blocks and stop reason of the first message in a recorded stream. */
function recordedMessage(stream: Buffer): RecordedMessage {
  const blocks: Json[] = [];
  const inputs = new Map<Json, string>();
  let open: Json = {};
  let stopReason = '';
  let explanation = '';
  for (const event of eventsOf(stream)) {
    const delta = objectIn(event['delta']);
    if (event['type'] === 'message_start') {
      const message = objectIn(event['message']);
      blocks.push(...list(message['content']));
      stopReason = text(message['stop_reason']);
    } else if (event['type'] === 'content_block_start') {
      open = objectIn(event['content_block']);
      blocks.push(open);
    } else if (event['type'] === 'content_block_delta') {
      if (delta['type'] === 'text_delta') open['text'] = text(open['text']) + text(delta['text']);
      if (delta['type'] === 'thinking_delta') {
        open['thinking'] = text(open['thinking']) + text(delta['thinking']);
      }
      const input = text(delta['partial_json']);
      if (input !== '') inputs.set(open, (inputs.get(open) ?? '') + input);
    } else if (event['type'] === 'message_delta') {
      stopReason = text(delta['stop_reason']) || stopReason;
      explanation = text(objectIn(delta['stop_details'])['explanation']);
    } else if (event['type'] === 'message_stop') break;
  }
  for (const [block, input] of inputs) block['input'] = JSON.parse(input) as unknown;
  return { blocks, stopReason, explanation };
}

/** Arguments as values, since one side of a comparison was written anew. */
function withParsedInputs(answer: Answer): Answer {
  const parts = answer.parts.map((part) => {
    const [, head, input] = /^(function_call [^:]*: )(.*)$/s.exec(part) ?? [];
    return head === undefined || input === undefined ? part : head + JSON.stringify(JSON.parse(input));
  });
  return { ...answer, parts };
}

/** Parts of one kind joined at the place of the first; thoughts come in several parts when text stands between. */
function gathered(answer: Answer): Answer {
  const byKind = new Map<string, string>();
  for (const [index, part] of answer.parts.entries()) {
    const [kind = ''] = part.split(': ', 1);
    const key = kind.startsWith('function_call') ? `${kind} ${index}` : kind;
    byKind.set(key, (byKind.get(key) ?? `${kind}: `) + part.slice(kind.length + 2));
  }
  return { ...answer, parts: [...byKind.values()] };
}

function assertSame(id: string, actual: Answer, expected: Answer): void {
  assert.deepEqual({ ...actual, callIds: [] }, { ...expected, callIds: [] }, id);
  assert.equal(actual.callIds.length, expected.callIds.length, id);
  for (const [index, callId] of expected.callIds.entries()) {
    const given = actual.callIds[index] ?? '';
    assert.ok(callId === '' ? given !== '' : given === callId, `${id}: call id`);
  }
}

function usageCounts(events: readonly StreamEvent[]): readonly number[] {
  const event = events.findLast((one) => one.type === 'usage');
  if (event === undefined) return ZERO;
  assert.ok(isPlausibleUsage(event.usage));
  const { inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens, reasoningOutputTokens } =
    event.usage;
  return [inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens, reasoningOutputTokens];
}

describe('openai-responses answers, conformance', function () {
  this.timeout(120_000);
  if (exchanges === undefined || chatExchanges === undefined || anthropicExchanges === undefined) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds wire-fixtures)');
    return;
  }
  const streams = exchanges.flatMap(({ id, stream, requestBody }) =>
    stream === undefined ? [] : [{ id, stream, identity: identityFor(decodeRequest, requestBody) }],
  );
  const whole = streams.filter(({ id }) => !FAILED_STREAMS.has(id));
  const plain = exchanges.flatMap(({ id, stream, statusCode, requestBody, responseBody }) =>
    stream === undefined && statusCode === 200 && isJsonObject(responseBody)
      ? [{ id, body: responseBody, identity: identityFor(decodeRequest, requestBody) }]
      : [],
  );

  it('knows every complete stream and the failed one', () => {
    for (const { id, stream } of streams) {
      const { events } = decode(framesOf(stream));
      const ends = events.filter(({ type }) => type === 'response-end' || type === 'response-failed');
      assert.equal(ends.length, 1, id);
      const last = events.at(-1);
      const failure = last?.type === 'response-failed' ? last.failure.kind : undefined;
      assert.equal(failure, FAILED_STREAMS.get(id), id);
    }
  });

  it('takes no stream for complete that was cut before its end', () => {
    for (const { id, stream } of whole) {
      const frames = framesOf(stream);
      const end = frames.findIndex(({ data }) => /"type":\s*"response\.(completed|incomplete)"/.test(data));
      assert.ok(end > 0, id);
      const last = decode(frames.slice(0, end)).events.at(-1);
      assert.ok(last?.type === 'response-failed' && last.failure.kind === 'interrupted', id);
    }
  });

  it('passes streams on byte for byte, and puts metadata into the last data event alone', () => {
    for (const { id, stream } of whole) {
      const { pieces } = decode(framesOf(stream));
      assert.ok(filtered(pieces, false).equals(stream), id);
      assert.ok(filtered(pieces, true).equals(stream), id);
      const out = filtered(pieces, true, { exchange_id: 'x_1' }).toString();
      const remark = ',"_pointsman":{"exchange_id":"x_1"}';
      assert.equal(out.split(remark).length, 2, id);
      assert.equal(out.replace(remark, ''), stream.toString(), id);
      assert.deepEqual(eventsOf(Buffer.from(out)).at(-1)?.['_pointsman'], { exchange_id: 'x_1' }, id);
    }
  });

  it('gives the official SDK the same answer from our encoding as from the recording', async () => {
    let bySdk = 0;
    for (const { id, stream, identity } of whole) {
      const encoded = encodedStream(decode(framesOf(stream)).events, identity);
      assertOrderly(id, encoded);
      const ours = await sdkStreamed(encoded);
      assertSame(id, ours, recordedAnswer(id, stream));
      // The SDK refuses answers that are joined in one recording, and ids that change in an answer.
      const theirs = await sdkStreamed(stream).catch(() => undefined);
      if (theirs === undefined || OTHER_TEXT_AT_END.has(id)) continue;
      assertSame(id, ours, theirs);
      bySdk += 1;
    }
    assert.ok(bySdk > 50, `the SDK read only ${bySdk} recordings`);
  });

  it(`decodes and encodes ${plain.length} plain answers without loss`, async () => {
    for (const { id, body, identity } of plain) {
      const events = decodeResponse(body);
      assert.equal(events.at(-1)?.type, 'response-end', id);
      const encoded = encodeResponse(events, identity);
      const recorded = await sdkPlain(body);
      const ours = await sdkPlain(encoded);
      const expected = recorded.answer;
      // A background answer that is not made yet has no counterpart elsewhere; here its body passes as it is.
      const isQueued = expected.finish === 'queued';
      const wanted = isQueued ? { ...expected, finish: 'completed', usage: ZERO } : expected;
      assertSame(id, ours.answer, wanted);
      assert.equal(ours.outputText, recorded.outputText, id);
    }
  });

  it('reports the usage of every answer exactly, and the cost where it is told', () => {
    let counted = 0;
    let priced = 0;
    const answers = [
      ...plain.map(({ id, body }) => ({ id, events: decodeResponse(body), wire: body['usage'] })),
      ...whole.map(({ id, stream }) => ({
        id,
        events: decode(framesOf(stream)).events,
        wire: objectIn(eventsOf(stream).find(({ type }) => type === 'response.completed')?.['response'])[
          'usage'
        ],
      })),
    ];
    for (const { id, events, wire } of answers) {
      const expected = usageOf(wire);
      const event = events.findLast((one) => one.type === 'usage');
      assert.equal(event === undefined, expected === undefined, id);
      if (event === undefined || expected === undefined) continue;
      assert.deepEqual(usageCounts(events), expected, id);
      const cost = objectIn(wire)['cost'];
      assert.equal(event.costUsd, cost, id);
      counted += 1;
      priced += cost === undefined ? 0 : 1;
    }
    assert.ok(counted > 205 && priced === 2, `${counted} with usage, ${priced} with cost`);
  });

  it('carries every sealed thought, and names everything else that it cannot carry', () => {
    const lost: Record<string, number> = {};
    for (const { id, stream } of whole) {
      const { events } = decode(framesOf(stream));
      const end = eventsOf(stream).findIndex(({ type }) => type === 'response.completed');
      const sealed = eventsOf(stream)
        .slice(0, end)
        .filter(({ type }) => type === 'response.output_item.done')
        .map(({ item }) => text(objectIn(item)['encrypted_content']))
        .filter((seal) => seal !== '');
      const seals = events.flatMap((event) =>
        event.type === 'reasoning-end' && event.seal !== undefined ? [event.seal.value] : [],
      );
      assert.deepEqual(seals, sealed, id);
      for (const event of events) {
        const loss = lossOf(event);
        assert.equal(loss === undefined, event.type !== 'other-content', id);
        if (event.type === 'other-content') lost[event.wireType] = (lost[event.wireType] ?? 0) + 1;
      }
    }
    assert.deepEqual(Object.keys(lost).toSorted(), [
      'annotations',
      'apply_patch_call',
      'caller',
      'code_interpreter_call',
      'file_search_call',
      'image_generation_call',
      'local_shell_call',
      'logprobs',
      'phase',
      'program',
      'shell_call',
      'shell_call_output',
      'tool_search_call',
      'tool_search_output',
      'web_search_call',
    ]);
  });

  it('tells the kind of every recorded error answer', () => {
    const kinds: Record<string, number> = {};
    for (const { id, statusCode, responseBody } of exchanges) {
      if (statusCode < 400) continue;
      const failure = decodeFailure(statusCode, JSON.stringify(responseBody));
      assert.ok(failure.message.length > 0 && failure.message.length <= 500, id);
      kinds[failure.kind] = (kinds[failure.kind] ?? 0) + 1;
    }
    assert.deepEqual(kinds, { rejected: 5, quota: 1, auth: 2 });
  });

  const chatStreams = chatExchanges.flatMap(({ id, stream, requestBody }) =>
    stream === undefined
      ? []
      : [
          {
            id,
            stream,
            identity: identityFor(decodeChatRequest, requestBody),
            ...decode(framesOf(stream), openAiChat.createStreamDecoder()),
          },
        ],
  );

  it(`[A3] gives the official SDK what ${chatStreams.length} chat streams say`, async () => {
    let compared = 0;
    for (const { id, stream, identity, events } of chatStreams) {
      if (events.at(-1)?.type !== 'response-end') continue;
      const encoded = encodedStream(events, identity);
      assertOrderly(id, encoded);
      const entries = eventsOf(stream).flatMap((chunk) => list(chunk['choices']));
      const expected = chatAnswer(entries, usageCounts(events));
      assertSame(id, gathered(await sdkStreamed(encoded)), expected);
      compared += 1;
    }
    assert.ok(compared > 115, `only ${compared} streams were compared`);
  });

  it('[A3] gives the official SDK what plain chat answers say', async () => {
    let compared = 0;
    for (const { id, stream, statusCode, requestBody, responseBody } of chatExchanges) {
      if (stream !== undefined || statusCode !== 200 || !isJsonObject(responseBody)) continue;
      const events = openAiChat.decodeResponse(responseBody);
      if (events.at(-1)?.type !== 'response-end') continue;
      const { answer } = await sdkPlain(encodeResponse(events, identityFor(decodeChatRequest, requestBody)));
      assertSame(id, gathered(answer), chatAnswer(list(responseBody['choices']), usageCounts(events)));
      compared += 1;
    }
    assert.ok(compared > 280, `only ${compared} answers were compared`);
  });

  it('[A3] gives the official SDK what Anthropic streams say', async () => {
    let compared = 0;
    for (const { id, stream } of anthropicExchanges) {
      if (stream === undefined) continue;
      const { events } = decode(framesOf(stream), createMessageDecoder());
      if (events.at(-1)?.type !== 'response-end') continue;
      const encoded = encodedStream(events);
      assertOrderly(id, encoded);
      const expected = messageAnswer(recordedMessage(stream), usageCounts(events));
      assertSame(id, withParsedInputs(await sdkStreamed(encoded)), withParsedInputs(expected));
      compared += 1;
    }
    assert.ok(compared > 55, `only ${compared} streams were compared`);
  });

  it('[A3] gives the official SDK what plain Anthropic messages say', async () => {
    let compared = 0;
    for (const { id, stream, statusCode, responseBody } of anthropicExchanges) {
      if (stream !== undefined || statusCode !== 200 || !isJsonObject(responseBody)) continue;
      const events = decodeMessage(responseBody);
      if (events.at(-1)?.type !== 'response-end') continue;
      const { content, stop_reason: stopReason, stop_details: details } = objectIn(responseBody);
      const message = {
        blocks: list(content),
        stopReason: text(stopReason),
        explanation: text(objectIn(details)['explanation']),
      };
      const expected = messageAnswer(message, usageCounts(events));
      const { answer } = await sdkPlain(encodeResponse(events, IDENTITY));
      assertSame(id, withParsedInputs(answer), withParsedInputs(expected));
      compared += 1;
    }
    assert.ok(compared > 75, `only ${compared} answers were compared`);
  });
});
