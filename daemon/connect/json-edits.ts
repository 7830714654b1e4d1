// Edits in a JSON text, with or without comments: every byte that is not ours stays as it was.

import { isDeepStrictEqual } from 'node:util';
import { findNodeAtLocation, getNodeValue, parseTree } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';

import { parseJsonc } from '../config/jsonc-document.ts';
import { isJsonObject, type JsonValue } from '../util/json.ts';
import type { Edit, EditPath, ItemEdit, SetEdit } from './assistant.ts';
import { appendMember, prependItem, removeNode, replaceNode } from './json-text.ts';
import { editId, type Applied, type FormerParts, type TextEditor } from './text-editor.ts';
import { TextProblem } from './refusal.ts';

export const jsonEditor: TextEditor = { userValue, apply, remove, holdsOurs };

function userValue(text: string, path: EditPath): JsonValue | undefined {
  return valueAt(treeOf(text), path);
}

function apply(text: string, edits: readonly Edit[]): Applied {
  let changed = text.trim() === '' ? startOf(edits) : text;
  const former: Record<string, FormerParts> = {};
  for (const edit of edits) {
    const tree = treeOf(changed);
    const written = edit.kind === 'set' ? setValue(changed, tree, edit) : setItem(changed, tree, edit);
    if (written === null) continue;
    changed = written.text;
    former[editId(edit)] = written.former;
  }
  return { text: changed, former };
}

/** null = it is there already. */
function setValue(text: string, tree: Node, edit: SetEdit): { text: string; former: FormerParts } | null {
  const node = findNodeAtLocation(tree, [...edit.path]);
  if (node !== undefined && isDeepStrictEqual(plain(getNodeValue(node)), plain(edit.value))) return null;
  if (node !== undefined && edit.isCompanion === true) return null;
  const former = {
    text: node === undefined ? null : text.slice(node.offset, node.offset + node.length),
    madeParents: missingParents(text, tree, edit.path),
  };
  const changed =
    node === undefined
      ? added(text, tree, edit.path, former.madeParents, edit.value)
      : replaceNode(text, node, edit.value);
  return { text: changed, former };
}

function setItem(text: string, tree: Node, edit: ItemEdit): { text: string; former: FormerParts } | null {
  const list = edit.list.length === 0 ? tree : findNodeAtLocation(tree, [...edit.list]);
  if (list === undefined) {
    const parents = missingParents(text, tree, edit.list);
    return {
      text: added(text, tree, edit.list, parents, [edit.item]),
      former: { text: null, madeParents: parents + 1 },
    };
  }
  if (list.type !== 'array') throw notA(text, list, edit.list, 'list');
  const node = itemNode(list, edit);
  if (node !== null && isDeepStrictEqual(plain(getNodeValue(node)), plain(edit.item))) return null;
  const changed = node === null ? prependItem(text, list, edit.item) : replaceNode(text, node, edit.item);
  return { text: changed, former: { text: null, madeParents: 0 } };
}

/** `value` in new groups as far as those around it are missing. */
function added(text: string, tree: Node, path: EditPath, missing: number, value: JsonValue): string {
  const depth = path.length - 1 - missing;
  const parent = depth === 0 ? tree : findNodeAtLocation(tree, path.slice(0, depth));
  const key = path[depth];
  if (parent === undefined || key === undefined) return text;
  const whole = path.slice(depth + 1).reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value);
  return appendMember(text, parent, { key: String(key), value: whole });
}

function remove(
  text: string,
  edits: readonly Edit[],
  former: Readonly<Record<string, FormerParts>>,
  isOurs: (value: JsonValue, edit: SetEdit) => boolean,
): string {
  const companions = edits.flatMap((edit) =>
    edit.kind === 'set' && edit.isCompanion === true ? [edit.path] : [],
  );
  let changed = text;
  for (const edit of edits.toReversed()) {
    const tree = treeOf(changed);
    const parts = former[editId(edit)] ?? { text: null, madeParents: 0 };
    if (edit.kind === 'item') {
      const list = edit.list.length === 0 ? tree : findNodeAtLocation(tree, [...edit.list]);
      const item = list === undefined ? null : itemNode(list, edit);
      if (item === null) continue;
      changed = withoutEmpty(removeNode(changed, item), [...edit.list, 0], parts.madeParents, []);
      continue;
    }
    const node = findNodeAtLocation(tree, [...edit.path]);
    if (node === undefined || !isOurs(plain(getNodeValue(node)), edit)) continue;
    if (parts.text !== null) {
      changed = changed.slice(0, node.offset) + parts.text + changed.slice(node.offset + node.length);
    } else {
      changed = withoutEmpty(
        removeNode(changed, node.parent ?? node),
        edit.path,
        parts.madeParents,
        companions,
      );
    }
  }
  return changed;
}

