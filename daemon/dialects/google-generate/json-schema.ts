// Google's own schema dialect -> JSON Schema (https://ai.google.dev/api/caching#Schema, checked 2026-11-21): types in
// capitals (or as numbers, from clients that write enums so), `nullable`, counts as text. The other way is not needed:
// current models take JSON Schema as it is.

import { isJsonObject, type JsonObject, type JsonValue, numberOf, stringOf } from '../../util/json.ts';
import { camelCase } from './fields.ts';

/** Bodies are bounded by the scan; this bounds what is handed on. */
const MAX_DEPTH = 64;

const TYPE_BY_NUMBER = ['', 'string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

const COUNTS: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
]);

/** A schema written in JSON Schema already comes out as it went in. */
export function toJsonSchema(schema: JsonObject, depth = 0): JsonObject {
  if (depth > MAX_DEPTH) return {};
  const converted = new Map<string, JsonValue>();
  for (const [wireKey, value] of Object.entries(schema)) {
    if (value === undefined) continue;
    const key = camelCase(wireKey);
    if (key === 'nullable' || key === 'propertyOrdering') continue;
    if (key === 'type') {
      const type = typeOf(value, schema['nullable'] === true);
      if (type !== undefined) converted.set('type', type);
    } else if (key === 'example') converted.set('examples', [value]);
    else if (key === 'format' && value === 'enum') continue;
    else if (COUNTS.has(key)) converted.set(key, numberOf(Number(value)) ?? value);
    else converted.set(wireKey.startsWith('$') ? wireKey : key, subschema(key, value, depth + 1));
  }
  return fromEntries(converted);
}

function typeOf(value: JsonValue, isNullable: boolean): JsonValue | undefined {
  if (Array.isArray(value)) return value as JsonValue;
  const type = typeof value === 'number' ? TYPE_BY_NUMBER[value] : stringOf(value)?.toLowerCase();
  if (type === undefined || type === '' || type === 'type_unspecified') return undefined;
  return isNullable ? [type, 'null'] : type;
}

function subschema(key: string, value: JsonValue, depth: number): JsonValue {
  switch (key) {
    case 'properties':
    case 'defs':
    case '$defs': {
      // The keys are names, whatever they are.
      if (!isJsonObject(value)) return value;
      const named = Object.entries(value).map(([name, schema]): [string, JsonValue] => [
        name,
        isJsonObject(schema) ? toJsonSchema(schema, depth) : (schema ?? null),
      ]);
      return fromEntries(new Map(named));
    }
    case 'items':
    case 'additionalProperties':
      return isJsonObject(value) ? toJsonSchema(value, depth) : value;
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
    case 'prefixItems':
      if (!Array.isArray(value)) return value;
      return (value as readonly JsonValue[]).map((item) =>
        isJsonObject(item) ? toJsonSchema(item, depth) : item,
      );
    default:
      return value;
  }
}

/** Own properties only, also for a property called `__proto__`. */
function fromEntries(entries: ReadonlyMap<string, JsonValue>): JsonObject {
  return Object.fromEntries(entries);
}
