// What the ask head reads of an ask: the words of the order apart from those of its material, the signals of the rules,
// and counts of the shape. "Translate: …" and "why does …" are told from texts that merely contain such words.
// Names, quotations and numbers become placeholders, so that what is learnt holds in projects nobody has seen.
// Change nothing here without training again (test/eval/training/train-ask-head.ts).

import { askBrief } from './ask-brief.ts';
import { ASK_CONCEPTS, conceptsOfRun, conceptsOfWord } from './ask-concepts.ts';
import type { TaskType } from '../protocol/vocabulary.ts';
import type { AskBrief } from './ask-brief.ts';
import type { AskShape } from './ask-shape.ts';
import { shapeOf } from './ask-shape.ts';
import type { AskTextFeatures } from './ask-text-features.ts';
import { wordsIn } from './phrase-matcher.ts';
import type { RuleJudgement } from './rule-classifier.ts';
import { judgeByRules } from './rule-classifier.ts';
import { COMMON_VERBS, EDIT_VERBS, POLITE_WORDS, RULE_SIGNALS } from './rule-signals.ts';
import { DASH, SPACE, SparseValues, finish, hashOf, hashOfTwo, step, steps } from './sparse-values.ts';

export interface AskHeadFeatures {
  readonly text: AskTextFeatures;
  readonly shape: AskShape;
  readonly rules: RuleJudgement;
  /** Words of the order, placeholders among them. */
  readonly order: readonly string[];
}

/** The order of the first outputs of the head. */
export const ASK_HEAD_TASKS: readonly TaskType[] = [
  'code',
  'classification',
  'reasoning',
  'translation',
  'creative',
  'vision',
  'general',
];
/** Names of the other outputs, in order: log-odds each. */
export const ASK_HEAD_FLAGS: readonly string[] = ['needsStronger', 'needsStrongest', 'leansOnContext'];

/** An order is said in so many words from the beginning of an ask; its end often repeats it. */
const ORDER_START_WORDS = 36;
const ORDER_END_WORDS = 16;
/** A colon or a new line after at most so many words ends an order; what follows is its material. */
const LEAD_WORDS = 25;
/** A last paragraph of at most this size is spoken to the assistant again. */
const CLOSING_CHARS = 160;
/** Material is sampled: what it is about shows soon. */
const MATERIAL_WORDS = 80;

const SHAPE_COUNTS: readonly string[] = [
  'length of the order',
  'length of the ask',
  'words of the order',
  'a short ask',
  'a very short ask',
  'identifiers',
  'code block',
  'pasted error',
  'points to cover',
  'question',
  'other script',
  'several sentences',
  'clauses',
  'quotations',
  'names of things in the code',
  'opens with a verb of editing',
  'opens with a common verb',
  'opens with a question word',
  'material below the order',
  'rules: difficulty',
  'rules: hardness',
];

/** Names of the dense features, in order: the counts, the rows of the rule table, the concepts (anywhere, and first). */
export const ASK_HEAD_DENSE: readonly string[] = [
  ...SHAPE_COUNTS,
  ...RULE_SIGNALS.map((row) => row.why),
  ...ASK_CONCEPTS.map((concept) => `speaks of: ${concept}`),
  ...ASK_CONCEPTS.map((concept) => `begins with: ${concept}`),
];

const QUESTION_WORDS: ReadonlySet<string> = new Set(
  `what what's whats which who where when how why is are does do did can could will would should was were has
  have any`.split(/\s+/),
);
const CLAUSE_WORDS: ReadonlySet<string> = new Set(
  'and then but if when unless also instead except so because while that which otherwise only should must'.split(
    ' ',
  ),
);

export function askHeadFeatures(ask: string): AskHeadFeatures {
  const shape = shapeOf(ask);
  const prose = masked(shape.prose);
  const { order, material, orderText } = splitOrder(prose);
  const later = laterSentences(prose);
  // The words of material say nothing about the work.
  const rules = orderText === null ? judgeByRules(ask, shape) : judgeByRules(orderText);
  const sparse = new SparseValues();
  addOrder(sparse, order);
  const concepts = conceptsOf(order);
  sparse.addWords(CONCEPT_SEED, pairsOf(concepts), 1.4);
  sparse.addWords(SENTENCE_SEED, later, 0.8);
  sparse.addWords(MATERIAL_SEED, material.slice(0, MATERIAL_WORDS), 0.5);
  return {
    text: { ...sparse.result(), dense: denseOf(shape, rules, order, material, concepts) },
    shape,
    rules,
    order,
  };
}

