// YAML as far as edits of the root need it: which keys stand at the left edge, and which lines belong to each. What is
// below them is not looked at.

import type { JsonValue } from '../util/json.ts';
import type { ItemEdit, SetEdit } from './assistant.ts';
import { createMarkedEditor, type Entry, type TextSyntax } from './marked-text.ts';
import { TextProblem } from './refusal.ts';

const yamlSyntax: TextSyntax = {
  freshPlace: 'end',
  entries,
  scalar,
  renderSet: ({ path, value }: SetEdit) => [`${path.join('.')}: ${JSON.stringify(value)}`],
  renderItem: ({ item }: ItemEdit) =>
    Object.entries(item).map(
      ([key, value], index) => `${index === 0 ? '- ' : '  '}${key}: ${JSON.stringify(value)}`,
    ),
};

export const yamlEditor = createMarkedEditor(yamlSyntax);

const KEY = /^(?:"([^"]+)"|'([^']+)'|([\w$./][^:#]*?|[\w$./]))[ \t]*:(?:[ \t]+(.*))?$/;

function entries(lines: readonly string[]): readonly Entry[] {
  const found: { path: readonly string[]; first: number; last: number; raw: string; isOpen: boolean }[] = [];
  const fail = (index: number, reason: string): never => {
    throw new TextProblem(index + 1, reason);
  };
  for (const [index, line] of lines.entries()) {
    const text = line.replace(/\r?\n$/, '');
    const current = found.at(-1);
    if (text.trim() === '' || text.startsWith('#')) continue;
    if (current?.isOpen === true || /^ |^-(\s|$)/.test(text)) {
      if (current === undefined) return fail(index, 'the file must begin with a key at the left edge');
      current.last = index;
      current.raw += `\n${text}`;
      current.isOpen = current.isOpen && isOpenGroup(current.raw);
      continue;
    }
    if (text.startsWith('\t')) fail(index, 'YAML is moved in with spaces, and a tab stands here');
    if (/^(---[ \t]*(#.*)?|%.*)$/.test(text) && current === undefined) continue;
    if (/^(---|\.\.\.)/.test(text)) fail(index, 'the file holds more than one document; keep one');
    const match = KEY.exec(text);
    if (match === null) return fail(index, 'a "key: value" or a "- item" must stand here');
    const name = match[1] ?? match[2] ?? match[3] ?? '';
    if (found.some(({ path }) => path[0] === name)) fail(index, `"${name}" is given twice; keep one of them`);
    const raw = match[4] ?? '';
    found.push({ path: [name], first: index, last: index, raw, isOpen: isOpenGroup(raw) });
  }
  const open = found.find(({ isOpen }) => isOpen);
  if (open !== undefined) fail(open.first, 'a closing bracket is missing');
  return found.map(({ path, first, last, raw }) => ({ kind: 'key' as const, path, first, last, raw }));
}

/** `[` or `{` that goes on in the next line. */
function isOpenGroup(raw: string): boolean {
  if (!/^[[{]/.test(raw)) return false;
  const bare = raw.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'|(?<=\s)#[^\n]*/g, '');
  return bare.replaceAll(/[^[{]/g, '').length > bare.replaceAll(/[^\]}]/g, '').length;
}

function scalar(raw: string): JsonValue {
  const text = raw.trim();
  return (
    /^"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? /^'([^']*)'/.exec(text)?.[1] ?? text.replace(/\s+#.*$/s, '')
  );
}
