// Edits inside of a JSON text, by byte spans: everything that is not named keeps its bytes, white space included.

import type { Span } from '../util/request-body.ts';

/** `text` takes the place of the bytes of `span`. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** The text of `within` with the edits made; they must not overlap. */
export function applyEdits(bytes: Buffer, within: Span, edits: readonly Edit[]): string {
  let text = '';
  let at = within.start;
  for (const { span, text: inserted } of edits.toSorted((a, b) => a.span.start - b.span.start)) {
    text += bytes.toString('utf8', at, span.start) + inserted;
    at = span.end;
  }
  return text + bytes.toString('utf8', at, within.end);
}

/** What has to go so that an array loses some of its elements, commas included. */
export function removals(elements: readonly Span[], isRemoved: (index: number) => boolean): Edit[] {
  const edits: Edit[] = [];
  let hasKept = false;
  for (const [index, element] of elements.entries()) {
    if (!isRemoved(index)) {
      hasKept = true;
      continue;
    }
    const before = elements[index - 1]?.end ?? element.start;
    const span = hasKept
      ? { start: before, end: element.end } // with the comma before it
      : { start: element.start, end: elements[index + 1]?.start ?? element.end }; // with the one after it
    edits.push({ span, text: '' });
  }
  return edits;
}

/** Undefined: the element stays as it is. null: it is taken out. */
export type ElementChange = string | null | undefined;

/** The text of the array at `list` with its elements changed. */
export function editArray(
  bytes: Buffer,
  list: Span,
  elements: readonly Span[],
  changes: readonly ElementChange[],
): string {
  if (elements.every((_, index) => changes[index] === null)) return '[]';
  const edits = removals(elements, (index) => changes[index] === null);
  for (const [index, span] of elements.entries()) {
    const text = changes[index];
    if (typeof text === 'string') edits.push({ span, text });
  }
  return applyEdits(bytes, list, edits);
}