/** Hash of one word of an order, as the list of known words has it. */
export function orderWordHash(word: string): number {
  return hashOf(WORD_SEED, word);
}

const WORD_SEED = 0x811c9dc5;
const PAIR_SEED = 0x2545f491;
const GAP_SEED = 0x51ed270b;
const PIECE_SEED = 0x6b43a9b5;
const START_SEED = 0x1b873593;
const MATERIAL_SEED = 0x3c6ef372;
const CONCEPT_SEED = 0x1f83d9ab;
const SENTENCE_SEED = 0x5be0cd19;

function addOrder(sparse: SparseValues, order: readonly string[]): void {
  const { length } = order;
  sparse.addWords(WORD_SEED, order, 1);
  sparse.begin();
  for (let index = 0; index < length; index += 1)
    sparse.note(hashOfTwo(PAIR_SEED, order[index - 1] ?? '^', order[index] ?? ''));
  sparse.end(1);
  sparse.begin();
  for (let index = 2; index < length; index += 1)
    sparse.note(hashOfTwo(GAP_SEED, order[index - 2] ?? '', order[index] ?? ''));
  sparse.end(0.5);
  sparse.begin();
  for (const word of order) addPieces(sparse, word);
  sparse.end(0.8);
  const first = Math.max(
    0,
    order.findIndex((word) => !POLITE_WORDS.has(word)),
  );
  sparse.begin();
  let opening = START_SEED;
  for (let index = first; index < Math.min(first + 3, length); index += 1) {
    if (index > first) opening = step(opening, SPACE);
    opening = steps(opening, order[index] ?? '');
    sparse.note(finish(opening));
  }
  sparse.end(1);
}

/** Concepts of the order in the order of its words. */
function conceptsOf(order: readonly string[]): readonly number[] {
  return order.flatMap(conceptsOfToken);
}

/** Concepts of one word of an order. */
export function conceptsOfToken(word: string): readonly number[] {
  if (word.startsWith(PLACEHOLDER)) return [];
  return word.charCodeAt(0) >= 0x2e80 ? conceptsOfRun(word) : conceptsOfWord(word);
}

/** Two concepts that occur in one order, whichever comes first. */
function pairsOf(concepts: readonly number[]): readonly string[] {
  const distinct = [...new Set(concepts)].slice(0, 8);
  return distinct.flatMap((one) => distinct.filter((two) => two > one).map((two) => `${one}+${two}`));
}

/** Beginnings and the end of a word: forms of one word share them, and so do misspelt ones. A dash stands for the rest. */
function addPieces(sparse: SparseValues, word: string): void {
  const { length } = word;
  if (length < 4 || word.startsWith(PLACEHOLDER)) return;
  let beginning = PIECE_SEED;
  for (let index = 0; index < Math.min(5, length - 1); index += 1) {
    beginning = step(beginning, word.charCodeAt(index));
    if (index >= 2) sparse.note(finish(step(beginning, DASH)));
  }
  let end = step(PIECE_SEED, DASH);
  for (let index = length - 3; index < length; index += 1) end = step(end, word.charCodeAt(index));
  sparse.note(finish(end));
}

/** Marks a word that stands for something else; no text has it in a word. */
export const PLACEHOLDER = '_0';

