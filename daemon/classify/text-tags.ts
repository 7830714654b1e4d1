// Tags in a text that need not be well-formed: names, ends, and whether a name is one that assistants give their blocks.
// Every function looks at a bounded part of the text, or at all of it once, so that no text can make them slow.

export interface Tag {
  readonly name: string;
  /** Offset behind the `>`. */
  readonly end: number;
  readonly selfClosing: boolean;
}

/** An opening tag with its attributes is never longer. */
const MAX_TAG_CHARS = 512;

/** Tags of assistants whose name does not give them away (lower case). */
const MACHINE_NAMES: ReadonlySet<string> = new Set([
  'attachment',
  'attachments',
  'context',
  'diagnostics',
  'directories',
  'environment',
  'environmentcontext',
  'file',
  'files',
  'guidelines',
  'image',
  'instructions',
  'memories',
  'memory',
  'permissions',
  'reminder',
  'rules',
  'selection',
  'selections',
  'skill',
  'skills',
  'symbols',
  'timestamp',
  'workspace',
]);

/** The opening tag at `position`, or a closing tag that lost its opening one (read as self-closing). */
export function readTag(text: string, position: number): Tag | undefined {
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

/** Name of the closing tag that the text ends with. */
export function closingNameAtEnd(text: string): string | undefined {
  if (!text.endsWith('>')) return undefined;
  const start = text.lastIndexOf('</');
  if (start < 0 || text.length - start > MAX_TAG_CHARS) return undefined;
  const nameEnd = endOfName(text, start + 2);
  return nameEnd === text.length - 1 ? text.slice(start + 2, nameEnd) : undefined;
}

/** Offset of the last `<name` that opens a line or a block of lines; a tag in the middle of a line is the user's. */
export function lastOpening(text: string, name: string): number | undefined {
  const start = text.lastIndexOf(`<${name}`);
  if (start < 0) return undefined;
  const tag = readTag(text, start);
  if (tag?.name !== name) return undefined;
  const opensLine = start === 0 || text.charCodeAt(start - 1) === 10;
  return opensLine || text.charCodeAt(tag.end) === 10 ? start : undefined;
}

/**
 * Content of the last tag whose plain name (`plainName`) is wanted. `firstLetters`: lower-case letters that wanted names
 * start with, so that a text full of other tags costs little.
 */
export function contentOfLast(
  text: string,
  wanted: ReadonlySet<string>,
  firstLetters: string,
): string | undefined {
  const closings: { readonly name: string; readonly at: number }[] = [];
  for (let at = text.indexOf('</'); at >= 0; at = text.indexOf('</', at + 2)) {
    if (!firstLetters.includes(text.charAt(at + 2).toLowerCase())) continue;
    const nameEnd = endOfName(text, at + 2, MAX_NAME_CHARS);
    const name = text.slice(at + 2, nameEnd);
    if (text.charCodeAt(nameEnd) !== 62 || !wanted.has(plainName(name))) continue;
    closings.push({ name, at });
    if (closings.length > MAX_CANDIDATES) closings.shift();
  }
  for (const { name, at } of closings.toReversed()) {
    const start = text.lastIndexOf(`<${name}`, at);
    const tag = start < 0 ? undefined : readTag(text, start);
    if (tag?.name === name && tag.end <= at) return text.slice(tag.end, at);
  }
  return undefined;
}

/** A name that is wanted is never longer. */
const MAX_NAME_CHARS = 40;
/** Closing tags that are tried for an opening one, from the end; each costs a look back over the text. */
const MAX_CANDIDATES = 4;

/** `User_Request`, `user-request` and `userRequest` are one name. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll('-', '').replaceAll('_', '');
}

/**
 * Hyphens, underscores and inner capitals are how assistants name their blocks (`system-reminder`, `USER_INFO`,
 * `environment_context`, `editorContext`); plain words and capitalised ones are what people paste (`div`, `Button`).
 */
export function isMachineName(name: string): boolean {
  if (MACHINE_NAMES.has(name.toLowerCase())) return true;
  const first = name.charCodeAt(0);
  if (isUpper(first)) return name.includes('_') && name === name.toUpperCase();
  if (first < 97 || first > 122) return false;
  for (let index = 1; index < name.length; index += 1) {
    const code = name.charCodeAt(index);
    if (code === 45 || code === 95 || isUpper(code)) return true;
  }
  return false;
}

export function skipSpace(text: string, start: number): number {
  let position = start;
  while (position < text.length && isSpace(text.charCodeAt(position))) position += 1;
  return position;
}

export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function endOfName(text: string, start: number, maxChars = MAX_TAG_CHARS): number {
  let end = start;
  while (end < text.length && end - start < maxChars && isNameCode(text.charCodeAt(end))) end += 1;
  return end;
}

function isNameCode(code: number): boolean {
  const isLetter = (code >= 97 && code <= 122) || isUpper(code);
  return isLetter || (code >= 48 && code <= 57) || code === 45 || code === 95 || code === 46 || code === 58;
}

function isUpper(code: number): boolean {
  return code >= 65 && code <= 90;
}
