// Building blocks of the configuration schema. Each carries its own sentence of what is allowed, so that every problem
// a person sees names the whole range and not only the border that was crossed.

import * as z from 'zod';
import { baseUrlProblem } from './base-url.ts';

// zod would write and compile a function for each object of the schema, 10 ms of every start, for one parse.
z.config({ jitless: true });

/** `allowed` is the end of a sentence: "must be …". A missing key says that it is missing. */
function say(allowed: string): (issue: { readonly input?: unknown }) => string {
  return (issue) => (issue.input === undefined ? `is missing; it ${allowed}` : allowed);
}

/** `unit` is what one of it is called, e.g. `ms` or `tokens`; '' for a bare count. */
export function wholeNumber(min: number, max: number, unit = '') {
  const allowed = `must be a whole number from ${min} to ${max}${unit === '' ? '' : ` (${unit})`}`;
  return z
    .int({ error: say(allowed) })
    .min(min, { error: allowed })
    .max(max, { error: allowed });
}

/** Any finite number in [min, max]. */
export function decimal(min: number, max: number, unit = '') {
  const allowed = `must be a number from ${min} to ${max}${unit === '' ? '' : ` (${unit})`}`;
  return z
    .number({ error: say(allowed) })
    .min(min, { error: allowed })
    .max(max, { error: allowed });
}

/** USD per million tokens. */
export function usdPerMtok() {
  return decimal(0, 10_000, 'USD per million tokens');
}

export function flag() {
  return z.boolean({ error: say('must be true or false') });
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  const quoted = values.map((value) => `"${value}"`);
  const allowed = quoted.length === 1 ? `must be ${quoted[0]}` : `must be one of ${quoted.join(', ')}`;
  return z.enum(values, { error: say(allowed) });
}

/** Text that matches `pattern`; `what` completes "must be …". The pattern must be linear. */
export function text(what: string, pattern: RegExp) {
  const allowed = `must be ${what}`;
  return z.string({ error: say(allowed) }).regex(pattern, { error: allowed });
}

/** Like `text`, with a list of names that look right but mean something else. `isReserved` -> why, or null. */
export function name(what: string, pattern: RegExp, isReserved: (value: string) => string | null) {
  return text(what, pattern).superRefine((value, context) => {
    const why = isReserved(value);
    if (why !== null) context.addIssue({ code: 'custom', message: why });
  });
}

/** An https address (http on loopback), without trailing slashes in the result. */
export function baseUrl() {
  return z
    .string({ error: say('must be an address such as "https://api.example.com/v1"') })
    .max(2048, { error: 'must be at most 2048 characters long' })
    .superRefine((value, context) => {
      const problem = baseUrlProblem(value);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    })
    .transform(withoutTrailingSlashes);
}

/** An object with exactly these keys; anything else in it is an unknown key. */
export function group<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'invalid_type' ? say('must be an object in { }')(issue) : 'has unknown keys',
  });
}

/** An object whose keys the user chooses. */
export function table<Key extends z.core.$ZodRecordKey, Value extends z.core.$ZodType>(
  key: Key,
  value: Value,
) {
  return z.record(key, value, {
    error: (issue) => (issue.code === 'invalid_type' ? say('must be an object in { }')(issue) : undefined),
  });
}

/** A list of at most `max` entries, none of them twice where they are text. */
export function list<Item extends z.core.$ZodType>(item: Item, what: string, min: number, max: number) {
  const length = `must be a list of ${min === 0 ? `at most ${max}` : `${min} to ${max}`} ${what} in [ ]`;
  return z
    .array(item, { error: say(length) })
    .min(min, { error: length })
    .max(max, { error: length })
    .superRefine((values, context) => {
      const seen = new Set<unknown>();
      values.forEach((value, index) => {
        if (typeof value === 'string' && seen.has(value)) {
          context.addIssue({ code: 'custom', path: [index], message: 'stands in this list twice' });
        }
        seen.add(value);
      });
    });
}

function withoutTrailingSlashes(value: string): string {
  let end = value.length;
  while (end > 0 && value[end - 1] === '/') end -= 1;
  return value.slice(0, end);
}
