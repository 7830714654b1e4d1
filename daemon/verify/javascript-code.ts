// Whether a piece of TypeScript, JavaScript or JSX parses. Good answers show pieces: a method, members of an object, a
// chain, cases of a switch. Only what no surroundings make parse is a fault.

import type { ParserOptions } from '@babel/parser';

import type { Parsers } from './parsers.ts';

type Plugins = NonNullable<ParserOptions['plugins']>;
type Verdict = 'parses' | 'fails' | 'unknown';

/** Errors of the grammar. The parser's others are about meaning (declared twice), or about where a piece stands. */
const GRAMMAR =
  /^(?:UnexpectedToken|MissingSemicolon|Unterminated\w*|MissingClosing\w*|InvalidOrUnexpectedToken|UnexpectedKeyword|JsxUnwrapped\w*|UnwrappedAdjacentJSXElements|UnexpectedTokenUnaryExponentiation|InvalidLhs\w*|MissingClassName|UnsupportedImport|NumberIdentifier|InvalidIdentifier|ElementAfterRest|InvalidPropertyBindingPattern)$/;
/** Errors about meaning hide those behind them; looking further is worth it in short pieces only. */
const MAX_RECOVERED_CHARS = 6000;

interface Wrapping {
  readonly before: string;
  readonly after: string;
  /** How a piece that may stand there begins; absent = any way. */
  readonly when?: RegExp;
}

const MEMBER = /^\s*(?!(?:const|let|var|return|if|for|while|import|export|function|class|throw|await|new)\b)/;
const ELEMENT = /^\s*[<{]/;
const ATTRIBUTE = /^\s*[\w-]+=/;
const LINK = /^\s*\??\./;
const NAMES = /^\s*(?:type )?\w+\s*(?:,|$)/;

/** What a piece may have to stand in. */
const WRAPPINGS: readonly Wrapping[] = [
  { before: 'class _ extends _ {\n', after: '\n}', when: MEMBER },
  { before: '(', after: '\n)' },
  { before: '({\n', after: '\n})' },
  { before: 'async function* _() {\n', after: '\n}' },
  { before: '<>', after: '\n</>', when: ELEMENT },
  { before: '[\n', after: '\n]' },
  { before: 'interface _ {\n', after: '\n}', when: MEMBER },
  { before: 'type _ =\n', after: '' },
  { before: 'switch (_) {\n', after: '\n}', when: /^\s*(?:case|default)\b/ },
  { before: '_', after: '', when: LINK },
  { before: '_\n', after: '', when: /^\s*[?:&|+*/-]/ },
  { before: '', after: '\nclass _ {}', when: /^\s*@/ },
  { before: 'if (_) {}\n', after: '', when: /^\s*else\b/ },
  { before: 'if (_) {\n', after: '', when: /^\s*\}\s*else\b/ },
  { before: 'try {}\n', after: '', when: /^\s*(?:catch|finally)\b/ },
  { before: 'try {\n', after: '', when: /^\s*\}\s*(?:catch|finally)\b/ },
  { before: 'abstract class _ {\n', after: '\n}', when: MEMBER },
  { before: 'enum _ {\n', after: '\n}', when: MEMBER },
  { before: '<_ ', after: '\n/>', when: ATTRIBUTE },
  { before: 'declare namespace _ {\n', after: '\n}' },
  { before: 'function _(\n', after: '\n) {}', when: MEMBER },
  { before: 'import {\n', after: "\n} from '_'", when: NAMES },
];

export function javaScriptParses(parsers: Parsers, code: string, language: string): boolean {
  const first = parse(parsers, code, pluginsOf(language));
  if (first !== 'fails') return true;
  if (isNoCode(code) || couldTakeForever(code)) return true;
  const plain = withoutElisions(code);
  return fits(parsers, plain, language) || allPartsFit(parsers, plain, language) || hidesParts(code);
}

