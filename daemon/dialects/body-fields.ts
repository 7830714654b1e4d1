// Checks and reads top-level members of a request body: the same for every dialect, refusals in the same words.

import { RouterError } from '../errors.ts';
import { type JsonValue, stringOf } from '../util/json.ts';
import { type JsonType, scanArray, typeAt, valueAt } from '../util/json-scan.ts';
import type { RequestBody, Span } from '../util/request-body.ts';

/** What a known field may be; null counts as absent everywhere. */
export type FieldTypes = readonly (readonly [field: string, allowed: readonly JsonType[]])[];

/** Vendors' longest names have about 100 characters. The name is kept in the books, so it must not hold a text. */
const MAX_MODEL_CHARS = 256;

/** The one way in which the body of a request is refused. */
export function malformed(field: string, message: string): RouterError {
  return new RouterError('request.malformed', message, { param: field });
}

export function wrongType(field: string, allowed: readonly string[], type: string): RouterError {
  const wanted = allowed.map(withArticle).join(' or ');
  return malformed(field, `${field} must be ${wanted}, not ${withArticle(type)}`);
}

/** `find`: for a dialect whose fields have more than one spelling. */
export function checkTypes(
  { bytes, members }: RequestBody,
  types: FieldTypes,
  find: (field: string) => Span | undefined = (field) => members.get(field),
): void {
  for (const [field, allowed] of types) {
    const span = find(field);
    const type = span === undefined ? 'null' : typeAt(bytes, span.start);
    if (type !== 'null' && !allowed.includes(type)) throw wrongType(field, allowed, type);
  }
}

/** For what is counted with: a fraction or a zero must not get through. `place`: the field with its parents. */
export function checkPositiveInteger(place: string, value: JsonValue | undefined): void {
  if (value === undefined || value === null) return;
  if (!Number.isSafeInteger(value) || Number(value) <= 0) {
    throw malformed(place, `${place} must be a whole number above 0`);
  }
}

/** Spans of the elements of the field's array; none of anything else. Of a field that is there twice the last counts. */
export function elementsOf(body: RequestBody, field: string): readonly Span[] {
  return elementsAt(body, body.members.get(field));
}

/** Every element of the field's array must be an object; what is no array is not looked at. */
export function checkElements(body: RequestBody, field: string): void {
  const index = elementsOf(body, field).findIndex(({ start }) => typeAt(body.bytes, start) !== 'object');
  if (index >= 0) throw malformed(field, `${field}[${index}] must be an object`);
}

/** Of the array at `span`; 0 for anything else. */
export function countElements(body: RequestBody, span: Span | undefined): number {
  return elementsAt(body, span).length;
}

/** Whether the member is there with something in it. */
export function hasMember(body: RequestBody, field: string): boolean {
  const span = body.members.get(field);
  return span !== undefined && typeAt(body.bytes, span.start) !== 'null';
}

export function member(body: RequestBody, field: string): JsonValue | undefined {
  const span = body.members.get(field);
  return span === undefined ? undefined : valueAt(body, span);
}

/** An empty text counts as absent. */
export function stringMember(body: RequestBody, field: string): string | undefined {
  const text = stringOf(member(body, field));
  return text === '' ? undefined : text;
}

export function numberMember(body: RequestBody, field: string): number | undefined {
  const value = member(body, field);
  return typeof value === 'number' ? value : undefined;
}

/** The name of a model that a client wrote; without one the router chooses. */
export function checkedModel(name: string | undefined): string {
  if (name === undefined || name === '') return 'auto';
  if (name.length <= MAX_MODEL_CHARS) return name;
  const advice = 'send the name of a model, or auto';
  throw malformed('model', `model is longer than ${MAX_MODEL_CHARS} characters; ${advice}`);
}

/** Those of a member were found when the body was checked. */
function elementsAt({ bytes, entries }: RequestBody, span: Span | undefined): readonly Span[] {
  if (span === undefined || typeAt(bytes, span.start) !== 'array') return [];
  return entries.find(({ value }) => value.start === span.start)?.elements ?? scanArray(bytes, span);
}

function withArticle(type: string): string {
  if (type === 'null') return type;
  return type === 'object' || type === 'array' ? `an ${type}` : `a ${type}`;
}
