// Google's JSON is protobuf's: every field has a camelCase name and a snake_case one, and both are accepted wherever one
// is (https://protobuf.dev/programming-guides/json/, checked 2026-11-21). So is one object where a list is meant.

import { arrayOf, type JsonObject, type JsonValue } from '../../util/json.ts';

/** The value of a field by its camelCase name, whichever way the client wrote it; null counts as absent. */
export function fieldOf(object: JsonObject | undefined, name: string): JsonValue | undefined {
  const value = object?.[name] ?? object?.[snakeCase(name)];
  return value === null ? undefined : value;
}

/** Both spellings, camelCase first. */
export function spellingsOf(name: string): readonly string[] {
  const snake = snakeCase(name);
  return snake === name ? [name] : [name, snake];
}

export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

/** The elements of a list; a single value that stands where a list is meant is its only element. */
export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? arrayOf(value) : [value];
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
