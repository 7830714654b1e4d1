// A wire format of five words, so that the tests of this folder do not depend on a real dialect:
//   {"text": "…"} content · {"usage": n} tokens · {"finish": true} end of the answer · {"error": "kind"} failure
// Streams hold one object per frame and end with `[DONE]`; a plain answer is one object. Bodies name the model.

import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { ConversationRequest } from '../../../../daemon/conversation/request.ts';
import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import type { Dialect } from '../../../../daemon/dialects/dialect.ts';
import type { DialectId, FailureKind } from '../../../../daemon/protocol/vocabulary.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { parseJsonObject, stringOf, type JsonObject } from '../../../../daemon/util/json.ts';

const KIND_BY_STATUS: Readonly<Record<number, FailureKind>> = {
  400: 'rejected',
  401: 'auth',
  402: 'quota',
  404: 'model-not-found',
  413: 'context-length',
  429: 'rate-limited',
  503: 'overloaded',
  529: 'overloaded',
};

export function tinyDialect(id: DialectId = 'openai-chat'): Dialect {
  const unused = (): never => {
    throw new Error('not part of these tests');
  };
  return {
    id,
    streamContentType: 'text/event-stream',
    lossOf: () => undefined,
    decodeRequest: unused,
    encodeResponse: unused,
    createStreamEncoder: unused,
    createFrameFilter: unused,
    addMetadata: unused,
    encodeError: unused,
    encodeRequest(request, target) {
      if (request.requestModel === 'cannot-encode') {
        throw new RouterError('request.unsupported', 'tools cannot be carried over');
      }
      const body = { model: target.upstreamModel, stream: request.stream };
      return { path: '/answer', body: Buffer.from(JSON.stringify(body)), warnings: ['a warning'] };
    },
    decodeResponse: (body) => eventsOf(body, { isFinished: true }),
    createStreamDecoder() {
      let isFinished = false;
      let isOver = false;
      return {
        push(frame) {
          if (frame.data === '') return [];
          if (frame.data === '[DONE]') {
            isOver = true;
            return [{ type: 'response-end' }];
          }
          const body = parseJsonObject(frame.data);
          if (body === undefined) return [failed('invalid-response', 'broken JSON in the stream')];
          if (body['finish'] === true) isFinished = true;
          return eventsOf(body, { isFinished: body['finish'] === true }).filter(
            ({ type }) => type !== 'response-end',
          );
        },
        end() {
          if (isOver) return [];
          return isFinished ? [{ type: 'response-end' }] : [failed('interrupted', 'the stream was cut')];
        },
      };
    },
    decodeFailure(statusCode, bodyText) {
      const kind = KIND_BY_STATUS[statusCode] ?? (statusCode >= 500 ? 'server-error' : 'rejected');
      const message = stringOf(parseJsonObject(bodyText)?.['error']) ?? `status ${statusCode}`;
      return { kind, statusCode, message };
    },
  };
}

function failed(kind: FailureKind, message: string): StreamEvent {
  return { type: 'response-failed', failure: { kind, message } };
}

function eventsOf(body: JsonObject, { isFinished }: { readonly isFinished: boolean }): StreamEvent[] {
  const kind = stringOf(body['error']);
  if (kind !== undefined) return [failed(kind as FailureKind, `the model says ${kind}`)];
  const events: StreamEvent[] = [];
  const text = stringOf(body['text']);
  if (text !== undefined) events.push({ type: 'text-delta', id: 't', choice: 0, delta: text });
  if (!isFinished) return events;
  if (text === undefined && body['finish'] !== true) return [failed('invalid-response', 'not an answer')];
  events.push({ type: 'choice-end', choice: 0, finishReason: 'stop', wireReason: 'stop' });
  return [...events, { type: 'response-end' }];
}

/** Frames of a complete stream: one per word, the finish, the terminator. */
export function tinyFrames(...words: readonly string[]): string[] {
  return [...words.map(textFrame), frame({ finish: true }), 'data: [DONE]\n\n'];
}

export function textFrame(text: string): string {
  return frame({ text });
}

export function frame(body: JsonObject): string {
  return `data: ${JSON.stringify(body)}\n\n`;
}

export function tinyRequest(given: Partial<ConversationRequest> = {}): ConversationRequest {
  return {
    dialect: 'openai-chat',
    requestModel: 'auto',
    stream: false,
    maxOutputTokens: undefined,
    outline: [],
    message: () => ({ role: 'user', content: [] }),
    toolCount: 0,
    tools: () => [],
    settings: () => ({}),
    unmappedFields: () => [],
    responseFormat: { kind: 'text' },
    needs: [],
    bodySessionId: undefined,
    wantsUsage: false,
    choiceCount: 1,
    messageBytes: () => Buffer.alloc(0),
    preambleBytes: () => Buffer.alloc(0),
    body: { bytes: Buffer.from('{}'), members: new Map(), entries: [] },
    ...given,
  };
}

/** A model `id` at the provider `p-<id>` unless told otherwise; its upstream name is its id. */
export function tinyTarget(id: string, given: Partial<ModelTarget> = {}): ModelTarget {
  return {
    id,
    provider: `p-${id}`,
    dialect: 'openai-chat',
    upstreamModel: id,
    tier: 'simple',
    contextTokens: 100_000,
    maxOutputTokens: 4096,
    supports: [],
    speedTokensPerSec: null,
    price: null,
    billing: 'metered',
    promptCache: { minTokens: 0, ttlS: 0, kind: 'none' },
    tokenizerFactor: 1,
    fallback: [],
    usable: true,
    unusableWhy: null,
    ...given,
  };
}
