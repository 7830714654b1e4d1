// Turns an ask into numbers for the linear heads: hashes of its words, word pairs and pieces of words, and some counts of
// its shape. One scan over a bounded part of the text, no dictionary, so that every language and every text costs the
// same. What the numbers mean is in the weights of the heads; change nothing here without training them again.

import { SHAPE_NAMES, shapeNumbers } from './ask-text-shape.ts';

/** What a linear head reads. `hashes[i]` occurs with `values[i]`; a head takes as many bits of the hash as it has. */
export interface AskTextFeatures {
  /** Distinct. */
  readonly hashes: Uint32Array;
  readonly values: Float32Array;
  /** In the order of `DENSE_NAMES`, each about 0..3. */
  readonly dense: Float64Array;
}

/** Names of `AskTextFeatures.dense`, in order. */
export const DENSE_NAMES: readonly string[] = SHAPE_NAMES;

/** The beginning says what to do, the end often repeats it; the middle of a long text is material. */
const HEAD_CHARS = 6000;
const TAIL_CHARS = 2000;

/** Longer "words" are data; only so much of one is read piece by piece. */
const MAX_WORD_CHARS = 24;
const PIECE_CHARS = 4;

/** Kinds of features are kept apart by what their hash starts from. */
const WORD_SEED = 0x811c9dc5;
const PAIR_SEED = 0x2545f491;
const PIECE_SEED = 0x6b43a9b5;

export function askTextFeatures(text: string): AskTextFeatures {
  const part = boundedPart(text);
  const sparse = hashText(part.toLowerCase());
  return { ...sparse, dense: shapeNumbers(part, text.length) };
}

/** The hash that `askTextFeatures` gives a single word, for reading a head's weights word by word. */
export function wordHash(word: string): number {
  let hash = WORD_SEED;
  const lower = word.toLowerCase();
  for (let index = 0; index < Math.min(lower.length, MAX_WORD_CHARS); index += 1) {
    hash = step(hash, lower.charCodeAt(index));
  }
  return finish(hash);
}

/** Words of the part that is read, lower case, as they are hashed; at most `limit`. */
export function wordsRead(text: string, limit: number): readonly string[] {
  const lower = boundedPart(text).toLowerCase();
  const words: string[] = [];
  for (let start = 0; start < lower.length && words.length < limit;) {
    const end = endOfToken(lower, start);
    const code = lower.charCodeAt(start);
    if (isWordCode(code) && !isDigit(code)) words.push(lower.slice(start, end));
    start = end;
  }
  return words;
}

function boundedPart(text: string): string {
  if (text.length <= HEAD_CHARS + TAIL_CHARS) return text;
  return `${text.slice(0, HEAD_CHARS)}\n${text.slice(-TAIL_CHARS)}`;
}

/**
 * Each kind of feature has length 1 as a vector, so that long texts do not shout; a feature counts more the more often
 * it occurs, but with its logarithm.
 */
function hashText(lower: string): { readonly hashes: Uint32Array; readonly values: Float32Array } {
  const words = new HashCounts(lower.length);
  const pairs = new HashCounts(lower.length);
  const pieces = new HashCounts(lower.length + 2);
  let before = 0;
  for (let start = 0; start < lower.length;) {
    const code = lower.charCodeAt(start);
    if (isSpace(code)) {
      start += 1;
      continue;
    }
    const end = endOfToken(lower, start);
    const hash = hashToken(lower, start, end);
    words.add(hash);
    // Neighbours in either order: what they are about is the same, and each pair is seen twice as often.
    if (before !== 0) pairs.add(finish(step(PAIR_SEED ^ before, hash)));
    before = hash;
    if (isWordCode(code) && !isDigit(code)) addPieces(pieces, lower, start, end);
    start = end;
  }
  return joined([words, pairs, pieces]);
}

/** A word, a number (by its size, not its value), or one sign. */
function endOfToken(lower: string, start: number): number {
  const code = lower.charCodeAt(start);
  let end = start + 1;
  if (isDigit(code)) while (end < lower.length && isDigit(lower.charCodeAt(end))) end += 1;
  else if (isWordCode(code) && code < IDEOGRAPHS_FROM) {
    while (end < lower.length && continuesWord(lower.charCodeAt(end))) end += 1;
  }
  return end;
}

