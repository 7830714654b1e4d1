// Cuts an ask into words and into what has to stand letter for letter: numbers with their units, versions, identifiers,
// paths, symbols, quotations and code. When in doubt something is literal: a miss is cheap, a wrong hit is not.

import { NAMES, NUMBERS, PHRASES, UNITS } from './semantic-words.ts';

export type TokenKind =
  | 'word'
  /** A language, tool or platform. */
  | 'name'
  | 'number'
  | 'identifier'
  | 'path'
  | 'symbol'
  | 'quotation'
  /** Comma, colon, dash, bracket: a border inside of a sentence. */
  | 'border';

export interface Token {
  readonly kind: TokenKind;
  /** Lower case for words, the first of its row for names, as written for what is literal. */
  readonly text: string;
  /** Written with a capital first letter. */
  readonly isCapital: boolean;
  /** Stands where every word has a capital letter. */
  readonly isFirst?: boolean;
}

export interface Sentence {
  readonly tokens: readonly Token[];
  readonly isQuestion: boolean;
}

const BORDER: Token = { kind: 'border', text: ',', isCapital: false };
/** A single quote opens a quotation only behind a space, and closes it only before one. */
const QUOTATIONS: readonly RegExp[] = [
  /^`([^`\n]+)`/,
  /^"([^"\n]+)"/,
  /^[“„]([^”“\n]+)[”“]/,
  /^«([^»\n]+)»/,
  /^'([^'\n]+)'(?=[\s.,;:!?)]|$)/,
];

/** Sentences of an ask. A line break ends a sentence too. */
export function readSentences(ask: string): readonly Sentence[] {
  const sentences: Sentence[] = [];
  let tokens: Token[] = [];
  const endSentence = (isQuestion: boolean): void => {
    tokens = tokens.map((token, index) => {
      const isFirst = index === 0 || tokens[index - 1]?.kind === 'border';
      return isFirst ? { ...token, isFirst } : token;
    });
    if (tokens.some(({ kind }) => kind !== 'border'))
      sentences.push({ tokens: joinPhrases(tokens), isQuestion });
    tokens = [];
  };
  let rest = ask.normalize('NFC').replaceAll(/[’‘]/g, "'").trim();
  while (rest !== '') {
    const space = /^\s+/.exec(rest)?.[0] ?? '';
    rest = rest.slice(space.length);
    if (space.includes('\n')) endSentence(false);
    const quoted = readQuotation(rest);
    if (quoted !== undefined) {
      tokens.push({ kind: 'quotation', text: quoted.text, isCapital: false });
      rest = rest.slice(quoted.length);
      const mark = /^[.,;:!?)\]]+(?=\s|$)/.exec(rest)?.[0] ?? '';
      rest = rest.slice(mark.length);
      const brackets = mark.replaceAll(/[^)\]]/g, '');
      if (brackets !== '') tokens.push(literal('symbol', brackets));
      if (/[.!?]/.test(mark)) endSentence(mark.includes('?'));
      else if (mark !== '') tokens.push(BORDER);
      continue;
    }
    const chunk = /^\S+/.exec(rest)?.[0] ?? '';
    const taken = upToQuotation(chunk);
    rest = rest.slice(taken.length);
    const end = readChunk(taken, tokens);
    if (end !== '') endSentence(end === '?');
  }
  endSentence(false);
  return sentences;
}

function readQuotation(rest: string): { readonly text: string; readonly length: number } | undefined {
  const block = readCodeBlock(rest);
  if (block !== undefined) return block;
  for (const pattern of QUOTATIONS) {
    const match = pattern.exec(rest);
    if (match !== null) return { text: match[1] ?? '', length: match[0].length };
  }
  return undefined;
}

/** Between fences of three or more signs, or from one to the end. Searched, since a pattern would try each fence anew. */
function readCodeBlock(rest: string): { readonly text: string; readonly length: number } | undefined {
  const fence = /^(?:`{3,}|~{3,})/.exec(rest)?.[0];
  const lineEnd = fence === undefined ? -1 : rest.indexOf('\n');
  if (fence === undefined || lineEnd < 0) return undefined;
  const close = rest.indexOf(`\n${fence}`, lineEnd + 1);
  const language = rest.slice(fence.length, lineEnd);
  const code = rest.slice(lineEnd + 1, close < 0 ? rest.length : close);
  return {
    text: `${language}\n${code.trimEnd()}`,
    length: close < 0 ? rest.length : close + 1 + fence.length,
  };
}

