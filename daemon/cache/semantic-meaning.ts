// Takes an ask apart into what is wanted, what is to be done, and the parts that everything else plays, so that two
// wordings of one question come out equal and two questions do not. Order is kept wherever it may carry meaning; it is
// given up only for parts that a preposition marks ("in X, do Y" and "do Y in X") and for the one tool an ask is about
// ("a Python list" and "a list in Python").

import { FOREIGN } from './semantic-words.ts';
import { parseSentence } from './semantic-sentence.ts';
import { readSentences, type Sentence, type TokenKind } from './semantic-tokens.ts';

export interface Meaning {
  /** Asks in other languages are compared word by word. */
  readonly language: 'english' | 'other';
  /** One for each sentence. */
  readonly wants: readonly string[];
  readonly actions: readonly string[];
  readonly tenses: readonly string[];
  readonly literals: Readonly<Record<LiteralKind, readonly string[]>>;
  /** "not" and its kin. */
  readonly negations: number;
  /** Everything else that counts, in the form that stands for all of its forms. */
  readonly words: readonly string[];
  /** All of it with its order and parts. */
  readonly structure: string;
  /** How things are pointed at anywhere. */
  readonly pointings: ReadonlySet<Pointing>;
  /** One for each word of the structure. */
  readonly marks: readonly Mark[];
}

export type LiteralKind = Exclude<TokenKind, 'word' | 'border'>;

/** `open`: cannot be told. */
export type Pointing = 'this' | 'the' | 'a' | 'none' | 'counted' | 'open';

/** How a word is written and pointed at, where that may be seen. */
export interface Mark {
  readonly word: string;
  /** Of the last word of a run alone. */
  readonly pointing?: Pointing;
  /** Ends like a word for more than one. */
  readonly isPlural?: boolean;
  /** Absent at the beginning of a sentence, where every word has a capital letter. */
  readonly isCapital?: boolean;
}

const LITERAL_KINDS: readonly LiteralKind[] = ['name', 'number', 'identifier', 'path', 'symbol', 'quotation'];

export function meaningOf(ask: string): Meaning {
  const sentences = joinQuestionWords(readSentences(ask));
  const literals = literalsOf(sentences);
  if (!isEnglish(sentences)) return asWritten(sentences, literals);
  const hasOneName = new Set(literals.name).size === 1;
  const parsed = sentences
    .map((sentence) => parseSentence(sentence, hasOneName))
    .filter((one) => one !== undefined);
  return {
    language: 'english',
    wants: parsed.map(({ want }) => want),
    actions: parsed.map(({ action }) => action),
    tenses: parsed.map(({ tense }) => tense),
    literals,
    negations: parsed.reduce((sum, { negations }) => sum + negations, 0),
    words: parsed.flatMap(({ words }) => words).toSorted(),
    structure: parsed.map(({ structure }) => structure).join(' | '),
    pointings: new Set(parsed.flatMap(({ pointings }) => [...pointings])),
    marks: parsed.flatMap(({ marks }) => marks),
  };
}

/** "My tests hang. Why?" is one question. */
function joinQuestionWords(sentences: readonly Sentence[]): readonly Sentence[] {
  const joined: Sentence[] = [];
  for (const sentence of sentences) {
    const before = joined.at(-1);
    const [word, ...others] = sentence.tokens;
    const isQuestionWord = word?.kind === 'word' && /^(?:why|how)$/.test(word.text) && others.length === 0;
    if (!isQuestionWord || before === undefined) joined.push(sentence);
    else joined[joined.length - 1] = { tokens: [...before.tokens, word], isQuestion: true };
  }
  return joined;
}

function literalsOf(sentences: readonly Sentence[]): Record<LiteralKind, readonly string[]> {
  const all = sentences.flatMap(({ tokens }) => tokens);
  const of = (kind: TokenKind): readonly string[] =>
    all
      .filter((token) => token.kind === kind)
      .map(({ text }) => text)
      .toSorted();
  return {
    name: of('name'),
    number: of('number'),
    identifier: of('identifier'),
    path: of('path'),
    symbol: of('symbol'),
    quotation: of('quotation'),
  };
}

/** Two foreign words are enough to leave it alone, and so is one letter that English has not. */
function isEnglish(sentences: readonly Sentence[]): boolean {
  const foreign = new Set<string>();
  for (const { tokens } of sentences) {
    for (const { kind, text } of tokens) {
      if (kind !== 'word') continue;
      if (/[^a-z'-]/.test(text)) return false;
      if (FOREIGN.has(text)) foreign.add(text);
    }
  }
  return foreign.size < 2;
}

function asWritten(
  sentences: readonly Sentence[],
  literals: Record<LiteralKind, readonly string[]>,
): Meaning {
  const tokens = sentences.flatMap((sentence) => sentence.tokens.filter(({ kind }) => kind !== 'border'));
  return {
    language: 'other',
    wants: sentences.map(({ isQuestion }) => (isQuestion ? '?' : '.')),
    actions: [],
    tenses: [],
    literals,
    negations: 0,
    words: tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text),
    structure: tokens.map(({ kind, text }) => (kind === 'word' ? text : `=${text}`)).join(' '),
    pointings: new Set(),
    marks: [],
  };
}

export function literalKinds(): readonly LiteralKind[] {
  return LITERAL_KINDS;
}
