// Ids of tool calls as the chosen model takes them: the same id always becomes the same, on the call and on its result.

import { createHash } from 'node:crypto';

import type { ModelTraits } from '../../conversation/model-traits.ts';

/** OpenAI refuses longer ones ("string too long"; public issue threads, checked 2026-11-21). */
const MAX_CHARACTERS = 40;

/** Mistral: "must be a-z, A-Z, 0-9, with a length of 9". */
const NINE = /^[a-zA-Z0-9]{9}$/;
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function writtenCallId(traits: ModelTraits | undefined): (id: string) => string {
  if (traits?.toolCallIds === 'alphanumeric-9') return (id) => (NINE.test(id) ? id : letters(id, 9));
  return (id) => (id.length <= MAX_CHARACTERS ? id : `call_${letters(id, 24)}`);
}

/** A digest in letters and digits; 9 of them are 53 bits. */
function letters(text: string, count: number): string {
  const digest = createHash('sha256').update(text).digest();
  let out = '';
  for (let at = 0; out.length < count; at += 1) out += LETTERS[(digest[at] ?? 0) % LETTERS.length] ?? '';
  return out;
}
