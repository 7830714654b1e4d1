// Our part of a text with lines (TOML, YAML, NAME=value), between two marks. No parser writes these files: lines of the
// user are kept as they are, and a line whose key we need is kept aside until the undo.

import type { JsonValue } from '../util/json.ts';
import type { Edit, EditPath, ItemEdit, SetEdit } from './assistant.ts';
import { TextProblem } from './refusal.ts';
import { editId, type Applied, type FormerParts, type TextEditor } from './text-editor.ts';

export const BEGIN_MARK = '# >>> pointsman >>>';
export const END_MARK = '# <<< pointsman <<<';
const HINT = '# written by "pointsman connect"; its --undo takes this out again';

/** One key, or the head of a table, and the lines that it takes (counted from 0, both inclusive). */
export interface Entry {
  readonly kind: 'key' | 'table';
  readonly path: readonly string[];
  readonly first: number;
  readonly last: number;
  /** What stands behind the key, with comments. */
  readonly raw: string;
}

export interface TextSyntax {
  /** Where keys go that are not there yet: before everything else, or after it. */
  readonly freshPlace: 'top' | 'end';
  /** Lines come with their ends. Throws `TextProblem` where the text is broken. */
  entries(lines: readonly string[]): readonly Entry[];
  scalar(raw: string): JsonValue;
  renderSet(edit: SetEdit): readonly string[];
  /** Without the key of the list. */
  renderItem(edit: ItemEdit): readonly string[];
  /** Throws where adding the edit would clash with what the user has. */
  checkFree?(edit: Edit, entries: readonly Entry[]): void;
}

interface Block {
  readonly first: number;
  readonly last: number;
  readonly indent: string;
  /** Of the edits in it. */
  readonly ids: readonly string[];
  /** The list stands around it and not in it. */
  readonly isBareItem: boolean;
}

export function createMarkedEditor(syntax: TextSyntax): TextEditor {
  return {
    userValue: (text, path) => userValue(syntax, text, path),
    apply: (text, edits) => apply(syntax, text, edits),
    remove: (text, _edits, former) => remove(syntax, text, former),
    holdsOurs: (text) => findBlocks(syntax, splitLines(text)).length > 0,
  };
}

/** Each with its end. */
export function splitLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function userValue(syntax: TextSyntax, text: string, path: EditPath): JsonValue | undefined {
  const lines = splitLines(text);
  const blocks = findBlocks(syntax, lines);
  const found = syntax
    .entries(lines)
    .find((entry) => entry.path.join('.') === path.join('.') && !isInside(entry, blocks));
  return found === undefined ? undefined : syntax.scalar(found.raw);
}

function apply(syntax: TextSyntax, text: string, edits: readonly Edit[]): Applied {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  let lines: readonly string[] = splitLines(text);
  const blocks = findBlocks(syntax, lines);
  const entries = syntax.entries(lines);
  const outside = entries.filter((entry) => !isInside(entry, blocks));
  const covered = new Set(blocks.flatMap(({ ids }) => ids));
  for (const edit of edits) checkOutside(syntax, edit, outside, covered.has(editId(edit)));

  for (const block of blocks.toReversed()) {
    const wanted = edits.filter((edit) => block.ids.includes(editId(edit)));
    const body = wanted.length === 0 ? [] : renderBlock(syntax, wanted, block, eol);
    lines = lines.toSpliced(block.first, block.last - block.first + 1, ...body);
  }
  const former: Record<string, FormerParts> = {};
  const fresh: Edit[] = [];
  for (const edit of edits.filter((candidate) => !covered.has(editId(candidate)))) {
    const placed = place(syntax, lines, edit, eol);
    if (placed === null) {
      fresh.push(edit);
      former[editId(edit)] = { text: null, madeParents: 0 };
    } else {
      lines = placed.lines;
      former[editId(edit)] = { text: placed.former, madeParents: 0 };
    }
  }
  return { text: insertFresh(syntax, lines, fresh, eol).join(''), former };
}

function checkOutside(syntax: TextSyntax, edit: Edit, outside: readonly Entry[], isCovered: boolean): void {
  syntax.checkFree?.(edit, outside);
  const same = outside.filter((entry) => entry.kind === 'key' && entry.path.join('.') === keyOf(edit));
  const [first, second] = same;
  if (second !== undefined) {
    throw new TextProblem(second.first + 1, `"${keyOf(edit)}" is given twice; keep one of them`);
  }
  if (first !== undefined && isCovered && edit.kind === 'set') {
    const problem = `"${keyOf(edit)}" stands here and between the marks of pointsman; remove one of them`;
    throw new TextProblem(first.first + 1, problem);
  }
}

