// Globs of paths -> patterns that find such a path wherever it stands in a text. `**` is any folders, `*` and `?` stay
// within a name, `{a,b}` is either. Case does not count and `\` is `/`. A glob may begin at any folder. What must not
// leave the machine is found too often rather than too seldom.

/** What a person may write; longer or more of it is a mistake. */
const MAX_GLOB_CHARS = 512;

/** A separator as it stands in texts: doubled by escapes, or encoded in a URL. */
const SEPARATOR = String.raw`(?:[/\\]|%2f|%5c)+`;
/** Before a path: not the end of a longer name. */
const START = String.raw`(?:^|[^\w.-])`;
/** Before a path that is relative to a folder inside the glob: not the rest of another path. */
const RELATIVE_START = String.raw`(?:^|[^\w./\\%-])(?:\.{1,2}${SEPARATOR})*`;
/** After a name: not the beginning of a longer one. A full stop may end a sentence. */
const END = String.raw`(?:$|[^\w.-]|\.(?:$|\W))`;
const WITHIN_NAME = String.raw`[^/\\\n]*`;
const FOLDERS = String.raw`(?:[^\n]*${SEPARATOR})?`;

/** What is wrong with a glob, as the end of a sentence; null when nothing is. */
export function globProblem(glob: string): string | null {
  if (glob.trim() === '') return 'must name a path, such as "src/payments/**"';
  if (glob.length > MAX_GLOB_CHARS) return `must be at most ${MAX_GLOB_CHARS} characters long`;
  if (/[\0\r\n]/.test(glob)) return 'must be one line';
  if (glob.startsWith('!')) return 'must say what is private; exceptions with ! are not known';
  if (glob.startsWith('~'))
    return 'must have the home folder written out, since that is how it stands in requests';
  const literal = segmentsOf(glob).segments.some((segment) => segment.replace(/[*?{},\s]/g, '') !== '');
  return literal ? null : 'must hold a name; this would be every path there is';
}

/** RE2 patterns, one of which matches a text that holds such a path. */
export function patternsOfGlob(glob: string): readonly string[] {
  const { segments, isAbsolute } = segmentsOf(glob);
  const whole = isAbsolute ? `${SEPARATOR}${body(segments, true)}` : `${START}${body(segments, false)}`;
  return [whole, ...relativePatterns(segments)];
}

/** The same path from a folder inside of the glob on, as `cd src` makes of `src/payments/a.ts`. */
function relativePatterns(segments: readonly string[]): readonly string[] {
  const patterns: string[] = [];
  for (let index = 1; index < segments.length; index += 1) {
    const rest = segments.slice(index);
    const isTold = rest[0] !== undefined && isLiteral(rest[0]);
    // One name alone would be found in every second sentence.
    if (isTold && rest.length > 1) patterns.push(`${RELATIVE_START}${body(rest, false)}`);
  }
  return patterns;
}

function segmentsOf(glob: string): { readonly segments: readonly string[]; readonly isAbsolute: boolean } {
  const parts = glob.trim().replaceAll('\\', '/').normalize('NFC').split('/');
  const isAbsolute = parts[0] === '';
  const named = parts.filter((part) => part !== '' && part !== '.');
  const segments = glob.trimEnd().endsWith('/') ? [...named, '**'] : named;
  return { segments: withoutLeadingFolders(segments), isAbsolute: isAbsolute && segments[0] !== '**' };
}

/** A glob may begin at any folder anyway. */
function withoutLeadingFolders(segments: readonly string[]): readonly string[] {
  const first = segments.findIndex((segment) => segment !== '**');
  return first < 0 ? segments : segments.slice(first);
}

function body(segments: readonly string[], isAbsolute: boolean): string {
  let pattern = '';
  const last = segments.length - 1;
  const names = segments.filter((segment) => segment !== '**').length;
  for (const [index, segment] of segments.entries()) {
    if (segment === '**') {
      if (index < last) pattern += FOLDERS;
      // The folder itself, as `cd` names it; a single word alone would be found in every second sentence.
      else
        return `${pattern.slice(0, -SEPARATOR.length)}${names > 1 || isAbsolute ? `(?:${SEPARATOR}|${END})` : SEPARATOR}`;
      continue;
    }
    pattern += segmentPattern(segment, index === 0);
    if (index < last) pattern += SEPARATOR;
  }
  const end = segments[last] ?? '';
  return end.endsWith('*') ? pattern : pattern + END;
}

function isLiteral(segment: string): boolean {
  return !/[*?{}]/.test(segment);
}

function segmentPattern(segment: string, isFirst: boolean): string {
  // Whatever stands before it is within the name.
  const text = isFirst && segment.startsWith('*') ? segment.replace(/^\*+/, '') : segment;
  let pattern = isFirst && text !== segment ? WITHIN_NAME : '';
  let isInBraces = false;
  for (const character of text) {
    if (character === '*') pattern += WITHIN_NAME;
    else if (character === '?') pattern += String.raw`[^/\\\n]`;
    else if (character === '{' && text.includes('}')) [pattern, isInBraces] = [`${pattern}(?:`, true];
    else if (character === '}' && isInBraces) [pattern, isInBraces] = [`${pattern})`, false];
    else if (character === ',' && isInBraces) pattern += '|';
    else pattern += escaped(character);
  }
  return isInBraces ? `${pattern})` : pattern;
}

function escaped(character: string): string {
  return /[\\^$.|?*+()[\]{}]/.test(character) ? `\\${character}` : character;
}
