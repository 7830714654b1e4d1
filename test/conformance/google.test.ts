// Google's dialect against recorded traffic: what Gemini and Vertex really send, not what a page says.

import assert from 'node:assert/strict';

import { messagesOf } from '../../daemon/conversation/request.ts';
import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import { isPlausibleUsage } from '../../daemon/conversation/usage.ts';
import type { UpstreamDialect } from '../../daemon/dialects/dialect.ts';
import { googleGenerate } from '../../daemon/dialects/google-generate/dialect.ts';
import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { createSseParser, type SseFrame } from '../../daemon/dialects/sse-parser.ts';
import { isJsonObject } from '../../daemon/util/json.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { loadClientTraffic, loadExchanges, type Exchange, type Json } from './wire-fixtures.ts';

const exchanges = loadExchanges('google-generate');
const chatExchanges = loadExchanges('openai-chat');
const traffic = loadClientTraffic();

const TARGET = {
  dialect: 'google-generate',
  upstreamModel: 'gemini-3.8-flash',
  maxOutputTokens: 65_536,
} as const;
const IDENTITY = { responseId: 'x_1', responseModel: 'm', createdAtS: 1, wantsUsage: true };
const PLAIN_PATH = '/v1beta/models/gemini-3.8-flash:generateContent';

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const one = (value: unknown): Json => (isJsonObject(value) ? { ...value } : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Google's fields, whichever way they are spelled. */
const get = (object: Json, name: string): unknown =>
  object[name] ?? object[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];

function framesOf(stream: Buffer): readonly SseFrame[] {
  const parser = createSseParser();
  return [...parser.push(stream), ...parser.flush()];
}

function decode(
  frames: readonly SseFrame[],
  dialect: UpstreamDialect = googleGenerate,
): readonly StreamEvent[] {
  const decoder = dialect.createStreamDecoder();
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

/** Parsed data of the events of a stream, without our parser's help. */
function chunksOf(stream: Buffer | string): readonly Json[] {
  return stream
    .toString()
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Json);
}

interface Accumulated {
  text: string;
  reasoning: string;
  finish: string;
  readonly tools: { name: string; args: unknown }[];
  readonly signatures: string[];
}

/** What a careful client makes of recorded answers; knows nothing of the codec under test. */
function accumulate(chunks: readonly Json[]): ReadonlyMap<number, Accumulated> {
  const candidates = new Map<number, Accumulated>();
  for (const chunk of chunks) {
    for (const [position, candidate] of list(chunk['candidates']).entries()) {
      const index = Number(candidate['index'] ?? position);
      const known = candidates.get(index) ?? {
        text: '',
        reasoning: '',
        finish: '',
        tools: [],
        signatures: [],
      };
      candidates.set(index, known);
      for (const part of list(one(candidate['content'])['parts'])) addPart(known, part);
      known.finish ||= candidate['finishReason'] === 1 ? 'STOP' : text(candidate['finishReason']);
    }
  }
  return candidates;
}

function addPart(known: Accumulated, part: Json): void {
  if (part['thought'] === true) known.reasoning += text(part['text']);
  else known.text += text(part['text']);
  const isCarried = part['text'] !== undefined || part['functionCall'] !== undefined;
  if (isCarried && part['thoughtSignature'] !== undefined)
    known.signatures.push(text(part['thoughtSignature']));
  if (part['functionCall'] === undefined) return;
  const call = one(part['functionCall']);
  if (call['name'] !== undefined) known.tools.push({ name: text(call['name']), args: call['args'] ?? {} });
  for (const piece of list(call['partialArgs'])) {
    const args = one(known.tools.at(-1)?.args);
    const key = text(piece['jsonPath']).slice('$.'.length);
    const last = known.tools.at(-1);
    if (last !== undefined) last.args = { ...args, [key]: text(args[key]) + text(piece['stringValue']) };
  }
}

/** The same of an answer's events. */
function accumulateEvents(events: readonly StreamEvent[]): ReadonlyMap<number, Accumulated> {
  const candidates = new Map<number, Accumulated>();
  const inputs = new Map<string, string>();
  const tools: { choice: number; id: string; name: string }[] = [];
  const at = (choice: number): Accumulated => {
    const known = candidates.get(choice) ?? {
      text: '',
      reasoning: '',
      finish: '',
      tools: [],
      signatures: [],
    };
    candidates.set(choice, known);
    return known;
  };
  for (const event of events) {
    if (event.type === 'text-delta') at(event.choice).text += event.delta;
    if (event.type === 'reasoning-delta') at(event.choice).reasoning += event.delta;
    if (event.type === 'reasoning-end' && event.seal !== undefined)
      at(event.choice).signatures.push(event.seal.value);
    if (event.type === 'tool-input-start')
      tools.push({ choice: event.choice, id: event.id, name: event.name });
    if (event.type === 'tool-input-delta') inputs.set(event.id, (inputs.get(event.id) ?? '') + event.delta);
    if (event.type === 'choice-end') at(event.choice).finish = event.wireReason;
  }
  for (const { choice, id, name } of tools) {
    at(choice).tools.push({ name, args: JSON.parse(inputs.get(id) ?? '{}') as unknown });
  }
  return candidates;
}

/** Counts by the rules of Google's page, in the order of TokenUsage. */
function expectedUsage(wire: Json): readonly number[] {
  const count = (name: string): number => Number(wire[name] ?? 0);
  const thoughts = count('thoughtsTokenCount');
  const input = count('promptTokenCount') + count('toolUsePromptTokenCount');
  return [input, count('cachedContentTokenCount'), 0, count('candidatesTokenCount') + thoughts, thoughts];
}

function usageOf(events: readonly StreamEvent[]): readonly number[] | undefined {
  const usage = events.findLast((event) => event.type === 'usage')?.usage;
  if (usage === undefined) return undefined;
  assert.ok(isPlausibleUsage(usage));
  const { inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens, reasoningOutputTokens } =
    usage;
  return [inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens, reasoningOutputTokens];
}

function wireUsageOf(chunks: readonly Json[]): Json | undefined {
  const usages = chunks.map((chunk) => one(chunk['usageMetadata']));
  return usages.findLast((usage) => usage['promptTokenCount'] !== undefined);
}

function encodedStream(events: readonly StreamEvent[]): string {
  const encoder = googleGenerate.createStreamEncoder(IDENTITY);
  return events.map((event) => encoder.push(event)).join('') + encoder.end(undefined);
}

/** Parts of each message; what the model said in several contents at once is one message. */
function turnsOf(body: Json): readonly (readonly Json[])[] {
  const turns: { role: unknown; parts: Json[] }[] = [];
  const system = get(body, 'systemInstruction');
  if (system !== undefined) turns.push({ role: 'system', parts: [...list(one(system)['parts'])] });
  for (const { role, parts } of list(body['contents'])) {
    const last = turns.at(-1);
    if (role === 'model' && last?.role === 'model') last.parts.push(...list(parts));
    else turns.push({ role, parts: [...list(parts)] });
  }
  return turns.map(({ parts }) => parts);
}

describe('google-generate conformance', function () {
  this.timeout(60_000);
  if (exchanges === undefined || chatExchanges === undefined || traffic === undefined) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds wire-fixtures)');
    return;
  }
  const requests = exchanges.flatMap(({ id, requestBody, statusCode, stream }) =>
    requestBody === undefined ? [] : [{ id, body: requestBody, statusCode, stream }],
  );
  const streams = exchanges.flatMap(({ id, stream }) => (stream === undefined ? [] : [{ id, stream }]));
  const plain = exchanges.flatMap(({ id, statusCode, responseBody }) =>
    statusCode === 200 && isJsonObject(responseBody) ? [{ id, body: { ...responseBody } }] : [],
  );
  const decoded = requests
    .filter(({ id }) => !id.includes('invalid-role'))
    .map(({ id, body, stream }) => {
      const path = stream === undefined ? PLAIN_PATH : PLAIN_PATH.replace(':g', ':streamG');
      const bytes = Buffer.from(JSON.stringify(body));
      return { id, body, bytes, request: googleGenerate.decodeRequest(parseRequestBody(bytes), path) };
    });

  it(`decodes ${decoded.length} recorded requests, whole`, () => {
    for (const { id, body, request } of decoded) {
      const turns = turnsOf(body);
      assert.equal(request.outline.length, turns.length, id);
      for (const [index, message] of messagesOf(request).entries()) {
        const parts = turns[index] ?? [];
        const texts = parts.filter((part) => part['thought'] !== true).map((part) => text(part['text']));
        const read = message.content.map((part) => (part.type === 'text' ? part.text : ''));
        assert.equal(read.join(''), texts.join(''), id);
        const calls = parts.filter((part) => get(part, 'functionCall') !== undefined);
        const readCalls = message.content.filter((part) => part.type === 'tool-call');
        assert.deepEqual(
          readCalls.map(({ name, input }) => [name, JSON.parse(input)]),
          calls.map((part) => {
            const call = one(get(part, 'functionCall'));
            return [call['name'], call['args'] ?? {}];
          }),
          id,
        );
        assert.equal(request.outline[index]?.hasToolCall, calls.length > 0, id);
      }
    }
  });

  it('pairs every recorded tool result with its call, also without ids', () => {
    let pairs = 0;
    for (const { id, request } of decoded) {
      const calls = new Map<string, string>();
      for (const part of messagesOf(request).flatMap((message) => message.content)) {
        if (part.type === 'tool-call') {
          assert.ok(part.callId !== '' && !calls.has(part.callId), `${id}: ${part.callId}`);
          calls.set(part.callId, part.name);
        }
        if (part.type !== 'tool-result') continue;
        assert.ok(calls.delete(part.callId), `${id}: ${part.callId}`);
        pairs += 1;
      }
    }
    assert.ok(pairs > 45, `only ${pairs} pairs`);
  });

  it('passes requests on byte for byte', () => {
    for (const { id, request, bytes } of decoded) {
      const encoded = googleGenerate.encodeRequest(request, TARGET);
      assert.deepEqual(encoded.warnings, [], id);
      assert.ok(encoded.body.equals(bytes), id);
      const method = request.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
      assert.equal(encoded.path, `/models/gemini-3.8-flash:${method}`, id);
    }
  });

  it('passes streams on byte for byte, and puts metadata into the last chunk alone', () => {
    for (const { id, stream } of streams) {
      for (const [holdLast, metadata] of [
        [false, undefined],
        [true, undefined],
        [true, { a: 1 }],
      ] as const) {
        const decoder = googleGenerate.createStreamDecoder();
        const filter = googleGenerate.createFrameFilter({ stripUsage: false, holdLast });
        const passed = framesOf(stream).flatMap((frame) => filter.push(frame, decoder.push(frame)));
        const out = Buffer.concat([...passed, ...filter.end(metadata)]).toString();
        assert.equal(out.replace(',"_pointsman":{"a":1}', ''), stream.toString(), id);
        assert.equal(out.includes('_pointsman'), metadata !== undefined, id);
      }
    }
  });

  it(`reads ${streams.length} streams and ${plain.length} answers as a careful client does`, () => {
    const recorded = [
      ...streams.map(({ id, stream }) => ({
        id,
        chunks: chunksOf(stream),
        events: decode(framesOf(stream)),
      })),
      ...plain.map(({ id, body }) => ({
        id,
        chunks: [body as Json],
        events: googleGenerate.decodeResponse(body),
      })),
    ];
    for (const { id, chunks, events } of recorded) {
      assert.equal(events.at(-1)?.type, 'response-end', id);
      assert.deepEqual([...accumulateEvents(events)], [...accumulate(chunks)], id);
      const wire = wireUsageOf(chunks);
      assert.deepEqual(usageOf(events), wire === undefined ? undefined : expectedUsage(wire), id);
    }
  });

  it('gives a client the same answer again when it is encoded anew', () => {
    for (const { id, stream } of streams) {
      const events = decode(framesOf(stream));
      const again = chunksOf(encodedStream(events));
      assert.deepEqual([...accumulate(again)], [...accumulate(chunksOf(stream))], id);
      const wire = wireUsageOf(again);
      assert.deepEqual(usageOf(events), wire === undefined ? undefined : expectedUsage(wire), id);
    }
    for (const { id, body } of plain) {
      const again = googleGenerate.encodeResponse(googleGenerate.decodeResponse(body), IDENTITY);
      assert.deepEqual([...accumulate([{ ...again }])], [...accumulate([body as Json])], id);
    }
  });

  it('[A3] carries recorded chat streams to a client of Google, whole', () => {
    const recorded = chatExchanges.flatMap(({ id, stream }) =>
      stream === undefined ? [] : [{ id, stream }],
    );
    let carried = 0;
    for (const { id, stream } of recorded) {
      const events = decode(framesOf(stream), openAiChat);
      if (events.at(-1)?.type !== 'response-end') continue;
      carried += 1;
      const again = chunksOf(encodedStream(events));
      const got = accumulate(again);
      for (const [choice, wanted] of accumulateChat(events)) {
        const { text: said, reasoning, tools } = got.get(choice) ?? assert.fail(id);
        assert.deepEqual({ said, reasoning, tools }, wanted, id);
      }
      const wire = wireUsageOf(again);
      const [input, cached, , output, thoughts] = usageOf(events) ?? [];
      const expected = input === undefined ? undefined : [input, cached, 0, output, thoughts];
      assert.deepEqual(wire === undefined ? undefined : expectedUsage(wire), expected, id);
    }
    assert.ok(carried > 110, `only ${carried} streams`);
  });

  it('[A5] carries the requests of assistants to Google with every word of their system text', () => {
    const chat = traffic.filter(({ file }) => file['path'] === '/v1/chat/completions');
    for (const { name, file } of chat) {
      const bytes = Buffer.from(JSON.stringify(file['body']));
      const request = openAiChat.decodeRequest(parseRequestBody(bytes), '/v1/chat/completions');
      const { body } = googleGenerate.encodeRequest(request, TARGET);
      const sent = JSON.parse(body.toString()) as Json;
      const system = list(one(sent['systemInstruction'])['parts']).map((part) => text(part['text']));
      for (const message of messagesOf(request)) {
        if (message.role !== 'system') continue;
        for (const part of message.content) {
          if (part.type === 'text' && part.text.trim() !== '') assert.ok(system.includes(part.text), name);
        }
      }
      assertTurns(name, list(sent['contents']));
      assert.equal(
        list(list(sent['tools'])[0]?.['functionDeclarations']).length,
        request.tools().length,
        name,
      );
    }
    assert.ok(chat.length > 10);
  });

  it('tells the kind of every recorded error answer', () => {
    const kinds = exchanges
      .filter(({ statusCode }) => statusCode >= 400)
      .map(({ statusCode, responseBody }: Exchange) => {
        const failure = googleGenerate.decodeFailure(statusCode, JSON.stringify(responseBody));
        return `${failure.kind} ${failure.retryAfterMs ?? '-'}`;
      });
    assert.deepEqual(kinds.toSorted(), [
      'model-not-found -',
      'model-not-found -',
      'rate-limited 34400',
      'rejected -',
      'rejected -',
    ]);
  });
});

