// The kind of ask that local outcomes are counted under: task type, length, code, mathematics and grade, as in
// `code/short/code/plain/simple`. Coarse on purpose: 252 kinds fill up with what one person sends. The grade is among
// them, since a model that does the easy asks of a kind has not shown that it does the hard ones. Pure, linear, bounded.

import { shapeOf, type AskShape } from '../classify/ask-shape.ts';
import type { RequestFeatures } from '../classify/classifier.ts';
import { createPhraseMatcher, wordsIn } from '../classify/phrase-matcher.ts';
import type { Classification } from '../protocol/vocabulary.ts';

/**
 * Characters below which an ask is short, or medium. Of what developers type about two of three are shorter than the
 * first (one sentence) and one of twenty longer than the second (a pasted error, a written task).
 */
export const SHORT_CHARS = 80;
export const MEDIUM_CHARS = 500;

export function cohortOf(
  { ask }: Pick<RequestFeatures, 'ask'>,
  { taskType, complexity, liftedFrom }: Pick<Classification, 'taskType'> & Partial<Classification>,
): string {
  const shape = shapeOf(ask);
  const length = lengthOf(shape.chars);
  const isCode = shape.hasCodeBlock || shape.hasErrorText || shape.identifiers > 0;
  const kind = `${taskType}/${length}/${isCode ? 'code' : 'prose'}/${hasMathematics(shape) ? 'mathematics' : 'plain'}`;
  const grade = liftedFrom ?? complexity;
  return grade === undefined ? kind : `${kind}/${grade}`;
}

function lengthOf(chars: number): 'short' | 'medium' | 'long' {
  if (chars < SHORT_CHARS) return 'short';
  return chars < MEDIUM_CHARS ? 'medium' : 'long';
}

/** One of them is enough: they are seldom said of anything else. */
const TERMS = {
  phrases: [
    'algebra',
    'arithmetic',
    'binomial',
    'cosine',
    'derivative',
    'determinant',
    'differential equation',
    'eigenvalue',
    'eigenvector',
    'equation',
    'equations',
    'geometry',
    'hypotenuse',
    'inequality',
    'integral',
    'logarithm',
    'matrix multiplication',
    'modulo',
    'polynomial',
    'prime number',
    'prime numbers',
    'probability that',
    'proof by',
    'prove that',
    'pythagorean',
    'quadratic',
    'square root',
    'standard deviation',
    'theorem',
    'trigonometric',
  ],
};

/** Words of a sum told as a story; they count together with at least two numbers. */
const QUESTIONS = {
  phrases: [
    'how many',
    'how much',
    'how far',
    'how long will',
    'how old',
    'in total',
    'percent of',
    'on average',
    'what is the sum',
    'what percentage',
  ],
};

const LATEX_MARKS: readonly string[] = [
  '\\frac',
  '\\sum',
  '\\int',
  '\\sqrt',
  '\\lim',
  '\\prod',
  '\\binom',
  '\\begin{',
  '\\cdot',
  '\\times',
  '\\pmod',
  '\\leq',
  '\\geq',
  '\\(',
  '\\[',
  '$$',
];

const findTerms = createPhraseMatcher([TERMS, QUESTIONS]);

/** The task is told at the beginning; looking up every word of a long text would cost half a millisecond. */
const LOOKED_AT_CHARS = 2000;

/** Looks at the prose alone: code is full of signs that mean something else. */
function hasMathematics(shape: Pick<AskShape, 'prose'>): boolean {
  const prose = shape.prose.slice(0, LOOKED_AT_CHARS);
  if (LATEX_MARKS.some((mark) => prose.includes(mark))) return true;
  const { sums, numbers } = countFigures(prose);
  if (sums > 0) return true;
  const found = findTerms(wordsIn(prose)).map(({ row }) => row);
  return found.includes(TERMS) || (numbers >= 2 && found.includes(QUESTIONS));
}

/**
 * `sums`: operators between two operands, as in 3 + 4, 2*6, x^2, 5×7, √2. A minus and a slash count only with a space on
 * both sides, and only between numbers: 2026-11-21, 1/2026 and src/a.ts are none.
 */
function countFigures(prose: string): { readonly sums: number; readonly numbers: number } {
  let sums = 0;
  let numbers = 0;
  for (let position = 0; position < prose.length; position += 1) {
    const code = prose.charCodeAt(position);
    if (isDigit(code)) {
      if (!isDigit(prose.charCodeAt(position - 1))) numbers += 1;
    } else if (ROOTS.includes(code) || isOperation(prose, position, code)) sums += 1;
  }
  return { sums, numbers };
}

const ROOTS: readonly number[] = [0x221a, 0x2211, 0x222b, 0x220f]; // √ ∑ ∫ ∏
const CARET = 94;
const LOOSE: readonly number[] = [42, 43, 61, 0xd7, 0xf7]; // * + = × ÷
const SPACED: readonly number[] = [45, 47, 0x2212]; // - / −

function isOperation(prose: string, position: number, code: number): boolean {
  if (code === CARET) {
    const before = prose.charCodeAt(position - 1);
    return isDigit(prose.charCodeAt(position + 1)) && (isDigit(before) || isLetter(before));
  }
  const isSpaced = prose.charCodeAt(position - 1) === 32 && prose.charCodeAt(position + 1) === 32;
  if (!LOOSE.includes(code) && !(SPACED.includes(code) && isSpaced)) return false;
  const before = prose.charCodeAt(position - (prose.charCodeAt(position - 1) === 32 ? 2 : 1));
  const after = prose.charCodeAt(position + (prose.charCodeAt(position + 1) === 32 ? 2 : 1));
  return isDigit(before) && isDigit(after);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}
