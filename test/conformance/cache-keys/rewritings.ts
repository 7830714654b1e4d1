// The same request written in another way: members in another order, other white space, other escapes, other metadata,
// other ids, streamed or not.

import { isJsonObject, type JsonObject, type JsonValue } from '../../../daemon/util/json.ts';
import type { Written } from './builders.ts';
import { chance, pick, whole, words, type Random } from './descriptions.ts';

const SPACES = ['', '', ' ', '\n', '\t', '  ', '\r\n'];

/** JSON text with members shuffled, random white space and random escapes. */
export function writeJson(value: JsonValue, random: Random): string {
  const space = (): string => pick(random, SPACES);
  if (Array.isArray(value)) {
    const items = (value as readonly JsonValue[]).map(
      (item) => `${space()}${writeJson(item, random)}${space()}`,
    );
    return `[${items.join(',')}${items.length === 0 ? space() : ''}]`;
  }
  if (isJsonObject(value)) {
    const entries = Object.entries(value)
      .map((entry) => ({ entry, rank: random() }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ entry: [name, member] }) =>
        [
          space(),
          writeText(name, random),
          space(),
          ':',
          space(),
          writeJson(member ?? null, random),
          space(),
        ].join(''),
      );
    return `{${entries.join(',')}}`;
  }
  return typeof value === 'string' ? writeText(value, random) : JSON.stringify(value);
}

function writeText(text: string, random: Random): string {
  if (chance(random, 0.7)) return JSON.stringify(text);
  // By units of UTF-16, as JSON escapes them.
  const escaped = JSON.stringify(text)
    .split('')
    .map((unit) => {
      // A pair of surrogates stays one character.
      if (/[\u0080-\ud7ff]/.test(unit) && chance(random, 0.5))
        return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
      return unit === '/' && chance(random, 0.5) ? '\\/' : unit;
    });
  return escaped.join('');
}

/** Members that only say whose request it is, or how it is delivered, billed and kept. */
const METADATA: Readonly<Record<string, (random: Random) => JsonObject>> = {
  'openai-chat': (random) => ({
    user: words(random, 1, 2),
    metadata: { a: words(random, 1, 2) },
    store: chance(random, 0.5),
    service_tier: pick(random, ['auto', 'flex']),
    prompt_cache_key: words(random, 1, 1),
    safety_identifier: words(random, 1, 1),
    stream: chance(random, 0.5),
    stream_options: { include_usage: true },
  }),
  'anthropic-messages': (random) => ({
    metadata: { user_id: words(random, 1, 2) },
    service_tier: 'auto',
    stream: chance(random, 0.5),
    cache_control: { type: 'ephemeral' },
  }),
  'openai-responses': (random) => ({
    user: words(random, 1, 2),
    metadata: { a: words(random, 1, 2) },
    client_metadata: { thread_id: words(random, 1, 1) },
    store: chance(random, 0.5),
    service_tier: 'flex',
    prompt_cache_key: words(random, 1, 1),
    stream: chance(random, 0.5),
  }),
  'google-generate': () => ({ serviceTier: 'flex' }),
  'ollama-chat': (random) => ({ keep_alive: '5m', stream: chance(random, 0.5) }),
};

const ID_MEMBERS: ReadonlySet<string> = new Set(['id', 'call_id', 'tool_call_id', 'tool_use_id']);
/** Where ids of calls and items stand; the same names elsewhere are somebody's data. */
const ID_PLACES =
  /^(?:messages\.\d+\.(?:tool_calls\.\d+\.id|tool_call_id|content\.\d+\.(?:id|tool_use_id))|input\.\d+\.(?:id|call_id)|contents\.\d+\.parts\.\d+\.function(?:Call|Response)\.id)$/;
/** The id of a sealed thought belongs to its seal. */
const SEALED = /^rs_/;

export function rewritten(
  written: Written,
  random: Random,
): { readonly path: string; readonly text: string } {
  const ids = new Map<string, string>();
  const renamed = (id: string): string => {
    const known = ids.get(id) ?? `id_${whole(random, 1, 1e9)}_${ids.size}`;
    ids.set(id, known);
    return known;
  };
  const rewrite = (value: JsonValue, place: readonly (string | number)[]): JsonValue => {
    const name = place.at(-1);
    if (typeof value === 'string') {
      if (
        typeof name === 'string' &&
        ID_MEMBERS.has(name) &&
        ID_PLACES.test(place.join('.')) &&
        !SEALED.test(value)
      ) {
        return renamed(value);
      }
      return name === 'arguments' ? rewrittenArguments(value, random) : value;
    }
    if (Array.isArray(value))
      return (value as readonly JsonValue[]).map((item, index) => rewrite(item, [...place, index]));
    if (!isJsonObject(value)) return value;
    const entries = Object.entries(value).map(([member, inner]): [string, JsonValue] => [
      member,
      rewrite(inner ?? null, [...place, member]),
    ]);
    return Object.fromEntries(entries);
  };
  const body = rewrite(written.body, []);
  const metadata = Object.entries(METADATA[written.dialect]?.(random) ?? {}).filter(() =>
    chance(random, 0.5),
  );
  const whole_ = { ...(isJsonObject(body) ? body : {}), ...Object.fromEntries(metadata) };
  return { path: written.path, text: writeJson(whole_, random) };
}

function rewrittenArguments(text: string, random: Random): string {
  try {
    return writeJson(JSON.parse(text) as JsonValue, random);
  } catch {
    return text;
  }
}
