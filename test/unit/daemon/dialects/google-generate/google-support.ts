// Short ways to make requests, frames and events for the tests of Google's dialect.

import assert from 'node:assert/strict';

import type { ConversationRequest } from '../../../../../daemon/conversation/request.ts';
import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import type { AnswerIdentity, EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { decodeRequest } from '../../../../../daemon/dialects/google-generate/decode-request.ts';
import { createStreamDecoder } from '../../../../../daemon/dialects/google-generate/stream-decoder.ts';
import { decodeRequest as decodeChatRequest } from '../../../../../daemon/dialects/openai-chat/decode-request.ts';
import { createSseParser, type SseFrame } from '../../../../../daemon/dialects/sse-parser.ts';
import { writeSseEvent } from '../../../../../daemon/dialects/sse-writer.ts';
import { RouterError } from '../../../../../daemon/errors.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';
import { parseRequestBody } from '../../../../../daemon/util/json-scan.ts';

export const TARGET: EncodeTarget = {
  dialect: 'google-generate',
  upstreamModel: 'gemini-3.8-flash',
  maxOutputTokens: 100,
};
export const IDENTITY: AnswerIdentity = {
  responseId: 'r1',
  responseModel: 'm1',
  createdAtS: 1_700_000_000,
  wantsUsage: true,
};
export const PLAIN = '/v1beta/models/gemini-3.8-flash:generateContent';
export const STREAMED = '/v1beta/models/gemini-3.8-flash:streamGenerateContent';
export const HELLO = { role: 'user', parts: [{ text: 'hello' }] } as const;

/** A decoded request; `fields` come before the contents unless they bring their own. */
export function requestOf(fields: object, path = PLAIN): ConversationRequest {
  return requestOfText(JSON.stringify({ contents: [HELLO], ...fields }), path);
}

export function requestOfText(text: string, path = PLAIN): ConversationRequest {
  return decodeRequest(parseRequestBody(Buffer.from(text)), path);
}

/** A chat request, as a client of another dialect sends it. */
export function chatRequest(fields: object): ConversationRequest {
  const body = { messages: [{ role: 'user', content: 'hello' }], ...fields };
  return decodeChatRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
}

/** The refusal of a request: `code param: message`. */
export function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof RouterError);
    return `${error.code} ${error.param ?? '-'}: ${error.message}`;
  }
  return 'accepted';
}

/** Frames of a stream: objects become data chunks, text stays as it is. */
export function framesOf(...parts: readonly (object | string)[]): readonly SseFrame[] {
  const text = parts
    .map((part) => (typeof part === 'string' ? part : writeSseEvent(JSON.stringify(part))))
    .join('');
  const parser = createSseParser();
  return [...parser.push(Buffer.from(text)), ...parser.flush()];
}

/** A chunk with one candidate. */
export function chunk(parts: readonly object[], finishReason?: string, more: object = {}): JsonObject {
  const content = { role: 'model', parts: parts.map((part) => ({ ...part })) };
  const candidate = { content, index: 0, ...(finishReason === undefined ? {} : { finishReason }) };
  return { candidates: [candidate], modelVersion: 'g', responseId: 'r', ...more };
}

/** Events of a whole stream, its end included. */
export function decoded(...parts: readonly (object | string)[]): readonly StreamEvent[] {
  const decoder = createStreamDecoder();
  return [...framesOf(...parts).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

/** Events of a stream, written short: type and what it carries. */
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
      case 'tool-input-start':
        return `${event.type} ${event.id} ${event.callId} ${event.name}`;
      case 'reasoning-end':
        return `${event.type} ${event.id}${event.seal === undefined ? '' : ` ${event.seal.kind} ${event.seal.value}`}`;
      case 'other-content':
        return `${event.type} ${event.wireType} ${event.bytes}`;
      case 'choice-end':
        return `${event.type} ${event.choice} ${event.finishReason} "${event.wireReason}"`;
      case 'usage':
        return `usage ${Object.values(event.usage).join(' ')}`;
      case 'response-failed':
        return `failed ${event.failure.kind}: ${event.failure.message}`;
      case 'response-end':
        return 'end';
      default:
        return `${event.type} ${event.id}`;
    }
  });
}
