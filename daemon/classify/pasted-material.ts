// Splits an ask into the instruction and the text that was pasted with it, where that is clear and the instruction is
// plain work on the text: translation, summary, sorting, extraction, counting, formatting, or small talk. What asks for
// more (fix, why, refactor, design) is never split, since there the text is the work. One pass over a bounded sample.

import { ASK_CONCEPTS, conceptsOfRun, conceptsOfWord } from './ask-concepts.ts';
import { wordsIn } from './phrase-matcher.ts';
import { COMMON_VERBS, EDIT_VERBS } from './rule-signals.ts';

export interface PastedMaterial {
  readonly instruction: string;
  readonly materialChars: number;
  /** Nothing is asked of the text: a greeting, thanks. */
  readonly isSmallTalk: boolean;
}

/** Shorter asks are understood as they are. */
const MIN_ASK_CHARS = 300;
const MAX_INSTRUCTION_CHARS = 200;
/** A prefix on the line of its text is shorter: `Translate to German: …`. */
const MAX_PREFIX_CHARS = 120;
const SAMPLE_CHARS = 4000;

export function pastedMaterial(ask: string): PastedMaterial | undefined {
  const text = ask.trim();
  if (text.length < MIN_ASK_CHARS) return undefined;
  return split(text, leadOf(text), true) ?? split(text, tailOf(text), false);
}

/** What is said before the text: the first line or paragraph, or the beginning of a long line. */
function leadOf(text: string): string {
  const start = text.slice(0, MAX_INSTRUCTION_CHARS + 2);
  const mark = start.slice(0, MAX_PREFIX_CHARS).search(/[:?：？](?:\s|$)/);
  const prefix = mark < 0 ? '' : start.slice(0, mark + 1);
  const paragraph = start.search(/\n[ \t\r]{0,8}\n/);
  const line = start.indexOf('\n');
  if (prefix !== '' && (line < 0 || mark < line)) return line > mark + 3 ? start.slice(0, line) : prefix;
  return start.slice(0, Math.max(0, paragraph > 0 ? paragraph : line));
}

/** What is said behind it: the last paragraph, or the last line. */
function tailOf(text: string): string {
  const end = text.slice(-MAX_INSTRUCTION_CHARS - 2);
  const line = end.lastIndexOf('\n');
  return line < 0 ? '' : end.slice(line + 1).trim();
}

