// Where the check of a body may begin and end that has much in common with an earlier one: what both begin with was found
// sound there, and so was what both end with, read from the same state.

import type { EarlierBody } from './body-memory.ts';
import type { BodyMember, Span } from './request-body.ts';

/** Right behind a member, or behind an element of an array that is a member. */
export interface ResumePoint {
  /** Members before `entry`. */
  readonly entries: readonly BodyMember[];
  /** The member that is complete, or in which the check goes on. */
  readonly entry: BodyMember;
  /** Its last complete element; absent = the member itself is complete. */
  readonly element?: Span;
  /** Those before `element`, or all of a complete array. */
  readonly elements: readonly Span[] | undefined;
}

/** Behind the last complete piece that both begin with; undefined when there is none. */
export function resumePoint({ body, sameHeadBytes }: EarlierBody): ResumePoint | undefined {
  // The byte behind must be the same as well: a number might go on.
  const isCommon = ({ end }: Span): boolean => end < sameHeadBytes;
  const { entries } = body;
  const firstOther = entries.findIndex(({ value }) => !isCommon(value));
  const count = firstOther < 0 ? entries.length : firstOther;
  const cut = entries[count];
  const lastElement = cut?.elements?.findLastIndex(isCommon) ?? -1;
  const element = cut?.elements?.[lastElement];
  if (cut !== undefined && element !== undefined) {
    const elements = cut.elements?.slice(0, lastElement);
    return { entries: entries.slice(0, count), entry: cut, element, elements };
  }
  const entry = entries[count - 1];
  return entry && { entries: entries.slice(0, count - 1), entry, elements: entry.elements };
}

/**
 * The members behind one that ends `restBytes` before the end of both, no more than both end with alike, as they lie in
 * `bytes`; undefined = look there.
 */
export function commonRest(
  { body }: EarlierBody,
  bytes: Buffer,
  restBytes: number,
): readonly BodyMember[] | undefined {
  const index = body.entries.findIndex(({ value }) => body.bytes.length - value.end === restBytes);
  if (index < 0) return undefined;
  const by = bytes.length - body.bytes.length;
  return body.entries.slice(index + 1).map((entry) => movedEntry(entry, by));
}

function movedEntry({ key, keyStart, value, elements }: BodyMember, by: number): BodyMember {
  const moved = ({ start, end }: Span): Span => ({ start: start + by, end: end + by });
  const own = { key, keyStart: keyStart + by, value: moved(value) };
  return elements === undefined ? own : { ...own, elements: elements.map(moved) };
}
