// A part of a configuration over a whole one: "what if these few lines were different". Objects are merged, lists and
// values replaced, null takes a member away. What is wrong is told with the line of the part, not of the whole.

import type { KnownNames } from './cross-checks.ts';
import { decodeConfig } from './decode-config.ts';
import { formatPath, parseJsonc, type ConfigProblem, type JsoncDocument } from './jsonc-document.ts';
import type { RouterConfig } from './schema.ts';

/** JSON of objects, lists and values, read by whoever merges. */
export type ConfigPart = Readonly<Record<string, unknown>>;

export type ReadPart =
  | { readonly ok: true; readonly part: ConfigPart; readonly document: JsoncDocument }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export type MergedConfig =
  | { readonly ok: true; readonly config: RouterConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** `policyKeys`: settings that may stand without the `policy` around them. */
export function readConfigPart(text: string, policyKeys: readonly string[]): ReadPart {
  const parsed = parseJsonc(text);
  if (!parsed.ok) return parsed;
  const { document } = parsed;
  if (!isPart(document.value)) {
    const problem = 'must be an object with a part of a configuration, such as {"profile": "quality"}';
    return { ok: false, problems: [{ path: '', line: 1, column: 1, problem }] };
  }
  return { ok: true, part: gathered(document.value, policyKeys), document };
}

/** `whole`: a configuration as JSON, with every default. */
export function mergeConfig(
  whole: ConfigPart,
  { part, document }: Extract<ReadPart, { ok: true }>,
  known: KnownNames,
): MergedConfig {
  const decoded = decodeConfig(JSON.stringify(merged(whole, part)), known);
  if (decoded.ok) return decoded;
  const places = placesOf(part, document);
  return {
    ok: false,
    problems: decoded.problems.map((problem) => ({ ...problem, ...placeOf(problem.path, places) })),
  };
}

/** Objects into objects; everything else is replaced. */
export function merged(value: unknown, part: unknown): unknown {
  if (!isPart(part)) return part;
  const members = new Map(isPart(value) ? Object.entries(value) : []);
  for (const [name, change] of Object.entries(part)) {
    if (change === null) members.delete(name);
    else members.set(name, merged(members.get(name), change));
  }
  return Object.fromEntries(members);
}

export function isPart(value: unknown): value is ConfigPart {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `{successThreshold: 0.9}` means `{policy: {successThreshold: 0.9}}`: nobody else has a setting of that name. */
function gathered(part: ConfigPart, policyKeys: readonly string[]): ConfigPart {
  const loose = Object.entries(part).filter(([key]) => policyKeys.includes(key));
  if (loose.length === 0) return part;
  const others = Object.entries(part).filter(([key]) => !policyKeys.includes(key));
  const policy = isPart(part['policy']) ? part['policy'] : {};
  return { ...Object.fromEntries(others), policy: { ...policy, ...Object.fromEntries(loose) } };
}

type Place = Pick<ConfigProblem, 'line' | 'column'>;

/** Where each member of the part stands, by its path in the whole. */
function placesOf(part: ConfigPart, document: JsoncDocument): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const written = isPart(document.value) ? document.value : {};
  const note = (value: unknown, path: readonly string[]): void => {
    // A setting of the policy may stand at the top.
    const isLoose = path[0] === 'policy' && path.length > 1 && Object.hasOwn(written, path[1] ?? '');
    if (path.length > 0) places.set(formatPath(path), document.positionOfKey(isLoose ? path.slice(1) : path));
    if (!isPart(value)) return;
    for (const [key, member] of Object.entries(value)) note(member, [...path, key]);
  };
  note(part, []);
  return places;
}

/** The nearest that the part says about it: what is missing stands nowhere. */
function placeOf(path: string, places: ReadonlyMap<string, Place>): Place {
  let nearest: Place = { line: 1, column: 1 };
  let length = 0;
  for (const [known, place] of places) {
    const next = path.charAt(known.length);
    const isAround = path.startsWith(known) && (next === '' || next === '.' || next === '[');
    if (!isAround || known.length < length) continue;
    nearest = place;
    length = known.length;
  }
  return nearest;
}
