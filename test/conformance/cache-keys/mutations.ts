// Changes one field of a request at a random place: a leaf, the order or number of elements, a member more or less. The
// only places left alone are those in the reviewed list below, which change no answer; everything else must.

import { isJsonObject, type JsonObject, type JsonValue } from '../../../daemon/util/json.ts';
import type { Written } from './builders.ts';
import { pick, words, type Random } from './descriptions.ts';

/** A place in a body: names of members, and `*` for every element. */
type Place = readonly (string | number)[];

const pathText = (place: Place): string =>
  place.map((step) => (typeof step === 'number' ? '*' : step)).join('.');

/** Changes no answer: whose request it is, how it is delivered, billed and kept, and how calls are numbered. */
const INERT: Readonly<Record<string, RegExp>> = {
  'openai-chat':
    /^(?:stream|stream_options|user|safety_identifier|metadata|store|service_tier|prompt_cache_key|prompt_cache_retention)(?:\.|$)|^messages\.\*\.(?:tool_call_id|tool_calls\.\*\.id)$/,
  'anthropic-messages':
    /^(?:stream|metadata|service_tier)(?:\.|$)|^messages\.\*\.content\.\*\.(?:id|tool_use_id)$/,
  'openai-responses':
    /^(?:stream|stream_options|user|safety_identifier|metadata|client_metadata|store|service_tier|prompt_cache_key|type)(?:\.|$)|^input\.\*\.(?:id|call_id)$/,
  'google-generate':
    /^(?:model|serviceTier)(?:\.|$)|^contents\.\*\.parts\.\*\.function(?:Call|Response)\.id$/,
  'ollama-chat': /^(?:stream|keep_alive)(?:\.|$)/,
};

/** Marks for the prompt cache of a vendor, wherever they stand. */
const CACHE_MARK = /(?:^|\.)cache_control(?:\.|$)/;

/** What a member says that would hold without it: taking it away, or adding it, changes nothing. */
const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  'openai-chat': [
    'tools.*.type="function"',
    'tool_choice="auto"',
    'n=1',
    'messages.*.tool_calls.*.type="function"',
    'messages.*.content=null',
    'messages.*.content=""',
    'messages.*.refusal=null',
    'parallel_tool_calls=true',
  ],
  'anthropic-messages': ['tools.*.type="custom"', 'tool_choice.type="auto"', 'tool_choice={"type":"auto"}'],
  'openai-responses': [
    'input.*.type="message"',
    'input.*.status="completed"',
    'input.*.content.*.annotations=[]',
    'input.*.content.*.logprobs=[]',
    'input.*.content.*.detail="auto"',
    'tool_choice="auto"',
    'parallel_tool_calls=true',
    'truncation="disabled"',
    'input.*.summary=[]',
    'input.*.content=null',
  ],
  'google-generate': [
    'contents.*.role="user"',
    'generationConfig={}',
    'systemInstruction.role="user"',
    'toolConfig.functionCallingConfig.mode="AUTO"',
  ],
  'ollama-chat': ['tools.*.type="function"'],
};

/** What a vendor's format says in two ways that mean the same. */
const SAME_WORDS: readonly {
  readonly dialect: string;
  readonly place: RegExp;
  readonly isSame: (before: JsonValue, after: JsonValue) => boolean;
}[] = [
  // Google's own schemas have types in capitals, and take both.
  {
    dialect: 'google-generate',
    place: /parameters(?:\..+)?\.type$/,
    isSame: (before, after) => JSON.stringify(before).toLowerCase() === JSON.stringify(after).toLowerCase(),
  },
];

export interface Mutated {
  readonly body: JsonObject;
  /** For the message of a failure. */
  readonly what: string;
}

interface Site {
  readonly place: Place;
  readonly value: JsonValue;
}

function sitesOf(value: JsonValue, place: Place, sites: Site[]): void {
  sites.push({ place, value });
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly JsonValue[]).entries())
      sitesOf(item, [...place, index], sites);
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) sitesOf(member ?? null, [...place, name], sites);
  }
}

function replaced(
  value: JsonValue,
  place: Place,
  change: (before: JsonValue) => JsonValue | undefined,
): JsonValue | undefined {
  const [step, ...rest] = place;
  if (step === undefined) return change(value);
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).flatMap((item, index): readonly JsonValue[] => {
      if (index !== step) return [item];
      const after = replaced(item, rest, change);
      return after === undefined ? [] : [after];
    });
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([name, member = null]): [string, JsonValue][] => {
    if (name !== step) return [[name, member]];
    const after = replaced(member, rest, change);
    return after === undefined ? [] : [[name, after]];
  });
  return Object.fromEntries(entries);
}

