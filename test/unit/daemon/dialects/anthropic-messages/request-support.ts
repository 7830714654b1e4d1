// Short ways to make requests and targets for the tests of the request side of the Anthropic dialect.

import assert from 'node:assert/strict';

import type { ConversationRequest } from '../../../../../daemon/conversation/request.ts';
import type { Seal, SignedHistory } from '../../../../../daemon/conversation/seal.ts';
import { decodeRequest } from '../../../../../daemon/dialects/anthropic-messages/decode-request.ts';
import { encodeRequest } from '../../../../../daemon/dialects/anthropic-messages/encode-request.ts';
import { passRequest } from '../../../../../daemon/dialects/anthropic-messages/passthrough.ts';
import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { decodeRequest as decodeChat } from '../../../../../daemon/dialects/openai-chat/decode-request.ts';
import { RouterError } from '../../../../../daemon/errors.ts';
import { parseRequestBody } from '../../../../../daemon/util/json-scan.ts';

export type Json = Record<string, unknown>;

export const HELLO = { role: 'user', content: 'hello' } as const;

export const TARGET: EncodeTarget = {
  dialect: 'anthropic-messages',
  upstreamModel: 'up',
  maxOutputTokens: 64_000,
};

/** A target whose model has these traits. */
export function targetWith(traits: NonNullable<EncodeTarget['traits']>): EncodeTarget {
  return { ...TARGET, traits };
}

/** A decoded request; `fields` come before the messages unless they bring their own. */
export function requestOf(fields: object): ConversationRequest {
  return requestOfText(JSON.stringify({ messages: [HELLO], ...fields }));
}

export function requestOfText(text: string): ConversationRequest {
  return decodeRequest(parseRequestBody(Buffer.from(text)));
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

/** What goes up of a text that a client of this dialect sent. */
export function passed(text: string, target: EncodeTarget = TARGET): string {
  return passRequest(requestOfText(text), target).body.toString();
}

/** The same with the model already named, for an object. */
export function passedBody(
  fields: object,
  target: EncodeTarget = TARGET,
): { readonly body: Json; readonly warnings: readonly string[] } {
  const { body, warnings } = passRequest(requestOf({ model: target.upstreamModel, ...fields }), target);
  return { body: JSON.parse(body.toString()) as Json, warnings };
}

/** A chat request with changes to its neutral view, for what chat completions cannot say. */
export function chatRequest(fields: object, view: Partial<ConversationRequest> = {}): ConversationRequest {
  const body = Buffer.from(JSON.stringify({ messages: [HELLO], ...fields }));
  const request = decodeChat(parseRequestBody(body));
  return new Proxy(request, {
    get: (target, name) => {
      const value: unknown = Reflect.get(view, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** What is sent to Anthropic for a chat request. */
export function encoded(
  request: ConversationRequest,
  target: EncodeTarget = TARGET,
): { readonly body: Json; readonly warnings: readonly string[] } {
  const { body, warnings } = encodeRequest(request, target);
  return { body: JSON.parse(body.toString()) as Json, warnings };
}

/** Owns the seals with these values. */
export function historyOf(...owned: readonly string[]): SignedHistory {
  return { maker: 'us', owns: (seal: Seal) => owned.includes(seal.value), recall: () => [] };
}

export const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
