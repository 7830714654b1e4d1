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
  JSON: 256 * 1024,
  Python: 24 * 1024,
};

export function brokenCode(subject: AnswerSubject): AnswerFinding | null {
  const parsers = parsersInMemory();
  if (parsers === null) return null;
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
  const errors: ParseError[] = [];
  parseJsonc(code, errors, { allowTrailingComma: true });
  return errors.length === 0;
}