/** Scripts that put no spaces between words: each sign is a word. */
const IDEOGRAPHS_FROM = 0x2e80;

function continuesWord(code: number): boolean {
  return code < IDEOGRAPHS_FROM && isWordCode(code) && !isDigit(code);
}

function hashToken(lower: string, start: number, end: number): number {
  if (isDigit(lower.charCodeAt(start))) {
    // 7 and 2019 differ in kind, 7 and 8 do not.
    return finish(step(step(WORD_SEED, 48), Math.min(end - start, 7)));
  }
  const last = Math.min(end, start + MAX_WORD_CHARS);
  let hash = WORD_SEED;
  for (let index = start; index < last; index += 1) hash = step(hash, lower.charCodeAt(index));
  return finish(hash);
}

/** Every four neighbouring letters, the borders of the word among them. */
function addPieces(pieces: HashCounts, lower: string, start: number, end: number): void {
  const last = Math.min(end, start + MAX_WORD_CHARS);
  for (let from = start - 1; from + PIECE_CHARS <= last + 1; from += 1) {
    let hash = PIECE_SEED;
    for (let index = from; index < from + PIECE_CHARS; index += 1) {
      hash = step(hash, index < start || index >= last ? 32 : lower.charCodeAt(index));
    }
    pieces.add(finish(hash));
  }
}

/** Counts hashes; open addressing, since a Map costs several times as much. */
class HashCounts {
  readonly #mask: number;
  readonly #keys: Uint32Array;
  readonly #counts: Uint16Array;
  #size = 0;

  /** At most `capacity` different hashes. */
  constructor(capacity: number) {
    let slots = 16;
    while (slots < capacity * 1.5) slots *= 2;
    this.#mask = slots - 1;
    this.#keys = new Uint32Array(slots);
    this.#counts = new Uint16Array(slots);
  }

  get size(): number {
    return this.#size;
  }

  add(hash: number): void {
    let slot = hash & this.#mask;
    // The mask keeps the slot inside; an empty one is always left, since there are more slots than hashes.
    for (;;) {
      const count = this.#counts[slot] ?? 0;
      if (count === 0) {
        if (this.#size >= this.#mask) return;
        this.#keys[slot] = hash;
        this.#counts[slot] = 1;
        this.#size += 1;
        return;
      }
      if (this.#keys[slot] === hash) {
        if (count < 65_535) this.#counts[slot] = count + 1;
        return;
      }
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Writes hashes and values of length 1 from `at` on; the next free place. */
  writeTo(hashes: Uint32Array, values: Float32Array, at: number): number {
    let next = at;
    let squares = 0;
    for (let slot = 0; slot <= this.#mask; slot += 1) {
      const count = this.#counts[slot] ?? 0;
      if (count === 0) continue;
      const value = count === 1 ? 1 : 1 + Math.log(count);
      hashes[next] = this.#keys[slot] ?? 0;
      values[next] = value;
      squares += value * value;
      next += 1;
    }
    const norm = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let index = at; index < next; index += 1) values[index] = (values[index] ?? 0) * norm;
    return next;
  }
}

function joined(parts: readonly HashCounts[]): {
  readonly hashes: Uint32Array;
  readonly values: Float32Array;
} {
  const total = parts.reduce((sum, part) => sum + part.size, 0);
  const hashes = new Uint32Array(total);
  const values = new Float32Array(total);
  let at = 0;
  for (const part of parts) at = part.writeTo(hashes, values, at);
  return { hashes, values };
}

function step(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

/** Spreads the bits: the low ones of the plain hash depend on the last letters only. */
function finish(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xa0;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Lower-case letters of all scripts, digits, underscore; the apostrophe too, so that "don't" is one word. */
function isWordCode(code: number): boolean {
  if (code < 128) return (code >= 97 && code <= 122) || isDigit(code) || code === 95 || code === 39;
  return code >= 0xc0 && code !== 0xd7 && code !== 0xf7 && !(code >= 0x2000 && code < 0x2e80);
}
