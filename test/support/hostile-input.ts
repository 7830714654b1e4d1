// Hostile changes to JSON: wrong types at any place, missing and doubled members, names that readers of objects stumble
// over, numbers and texts that break parsers. Deterministic for a seed.

export type Tree = null | boolean | number | string | Tree[] | { [key: string]: Tree };

/** Small and fast; the same numbers for the same seed (mulberry32). */
export class Rng {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

const ODD_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  '',
  '\ud800',
  'a\u0000b',
  '.',
  '__',
];

const ODD_VALUES: readonly (() => Tree)[] = [
  () => null,
  () => true,
  () => false,
  () => 0,
  () => -1,
  () => 0.5,
  () => 1e308,
  () => Number.MAX_SAFE_INTEGER,
  () => '',
  () => ' ',
  () => 'text',
  () => '\udc00',
  () => '\ud83d',
  () => '__proto__',
  () => 'constructor',
  () => 'x'.repeat(3000),
  () => '{"__proto__":{"polluted":true}}',
  () => '{"a":',
  () => 'data:;base64,',
  () => 'data:image/png;base64',
  () => [],
  () => [[]],
  () => [null, 0, '', {}, []],
  () => ({}),
  () => ({ type: 'text' }),
  () => ({ type: '__proto__', text: 5 }),
  () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as Tree,
  () => RAW_HUGE,
  () => nested(100),
];

/** Written as 1e400: JSON that no double holds. */
const RAW_HUGE = 'RAW 1e400';

export function nested(depth: number): Tree {
  let value: Tree = 'deep';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

interface Place {
  readonly holder: Tree[] | { [key: string]: Tree };
  readonly key: string | number;
}

function placesIn(root: Tree): Place[] {
  const places: Place[] = [];
  const visit = (value: Tree): void => {
    if (Array.isArray(value)) {
      for (const [key, inner] of value.entries()) {
        places.push({ holder: value, key });
        visit(inner);
      }
    } else if (value !== null && typeof value === 'object') {
      for (const key of Object.keys(value)) {
        places.push({ holder: value, key });
        visit(value[key] ?? null);
      }
    }
  };
  visit(root);
  return places;
}

function put(holder: Place['holder'], key: string | number, value: Tree): void {
  // Also for `__proto__`, which an assignment would take for the prototype.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Changes one to four places of a value; the value itself stays as it was. */
export function mutated(rng: Rng, original: Tree): Tree {
  const root = structuredClone(original);
  for (let change = 1 + rng.below(3); change >= 0; change -= 1) mutateOnce(rng, root);
  return root;
}

function mutateOnce(rng: Rng, root: Tree): void {
  const places = placesIn(root);
  if (places.length === 0) return;
  const { holder, key } = rng.pick(places);
  const value = (holder as { [key: string]: Tree })[key] ?? null;
  switch (rng.below(8)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[String(key)];
      break;
    case 1:
      if (Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(value));
      else put(holder, `${key} DUP`, structuredClone(value));
      break;
    case 2:
      if (!Array.isArray(holder)) put(holder, rng.pick(ODD_NAMES), structuredClone(value));
      break;
    case 3: {
      const other = rng.pick(places);
      put(holder, key, structuredClone((other.holder as { [key: string]: Tree })[other.key] ?? null));
      break;
    }
    case 4:
      put(
        holder,
        key,
        Array.from({ length: 3 }, () => structuredClone(value)),
      );
      break;
    default:
      put(holder, key, rng.pick(ODD_VALUES)());
  }
}

/** JSON text, with doubled keys and numbers that `JSON.stringify` would not write. */
export function textOf(value: Tree): string {
  return JSON.stringify(value).replaceAll(' DUP":', '":').replaceAll(`"${RAW_HUGE}"`, '1e400');
}
