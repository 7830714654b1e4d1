// What assistants put around the user's words without tags: headings, rules of dashes, times, listings of files. Told by
// the shape of single lines, never by sentences; each scan looks at a line once.

import { skipSpace } from './text-tags.ts';

/** A line that frames something is never longer. */
const MAX_LINE_CHARS = 160;
const MAX_FRAMED_LINES = 500;
/** More leading frames (times, listed files) than any assistant writes. */
const MAX_FRAMES = 16;

/**
 * `## My request for …:` under a text that begins with a heading: editors list what is open first, and the user's words
 * come last. The last such heading counts.
 */
export function wordsUnderHeading(text: string): string | undefined {
  const start = skipSpace(text, 0);
  if (text.charCodeAt(start) !== 35) return undefined;
  let at = text.lastIndexOf('\n#');
  for (let lines = 0; lines < MAX_FRAMED_LINES && at >= start; lines += 1) {
    const { line, end } = lineFrom(text, at + 1);
    if (REQUEST_HEADING.test(line)) return text.slice(end);
    at = text.lastIndexOf('\n#', at - 1);
  }
  return undefined;
}

const REQUEST_HEADING =
  /^#{1,4} (?:my|the user'?s?|user'?s?|current) (?:request|query|question|message|prompt)(?: \w+){0,3}[:：]$/i;

/** The text without frames at both ends; itself where nothing would be left. */
export function stripFrames(text: string): string {
  const rest = stripRulesAtEnd(stripRegionAtEnd(stripLeadingFrames(text)));
  return rest.trim() === '' ? text : rest;
}

function stripLeadingFrames(text: string): string {
  let position = skipSpace(text, 0);
  for (let frames = 0; frames < MAX_FRAMES; frames += 1) {
    const end = endOfStamp(text, position) ?? endOfListedFile(text, position);
    if (end === undefined) break;
    position = skipSpace(text, end);
  }
  return text.slice(position);
}

/** `[2026-01-31 12:00] `, `Current time: 2026-01-31T12:00:00Z\n`, or a date alone on the first line. */
function endOfStamp(text: string, start: number): number | undefined {
  if (text.charCodeAt(start) === 91) {
    const mark = text.slice(start, start + MAX_LINE_CHARS);
    const close = mark.indexOf(']');
    return close > 0 && DATE_OR_CLOCK.test(mark.slice(0, close)) ? start + close + 1 : undefined;
  }
  const line = lineAt(text, start);
  return line !== undefined && DATED_LINE.test(line) ? start + line.length : undefined;
}

const DATE_OR_CLOCK = /\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}/;
const DATED_LINE =
  /^(?:(?:\w+'?s? ){0,3}(?:time|date|datetime|now)(?: is)?:? )?\d{4}-\d{2}-\d{2}[\dT:.,+ Z()A-Za-z/-]*$/i;

/** A fenced block whose info string is a path (```src/a.ts (3-9)): a file that an editor put before the words. */
function endOfListedFile(text: string, start: number): number | undefined {
  if (!text.startsWith('```', start)) return undefined;
  const line = lineAt(text, start);
  if (line === undefined) return undefined;
  const ticks = line.length - line.replace(/^`+/, '').length;
  if (!PATH_INFO.test(line.slice(ticks))) return undefined;
  const fence = `\n${'`'.repeat(ticks)}`;
  const close = text.indexOf(fence, start + line.length);
  if (close < 0) return undefined;
  const after = close + fence.length;
  return after >= text.length || text.charCodeAt(after) === 10 || text.charCodeAt(after) === 13
    ? after
    : undefined;
}

const PATH_INFO = /^(?:\w+ )?[\w@~./\\:-]*[./\\][\w@./\\:-]+(?: ?\([\d ,L-]+\)|[:#][\dL-]+)?$/;

/** `--- Content of … ---` down to `--- End of … ---` behind the words. */
function stripRegionAtEnd(text: string): string {
  const trimmed = text.trimEnd();
  const lastLine = trimmed.slice(trimmed.lastIndexOf('\n') + 1);
  if (!isRegionEnd(lastLine)) return text;
  for (const { line, start } of framedLines(trimmed, '-')) {
    if (isRegionStart(line)) return trimmed.slice(0, start);
  }
  return text;
}

/** `--- Content of … ---` */
export function isRegionStart(line: string): boolean {
  return isRegionMark(line) && !isRegionEnd(line);
}

/** `--- End of … ---` */
export function isRegionEnd(line: string): boolean {
  return isRegionMark(line) && line.trim().slice(4, 8).toLowerCase() === 'end ';
}

function isRegionMark(line: string): boolean {
  if (line.length > MAX_LINE_CHARS) return false;
  const mark = line.trim();
  return mark.length > 9 && mark.startsWith('--- ') && mark.endsWith(' ---') && !mark.includes('\n');
}

/** A chapter `# … rules` behind the words: how the model has to write its edits (aider). */
function stripRulesAtEnd(text: string): string {
  for (const { line, start } of framedLines(text, '#')) {
    if (text.charCodeAt(start - 2) === 10 && RULES_HEADING.test(line)) return text.slice(0, start);
  }
  return text;
}

const RULES_HEADING = /^# .*\brules:?$/i;

/** A map of a repository (aider): lines left out are marked `⋮`, those shown have a bar before them. */
export function isRepositoryMap(text: string): boolean {
  return text.includes('\n⋮') && text.includes('\n│');
}

/** Files in full, each a path on a line of its own and a fenced block, to the end: never words alone. */
export function isFileListing(text: string): boolean {
  const trimmed = text.trimEnd();
  const fence = trimmed.slice(trimmed.lastIndexOf('\n') + 1);
  if (!fence.startsWith('```')) return false;
  const first = trimmed.indexOf(`\n${fence}`);
  if (first < 0) return false;
  const path = trimmed.slice(trimmed.lastIndexOf('\n', first - 1) + 1, first);
  return first <= MAX_INTRODUCTION_CHARS && PATH_LINE.test(path.slice(0, MAX_LINE_CHARS));
}

const MAX_INTRODUCTION_CHARS = 600;
const PATH_LINE = /^[\w@~./\\-]*[./\\][\w@./\\-]+:?$/;

interface FramedLine {
  readonly line: string;
  readonly start: number;
  readonly end: number;
}

/** Lines behind the first one that begin with `mark`, up to a number that no text of an assistant has. */
function* framedLines(text: string, mark: string): Generator<FramedLine> {
  const needle = `\n${mark}`;
  let at = text.indexOf(needle);
  for (let lines = 0; lines < MAX_FRAMED_LINES && at >= 0; lines += 1) {
    yield lineFrom(text, at + 1);
    at = text.indexOf(needle, at + 1);
  }
}

/** Cut where it is longer than a frame can be. */
function lineFrom(text: string, start: number): FramedLine {
  const window = text.slice(start, start + MAX_LINE_CHARS + 1);
  const length = window.indexOf('\n');
  const end = start + (length < 0 ? window.length : length);
  return { line: text.slice(start, end).trimEnd(), start, end };
}

/** undefined where the line is too long for a frame. */
function lineAt(text: string, start: number): string | undefined {
  const { line, end } = lineFrom(text, start);
  return end - start > MAX_LINE_CHARS || end === start ? undefined : line;
}
