// One changed file as lines that a person reads: what goes with "-", what comes with "+", a little around it.

import type { AssistantChange } from '../protocol/control-api.ts';

/** Unchanged lines that are shown around a change. */
const CONTEXT_LINES = 2;
/** Beyond this the comparison would cost more than it tells. */
const MAX_COMPARED_LINES = 4000;

export function changeLines({ path, before, after }: AssistantChange): readonly string[] {
  if (after === null) return [`${path} (removed)`];
  const head = before === null ? `${path} (new)` : path;
  return [head, ...hunks(compare(linesOf(before ?? ''), linesOf(after)))];
}

interface ComparedLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** What both have at their ends stays; between, the longest common run of lines decides. */
function compare(before: readonly string[], after: readonly string[]): readonly ComparedLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const kept = (lines: readonly string[]): readonly ComparedLine[] =>
    lines.map((text) => ({ sign: ' ', text }));
  return [
    ...kept(before.slice(0, start)),
    ...compareMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...kept(before.slice(before.length - end)),
  ];
}

function compareMiddle(before: readonly string[], after: readonly string[]): readonly ComparedLine[] {
  const gone = (lines: readonly string[]): ComparedLine[] => lines.map((text) => ({ sign: '-', text }));
  const come = (lines: readonly string[]): ComparedLine[] => lines.map((text) => ({ sign: '+', text }));
  if (before.length + after.length > MAX_COMPARED_LINES) return [...gone(before), ...come(after)];
  // Lengths of the longest common subsequence of what follows each pair of positions.
  const width = after.length + 1;
  const common = new Uint16Array((before.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: ComparedLine[] = [];
  let [row, column] = [0, 0];
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      lines.push({ sign: ' ', text: before[row] ?? '' });
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) {
      lines.push({ sign: '-', text: before[row] ?? '' });
      row += 1;
    } else {
      lines.push({ sign: '+', text: after[column] ?? '' });
      column += 1;
    }
  }
  return [...lines, ...gone(before.slice(row)), ...come(after.slice(column))];
}

function hunks(lines: readonly ComparedLine[]): readonly string[] {
  const isNear = (index: number): boolean =>
    lines
      .slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1)
      .some(({ sign }) => sign !== ' ');
  const shown: string[] = [];
  let hasGap = false;
  for (const [index, { sign, text }] of lines.entries()) {
    if (!isNear(index)) {
      hasGap = true;
      continue;
    }
    if (hasGap) shown.push('  …');
    hasGap = false;
    shown.push(`${sign} ${text}`);
  }
  return hasGap && shown.length > 0 ? [...shown, '  …'] : shown;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
