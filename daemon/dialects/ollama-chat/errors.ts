// Errors as Ollama's clients expect them: one sentence (https://docs.ollama.com/api/errors, checked 2026-11-21). Our code
// stands beside it for those who look.

import type { RouterError } from '../../errors.ts';
import type { JsonObject } from '../../util/json.ts';

export function encodeError(error: RouterError): { readonly statusCode: number; readonly body: JsonObject } {
  return { statusCode: error.statusCode, body: { error: error.message, code: error.code } };
}