/** `("foo"` opens a bracket before a quotation. */
function upToQuotation(chunk: string): string {
  return /^[([]+(?=["'`“„])/.exec(chunk)?.[0] ?? chunk;
}

const CLOSING: ReadonlySet<string> = new Set('.,;:!?…)]');

/** The signs at the end of a piece. */
function closingOf(piece: string): string {
  let start = piece.length;
  while (start > 0 && CLOSING.has(piece.charAt(start - 1))) start -= 1;
  return piece.slice(start);
}

/** Signs that are code wherever they stand; behind them even a full stop may belong to what is written. */
const CODE_SIGNS = /[\\^$*|{}<>=&%@~#+]/;

/** Adds what one piece between spaces holds; returns the sign that ends the sentence, or ''. */
function readChunk(chunk: string, tokens: Token[]): string {
  if (/^[-–—]+$/.test(chunk) && chunk !== '--') {
    tokens.push(tokens.at(-1)?.kind === 'number' ? literal('symbol', '-') : BORDER);
    return '';
  }
  if (/^(?:[.,;:!?…]|\.{3})$/.test(chunk)) {
    tokens.push(BORDER);
    return /[.!?]/.exec(chunk)?.[0] ?? '';
  }
  // "?." and "::" by themselves are what an ask is about.
  if (/^[.,;:!?…]+$/.test(chunk)) {
    tokens.push(literal('symbol', chunk));
    return '';
  }
  let core = chunk;
  let closing = closingOf(core);
  if (closing !== '' && NAMES.has(core.slice(0, -closing.length).toLowerCase())) {
    core = core.slice(0, -closing.length);
  } else if (closing !== '' && (CODE_SIGNS.test(core) || isCall(core)) && !isAmount(core, closing)) {
    closing = isCall(core) ? core.slice(core.indexOf(')') + 1) : '';
    core = core.slice(0, core.length - closing.length);
  } else {
    core = core.slice(0, core.length - closing.length);
  }
  const opening = CODE_SIGNS.test(core) ? '' : (/^[([]+/.exec(core)?.[0] ?? '');
  // Brackets count: "(a + b) * c" is not "a + (b * c)".
  if (opening !== '') tokens.push(literal('symbol', opening));
  addCore(core.slice(opening.length), tokens);
  if (closing === '') return '';
  const brackets = closing.replaceAll(/[^)\]]/g, '');
  if (brackets !== '') tokens.push(literal('symbol', brackets));
  const end = /[.!?…]/.exec(closing)?.[0] ?? '';
  if (end === '') tokens.push(BORDER);
  return end;
}

/** `parse()`, `user.save()`: a name with empty brackets. */
function isCall(core: string): boolean {
  return /^[\w$.]+\(\)[.,;:!?…)\]]*$/.test(core);
}

function isAmount(core: string, closing: string): boolean {
  return /^[\d.,]+%$/.test(core.slice(0, -closing.length));
}

function addCore(core: string, tokens: Token[]): void {
  if (core === '') return;
  const lower = core.toLowerCase();
  const name = NAMES.get(lower);
  if (name !== undefined) {
    tokens.push({ kind: 'name', text: name, isCapital: /^[A-Z]/.test(core) });
    return;
  }
  if (/^[\p{L}\p{M}']+$/u.test(core) && !isCamelCase(core)) {
    addWords(core, tokens);
    return;
  }
  if (/^\p{L}{2,}(?:-\p{L}+)+$/u.test(core) && !isCamelCase(core)) {
    addHyphened(lower, tokens);
    return;
  }
  const amount = amountOf(core);
  tokens.push(amount === undefined ? literal(kindOf(core), core) : literal('number', amount));
}

const CONTRACTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ["won't", ['will', 'not']],
  ["can't", ['can', 'not']],
  ['cannot', ['can', 'not']],
  ["let's", ['let', 'us']],
  ['dont', ['do', 'not']],
  ['doesnt', ['does', 'not']],
  ['didnt', ['did', 'not']],
  ['isnt', ['is', 'not']],
  ['cant', ['can', 'not']],
  ['whats', ['what', 'is']],
  ['hows', ['how', 'is']],
]);
const ENDINGS: readonly (readonly [ending: string, word: string])[] = [
  ["n't", 'not'],
  ["'re", 'are'],
  ["'ve", 'have'],
  ["'ll", 'will'],
  ["'d", 'would'],
  ["'m", 'am'],
];
const IS_BEHIND = new Set('it what how where who that there here why when which he she'.split(' '));

function addWords(core: string, tokens: Token[]): void {
  // Names in capitals are often written small; `String` and `string` are two things.
  const isCapital = /^\p{Lu}\p{Ll}/u.test(core);
  for (const text of wordsOfContraction(core.toLowerCase())) {
    const number = NUMBERS.get(text);
    const unit = UNITS.get(text);
    const before = tokens.at(-1);
    if (number !== undefined && text !== 'one') tokens.push(literal('number', String(number)));
    else if (unit !== undefined && before?.kind === 'number' && /^[\d.]+$/.test(before.text)) {
      tokens[tokens.length - 1] = literal('number', `${before.text} ${UNITS.get(core) ?? unit}`);
    } else if (text !== '') tokens.push({ kind: 'word', text, isCapital });
  }
}

function wordsOfContraction(lower: string): readonly string[] {
  const known = CONTRACTIONS.get(lower);
  if (known !== undefined) return known;
  for (const [ending, word] of ENDINGS) {
    if (lower.endsWith(ending) && lower.length > ending.length) return [lower.slice(0, -ending.length), word];
  }
  if (lower.endsWith("'s")) {
    const owner = lower.slice(0, -2);
    return IS_BEHIND.has(owner) ? [owner, 'is'] : [owner];
  }
  return [lower.replace(/^'+|'+$/g, '')];
}

/** "dry-run" is "dry run", "re-render" one word. */
function addHyphened(lower: string, tokens: Token[]): void {
  const parts = lower.split('-');
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] ?? '';
    const isPrefix = /^(re|de|un|pre|co|sub|multi)$/.test(part) && index + 1 < parts.length;
    const text = isPrefix ? part + (parts[(index += 1)] ?? '') : part;
    const name = NAMES.get(text);
    tokens.push({ kind: name === undefined ? 'word' : 'name', text: name ?? text, isCapital: false });
  }
}