/** A whole file stands by itself. */
export function javaScriptFileParses(parsers: Parsers, code: string, language: string): boolean {
  return (
    pluginSets(language).some((plugins) => parse(parsers, code, plugins) !== 'fails') || hidesParts(code)
  );
}

function pluginsOf(language: string): Plugins {
  if (/^(?:ts|typescript|mts|cts)$/.test(language)) return ['typescript', 'decorators'];
  return language === 'tsx' ? ['typescript', 'jsx', 'decorators'] : ['jsx', 'decorators'];
}

/** Fences are tagged carelessly: types in `js`, elements in `ts`. */
function pluginSets(language: string): readonly Plugins[] {
  const all: Plugins[] = [['typescript', 'jsx', 'decorators']];
  if (language !== 'tsx') all.unshift(pluginsOf(language));
  return all;
}

function fits(parsers: Parsers, code: string, language: string): boolean {
  return pluginSets(language).some(
    (plugins) =>
      parse(parsers, code, plugins) !== 'fails' ||
      WRAPPINGS.some(
        ({ before, after, when }) =>
          when?.test(code) !== false && parse(parsers, before + code + after, plugins) !== 'fails',
      ),
  );
}

function parse(parsers: Parsers, code: string, plugins: Plugins): Verdict {
  if (couldTakeForever(code)) return 'unknown';
  const options: ParserOptions = {
    sourceType: 'unambiguous',
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    allowYieldOutsideFunction: true,
    allowSuperOutsideMethod: true,
    allowNewTargetOutsideFunction: true,
    allowUndeclaredExports: true,
    allowImportExportEverywhere: true,
    plugins,
  };
  const verdict = verdictOf(() => parsers.javaScript(code, options).errors);
  if (verdict !== 'unknown' || code.length > MAX_RECOVERED_CHARS) return verdict;
  return verdictOf(() => parsers.javaScript(code, { ...options, errorRecovery: true }).errors);
}

function verdictOf(run: () => unknown): Verdict {
  try {
    const errors = run();
    const isBroken = Array.isArray(errors) && errors.some(isOfGrammar);
    return isBroken ? 'fails' : 'parses';
  } catch (error) {
    // Nesting beyond the stack is no fault of the code's.
    return isOfGrammar(error) ? 'fails' : 'unknown';
  }
}

function isOfGrammar(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('reasonCode' in error)) return false;
  return typeof error.reasonCode === 'string' && GRAMMAR.test(error.reasonCode);
}

/** Parts of one block that belong to different places: a method, then how it is called. */
function allPartsFit(parsers: Parsers, code: string, language: string): boolean {
  const parts = partsOf(code);
  return parts.length > 1 && parts.length <= 40 && parts.every((part) => fits(parsers, part, language));
}

/** Split at empty lines that lie in no bracket. */
function partsOf(code: string): readonly string[] {
  const parts: string[] = [];
  let lines: string[] = [];
  let depth = 0;
  for (const line of code.split('\n')) {
    if (line.trim() === '' && depth <= 0 && lines.length > 0) {
      parts.push(lines.join('\n'));
      lines = [];
      depth = 0;
      continue;
    }
    lines.push(line);
    for (const char of line) {
      if ('([{'.includes(char)) depth += 1;
      else if (')]}'.includes(char)) depth -= 1;
    }
  }
  if (lines.some((line) => line.trim() !== '')) parts.push(lines.join('\n'));
  return parts;
}

/** `...` where a spread cannot be, and names to be filled in. */
function withoutElisions(code: string): string {
  return code
    .replaceAll(/([=:][ \t]{0,5})(?:\.\.\.|…)(?=[ \t]{0,20}(?:[)\]};,]|\r?$))/gm, '$1_x')
    .replaceAll(/([=:(,][ \t]{0,5})\/\*[^*]{0,200}\*\/(?=[ \t]{0,20}[)\]};,])/g, '$1_x')
    .replaceAll(/(\w)\?(?=[ \t]{0,5}[,)])/g, '$1')
    .replaceAll(/(?:,\s{0,20})?(?:\.\.\.|…)(?=[ \t]{0,20}(?:[)\]};,]|\r?$))/gm, '')
    .replaceAll(/<(?:[A-Z][A-Z0-9_ -]{2,40}|your[-_ ][\w -]{1,40})>/g, '_x');
}

