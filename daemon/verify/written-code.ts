// The code that an answer holds: fenced blocks, a text that is nothing but code, files and pieces of files in the
// arguments of calls, and the added lines of patches.

import { arrayOf, isJsonObject, parseJsonObject, stringOf, type JsonObject } from '../util/json.ts';
import type { CollectedAnswer, CollectedCall } from './collected-answer.ts';
import type { FencedText } from './fenced-text.ts';

export interface WrittenCode {
  /** As the fence names it, or the ending of the file's name; '' = unknown. */
  readonly language: string;
  readonly code: string;
  /** `block`: may be any piece of code. `file`: whole. `edit`: a piece that goes into a file, or the new side of a patch. */
  readonly source: 'block' | 'file' | 'edit';
}

const PATH_KEYS = [
  'path',
  'file_path',
  'filePath',
  'filepath',
  'filename',
  'target_file',
  'absolute_path',
  'file',
];
const FILE_KEYS = ['content', 'contents', 'file_text', 'text', 'code'];
const NEW_KEYS = [
  'new_string',
  'new_str',
  'newString',
  'newText',
  'new_text',
  'replace',
  'replacement',
  'insert_text',
];
const OLD_KEYS = ['old_string', 'old_str', 'oldString', 'oldText', 'old_text', 'search'];

/** What one call wants to do to a file. */
export interface FileEdit {
  readonly path: string;
  /** Text that has to be found; undefined = the file is written as a whole. */
  readonly oldText?: string;
  readonly newText: string;
}

export function editsOf(call: CollectedCall): readonly FileEdit[] {
  if (call.isText) return [];
  const args = parseJsonObject(call.input);
  const path = args === undefined ? undefined : firstString(args, PATH_KEYS);
  if (args === undefined || path === undefined) return [];
  const several = arrayOf(args['edits']).filter(isJsonObject);
  return [args, ...several].flatMap((edit) => {
    const oldText = firstString(edit, OLD_KEYS);
    const newText = firstString(edit, NEW_KEYS);
    if (newText !== undefined) return [{ path, newText, oldText: oldText ?? '' }];
    const content = edit === args ? firstString(edit, FILE_KEYS) : undefined;
    return content === undefined ? [] : [{ path, newText: content }];
  });
}

/** `ask` tells the language of code without a fence, or with one that names none. */
export function writtenCode(
  answer: CollectedAnswer,
  fenced: FencedText,
  ask: string,
): readonly WrittenCode[] {
  const written = fenced.blocks.map(({ language, code }) => asBlock(language || languageBy(ask, code), code));
  const language = written.length === 0 ? languageBy(ask, answer.text) : '';
  if (written.length === 0 && (language !== '' || looksLikeCode(answer.text))) {
    written.push({ language, code: answer.text, source: 'block' });
  }
  for (const call of answer.calls) {
    for (const { path, oldText, newText } of editsOf(call)) {
      written.push({
        language: endingOf(path),
        code: newText,
        source: oldText === undefined ? 'file' : 'edit',
      });
    }
    const patch = patchOf(call);
    if (patch !== null) written.push({ language: '', code: newSideOf(patch), source: 'edit' });
  }
  return written;
}

/** The patch that a call carries, in `apply_patch`'s format; null = none. */
export function patchOf(call: CollectedCall): string | null {
  if (!call.input.includes('*** Begin Patch')) return null;
  if (call.isText) return call.input;
  const args = parseJsonObject(call.input);
  const strings = Object.values(args ?? {}).flatMap((value) => [value, ...arrayOf(value)]);
  return strings.map(stringOf).find((text) => text?.includes('*** Begin Patch') === true) ?? null;
}

export function endingOf(path: string): string {
  return /\.(\w{1,8})$/.exec(path)?.[1]?.toLowerCase() ?? '';
}

function asBlock(language: string, code: string): WrittenCode {
  const isPatch =
    language === 'diff' || language === 'patch' || /^(?:\*\*\* Begin Patch|@@ |--- )/m.test(code);
  if (isPatch) return { language: '', code: newSideOf(code), source: 'edit' };
  return { language, code, source: 'block' };
}

/** The added lines; those that were there before are not the answer's. */
function newSideOf(patch: string): string {
  return patch
    .split('\n')
    .filter((line) => line.startsWith('+') && !line.startsWith('+++'))
    .map((line) => line.slice(1))
    .join('\n');
}

/** Only what is certain enough to be parsed; '' = unknown. */
function languageBy(ask: string, code: string): string {
  const start = ask.slice(0, 4000);
  if (/\bjson\b/i.test(start) && /^\s*(?:\{\s*["}]|\[\s*[[{"\d\]])/.test(code)) return 'json';
  if (!looksLikeCode(code)) return '';
  if (/\bpython\b/i.test(start) && /^(?:def|class|import|from) \w/m.test(code)) return 'python';
  const isScript = /^(?:export |async )?(?:function|const|let|class|interface|type|import) /m.test(code);
  if (/\btypescript\b/i.test(start) && isScript) return 'ts';
  return /\bjavascript\b/i.test(start) && isScript ? 'js' : '';
}

/** Most lines end or begin as no prose does. */
export function looksLikeCode(text: string): boolean {
  const lines = text.split('\n', 400).filter((line) => line.trim() !== '');
  if (lines.length < 3) return false;
  const codeLines = lines.filter((line) => {
    const bare = line.trim();
    return /[;{}]$|^(?:def|class|function|import|from|const|let|var|return|export|async|if|for|while|@\w)\b.*[:;){,'"]$|^(?:\/\/|#|\/\*|\*) ?\S/.test(
      bare.length > 300 ? bare.slice(-300) : bare,
    );
  });
  return codeLines.length >= lines.length * 0.6;
}

function firstString(from: JsonObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = stringOf(from[key]);
    if (text !== undefined) return text;
  }
  return undefined;
}
