// Words for the synthetic sessions: what users ask (asks.json, written for this bench), what files and tools look like,
// and what models write. Nothing here was seen by the classifier when it was trained.

import askFile from './asks.json' with { type: 'json' };
import type { Difficulty } from './session-plan.ts';
import { createRandom, pickOne, type Random } from './random.ts';

/** Reference tokens are this many bytes of text. */
export const BYTES_PER_TOKEN = 4;

const NAMES: Readonly<Record<string, readonly string[]>> = askFile.names;
const USER_ASKS: readonly (readonly string[])[] = [askFile.simple, askFile.moderate, askFile.complex];
const AGENT_ASKS: readonly (readonly string[])[] = [
  askFile.agentSimple,
  askFile.agentModerate,
  askFile.agentComplex,
];

export function userAsk(random: Random, difficulty: Difficulty): string {
  return filledIn(random, pickOne(random, USER_ASKS[difficulty] ?? []));
}

export function agentAsk(random: Random, difficulty: Difficulty): string {
  return filledIn(random, pickOne(random, AGENT_ASKS[difficulty] ?? []));
}

export function fileName(random: Random): string {
  return pickOne(random, NAMES['file'] ?? []);
}

function filledIn(random: Random, ask: string): string {
  return ask.replaceAll(/\{(\w+)\}/g, (whole, name: string) => pickOne(random, NAMES[name] ?? [whole]));
}

const VERBS = [
  'load',
  'merge',
  'parse',
  'send',
  'apply',
  'store',
  'fetch',
  'check',
  'split',
  'drop',
  'build',
];
const NOUNS = [
  'Order',
  'Row',
  'Batch',
  'Cursor',
  'Token',
  'Entry',
  'Page',
  'Lease',
  'Plan',
  'Total',
  'Key',
  'Job',
];
const WORDS =
  'the reader keeps a small window of rows and each page moves it on so that nothing is read twice while workers wait for their turn and old entries leave first because limits hold for every queue that a caller opens here'.split(
    ' ',
  );

/** Source code as it stands in files and in what tools print: about four bytes for a token. No double quotes. */
function codeLine(random: Random): string {
  const name = (): string => pickOne(random, VERBS) + pickOne(random, NOUNS) + pickOne(random, NOUNS);
  const number = Math.floor(random() * 900);
  switch (Math.floor(random() * 6)) {
    case 0:
      return `  const ${name()} = await ${name()}(${name()}.id, ${number});`;
    case 1:
      return `  if (${name()}.count > ${number} && !${name()}.done) return ${name()};`;
    case 2:
      return `export function ${name()}(input: ${pickOne(random, NOUNS)}, limit = ${number}): ${pickOne(random, NOUNS)} {`;
    case 3:
      return `    ${name()}.push({ key: '${name()}', at: ${number} }); // ${sentence(random)}`;
    case 4:
      return `  /* ${sentence(random)} ${sentence(random)} */`;
    default:
      return `    for (const row of ${name()}) ${name()}.set(row.id, row.value + ${number});`;
  }
}

function sentence(random: Random): string {
  const start = Math.floor(random() * (WORDS.length - 12));
  const words = WORDS.slice(start, start + 5 + Math.floor(random() * 6));
  return `${words.join(' ')} (${pickOne(random, VERBS)}${pickOne(random, NOUNS)}).`;
}

const POOL_BYTES = 1 << 20;

/** One long text whose parts are handed out: making each of them anew would cost more than all else in the bench. */
function pool(line: (random: Random) => string, separator: string, seed: number): string {
  const random = createRandom(seed);
  const lines: string[] = [];
  for (let bytes = 0; bytes < POOL_BYTES;) {
    const next = line(random);
    lines.push(next);
    bytes += next.length + separator.length;
  }
  return lines.join(separator);
}

const CODE = pool(codeLine, '\n', 11);
const PROSE = pool((random) => capitalized(sentence(random)), ' ', 12);

/** `bytes` of source code from a random place; ASCII, so bytes are characters. */
export function codeText(random: Random, bytes: number): string {
  return partOf(CODE, random, bytes);
}

/** `bytes` of sentences. */
export function proseText(random: Random, bytes: number): string {
  const text = partOf(PROSE, random, bytes + 80);
  const start = Math.min(text.indexOf('. ') + 2, 80);
  return text.slice(start, start + Math.max(1, bytes));
}

function partOf(text: string, random: Random, bytes: number): string {
  const size = Math.min(Math.max(0, Math.round(bytes)), text.length - 1);
  const start = Math.floor(random() * (text.length - size));
  return text.slice(start, start + size);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const ERRORS: readonly ((file: string, line: number) => string)[] = [
  (file, line) => `error TS2345 in ${file}:${line}: the argument is not assignable to the parameter`,
  (file) => `FAIL ${file}: 2 tests failed, expected values do not match`,
  (file) => `Error: the text to replace was not found in ${file}`,
  (file, line) => `Command failed with exit code 1: ${file}:${line} SyntaxError, unexpected token`,
  (file) => `AssertionError in ${file}: the result differs from the expected one`,
];

export function errorText(random: Random): string {
  return pickOne(random, ERRORS)(fileName(random), 1 + Math.floor(random() * 400));
}
