// Names of tools that Anthropic's pattern does not allow (Google's may hold dots and colons), written so that they can be
// read back from the name alone: nothing has to be remembered between a request and its answer.

import { createHash } from 'node:crypto';

const MAX_CHARACTERS = 128;
const HASH_CHARACTERS = 12;

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools, checked 2026-11-21. */
const ALLOWED = /^[a-zA-Z0-9_-]{1,128}$/;

/** Ends every name that was rewritten; no client's own tools are called so. */
const MARK = '-pm1';
const ESCAPED = /-x([0-9a-f]{2})/g;

/** No two names become the same. One that would be too long is cut, and then cannot be read back. */
export function fitToolName(name: string): string {
  if (ALLOWED.test(name) && !name.endsWith(MARK)) return name;
  let fitted = '';
  for (const byte of Buffer.from(name)) {
    const character = String.fromCharCode(byte);
    fitted += /[a-zA-Z0-9_]/.test(character) ? character : `-x${byte.toString(16).padStart(2, '0')}`;
  }
  if (fitted.length + MARK.length <= MAX_CHARACTERS) return fitted + MARK;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_CHARACTERS);
  return `${fitted.slice(0, MAX_CHARACTERS - MARK.length - HASH_CHARACTERS)}${hash}${MARK}`;
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
