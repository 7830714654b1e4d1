// Whether the code of an answer parses, in the languages that can be told: TypeScript, JavaScript, JSON and Python. Only
// so much is parsed that the time stays bounded.

import { parse as parseJsonc, type ParseError } from 'jsonc-parser';

import type { AnswerFinding } from './answer-check.ts';
import { javaScriptFileParses, javaScriptParses } from './javascript-code.ts';
import { type Parsers, parsersInMemory } from './parsers.ts';
import { pythonFileParses, pythonParses } from './python-code.ts';
import type { AnswerSubject } from './subject.ts';
import type { WrittenCode } from './written-code.ts';

type Family = 'JavaScript' | 'TypeScript' | 'JSON' | 'Python';

const FAMILIES: Readonly<Record<string, Family>> = {
  ts: 'TypeScript',
  tsx: 'TypeScript',
  mts: 'TypeScript',
  cts: 'TypeScript',
  typescript: 'TypeScript',
  typescriptreact: 'TypeScript',
  js: 'JavaScript',
  jsx: 'JavaScript',
  mjs: 'JavaScript',
  cjs: 'JavaScript',
  javascript: 'JavaScript',
  javascriptreact: 'JavaScript',
  node: 'JavaScript',
  json: 'JSON',
  jsonc: 'JSON',
  py: 'Python',
  python: 'Python',
  python3: 'Python',
};

/** Characters parsed per answer; the parsers differ in speed. */
const MAX_CHARS: Readonly<Record<Family, number>> = {
  JavaScript: 64 * 1024,
  TypeScript: 64 * 1024,
  JSON: 64 * 1024,
  Python: 16 * 1024,
};

/** Characters given to a parser per answer, with every try to put a piece into surroundings, and what a try costs at least. */
const MAX_TRIED_CHARS = 256 * 1024;
const CHARS_PER_TRY = 200;

export function brokenCode(subject: AnswerSubject): AnswerFinding | null {
  const loaded = parsersInMemory();
  if (loaded === null) return null;
  const parsers = metered(loaded);
  const room: Record<Family, number> = { ...MAX_CHARS };
  const openBlock =
    subject.fenced.blocks.at(-1)?.isOpen === true ? subject.fenced.blocks.at(-1)?.code : undefined;
  for (const written of subject.written) {
    const family = FAMILIES[written.language];
    if (family === undefined || written.source === 'edit' || written.code.trim() === '') continue;
    if (written.code === openBlock) continue;
    room[family] -= written.code.length;
    if (room[family] < 0) continue;
    if (!parses(parsers, family, written)) {
      return { kind: 'code-does-not-parse', why: `wrote ${family} that does not parse` };
    }
  }
  return null;
}

/** Throws when too much was tried; what could not be tried counts as in order. */
function metered(parsers: Parsers): Parsers {
  let room = MAX_TRIED_CHARS;
  const spend = (code: string, factor = 1): void => {
    room -= factor * (code.length + CHARS_PER_TRY);
    if (room < 0) throw new RangeError('enough was parsed');
  };
  return {
    javaScript: (code, options) => (spend(code), parsers.javaScript(code, options)),
    // Several times slower than the other.
    python: (code) => (spend(code, 4), parsers.python(code)),
  };
}

function parses(parsers: Parsers, family: Family, { code, language, source }: WrittenCode): boolean {
  const isFile = source === 'file';
  switch (family) {
    case 'JSON':
      return jsonParses(code);
    case 'Python':
      return isFile ? pythonFileParses(parsers, code) : pythonParses(parsers, code);
    default:
      return isFile
        ? javaScriptFileParses(parsers, code, language)
        : javaScriptParses(parsers, code, language);
  }
}

/** Comments, trailing commas, members without their object, several values one after the other: all are shown. */
function jsonParses(code: string): boolean {
  if (isParsable(code)) return true;
  if (/\.\.\.|…|<[^<>\n]{1,60}>|\{\{|\$\{|^(?:[-+] ?\S|@@ )/m.test(code)) return true; // something is to be filled in
  const first = code.trimStart().charAt(0);
  if (!'{["/-0123456789tfn'.includes(first)) return true; // a header of HTTP, a prompt of a shell
  const joined = code.replaceAll(/([}\]])(\s*\n\s*)(?=[{[])/g, '$1,$2');
  return [`{${code}\n}`, `[${code}\n]`, `[${joined}\n]`].some(isParsable);
}

function isParsable(code: string): boolean {
  try {
    JSON.parse(code);
    return true;
  } catch {
    return isParsableWithComments(code);
  }
}

function isParsableWithComments(code: string): boolean {
  const errors: ParseError[] = [];
  parseJsonc(code, errors, { allowTrailingComma: true });
  return errors.length === 0;
}
