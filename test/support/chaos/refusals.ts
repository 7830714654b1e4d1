// Answers that are no answers: statuses with the body that each vendor writes, redirects, pages, wrong types, packing
// that nobody asked for.

import { brotliCompressSync, gzipSync } from 'node:zlib';

import type { UpstreamDialectId } from '../../../daemon/protocol/vocabulary.ts';
import type { JsonObject } from '../../../daemon/util/json.ts';
import type { ChaosCall } from './call.ts';
import type { Fault } from './parts.ts';
import type { HeaderList } from './wire.ts';

export interface StatusOptions {
  /** Written as given, so that absurd values can be tested. */
  readonly retryAfter?: string;
  readonly retryAfterMs?: string;
  readonly headers?: HeaderList;
  readonly message?: string;
  /** In the place of what the vendor writes for the status. */
  readonly body?: (dialect: UpstreamDialectId) => JsonObject | string;
}

/** Each vendor's own word for a status. */
const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
const GOOGLE_STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  529: 'UNAVAILABLE',
};
const OPENAI_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'invalid_request_error',
  403: 'invalid_request_error',
  429: 'requests',
};

/** The body of an error status as each vendor writes it. */
export function vendorError(dialect: UpstreamDialectId, statusCode: number, message: string): JsonObject {
  switch (dialect) {
    case 'anthropic-messages': {
      const error = { type: ANTHROPIC_TYPES[statusCode] ?? 'api_error', message };
      return { type: 'error', error, request_id: 'req_1' };
    }
    case 'google-generate':
      return { error: { code: statusCode, message, status: GOOGLE_STATUSES[statusCode] ?? 'INTERNAL' } };
    default: {
      const type = OPENAI_TYPES[statusCode] ?? 'server_error';
      return { error: { message, type, param: null, code: null } };
    }
  }
}

/** An error status as the vendor writes it; the message quotes the key, as that of some vendors does. */
export function status(statusCode: number, options: StatusOptions = {}): Fault {
  return async (call) => {
    const {
      message = `status ${statusCode} for the key ${keyOf(call)}`,
      retryAfter,
      retryAfterMs,
      headers,
    } = options;
    const body = options.body?.(call.dialect) ?? vendorError(call.dialect, statusCode, message);
    await send(call, statusCode, body, {
      ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
      ...(retryAfterMs === undefined ? {} : { 'retry-after-ms': retryAfterMs }),
      ...headers,
    });
  };
}

function keyOf({ request }: ChaosCall): string {
  const names = ['authorization', 'x-api-key', 'x-goog-api-key'];
  const found = names.map((name) => request.headers.get(name)).find((value) => value !== undefined);
  return found?.replace('Bearer ', '') ?? '';
}

/** HTTP date so many seconds from now, for Retry-After. */
export function httpDateIn(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toUTCString();
}

/** Credits used up, in each vendor's words. */
export function quotaExceeded(statusCode: 402 | 429 = 429): Fault {
  const message = 'You exceeded your current quota, please check your plan and billing details.';
  return status(statusCode, {
    body: (dialect) => {
      if (dialect === 'anthropic-messages') {
        const low = 'Your credit balance is too low to access the Anthropic API.';
        return { type: 'error', error: { type: 'billing_error', message: low } };
      }
      if (dialect === 'google-generate') {
        return { error: { code: statusCode, message, status: 'RESOURCE_EXHAUSTED' } };
      }
      return { error: { message, type: 'insufficient_quota', param: null, code: 'insufficient_quota' } };
    },
  });
}

/** The prompt is longer than the model's window, in each vendor's words. */
export const contextTooLong: Fault = status(400, { body: (dialect) => CONTEXT_TOO_LONG[dialect] });

const OPENAI_TOO_LONG = {
  error: {
    message: "This model's maximum context length is 8 tokens. However, your messages resulted in 9 tokens.",
    type: 'invalid_request_error',
    param: 'messages',
    code: 'context_length_exceeded',
  },
};
const CONTEXT_TOO_LONG: Readonly<Record<UpstreamDialectId, JsonObject>> = {
  'openai-chat': OPENAI_TOO_LONG,
  'openai-responses': OPENAI_TOO_LONG,
  'anthropic-messages': {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'prompt is too long: 9 tokens > 8 maximum' },
  },
  'google-generate': {
    error: {
      code: 400,
      message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).',
      status: 'INVALID_ARGUMENT',
    },
  },
};

export function redirect(location: string, statusCode = 307): Fault {
  return (call) => send(call, statusCode, '', { location });
}

const PAGE =
  '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1><p>at Proxy.handle (/srv/proxy.js:1:1)</p></body></html>';

/** The page of a proxy in between. */
export function htmlPage(statusCode: number): Fault {
  return (call) => send(call, statusCode, PAGE, { 'content-type': 'text/html; charset=utf-8' });
}

/** A 200 whose body is what an overload would have had with its status. */
export function errorInPlaceOfAnswer(): Fault {
  return (call) => {
    const statusCode = call.dialect === 'anthropic-messages' ? 529 : 503;
    return send(call, 200, vendorError(call.dialect, statusCode, 'not now'));
  };
}

export function contentType(type: string): Fault {
  return (call) => send(call, 200, call.plain(), { 'content-type': type });
}

export const emptyBody: Fault = (call) => send(call, 200, '');

/** A complete answer that is packed although identity was asked for. */
export function packed(encoding: 'gzip' | 'br', change: (bytes: Buffer) => Buffer = (bytes) => bytes): Fault {
  return async (call) => {
    const text = call.isStream
      ? call
          .frames()
          .map((frame) => frame.text)
          .join('')
      : JSON.stringify(call.plain());
    const bytes = change(encoding === 'gzip' ? gzipSync(text) : brotliCompressSync(text));
    const type = call.isStream ? 'text/event-stream' : 'application/json';
    await call.head(200, { 'content-type': type, 'content-encoding': encoding }, { length: bytes.length });
    await call.body(bytes);
    await call.end(true);
  };
}

/** A few kilobytes that unpack to 256 MB. */
export const decompressionBomb: Fault = async (call) => {
  const bytes = (BOMB ??= gzipSync(Buffer.alloc(256 * 1024 * 1024, ' ')));
  const type = call.isStream ? 'text/event-stream' : 'application/json';
  await call.head(200, { 'content-type': type, 'content-encoding': 'gzip' }, { length: bytes.length });
  await call.body(bytes);
  await call.end(false);
};
let BOMB: Buffer | undefined;

/** Declared as packed in a way that nobody can read. */
export const unknownPacking: Fault = (call) =>
  send(call, 200, call.plain(), { 'content-encoding': 'x-own-packing' });

async function send(
  call: ChaosCall,
  statusCode: number,
  body: JsonObject | string,
  headers: HeaderList = {},
): Promise<void> {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  // An error in place of an answer is billed by nobody, whatever its status.
  const inputTokens = call.bill.inputTokens;
  await call.head(statusCode, { 'content-type': 'application/json', ...headers }, { length: bytes.length });
  call.bill.inputTokens = inputTokens;
  await call.body(bytes);
  await call.end(false);
}