function split(text: string, instruction: string, isLead: boolean): PastedMaterial | undefined {
  const material = isLead ? text.slice(instruction.length) : text.slice(0, -instruction.length);
  if (instruction.trim() === '' || material.length < MIN_ASK_CHARS - MAX_INSTRUCTION_CHARS) return undefined;
  const words = wordsIn(instruction);
  const work = workOf(words, /^[^\s:]+ ?:/.test(instruction));
  if (work === undefined) return undefined;
  const sample = [material.slice(0, SAMPLE_CHARS), material.slice(SAMPLE_CHARS).slice(-SAMPLE_CHARS)];
  const lines = sample.flatMap((part) => part.split('\n').map((line) => line.trim())).filter(Boolean);
  const isMachineText =
    isMachineLine((isLead ? lines.at(-1) : lines[0]) ?? '') &&
    lines.filter(isMachineLine).length >= MACHINE_SHARE * lines.length;
  if (!isMachineText) {
    const shows = isLead ? /[:：]/.test(instruction) : /^["'`>“«„]/.test(lines[0] ?? '');
    const points = shows || words.some((word) => POINTING_WORDS.has(word));
    if (work === 'talk' || !points || hasOrders(lines, isLead)) return undefined;
  }
  return { instruction: instruction.trim(), materialChars: material.length, isSmallTalk: work === 'talk' };
}

/** Nearly every line of a log, of JSON or of code, up to the end that the instruction is not at; the rest is wrapped. */
const MACHINE_SHARE = 0.7;

/** A line of a log, of data or of code. Numbered points and words are somebody's own. */
function isMachineLine(line: string): boolean {
  if (/^\d{1,3}[.)] /.test(line)) return false;
  if (/^(?:[\d{}[\]<>"'`|@$();/]|at |(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b)/.test(line)) return true;
  return /[{};,(]$/.test(line) && /[=(){}:]/.test(line.slice(0, MAX_INSTRUCTION_CHARS));
}

/** Prose that has something to ask itself, answers to choose from, or a problem with its examples. */
function hasOrders(lines: readonly string[], isLead: boolean): boolean {
  if (lines.some((line) => PROBLEM_LINE.test(line))) return true;
  const spoken = isLead ? [lines[0], lines.at(-1)] : [lines[0]];
  return spoken.some((line = '') => {
    const first = wordsIn(line.slice(0, MAX_INSTRUCTION_CHARS))[0] ?? '';
    return EDIT_VERBS.has(first) || COMMON_VERBS.has(first) || ORDER_OPENERS.has(first);
  });
}

const PROBLEM_LINE =
  /^(?:\(?[A-Ea-e][).:] |(?:sample |example )?(?:inputs?|outputs?|examples?|constraints|choices|options)(?: \d+)?:)/i;

/** What an instruction wants of its text; undefined where that is more than plain work, or cannot be told. */
function workOf(words: readonly string[], isTitled: boolean): 'work' | 'talk' | undefined {
  // "Extract the error lines" speaks of no fault to be found.
  const said = new Set(words.filter((word) => word !== 'error').flatMap(conceptsIn));
  const speaksOf = (names: readonly string[]): boolean => names.some((name) => said.has(name));
  const hasAny = (set: ReadonlySet<string>): boolean => words.some((word) => set.has(word));
  const [first = ''] = words;
  if (speaksOf(REAL_WORK) || hasAny(REAL_WORK_WORDS) || (isTitled && TITLES.has(first))) return undefined;
  // "Review this" is real work, "is this review positive?" is not.
  if (words.some((word, at) => word === 'review' && !ARTICLES.has(words[at - 1] ?? ''))) return undefined;
  if (first === 'add' && hasAny(COMMENT_WORDS) && !words.includes('and')) return 'work';
  if (speaksOf(['extract']) && hasAny(EXTRACTED_CODE)) return undefined;
  if (/^(?:convert|turn)$/.test(first) && hasAny(FORMATS)) return 'work';
  if (speaksOf(OF_CODE) || (speaksOf(['fix']) && !speaksOf(['correct']))) return undefined;
  if (isFactQuestion(words)) return 'work';
  if (speaksOf(['how'])) return undefined;
  if (speaksOf(PLAIN_WORK)) return 'work';
  const isTalk = words.every((word) => TALK_FILLERS.has(word) || conceptsIn(word).some(isTalkConcept));
  return isTalk && words.length > 0 ? 'talk' : undefined;
}

function conceptsIn(word: string): readonly string[] {
  return [...conceptsOfWord(word), ...conceptsOfRun(word)].map((concept) => ASK_CONCEPTS[concept] ?? '');
}

/** "How many users are in this JSON?", "what is the first line?" */
function isFactQuestion(words: readonly string[]): boolean {
  const [first = '', second = ''] = words;
  if (first === 'count' && words.length > 1) return true;
  const isCount = /^(?:how (?:many|much|often)|wie (?:viele|oft))$/.test(`${first} ${second}`);
  return words.some((word) =>
    isCount ? POINTING_WORDS.has(word) : FACT_OPENERS.has(first) && FACT_WORDS.has(word),
  );
}

const PLAIN_WORK = ['translate', 'summarize', 'classify', 'extract', 'correct', 'format'];
const OF_CODE = ['function', 'add', 'write'];
const isTalkConcept = (concept: string): boolean => concept === 'greeting' || concept === 'thanks';
const setOf = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));
const REAL_WORK =
  'prove compare law design plan explain why fault find-cause implement test run verse story condition'.split(
    ' ',
  );
const REAL_WORK_WORDS = setOf(`
  check critique port improve optimize optimise faster solve module component hook method helper service rust
  python java javascript typescript go golang kotlin swift ruby php sql haskell scala c cpp perl bash then after also
  complexity proof best better should ways output ui cli change works async`);
const ORDER_OPENERS = setOf('then also finally afterwards and please can could how why what given');
const FACT_OPENERS = setOf('what which who when where list');
const TITLES = setOf('summary format formatting translation classification sentiment zusammenfassung');
const COMMENT_WORDS = setOf('comment comments docstring docstrings jsdoc');
const EXTRACTED_CODE = setOf('into logic own shared common parts reusable');
const FORMATS = setOf('json yaml csv xml table markdown bullet list uppercase lowercase');
const TALK_FILLERS = setOf('you a lot so much very there for all again everyone morgen');
const POINTING_WORDS = setOf(`
  this these those following above below here e-mail email text article review diese dieser diesen dieses diesem
  folgenden folgende ce cette ces este esta esto estos`);
const ARTICLES = setOf('this the that following a each');
const FACT_WORDS = setOf(`
  first last line lines word words name names names' date dates count number title author mentioned email emails e-mail
  language longest shortest zeile zeilen wörter namen datum`);