/** Quotations, code and addresses as placeholders. Bounded repeats only: `prose` is bounded, and no text is slow. */
function masked(prose: string): string {
  return prose
    .replaceAll(/`[^`\n]{1,160}`/g, ` ${PLACEHOLDER}code `)
    .replaceAll(
      /"[^"\n]{1,240}"|“[^”\n]{1,240}”|«[^»\n]{1,240}»|「[^」\n]{1,240}」/g,
      ` ${PLACEHOLDER}quote `,
    )
    .replaceAll(/(?<=^|[\s(:])'[^'\n]{1,160}'(?=$|[\s.,;:?!)])/g, ` ${PLACEHOLDER}quote `)
    .replaceAll(/https?:\/\/\S{1,300}/g, ` ${PLACEHOLDER}url `);
}

interface SplitAsk {
  /** null when all of the ask is order. */
  readonly orderText: string | null;
  readonly order: readonly string[];
  readonly material: readonly string[];
}

function splitOrder(prose: string): SplitAsk {
  const text = prose.trim();
  const brief = askBrief(text);
  if (brief !== undefined) return splitBrief(brief);
  const cut = endOfLead(text);
  const lead = tokensOf(text.slice(0, cut));
  const rest = text.slice(cut);
  if (rest.trim() === '') return splitByCount(lead);
  if (lead.length > LEAD_WORDS || lead.length === 0) return splitByCount(tokensOf(text));
  const paragraph = rest.lastIndexOf('\n\n');
  const closing = paragraph >= 0 ? rest.slice(paragraph).trim() : '';
  const isClosing = closing !== '' && closing.length <= CLOSING_CHARS;
  return {
    orderText: `${text.slice(0, cut)}\n${isClosing ? closing : ''}`,
    order: isClosing ? [...lead, ...tokensOf(closing)] : lead,
    material: tokensOf(isClosing ? rest.slice(0, paragraph) : rest),
  };
}

/** The order of a brief and the report that it wants; its context is material. */
function splitBrief({ order, report, material }: AskBrief): SplitAsk {
  const asked = tokensOf(order);
  const wanted = tokensOf(report);
  return {
    orderText: `${order}\n${report}`,
    order: [...asked.slice(0, ORDER_START_WORDS), ...wanted.slice(0, ORDER_END_WORDS)],
    material: [...asked.slice(ORDER_START_WORDS), ...wanted.slice(ORDER_END_WORDS), ...tokensOf(material)],
  };
}

/** Where a colon or a new line ends the first words; the length of the text when neither does. */
function endOfLead(text: string): number {
  for (let position = 1; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code === 10) return position;
    const isColon = code === 0xff1a || (code === 58 && isSpace(text.charCodeAt(position + 1)));
    if (isColon && text.slice(0, position).split(' ').length >= 2) return position;
  }
  return text.length;
}

function splitByCount(tokens: readonly string[]): SplitAsk {
  if (tokens.length <= ORDER_START_WORDS + ORDER_END_WORDS)
    return { orderText: null, order: tokens, material: [] };
  return {
    orderText: null,
    order: [...tokens.slice(0, ORDER_START_WORDS), ...tokens.slice(-ORDER_END_WORDS)],
    material: tokens.slice(ORDER_START_WORDS, -ORDER_END_WORDS),
  };
}

/** The first two words of each sentence but the first. Bounded. */
function laterSentences(prose: string): readonly string[] {
  const found: string[] = [];
  const end = Math.min(prose.length, SENTENCES_CHARS);
  for (let position = 1; position < end && found.length < MAX_SENTENCES; position += 1) {
    const code = prose.charCodeAt(position - 1);
    const isEnd =
      code === 10 || ((code === 46 || code === 59 || code === 63) && isSpace(prose.charCodeAt(position)));
    if (!isEnd) continue;
    const [first, second = ''] = wordsIn(prose.slice(position, position + 48));
    if (first !== undefined) found.push(`${first} ${second}`);
  }
  return found;
}

const SENTENCES_CHARS = 2000;
const MAX_SENTENCES = 16;

/** Words in lower case; names, numbers and long data as placeholders; writing without spaces in pairs of signs. */
function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  for (const raw of text.split(/\s/)) {
    if (raw === '') continue;
    if (isName(raw)) tokens.push(`${PLACEHOLDER}name`);
    else {
      for (const word of wordsIn(raw.slice(0, 400))) tokens.push(...partsOf(word));
      if (raw.endsWith('?') || raw.endsWith('\uff1f')) tokens.push('?');
    }
  }
  return tokens;
}

function partsOf(word: string): readonly string[] {
  if (word.startsWith(PLACEHOLDER)) return [word];
  const first = word.charCodeAt(0);
  if (first >= 48 && first <= 57) return [`${PLACEHOLDER}number`];
  if (!hasWideSigns(word)) return [word.length > 24 ? `${PLACEHOLDER}name` : word];
  const parts: string[] = [];
  for (let index = 0; index < Math.min(word.length, 120); index += 1) {
    parts.push(word.slice(index, index + 1));
    if (index + 1 < word.length) parts.push(word.slice(index, index + 2));
    if (index + 3 < word.length) parts.push(word.slice(index, index + 4));
  }
  return parts;
}

/** foo_bar, fooBar, foo(), a.ts, src/a, --flag: things that have a name in a project. */
function isName(raw: string): boolean {
  if (raw.startsWith(PLACEHOLDER)) return false;
  const word = raw.slice(0, 80);
  if (word.startsWith('--') && word.length > 3) return true;
  if (word.startsWith('/') && word.length > 2) return true;
  return NAME_MARKS.test(word);
}

/** Each alternative is one fixed step, so that nothing is tried twice. */
const NAME_MARKS =
  /[A-Za-z0-9]_[A-Za-z0-9]|[a-z]{2}[A-Z][a-z]|\w\(|\w\[|\w::\w|[a-z0-9]\.[a-z]{2}|\w\/\w|=>|^@\w/;

function hasWideSigns(word: string): boolean {
  for (let index = 0; index < word.length; index += 1) if (word.charCodeAt(index) >= 0x2e80) return true;
  return false;
}

function denseOf(
  shape: AskShape,
  rules: RuleJudgement,
  order: readonly string[],
  material: readonly string[],
  concepts: readonly number[],
): Float64Array {
  const start = order.find((word) => !POLITE_WORDS.has(word)) ?? '';
  const orderChars = order.reduce((sum, word) => sum + word.length + 1, 0);
  const named = order.filter((word) => word === `${PLACEHOLDER}name` || word === `${PLACEHOLDER}code`).length;
  const dense = new Float64Array(ASK_HEAD_DENSE.length);
  dense.set([
    Math.log1p(orderChars) / 3,
    Math.log1p(shape.chars) / 4,
    Math.log1p(order.length) / 2,
    order.length <= 5 ? 1 : 0,
    order.length <= 2 ? 1 : 0,
    Math.log1p(shape.identifiers) / 2,
    flag(shape.hasCodeBlock),
    flag(shape.hasErrorText),
    Math.log1p(shape.listItems) / 2,
    flag(shape.isQuestion || order.includes('?')),
    shape.foreignRatio,
    Math.log1p(sentencesOf(shape.prose)) / 2,
    Math.log1p(order.filter((word) => CLAUSE_WORDS.has(word)).length) / 1.5,
    Math.log1p(order.filter((word) => word === `${PLACEHOLDER}quote`).length),
    Math.log1p(named),
    flag(EDIT_VERBS.has(start)),
    flag(COMMON_VERBS.has(start)),
    flag(QUESTION_WORDS.has(order[0] ?? '')),
    Math.log1p(material.length) / 3,
    clamp(rules.difficulty / 3),
    clamp(rules.hardness / 3),
  ]);
  for (const { row } of rules.matches) dense[SHAPE_COUNTS.length + RULE_SIGNALS.indexOf(row)] = 1;
  const anywhere = SHAPE_COUNTS.length + RULE_SIGNALS.length;
  for (const concept of concepts) dense[anywhere + concept] = 1;
  for (const concept of conceptsOfToken(start)) dense[anywhere + ASK_CONCEPTS.length + concept] = 1;
  return dense;
}

/** Ends of sentences and commas of an order: each adds something to do. */
function sentencesOf(prose: string): number {
  let count = 0;
  const end = Math.min(prose.length, 1200);
  for (let position = 1; position < end; position += 1) {
    const code = prose.charCodeAt(position);
    if ((code === 46 || code === 44 || code === 59) && isSpace(prose.charCodeAt(position + 1))) count += 1;
  }
  return count;
}

function clamp(value: number): number {
  return Math.max(-1, Math.min(1, value));
}

function flag(isSet: boolean): number {
  return isSet ? 1 : 0;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
