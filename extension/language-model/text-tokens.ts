// Text -> tokens of the o200k tokenizer, estimated in one pass over the characters: words, numbers, spaces and marks have
// a weight each, which were fitted against the real tokenizer. Pure, and without a table: a tokenizer is megabytes.

/** Tokens per unit. */
const WEIGHTS = {
  /** A run of Latin letters; a capital behind a small letter begins another one. */
  word: 0.93,
  /** Each letter of a word after the sixth. */
  longWordLetter: 0.2,
  /** Each started group of three digits. */
  digits: 1.8,
  /** White space with a line break in it. */
  newline: 1.77,
  /** Other white space of more than one character; a single one belongs to the word behind it. */
  spaces: 1.65,
  /** Most marks of code share a token with their neighbours. */
  mark: 0.39,
  /** Those of prose, behind a letter and before a space, do not. */
  proseMark: 0.95,
} as const;

/** Tokens per character outside of ASCII, by the first code after the range. */
const FOREIGN_WEIGHTS: readonly (readonly [endCode: number, tokens: number])[] = [
  [0x250, 0.65], // accented Latin
  [0x400, 0.38],
  [0x530, 0.3], // Cyrillic
  [0x2e80, 0.38],
  [0x3040, 0.72], // radicals, CJK marks
  [0x3100, 0.64], // kana
  [0xa000, 0.72], // Han
  [0xac00, 0.38],
  [0xd7b0, 0.71], // Hangul
  [0xd800, 0.38],
  [0xe000, 1.2], // half of a pair: emoji, rare Han
  [0xf900, 0.38],
  [0xfb00, 0.72], // Han again
  [0xff00, 0.38],
  [0x10000, 0.72], // full-width forms
];

const WORD_FREE_LETTERS = 6;

/** Not rounded. 0 for ''. */
export function textTokens(text: string): number {
  let tokens = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isLetter(code)) {
      const end = endOfWord(text, at);
      tokens += WEIGHTS.word + WEIGHTS.longWordLetter * Math.max(0, end - at - WORD_FREE_LETTERS);
      at = end;
    } else if (isDigit(code)) {
      const end = endOfRun(text, at, isDigit);
      tokens += WEIGHTS.digits * Math.ceil((end - at) / 3);
      at = end;
    } else if (code <= 32) {
      const end = endOfRun(text, at, isSpace);
      tokens += spaceTokens(text, at, end);
      at = end;
    } else {
      tokens += code < 128 ? markTokens(text, at) : foreignTokens(code);
      at += 1;
    }
  }
  return tokens;
}

function spaceTokens(text: string, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    if (text.charCodeAt(at) === 10) return WEIGHTS.newline;
  }
  return end - start > 1 ? WEIGHTS.spaces : 0;
}

function markTokens(text: string, at: number): number {
  const isProse = text.charCodeAt(at + 1) === 32 && at > 0 && isLetter(text.charCodeAt(at - 1));
  return isProse ? WEIGHTS.proseMark : WEIGHTS.mark;
}

function foreignTokens(code: number): number {
  return FOREIGN_WEIGHTS.find(([endCode]) => code < endCode)?.[1] ?? 1;
}

function endOfWord(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && isLetter(text.charCodeAt(at))) {
    if (isCapital(text.charCodeAt(at)) && !isCapital(text.charCodeAt(at - 1))) break;
    at += 1;
  }
  return at;
}

function endOfRun(text: string, start: number, belongs: (code: number) => boolean): number {
  let at = start + 1;
  while (at < text.length && belongs(text.charCodeAt(at))) at += 1;
  return at;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || isCapital(code);
}

function isCapital(code: number): boolean {
  return code >= 65 && code <= 90;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isSpace(code: number): boolean {
  return code <= 32;
}
