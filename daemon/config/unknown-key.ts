// What to say about a key that the schema does not know: the nearest known one at that level, and where the same name
// would have been right.

import { formatPath, shortened } from './jsonc-document.ts';
import type { JsonPath } from './jsonc-document.ts';
import { nearestName } from './nearest-name.ts';
import { configJsonSchema } from './schema.ts';

/** The rest of a sentence that starts with the key. `parent` is the path of the object it stands in. */
export function describeUnknownKey(parent: JsonPath, key: string): string {
  const schema = configJsonSchema();
  let level: unknown = schema;
  for (const step of parent) level = child(level, step);
  const nearest = nearestName(key, knownKeys(level));
  const parts = [
    nearest === null ? 'is not a known key' : `is not a known key; the nearest known key is "${nearest}"`,
  ];
  if (parent.length === 0 && key === 'host')
    parts.push('the address is given with serve --host, not in this file');
  const elsewhere = placesOf(schema, key, []).filter((place) => place !== nearest);
  if (nearest?.toLowerCase() !== key.toLowerCase() && elsewhere.length > 0) {
    parts.push(`"${shortened(key)}" exists as ${elsewhere.slice(0, 3).join(', ')}`);
  }
  return parts.join('; ');
}

function child(schema: unknown, step: PropertyKey): unknown {
  if (typeof step === 'number') return member(schema, 'items');
  return member(member(schema, 'properties'), String(step)) ?? member(schema, 'additionalProperties');
}

function knownKeys(schema: unknown): readonly string[] {
  const properties = member(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

/** Every place of the schema that has this key, names chosen by the user written as <name>. */
function placesOf(schema: unknown, key: string, path: readonly string[]): string[] {
  const places = knownKeys(schema).includes(key) && path.length > 0 ? [formatPlace([...path, key])] : [];
  for (const name of knownKeys(schema)) {
    places.push(...placesOf(member(member(schema, 'properties'), name), key, [...path, name]));
  }
  const items = member(schema, 'items');
  if (items !== undefined) places.push(...placesOf(items, key, [...path, '[]']));
  const values = member(schema, 'additionalProperties');
  if (typeof values === 'object') places.push(...placesOf(values, key, [...path, '<name>']));
  return places;
}

function formatPlace(path: readonly string[]): string {
  return path
    .map((step) => (step === '[]' || step === '<name>' ? step : formatPath([step])))
    .join('.')
    .replaceAll('.[]', '[]');
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
