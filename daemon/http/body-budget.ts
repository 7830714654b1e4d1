// How many bytes of request bodies the process holds at once, over all requests. Counted is what has arrived, never
// what was announced: an announcement costs nothing and could take the room of everybody else.
//
// When it gets too much, the largest upload that is not complete yet has to go, whoever brought the last straw: so a
// few huge bodies cannot keep small ones out, nothing waits for anything (and nothing can lock up), and of several large
// ones that do not fit together the last ones do. A request that is complete is never taken back.

import { RouterError } from '../errors.ts';

export interface BodyBudgetLimits {
  /** Of all bodies together. */
  readonly totalBytes: number;
}

/** What one request holds. */
export interface BodyShare {
  readonly bytes: number;
  /** So much more has arrived. False when it had to go; `onEvicted` was called then. */
  grow(bytes: number): boolean;
  /** Something of it is not held any more. */
  shrink(bytes: number): void;
  /** Everything is there. */
  complete(): void;
  /** Nothing of it is held any more; further calls do nothing. */
  release(): void;
}

/** Uploads up to here may use the last part of the budget too, so that large ones leave room for the usual ones. */
const SMALL_BYTES = 1_048_576;
const LARGE_RATIO = 0.75;
const RETRY_AFTER_MS = 5_000;

export class BodyBudget {
  readonly #limits: () => BodyBudgetLimits;
  readonly #incomplete = new Set<Share>();
  #heldBytes = 0;

  constructor(limits: () => BodyBudgetLimits) {
    this.#limits = limits;
  }

  /** Of all shares together. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** `onEvicted` is called at most once, and never after `complete` or `release`. */
  open(onEvicted: (error: RouterError) => void): BodyShare {
    const share = new Share(
      {
        moved: (bytes) => (this.#heldBytes += bytes),
        ended: () => this.#incomplete.delete(share),
        fits: () => this.#makeRoomFor(share),
      },
      onEvicted,
    );
    this.#incomplete.add(share);
    return share;
  }

  #makeRoomFor(grown: Share): void {
    const { totalBytes } = this.#limits();
    const isLarge = grown.bytes > SMALL_BYTES;
    const limitBytes = isLarge ? totalBytes * LARGE_RATIO : totalBytes;
    while (this.#heldBytes > limitBytes) {
      const largest = this.#largest();
      if (largest === undefined) return;
      largest.evict(tooMuch());
    }
  }

  #largest(): Share | undefined {
    let found: Share | undefined;
    for (const share of this.#incomplete) if (share.bytes > (found?.bytes ?? 0)) found = share;
    return found;
  }
}

interface Books {
  moved(bytes: number): void;
  ended(): void;
  /** Makes room for what this share has become. */
  fits(): void;
}

class Share implements BodyShare {
  readonly #books: Books;
  readonly #onEvicted: (error: RouterError) => void;
  #bytes = 0;
  #isOpen = true;
  #isReleased = false;

  constructor(books: Books, onEvicted: (error: RouterError) => void) {
    this.#books = books;
    this.#onEvicted = onEvicted;
  }

  get bytes(): number {
    return this.#bytes;
  }

  grow(bytes: number): boolean {
    if (this.#isReleased) return false;
    this.#bytes += bytes;
    this.#books.moved(bytes);
    if (this.#isOpen) this.#books.fits();
    return !this.#isReleased;
  }

  shrink(bytes: number): void {
    if (this.#isReleased) return;
    this.#bytes -= bytes;
    this.#books.moved(-bytes);
  }

  complete(): void {
    this.#isOpen = false;
    this.#books.ended();
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.complete();
    this.#books.moved(-this.#bytes);
    this.#bytes = 0;
  }

  evict(error: RouterError): void {
    this.release();
    this.#onEvicted(error);
  }
}

function tooMuch(): RouterError {
  const message =
    'other requests fill the memory that is meant for request bodies; try again in a moment, or with a smaller body';
  return new RouterError('router.overloaded', message, { retryAfterMs: RETRY_AFTER_MS });
}
