// What was worked out of the latest pieces of requests that are the same in many of them, such as the tools of an
// assistant: comparing 60 kB takes 2 us. Pieces are kept as copies, so that no large body is held for a small piece.

interface Known<T> {
  readonly bytes: Buffer;
  readonly value: T;
}

/** As many as assistants, and kinds of calls of one assistant, that work side by side. */
const MAX_PIECES = 8;
/** Shorter pieces are worked through sooner than kept; longer ones take too much memory. */
const LEAST_BYTES = 1024;
const MAX_BYTES = 256 * 1024;

/** One kind of value, which must depend on the bytes only and never be changed. */
export class LatestPieces<T> {
  /** Latest last. */
  readonly #known: Known<T>[] = [];

  of(bytes: Buffer, workOut: (bytes: Buffer) => T): T {
    if (bytes.length < LEAST_BYTES || bytes.length > MAX_BYTES) return workOut(bytes);
    const known = this.#known.findLast((one) => one.bytes.length === bytes.length && one.bytes.equals(bytes));
    if (known !== undefined) return known.value;
    const value = workOut(bytes);
    this.#known.push({ bytes: Buffer.from(bytes), value });
    if (this.#known.length > MAX_PIECES) this.#known.shift();
    return value;
  }
}
