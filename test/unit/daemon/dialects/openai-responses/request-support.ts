// Short ways to make requests, and to read what became of them, for the tests of the request side of this dialect.

import assert from 'node:assert/strict';

import type { ConversationRequest, Message } from '../../../../../daemon/conversation/request.ts';
import type { Seal, SignedHistory } from '../../../../../daemon/conversation/seal.ts';
import type { EncodedRequest, EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { decodeRequest } from '../../../../../daemon/dialects/openai-responses/decode-request.ts';
import { encodeRequest } from '../../../../../daemon/dialects/openai-responses/encode-request.ts';
import { RouterError } from '../../../../../daemon/errors.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';
import { parseRequestBody } from '../../../../../daemon/util/json-scan.ts';

export const TARGET: EncodeTarget = {
  dialect: 'openai-responses',
  upstreamModel: 'up-1',
  maxOutputTokens: 1000,
};

export function requestOfText(text: string): ConversationRequest {
  return decodeRequest(parseRequestBody(Buffer.from(text)));
}

export function requestOf(fields: object): ConversationRequest {
  return requestOfText(JSON.stringify({ input: 'hello', ...fields }));
}

/** What the item becomes in the neutral model. */
export function messageOf(item: object, fields: object = {}): Message {
  const request = requestOf({ ...fields, input: [item] });
  return request.message(request.outline.length - 1);
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

export function bodyOf(encoded: EncodedRequest): JsonObject {
  return JSON.parse(encoded.body.toString()) as JsonObject;
}

/** A request of another dialect, with messages and members of the neutral model. */
export function foreign(
  messages: readonly Message[],
  more: Partial<ConversationRequest> = {},
): ConversationRequest {
  const base = requestOf({});
  return {
    dialect: 'anthropic-messages',
    requestModel: 'auto',
    stream: false,
    maxOutputTokens: undefined,
    outline: messages.map(({ role }) => {
      return { role, bytes: 1, hasImage: false, isToolResult: false, hasToolCall: false };
    }),
    message: (index) => {
      const message = messages[index];
      assert.ok(message);
      return message;
    },
    toolCount: 0,
    tools: () => [],
    settings: () => ({}),
    unmappedFields: () => [],
    responseFormat: { kind: 'text' },
    needs: [],
    bodySessionId: undefined,
    wantsUsage: true,
    choiceCount: 1,
    messageBytes: () => Buffer.alloc(0),
    preambleBytes: () => Buffer.alloc(0),
    body: base.body,
    ...more,
  };
}

export const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });

export function encodedBody(request: ConversationRequest, target: Partial<EncodeTarget> = {}): JsonObject {
  return bodyOf(encodeRequest(request, { ...TARGET, ...target }));
}

export function warningsOf(
  request: ConversationRequest,
  target: Partial<EncodeTarget> = {},
): readonly string[] {
  return encodeRequest(request, { ...TARGET, ...target }).warnings;
}

/** A target whose own seals are those with these values. */
export function ownerOf(...values: readonly string[]): SignedHistory {
  return { maker: 'up', owns: (seal: Seal) => values.includes(seal.value), recall: () => [] };
}
