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
const CODE: Bounds = { repeats: 14, chars: 500 };
/** Lines or sentences that may form the part that repeats. */
const MAX_PERIOD_UNITS = 8;
const MAX_PERIOD_WORDS = 10;
/** How much of the end is searched for a repetition of any shape. */
const TAIL_CHARS = 16 * 1024;

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
    hasPeriodicRun(wordsOf(lines), MAX_PERIOD_WORDS, { repeats: 10, chars: 40 }) ||
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
  return bare.split(/(?<=[.!?。！？])\s*/).filter((sentence) => sentence !== '' && /\p{L}/u.test(sentence));
}

function wordsOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(/\s+/)).filter((word) => /\p{L}/u.test(word));
}

function hasWords(line: string): boolean {
  return /\p{L}{2}.*\p{L}{2}/u.test(line.length > 400 ? line.slice(0, 400) : line);
}

/** `units[i] = units[i - period]` for long enough, with any period up to `maxPeriod`. */
function hasPeriodicRun(units: readonly string[], maxPeriod: number, bounds: Bounds): boolean {
  for (let period = 1; period <= maxPeriod; period += 1) {
    let run = 0;
    let chars = 0;
    for (let index = period; index < units.length; index += 1) {
      const unit = units[index] ?? '';
      if (unit !== units[index - period]) {
        run = 0;
        chars = 0;
        continue;
      }
      run += 1;
      chars += unit.length;
      if (run >= period * (bounds.repeats - 1) && chars >= bounds.chars) return true;
    }
  }
  return false;
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
