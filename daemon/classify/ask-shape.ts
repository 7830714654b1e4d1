// What can be counted in an ask without knowing any word: length, code, identifiers, pasted errors. One linear scan over
// a bounded part of the text.

export interface AskShape {
  /** Characters of the whole ask. */
  readonly chars: number;
  /** The ask without fenced code, at most `MAX_PROSE_CHARS`. */
  readonly prose: string;
  readonly hasCodeBlock: boolean;
  /** Things that only appear in talk about code: `name`, snake_case, camelCase, file.ts, call(), --flag. */
  readonly identifiers: number;
  /** A pasted error or stack trace. */
  readonly hasErrorText: boolean;
  /** Lines that start like items of a list. */
  readonly listItems: number;
  readonly isQuestion: boolean;
  /** Share of letters outside the Latin script, 0..1. */
  readonly foreignRatio: number;
}

/** The beginning says what to do, the end often repeats it; the middle of a long text is material. */
const HEAD_CHARS = 6000;
const TAIL_CHARS = 2000;

const MAX_IDENTIFIERS = 20;

/** Endings of names and marks of errors as runtimes print them. */
const ERROR_MARKS: readonly string[] = [
  'Error:',
  'Exception:',
  'Traceback (',
  '_error"',
  'panic:',
  'FAILED',
  'E   ',
  'fatal:',
];

export function shapeOf(ask: string): AskShape {
  const text =
    ask.length <= HEAD_CHARS + TAIL_CHARS ? ask : `${ask.slice(0, HEAD_CHARS)}\n${ask.slice(-TAIL_CHARS)}`;
  const { prose, hasCodeBlock } = splitCode(text);
  return {
    chars: ask.length,
    prose,
    hasCodeBlock,
    identifiers: countIdentifiers(prose),
    hasErrorText: ERROR_MARKS.some((mark) => text.includes(mark)),
    listItems: countListItems(prose),
    isQuestion: prose.trimEnd().endsWith('?'),
    foreignRatio: foreignRatio(prose),
  };
}

function splitCode(text: string): { readonly prose: string; readonly hasCodeBlock: boolean } {
  const pieces = text.split('```');
  if (pieces.length < 3) return { prose: text, hasCodeBlock: pieces.length === 2 };
  return { prose: pieces.filter((_, index) => index % 2 === 0).join('\n'), hasCodeBlock: true };
}

function countIdentifiers(prose: string): number {
  let count = 0;
  let start = 0;
  for (let position = 0; position <= prose.length && count < MAX_IDENTIFIERS; position += 1) {
    const isEnd = position === prose.length || prose.charCodeAt(position) <= 32;
    if (!isEnd) continue;
    if (position > start && isIdentifier(prose.slice(start, Math.min(position, start + 80)))) count += 1;
    start = position + 1;
  }
  return count;
}

/** `word` has no spaces and is short. */
function isIdentifier(word: string): boolean {
  if (word.includes('`')) return true;
  if (word.startsWith('--') && word.length > 3) return true;
  // Addresses have dots too.
  if (word.includes('://') || word.includes('@', 1) || word.startsWith('www.')) return false;
  for (let index = 1; index < word.length - 1; index += 1) {
    const before = word.charCodeAt(index - 1);
    const code = word.charCodeAt(index);
    const after = word.charCodeAt(index + 1);
    if (code === 95 && isAlphanumeric(before) && isAlphanumeric(after)) return true;
    // fooBar, but not McDonald or iPhone: two small letters before the capital and one after.
    if (
      isUpper(code) &&
      isLower(before) &&
      isLower(after) &&
      index > 1 &&
      isLower(word.charCodeAt(index - 2))
    )
      return true;
    // a.b, but not e.g. or the end of a sentence without a space: a file ending or a member has two letters on one side.
    if (
      code === 46 &&
      isLower(after) &&
      isAlphanumeric(before) &&
      index > 1 &&
      isLower(word.charCodeAt(index + 2))
    )
      return true;
    if ((code === 40 || code === 91) && (isAlphanumeric(before) || before === 95)) return true;
  }
  const last = word.charCodeAt(word.length - 1);
  return last === 40 || word.endsWith('()') || word.includes('::') || word.includes('=>');
}

function countListItems(prose: string): number {
  let count = 0;
  for (const line of prose.split('\n')) {
    const start = line.trimStart().slice(0, 4);
    if (
      start.startsWith('- ') ||
      start.startsWith('* ') ||
      (isDigit(start.charCodeAt(0)) && /^\d{1,2}[.)]/.test(start))
    ) {
      count += 1;
    }
  }
  return count;
}

function foreignRatio(prose: string): number {
  let letters = 0;
  let foreign = 0;
  for (let position = 0; position < prose.length; position += 1) {
    const code = prose.charCodeAt(position);
    if (isLower(code) || isUpper(code)) letters += 1;
    else if (code >= 0x370 && !(code >= 0x2000 && code < 0x2e80)) foreign += 1;
  }
  return letters + foreign === 0 ? 0 : foreign / (letters + foreign);
}

function isLower(code: number): boolean {
  return code >= 97 && code <= 122;
}

function isUpper(code: number): boolean {
  return code >= 65 && code <= 90;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isAlphanumeric(code: number): boolean {
  return isLower(code) || isUpper(code) || isDigit(code);
}
