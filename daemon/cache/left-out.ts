// What a request says beyond the neutral model, by its places on the wire: the rest of it in a key. A dialect's table
// names what the neutral model reads (and what changes no answer); a member that nobody thought of is left out, so that
// two requests which differ in it are never taken for the same.

import type { ConversationRequest } from '../conversation/request.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import type { JsonValue } from '../util/json.ts';
import { MESSAGES_BODY } from '../dialects/anthropic-messages/read-members.ts';
import { GENERATE_BODY } from '../dialects/google-generate/read-members.ts';
import { OLLAMA_BODY } from '../dialects/ollama-chat/read-members.ts';
import { CHAT_BODY } from '../dialects/openai-chat/read-members.ts';
import { RESPONSES_BODY } from '../dialects/openai-responses/read-members.ts';
import { leftOut, type Shape } from '../dialects/read-members.ts';

const BODIES: Readonly<Record<DialectId, Shape>> = {
  'openai-chat': CHAT_BODY,
  'anthropic-messages': MESSAGES_BODY,
  'openai-responses': RESPONSES_BODY,
  'google-generate': GENERATE_BODY,
  'ollama-chat': OLLAMA_BODY,
  // Passed on, never compared.
  'openai-completions': leftOut,
  'openai-embeddings': leftOut,
};

/** Null = nothing: the same question in another dialect is the same question. */
export function leftOutOf({ body, dialect }: Pick<ConversationRequest, 'body' | 'dialect'>): JsonValue {
  const whole = JSON.parse(body.bytes.toString()) as JsonValue;
  const rest = BODIES[dialect](whole);
  return rest === undefined ? null : [dialect, rest];
}
