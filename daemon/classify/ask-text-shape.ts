// Counts of an ask's shape for the linear heads: how long it is, how much of it is code, figures or formulas, how big the
// numbers in it are. Two linear scans, no regular expression, nothing that knows a benchmark.

/** What `shapeNumbers` gives, in order. */
export const SHAPE_NAMES: readonly string[] = [
  'chars',
  'words',
  'longWord',
  'lines',
  'sentences',
  'digits',
  'numbers',
  'largestNumber',
  'capitals',
  'foreign',
  'signs',
  'operators',
  'formula',
  'code',
  'identifiers',
  'error',
  'listItems',
  'choices',
  'question',
  'examples',
  'limits',
  'codeBlock',
  'path',
];

/** Marks of errors as runtimes print them. */
const ERROR_MARKS: readonly string[] = ['Error:', 'Exception:', 'Traceback (', 'panic:', 'FAILED', 'fatal:'];
const CODE_MARKS: readonly string[] = [
  'def ',
  'return ',
  'function ',
  'class ',
  'import ',
  'const ',
  ' = ',
  '();',
  '=> ',
];
const FORMULA_MARKS: readonly string[] = [
  '\\frac',
  '\\le',
  '\\sum',
  '\\sqrt',
  '$',
  '^',
  '\\cdot',
  '_{',
  '\\times',
  '\\dots',
];
const EXAMPLE_MARKS: readonly string[] = ['Example', 'Sample', 'assert ', '>>> ', 'Input', 'e.g.'];
const LIMIT_MARKS: readonly string[] = [
  '<=',
  '\\leq',
  '\\le ',
  '10^',
  '≤',
  'at most',
  'onstraints',
  'modulo',
  'mod ',
];

/** `part` is what is read of the ask, `chars` the length of all of it. */
export function shapeNumbers(part: string, chars: number): Float64Array {
  const counts = countCodes(part);
  const lines = countLines(part);
  const length = Math.max(1, part.length);
  return Float64Array.from([
    Math.log1p(chars) / 3,
    Math.log1p(counts.words) / 2,
    Math.min(3, counts.letters / Math.max(1, counts.words) / 4),
    Math.log1p(lines.lines) / 2,
    Math.log1p(counts.sentences) / 2,
    Math.min(1, (4 * counts.digits) / length),
    Math.log1p(counts.numbers) / 2,
    Math.min(12, counts.longestNumber) / 4,
    Math.min(1, (8 * counts.capitals) / length),
    Math.min(1, (2 * counts.foreign) / length),
    Math.min(1, (4 * counts.signs) / length),
    Math.log1p(counts.operators) / 2,
    occurrences(part, FORMULA_MARKS),
    occurrences(part, CODE_MARKS),
    Math.log1p(counts.identifiers) / 2,
    ERROR_MARKS.some((mark) => part.includes(mark)) ? 1 : 0,
    Math.log1p(lines.items) / 2,
    lines.choices >= 2 ? 1 : 0,
    part.trimEnd().endsWith('?') ? 1 : 0,
    occurrences(part, EXAMPLE_MARKS),
    occurrences(part, LIMIT_MARKS),
    part.includes('```') ? 1 : 0,
    counts.paths > 0 ? 1 : 0,
  ]);
}

/** How often any of the marks occurs, as a logarithm. */
function occurrences(text: string, marks: readonly string[]): number {
  let count = 0;
  for (const mark of marks) {
    // More than this says nothing new, and bounds the work.
    for (let at = text.indexOf(mark), seen = 0; at >= 0 && seen < 40; seen += 1) {
      count += 1;
      at = text.indexOf(mark, at + mark.length);
    }
  }
  return Math.log1p(count) / 2;
}

interface CodeCounts {
  readonly words: number;
  readonly letters: number;
  readonly sentences: number;
  readonly digits: number;
  readonly numbers: number;
  /** Digits of the longest number. */
  readonly longestNumber: number;
  readonly capitals: number;
  readonly foreign: number;
  readonly signs: number;
  readonly operators: number;
  readonly identifiers: number;
  readonly paths: number;
}

function countCodes(part: string): CodeCounts {
  const counts = {
    words: 0,
    letters: 0,
    sentences: 0,
    digits: 0,
    numbers: 0,
    longestNumber: 0,
    capitals: 0,
    foreign: 0,
    signs: 0,
    operators: 0,
    identifiers: 0,
    paths: 0,
  };
  let before = 32;
  let numberLength = 0;
  for (let position = 0; position < part.length; position += 1) {
    const code = part.charCodeAt(position);
    if (isDigit(code)) {
      counts.digits += 1;
      numberLength += 1;
      if (numberLength === 1) counts.numbers += 1;
      if (numberLength > counts.longestNumber) counts.longestNumber = numberLength;
    } else {
      numberLength = 0;
      if (isLower(code) || isUpper(code) || code >= 0xc0) {
        counts.letters += 1;
        if (!isLetter(before)) counts.words += 1;
        if (isUpper(code)) {
          counts.capitals += 1;
          if (isLower(before)) counts.identifiers += 1;
        } else if (code >= 0x370 && !(code >= 0x2000 && code < 0x2e80)) counts.foreign += 1;
      } else if (code > 32) {
        counts.signs += 1;
        if (isOperator(code)) counts.operators += 1;
        if (code === 95 && isLetter(before)) counts.identifiers += 1;
        if (code === 40 && isLetter(before)) counts.identifiers += 1;
        if (code === 47 && isLetter(before)) counts.paths += 1;
      } else if (before === 46 || before === 63 || before === 33) counts.sentences += 1;
    }
    before = code;
  }
  return counts;
}

function countLines(part: string): {
  readonly lines: number;
  readonly items: number;
  readonly choices: number;
} {
  let lines = 1;
  let items = 0;
  let choices = 0;
  for (let start = 0; start >= 0 && start < part.length;) {
    const first = part.charCodeAt(start);
    const second = part.charCodeAt(start + 1);
    if ((first === 45 || first === 42) && second === 32) items += 1;
    if (isDigit(first) && (second === 46 || second === 41)) items += 1;
    if ((isUpper(first) || (first >= 97 && first <= 101)) && (second === 46 || second === 41)) choices += 1;
    const newline = part.indexOf('\n', start);
    if (newline < 0) break;
    lines += 1;
    start = newline + 1;
  }
  return { lines, items, choices };
}

/** = + * / < > ^ % & | */
function isOperator(code: number): boolean {
  return (
    code === 61 ||
    code === 43 ||
    code === 42 ||
    code === 60 ||
    code === 62 ||
    code === 94 ||
    code === 37 ||
    code === 38 ||
    code === 124
  );
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLower(code: number): boolean {
  return code >= 97 && code <= 122;
}

function isUpper(code: number): boolean {
  return code >= 65 && code <= 90;
}

function isLetter(code: number): boolean {
  return isLower(code) || isUpper(code) || isDigit(code) || code >= 0xc0;
}
