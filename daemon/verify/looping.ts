// Finds answers that say the same again and again: sentences, lines or words that repeat with a fixed period, or one
// sentence all over. Linear in the text; code, tables and data may repeat much more than prose before it counts.

import type { AnswerFinding } from './answer-check.ts';
import type { AnswerSubject } from './subject.ts';

interface Bounds {
  /** The same text so many times in a row. */
  readonly repeats: number;
  /** And together so long. */
  readonly chars: number;
}

const PROSE: Bounds = { repeats: 5, chars: 120 };
const WORDS: Bounds = { repeats: 10, chars: 40 };
const CODE: Bounds = { repeats: 14, chars: 500 };
const SPACES = /\s+/;
const LETTER = /\p{L}/u;
/** Lines or sentences that may form the part that repeats. */
const MAX_PERIOD_UNITS = 8;
const MAX_PERIOD_WORDS = 10;
/** How much of the end is searched for a repetition of any shape. */
const TAIL_CHARS = 16 * 1024;
/** With one period fewer than the least of what counts: 120 characters of 5 periods. */
const LAST_CHARS = 64;

export function loopingAnswer(subject: AnswerSubject): AnswerFinding | null {
  if (wantsRepetition(subject.checked.ask)) return null;
  const { prose, blocks } = subject.fenced;
  const isRepeating =
    repeatsInProse(prose) ||
    blocks.some(({ code, language }) => !isData(language) && repeatsInCode(code)) ||
    subject.answer.calls.some(({ input }) => repeatsInCode(input.replaceAll('\\n', '\n')));
  return isRepeating ? { kind: 'looping', why: 'repeated itself over and over' } : null;
}

function wantsRepetition(ask: string): boolean {
  const start = ask.slice(0, 20_000);
  return /\brepeat|\b(?:\d+|hundred|twenty|fifty|thousand|many|several|ten) times|lorem|ascii|\bsong|lyrics|chorus|mantra|refrain|chant|\becho\b|\bpattern|over and over|copies of|dummy data|test data|\bfill(?:er|ed)?\b/i.test(
    start,
  );
}

function isData(language: string): boolean {
  return ['csv', 'text', 'txt', 'plaintext', 'svg', 'xml', 'log', 'output', 'console', 'mermaid'].includes(
    language,
  );
}

function repeatsInProse(prose: string): boolean {
  const lines = prose.split('\n').filter((line) => !line.trimStart().startsWith('|'));
  const units = lines.flatMap((line) => sentencesOf(line));
  return (
    hasPeriodicRun(units, MAX_PERIOD_UNITS, PROSE) ||
    saysOneThing(units) ||
    (mayRepeatWords(lines) && hasPeriodicRun(wordsOf(lines), MAX_PERIOD_WORDS, WORDS)) ||
    hasPeriodicTail(lines.join('\n'), PROSE)
  );
}

function repeatsInCode(code: string): boolean {
  const lines = code.split('\n').map((line) => line.trim());
  return hasPeriodicRun(lines.filter(hasWords), MAX_PERIOD_UNITS, CODE) || hasPeriodicTail(code, CODE);
}

