// The runs that a text is read in (words, numbers, marks, white space), as states of a machine: what a character costs in
// the run that stands before it, and the run after it. `step` is the definition; the scan uses it as a table.

import {
  CLASS,
  CLASS_COUNT,
  SCRIPT_FREE_LETTERS,
  SCRIPTS,
  WEIGHTS,
  WORD_FREE_LETTERS,
} from './token-weights.ts';

/** The run that a text ends with so far. What never matters again is not told apart, so there are few of them. */
export interface Run {
  readonly kind: 'none' | 'word' | 'contraction' | 'digits' | 'marks' | 'symbols' | 'space' | 'script';
  /** Of a word the class of its last letter, of a script its own, of one mark behind a word whether it is an apostrophe. */
  readonly last: number;
  /** Up to where more of it makes no difference; of digits within their group. */
  readonly length: number;
  /** Of white space: what is behind its line break (2 = more than one), or null without one. */
  readonly indent: number | null;
  readonly isAfterMark: boolean;
}

export interface Step {
  readonly run: Run;
  /** Hundredths of a token. */
  readonly cost: number;
}

export const NO_RUN: Run = { kind: 'none', last: 0, length: 0, indent: null, isAfterMark: false };

export function step(run: Run, next: number): Step {
  if (next <= CLASS.smallI) return stepIntoWord(run, next);
  const ended = run.kind === 'word' ? endOfWord(run.last) : 0;
  const { run: after, cost } = stepOutOfWord(run, next);
  return { run: after, cost: ended + cost };
}

function stepIntoWord(run: Run, next: number): Step {
  const isOneWord = run.kind === 'word' && (next !== CLASS.capital || run.last === CLASS.capital);
  if (isOneWord) {
    const isLong = run.length >= WORD_FREE_LETTERS;
    const length = isLong ? run.length : run.length + 1;
    return { run: { ...run, last: next, length }, cost: isLong ? WEIGHTS.longWordLetter : 0 };
  }
  if (run.last === CLASS.apostrophe && run.kind === 'marks' && next !== CLASS.capital) {
    return { run: { ...NO_RUN, kind: 'contraction', length: 1 }, cost: WEIGHTS.contraction - WEIGHTS.marks };
  }
  if (run.kind === 'contraction' && next !== CLASS.capital) return stepInContraction(run, next);
  let cost: number = WEIGHTS.word;
  if (run.kind === 'word') cost += endOfWord(run.last);
  if (run.kind === 'marks')
    cost += (run.length > 1 ? WEIGHTS.marksBeforeWord : WEIGHTS.markBeforeWord) - WEIGHTS.marks;
  return { run: { ...NO_RUN, kind: 'word', last: next, length: 1 }, cost };
}

/** A third letter shows that it is a word of its own, as in French. */
function stepInContraction(run: Run, next: number): Step {
  if (run.length < 2) return { run: { ...run, length: 2 }, cost: 0 };
  const cost = WEIGHTS.word + WEIGHTS.markBeforeWord - WEIGHTS.contraction;
  return { run: { ...NO_RUN, kind: 'word', last: next, length: 3 }, cost };
}

function endOfWord(last: number): number {
  if (last === CLASS.smallVowel) return WEIGHTS.wordInAOrU;
  return last === CLASS.smallI ? WEIGHTS.wordInI : 0;
}

function stepOutOfWord(run: Run, next: number): Step {
  switch (next) {
    case CLASS.digit: {
      const isIn = run.kind === 'digits';
      const isInGroup = isIn && run.length < 3;
      const cost = isInGroup ? 0 : isIn ? WEIGHTS.digits : WEIGHTS.number + WEIGHTS.digits;
      return { run: { ...NO_RUN, kind: 'digits', length: isInGroup ? run.length + 1 : 1 }, cost };
    }
    case CLASS.mark:
    case CLASS.apostrophe: {
      const isIn = run.kind === 'marks';
      const cost = isIn ? WEIGHTS.furtherMark : WEIGHTS.marks;
      const last = next === CLASS.apostrophe && run.kind === 'word' ? next : 0;
      return { run: { ...NO_RUN, kind: 'marks', last, length: isIn ? 2 : 1 }, cost };
    }
    case CLASS.symbol:
      return { run: { ...NO_RUN, kind: 'symbols' }, cost: 0 };
    case CLASS.space:
    case CLASS.newline: {
      const after = withSpace(run, next === CLASS.newline);
      return { run: after, cost: spaceCost(after) - (run.kind === 'space' ? spaceCost(run) : 0) };
    }
    default:
      return stepInScript(run, next);
  }
}

function withSpace(run: Run, isNewline: boolean): Run {
  const isIn = run.kind === 'space';
  const isAfterMark = isIn ? run.isAfterMark : run.kind === 'marks' || run.kind === 'symbols';
  const length = isIn ? 2 : 1;
  const before = isIn ? run.indent : null;
  const indent = isNewline ? 0 : before === null ? null : Math.min(before + 1, 2);
  return { kind: 'space', last: 0, length, indent, isAfterMark };
}

/** Of all of it; a longer one may cost less, since a line break takes the spaces before it along. */
function spaceCost({ length, indent, isAfterMark }: Run): number {
  if (indent === null) return length > 1 ? WEIGHTS.spaces : 0;
  return (isAfterMark ? WEIGHTS.newlineAfterMark : WEIGHTS.newline) + (indent > 1 ? WEIGHTS.indentation : 0);
}

function stepInScript(run: Run, next: number): Step {
  const script = SCRIPTS[next - CLASS.script];
  const late = script?.lateLetter ?? 0;
  const isIn = run.kind === 'script' && run.last === next;
  if (!isIn) return { run: { ...NO_RUN, kind: 'script', last: next, length: 1 }, cost: script?.word ?? 0 };
  if (late === 0) return { run, cost: 0 };
  const isLate = run.length >= SCRIPT_FREE_LETTERS;
  return { run: { ...run, length: isLate ? run.length : run.length + 1 }, cost: isLate ? late : 0 };
}

/** Columns of a row: one per class of character. */
export const ROW_BITS = 6;
/** An entry's lowest bits are the place of the next row, those above them the cost. */
export const PLACE_BITS = 14;

/** `step` for every run that can come; the first row is that of `NO_RUN`. */
export function tableOfSteps(): Int32Array {
  const runs: Run[] = [NO_RUN];
  const numbers = new Map([[keyOf(NO_RUN), 0]]);
  const numberOf = (run: Run): number => {
    const key = keyOf(run);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, runs.length);
    return runs.push(run) - 1;
  };
  const entries: number[] = [];
  for (let row = 0; row < runs.length; row += 1) {
    const run = runs[row] ?? NO_RUN;
    for (let next = 0; next < CLASS_COUNT; next += 1) {
      const { run: after, cost } = step(run, next);
      entries[(row << ROW_BITS) | next] = (cost << PLACE_BITS) | (numberOf(after) << ROW_BITS);
    }
  }
  return Int32Array.from({ length: runs.length << ROW_BITS }, (_, place) => entries[place] ?? 0);
}

function keyOf({ kind, last, length, indent, isAfterMark }: Run): string {
  return `${kind} ${last} ${length} ${indent} ${isAfterMark}`;
}
