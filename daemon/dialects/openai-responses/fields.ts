// Top-level members of a Responses body: which types the documented ones must have. Unknown members pass to the provider.
// Types as https://platform.openai.com/docs/api-reference/responses/create and the official SDK (openai 7.55,
// ResponseCreateParamsBase) have them, checked 2026-11-21.

import type { RequestBody } from '../../util/request-body.ts';
import { checkElements, checkPositiveInteger, checkTypes, type FieldTypes, member } from '../body-fields.ts';

const FIELD_TYPES: FieldTypes = [
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
  checkTypes(body, FIELD_TYPES);
  checkPositiveInteger('max_output_tokens', member(body, 'max_output_tokens'));
  checkElements(body, 'tools');
}
