// A client that keeps exactly what it received, and whether the answer came to its end: on a connection of its own, so
// that a destroyed one is seen.

import { request as startRequest } from 'node:http';

import { arrayOf, isJsonObject, type JsonObject, objectOf, stringOf } from '../../daemon/util/json.ts';
import { linesOf, type Endpoint, sseData, type WireAsk } from '../support/dialect-clients.ts';
import type { ClientDialectId } from '../support/echo-clients.ts';
import type { Shape } from './fault-table.ts';

export interface Received {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** HTTP says that this is all. */
  readonly isComplete: boolean;
  readonly tookMs: number;
}

/** Rejects only when there is not even a head. */
export async function send(
  dialect: ClientDialectId,
  { url, token }: Endpoint,
  { path, body }: WireAsk,
): Promise<Received> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = startRequest(
      url + path,
      {
        method: 'POST',
        agent: false,
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          ...(dialect === 'anthropic-messages' ? { 'anthropic-version': '2023-06-01' } : {}),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', () => {}); // told by `complete`
        incoming.on('close', () =>
          resolve({
            statusCode: incoming.statusCode ?? 0,
            headers: Object.fromEntries(
              Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
            ),
            body: Buffer.concat(chunks).toString(),
            isComplete: incoming.complete,
            tookMs: performance.now() - startedMs,
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}

/** What a client of the dialect makes of an answer. */
export interface ReadAnswer {
  readonly text: string;
  /** Arguments of the calls, joined as they came. */
  readonly callText: string;
  /** The dialect's own word that this was all. */
  readonly isTerminated: boolean;
  /** How often the answer begins. */
  readonly starts: number;
}

/** Throws where an event or body is no JSON. */
export function readAnswer(dialect: ClientDialectId, shape: Shape, body: string): ReadAnswer {
  if (shape === 'plain') return PLAIN[dialect](JSON.parse(body) as JsonObject);
  return STREAMED[dialect](dialect === 'ollama-chat' ? linesOf(body) : sseData(body), body);
}

type Objects = readonly JsonObject[];

const PLAIN: Readonly<Record<ClientDialectId, (body: JsonObject) => ReadAnswer>> = {
  'openai-chat': (body) => {
    const choice = objects(body['choices'])[0] ?? {};
    const message = objectOf(choice['message']) ?? {};
    return answer({
      text: stringOf(message['content']) ?? '',
      callText: joined(objects(message['tool_calls']).map((call) => within(call, 'function', 'arguments'))),
      isTerminated: typeof choice['finish_reason'] === 'string',
    });
  },
  'openai-responses': (body) => {
    const items = objects(body['output']);
    const parts = items.flatMap((item) => objects(item['content']));
    return answer({
      text: joined(parts.map((part) => stringOf(part['text']) ?? '')),
      callText: joined(items.map((item) => stringOf(item['arguments']) ?? '')),
      isTerminated: body['status'] === 'completed',
    });
  },
  'anthropic-messages': (body) => {
    const blocks = objects(body['content']);
    return answer({
      text: joined(blocks.map((block) => stringOf(block['text']) ?? '')),
      callText: joined(blocks.map((block) => jsonText(block['input']))),
      isTerminated: typeof body['stop_reason'] === 'string',
    });
  },
  'google-generate': (body) => googleAnswer([body]),
  'ollama-chat': (body) => ollamaAnswer([body]),
};

const STREAMED: Readonly<Record<ClientDialectId, (events: Objects, body: string) => ReadAnswer>> = {
  'openai-chat': (events, body) => {
    const choices = events.flatMap((event) => objects(event['choices']));
    const deltas = choices.map((choice) => objectOf(choice['delta']) ?? {});
    const calls = deltas.flatMap((delta) => objects(delta['tool_calls']));
    return answer({
      text: joined(deltas.map((delta) => stringOf(delta['content']) ?? '')),
      callText: joined(calls.map((call) => within(call, 'function', 'arguments'))),
      isTerminated:
        body.includes('[DONE]') || choices.some(({ finish_reason: why }) => typeof why === 'string'),
    });
  },
  'openai-responses': (events) => {
    const deltasOf = (type: string): string =>
      joined(events.flatMap((event) => (event['type'] === type ? (stringOf(event['delta']) ?? '') : [])));
    return answer({
      text: deltasOf('response.output_text.delta'),
      callText: deltasOf('response.function_call_arguments.delta'),
      isTerminated: events.some(({ type }) =>
        ['response.completed', 'response.incomplete', 'response.failed'].includes(stringOf(type) ?? ''),
      ),
      starts: events.filter(({ type }) => type === 'response.created').length,
    });
  },
  'anthropic-messages': (events) => {
    const deltas = events.map((event) => objectOf(event['delta']) ?? {});
    return answer({
      text: joined(deltas.map((delta) => stringOf(delta['text']) ?? '')),
      callText: joined(deltas.map((delta) => stringOf(delta['partial_json']) ?? '')),
      isTerminated:
        events.some(({ type }) => type === 'message_stop') ||
        deltas.some(({ stop_reason: why }) => typeof why === 'string'),
      starts: events.filter(({ type }) => type === 'message_start').length,
    });
  },
  'google-generate': (events) => googleAnswer(events),
  'ollama-chat': (events) => ollamaAnswer(events),
};

function googleAnswer(chunks: Objects): ReadAnswer {
  const candidates = chunks.flatMap((chunk) => objects(chunk['candidates']));
  const parts = candidates.flatMap((candidate) => objects(objectOf(candidate['content'])?.['parts']));
  return answer({
    text: joined(parts.map((part) => stringOf(part['text']) ?? '')),
    callText: joined(parts.map((part) => jsonText(objectOf(part['functionCall'])?.['args']))),
    isTerminated: candidates.some(({ finishReason }) => typeof finishReason === 'string'),
  });
}

function ollamaAnswer(lines: Objects): ReadAnswer {
  const messages = lines.map((line) => objectOf(line['message']) ?? {});
  const calls = messages.flatMap((message) => objects(message['tool_calls']));
  return answer({
    text: joined(messages.map((message) => stringOf(message['content']) ?? '')),
    callText: joined(calls.map((call) => jsonText(objectOf(call['function'])?.['arguments']))),
    isTerminated: lines.some(({ done }) => done === true),
  });
}

function answer(read: Omit<ReadAnswer, 'starts'> & { readonly starts?: number }): ReadAnswer {
  return { starts: 1, ...read };
}

function objects(value: unknown): Objects {
  return arrayOf(value as JsonObject[string]).filter(isJsonObject);
}

function within(value: JsonObject, member: string, field: string): string {
  return stringOf(objectOf(value[member])?.[field]) ?? '';
}

function jsonText(value: JsonObject[string] | undefined): string {
  return value === undefined ? '' : JSON.stringify(value);
}

function joined(texts: readonly string[]): string {
  return texts.join('');
}