function isCamelCase(core: string): boolean {
  return /\p{Ll}\p{Lu}|\p{Lu}{2}\p{Ll}{2}/u.test(core);
}

/** "30s", "1,000", "10%", "5MB" with the unit in one spelling; undefined = no plain amount. */
function amountOf(core: string): string | undefined {
  const match = /^([+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d+(?:\.\d+)?)([a-zA-Zµ%]*)$/.exec(core);
  if (match === null) return undefined;
  const number = (match[1] ?? '').replaceAll(',', '');
  const unit = match[2] ?? '';
  if (unit === '') return number;
  const known = UNITS.get(unit);
  return known === undefined ? undefined : `${number} ${known}`;
}

function kindOf(core: string): TokenKind {
  if (/^[+-]?[\d.,:]+/.test(core) || /^v\d/i.test(core)) return 'number';
  if (/[/\\]/.test(core) || /\.[a-z0-9]{1,5}$/i.test(core)) return 'path';
  return /^[\p{L}\p{N}_$.-]+$/u.test(core) ? 'identifier' : 'symbol';
}

function literal(kind: TokenKind, text: string): Token {
  return { kind, text, isCapital: false };
}

/** Puts one word in the place of each known phrase. */
function joinPhrases(tokens: readonly Token[]): readonly Token[] {
  const joined: Token[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token === undefined) break;
    const rows = token.kind === 'word' ? PHRASES.get(token.text) : undefined;
    const row = rows?.find(({ from }) => from.every((word, offset) => isWord(tokens[index + offset], word)));
    if (row === undefined) {
      joined.push(token);
      continue;
    }
    for (const text of row.to) joined.push({ ...token, text });
    index += row.from.length - 1;
  }
  return joined;
}

function isWord(token: Token | undefined, word: string): boolean {
  if (token === undefined || (token.kind !== 'word' && token.kind !== 'name')) return false;
  return token.text === word;
}