/** Text, thoughts and tools of a chat answer by the events of its own decoder. */
function accumulateChat(
  events: readonly StreamEvent[],
): ReadonlyMap<number, { said: string; reasoning: string; tools: { name: string; args: unknown }[] }> {
  const answers = new Map<
    number,
    { said: string; reasoning: string; tools: { name: string; args: unknown }[] }
  >();
  const inputs = new Map<string, { name: string; args: unknown; input: string }>();
  for (const event of events) {
    if (!('choice' in event)) continue;
    const answer = answers.get(event.choice) ?? { said: '', reasoning: '', tools: [] };
    answers.set(event.choice, answer);
    if (event.type === 'text-delta' || event.type === 'refusal-delta') answer.said += event.delta;
    if (event.type === 'reasoning-delta') answer.reasoning += event.delta;
    if (event.type === 'tool-input-start') inputs.set(event.id, { name: event.name, args: {}, input: '' });
    const call = 'id' in event ? inputs.get(event.id) : undefined;
    if (call === undefined) continue;
    if (event.type === 'tool-input-delta') call.input += event.delta;
    if (event.type === 'tool-input-end') {
      answer.tools.push({
        name: call.name,
        args: JSON.parse(call.input === '' ? '{}' : call.input) as unknown,
      });
    }
  }
  return answers;
}

/** Roles in turn, the user first, every call answered at once. */
function assertTurns(name: string, contents: readonly Json[]): void {
  for (const [index, content] of contents.entries()) {
    assert.equal(content['role'], index % 2 === 0 ? 'user' : 'model', name);
    const parts = list(content['parts']);
    assert.ok(parts.length > 0, name);
    const calls = parts.map((part) => one(part['functionCall'])['id']).filter((id) => id !== undefined);
    if (calls.length === 0) continue;
    const replies = list(contents[index + 1]?.['parts']).map((part) => one(part['functionResponse'])['id']);
    assert.deepEqual(replies.slice(0, calls.length), calls, name);
    const first = parts.find((part) => part['functionCall'] !== undefined);
    assert.equal(first?.['thoughtSignature'], 'skip_thought_signature_validator', name);
  }
}
