// Checks a value against the part of JSON Schema that vendors accept for answers and tools. Unknown keywords say nothing,
// patterns are not run (they are the client's and may be slow), and the work is bounded.

import { arrayOf, isJsonObject, numberOf, type JsonObject, type JsonValue } from '../util/json.ts';

const MAX_STEPS = 100_000;
const MAX_DEPTH = 64;

/** Path and wish of the first thing that does not fit, in words without any of the value: `a required member is missing`. */
export function schemaFault(value: JsonValue, schema: JsonObject): string | null {
  return new SchemaCheck(schema).fault(value, schema, 0);
}

/** Whether a value is of the type that a schema names; true where it names none. */
export function fitsType(value: JsonValue, schema: JsonObject): boolean {
  if (value === null && schema['nullable'] === true) return true;
  const { type } = schema;
  if (typeof type === 'string') return isOfType(value, type);
  const types = arrayOf(type).filter((one) => typeof one === 'string');
  return types.length === 0 || types.some((one) => isOfType(value, one));
}

/** Some vendors write types in capitals. Types that nobody knows fit everything. */
function isOfType(value: JsonValue, type: string): boolean {
  switch (type.toLowerCase()) {
    case 'string':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isJsonObject(value);
    default:
      return true;
  }
}

class SchemaCheck {
  readonly #root: JsonObject;
  #steps = 0;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  fault(value: JsonValue, schema: JsonValue | undefined, depth: number): string | null {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS || depth > MAX_DEPTH) return null;
    if (schema === false) return 'there is a value where none may be';
    if (!isJsonObject(schema)) return null;
    if (value === null && schema['nullable'] === true) return null;
    const { $ref } = schema;
    if (typeof $ref === 'string') {
      const fault = this.fault(value, this.#resolve($ref), depth + 1);
      if (fault !== null) return fault;
    }
    if (!fitsType(value, schema)) return 'a value has the wrong type';
    return this.#choiceFault(value, schema, depth) ?? this.#partFault(value, schema, depth);
  }

  #choiceFault(value: JsonValue, schema: JsonObject, depth: number): string | null {
    const { const: only, enum: allowed } = schema;
    if (only !== undefined && !isSame(value, only)) return 'a value is not the one that is allowed';
    if (Array.isArray(allowed) && !allowed.some((one) => isSame(value, one))) {
      return 'a value is none of those that are allowed';
    }
    for (const key of ['anyOf', 'oneOf']) {
      const choices = arrayOf(schema[key]);
      if (choices.length > 0 && !choices.some((one) => this.fault(value, one, depth + 1) === null)) {
        return 'a value fits none of the shapes that are allowed';
      }
    }
    for (const part of arrayOf(schema['allOf'])) {
      const fault = this.fault(value, part, depth + 1);
      if (fault !== null) return fault;
    }
    return null;
  }

  #partFault(value: JsonValue, schema: JsonObject, depth: number): string | null {
    if (typeof value === 'number') return numberFault(value, schema);
    if (typeof value === 'string') {
      const isInside = isWithin(value.length, schema['minLength'], schema['maxLength']);
      return isInside ? null : 'a text is too short or too long';
    }
    if (Array.isArray(value)) return this.#arrayFault(value, schema, depth);
    return isJsonObject(value) ? this.#objectFault(value, schema, depth) : null;
  }

  #arrayFault(value: readonly JsonValue[], schema: JsonObject, depth: number): string | null {
    if (!isWithin(value.length, schema['minItems'], schema['maxItems']))
      return 'a list is too short or too long';
    const first = arrayOf(schema['prefixItems']);
    for (const [index, item] of value.entries()) {
      const fault = this.fault(item, first[index] ?? schema['items'], depth + 1);
      if (fault !== null) return fault;
    }
    return null;
  }

  #objectFault(value: JsonObject, schema: JsonObject, depth: number): string | null {
    const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
    for (const name of arrayOf(schema['required'])) {
      if (typeof name === 'string' && !Object.hasOwn(value, name)) return 'a required member is missing';
    }
    const hasPatterns = schema['patternProperties'] !== undefined;
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      const isKnown = Object.hasOwn(properties, name);
      const wanted = isKnown ? properties[name] : hasPatterns ? undefined : schema['additionalProperties'];
      if (!isKnown && wanted === false) return 'there is a member that is not allowed';
      const fault = this.fault(member, wanted, depth + 1);
      if (fault !== null) return fault;
    }
    return null;
  }

  /** Within the schema only; anything else is unknown. */
  #resolve(reference: string): JsonValue | undefined {
    if (!reference.startsWith('#')) return undefined;
    let at: JsonValue | undefined = this.#root;
    for (const step of reference.slice(1).split('/').slice(1)) {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
      if (Array.isArray(at)) at = arrayOf(at)[Number(name)];
      else at = isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
    }
    return at;
  }
}

function numberFault(value: number, schema: JsonObject): string | null {
  const least = numberOf(schema['exclusiveMinimum']) ?? -Infinity;
  const most = numberOf(schema['exclusiveMaximum']) ?? Infinity;
  const isInside = isWithin(value, schema['minimum'], schema['maximum']) && value > least && value < most;
  return isInside || !Number.isFinite(value) ? null : 'a number is too small or too large';
}

function isWithin(size: number, least: JsonValue | undefined, most: JsonValue | undefined): boolean {
  return size >= (numberOf(least) ?? -Infinity) && size <= (numberOf(most) ?? Infinity);
}

function isSame(one: JsonValue, other: JsonValue): boolean {
  return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other));
}
