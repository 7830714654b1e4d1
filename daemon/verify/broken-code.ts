// Whether the code of an answer parses, in the languages that can be told: TypeScript, JavaScript, JSON and Python. Only
// so much is parsed that the time stays bounded, and code that is shown because it is broken is no fault.

import { parse as parseJsonc, type ParseError } from 'jsonc-parser';

import type { AnswerFinding } from './answer-check.ts';
import { commentOf } from './comment-of.ts';
import { javaScriptFileParses, javaScriptParses } from './javascript-code.ts';
import { loadParsers, type Parsers, parsersInMemory } from './parsers.ts';
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
  if (loaded === null) {
    if (subject.written.some(({ language }) => language in FAMILIES)) void loadParsers(); // for the next one
    return null;
  }
  const parsers = metered(loaded);
  const room: Record<Family, number> = { ...MAX_CHARS };
  const openBlock =
    subject.fenced.blocks.at(-1)?.isOpen === true ? subject.fenced.blocks.at(-1)?.code : undefined;
  const shown = new ShownCode(subject);
  const excusable = new Map<Family, AnswerFinding>();
  for (const written of subject.written) {
    const family = FAMILIES[written.language];
    if (family === undefined || written.source === 'edit' || written.code.trim() === '') continue;
    if (written.code === openBlock) continue;
    room[family] -= written.code.length;
    if (room[family] < 0) continue;
    if (parses(parsers, family, written)) {
      excusable.delete(family); // what came before it was the broken form of this
    } else if (!shown.isNoCode(written, family)) {
      const finding = { kind: 'code-does-not-parse', why: `wrote ${family} that does not parse` } as const;
      if (written.source !== 'block' || !shown.isAboutBroken) return finding;
      excusable.set(family, finding);
    }
  }
  return shown.isBrokenWanted ? null : ([...excusable.values()][0] ?? null);
}

