// What a request says in words that the neutral model has, so that everything else can be named. A shape takes a value
// as it stands on the wire and answers what of it the neutral model leaves out; undefined = nothing. The tables of the
// dialects are in <dialect>/read-members.ts; whatever stands in none of them is left out.

import { isJsonObject, type JsonValue } from '../util/json.ts';

export type Shape = (value: JsonValue) => JsonValue | undefined;

/** The neutral model has all of it, or it changes no answer. */
export const said: Shape = () => undefined;
/** The neutral model has none of it. In brackets, so that it never looks like the rest of something that is half said. */
export const leftOut: Shape = (value) => [value];

/** Null counts as absent in the places that have a shape of their own. */
function only(isSaid: (value: JsonValue) => boolean): Shape {
  return (value) => (value === null || isSaid(value) ? undefined : leftOut(value));
}

export const text: Shape = only((value) => typeof value === 'string');
export const number: Shape = only((value) => typeof value === 'number');
export const flag: Shape = only((value) => typeof value === 'boolean');
export const object: Shape = only(isJsonObject);
/** What SDKs write where there is nothing: null, an empty list. */
export const nothing: Shape = only((value) => Array.isArray(value) && value.length === 0);

export function oneOf(...values: readonly JsonValue[]): Shape {
  return only((value) => values.includes(value));
}

export function where(isSaid: (value: JsonValue) => boolean): Shape {
  return only(isSaid);
}

export function textOr(shape: Shape): Shape {
  return (value) => (typeof value === 'string' ? undefined : shape(value));
}

export function list(shape: Shape): Shape {
  return (value) => {
    if (value === null) return undefined;
    if (!Array.isArray(value)) return leftOut(value);
    const entries: [string, JsonValue][] = [];
    for (const [index, element] of (value as readonly JsonValue[]).entries()) {
      const rest = shape(element);
      if (rest !== undefined) entries.push([String(index), rest]);
    }
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  };
}

export interface MembersOptions {
  /** The one name of a member that may be written in several ways. */
  readonly nameOf?: (name: string) => string;
  /** Of these only one is read: where there are several, none counts as said. */
  readonly exclusive?: readonly string[];
}

/** Marks for a vendor's prompt cache change what is billed and never what is answered. */
export const CACHE_MARKS: ReadonlySet<string> = new Set(['cache_control', 'prompt_cache_breakpoint']);

export function members(
  table: Readonly<Record<string, Shape>>,
  { nameOf = (name) => name, exclusive = [] }: MembersOptions = {},
): Shape {
  return (value) => {
    if (value === null) return undefined;
    if (!isJsonObject(value)) return leftOut(value);
    const entries: [string, JsonValue][] = [];
    const names = new Map<string, number>();
    for (const [name, member = null] of Object.entries(value)) {
      if (member !== null) names.set(nameOf(name), (names.get(nameOf(name)) ?? 0) + 1);
    }
    const isDisputed = exclusive.filter((name) => names.has(name)).length > 1;
    for (const [wireName, member = null] of Object.entries(value)) {
      const name = nameOf(wireName);
      if (CACHE_MARKS.has(name)) continue;
      const shape = Object.hasOwn(table, name) ? table[name] : undefined;
      const isUnread = (isDisputed && exclusive.includes(name)) || (names.get(name) ?? 0) > 1;
      const rest = (shape === undefined || isUnread ? leftOut : shape)(member);
      if (rest !== undefined) entries.push([wireName, rest]);
    }
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  };
}

/** Nothing is said without these members. */
export function having(names: readonly string[], shape: Shape): Shape {
  return (value) =>
    isJsonObject(value) && names.some((name) => (value[name] ?? null) === null)
      ? leftOut(value)
      : shape(value);
}

/** By the `type` of an object. `''`: for one without. */
export function byType(table: Readonly<Record<string, Shape>>, others: Shape): Shape {
  return (value) => {
    if (value === null) return undefined;
    const type = isJsonObject(value) ? (value['type'] ?? '') : null;
    const shape = typeof type === 'string' && Object.hasOwn(table, type) ? table[type] : undefined;
    return (shape ?? others)(value);
  };
}

/** `data:<type>;base64,` with more between loses it; every other address is kept whole. */
export const address: Shape = only(
  (value) => typeof value === 'string' && !/^data:[^,;]*;[^,]*;base64,/.test(value.slice(0, MAX_HEAD_CHARS)),
);
const MAX_HEAD_CHARS = 1000;
