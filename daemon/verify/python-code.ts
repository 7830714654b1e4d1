// Whether a piece of Python parses, with its indentation. The grammar is lenient about indentation and does not know some
// forms, so lines are looked at here and those forms are rewritten before; only what no surroundings make parse is a fault.

import type { Tree } from '@lezer/common';

import type { Parsers } from './parsers.ts';

export function pythonParses(parsers: Parsers, code: string): boolean {
  const session = withoutPrompts(code);
  if (session === null || isNoCode(session)) return true;
  const plain = rewritten(session);
  return (
    variantsOf(plain).some((variant) => fits(parsers, variant)) || isHeadOnly(plain) || hidesParts(plain)
  );
}

/** A whole file stands by itself. */
export function pythonFileParses(parsers: Parsers, code: string): boolean {
  return fits(parsers, rewritten(code));
}

/** Forms that the grammar does not know (a bare `yield`, `1.`, targets of `with`), magics of notebooks. */
function rewritten(code: string): string {
  return code
    .replaceAll('\r\n', '\n')
    .replaceAll('\f', ' ')
    .replaceAll(/^([ \t]*)[%!][\w%!].*$/gm, '$1pass')
    .replaceAll(/\byield(?=[ \t]*(?:#|\n|$|\)))/g, 'yield None')
    .replaceAll(/(?<![\w.])(\d[\d_]*)\.(?![\w.])/g, '$1.0')
    .replaceAll(/(?<![\w.])(\d+)\.(?=[eEjJ])/g, '$1.0')
    .replaceAll(
      /^([ \t]*(?:async[ \t]+)?with[ \t][^\n:]*?)[ \t]as[ \t]+(?:\([^()\n]*\)|\w+[.[][\w.[\]'"]*)/gm,
      '$1 as _x',
    )
    .replaceAll(/(\bdef \w+\()\s*(?:\.\.\.|…)\s*\)/g, '$1)')
    .replaceAll('…', '...')
    .replaceAll(/^([ \t]*)\.\.\. ?(?:\(?[a-z][^\n=()]{0,60}\)?)$/gm, '$1...');
}

/** Of the first line that is no comment. By hand: an expression would try every way to share the empty lines. */
function firstWordOf(code: string): string | undefined {
  for (const line of code.split('\n')) {
    const bare = line.trimStart();
    if (bare !== '' && !bare.startsWith('#')) return /^(?:\w+|@)/.exec(bare)?.[0];
  }
  return undefined;
}

/** What a piece may have to stand in, likeliest first. */
function variantsOf(code: string): readonly string[] {
  const flush = dedented(code);
  const variants = [code];
  if (flush !== code) variants.push(flush);
  const first = firstWordOf(flush);
  if (first === 'elif' || first === 'else') variants.push(`if x:\n    pass\n${flush}`);
  if (first === 'except' || first === 'finally' || first === 'else')
    variants.push(`try:\n    pass\n${flush}`);
  if (first === 'case') variants.push(`match x:\n${indented(flush)}`);
  if (first === '@') variants.push(`${flush.trimEnd()}\ndef x(): pass\n`);
  const bodied = withBodies(flush);
  if (bodied !== flush) variants.push(bodied);
  if (/^\s/.test(code)) {
    const parts = code.split(/\n\s*\n/);
    if (parts.length > 1) variants.push(parts.map((part) => dedented(part)).join('\n\n'));
  }
  if (flush.length < 4000 && /^[ \t]*["'\w][^\n]*[,:][ \t]*$/m.test(flush))
    variants.push(`x = {\n${flush}\n}`, `x(\n${flush}\n)`);
  return variants;
}

/** Heads whose body is only a comment, or nothing at the end, get one. */
function withBodies(code: string): string {
  const lines = code.trimEnd().split('\n');
  const filled: string[] = [];
  for (const [index, line] of lines.entries()) {
    filled.push(line);
    if (!/:\s*(?:#.*)?$/.test(line.slice(-300)) || line.trimStart().startsWith('#')) continue;
    const indent = indentOf(line);
    const next = lines
      .slice(index + 1, index + 30)
      .find((one) => one.trim() !== '' && !one.trimStart().startsWith('#'));
    if (
      next === undefined ||
      (indentOf(next) <= indent && lines[index + 1]?.trimStart().startsWith('#') === true)
    ) {
      filled.push(`${' '.repeat(indent + 4)}pass`);
    }
  }
  return filled.join('\n');
}

function fits(parsers: Parsers, code: string): boolean {
  let tree: Tree;
  try {
    tree = parsers.python(`${code}\n`);
  } catch (error) {
    return !(error instanceof SyntaxError) || failsAtWith(code, error.message);
  }
  return isIndentedWell(code, tree) && !hasOpenTry(code, tree);
}

/** The grammar takes a `try` without an end. One that ends the piece may go on elsewhere. */
function hasOpenTry(code: string, tree: Tree): boolean {
  const end = code.trimEnd().length;
  let isOpen = false;
  tree.iterate({
    enter: ({ name, node, to }) => {
      if (name !== 'TryStatement' || to >= end) return;
      isOpen ||= node.getChild('except') === null && node.getChild('finally') === null;
    },
  });
  return isOpen;
}

/** The grammar knows too few forms of `with` to accuse one. */
function failsAtWith(code: string, message: string): boolean {
  const at = Number(/\d{1,15}$/.exec(message)?.[0] ?? Number.NaN);
  if (!Number.isFinite(at)) return false;
  const lines = code
    .slice(0, at + 1)
    .split('\n')
    .slice(-6);
  return lines.some((line) => /^\s*(?:async\s+)?with\s*\(/.test(line));
}

/** Every line that is indented further than the one before follows a colon, and every other meets an outer level. */
function isIndentedWell(code: string, tree: Tree): boolean {
  const { inside, comments } = layoutOf(tree);
  const levels: number[] = [0];
  let isFirst = true;
  let opensBlock = false;
  let start = 0;
  let spanIndex = 0;
  let continues = false;
  for (const line of code.split('\n')) {
    const lineStart = start;
    start += line.length + 1;
    while (spanIndex < inside.length && (inside[spanIndex]?.to ?? 0) <= lineStart) spanIndex += 1;
    const isWithin = (inside[spanIndex]?.from ?? Infinity) < lineStart;
    const bare = withoutComment(line, lineStart, comments).trim();
    if (bare !== '' && !isWithin && !continues) {
      const indent = columnOf(line);
      const top = levels.at(-1) ?? 0;
      if (indent > top) {
        if (!opensBlock && !isFirst) return false;
        levels.push(indent);
      } else {
        while ((levels.at(-1) ?? 0) > indent) levels.pop();
        if (levels.at(-1) !== indent) return false;
      }
      isFirst = false;
    }
    if (bare !== '') opensBlock = bare.endsWith(':');
    continues = bare.endsWith('\\');
  }
  return true;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Spans of strings and brackets, in order and none in another; starts of comments by position. */
function layoutOf(tree: Tree): { inside: readonly Span[]; comments: ReadonlySet<number> } {
  const inside: Span[] = [];
  const comments = new Set<number>();
  const open: number[] = [];
  let coveredTo = -1;
  const add = (from: number, to: number): void => {
    if (from < coveredTo) return;
    inside.push({ from, to });
    coveredTo = to;
  };
  tree.iterate({
    enter: ({ name, from, to }) => {
      if (name === 'Comment') comments.add(from);
      else if (name === 'String' || name === 'FormatString') {
        if (open.length === 0) add(from, to);
      } else if (name === '(' || name === '[' || name === '{') open.push(from);
      else if (name === ')' || name === ']' || name === '}') {
        const begin = open.pop();
        if (open.length === 0 && begin !== undefined) add(begin, to);
      }
    },
  });
  return { inside, comments };
}

function withoutComment(line: string, lineStart: number, comments: ReadonlySet<number>): string {
  for (let at = line.indexOf('#'); at >= 0; at = line.indexOf('#', at + 1)) {
    if (comments.has(lineStart + at)) return line.slice(0, at);
  }
  return line;
}

function columnOf(line: string): number {
  let column = 0;
  for (const char of line) {
    if (char === ' ') column += 1;
    else if (char === '\t') column += 8 - (column % 8);
    else break;
  }
  return column;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** As the first line stands; lines with less keep what they have. */
function dedented(code: string): string {
  const lines = code.split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map(indentOf);
  const least = indents.reduce((one, other) => Math.min(one, other), Infinity);
  return Number.isFinite(least) && least > 0 ? lines.map((line) => line.slice(least)).join('\n') : code;
}

function indented(code: string): string {
  return code.replaceAll(/^(?=.)/gm, '    ');
}

/** The statements of an interactive session; null = nothing but output. */
function withoutPrompts(code: string): string | null {
  if (!/^[ \t]*(?:>>> ?|In \[\d+\]: )/m.test(code)) return code;
  const lines = code.split('\n').flatMap((line) => {
    const bare = line.trimStart();
    const prompt = /^(?:>>> ?|\.\.\.(?: |$)|In \[\d+\]: )/.exec(bare)?.[0];
    return prompt === undefined ? [] : [bare.slice(prompt.length)];
  });
  return lines.length === 0 ? null : lines.join('\n');
}

function isNoCode(code: string): boolean {
  return (
    /^(?:\$ |pip |python3? |Traceback \(most|@@ |[-+]{3} |diff |[├└│]|File "|<!?\w|<{7}|>{7})/m.test(code) ||
    (code.match(/^[-+] ?\S/gm)?.length ?? 0) >= 2 ||
    /\{\{|\{%|<[A-Z_]{3,40}>|<your[-_ ]/.test(code)
  );
}

/** A head alone, as explanations show it. */
function isHeadOnly(code: string): boolean {
  const lines = code.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  return (
    lines.length > 0 &&
    lines.length <= 4 &&
    lines.every((line) => /^\s*(?:@|(?:async )?def \w+\(.*\)|class \w+|[\w.]+\(.*\) ->)/.test(line)) &&
    !lines.some((line, index) => index > 0 && indentOf(line) > 0)
  );
}

function hidesParts(code: string): boolean {
  return code.length < 2000 && /#\s*\.\.\.|^[ \t]*\.\.\.[ \t]*$/m.test(code);
}