/** Numbers are left out of numbered sentences only, so that "Step 7: try again" is the same as "Step 8: try again". */
function sentencesOf(line: string): readonly string[] {
  const bare = line.trim().replace(/^(?:[-*+>#]+\s*)?(?:(?:step\s*)?\d{1,5}[.):]\s*)?/i, '');
  if (bare === '') return [];
  return bare.split(/(?<=[.!?。！？])\s*/).filter((sentence) => sentence !== '' && LETTER.test(sentence));
}

function wordsOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(SPACES)).filter((word) => LETTER.test(word));
}

/** The same question of the words' checksums, which are had in one walk: 6 us for a text whose words take 33. */
function mayRepeatWords(lines: readonly string[]): boolean {
  const sums: number[] = [];
  for (const line of lines) addWordSums(line, sums);
  return hasPeriodicRun(sums, MAX_PERIOD_WORDS, { ...WORDS, chars: 0 });
}

/** One for each word that `wordsOf` finds; equal words have equal ones. */
function addWordSums(line: string, sums: number[]): void {
  let start = 0;
  let sum = 0;
  let hasLetter = false;
  let isForeign = false;
  for (let at = 0; at <= line.length; at += 1) {
    const code = at === line.length ? 0x20 : line.charCodeAt(at);
    const isSpace = code <= 0x20 ? isPlainSpace(code) : isForeignSpace(code);
    if (!isSpace) {
      sum = (Math.imul(sum, 31) + code) | 0;
      const lower = code | 0x20;
      if (lower >= 97 && lower <= 122) hasLetter = true;
      else if (code >= 0x80) isForeign = true;
      continue;
    }
    if (hasLetter || (isForeign && LETTER.test(line.slice(start, at)))) sums.push(sum);
    start = at + 1;
    sum = 0;
    hasLetter = false;
    isForeign = false;
  }
}

function isPlainSpace(code: number): boolean {
  return code === 0x20 || (code >= 9 && code <= 13);
}

/** The others that a pattern takes for a space. */
function isForeignSpace(code: number): boolean {
  if (code < 0x1680) return code === 0xa0;
  if (code < 0x3000) return code === 0x1680 || (code >= 0x2000 && SPACES.test(String.fromCharCode(code)));
  return code === 0x3000 || code === 0xfeff;
}

function hasWords(line: string): boolean {
  return /\p{L}{2}.*\p{L}{2}/u.test(line.length > 400 ? line.slice(0, 400) : line);
}

/**
 * `units[i] = units[i - period]` for long enough, with any period up to `maxPeriod`. A run so long holds every index that
 * is a multiple of its least length, so only those are looked at, and what is around them where they are equal.
 */
function hasPeriodicRun(units: readonly (string | number)[], maxPeriod: number, bounds: Bounds): boolean {
  for (let period = 1; period <= maxPeriod; period += 1) {
    const leastRun = period * (bounds.repeats - 1);
    const isEqual = (index: number): boolean => units[index] === units[index - period];
    for (let index = period + leastRun - 1; index < units.length; index += leastRun) {
      if (!isEqual(index)) continue;
      let start = index;
      while (start > period && isEqual(start - 1)) start -= 1;
      let end = index + 1;
      while (end < units.length && isEqual(end)) end += 1;
      if (end - start >= leastRun && charsOf(units, start, end) >= bounds.chars) return true;
      while (index + leastRun < end) index += leastRun;
    }
  }
  return false;
}

/** Of checksums nobody knows. */
function charsOf(units: readonly (string | number)[], start: number, end: number): number {
  let chars = 0;
  for (const unit of units.slice(start, end)) chars += typeof unit === 'string' ? unit.length : 0;
  return chars;
}

/** One longer sentence makes up much of the text. */
function saysOneThing(units: readonly string[]): boolean {
  const counts = new Map<string, number>();
  for (const unit of units) if (unit.length >= 20) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return most >= 8 && most >= units.length * 0.3;
}

/** Knuth-Morris-Pratt on the reversed end of the text: how long a suffix has a period so short that it repeats. */
function hasPeriodicTail(text: string, bounds: Bounds): boolean {
  const tail = text.trimEnd().slice(-TAIL_CHARS);
  const { length } = tail;
  // A period so short that it repeats moves the last of it onto itself. Without that nothing more need be looked at.
  const last = tail.slice(-LAST_CHARS);
  if (tail.lastIndexOf(last, length - last.length - 1) === -1) return false;
  const border = new Uint16Array(length + 1);
  const at = (index: number): number => tail.charCodeAt(length - 1 - index);
  for (let index = 1, matched = 0; index < length; index += 1) {
    while (matched > 0 && at(index) !== at(matched)) matched = border[matched - 1] ?? 0;
    if (at(index) === at(matched)) matched += 1;
    border[index] = matched;
    const size = index + 1;
    const period = size - matched;
    if (size < bounds.chars || size < period * bounds.repeats) continue;
    const part = tail.slice(length - period);
    if (period >= 3 && /\p{L}{2}/u.test(part) && (period >= 8 || size >= period * 20)) return true;
  }
  return false;
}
