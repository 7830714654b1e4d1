// Short ways to make frames, events and answers for the tests of the Responses dialect.

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import type { AnswerIdentity } from '../../../../../daemon/dialects/dialect.ts';
import { decodeRequest } from '../../../../../daemon/dialects/openai-responses/decode-request.ts';
import { createStreamDecoder } from '../../../../../daemon/dialects/openai-responses/stream-decoder.ts';
import { createStreamEncoder } from '../../../../../daemon/dialects/openai-responses/stream-encoder.ts';
import { createSseParser, type SseFrame } from '../../../../../daemon/dialects/sse-parser.ts';
import { writeSseEvent } from '../../../../../daemon/dialects/sse-writer.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';
import { parseRequestBody } from '../../../../../daemon/util/json-scan.ts';

export const IDENTITY: AnswerIdentity = {
  responseId: 'x_1',
  responseModel: 'm',
  createdAtS: 9,
  wantsUsage: true,
};

/** The answer to a request of this dialect with these fields. */
export function answering(fields: object): AnswerIdentity {
  const body = parseRequestBody(Buffer.from(JSON.stringify({ model: 'auto', input: 'hello', ...fields })));
  return { ...IDENTITY, request: decodeRequest(body) };
}

/** Frames of a stream: objects become events, text stays as it is. */
export function framesOf(...parts: readonly (object | string)[]): readonly SseFrame[] {
  const text = parts
    .map((part) => (typeof part === 'string' ? part : writeSseEvent(JSON.stringify(part))))
    .join('');
  const parser = createSseParser();
  return [...parser.push(Buffer.from(text)), ...parser.flush()];
}

export const CREATED = {
  type: 'response.created',
  response: { id: 'r1', model: 'm1', created_at: 7, status: 'in_progress', output: [] },
};

export function completed(fields: object = {}): JsonObject {
  return {
    type: 'response.completed',
    response: { id: 'r1', model: 'm1', created_at: 7, status: 'completed', output: [], ...fields },
  };
}

/** Events of a whole stream, its end included. */
export function decoded(...parts: readonly (object | string)[]): readonly StreamEvent[] {
  const decoder = createStreamDecoder();
  return [...framesOf(...parts).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

/** Events written short: type and what they carry. */
export function brief(events: readonly StreamEvent[]): readonly string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'response-start':
        return `start ${event.responseId} ${event.responseModel} ${event.createdAtS ?? '-'}`;
      case 'text-delta':
      case 'reasoning-delta':
      case 'refusal-delta':
      case 'tool-input-delta':
        return `${event.type} ${event.id} ${event.delta}`;
      case 'reasoning-end': {
        const { seal } = event;
        const sealed = seal === undefined ? '' : ` ${seal.kind} ${seal.value} ${seal.itemId ?? '-'}`;
        return `reasoning-end ${event.id}${sealed}`;
      }
      case 'tool-input-start':
        return `tool ${event.id} ${event.callId} ${event.name}${event.isText === true ? ' text' : ''}`;
      case 'other-content':
        return `other ${event.wireType}`;
      case 'choice-end':
        return `end ${event.finishReason} ${event.wireReason}`;
      case 'usage':
        return `usage ${event.usage.inputTokens} ${event.usage.outputTokens}`;
      case 'response-failed':
        return `failed ${event.failure.kind}`;
      case 'response-end':
        return 'response-end';
      default:
        return `${event.type} ${event.id}`;
    }
  });
}

/** What a stream holds between its start and its end. */
export function briefContent(...parts: readonly (object | string)[]): readonly string[] {
  return brief(decoded(CREATED, ...parts, completed())).slice(1, -2);
}

/** Data of the events that an encoder writes. */
export function encoded(
  events: readonly StreamEvent[],
  identity: AnswerIdentity = IDENTITY,
  metadata?: JsonObject,
): readonly Wire[] {
  const encoder = createStreamEncoder(identity);
  const text = events.map((event) => encoder.push(event)).join('') + encoder.end(metadata);
  return framesOf(text).map(({ data }) => JSON.parse(data) as Wire);
}

/** One event as a client reads it. */
export interface Wire {
  readonly type: string;
  readonly sequence_number: number;
  readonly output_index?: number;
  readonly delta?: string;
  readonly item?: Item;
  readonly response?: { readonly output: readonly Item[] } & Record<string, unknown>;
  readonly _pointsman?: unknown;
}

export type Item = { readonly id: string; readonly type: string } & Record<string, unknown>;

/** The events between the opening and the end, written short. */
export function briefWire(events: readonly Wire[]): readonly string[] {
  return events.slice(2, -1).map(({ type, output_index: index, delta }) => {
    const name = type.replace(/^response\./, '');
    return delta === undefined ? `${index} ${name}` : `${index} ${name} ${delta}`;
  });
}

export const END: StreamEvent = {
  type: 'choice-end',
  choice: 0,
  finishReason: 'stop',
  wireReason: 'stop',
};

export const textOf = (delta: string, id = 't'): readonly StreamEvent[] => [
  { type: 'text-start', id, choice: 0 },
  { type: 'text-delta', id, choice: 0, delta },
  { type: 'text-end', id, choice: 0 },
];

export const callOf = (
  name: string,
  input: string,
  more: { id?: string; isText?: boolean } = {},
): readonly StreamEvent[] => {
  const id = more.id ?? 'c';
  const isText = more.isText === true ? { isText: true } : {};
  return [
    { type: 'tool-input-start', id, choice: 0, callId: `call_${id}`, name, ...isText },
    { type: 'tool-input-delta', id, choice: 0, delta: input },
    { type: 'tool-input-end', id, choice: 0 },
  ];
};
