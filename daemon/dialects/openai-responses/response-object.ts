// The response object around the items (https://platform.openai.com/docs/api-reference/responses/object, checked
// 2026-11-21). The dialect repeats the request in every answer: what the client wrote where it speaks this dialect, the
// defaults of the page elsewhere.

import type { ConversationRequest } from '../../conversation/request.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import { NO_USAGE } from '../../conversation/usage.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../util/json.ts';
import { valueAt } from '../../util/json-scan.ts';
import type { AnswerIdentity } from '../dialect.ts';
import type { AnswerEnd } from './finish-reason.ts';
import { responseIdOf } from './output-items.ts';
import { encodeUsage } from './usage.ts';

/** Members of the request that an answer repeats, with what stands there when the client wrote nothing. */
const REPEATED: readonly (readonly [string, JsonValue])[] = [
  ['background', false],
  ['instructions', null],
  ['max_output_tokens', null],
  ['max_tool_calls', null],
  ['parallel_tool_calls', true],
  ['previous_response_id', null],
  ['prompt_cache_key', null],
  ['reasoning', { effort: null, summary: null }],
  ['safety_identifier', null],
  ['service_tier', 'default'],
  ['store', true],
  ['temperature', 1],
  ['text', { format: { type: 'text' } }],
  ['tool_choice', 'auto'],
  ['tools', []],
  ['top_logprobs', 0],
  ['top_p', 1],
  ['truncation', 'disabled'],
  ['user', null],
  ['metadata', {}],
];

/** Makes the response object of one answer in its stages. */
export class ResponseObject {
  private readonly identity: AnswerIdentity;
  private readonly repeated: JsonObject;

  constructor(identity: AnswerIdentity) {
    this.identity = identity;
    this.repeated = repeatedOf(identity.request);
  }

  running(): JsonObject {
    return this.build('in_progress', null, [], null);
  }

  /** Usage that nobody reported is written as zeros: several clients break where the member is missing. */
  finished(end: AnswerEnd, output: readonly JsonObject[], usage: TokenUsage = NO_USAGE): JsonObject {
    return this.build(end.status, end.reason, output, encodeUsage(usage));
  }

  private build(
    status: string,
    reason: string | null,
    output: readonly JsonObject[],
    usage: JsonObject | null,
  ): JsonObject {
    const { createdAtS, responseModel } = this.identity;
    return {
      id: responseIdOf(this.identity),
      object: 'response',
      created_at: createdAtS,
      status,
      error: null,
      incomplete_details: reason === null ? null : { reason },
      model: responseModel,
      output,
      ...this.repeated,
      usage,
    };
  }
}

function repeatedOf(request: ConversationRequest | undefined): JsonObject {
  const members: Record<string, JsonValue> = {};
  for (const [name, standard] of REPEATED) members[name] = writtenOf(request, name, standard);
  return members;
}

function writtenOf(request: ConversationRequest | undefined, name: string, standard: JsonValue): JsonValue {
  if (request?.dialect !== 'openai-responses') return standard;
  const span = request.body.members.get(name);
  const written = span === undefined ? null : valueAt(request.body, span);
  if (written === null) return standard;
  const isBoth = isJsonObject(written) && isJsonObject(standard);
  return isBoth ? { ...standard, ...written } : written;
}