/** The answer says itself that something is left out here. Whether it may is another check's question. */
function hidesParts(code: string): boolean {
  return /(?:\/\/|\/\*|#|<!--)\s*(?:\.\.\.|…)|^[ \t]*(?:\.\.\.|…)[ \t]*$|\.\.\.\s*(?:existing|rest|other|same)/m.test(
    code,
  );
}

/** Shell sessions, printed results, the prompt of a REPL, patches, pages of HTML, directory trees: tagged as code, and fine. */
function isNoCode(code: string): boolean {
  if (/^\s*(?:<!|<html|<head|<body|<script|<template|<style|<svelte|---\r?\n|[├└│])/i.test(code)) return true;
  if (/^(?:\$|>|>>>|PS>|=>|->|→|npm|npx|yarn|pnpm|curl) /m.test(code)) return true;
  if (/^[ \t]*=>[ \t]*$|^\/\/ ?(?:=>|->) ?[{[]$|^\/\/ (?:output|result|returns|prints):?\s*$/im.test(code))
    return true;
  if (/^@@ |^(?:[-+]{3}|diff|index) |^<{7}|^>{7}/m.test(code)) return true;
  const marked = code.match(/^[-+] ?\S/gm)?.length ?? 0;
  return marked >= 2 || /^[-+] {2,}\S/m.test(code);
}

const MAX_GENERIC_DEPTH = 4;
const MAX_GENERIC_CALLS = 400;

/**
 * `f<T>(f<T>(f<T>(…` doubles the parser's work with every level, since each may be the head of an arrow function. The
 * depth of such calls is counted with strings and comments left out; where a regular expression could hide them the
 * count of all decides.
 */
function couldTakeForever(code: string): boolean {
  if (!/>\s{0,20}[(`]/.test(code)) return false;
  const stack: boolean[] = [];
  let depth = 0;
  let calls = 0;
  let previous = '';
  for (let index = 0; index < code.length; index += 1) {
    const char = code.charAt(index);
    if (char === '"' || char === "'" || (char === '/' && /[/*]/.test(code.charAt(index + 1)))) {
      index = skip(code, index);
      continue;
    }
    if ('([{`'.includes(char)) {
      const isGeneric = previous === '>' && code.charAt(lastOf(code, index) - 1) !== '=';
      stack.push(isGeneric);
      if (isGeneric) {
        depth += 1;
        calls += 1;
        if (depth > MAX_GENERIC_DEPTH || calls > MAX_GENERIC_CALLS) return true;
      }
    } else if (')]}'.includes(char) && stack.pop() === true) {
      depth -= 1;
    }
    if (char !== ' ' && char !== '\n' && char !== '\r' && char !== '\t') previous = char;
  }
  return calls > 12 && /\/["'`()[\]{}]/.test(code);
}

function lastOf(code: string, index: number): number {
  let at = index - 1;
  while (at > 0 && code.charCodeAt(at) <= 0x20) at -= 1;
  return at;
}

/** Index of the end of the string or comment that begins at `index`. */
function skip(code: string, index: number): number {
  const char = code.charAt(index);
  if (char === '/') {
    const end = code.charAt(index + 1) === '*' ? code.indexOf('*/', index + 2) : code.indexOf('\n', index);
    return end < 0 ? code.length : end;
  }
  for (let at = index + 1; at < code.length; at += 1) {
    const one = code.charAt(at);
    if (one === '\\') at += 1;
    else if (one === char || one === '\n') return at;
  }
  return code.length;
}
