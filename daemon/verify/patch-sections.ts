// Takes patches apart: for each place that is to change, the file, the text that has to be found there, and whether the
// section itself is in order. Knows unified diffs, SEARCH/REPLACE blocks and the `apply_patch` format.

export interface PatchSection {
  /** '' = the patch does not say. */
  readonly path: string;
  /** Lines that have to be found; '' = none (a new file). */
  readonly oldText: string;
  readonly isWellFormed: boolean;
}

export function patchSections(text: string): readonly PatchSection[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (text.includes('*** Begin Patch')) return applyPatchSections(lines);
  const sections: PatchSection[] = [];
  if (/^ *(?:<{5,9}|-{5,9}) ?SEARCH\b/m.test(text)) sections.push(...searchSections(lines));
  if (/^@@ -\d/m.test(text)) sections.push(...diffSections(lines));
  return sections;
}

/** `@@ -start,count +start,count @@` with as many lines as it says. Hunks without numbers are for tools that need none. */
function diffSections(lines: readonly string[]): readonly PatchSection[] {
  const sections: PatchSection[] = [];
  let path = '';
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line.startsWith('--- ') && lines[index + 1]?.startsWith('+++ ') === true) {
      const isNew = line.includes('/dev/null');
      path = isNew ? '' : pathOf(line.slice(4));
    }
    const head = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (head === null) continue;
    const oldCount = Number(head[2] ?? 1);
    const newCount = Number(head[4] ?? 1);
    const hunk = readHunk(lines, index + 1, oldCount, newCount);
    sections.push({ path, oldText: hunk.oldLines.join('\n'), isWellFormed: hunk.isWellFormed });
  }
  return sections;
}

interface Hunk {
  readonly oldLines: readonly string[];
  readonly isWellFormed: boolean;
}

/** Reads to the end of the hunk as its lines show it, and compares. Editors cut the space of empty context lines. */
function readHunk(lines: readonly string[], from: number, oldCount: number, newCount: number): Hunk {
  const oldLines: string[] = [];
  let oldSeen = 0;
  let newSeen = 0;
  let index = from;
  for (; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const isDone = oldSeen >= oldCount && newSeen >= newCount;
    if (line.startsWith('\\')) continue;
    if (line.startsWith('--- ') && lines[index + 1]?.startsWith('+++ ') === true) break;
    if (isDone && !/^[-+ ]\s*\S/.test(line)) break;
    if (line.startsWith('+')) newSeen += 1;
    else if (line.startsWith('-')) {
      oldSeen += 1;
      oldLines.push(line.slice(1));
    } else if (line.startsWith(' ') || line === '') {
      oldSeen += 1;
      newSeen += 1;
      oldLines.push(line.slice(1));
    } else break;
  }
  // Empty lines at the end are the text's, not the hunk's.
  for (let last = index - 1; last >= from && lines[last] === '' && oldSeen > oldCount; last -= 1) {
    oldSeen -= 1;
    newSeen -= 1;
  }
  return { oldLines, isWellFormed: oldSeen === oldCount && newSeen === newCount };
}

const SEARCH = /^ *(?:<{5,9}|-{5,9}) ?SEARCH\b/;
const DIVIDER = /^ *={5,9}\s*$/;
const REPLACE = /^ *(?:>{5,9}|\+{5,9}) ?REPLACE\b/;

function searchSections(lines: readonly string[]): readonly PatchSection[] {
  const sections: PatchSection[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    if (!SEARCH.test(lines[index] ?? '')) continue;
    const path = pathBefore(lines, index);
    const divider = nextOf(lines, index + 1, DIVIDER);
    const end = divider < 0 ? -1 : nextOf(lines, divider + 1, REPLACE);
    if (end < 0) {
      sections.push({ path, oldText: '', isWellFormed: false });
      continue;
    }
    const oldLines = lines.slice(index + 1, divider);
    const isElided = oldLines.some((line) => /^\s*(?:\.\.\.|…)\s*$/.test(line));
    sections.push({ path, oldText: isElided ? '' : oldLines.join('\n'), isWellFormed: true });
    index = end;
  }
  return sections;
}

/** Index of the next line that fits; -1 = none before another search begins. */
function nextOf(lines: readonly string[], from: number, pattern: RegExp): number {
  for (let index = from; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (pattern.test(line)) return index;
    if (SEARCH.test(line)) return -1;
  }
  return -1;
}

const MAX_PATH_LINE_CHARS = 400;

/** The file's name stands alone on a line before the block, before or after its fence. */
function pathBefore(lines: readonly string[], index: number): string {
  for (let at = index - 1; at >= Math.max(0, index - 3); at -= 1) {
    const line = lines[at] ?? '';
    if (line.length > MAX_PATH_LINE_CHARS) continue;
    const bare = line.trim().replaceAll(/^[*`#\s]+|[*`:\s]+$/g, '');
    if (/^[\w@./\\ -]{1,200}\.\w{1,8}$/.test(bare) && !bare.includes(' ')) return pathOf(bare);
  }
  return '';
}

function applyPatchSections(lines: readonly string[]): readonly PatchSection[] {
  const begin = lines.findIndex((line) => line.includes('*** Begin Patch'));
  const end = lines.findIndex((line, index) => index > begin && line.includes('*** End Patch'));
  if (end < 0) return [{ path: '', oldText: '', isWellFormed: false }];
  const sections: PatchSection[] = [];
  let path = '';
  let mode: 'none' | 'add' | 'update' = 'none';
  let oldLines: string[] = [];
  let isWellFormed = true;
  let changes = 0;
  const finish = (): void => {
    if (mode === 'update') sections.push({ path, oldText: oldLines.join('\n'), isWellFormed });
    else if (mode === 'add') sections.push({ path: '', oldText: '', isWellFormed });
    oldLines = [];
    isWellFormed = true;
  };
  for (const line of lines.slice(begin + 1, end)) {
    const head = /^\*\*\* (Add|Update|Delete) File: (.+)$/.exec(line);
    if (head !== null) {
      finish();
      changes += 1;
      path = pathOf(head[2] ?? '');
      mode = head[1] === 'Add' ? 'add' : head[1] === 'Update' ? 'update' : 'none';
    } else if (mode === 'update' && line.startsWith('@@')) {
      if (oldLines.length > 0) finish();
    } else if (line.startsWith('*** ')) {
      continue; // a move, the end of the file
    } else if (mode === 'add') {
      isWellFormed &&= line.startsWith('+') || line === '';
    } else if (mode === 'update') {
      if (line.startsWith(' ') || line.startsWith('-')) oldLines.push(line.slice(1));
      else isWellFormed &&= line.startsWith('+') || line === '';
    }
  }
  finish();
  return changes === 0 ? [{ path: '', oldText: '', isWellFormed: false }] : sections;
}

/** Without the `a/` of diffs and what stands behind a tab. */
function pathOf(text: string): string {
  return (text.split('\t')[0] ?? '').trim().replace(/^[ab]\//, '');
}
