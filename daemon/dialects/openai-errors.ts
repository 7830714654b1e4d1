// Errors of the dialects that OpenAI made, in both directions: ours as a client expects them, and a provider's as an
// attempt failure. Providers that "speak OpenAI" share the status codes but not the codes in the body, so both tables
// name each provider's own. Checked 2026-11-21:
// https://platform.openai.com/docs/guides/error-codes, https://platform.openai.com/docs/api-reference/responses/object
// (error.code), https://openrouter.ai/docs/api/reference/errors-and-debugging,
// https://openrouter.ai/docs/api_reference/responses/error-handling,
// https://api-docs.deepseek.com/quick_start/error_codes, https://docs.z.ai/api-reference/api-code,
// https://www.alibabacloud.com/help/en/model-studio/error-code, https://console.groq.com/docs/errors,
// https://platform.moonshot.ai/docs/api/chat, and the recorded error answers.

import type { AttemptFailure } from '../conversation/attempt-failure.ts';
import type { RouterError } from '../errors.ts';
import type { ErrorCode, FailureKind } from '../protocol/vocabulary.ts';
import { type JsonObject, type JsonValue, numberOf, objectOf, stringOf } from '../util/json.ts';
import { createRedactor } from '../util/redact.ts';

interface ErrorShape {
  readonly type: string;
  /** OpenAI's own code where clients act on one; our code otherwise. */
  readonly code?: string;
}

const SHAPES: Readonly<Record<ErrorCode, ErrorShape>> = {
  'request.malformed': { type: 'invalid_request_error' },
  'request.unsupported': { type: 'invalid_request_error' },
  'request.too_large': { type: 'invalid_request_error' },
  'request.not_found': { type: 'invalid_request_error' },
  'auth.missing': { type: 'invalid_request_error', code: 'invalid_api_key' },
  'auth.forbidden': { type: 'invalid_request_error' },
  'model.unknown': { type: 'invalid_request_error', code: 'model_not_found' },
  'route.no_eligible_target': { type: 'server_error' },
  'budget.exceeded': { type: 'insufficient_quota', code: 'insufficient_quota' },
  'privacy.refused': { type: 'invalid_request_error' },
  'upstream.rejected': { type: 'invalid_request_error' },
  'upstream.all_failed': { type: 'server_error' },
  'upstream.stream_interrupted': { type: 'server_error' },
  'client.closed': { type: 'invalid_request_error' },
  'config.invalid': { type: 'invalid_request_error' },
  'router.overloaded': { type: 'server_error' },
  'router.shutting_down': { type: 'server_error' },
  'router.internal': { type: 'server_error' },
};

/** Codes and types as providers write them, lower case. They say more than the status and are looked at first. */
const KIND_BY_CODE: ReadonlyMap<string, FailureKind> = new Map([
  ['context_length_exceeded', 'context-length'],
  ['exceed_context_size_error', 'context-length'], // llama.cpp
  ['model_max_prompt_tokens_exceeded', 'context-length'], // GitHub Models
  ['1261', 'context-length'], // Z.AI
  ['insufficient_quota', 'quota'],
  ['billing_hard_limit_reached', 'quota'],
  ['billing_not_active', 'quota'],
  ['insufficient_balance', 'quota'],
  ['exceeded_current_quota_error', 'quota'], // Moonshot
  ['arrearage', 'quota'], // Alibaba
  ['1113', 'quota'], // Z.AI
  ['payment_required', 'quota'],
  ['usage_not_included', 'quota'], // OpenAI by subscription
  ['usage_limit_reached', 'quota'],
  ['model_not_found', 'model-not-found'],
  ['model_not_active', 'model-not-found'],
  ['model_decommissioned', 'model-not-found'], // Groq
  ['deploymentnotfound', 'model-not-found'], // Azure
  ['invalid_model', 'model-not-found'], // Mistral
  ['1211', 'model-not-found'], // Z.AI
  ['invalid_api_key', 'auth'],
  ['invalid_authentication_error', 'auth'], // Moonshot
  ['content_filter', 'refusal'], // Azure
  ['content_policy_violation', 'refusal'],
  ['image_content_policy_violation', 'refusal'],
  ['misalignment_policy_violation', 'refusal'],
  ['bio_policy', 'refusal'],
  ['cyber_policy', 'refusal'],
  ['data_inspection_failed', 'refusal'], // Alibaba
  ['datainspectionfailed', 'refusal'],
  ['1301', 'refusal'], // Z.AI
  ['rate_limit_exceeded', 'rate-limited'],
  ['rate_limit_reached_error', 'rate-limited'], // Moonshot
  ['rate_limit_error', 'rate-limited'],
  ['ratelimitreached', 'rate-limited'], // Azure
  ['1302', 'rate-limited'], // Z.AI
  ['engine_overloaded_error', 'overloaded'], // Moonshot
  ['overloaded_error', 'overloaded'],
  ['server_overloaded', 'overloaded'],
  ['server_is_overloaded', 'overloaded'],
  ['slow_down', 'overloaded'],
]);

