// Finds what readers of JSON read differently, or what looks equal once it is parsed: members that stand twice in one
// object, and numbers that a double cannot hold. Nothing that holds any of it is ever taken for equal to something else.

import { skipValue } from '../util/json-scan.ts';

const QUOTE = 0x22;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** As many significant digits any double tells apart. */
const EXACT_DIGITS = 15;

export type JsonAmbiguity = 'twin-members' | 'inexact-numbers';

/** `bytes` must be JSON. One pass that looks at names and numbers only: texts are skipped. */
export function ambiguityOf(bytes: Buffer, looksAtNumbers = true): JsonAmbiguity | null {
  /** Names so far of each open object; null = an array. */
  const open: (Set<string> | null)[] = [];
  let isName = false;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      const end = skipValue(bytes, at);
      const names = open.at(-1);
      if (isName && names) {
        const name = nameAt(bytes, at, end);
        if (names.has(name)) return 'twin-members';
        names.add(name);
      }
      at = end;
      continue;
    }
    if (byte === MINUS || (byte >= ZERO && byte <= NINE)) {
      const end = skipValue(bytes, at);
      if (looksAtNumbers && !isExactNumber(bytes.toString('latin1', at, end))) return 'inexact-numbers';
      at = end;
      continue;
    }
    if (byte === OPEN_OBJECT) open.push(new Set());
    else if (byte === OPEN_ARRAY) open.push(null);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) open.pop();
    if (byte === OPEN_OBJECT || byte === COMMA) isName = open.at(-1) instanceof Set;
    else if (byte === COLON) isName = false;
    at += 1;
  }
  return null;
}

/** Whether a number as it is written is told from every other by the double that it is read as. */
export function isExactNumber(text: string): boolean {
  if (text.length <= EXACT_DIGITS && !/[eE]/.test(text)) return true;
  const mantissa = text.replace(/[eE].*$/, '').replaceAll(/[-.]/g, '');
  const digits = mantissa.replace(/^0+/, '');
  if (digits.length > EXACT_DIGITS) return false;
  const value = Number(text);
  // Too large becomes infinite, and too small 0 or coarser than it was written.
  return Number.isFinite(value) && (digits.length === 0 || Math.abs(value) > SMALLEST_EXACT);
}

const SMALLEST_EXACT = 1e-290;

function nameAt(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('latin1', start + 1, end - 1);
  if (!text.includes('\\')) return text;
  const name: unknown = JSON.parse(bytes.toString('utf8', start, end));
  return Buffer.from(String(name)).toString('latin1');
}
