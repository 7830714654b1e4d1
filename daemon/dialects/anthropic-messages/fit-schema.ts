// JSON Schemas as Anthropic takes them. Tools: an object at the top, without alternatives there. Answers and strict tools:
// every object closed, no limits on numbers and lengths (they go into the description, as the official SDK does it):
// https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations, checked 2026-11-21.

import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOf,
  stringOf,
} from '../../util/json.ts';

/** Limits that a strict schema may not have. */
const LIMITS: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
]);

/** Members whose value is a map of schemas, a list of them, or one. */
const SCHEMA_MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
const SCHEMA_LISTS: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf'] as const;

/** Depth of the request is bounded where it came in; a schema built elsewhere must not recurse without end either. */
const MAX_DEPTH = 128;

export interface FittedSchema {
  readonly schema: JsonObject;
  /** Whether it now means less than it did. */
  readonly isLooser: boolean;
}

/** For `input_schema`. */
export function fitToolSchema(schema: JsonObject): FittedSchema {
  const alternatives = ALTERNATIVES.flatMap((name) => arrayOf(schema[name]).filter(isJsonObject));
  if (alternatives.length === 0) {
    return { schema: schema['type'] === 'object' ? schema : { ...schema, type: 'object' }, isLooser: false };
  }
  const kept = Object.entries(schema).filter(([name]) => !ALTERNATIVES.some((other) => other === name));
  const properties = alternatives.map((one) => objectOf(one['properties']) ?? {});
  return {
    schema: {
      ...Object.fromEntries(kept),
      type: 'object',
      properties: ownProperties(...properties, objectOf(schema['properties']) ?? {}),
    },
    isLooser: true,
  };
}

/** For `output_config.format` and tools with `strict`. */
export function fitStrictSchema(schema: JsonObject): FittedSchema {
  let isLooser = false;
  const fit = (value: JsonObject, depth: number): JsonObject => {
    if (depth > MAX_DEPTH) return value;
    const limits: string[] = [];
    const entries: [string, JsonValue | undefined][] = [];
    for (const [name, inner] of Object.entries(value)) {
      if (LIMITS.has(name) || (name === 'minItems' && inner !== 0 && inner !== 1)) {
        limits.push(`${name}: ${JSON.stringify(inner)}`);
      } else entries.push([name === 'oneOf' ? 'anyOf' : name, fitMember(name, inner, depth)]);
    }
    if (limits.length > 0) {
      isLooser = true;
      const description = stringOf(value['description']);
      const remark = `{${limits.join(', ')}}`;
      entries.push(['description', description === undefined ? remark : `${description}\n\n${remark}`]);
    }
    if (isObjectSchema(value)) {
      if (value['additionalProperties'] !== undefined && value['additionalProperties'] !== false)
        isLooser = true;
      entries.push(['additionalProperties', false]);
    }
    return Object.fromEntries(entries);
  };
  const fitMember = (name: string, value: JsonValue | undefined, depth: number): JsonValue | undefined => {
    if (SCHEMA_MAPS.has(name) && isJsonObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, one]) => [key, isJsonObject(one) ? fit(one, depth + 1) : one]),
      );
    }
    if (SCHEMA_LISTS.has(name)) {
      return arrayOf(value).map((one) => (isJsonObject(one) ? fit(one, depth + 1) : one));
    }
    return name === 'items' && isJsonObject(value) ? fit(value, depth + 1) : value;
  };
  return { schema: fit(schema, 0), isLooser };
}

function isObjectSchema(schema: JsonObject): boolean {
  const { type } = schema;
  return type === 'object' || (Array.isArray(type) && type.includes('object'));
}

/** Not by spreading: a property may be called `__proto__`. */
function ownProperties(...sources: readonly JsonObject[]): JsonObject {
  return Object.fromEntries(sources.flatMap((source) => Object.entries(source)));
}
