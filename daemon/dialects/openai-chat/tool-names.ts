// Names of tools that this dialect's pattern does not allow (Google's may hold dots and colons), written so that they can
// be read back from the name alone: nothing has to be remembered between a request and its answer.

import { createHash } from 'node:crypto';

/** https://platform.openai.com/docs/api-reference/chat/create (tools.function.name), checked 2026-11-21. */
const ALLOWED = /^[a-zA-Z0-9_-]{1,64}$/;
const MAX_CHARACTERS = 64;

/** Ends every name that was rewritten; no client's own tools are called so. */
const MARK = '-pm1';
const ESCAPED = /-x([0-9a-f]{2})/g;

/** No two names become the same. Only a name that is too long cannot be read back. */
export function fitToolName(name: string): string {
  if (ALLOWED.test(name) && !name.endsWith(MARK)) return name;
  let fitted = '';
  for (const byte of Buffer.from(name)) {
    const character = String.fromCharCode(byte);
    fitted += /[a-zA-Z0-9_]/.test(character) ? character : `-x${byte.toString(16).padStart(2, '0')}`;
  }
  fitted += MARK;
  if (fitted.length <= MAX_CHARACTERS) return fitted;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_CHARACTERS - digest.length - 1)}-${digest}`;
}

/** Whether `originalToolName` leads back from the name as it is written. */
export function isReversible(name: string): boolean {
  return originalToolName(fitToolName(name)) === name;
}

/** The name that `fitToolName` was given; every other name is what it is. */
export function originalToolName(name: string): string {
  if (!name.endsWith(MARK)) return name;
  const bytes = name
    .slice(0, -MARK.length)
    .replace(ESCAPED, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  const original = Buffer.from(bytes, 'latin1').toString();
  return fitToolName(original) === name ? original : name;
}
