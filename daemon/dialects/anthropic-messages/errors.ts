// Errors in both directions: ours as a client of this dialect expects them, and a provider's as an attempt failure.
// Anthropic's types: https://platform.claude.com/docs/en/api/errors (checked 2026-11-21; also the types of the
// official SDK). Its sentences: the recorded error answers, and where it has one type for several causes (400), those
// that users report. Others that speak this dialect (DeepSeek, Moonshot, Z.AI, LiteLLM) use the same types or only the status.

import type { AttemptFailure } from '../../conversation/attempt-failure.ts';
import type { RouterError } from '../../errors.ts';
import type { ErrorCode, FailureKind } from '../../protocol/vocabulary.ts';
import { type JsonObject, type JsonValue, objectOf, stringOf } from '../../util/json.ts';
import { createRedactor } from '../../util/redact.ts';

/** By code; absent = the status decides. */
const TYPE_BY_CODE: Readonly<Partial<Record<ErrorCode, string>>> = {
  'budget.exceeded': 'billing_error',
  'route.no_eligible_target': 'api_error', // asking again at once would not help, as "overloaded" would say
};

const TYPE_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

interface TypeMeaning {
  readonly kind: FailureKind;
  /** For an error that came without an HTTP status. */
  readonly statusCode: number;
}

const MEANING_BY_TYPE: ReadonlyMap<string, TypeMeaning> = new Map<string, TypeMeaning>([
  ['authentication_error', { kind: 'auth', statusCode: 401 }],
  ['billing_error', { kind: 'quota', statusCode: 402 }],
  ['permission_error', { kind: 'auth', statusCode: 403 }],
  ['not_found_error', { kind: 'model-not-found', statusCode: 404 }],
  ['request_too_large', { kind: 'context-length', statusCode: 413 }],
  ['rate_limit_error', { kind: 'rate-limited', statusCode: 429 }],
  ['api_error', { kind: 'server-error', statusCode: 500 }],
  ['timeout_error', { kind: 'timeout', statusCode: 504 }],
  ['overloaded_error', { kind: 'overloaded', statusCode: 529 }],
]);

/** What an invalid_request_error, or a status of 400 without a type, is about. Lower case. */
const KIND_BY_PHRASE: readonly (readonly [phrase: string, kind: FailureKind])[] = [
  ['prompt is too long', 'context-length'],
  ['exceed context limit', 'context-length'], // input length and `max_tokens` exceed context limit
  ['context window', 'context-length'],
  ['maximum context length', 'context-length'],
  ['input is too long', 'context-length'], // Bedrock
  ['credit balance is too low', 'quota'],
  ['api usage limits', 'quota'], // the spend limit that an organisation set for itself
  ['insufficient balance', 'quota'], // DeepSeek
];

/** More of a provider's sentence than this helps nobody. */
const MAX_MESSAGE_CHARS = 500;

export function encodeError(error: RouterError): { readonly statusCode: number; readonly body: JsonObject } {
  const { statusCode } = error;
  const ofStatus = TYPE_BY_STATUS[statusCode] ?? (statusCode < 500 ? 'invalid_request_error' : 'api_error');
  const type = TYPE_BY_CODE[error.code] ?? ofStatus;
  return { statusCode, body: { type: 'error', error: { type, message: error.message } } };
}

/** `bodyText`: what came with an error status; need not be JSON. */
export function decodeFailure(statusCode: number, bodyText: string): AttemptFailure {
  return failureOf(parsedOr(bodyText), statusCode);
}

/** The same for an error inside a stream or a 200 answer, whose type stands for the status. */
export function failureOf(body: JsonValue, httpStatus?: number): AttemptFailure {
  const outer = objectOf(body) ?? {};
  const error = objectOf(outer['error']) ?? outer;
  const type = stringOf(error['type']) ?? '';
  const sentence = sentenceOf(error, outer, body);
  const isInvalid = type === 'invalid_request_error';
  const statusCode = httpStatus ?? MEANING_BY_TYPE.get(type)?.statusCode ?? (isInvalid ? 400 : 500);
  return {
    kind: kindOf(statusCode, type, sentence),
    statusCode,
    message: createRedactor().redact(sentence).slice(0, MAX_MESSAGE_CHARS),
  };
}

function kindOf(statusCode: number, type: string, sentence: string): FailureKind {
  if (statusCode === 402) return 'quota'; // whatever a gateway calls it, asking again helps nobody
  const meaning = MEANING_BY_TYPE.get(type);
  if (meaning !== undefined) return meaning.kind;
  if (statusCode === 400 || statusCode === 422) {
    const lower = sentence.toLowerCase();
    return KIND_BY_PHRASE.find(([phrase]) => lower.includes(phrase))?.[1] ?? 'rejected';
  }
  return kindOfStatus(statusCode);
}

function kindOfStatus(statusCode: number): FailureKind {
  switch (statusCode) {
    case 401:
    case 403:
      return 'auth';
    case 402:
      return 'quota';
    case 404:
      return 'model-not-found';
    case 408:
    case 504:
    case 524:
      return 'timeout';
    case 413:
      return 'context-length';
    case 429:
      return 'rate-limited';
    case 503:
    case 529:
      return 'overloaded';
    default:
      return statusCode >= 500 ? 'server-error' : 'rejected';
  }
}

/** `{type, error: {type, message}}`, `{error: "…"}`, or a bare message. */
function sentenceOf(error: JsonObject, outer: JsonObject, body: JsonValue): string {
  const message = stringOf(error['message']) ?? stringOf(outer['error']);
  if (message !== undefined && message.trim() !== '') return message.trim();
  const text = typeof body === 'string' ? body.trim() : JSON.stringify(body);
  return text === '' ? 'no reason given' : text;
}

function parsedOr(bodyText: string): JsonValue {
  try {
    return JSON.parse(bodyText) as JsonValue;
  } catch {
    return bodyText; // a proxy's HTML page, or nothing; the status alone decides
  }
}