/** Undefined = nothing that can be changed in this way. */
function changedLeaf(random: Random, value: JsonValue): JsonValue | undefined {
  if (typeof value === 'number') return pick(random, [value + 1, value * 2 + 1, -value - 1, value + 0.5]);
  if (typeof value === 'boolean') return !value;
  if (value === null) return words(random, 1, 2);
  if (typeof value !== 'string') return undefined;
  const inJson = changedJson(random, value);
  if (inJson !== undefined) return inJson;
  const at = Math.floor(random() * (value.length + 1));
  return pick(random, [
    `${value} `,
    `${value.slice(0, at)}x${value.slice(at)}`,
    `${value.slice(0, at)}\u200b${value.slice(at)}`,
    value.length > 1 ? value.slice(1) : `${value}y`,
    value.toUpperCase() === value ? `${value}z` : value.toUpperCase(),
    `${value}\n`,
  ]);
}

/** White space and order mean nothing in the arguments of a call, so it is a leaf inside that changes. */
function changedJson(random: Random, text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const inner = JSON.parse(text) as JsonObject;
    const sites: Site[] = [];
    sitesOf(inner, [], sites);
    const leaf = pick(random, sites);
    const after = replaced(inner, leaf.place, (before) => changedLeaf(random, before) ?? { added: 1 });
    return JSON.stringify(after);
  } catch {
    return undefined;
  }
}

function changedList(random: Random, list: readonly JsonValue[]): JsonValue | undefined {
  const index = Math.floor(random() * Math.max(1, list.length));
  const item = list[index];
  if (item === undefined) return undefined;
  const next = list[index + 1];
  const swapped =
    next === undefined || JSON.stringify(next) === JSON.stringify(item)
      ? undefined
      : list.with(index, next).with(index + 1, item);
  return pick(random, [
    list.toSpliced(index, 1),
    list.toSpliced(index, 0, item),
    swapped ?? list.toSpliced(index, 1),
  ]);
}

function changedObject(random: Random, value: JsonObject): JsonObject {
  const names = Object.keys(value);
  if (names.length === 0 || random() < 0.5)
    return { ...value, x_added: pick<JsonValue>(random, [1, 'x', null, {}, [], false]) };
  const gone = pick(random, names);
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== gone));
}

/** Undefined where this draw changes nothing that counts. */
export function mutate({ dialect, body }: Written, random: Random): Mutated | undefined {
  const sites: Site[] = [];
  sitesOf(body, [], sites);
  const { place, value } = pick(random, sites);
  const path = pathText(place);
  if (isInert(dialect, path)) return undefined;
  const change = Array.isArray(value)
    ? changedList(random, value as readonly JsonValue[])
    : isJsonObject(value)
      ? changedObject(random, value)
      : changedLeaf(random, value);
  if (change === undefined || JSON.stringify(change) === JSON.stringify(value)) return undefined;
  if (isJsonObject(value) && isJsonObject(change) && changesNothing(dialect, path, value, change))
    return undefined;
  if (!isJsonObject(value) && isDefaultChange(dialect, path, value, change)) return undefined;
  const after = replaced(body, place, () => change);
  if (!isJsonObject(after)) return undefined;
  const shown = JSON.stringify(change);
  return {
    body: after,
    what: `${dialect} ${path}: ${JSON.stringify(value).slice(0, 300)} -> ${shown.slice(0, 300)}`,
  };
}

function isInert(dialect: string, path: string): boolean {
  return INERT[dialect]?.test(path) === true || CACHE_MARK.test(path);
}

/** A member that went or came and that stands in the lists above. */
function changesNothing(dialect: string, path: string, before: JsonObject, after: JsonObject): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].every((name) => {
    if (Object.hasOwn(before, name) === Object.hasOwn(after, name)) return true;
    const inner = path === '' ? name : `${path}.${name}`;
    const member = before[name] ?? after[name] ?? null;
    return isInert(dialect, inner) || isDefault(dialect, inner, member);
  });
}

function isDefault(dialect: string, path: string, member: JsonValue): boolean {
  if (path === 'model' && member === 'auto') return true;
  return (DEFAULTS[dialect] ?? []).includes(`${path}=${JSON.stringify(member)}`);
}

function isDefaultChange(dialect: string, path: string, before: JsonValue, after: JsonValue): boolean {
  return (
    SAME_WORDS.some(
      (known) => known.dialect === dialect && known.place.test(path) && known.isSame(before, after),
    ) ||
    (isDefault(dialect, path, before) && isDefault(dialect, path, after))
  );
}
