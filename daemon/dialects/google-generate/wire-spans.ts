// Finds members and elements in the bytes of this dialect's JSON, whichever way the client spelled them.

import { scanObject, skipValue, typeAt, walkArray } from '../../util/json-scan.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import { spellingsOf } from './fields.ts';

/** The last occurrence of a top-level member under either of its names. */
export function memberSpan(body: RequestBody, name: string): Span | undefined {
  return pick(body.members, name);
}

/** The same in the object at `object`; undefined also when that is no object. */
export function memberAt(bytes: Buffer, object: Span | undefined, name: string): Span | undefined {
  if (object === undefined || typeAt(bytes, object.start) !== 'object') return undefined;
  return pick(scanObject(bytes, object), name);
}

/** Visits the elements of an array, or the object that stands in its place; undefined for anything else. */
export function walkList(
  bytes: Buffer,
  start: number,
  visit: (start: number, index: number) => number | undefined,
): number | undefined {
  switch (typeAt(bytes, start)) {
    case 'array':
      return walkArray(bytes, start, visit);
    case 'object':
      return visit(start, 0) ?? skipValue(bytes, start);
    default:
      return undefined;
  }
}

/** Spans of the elements of a list, or of the object in its place; [] for anything else. */
export function elementSpans(bytes: Buffer, list: Span | undefined): readonly Span[] {
  const spans: Span[] = [];
  if (list === undefined) return spans;
  walkList(bytes, list.start, (start) => {
    const end = skipValue(bytes, start);
    spans.push({ start, end });
    return end;
  });
  return spans;
}

function pick(members: ReadonlyMap<string, Span>, name: string): Span | undefined {
  for (const spelling of spellingsOf(name)) {
    const span = members.get(spelling);
    if (span !== undefined) return span;
  }
  return undefined;
}
