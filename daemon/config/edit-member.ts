// Changes one member of a JSONC text and leaves every other byte as the user wrote it, comments included.

import { applyEdits, modify } from 'jsonc-parser';
import { parseJsonc, type JsonPath } from './jsonc-document.ts';

/** null = the text has mistakes, so that nobody knows where the member would stand. An empty text becomes an object. */
export function withMember(text: string, path: JsonPath, value: unknown): string | null {
  const whole = text.trim() === '' ? '{}\n' : text;
  if (!parseJsonc(whole).ok) return null;
  const eol = whole.includes('\r\n') ? '\r\n' : '\n';
  const indent = /\n([ \t]+)\S/.exec(whole)?.[1] ?? '  ';
  const isTabbed = indent.startsWith('\t');
  const formattingOptions = { insertSpaces: !isTabbed, tabSize: isTabbed ? 1 : indent.length, eol };
  const keys = path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  return applyEdits(whole, modify(whole, keys, value, { formattingOptions }));
}
