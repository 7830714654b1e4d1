// What assistants put around the user's words, as data, and the linear scans that take it off again. Names of tags
// decide, never sentences: sentences change with every release and every language, and a user can write them too.
// Everything here looks at a text at most a fixed number of times, so that no text can make it slow.

/** Tags that hold the user's own words wherever they stand; all else in that text is the assistant's. */
const WORDS_ANYWHERE: readonly string[] = [
  'userRequest', // Copilot Chat
  'user_query', // Cursor
  'user_request',
  'user-request',
  'user-query',
  'user_message',
  'user-message',
];

/** Tags that hold the user's words when they open the text; what follows them is for the model. */
const WORDS_LEADING: ReadonlySet<string> = new Set([
  'session', // Claude Code, title request
  'command-args', // Claude Code, slash command
]);

/** As above, but common enough in pasted text that words outside of them count as well. */
const WORDS_ALONE: ReadonlySet<string> = new Set(['task', 'feedback']); // Cline and its relatives

/** Tags of assistants whose name does not give them away (lower case). */
const MACHINE_NAMES: ReadonlySet<string> = new Set([
  'attachment',
  'attachments',
  'context',
  'environment',
  'file',
  'files',
  'image',
  'instructions',
  'memories',
  'memory',
  'permissions',
  'reminder',
  'rules',
  'skills',
  'timestamp',
  'workspace',
]);

/** More blocks than any assistant writes in one text; bounds the work on hostile text. */
const MAX_BLOCKS = 64;
/** An opening tag with its attributes is never longer. */
const MAX_TAG_CHARS = 512;

/** The user's own words in one text of a user message; '' when an assistant wrote all of it. */
export function ownWords(text: string): string {
  const told = wordsAnywhere(text);
  if (told !== undefined) return tidy(told);
  const { told: leading, rest } = stripLeading(text);
  if (leading !== undefined) return tidy(leading);
  const trailing = stripTrailing(rest);
  // A block with a heading over it ("# rules for this folder" and the rules) is one note of the assistant.
  if (trailing.stripped && isOneHeading(trailing.rest)) return '';
  return tidy(trailing.rest);
}

function wordsAnywhere(text: string): string | undefined {
  for (const name of WORDS_ANYWHERE) {
    const end = text.lastIndexOf(`</${name}>`);
    if (end < 0) continue;
    const start = text.lastIndexOf(`<${name}>`, end);
    if (start >= 0) return text.slice(start + name.length + 2, end);
  }
  return undefined;
}

interface Leading {
  /** Content of a tag that holds the user's words. */
  readonly told: string | undefined;
  readonly rest: string;
}

function stripLeading(text: string): Leading {
  let position = skipSpace(text, 0);
  let told: string | undefined;
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks += 1) {
    const tag = readTag(text, position);
    if (tag === undefined) break;
    const holdsWords = WORDS_LEADING.has(tag.name) || WORDS_ALONE.has(tag.name);
    if (!holdsWords && !isMachineName(tag.name)) break;
    const close = `</${tag.name}>`;
    const end = tag.selfClosing ? tag.end : text.indexOf(close, tag.end);
    if (end < 0) break;
    const after = tag.selfClosing ? tag.end : end + close.length;
    if (WORDS_LEADING.has(tag.name)) told = text.slice(tag.end, end);
    if (WORDS_ALONE.has(tag.name)) {
      const outside = stripTrailing(text.slice(after)).rest.trim();
      if (outside !== '') break;
      told = text.slice(tag.end, end);
    }
    position = skipSpace(text, after);
  }
  return { told: told?.trim() === '' ? undefined : told, rest: text.slice(position) };
}

function stripTrailing(text: string): { readonly rest: string; readonly stripped: boolean } {
  let rest = text.trimEnd();
  let stripped = false;
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks += 1) {
    const name = closingNameAtEnd(rest);
    if (name === undefined || !isMachineName(name)) break;
    const start = lastOpening(rest, name);
    if (start === undefined) break;
    rest = rest.slice(0, start).trimEnd();
    stripped = true;
  }
  return { rest, stripped };
}

