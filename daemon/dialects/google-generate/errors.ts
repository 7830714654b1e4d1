// Errors in both directions: ours as a client of this dialect expects them, and Google's as an attempt failure. Checked
// 2026-11-21: https://ai.google.dev/gemini-api/docs/troubleshooting (statuses),
// https://google.aip.dev/193 (ErrorInfo, RetryInfo), and the recorded error answers.

import type { AttemptFailure } from '../../conversation/attempt-failure.ts';
import type { RouterError } from '../../errors.ts';
import type { ErrorCode, FailureKind } from '../../protocol/vocabulary.ts';
import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  numberOf,
  objectOf,
  stringOf,
} from '../../util/json.ts';
import { createRedactor } from '../../util/redact.ts';

/** Google's name for the status of each of our codes. */
const STATUS_NAMES: Readonly<Record<ErrorCode, string>> = {
  'request.malformed': 'INVALID_ARGUMENT',
  'request.unsupported': 'INVALID_ARGUMENT',
  'request.too_large': 'INVALID_ARGUMENT',
  'request.not_found': 'NOT_FOUND',
  'auth.missing': 'UNAUTHENTICATED',
  'auth.forbidden': 'PERMISSION_DENIED',
  'model.unknown': 'NOT_FOUND',
  'route.no_eligible_target': 'UNAVAILABLE',
  'budget.exceeded': 'RESOURCE_EXHAUSTED',
  'privacy.refused': 'PERMISSION_DENIED',
  'upstream.rejected': 'INVALID_ARGUMENT',
  'upstream.all_failed': 'UNAVAILABLE',
  'upstream.stream_interrupted': 'UNAVAILABLE',
  'client.closed': 'CANCELLED',
  'config.invalid': 'FAILED_PRECONDITION',
  'router.overloaded': 'UNAVAILABLE',
  'router.shutting_down': 'UNAVAILABLE',
  'router.internal': 'INTERNAL',
};

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

const KIND_BY_STATUS: ReadonlyMap<string, FailureKind> = new Map([
  ['UNAUTHENTICATED', 'auth'],
  ['PERMISSION_DENIED', 'auth'],
  ['FAILED_PRECONDITION', 'auth'], // no free tier in this country, no billing account
  ['NOT_FOUND', 'model-not-found'],
  ['RESOURCE_EXHAUSTED', 'rate-limited'],
  ['UNAVAILABLE', 'overloaded'],
  ['DEADLINE_EXCEEDED', 'timeout'],
  ['INTERNAL', 'server-error'],
  ['UNKNOWN', 'server-error'],
  ['ABORTED', 'server-error'],
  ['CANCELLED', 'server-error'],
]);

const KIND_BY_REASON: ReadonlyMap<string, FailureKind> = new Map([
  ['API_KEY_INVALID', 'auth'],
  ['API_KEY_EXPIRED', 'auth'],
  ['SERVICE_DISABLED', 'auth'],
  ['BILLING_DISABLED', 'quota'],
]);

/** Google has one status for all bad requests. */
const TOO_LONG = /input token count|exceeds the maximum number of tokens|input context is too long/i;
const BAD_KEY = /api key (?:not valid|expired|not found)/i;
const NO_CREDIT = /credits? (?:are|is|has been|have been) (?:depleted|exhausted)|billing account/i;

/** More of a provider's sentence than this helps nobody. */
const MAX_MESSAGE_CHARS = 500;

export function encodeError(error: RouterError): { readonly statusCode: number; readonly body: JsonObject } {
  const { statusCode, message, code, param, retryAfterMs } = error;
  const info = {
    '@type': ERROR_INFO,
    reason: code.replaceAll(/[^a-z]/g, '_').toUpperCase(),
    domain: 'pointsman',
    metadata: { code, ...(param === undefined ? {} : { param }) },
  };
  const retry = { '@type': RETRY_INFO, retryDelay: `${(retryAfterMs ?? 0) / 1000}s` };
  const details = retryAfterMs === undefined ? [info] : [info, retry];
  return {
    statusCode,
    body: { error: { code: statusCode, message, status: STATUS_NAMES[code], details } },
  };
}

/** `bodyText`: what came with an error status; need not be JSON. */
export function decodeFailure(statusCode: number, bodyText: string): AttemptFailure {
  return failureOf(parsedOr(bodyText), statusCode);
}

/** The same for an error inside a stream or a 200 answer, whose status stands in `code`. */
export function failureOf(body: JsonValue, httpStatus?: number): AttemptFailure {
  const outer = objectOf(Array.isArray(body) ? arrayOf(body)[0] : body);
  const error = objectOf(outer?.['error']) ?? outer ?? {};
  const statusCode = httpStatus ?? numberOf(error['code']) ?? 500;
  const sentence = sentenceOf(error, body);
  const details = arrayOf(error['details']).filter(isJsonObject);
  const retryAfterMs = retryAfterMsOf(details);
  return {
    kind: kindOf(statusCode, stringOf(error['status']) ?? '', details, sentence),
    statusCode,
    message: createRedactor().redact(sentence).slice(0, MAX_MESSAGE_CHARS),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function kindOf(
  statusCode: number,
  status: string,
  details: readonly JsonObject[],
  sentence: string,
): FailureKind {
  if (statusCode === 413) return 'context-length';
  if (statusCode === 402) return 'quota'; // Google has none, gateways do
  for (const detail of details) {
    const kind = KIND_BY_REASON.get(stringOf(detail['reason']) ?? '');
    if (kind !== undefined) return kind;
  }
  if (statusCode === 429) return NO_CREDIT.test(sentence) ? 'quota' : 'rate-limited';
  const known = KIND_BY_STATUS.get(status);
  if (known !== undefined) return known;
  if (statusCode === 400 || status === 'INVALID_ARGUMENT') {
    if (BAD_KEY.test(sentence)) return 'auth';
    return TOO_LONG.test(sentence) ? 'context-length' : 'rejected';
  }
  return kindOfStatus(statusCode);
}

/** For what stands between Google and us and has no status of Google's. */
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
      return 'timeout';
    case 503:
    case 529:
      return 'overloaded';
    default:
      return statusCode >= 500 ? 'server-error' : 'rejected';
  }
}

/** `"34.4s"`, a duration as protobuf writes it. */
function retryAfterMsOf(details: readonly JsonObject[]): number | undefined {
  const delay = details.map((detail) => stringOf(detail['retryDelay'])).find((text) => text !== undefined);
  const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(delay ?? '')?.[1];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}

function sentenceOf(error: JsonObject, body: JsonValue): string {
  const message = stringOf(error['message']) ?? '';
  if (message !== '') return message;
  if (typeof body !== 'string') return JSON.stringify(body);
  return body.trim() === '' ? 'no reason given' : body.trim();
}

function parsedOr(bodyText: string): JsonValue {
  try {
    return JSON.parse(bodyText) as JsonValue;
  } catch {
    return bodyText; // a proxy's HTML page, or nothing; the status alone decides
  }
}
