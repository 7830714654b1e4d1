// One text for equal JSON values: keys in order, no white space, absent members left out.

import type { JsonValue } from '../util/json.ts';
import { ambiguityOf } from './ambiguous-json.ts';

/** A number that may be written in another way than JavaScript writes it. */
const OTHERWISE_WRITTEN = /[0-9][eE.]|-0|[0-9]{16}/;

/** V8 has these since 11.4; the type library does not know them yet. */
interface SourceJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
  ): unknown;
}

/** Stands for a number as it was written. */
class WrittenNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (value instanceof WrittenNumber) return value.source;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/**
 * Of a text that should be JSON and that somebody reads as a text: its numbers stay as they are written. One that is no
 * JSON, or that has a member twice, stands for itself.
 */
export function canonicalJsonOfText(text: string): string {
  try {
    const value = OTHERWISE_WRITTEN.test(text) ? parseWithSource(text) : (JSON.parse(text) as JsonValue);
    return ambiguityOf(Buffer.from(text), false) === null ? canonicalJson(value) : text;
  } catch {
    return text;
  }
}

function parseWithSource(text: string): unknown {
  const json = JSON as unknown as SourceJson;
  return json.parse(text, (_key, value, context) => {
    const source = context?.source;
    return typeof value === 'number' && source !== undefined && String(value) !== source
      ? new WrittenNumber(source)
      : value;
  });
}
