// TOML as far as edits need it: where each key and table stands, and whether the text is whole. Values are skipped, not
// read, so that no file is ever written from what was understood of it.

import { isJsonObject } from '../util/json.ts';
import type { Edit, SetEdit } from './assistant.ts';
import { createMarkedEditor, type Entry, type TextSyntax } from './marked-text.ts';
import { TextProblem } from './refusal.ts';

const tomlSyntax: TextSyntax = {
  freshPlace: 'top', // keys of the root must come before the first table
  entries: (lines) => new TomlScanner(lines.join('')).entries(),
  scalar: (raw) => /^(["'])(.*)\1/.exec(raw.trim())?.[2] ?? raw.trim(),
  renderSet,
  renderItem: () => [],
  checkFree,
};

export const tomlEditor = createMarkedEditor(tomlSyntax);

function renderSet({ path, value }: SetEdit): readonly string[] {
  if (!isJsonObject(value)) return [`${path.join('.')} = ${JSON.stringify(value)}`];
  const members = Object.entries(value).map(([key, member]) => `${key} = ${JSON.stringify(member)}`);
  return [`[${path.join('.')}]`, ...members];
}

/** A table may be given once, and what is written in one piece (`a = { … }`) cannot be added to. */
function checkFree(edit: Edit, entries: readonly Entry[]): void {
  if (edit.kind !== 'set' || edit.path.length < 2) return;
  const wanted = edit.path.map(String);
  for (const entry of entries) {
    const isBelow = wanted.every((part, index) => entry.path[index] === part);
    if (isBelow) {
      const problem = `"${wanted.join('.')}" is there already and was not written by pointsman; rename or remove it`;
      throw new TextProblem(entry.first + 1, problem);
    }
    const isAbove =
      entry.path.length < wanted.length && entry.path.every((part, index) => wanted[index] === part);
    if (isAbove && (entry.kind === 'key' || entry.raw === '[[')) {
      const name = entry.path.join('.');
      throw new TextProblem(
        entry.first + 1,
        `"${name}" is written in one piece; write it as [${name}.NAME] tables`,
      );
    }
  }
}

const BARE_VALUE = /^(?:true|false|[+-]?(?:inf|nan)|[+-]?\d[\w.:+-]*)$/;

class TomlScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  entries(): readonly Entry[] {
    const entries: Entry[] = [];
    const seen = new Set<string>();
    const lists: string[] = [];
    let table: readonly string[] = [];
    for (;;) {
      this.#skip(/[\s]*(?:#[^\n]*\s*)*/y);
      if (this.#at >= this.#text.length) return entries;
      const first = this.#line();
      const isTable = this.#text[this.#at] === '[';
      const { path, raw } = isTable ? this.#header() : this.#assignment(table);
      if (isTable) table = path;
      if (raw === '[[') lists.push(path.join('\0'));
      this.#endOfLine();
      entries.push({ kind: isTable ? 'table' : 'key', path, first, last: this.#line(this.#at - 1), raw });
      const id = path.join('\0');
      const isRepeatable = lists.some((list) => id === list || id.startsWith(`${list}\0`));
      if (isRepeatable) continue;
      if (seen.has(id)) this.#fail(`"${path.join('.')}" is given twice; keep one of them`, first);
      seen.add(id);
    }
  }

  #header(): { path: readonly string[]; raw: string } {
    const open = this.#text.startsWith('[[', this.#at) ? '[[' : '[';
    this.#at += open.length;
    const path = this.#key();
    const close = open === '[[' ? ']]' : ']';
    if (!this.#text.startsWith(close, this.#at)) this.#fail(`a "${close}" is missing`);
    this.#at += close.length;
    return { path, raw: open };
  }

  #assignment(table: readonly string[]): { path: readonly string[]; raw: string } {
    const key = this.#key();
    if (this.#text[this.#at] !== '=') this.#fail('a "=" must stand behind the key');
    this.#at += 1;
    this.#skip(/[ \t]*/y);
    const start = this.#at;
    this.#value();
    return { path: [...table, ...key], raw: this.#text.slice(start, this.#at) };
  }

  #key(): readonly string[] {
    const path: string[] = [];
    for (;;) {
      this.#skip(/[ \t]*/y);
      const found = this.#take(/([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'/y);
      if (found === null) this.#fail('a key, a [table] or a # comment must stand here');
      path.push(found[1] ?? found[2] ?? found[3] ?? '');
      this.#skip(/[ \t]*/y);
      if (this.#text[this.#at] !== '.') return path;
      this.#at += 1;
    }
  }

  #value(): void {
    const start = this.#at;
    const isThere = this.#text.slice(start, start + 3);
    if (isThere === '"""' || isThere === "'''") {
      const whole =
        isThere === '"""' ? /"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}/y : /'''(?:[^']|'{1,2}(?!'))*'{3,5}/y;
      if (this.#take(whole) === null) this.#fail(`a text that begins with ${isThere} is not closed`);
      return;
    }
    if (isThere.startsWith('"') || isThere.startsWith("'")) {
      if (this.#take(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y) === null) this.#fail('a closing quote is missing');
      return;
    }
    if (isThere.startsWith('[')) return this.#group(']', false);
    if (isThere.startsWith('{')) return this.#group('}', true);
    const bare = this.#take(/[^\s,\]}#]+(?: \d\d:[^\s,\]}#]+)?/y)?.[0] ?? '';
    if (BARE_VALUE.test(bare.replace(' ', 'T'))) return;
    this.#fail(
      'a value must be text in quotes, a number, true, false, a date, [ ] or { }',
      this.#line(start),
    );
  }

  #group(close: string, hasKeys: boolean): void {
    const line = this.#line();
    this.#at += 1;
    for (;;) {
      this.#skip(/\s*(?:#[^\n]*\s*)*/y);
      if (this.#text[this.#at] === close) {
        this.#at += 1;
        return;
      }
      if (this.#at >= this.#text.length) this.#fail(`a closing "${close}" is missing`, line);
      if (hasKeys) this.#assignment([]);
      else this.#value();
      this.#skip(/\s*(?:#[^\n]*\s*)*/y);
      if (this.#text[this.#at] === ',') this.#at += 1;
      else if (this.#text[this.#at] !== close) this.#fail(`a "," or "${close}" is missing`);
    }
  }

  #endOfLine(): void {
    const rest = this.#take(/[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y);
    if (rest === null) this.#fail('nothing but a comment may follow on this line');
  }

  #skip(pattern: RegExp): void {
    this.#take(pattern);
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }

  /** Counted from 0. */
  #line(at = this.#at): number {
    let line = 0;
    for (let index = 0; index < at; index += 1) if (this.#text[index] === '\n') line += 1;
    return line;
  }

  #fail(reason: string, line = this.#line()): never {
    throw new TextProblem(line + 1, reason);
  }
}
