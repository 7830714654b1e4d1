// Turns an ask into a vector whose angle to another says how alike two asks are. The built-in encoder needs no model:
// words (in the form that stands for all that mean the same), pairs of neighbours and pieces of three characters, each
// with its weight, hashed into a short vector. A provider's embeddings can take its place; what decides whether an answer
// is shared is the guard (semantic-guard.ts) in both cases.

import { meaningKey, meaningOf, type Meaning } from './semantic-guard.ts';

/** What the index needs of an ask. */
export interface PreparedAsk {
  readonly ask: string;
  readonly meaning: Meaning;
  /** Equal for all asks that the guard may let share an answer. */
  readonly meaningKey: string;
  /** Who makes its vector. Those of different encoders cannot be compared. */
  readonly encoderId: string;
  /** Of length 1; empty = it was not made yet, and nothing is like it. */
  readonly vector: Float32Array;
}

/** Where vectors come from that are not worked out here. */
export interface AskEmbedder {
  readonly id: string;
  /** One vector for each ask, or null where they are not to be had just now. Rejects only where there is a bug. */
  embed(asks: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[] | null>;
}

export const BUILT_IN_ENCODER_ID = 'n-grams-1';

const DIMENSIONS = 256;
/** Literal things say more than words, and how a word is spelled says least: synonyms are spelled in other ways. */
const WEIGHTS = { literal: 1.5, word: 1, pair: 0.25, characters: 0.08 } as const;

export function prepareAsk(ask: string): PreparedAsk {
  return prepareAskFor(BUILT_IN_ENCODER_ID, ask);
}

/** With another encoder than the built-in one the vector is left for later; see `withVector`. */
export function prepareAskFor(encoderId: string, ask: string): PreparedAsk {
  const meaning = meaningOf(ask);
  const vector = encoderId === BUILT_IN_ENCODER_ID ? encode(ask, meaning) : NO_VECTOR;
  return { ask, meaning, meaningKey: meaningKey(meaning), encoderId, vector };
}

const NO_VECTOR = new Float32Array(0);

/** With a vector that an embedder made. */
export function withVector(prepared: PreparedAsk, vector: Float32Array): PreparedAsk {
  return { ...prepared, vector: unit(vector.slice()) };
}

export function lacksVector({ vector }: PreparedAsk): boolean {
  return vector.length === 0;
}

/** Hashes in place: pieces of text of their own would make a hundred short strings for each ask. */
function encode(ask: string, meaning: Meaning): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  const add = (hash: number, weight: number): void => {
    const spread = (hash ^ (hash >>> 15)) >>> 0;
    const at = spread % DIMENSIONS;
    // Features that fall on the same place cancel out as often as they add up.
    vector[at] = (vector[at] ?? 0) + ((spread & 0x8000_0000) === 0 ? weight : -weight);
  };
  let before: number | undefined;
  for (const part of meaning.structure.split(/[ ;|<>]+/)) {
    if (part === '') continue;
    const hash = hashOf(part, 0, part.length, OFFSET);
    add(hash, part.startsWith('=') || part.startsWith('@') ? WEIGHTS.literal : WEIGHTS.word);
    if (before !== undefined) add(hashOf(part, 0, part.length, before), WEIGHTS.pair);
    before = hash;
  }
  const text = ` ${ask.toLowerCase().replaceAll(/\s+/g, ' ')} `;
  for (let at = 0; at + 3 <= text.length; at += 1)
    add(hashOf(text, at, at + 3, OFFSET + 1), WEIGHTS.characters);
  return unit(vector);
}

const OFFSET = 0x811c_9dc5;

/** FNV-1a: quick, and spread well enough for so few places. */
function hashOf(text: string, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  return hash;
}

function unit(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (length > 0) for (let at = 0; at < vector.length; at += 1) vector[at] = (vector[at] ?? 0) / length;
  return vector;
}

/** Cosine of two vectors of length 1; 0 when they come from different encoders. */
export function similarity(one: Float32Array, two: Float32Array): number {
  if (one.length !== two.length) return 0;
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (two[at] ?? 0);
  return Math.min(1, sum);
}
