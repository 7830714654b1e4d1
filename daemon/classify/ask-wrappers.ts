// What assistants put around the user's words, as data, and the linear scans that take it off again. Names of tags and
// shapes of lines decide, never sentences: sentences change with every release and language, and a user can write them
// too. Everything here looks at a text a fixed number of times at most, so that no text can make it slow.

import { stripFrames, wordsUnderHeading } from './text-frames.ts';
import {
  closingNameAtEnd,
  contentOfLast,
  isMachineName,
  lastOpening,
  readTag,
  skipSpace,
} from './text-tags.ts';

/** Tags (plain names) that hold the user's own words wherever they stand; all else in that text is the assistant's. */
const WORDS_ANYWHERE: ReadonlySet<string> = new Set([
  'userrequest', // Copilot Chat, Antigravity
  'userquery', // Cursor
  'usermessage', // Roo, Kilo
  'userinput',
  'userprompt',
  'userquestion',
  'usertask',
  'currentrequest',
  'issuedescription', // Junie
]);

/** In a text that reports what a tool did, these hold what the user said to it. */
const WORDS_IN_RESULT: ReadonlySet<string> = new Set([...WORDS_ANYWHERE, 'feedback', 'answer']);

/** Tags that hold the user's words when they open the text; what follows them is for the model. */
const WORDS_LEADING: ReadonlySet<string> = new Set([
  'session', // Claude Code, title request
  'command-args', // Claude Code, slash command
]);

/** As above, but common enough in pasted text that words outside of them count as well. */
const WORDS_ALONE: ReadonlySet<string> = new Set([
  'task', // Cline and its relatives, as the next two
  'feedback',
  'answer',
  'prompt',
  'query',
  'question',
  'request',
]);

/** More blocks than any assistant writes in one text; bounds the work on hostile text. */
const MAX_BLOCKS = 32;

/** The user's own words in one text of a user message; '' when an assistant wrote all of it. */
export function ownWords(text: string): string {
  if (isToolReport(text)) return tidy(contentOfLast(text, WORDS_IN_RESULT, 'uciaf') ?? '');
  const told = contentOfLast(text, WORDS_ANYWHERE, 'uci') ?? wordsUnderHeading(text);
  if (told === undefined) return stripped(text);
  // The words themselves may begin with something pasted; the same is taken off them as where they stand alone.
  return stripped(told) || tidy(told);
}

/**
 * Assistants that have no tool messages report in the user's name: `[read_file for 'a.ts'] Result:`. A name in
 * brackets, what it was called with, and the announcement of a result, all in the first line.
 */
export function isToolReport(text: string): boolean {
  const start = skipSpace(text, 0);
  if (text.charCodeAt(start) !== 91) return false;
  const lineEnd = text.indexOf('\n', start);
  const line = text.slice(start, Math.min(lineEnd < 0 ? text.length : lineEnd, start + MAX_REPORT_LINE));
  return TOOL_REPORT.test(line);
}

const MAX_REPORT_LINE = 500;
const TOOL_REPORT = /^\[[A-Za-z]\w*(?: for [^\n]*)?\] Result\b/;

function stripped(text: string): string {
  const { told: leading, rest } = stripLeading(text);
  if (leading !== undefined) return tidy(leading);
  const trailing = stripTrailing(rest);
  // A block with a heading over it ("# rules for this folder" and the rules) is one note of the assistant.
  if (trailing.stripped && isOneHeading(trailing.rest)) return '';
  return tidy(stripFrames(trailing.rest));
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
    if (end < 0) {
      // The block of a text that is nothing but its opening: what it holds comes as another part.
      if (!holdsWords && skipSpace(text, tag.end) === text.length) return { told, rest: '' };
      break;
    }
    const after = tag.selfClosing ? tag.end : end + close.length;
    if (WORDS_LEADING.has(tag.name)) told = text.slice(tag.end, end);
    if (WORDS_ALONE.has(tag.name)) {
      const outside = stripTrailing(text.slice(after)).rest.trim();
      // A chapter behind the tag is the assistant's, as how it wants its progress reported.
      if (outside !== '' && !outside.startsWith('# ')) break;
      told = text.slice(tag.end, end);
      if (outside !== '') break;
    }
    position = skipSpace(text, after);
  }
  return { told: told?.trim() === '' ? undefined : told, rest: text.slice(position) };
}

function stripTrailing(text: string): { readonly rest: string; readonly stripped: boolean } {
  let rest = text.trimEnd();
  let isStripped = false;
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks += 1) {
    const name = closingNameAtEnd(rest);
    if (name === undefined || !isMachineName(name)) break;
    const start = lastOpening(rest, name);
    if (start === undefined) break;
    rest = rest.slice(0, start).trimEnd();
    isStripped = true;
  }
  return { rest, stripped: isStripped };
}

/** How often quotes around quotes are taken off. */
const MAX_QUOTES = 3;

/** Trimmed; a mark of the assistant in brackets (`[Image #1]`) is no word, and quotes around everything go. */
function tidy(text: string): string {
  let words = text.trim();
  if (words.startsWith('[') && words.indexOf(']') === words.length - 1 && !words.includes('\n')) return '';
  for (let layers = 0; layers < MAX_QUOTES && isQuoted(words); layers += 1) {
    const inner = words.slice(1, -1);
    words = (hasEscapedQuotes(inner) ? inner.replaceAll('\\"', '"') : inner).trim();
  }
  return words;
}

/** One pair of quotes around everything, not the first and the last of several (`"a" and "b"`). */
function isQuoted(text: string): boolean {
  if (text.length < 3 || !text.startsWith('"') || !text.endsWith('"')) return false;
  const next = text.indexOf('"', 1);
  if (next === text.length - 1) return true;
  // A quote that opens another pair stands before a word; one that closes the first stands behind it.
  return next === 1 || OPENS_QUOTE.includes(text.charAt(next - 1));
}

const OPENS_QUOTE = ' \t\n([{=,:\\';

function hasEscapedQuotes(text: string): boolean {
  let at = text.indexOf('"');
  if (at < 0) return false;
  for (; at >= 0; at = text.indexOf('"', at + 1)) {
    if (text.charCodeAt(at - 1) !== 92) return false;
  }
  return true;
}

function isOneHeading(text: string): boolean {
  const trimmed = text.trim();
  return trimmed === '' || (trimmed.startsWith('#') && !trimmed.includes('\n'));
}
