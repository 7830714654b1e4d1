// JSON with comments -> plain values, with the line and column of every key, for messages that a person can act on.
// Objects come without a prototype, so that no key of the file can reach one.

import { createScanner, getLocation, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';

export type JsonPath = readonly PropertyKey[];

/** Line and column count from 1; columns are UTF-16 units, as editors count them. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong, and where. `problem` is the rest of a sentence that starts with `path`. */
export interface ConfigProblem extends Position {
  /** E.g. `retries.maxAttempts`, `models["gpt-5.6"].tier`; '' = the file as a whole. */
  readonly path: string;
  readonly problem: string;
}

export interface JsoncDocument {
  readonly value: unknown;
  /** Where the value at `path` stands; where its nearest existing parent stands when it is missing. */
  positionOf(path: JsonPath): Position;
  /** Where the last key of `path` stands. */
  positionOfKey(path: JsonPath): Position;
}

export type JsoncResult =
  | { readonly ok: true; readonly document: JsoncDocument }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** A thousand models fit in a tenth of this; a larger file is not a configuration. */
export const MAX_CONFIG_CHARS = 1_048_576;
/** The schema is seven deep; the parser recurses, so depth is bounded before it runs. */
const MAX_DEPTH = 32;

/** Comments and trailing commas are welcome; keys given twice and `__proto__` are not. */
export function parseJsonc(source: string): JsoncResult {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  const fail = (offset: number, path: JsonPath, problem: string): JsoncResult => ({
    ok: false,
    problems: [{ path: formatPath(path), ...positionAt(text, offset), problem }],
  });
  if (text.length > MAX_CONFIG_CHARS) {
    return fail(0, [], `is too large; it must be at most ${MAX_CONFIG_CHARS} characters`);
  }
  const zeroAt = text.indexOf('\0');
  if (zeroAt >= 0) return fail(zeroAt, [], 'holds a zero byte; save it as UTF-8 text');
  const tooDeepAt = offsetBeyondDepth(text);
  if (tooDeepAt !== null) return fail(tooDeepAt, [], `is nested more than ${MAX_DEPTH} levels deep here`);

  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [first] = errors; // the ones after it are mostly its consequences
  if (first !== undefined) {
    const { path, isAtPropertyKey } = getLocation(text, first.offset);
    const named = path.at(-1) === '' ? path.slice(0, -1) : path; // '' = a key that is not there yet
    const problem = syntaxProblem(printParseErrorCode(first.error), isAtPropertyKey);
    return fail(first.offset, named, problem);
  }
  if (root === undefined) return fail(0, [], 'is empty; write {} for the defaults');

  const problems: ConfigProblem[] = [];
  const value = valueOf(root, [], (node, path, problem) => {
    problems.push({ path: formatPath(path), ...positionAt(text, node.offset), problem });
  });
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, document: createDocument(text, root, value) };
}

/** `a.b[0]["c.d"]`: plain names with dots, everything else quoted; long keys are cut. */
export function formatPath(path: JsonPath): string {
  let formatted = '';
  for (const step of path) {
    if (typeof step === 'number') formatted += `[${step}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(String(step)))
      formatted += formatted === '' ? String(step) : `.${String(step)}`;
    else formatted += `[${JSON.stringify(shortened(String(step)))}]`;
  }
  return formatted;
}

/** A name as it may stand in a message: one line, not too long. */
export function shortened(name: string): string {
  return name.length <= 80 ? name : `${name.slice(0, 80)}…`;
}

function createDocument(text: string, root: Node, value: unknown): JsoncDocument {
  const find = (path: JsonPath): { node: Node; key: Node | undefined } => {
    let node = root;
    let key: Node | undefined;
    for (const step of path) {
      const child = childAt(node, step);
      if (child === undefined) return { node, key: undefined };
      ({ node, key } = child);
    }
    return { node, key };
  };
  return {
    value,
    positionOf: (path) => positionAt(text, find(path).node.offset),
    positionOfKey(path) {
      const { node, key } = find(path);
      return positionAt(text, (key ?? node).offset);
    },
  };
}

function childAt(node: Node, step: PropertyKey): { node: Node; key: Node | undefined } | undefined {
  if (node.type === 'array') {
    const item = typeof step === 'number' ? node.children?.[step] : undefined;
    return item === undefined ? undefined : { node: item, key: undefined };
  }
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key !== undefined && value !== undefined && key.value === step) return { node: value, key };
  }
  return undefined;
}

type Report = (node: Node, path: JsonPath, problem: string) => void;

function valueOf(node: Node, path: JsonPath, report: Report): unknown {
  if (node.type === 'array') {
    return (node.children ?? []).map((child, index) => valueOf(child, [...path, index], report));
  }
  if (node.type !== 'object') return node.value;
  const object = Object.create(null) as Record<string, unknown>;
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    const keyPath = [...path, name];
    if (name === '__proto__') report(key, keyPath, 'is a name that cannot be used');
    else if (name in object) report(key, keyPath, 'is given twice; keep one of them');
    else object[name] = valueOf(value, keyPath, report);
  }
  return object;
}

function positionAt(text: string, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (let index = 0; index < offset && index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const isLineEnd = code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10);
    if (isLineEnd) {
      line += 1;
      lineStart = index + 1;
    }
  }
  return { line, column: Math.min(offset, text.length) - lineStart + 1 };
}

/** Offset of the first bracket that goes deeper than MAX_DEPTH; null when none does. */
function offsetBeyondDepth(text: string): number | null {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (;;) {
    scanner.scan();
    if (scanner.getTokenLength() === 0) return null; // only the end of the text is empty
    const character = text[scanner.getTokenOffset()];
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > MAX_DEPTH) return scanner.getTokenOffset();
  }
}

function syntaxProblem(code: string, isAtKey: boolean): string {
  const keyExpected = 'is broken here: a key in double quotes must follow';
  switch (code) {
    case 'PropertyNameExpected':
      return keyExpected;
    case 'ColonExpected':
      return 'is broken here: a ":" must stand between key and value';
    case 'CommaExpected':
      return 'is broken here: a "," is missing before this';
    case 'CloseBraceExpected':
      return 'is broken here: a closing "}" is missing';
    case 'CloseBracketExpected':
      return 'is broken here: a closing "]" is missing';
    case 'EndOfFileExpected':
      return 'is broken here: nothing may follow the closing "}"';
    case 'UnexpectedEndOfComment':
      return 'is broken here: a comment is not closed with */';
    case 'UnexpectedEndOfString':
      return 'is broken here: a closing double quote is missing';
    case 'InvalidUnicode':
    case 'InvalidEscapeCharacter':
      return 'is broken here: a backslash in text must be written as \\\\';
    default:
      if (isAtKey) return keyExpected;
      return 'is broken here: a value must be text in double quotes, a number, true, false, { } or [ ]';
  }
}
