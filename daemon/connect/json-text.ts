// Insertions and removals in a JSON text, comments and trailing commas allowed. What stands beside them keeps its form,
// which general formatters do not promise: they lay out the neighbours anew.

import { createScanner, type Node } from 'jsonc-parser';

import type { JsonValue } from '../util/json.ts';

/** `key` is absent for an item of a list. */
export interface NewMember {
  readonly key?: string;
  readonly value: JsonValue;
}

export function replaceNode(text: string, node: Node, value: JsonValue): string {
  const rendered = render(text, value, lineIndent(text, node.offset));
  return text.slice(0, node.offset) + rendered + text.slice(node.offset + node.length);
}

/** Behind the last member of an object. */
export function appendMember(text: string, object: Node, member: NewMember): string {
  const close = object.offset + object.length - 1;
  const last = object.children?.at(-1);
  if (last === undefined) return fillEmpty(text, object, member);
  const lastEnd = last.offset + last.length;
  const comma = findComma(text, lastEnd, close);
  const rest = text.slice(comma === null ? lastEnd : comma + 1, close);
  const kept = rest.trimEnd();
  const space = rest.slice(kept.length);
  const before = `${text.slice(0, comma === null ? lastEnd : comma)},${kept}`;
  if (!space.includes('\n')) {
    return `${before}${gap(text)}${renderInline(text, member)}${space}${text.slice(close)}`;
  }
  const indent = lineIndent(text, last.offset);
  const rendered = renderMember(text, member, indent);
  return `${before}${eolOf(text)}${indent}${rendered}${comma === null ? '' : ','}${space}${text.slice(close)}`;
}

/** In front of the first item of a list. */
export function prependItem(text: string, list: Node, value: JsonValue): string {
  const first = list.children?.[0];
  if (first === undefined) return fillEmpty(text, list, { value });
  const lineStart = text.lastIndexOf('\n', first.offset - 1) + 1;
  const indent = text.slice(lineStart, first.offset);
  const isOwnLine = lineStart > 0 && indent.trim() === '';
  const rendered = isOwnLine
    ? `${renderMember(text, { value }, indent)},${eolOf(text)}${indent}`
    : `${renderInline(text, { value })},${gap(text)}`;
  return text.slice(0, first.offset) + rendered + text.slice(first.offset);
}

/** `node` is a property, with its key, or an item of a list. */
export function removeNode(text: string, node: Node): string {
  const { parent } = node;
  if (parent === undefined) return text;
  const siblings = parent.children ?? [];
  const index = siblings.indexOf(node);
  const close = parent.offset + parent.length - 1;
  const end = node.offset + node.length;
  const start = text.slice(0, node.offset).trimEnd().length;
  const previous = siblings[index - 1];
  const next = siblings[index + 1];
  const after = findComma(text, end, next?.offset ?? close);
  if (index === 0 && next !== undefined && after !== null) {
    return text.slice(0, node.offset) + text.slice(after + 1).trimStart();
  }
  if (after !== null) return text.slice(0, start) + text.slice(end, after) + text.slice(after + 1);
  const before =
    previous === undefined ? null : findComma(text, previous.offset + previous.length, node.offset);
  if (before !== null) return text.slice(0, before) + text.slice(before + 1, start) + text.slice(end);
  const inner = text.slice(parent.offset + 1, start) + text.slice(end, close);
  return text.slice(0, parent.offset + 1) + (inner.trim() === '' ? '' : inner) + text.slice(close);
}

function fillEmpty(text: string, group: Node, member: NewMember): string {
  const close = group.offset + group.length - 1;
  const comments = text.slice(group.offset + 1, close).trimEnd();
  const outer = lineIndent(text, group.offset);
  const indent = outer + unitOf(text);
  const eol = eolOf(text);
  const rendered = renderMember(text, member, indent);
  return `${text.slice(0, group.offset + 1)}${comments}${eol}${indent}${rendered}${eol}${outer}${text.slice(close)}`;
}

/** Offset of the comma between two places; null = there is none. */
function findComma(text: string, from: number, to: number): number | null {
  const scanner = createScanner(text, true);
  scanner.setPosition(from);
  scanner.scan();
  const offset = scanner.getTokenOffset();
  return text[offset] === ',' && offset < to ? offset : null;
}

function renderMember(text: string, { key, value }: NewMember, indent: string): string {
  const rendered = render(text, value, indent);
  return key === undefined ? rendered : `${JSON.stringify(key)}: ${rendered}`;
}

/** Lines after the first are moved in by `indent`. */
function render(text: string, value: JsonValue, indent: string): string {
  const lines = JSON.stringify(value, null, unitOf(text)).split('\n');
  return lines.join(`${eolOf(text)}${indent}`);
}

function renderInline(text: string, { key, value }: NewMember): string {
  const rendered = JSON.stringify(value);
  return key === undefined ? rendered : `${JSON.stringify(key)}:${gap(text)}${rendered}`;
}

/** Between the parts of what stands on one line. */
function gap(text: string): string {
  return /"\s*:[ \t]/.test(text) ? ' ' : '';
}

function lineIndent(text: string, offset: number): string {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, offset))?.[0] ?? '';
}

function unitOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
