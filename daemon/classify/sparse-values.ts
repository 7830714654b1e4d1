// The sparse half of what a linear head reads of an ask: hashes of words and of their pieces, made in place, and the table
// that collects them. Change no number here without training the heads again (test/eval/training/train-ask-head.ts).

/**
 * Collects hashes; each kind of feature is scaled by how many different ones there are, so that long texts do not shout.
 * A table with open addressing and hashes that are computed in place: half the time of sets of strings.
 */
export class SparseValues {
  /** Index of the feature plus one; 0 = free. */
  #slots = new Uint16Array(1024);
  #hashes = new Uint32Array(256);
  #values = new Float64Array(256);
  /** The kind that last noted the feature. */
  #kinds = new Uint8Array(256);
  #size = 0;
  #kind = 0;
  /** Indexes of the features of the kind that was begun. */
  readonly #noted: number[] = [];

  addWords(seed: number, words: readonly string[], strength: number): void {
    this.begin();
    for (const word of words) this.note(hashOf(seed, word));
    this.end(strength);
  }

  begin(): void {
    this.#kind += 1;
    this.#noted.length = 0;
  }

  /** A feature of the kind that was begun; again is the same as once. */
  note(hash: number): void {
    const index = this.#indexOf(hash);
    if (this.#kinds[index] === this.#kind) return;
    this.#kinds[index] = this.#kind;
    this.#noted.push(index);
  }

  end(strength: number): void {
    const value = strength / Math.max(1, this.#noted.length) ** LENGTH_EXPONENT;
    for (const index of this.#noted) this.#values[index] = (this.#values[index] ?? 0) + value;
  }

  result(): { readonly hashes: Uint32Array; readonly values: Float32Array } {
    return {
      hashes: this.#hashes.slice(0, this.#size),
      values: Float32Array.from(this.#values.subarray(0, this.#size)),
    };
  }

  #indexOf(hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const entry = this.#slots[slot] ?? 0;
      if (entry === 0) break;
      if (this.#hashes[entry - 1] === hash) return entry - 1;
      slot = (slot + 1) & mask;
    }
    if (this.#size === this.#hashes.length) {
      this.#grow();
      return this.#indexOf(hash);
    }
    this.#hashes[this.#size] = hash;
    this.#size += 1;
    this.#slots[slot] = this.#size;
    return this.#size - 1;
  }

  /** The words of an order are bounded, so there are never more than a few thousand features. */
  #grow(): void {
    const size = this.#size * 2;
    this.#hashes = widened(this.#hashes, new Uint32Array(size));
    this.#values = widened(this.#values, new Float64Array(size));
    this.#kinds = widened(this.#kinds, new Uint8Array(size));
    this.#slots = new Uint16Array(size * 4);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.#size; index += 1) {
      let slot = (this.#hashes[index] ?? 0) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}

function widened<Numbers extends Uint32Array | Float64Array | Uint8Array>(
  from: Numbers,
  to: Numbers,
): Numbers {
  to.set(from);
  return to;
}

const LENGTH_EXPONENT = 0.4;
export const SPACE = 32;
export const DASH = 45;

export function hashOf(seed: number, word: string): number {
  return finish(steps(seed, word));
}

/** Of both words with a space between them. */
export function hashOfTwo(seed: number, one: string, two: string): number {
  return finish(steps(step(steps(seed, one), SPACE), two));
}

export function steps(hash: number, word: string): number {
  let stepped = hash;
  for (let index = 0; index < word.length; index += 1) stepped = step(stepped, word.charCodeAt(index));
  return stepped;
}

export function step(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

/** Spreads the bits: the low ones of the plain hash depend on the last letters only. */
export function finish(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
