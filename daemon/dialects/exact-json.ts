// Tool arguments that dialects carry as objects (Google, Ollama) <-> the raw text of the neutral model. Numbers that a
// double cannot hold (1e400, 2^53+1) come through as they were written.

import { type JsonObject, isJsonObject } from '../util/json.ts';

/** A number that may change when it is parsed: long, or with an exponent. */
const DELICATE_NUMBER = /\d{16}|\d\.\d{16}|\d[eE][+-]?\d/;

/** Whether parsing and writing a text again may change a number in it. */
export function hasDelicateNumber(text: string): boolean {
  return DELICATE_NUMBER.test(text);
}

/** V8 has these since 11.4; the type library does not know them yet. */
interface SourceJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON?(text: string): unknown;
}

/**
 * The object in a text, for one purpose only: to be written again by `JSON.stringify`. Its delicate numbers are opaque
 * values that no reader understands. Undefined when the text is not a JSON object.
 */
export function parseExactObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = DELICATE_NUMBER.test(text) ? parseWithSource(text) : JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // the caller knows what broken arguments deserve
  }
}

/** The same JSON without spaces between its tokens. */
export function compactJson(text: string): string {
  try {
    return JSON.stringify(DELICATE_NUMBER.test(text) ? parseWithSource(text) : JSON.parse(text));
  } catch {
    return text.trim(); // nested so deeply that only a text can carry it
  }
}

function parseWithSource(text: string): unknown {
  const json = JSON as unknown as SourceJson;
  return json.parse(text, (_key, value, context) => {
    const source = context?.source;
    if (typeof value !== 'number' || source === undefined || json.rawJSON === undefined) return value;
    return String(value) === source ? value : json.rawJSON(source);
  });
}