/** What is wrong with code, or with its grammar, is the subject. Spoken of in the ask, outside of its code. */
const ABOUT_BROKEN =
  /\b(?:syntax ?errors?|syntax|parse errors?|parsing errors?|stack ?traces?|traceback|what(?:'s| is| was) (?:the )?(?:wrong|error|bug|mistake|problem|issue)|(?:error|exception|warning|message)s? means?|what does (?:this|the|that) \w{0,30} ?(?:error|exception)|what causes|caus(?:es?|ing)|why (?:does|do|did|is|are|was|can|will|would|am|doesn't|don't|isn't|aren't|won't|can't|this|it)|how (?:does|do) .{1,60} differ|differences?|does(?:n't| not) (?:work|compile|parse|run)|won't (?:work|compile|parse|run)|fails?|failing|invalid|malformed|broken|incorrect|not valid|python ?2|merge conflicts?|conflict markers?)\b|\b\w{1,30}Error:|(?<!\p{L})(?:warum|wieso|weshalb|fehler\p{L}{0,12}|ungültig\p{L}{0,3}|pourquoi|erreurs?|por qué|inválid[oa]s?|perché|porque|почему|ошибк\p{L}{1,3})(?!\p{L})|为什么|错误|なぜ|エラー/iu;

/** Code that does not parse is what is to be shown. */
const WANTS_BROKEN =
  /\b(?:examples?|samples?|snippets?|shows?|give|demonstrate|illustrate|looks? like|what is|what's) (?:[\w-]{1,20} ){0,6}?(?:invalid|malformed|broken|incorrect|unparsable|unparseable|syntax errors?|parse errors?|that (?:does not|doesn't|won't|fails to) (?:parse|compile|run))\b|\b(?:invalid|malformed|broken) [\w-]{1,20} (?:examples?|samples?|snippets?)\b|\bconflict markers?\b|\bmerge conflicts?\b/i;

/** Code that works is to be made. */
const WANTS_WORK =
  /\b(?:write|implement|create|build|generate|rewrite|refactor|complete|finish|convert|develop|fix|repair|correct (?:it|this|the|my)|add|make)\b|(?<!\p{L})(?:schreibe?|erstelle|behebe|repariere|korrigiere|écris|corrige|escribe)(?!\p{L})/iu;

/** Then errors are what the code is to deal with. */
const BEGINS_WITH_WORK =
  /^\W{0,20}(?:please |can you |could you )?(?:write|implement|create|build|generate|develop|add)\b/i;

/** A line before a block that says what is wrong with it. */
const CALLED_BROKEN =
  /\b(?:this|that|it|which|code|following|version|line) (?:is|was|would be) (?:not valid|wrong|incorrect|invalid|malformed|broken)\b|^\W{0,9}(?:wrong|incorrect|invalid|bad|broken|malformed|buggy)\b[^.\n]{0,30}$|\b(?:does|do|did|will|would)(?:n't| not) (?:work|compile|parse|run)\b|\bwon't (?:work|compile|parse|run)\b|\bcaused by\b|\bpython 2\b|❌|✗|✘/i;
const MARKED_BROKEN =
  /^\W*(?:wrong|incorrect|invalid|bad|broken|not valid|error|fails|falsch|fehler|ungültig)\b\W*(?:$|[:!(—-])|❌|✗|✘|\bSyntaxError\b|\b(?:does not|doesn't|won't) (?:parse|compile)\b/i;

/** Tells code that is shown for what is wrong with it, or for its form, from code that is meant to work. */
class ShownCode {
  readonly #subject: AnswerSubject;
  readonly #ask: string;
  #quotable: ReadonlySet<string> | undefined;

  constructor(subject: AnswerSubject) {
    this.#subject = subject;
    const { ask } = subject.checked;
    const ends = ask.length > 20_000 ? `${ask.slice(0, 10_000)}\n${ask.slice(-10_000)}` : ask;
    this.#ask = ends
      .split('```')
      .filter((_, index) => index % 2 === 0)
      .join(' ')
      .replaceAll('’', "'");
  }

  get isAboutBroken(): boolean {
    if (WANTS_BROKEN.test(this.#ask)) return true;
    return ABOUT_BROKEN.test(this.#ask) && !BEGINS_WITH_WORK.test(this.#ask);
  }

  get isBrokenWanted(): boolean {
    return WANTS_BROKEN.test(this.#ask) || (ABOUT_BROKEN.test(this.#ask) && !WANTS_WORK.test(this.#ask));
  }

  /** Not meant as working code, whatever comes after it. */
  isNoCode({ code, language, source }: WrittenCode, family: Family): boolean {
    if (source !== 'block') return false;
    if (isTraceOrTemplate(code, family)) return true;
    const lines = code.split('\n', 400);
    const isMarked = lines.some((line) => {
      const comment = line.length > 1000 ? null : commentOf(line, language);
      return comment !== null && MARKED_BROKEN.test(comment);
    });
    return isMarked || this.#isQuoted(code, language) || CALLED_BROKEN.test(this.#leadTo(code));
  }

  /** The lines stand in the prompt in this order and are indented alike, whatever is remarked behind them. */
  #isQuoted(code: string, language: string): boolean {
    const lines = codeLines(code, language);
    const only = lines[0];
    if (only === undefined) return false;
    if (lines.length === 1) return this.#subject.prompt.holds(only);
    this.#quotable ??= new Set(
      this.#subject.prompt.messages.flatMap(({ text }) => pairsOf(codeLines(text, language))),
    );
    return pairsOf(lines).every((pair) => this.#quotable?.has(pair) === true);
  }

  /** The last words before the block. */
  #leadTo(code: string): string {
    const { text } = this.#subject.answer;
    const before = text.slice(0, Math.max(0, text.indexOf(code))).slice(-600);
    const lines = before.trimEnd().split('\n').slice(0, -1);
    return lines.findLast((line) => line.trim() !== '')?.slice(-300) ?? '';
  }
}

/** Without the remarks at their ends, the empty ones and the numbers that tools put before them. */
function codeLines(text: string, language: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const numbered = /^ {0,8}\d{1,6}(?:\t|→|[|:] ?| \| )/.exec(line);
    const plain = numbered === null ? line : line.slice(numbered[0].length);
    const comment = plain.length > 1000 ? null : commentOf(plain, language);
    const bare = comment === null ? plain : plain.slice(0, plain.length - comment.length).trimEnd();
    const kept = (comment === null ? bare : withoutMark(bare)).trimEnd();
    return kept.trim() === '' ? [] : [kept];
  });
}

function withoutMark(line: string): string {
  const mark = ['//', '#', '{/*', '/*', '<!--', '--'].find((one) => line.endsWith(one));
  return mark === undefined ? line : line.slice(0, -mark.length);
}

/** Neighbours, and how much deeper the second is. */
function pairsOf(lines: readonly string[]): string[] {
  return lines.slice(1).map((line, index) => {
    const before = lines[index] ?? '';
    return `${indentOf(line) - indentOf(before)} ${before.trim()}\n${line.trim()}`;
  });
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** What an error printed; the form of a construct with names in angle brackets; types in the place of values. */
function isTraceOrTemplate(code: string, family: Family): boolean {
  if (
    /^\s{1,20}at \S.{0,300}:\d|^(?:Uncaught )?\w{0,40}(?:Error|Exception)(?: \[\w{1,40}\])?: \S/m.test(code)
  )
    return true;
  if (family === 'Python' && /^Traceback \(most|^\s{0,8}File "[^"\n]{1,300}", line \d/m.test(code))
    return true;
  if (family === 'JavaScript' || family === 'TypeScript') return false;
  const bare = code.replaceAll(/"""[^]{0,8000}?"""|"[^"\n]{0,500}"|'[^'\n]{0,500}'/g, '""');
  if (/<[a-z][\w -]{0,40}>/i.test(bare)) return true;
  return (
    family === 'JSON' &&
    /[\w"] *\| *[\w"]|:\s{0,9}(?:string|number|boolean|bool|integer|int|float|double|any|object|array|date|datetime|uuid|timestamp)(?:\[\])?\??\s{0,9}(?:[,}\n]|$)/i.test(
      bare,
    )
  );
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
  const joined = code.replaceAll(/(?<=[}\]])\s+(?=[{[])/g, (gap) => (gap.includes('\n') ? `,${gap}` : gap));
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