/** Offset of the last `<name` that opens a line; words in the middle of a line stay the user's. */
function lastOpening(text: string, name: string): number | undefined {
  const opening = `<${name}`;
  const start = text.lastIndexOf(opening);
  if (start < 0) return undefined;
  if (start > 0 && text.charCodeAt(start - 1) !== 10) return undefined;
  const tag = readTag(text, start);
  return tag?.name === name ? start : undefined;
}

function closingNameAtEnd(text: string): string | undefined {
  if (!text.endsWith('>')) return undefined;
  const start = text.lastIndexOf('</');
  if (start < 0 || text.length - start > MAX_TAG_CHARS) return undefined;
  const nameEnd = endOfName(text, start + 2);
  return nameEnd === text.length - 1 ? text.slice(start + 2, nameEnd) : undefined;
}

interface Tag {
  readonly name: string;
  /** Offset behind the `>`. */
  readonly end: number;
  readonly selfClosing: boolean;
}

/** The opening tag at `position`, or a closing tag that lost its opening one (read as self-closing). */
function readTag(text: string, position: number): Tag | undefined {
  if (text.charCodeAt(position) !== 60) return undefined;
  const isClosing = text.charCodeAt(position + 1) === 47;
  const nameStart = position + (isClosing ? 2 : 1);
  const nameEnd = endOfName(text, nameStart);
  if (nameEnd === nameStart) return undefined;
  const window = text.slice(nameEnd, nameEnd + MAX_TAG_CHARS);
  const close = window.indexOf('>');
  if (close < 0) return undefined;
  // Attributes stand behind a space; `<a-b` that runs into anything else is no tag.
  if (close > 0 && !isSpace(window.charCodeAt(0)) && window.charCodeAt(0) !== 47) return undefined;
  return {
    name: text.slice(nameStart, nameEnd),
    end: nameEnd + close + 1,
    selfClosing: isClosing || window.charCodeAt(close - 1) === 47,
  };
}

function endOfName(text: string, start: number): number {
  let end = start;
  while (end < text.length && end - start < MAX_TAG_CHARS && isNameCode(text.charCodeAt(end))) end += 1;
  return end;
}

/**
 * Hyphens, underscores and inner capitals are how assistants name their blocks (`system-reminder`,
 * `environment_context`, `editorContext`); plain words and capitalised ones are what people paste (`div`, `Button`).
 */
function isMachineName(name: string): boolean {
  if (MACHINE_NAMES.has(name.toLowerCase())) return true;
  const first = name.charCodeAt(0);
  if (first < 97 || first > 122) return false;
  for (let index = 1; index < name.length; index += 1) {
    const code = name.charCodeAt(index);
    if (code === 45 || code === 95 || (code >= 65 && code <= 90)) return true;
  }
  return false;
}

/** Trimmed; a mark of the assistant in brackets (`[Image #1]`) is no word, and quotes around everything go. */
function tidy(text: string): string {
  const trimmed = text.trim();
  if (trimmed.startsWith('[') && trimmed.indexOf(']') === trimmed.length - 1 && !trimmed.includes('\n'))
    return '';
  const isQuoted = trimmed.length > 2 && trimmed.indexOf('"', 1) === trimmed.length - 1;
  return isQuoted && trimmed.startsWith('"') ? trimmed.slice(1, -1).trim() : trimmed;
}

function isOneHeading(text: string): boolean {
  const trimmed = text.trim();
  return trimmed === '' || (trimmed.startsWith('#') && !trimmed.includes('\n'));
}

function skipSpace(text: string, start: number): number {
  let position = start;
  while (position < text.length && isSpace(text.charCodeAt(position))) position += 1;
  return position;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function isNameCode(code: number): boolean {
  const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
  return isLetter || (code >= 48 && code <= 57) || code === 45 || code === 95 || code === 46 || code === 58;
}