/** Codes of errors inside an answer that has no error status of its own, where the request is to blame. */
const BAD_REQUEST_CODES: ReadonlySet<string> = new Set([
  'invalid_request_error',
  'invalid_prompt',
  'data_residency_mismatch',
  'invalid_image',
  'invalid_image_format',
  'invalid_base64_image',
  'invalid_image_url',
  'invalid_image_mode',
  'image_too_large',
  'image_too_small',
  'image_parse_error',
  'image_file_too_large',
  'image_file_not_found',
  'unsupported_image_media_type',
  'empty_image_file',
  'failed_to_download_image',
]);

/**
 * Only for a 400 whose code says nothing: DeepSeek, Moonshot, OpenRouter, Alibaba, vLLM and Ollama have no code for a
 * conversation that is too long, and without this the request would be given up instead of sent to a larger window.
 */
const TOO_LONG_PHRASES: readonly string[] = [
  'maximum context length',
  'exceeds the context length', // Ollama
  'exceeds the context window',
  'exceeded model token limit',
  'exceeds the available context size',
  'prompt is too long',
  'input is too long',
  'range of input length should be',
];

/** More of a provider's sentence than this helps nobody. */
const MAX_MESSAGE_CHARS = 500;

export function encodeError(error: RouterError): { readonly statusCode: number; readonly body: JsonObject } {
  const shape = SHAPES[error.code];
  return {
    statusCode: error.statusCode,
    body: {
      error: {
        message: error.message,
        type: shape.type,
        param: error.param ?? null,
        code: shape.code ?? error.code,
      },
    },
  };
}

/** `bodyText`: what came with an error status; need not be JSON. */
export function decodeFailure(statusCode: number, bodyText: string): AttemptFailure {
  return failureOf(parsedOr(bodyText), statusCode);
}

/**
 * The same for an error inside a stream or a 200 answer. Its status, if it names one, decides as an HTTP status would;
 * without one the provider is to blame.
 */
export function failureOf(body: JsonValue, httpStatus?: number): AttemptFailure {
  const error = errorObjectOf(body);
  const codes = [error['code'], error['type'], error['status'], objectOf(error['innererror'])?.['code']]
    .filter((code) => typeof code === 'string' || typeof code === 'number')
    .map((code) => String(code).toLowerCase());
  const statusCode = httpStatus ?? embeddedStatusOf(error, codes);
  const sentence = sentenceOf(error, body);
  return {
    kind: kindOf(statusCode, codes, error, sentence),
    statusCode,
    message: createRedactor().redact(sentence).slice(0, MAX_MESSAGE_CHARS),
  };
}

function kindOf(
  statusCode: number,
  codes: readonly string[],
  error: JsonObject,
  sentence: string,
): FailureKind {
  // Groq says 413 rate_limit_exceeded for one request that is larger than the account's minute: waiting cannot help.
  if (statusCode === 413) return 'context-length';
  if (statusCode === 402) return 'quota';
  for (const code of codes) {
    const kind = KIND_BY_CODE.get(code);
    if (kind !== undefined) return kind;
  }
  if (statusCode === 400 || statusCode === 422) {
    const lower = sentence.toLowerCase();
    return TOO_LONG_PHRASES.some((phrase) => lower.includes(phrase)) ? 'context-length' : 'rejected';
  }
  if (statusCode === 403 && isModeration(error)) return 'refusal';
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
    case 429:
      return 'rate-limited';
    case 503:
    case 529:
      return 'overloaded';
    default:
      return statusCode >= 500 ? 'server-error' : 'rejected';
  }
}

/** OpenRouter's 403 for flagged input carries the reasons; a 403 for a key does not. */
function isModeration(error: JsonObject): boolean {
  const metadata = objectOf(error['metadata']);
  return metadata?.['flagged_input'] !== undefined || metadata?.['reasons'] !== undefined;
}

/** Groq: `status_code`; Azure: `status`; OpenRouter: `code`; others name only a type. */
function embeddedStatusOf(error: JsonObject, codes: readonly string[]): number {
  for (const candidate of [error['status_code'], error['status'], error['code']]) {
    const status = numberOf(typeof candidate === 'string' ? Number(candidate) : candidate);
    if (status !== undefined && status >= 400 && status <= 599) return status;
  }
  return codes.some((code) => BAD_REQUEST_CODES.has(code)) ? 400 : 500;
}

/** `{error: {…}}`, `{error: "…"}`, Google's `[{error: {…}}]`, or the fields at the top (Mistral, vLLM). */
function errorObjectOf(body: JsonValue): JsonObject {
  const outer = objectOf(Array.isArray(body) ? body[0] : body) ?? {};
  const error = outer['error'];
  if (typeof error === 'string') return { ...outer, message: error };
  return objectOf(error) ?? outer;
}

function sentenceOf(error: JsonObject, body: JsonValue): string {
  // OpenRouter's own sentence is "Provider returned error"; the provider's is in `raw`.
  const raw = stringOf(objectOf(error['metadata'])?.['raw']);
  const message = error['message'] ?? error['detail'];
  const text = typeof message === 'string' ? message : textOf(message ?? body);
  return raw === undefined ? text : `${text}: ${raw}`;
}

function textOf(value: JsonValue): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return value.trim() === '' ? 'no reason given' : value.trim();
}

function parsedOr(bodyText: string): JsonValue {
  try {
    return JSON.parse(bodyText) as JsonValue;
  } catch {
    return bodyText; // a proxy's HTML page, or nothing; the status alone decides
  }
}
