// What was worked out of a request body, taken over where the next request brings the same bytes again: so the cost of a
// decision grows with what is new and with the number of messages, not with the body.

import { earlierBody, type EarlierBody } from './body-memory.ts';
import type { RequestBody, Span } from './request-body.ts';

interface Known<T> {
  readonly spans: readonly Span[];
  readonly values: readonly T[];
}

/**
 * One kind of fact about the pieces of a body, its messages mostly. It must depend on the bytes of the piece only, and
 * never be changed.
 */
export class PieceFacts<T> {
  readonly #known = new WeakMap<RequestBody, Known<T>>();

  /** Of each piece, in order. The very same value where the earlier body had the same piece at the same place. */
  all(body: RequestBody, spans: readonly Span[], workOut: (span: Span, index: number) => T): readonly T[] {
    const earlier = earlierBody(body);
    const before = earlier && this.#known.get(earlier.body);
    const values: T[] = [];
    for (const [index, span] of spans.entries()) {
      const known = before?.values[index];
      const isSame =
        known !== undefined && earlier !== undefined && isPiece(before?.spans[index], earlier, body, span);
      values.push(isSame ? known : workOut(span, index));
    }
    this.#known.set(body, { spans, values });
    return values;
  }
}

/** A piece within the common beginning stands where it stood; one within the common end has moved with it. */
function isPiece(
  old: Span | undefined,
  earlier: EarlierBody,
  { bytes }: RequestBody,
  { start, end }: Span,
): boolean {
  if (old === undefined) return false;
  if (end <= earlier.sameHeadBytes) return old.start === start && old.end === end;
  const by = bytes.length - earlier.body.bytes.length;
  return start >= bytes.length - earlier.sameTailBytes && old.start + by === start && old.end + by === end;
}

/** Tells whether bodies hold a word; asked again of a longer body it looks at the new part only. */
export class ByteSearch {
  readonly #word: Buffer;
  /** Where it stands first; -1 = nowhere. */
  readonly #firstAt = new WeakMap<RequestBody, number>();

  constructor(word: string) {
    this.#word = Buffer.from(word);
  }

  isIn(body: RequestBody): boolean {
    let firstAt = this.#firstAt.get(body);
    if (firstAt === undefined) {
      firstAt = this.#find(body);
      this.#firstAt.set(body, firstAt);
    }
    return firstAt >= 0;
  }

  #find(body: RequestBody): number {
    const { bytes } = body;
    const earlier = earlierBody(body);
    const before = earlier && this.#firstAt.get(earlier.body);
    if (earlier === undefined || before === undefined) return bytes.indexOf(this.#word);
    const { length } = this.#word;
    if (before >= 0 && before + length <= earlier.sameHeadBytes) return before;
    const start = Math.max(0, earlier.sameHeadBytes - length + 1);
    // Nothing in the old body = nothing in the old end; a word may lie across the borders of the new part.
    const end = before < 0 ? bytes.length - earlier.sameTailBytes + length - 1 : bytes.length;
    const at = bytes.subarray(start, end).indexOf(this.#word);
    return at < 0 ? -1 : start + at;
  }
}