function holdsOurs(
  text: string,
  edits: readonly Edit[],
  isOurs: (value: JsonValue, edit: SetEdit) => boolean,
): boolean {
  const tree = treeOf(text);
  return edits.some((edit) => {
    if (edit.kind === 'item') {
      const list = edit.list.length === 0 ? tree : findNodeAtLocation(tree, [...edit.list]);
      return list !== undefined && itemNode(list, edit) !== null;
    }
    const value = valueAt(tree, edit.path);
    return value !== undefined && isOurs(value, edit);
  });
}

function treeOf(text: string): Node {
  if (text.trim() !== '') {
    const parsed = parseJsonc(text);
    const problem = parsed.ok ? undefined : parsed.problems[0];
    if (problem !== undefined) {
      const where = problem.path === '' ? 'the file' : `"${problem.path}"`;
      throw new TextProblem(problem.line, `${where} ${problem.problem}`);
    }
  }
  const tree = parseTree(text.trim() === '' ? '{}' : text, [], { allowTrailingComma: true });
  if (tree === undefined) throw new TextProblem(null, 'the file holds no JSON');
  return tree;
}

function valueAt(tree: Node, path: EditPath): JsonValue | undefined {
  const node = findNodeAtLocation(tree, [...path]);
  return node === undefined ? undefined : plain(getNodeValue(node));
}

/** How many objects on the way to `path` are not there yet. Throws when something else stands in one's place. */
function missingParents(text: string, tree: Node, path: EditPath): number {
  if (tree.type !== 'object') throw new TextProblem(1, 'the file must hold an object, { … }');
  for (let depth = 1; depth < path.length; depth += 1) {
    const parent = path.slice(0, depth);
    const node = findNodeAtLocation(tree, [...parent]);
    if (node === undefined) return path.length - depth;
    if (node.type !== 'object') throw notA(text, node, parent, 'group, { … }');
  }
  return 0;
}

function notA(text: string, node: Node, path: EditPath, kind: string): TextProblem {
  const line = text.slice(0, node.offset).split('\n').length;
  const name = path.length === 0 ? 'the file' : `"${path.join('.')}"`;
  return new TextProblem(line, `${name} is not a ${kind}`);
}

function itemNode(list: Node, edit: ItemEdit): Node | null {
  const found = (list.children ?? []).find((child) => {
    const value = plain(getNodeValue(child));
    return isJsonObject(value) && ['name', 'title'].some((key) => isName(value[key], edit.item[key]));
  });
  return found ?? null;
}

function isName(found: JsonValue | undefined, wanted: JsonValue | undefined): boolean {
  return found !== undefined && found === wanted;
}

/** Takes away up to `count` groups above `path`, innermost first, while nothing but companions is in them. */
function withoutEmpty(text: string, path: EditPath, count: number, companions: readonly EditPath[]): string {
  let changed = text;
  for (let depth = path.length - 1; depth >= Math.max(1, path.length - count); depth -= 1) {
    const parent = path.slice(0, depth);
    const node = findNodeAtLocation(treeOf(changed), [...parent]);
    if (node === undefined) return changed;
    const keys = (node.children ?? []).map((child) =>
      [...parent, String(child.children?.[0]?.value)].join('.'),
    );
    const isEmpty = keys.every((key) => companions.some((companion) => companion.join('.') === key));
    const hasComments =
      keys.length === 0 && /[^\s{}[\]]/.test(changed.slice(node.offset, node.offset + node.length));
    if (!isEmpty || hasComments) return changed;
    changed = removeNode(changed, node.parent ?? node);
  }
  return changed;
}

/** A file that holds only a list begins as one. */
function startOf(edits: readonly Edit[]): string {
  return edits.some((edit) => edit.kind === 'item' && edit.list.length === 0) ? '[]\n' : '{}\n';
}

/** As JSON: objects of the parser have prototypes or none, which a comparison would see. */
function plain(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
}