/** Where the user has the key, or the list; null = nowhere. */
function place(
  syntax: TextSyntax,
  lines: readonly string[],
  edit: Edit,
  eol: string,
): { readonly lines: readonly string[]; readonly former: string | null } | null {
  const blocks = findBlocks(syntax, lines);
  const entry = syntax
    .entries(lines)
    .find(
      (candidate) =>
        candidate.kind === 'key' && candidate.path.join('.') === keyOf(edit) && !isInside(candidate, blocks),
    );
  if (entry === undefined) return null;
  const replace = (): { lines: readonly string[]; former: string } => {
    const count = entry.last - entry.first + 1;
    const body = renderBlock(syntax, [edit], { indent: '', isBareItem: false }, eol);
    const removed = lines.slice(entry.first, entry.last + 1).join('');
    return { lines: lines.toSpliced(entry.first, count, ...body), former: removed };
  };
  if (edit.kind === 'set' || /^\[\s*\]\s*(#.*)?$/.test(entry.raw.trim())) return replace();
  const indent = listIndent(lines, entry, keyOf(edit));
  const body = renderBlock(syntax, [edit], { indent, isBareItem: true }, eol);
  const ended = withEnd(lines.slice(0, entry.first + 1), eol);
  return { lines: [...ended, ...body, ...lines.slice(entry.first + 1)], former: null };
}

/** How far the items of the list are moved in. */
function listIndent(lines: readonly string[], entry: Entry, name: string): string {
  const wrong = (line: number): TextProblem =>
    new TextProblem(line + 1, `"${name}" is not a list with one item a line; write it as one`);
  if (!/^(#.*)?$/.test(entry.raw.split('\n')[0]?.trim() ?? '')) throw wrong(entry.first);
  for (let index = entry.first + 1; index <= entry.last; index += 1) {
    const match = /^([ ]*)(\S.*)/.exec(lines[index] ?? '');
    if (match === null || (match[2] ?? '').startsWith('#')) continue;
    if (!/^-(\s|$)/.test(match[2] ?? '')) throw wrong(index);
    return match[1] ?? '';
  }
  return '  ';
}

/** Keys in one block, tables behind everything. */
function insertFresh(
  syntax: TextSyntax,
  lines: readonly string[],
  fresh: readonly Edit[],
  eol: string,
): readonly string[] {
  const isTable = (edit: Edit): boolean => edit.kind === 'set' && edit.path.length > 1;
  const shape = { indent: '', isBareItem: false };
  let changed = lines;
  const keys = fresh.filter((edit) => !isTable(edit));
  if (keys.length > 0) {
    const body = renderBlock(syntax, keys, shape, eol);
    changed = syntax.freshPlace === 'top' ? [...body, ...changed] : [...withEnd(changed, eol), ...body];
  }
  for (const table of fresh.filter(isTable)) {
    changed = [...withEnd(changed, eol), ...renderBlock(syntax, [table], shape, eol)];
  }
  return changed;
}

function remove(syntax: TextSyntax, text: string, former: Readonly<Record<string, FormerParts>>): string {
  let lines = splitLines(text);
  for (const block of findBlocks(syntax, lines).toReversed()) {
    const back = block.isBareItem ? [] : block.ids.map((id) => former[id]?.text ?? '');
    lines = lines.toSpliced(block.first, block.last - block.first + 1, ...back.filter((part) => part !== ''));
  }
  return lines.join('');
}

function renderBlock(
  syntax: TextSyntax,
  edits: readonly Edit[],
  shape: Pick<Block, 'indent' | 'isBareItem'>,
  eol: string,
): readonly string[] {
  const body = edits.flatMap((edit) => {
    if (edit.kind === 'set') return syntax.renderSet(edit);
    const item = syntax.renderItem(edit);
    return shape.isBareItem ? item : [`${keyOf(edit)}:`, ...item.map((line) => `  ${line}`)];
  });
  return [BEGIN_MARK, HINT, ...body, END_MARK].map((line) => `${shape.indent}${line}${eol}`);
}

function findBlocks(syntax: TextSyntax, lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let first: number | null = null;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === BEGIN_MARK) {
      if (first !== null) throw unclosed(first);
      first = index;
    } else if (line.trim() === END_MARK) {
      if (first === null)
        throw new TextProblem(index + 1, 'a mark of pointsman ends what never began; remove it');
      blocks.push(blockOf(syntax, lines, first, index));
      first = null;
    }
  }
  if (first !== null) throw unclosed(first);
  return blocks;
}

function unclosed(line: number): TextProblem {
  return new TextProblem(line + 1, `the mark of pointsman is not closed; add "${END_MARK}" or remove it`);
}

function blockOf(syntax: TextSyntax, lines: readonly string[], first: number, last: number): Block {
  const indent = /^\s*/.exec(lines[first] ?? '')?.[0] ?? '';
  const body = lines.slice(first + 1, last);
  const content = body.find((line) => line.trim() !== '' && !line.trim().startsWith('#'))?.trim() ?? '';
  if (/^-\s/.test(content)) return { first, last, indent, ids: [BARE_ITEM], isBareItem: true };
  const ids = syntax.entries(body).map((entry) => entry.path.join('.'));
  return { first, last, indent, ids: [...ids, ...ids.map((id) => `${id}[]`)], isBareItem: false };
}

/** Of the one list that has an item of ours; a file has no second one. */
const BARE_ITEM = 'models[]';

function isInside(entry: Entry, blocks: readonly Block[]): boolean {
  return blocks.some(({ first, last }) => entry.first > first && entry.first < last);
}

function keyOf(edit: Edit): string {
  return (edit.kind === 'set' ? edit.path : edit.list).join('.');
}

/** The last line gets an end before something follows it. */
function withEnd(lines: readonly string[], eol: string): readonly string[] {
  const last = lines.at(-1);
  return last === undefined || last.endsWith('\n') ? lines : [...lines.slice(0, -1), `${last}${eol}`];
}
