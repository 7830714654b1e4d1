// Short ways to make requests, frames and events for the tests of the chat dialect.

import assert from 'node:assert/strict';

import type { ConversationRequest, Message } from '../../../../../daemon/conversation/request.ts';
import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import { decodeRequest } from '../../../../../daemon/dialects/openai-chat/decode-request.ts';
import { createStreamDecoder } from '../../../../../daemon/dialects/openai-chat/stream-decoder.ts';
import { createSseParser, type SseFrame } from '../../../../../daemon/dialects/sse-parser.ts';
import { writeSseEvent } from '../../../../../daemon/dialects/sse-writer.ts';
import { RouterError } from '../../../../../daemon/errors.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';
import { parseRequestBody } from '../../../../../daemon/util/json-scan.ts';

export const HELLO = { role: 'user', content: 'hello' } as const;

/** A decoded request; `fields` come before the messages unless they bring their own. */
export function requestOf(fields: object): ConversationRequest {
  return requestOfText(JSON.stringify({ messages: [HELLO], ...fields }));
}

export function requestOfText(text: string): ConversationRequest {
  return decodeRequest(parseRequestBody(Buffer.from(text)));
}

/** A request of another dialect with the given neutral view. */
export function foreign(
  view: Partial<ConversationRequest> & { readonly messages?: readonly Message[] },
): ConversationRequest {
  const base = requestOf({});
  const messages = view.messages ?? [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }];
  const [outline] = base.outline;
  assert.ok(outline);
  return {
    ...base,
    body: base.body,
    responseFormat: { kind: 'text' },
    tools: () => [],
    settings: () => ({}),
    unmappedFields: () => [],
    messageBytes: (index) => base.messageBytes(index),
    preambleBytes: () => base.preambleBytes(),
    ...view,
    dialect: 'anthropic-messages',
    outline: messages.map(() => outline),
    message(index) {
      const message = messages[index];
      assert.ok(message);
      return message;
    },
  };
}

/** The refusal of a request: `param: message`. */
export function refusalOf(fields: object): string {
  try {
    requestOf(fields);
  } catch (error) {
    assert.ok(error instanceof RouterError);
    assert.equal(error.code, 'request.malformed');
    return `${error.param}: ${error.message}`;
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

export const DONE = 'data: [DONE]\n\n';

/** A chunk with one choice. */
export function chunk(delta: object, finishReason: string | null = null, more: object = {}): JsonObject {
  const choices = [{ index: 0, delta: { ...delta }, finish_reason: finishReason }];
  return { id: 'c1', object: 'chat.completion.chunk', created: 7, model: 'm1', choices, ...more };
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
        return `${event.type} ${event.id}${event.seal === undefined ? '' : ` ${event.seal.value}`}`;
      case 'other-content':
        return `${event.type} ${event.wireType} ${event.bytes}`;
      case 'choice-end':
        return `${event.type} ${event.choice} ${event.finishReason} "${event.wireReason}"`;
      case 'usage':
        return `usage ${event.usage.inputTokens}+${event.usage.outputTokens} ${event.costUsd ?? '-'}`;
      case 'response-failed':
        return `failed ${event.failure.kind} ${event.failure.statusCode ?? '-'}: ${event.failure.message}`;
      case 'response-end':
        return 'end';
      default:
        return `${event.type} ${event.id}`;
    }
  });
}
