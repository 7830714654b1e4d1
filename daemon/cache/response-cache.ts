// Where a stored answer would be found before any model is asked: what the request path needs of a cache, whatever it
// is made of.

import type { StreamEvent } from '../conversation/stream-event.ts';
import type { CacheStatus } from '../protocol/vocabulary.ts';
import type { RequestKey } from './request-key.ts';
import type { AskEmbedder } from './semantic-encoder.ts';

/** An answer that a model made, fit to be given again. */
export interface StoredAnswer {
  /** The exchange that it was made in. */
  readonly exchangeId: string;
  /** Model id and provider that made it. */
  readonly model: string;
  readonly provider: string;
  readonly events: readonly StreamEvent[];
}

export interface CachedAnswer extends StoredAnswer {
  readonly status: Extract<CacheStatus, 'exact' | 'semantic'>;
  /** How alike the two questions are, 0..1; absent = they are equal. */
  readonly similarity?: number;
}

/** An answer that is being made. Equal questions wait for it meanwhile. */
export interface Flight {
  /** For whoever makes it, in place of the first client's own: it goes on while anybody waits. */
  readonly signal: AbortSignal;
  /** How many others wait for it. */
  readonly waiting: number;
  /**
   * Keeps the answer and ends the wait of all others. null = nothing to share, each asks for itself. One that was found
   * rather than made (`CachedAnswer`) is given to them as that, and not kept. Only the first call counts.
   */
  land(answer: StoredAnswer | CachedAnswer | null): void;
}

export interface ResponseCache {
  /** Whether it is switched on. */
  readonly isOpen: boolean;
  /**
   * A stored answer; null = ask a model. A promise where somebody else's answer is just being made, or where `embedder`
   * must say first how alike two questions are: it is null when that brings nothing to share, and rejects with the reason
   * of `signal` and with nothing else. Without an embedder the built-in encoder says so.
   */
  lookup(
    key: RequestKey,
    signal: AbortSignal,
    embedder?: AskEmbedder | null,
  ): CachedAnswer | Promise<CachedAnswer | null> | null;
  /** To be called as soon as `lookup` is known to be null, so that nobody looks in between. `signal`: the client's own. */
  begin(key: RequestKey, signal: AbortSignal): Flight;
}

/** Finds nothing and keeps nothing. */
export const noResponseCache: ResponseCache = {
  isOpen: true,
  lookup: () => null,
  begin: (_key, signal) => ({ signal, waiting: 0, land: () => {} }),
};
