// Top-level members of a Responses body: which types the documented ones must have, and how they are read. Unknown
// members pass to the provider. Types as https://platform.openai.com/docs/api-reference/responses/create and the
// official SDK (openai 7.55, ResponseCreateParamsBase) have them, checked 2026-11-21.

import { RouterError } from '../../errors.ts';
import { stringOf, type JsonValue } from '../../util/json.ts';
import { typeAt, valueAt, walkArray, type JsonType } from '../../util/json-scan.ts';
import type { RequestBody } from '../../util/request-body.ts';

/** null counts as absent everywhere. */
const FIELD_TYPES: readonly (readonly [string, readonly JsonType[]])[] = [
  ['model', ['string']],
  ['input', ['string', 'array']],
  ['instructions', ['string']],
  ['stream', ['boolean']],
  ['stream_options', ['object']],
  ['max_output_tokens', ['number']],
  ['max_tool_calls', ['number']],
  ['temperature', ['number']],
  ['top_p', ['number']],
  ['top_logprobs', ['number']],
  ['tools', ['array']],
  ['tool_choice', ['string', 'object']],
  ['parallel_tool_calls', ['boolean']],
  ['text', ['object']],
  ['reasoning', ['object']],
  ['include', ['array']],
  ['metadata', ['object']],
  ['client_metadata', ['object']],
  ['store', ['boolean']],
  ['background', ['boolean']],
  ['generate', ['boolean']],
  ['truncation', ['string']],
  ['previous_response_id', ['string']],
  ['conversation', ['string', 'object']],
  ['prompt', ['object']],
  ['prompt_cache_key', ['string']],
  ['service_tier', ['string']],
  ['user', ['string']],
  ['safety_identifier', ['string']],
];

export function checkFields(body: RequestBody): void {
  for (const [field, allowed] of FIELD_TYPES) {
    const span = body.members.get(field);
    if (span === undefined) continue;
    const type = typeAt(body.bytes, span.start);
    if (type === 'null' || allowed.includes(type)) continue;
    const wanted = allowed.map(withArticle).join(' or ');
    throw malformed(field, `${field} must be ${wanted}, not ${withArticle(type)}`);
  }
  const limit = numberMember(body, 'max_output_tokens');
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw malformed('max_output_tokens', 'max_output_tokens must be a whole number above 0');
  }
  checkTools(body);
}

function checkTools(body: RequestBody): void {
  const span = body.members.get('tools');
  if (span === undefined || typeAt(body.bytes, span.start) !== 'array') return;
  walkArray(body.bytes, span.start, (start, index) => {
    if (typeAt(body.bytes, start) === 'object') return undefined;
    throw malformed('tools', `tools[${index}] must be an object`);
  });
}

/** Whether the member is there with something in it. */
export function hasMember(body: RequestBody, field: string): boolean {
  const span = body.members.get(field);
  return span !== undefined && typeAt(body.bytes, span.start) !== 'null';
}

export function member(body: RequestBody, field: string): JsonValue | undefined {
  const span = body.members.get(field);
  return span === undefined ? undefined : valueAt(body, span);
}

/** An empty text counts as absent. */
export function stringMember(body: RequestBody, field: string): string | undefined {
  const text = stringOf(member(body, field));
  return text === '' ? undefined : text;
}

export function numberMember(body: RequestBody, field: string): number | undefined {
  const value = member(body, field);
  return typeof value === 'number' ? value : undefined;
}

/** The one way in which this dialect refuses a request. */
export function malformed(field: string, message: string): RouterError {
  return new RouterError('request.malformed', message, { param: field });
}

function withArticle(type: JsonType): string {
  return type === 'object' || type === 'array' ? `an ${type}` : `a ${type}`;
}
