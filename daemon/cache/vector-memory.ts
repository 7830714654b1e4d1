// The embeddings of the last asks: who asks the same again, and is given another one's answer again, pays for it once.
// Bounded in number, the longest unused going first.

const MAX_VECTORS = 256;

export class VectorMemory {
  /** Least recently used first. */
  readonly #vectors = new Map<string, Float32Array>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get(encoderId: string, ask: string): Float32Array | undefined {
    const key = keyOf(encoderId, ask);
    const vector = this.#vectors.get(key);
    if (vector === undefined) return undefined;
    this.#vectors.delete(key);
    this.#vectors.set(key, vector);
    return vector;
  }

  set(encoderId: string, ask: string, vector: Float32Array): void {
    const key = keyOf(encoderId, ask);
    this.#delete(key);
    this.#vectors.set(key, vector);
    this.#bytes += bytesOf(key, vector);
    const [oldest] = this.#vectors.keys();
    if (this.#vectors.size > MAX_VECTORS && oldest !== undefined) this.#delete(oldest);
  }

  clear(): void {
    this.#vectors.clear();
    this.#bytes = 0;
  }

  #delete(key: string): void {
    const vector = this.#vectors.get(key);
    if (vector === undefined) return;
    this.#vectors.delete(key);
    this.#bytes -= bytesOf(key, vector);
  }
}

function keyOf(encoderId: string, ask: string): string {
  return `${encoderId}\0${ask}`;
}

function bytesOf(key: string, vector: Float32Array): number {
  return 2 * key.length + vector.byteLength + OBJECT_BYTES;
}

const OBJECT_BYTES = 200;
