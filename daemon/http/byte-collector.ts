// Pieces of a body on their way to being one buffer. Each piece that the HTTP parser hands out is a buffer of its own, a
// hundred bytes and more beside its content, so small ones are copied together: a body that arrives byte by byte takes
// the memory of its bytes.

/** Pieces from this size on are kept as they came. */
const SMALL_BYTES = 4 * 1024;
const SLAB_BYTES = 16 * 1024;

export class ByteCollector {
  #pieces: Buffer[] = [];
  #length = 0;
  #slab: Buffer | undefined;
  #slabUsed = 0;
  /** The last piece ends where the free part of the slab begins. */
  #isSlabLast = false;

  get length(): number {
    return this.#length;
  }

  push(piece: Buffer): void {
    this.#length += piece.length;
    // Most bodies are one or two pieces.
    if (piece.length >= SMALL_BYTES || this.#pieces.length < 2) {
      this.#pieces.push(piece);
      this.#isSlabLast = false;
      return;
    }
    for (let rest = piece; rest.length > 0;) rest = rest.subarray(this.#copy(rest));
  }

  /** Everything, in order; the collector is empty afterwards. */
  take(): Buffer {
    const [only] = this.#pieces;
    const whole =
      this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces, this.#length);
    this.clear();
    return whole;
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
    this.#slab = undefined;
    this.#isSlabLast = false;
  }

  /** How much of `rest` found room. */
  #copy(rest: Buffer): number {
    if (this.#slab === undefined || this.#slabUsed === SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
      this.#isSlabLast = false;
    }
    const slab = this.#slab;
    const start = this.#slabUsed;
    const copied = rest.copy(slab, start);
    this.#slabUsed += copied;
    const last = this.#isSlabLast ? this.#pieces.pop() : undefined;
    this.#pieces.push(slab.subarray(start - (last?.length ?? 0), this.#slabUsed));
    this.#isSlabLast = true;
    return copied;
  }
}
