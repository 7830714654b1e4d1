// Questions in no dialect at all, drawn at random: what every dialect can say, and what only some can. The builders write
// them down in each; the daemon's own words play no part in it.

import type { JsonObject, JsonValue } from '../../../daemon/util/json.ts';

export type Random = () => number;

export interface Picture {
  readonly mediaType: string;
  readonly data: string;
}

export type Turn =
  | { readonly by: 'user'; readonly parts: readonly (string | Picture)[] }
  | { readonly by: 'assistant'; readonly text: string; readonly calls: readonly Call[] }
  /** To the calls of the turn before, in order. */
  | { readonly by: 'tools'; readonly results: readonly string[] };

export interface Call {
  readonly name: string;
  readonly input: JsonObject;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonObject;
}

export interface Description {
  readonly model: string;
  readonly system: readonly string[];
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string } | undefined;
  readonly isSerial: boolean;
  readonly maxTokens: number;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly stop: readonly string[];
  readonly seed: number | undefined;
  readonly effort: 'minimal' | 'low' | 'medium' | 'high' | undefined;
  readonly schema: JsonObject | undefined;
  readonly schemaName: string | undefined;
}

export const pick = <Item>(random: Random, items: readonly Item[]): Item => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

export const chance = (random: Random, ratio: number): boolean => random() < ratio;

export const whole = (random: Random, from: number, to: number): number =>
  from + Math.floor(random() * (to - from + 1));

const WORDS = [
  ...'rename the function parse_date in src/util.ts to parseDate and update 12 callers'.split(' '),
  ...'warum schlägt der Test für Größe null fehl обнови зависимости до версии 3.2'.split(' '),
  ...'この関数 を 説明して 修复 这个 错误 اشرح هذا الخطأ נסה שוב 🚀 👩‍💻 naïve café e\u0301'.split(' '),
  '"quoted"',
  '\\back\\slash',
  '{"a": 1}',
  '<b>&amp;',
  '\n',
  '\t',
  '\u2028',
  'x = y;',
  '0.1',
  '-42',
];

export function words(random: Random, from = 1, to = 14): string {
  return Array.from({ length: whole(random, from, to) }, () => pick(random, WORDS)).join(' ');
}

export const identifier = (random: Random): string =>
  `${pick(random, ['read', 'write', 'list', 'search', 'run'])}_${pick(random, ['file', 'tests', 'repo', 'url'])}_${whole(random, 1, 999)}`;

export function value(random: Random, depth = 0): JsonValue {
  const kind = whole(random, 0, depth > 2 ? 3 : 5);
  if (kind === 0) return words(random, 1, 4);
  if (kind === 1) return whole(random, -1000, 1000);
  if (kind === 2) return Math.round(random() * 1e6) / 1e3;
  if (kind === 3) return pick(random, [true, false, null]);
  if (kind === 4) return Array.from({ length: whole(random, 0, 4) }, () => value(random, depth + 1));
  return objectValue(random, depth + 1);
}

export function objectValue(random: Random, depth = 0): JsonObject {
  const count = whole(random, 1, 4);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `${pick(random, ['path', 'ключ', 'q', 'n'])}${index}`,
      value(random, depth),
    ]),
  );
}

/** In the words that all vendors' schemas share. */
export function schema(random: Random, depth = 0): JsonObject {
  const names = Array.from({ length: whole(random, 1, 3) }, (_, index) => `field_${index}`);
  const properties = names.map((name): [string, JsonObject] => {
    const kind = whole(random, 0, depth > 1 ? 3 : 5);
    if (kind <= 1) return [name, { type: 'string', description: words(random, 1, 5) }];
    if (kind === 2) return [name, { type: 'integer', minimum: whole(random, 0, 9) }];
    if (kind === 3) return [name, { type: 'string', enum: ['a', 'b', `c${whole(random, 1, 9)}`] }];
    if (kind === 4) return [name, { type: 'array', items: { type: 'number' } }];
    return [name, schema(random, depth + 1)];
  });
  return { type: 'object', properties: Object.fromEntries(properties), required: [pick(random, names)] };
}

const DATA = ['iVBORw0KGgoAAAANSUhEUg==', 'iVBORw0KGgoAAAANSUhEUgAB', '/9j/4AAQSkZJRgABAQ=='];

function userTurn(random: Random): Turn {
  const parts: (string | Picture)[] = [words(random)];
  if (chance(random, 0.2)) parts.push({ mediaType: 'image/png', data: pick(random, DATA) });
  if (chance(random, 0.3)) parts.push(words(random));
  return { by: 'user', parts };
}

export function describe_(random: Random): Description {
  const tools = Array.from({ length: chance(random, 0.6) ? whole(random, 1, 4) : 0 }, (_, index) => ({
    name: `${identifier(random)}_${index}`,
    description: words(random),
    schema: schema(random),
  }));
  const turns: Turn[] = [userTurn(random)];
  for (let count = whole(random, 0, 3); count > 0; count -= 1) {
    const isCalling = tools.length > 0 && chance(random, 0.6);
    const calls = isCalling
      ? Array.from({ length: whole(random, 1, 3) }, () => ({
          name: pick(random, tools).name,
          input: objectValue(random),
        }))
      : [];
    turns.push({ by: 'assistant', text: isCalling && chance(random, 0.5) ? '' : words(random), calls });
    if (isCalling) turns.push({ by: 'tools', results: calls.map(() => words(random)) });
    if (!isCalling || chance(random, 0.4)) turns.push(userTurn(random));
  }
  const choice = chance(random, 0.3) && tools.length > 0;
  return {
    model: pick(random, ['auto', 'exact/small', 'large', 'balanced']),
    system: Array.from({ length: whole(random, 0, 3) }, () => words(random)),
    turns,
    tools,
    toolChoice: choice
      ? pick(random, ['auto', 'none', 'required', { name: tools[0]?.name ?? '' }] as const)
      : undefined,
    isSerial: tools.length > 0 && chance(random, 0.2),
    maxTokens: whole(random, 1, 8000),
    temperature: chance(random, 0.4) ? whole(random, 0, 20) / 10 : undefined,
    topP: chance(random, 0.2) ? whole(random, 1, 9) / 10 : undefined,
    topK: chance(random, 0.1) ? whole(random, 1, 90) : undefined,
    stop: chance(random, 0.15) ? ['END', words(random, 1, 2)] : [],
    seed: chance(random, 0.15) ? whole(random, 1, 1e9) : undefined,
    effort: chance(random, 0.2) ? pick(random, ['minimal', 'low', 'medium', 'high'] as const) : undefined,
    schema: chance(random, 0.15) ? schema(random) : undefined,
    schemaName: chance(random, 0.5) ? identifier(random) : undefined,
  };
}
