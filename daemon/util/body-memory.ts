// The last large bodies that were found sound, so that the next request of a conversation, which mostly repeats them, is
// read from where it differs: comparing 200 kB takes 10 us, checking them 100 to 270. Bounded in number and in bytes;
// mostly the very buffers that are kept for sending a request again anyway.

import type { RequestBody } from './request-body.ts';

/** What a body has in common with one that came before it: bytes at the beginning, and bytes at the end. */
export interface EarlierBody {
  readonly body: RequestBody;
  readonly sameHeadBytes: number;
  /** Never overlaps with the beginning. */
  readonly sameTailBytes: number;
}

export interface BodyMemoryLimits {
  readonly maxBodies: number;
  readonly maxBytes: number;
}

const DEFAULT_LIMITS: BodyMemoryLimits = { maxBodies: 32, maxBytes: 8 * 1024 * 1024 };

/** Smaller ones are read sooner than looked up. */
const LEAST_BYTES = 8 * 1024;
/** Less in common is not worth it. */
const LEAST_COMMON_BYTES = 1024;
/** A body that repeats as much of an earlier one takes its place. */
const SUCCESSOR_RATIO = 0.75;

/** Only one generation back: what a body is kept for ends when its successor is kept. */
const earlierOf = new WeakMap<RequestBody, EarlierBody>();

/** What this body repeats, where that is known. */
export function earlierBody(body: RequestBody): EarlierBody | undefined {
  return earlierOf.get(body);
}

export class BodyMemory {
  readonly #limits: BodyMemoryLimits;
  /** Latest last. */
  #bodies: RequestBody[] = [];
  #heldBytes = 0;

  constructor(limits: BodyMemoryLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#bodies.length;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The kept body with the longest beginning in common. */
  recall(bytes: Buffer): EarlierBody | undefined {
    if (bytes.length < LEAST_BYTES) return undefined;
    let found: RequestBody | undefined;
    let sameHeadBytes = LEAST_COMMON_BYTES;
    for (let index = this.#bodies.length - 1; index >= 0; index -= 1) {
      const body = this.#bodies[index];
      if (body === undefined || !isSameRange(bytes, body.bytes, 0, sameHeadBytes)) continue;
      const common = commonHead(bytes, body.bytes, sameHeadBytes);
      if (found !== undefined && common === sameHeadBytes) continue;
      found = body;
      sameHeadBytes = common;
      if (common >= SUCCESSOR_RATIO * body.bytes.length) break;
    }
    if (found === undefined) return undefined;
    return { body: found, sameHeadBytes, sameTailBytes: commonTail(bytes, found.bytes, sameHeadBytes) };
  }

  /** `body` was found sound, with what it has in common with an earlier one. */
  keep(body: RequestBody, earlier: EarlierBody | undefined): void {
    const { length } = body.bytes;
    if (length < LEAST_BYTES || length > this.#limits.maxBytes / 2) return;
    if (earlier !== undefined) {
      earlierOf.set(body, earlier);
      earlierOf.delete(earlier.body);
      const commonBytes = earlier.sameHeadBytes + earlier.sameTailBytes;
      if (commonBytes >= SUCCESSOR_RATIO * earlier.body.bytes.length) this.#forget(earlier.body);
    }
    this.#bodies.push(body);
    this.#heldBytes += length;
    while (this.#bodies.length > this.#limits.maxBodies || this.#heldBytes > this.#limits.maxBytes) {
      const [oldest] = this.#bodies;
      if (oldest === undefined) return;
      this.#forget(oldest);
    }
  }

  #forget(body: RequestBody): void {
    const others = this.#bodies.filter((kept) => kept !== body);
    if (others.length < this.#bodies.length) this.#heldBytes -= body.bytes.length;
    this.#bodies = others;
  }
}

function isSameRange(one: Buffer, other: Buffer, start: number, end: number): boolean {
  if (end > one.length || end > other.length) return false;
  return one.compare(other, start, end, start, end) === 0;
}

/** Found by halving: each step is one native comparison. `known` bytes are the same for sure. */
function commonHead(one: Buffer, other: Buffer, known: number): number {
  let same = known;
  let end = Math.min(one.length, other.length);
  if (isSameRange(one, other, same, end)) return end;
  while (end - same > 1) {
    const middle = (same + end) >> 1;
    if (isSameRange(one, other, same, middle)) same = middle;
    else end = middle;
  }
  return same;
}

function commonTail(one: Buffer, other: Buffer, headBytes: number): number {
  const isSame = (from: number, to: number): boolean =>
    one.compare(other, other.length - to, other.length - from, one.length - to, one.length - from) === 0;
  let same = 0;
  let end = Math.min(one.length, other.length) - headBytes;
  if (end === 0 || isSame(0, end)) return end;
  while (end - same > 1) {
    const middle = (same + end) >> 1;
    if (isSame(same, middle)) same = middle;
    else end = middle;
  }
  return same;
}
