// The caches as the request path sees them: the exact one first, then the semantic one, and an answer that is made is
// kept in both.

import { ExactCache, type ExactCacheDeps, type ExactCacheSettings } from './exact-cache.ts';
import type { RequestKey } from './request-key.ts';
import type { CachedAnswer, Flight, ResponseCache } from './response-cache.ts';
import { SemanticCache, type SemanticCacheSettings } from './semantic-cache.ts';
import type { AskEmbedder } from './semantic-encoder.ts';

export interface AnswerCachesDeps extends Omit<ExactCacheDeps, 'settings'> {
  /** As configured; read at each use. */
  readonly settings: () => {
    readonly exact: ExactCacheSettings;
    readonly semantic: Pick<SemanticCacheSettings, 'enabled' | 'threshold'>;
  };
}

/** Similar questions may take a quarter of what equal ones may, and live as long. */
const SEMANTIC_SHARE = 1 / 4;

export function createAnswerCaches({ settings, ...deps }: AnswerCachesDeps): AnswerCaches {
  const semanticSettings = (): SemanticCacheSettings => {
    const { exact, semantic } = settings();
    return { ...semantic, ttlS: exact.ttlS, maxBytes: SEMANTIC_SHARE * exact.maxBytes };
  };
  return new AnswerCaches(
    new ExactCache({ ...deps, settings: () => settings().exact }),
    new SemanticCache({ ...deps, settings: semanticSettings }),
  );
}

export class AnswerCaches implements ResponseCache {
  readonly exact: ExactCache;
  readonly semantic: SemanticCache;
  /** Of questions that had to be looked up with an embedder's help, till whoever looked goes on to ask a model. */
  readonly #begun = new WeakMap<RequestKey, Flight>();

  constructor(exact: ExactCache, semantic: SemanticCache) {
    this.exact = exact;
    this.semantic = semantic;
  }

  get isOpen(): boolean {
    return this.exact.isOpen || this.semantic.isOpen;
  }

  lookup(
    key: RequestKey,
    signal: AbortSignal,
    embedder: AskEmbedder | null = null,
  ): CachedAnswer | Promise<CachedAnswer | null> | null {
    const found = this.exact.lookup(key, signal);
    if (found !== null) return found;
    if (embedder !== null && this.semantic.wantsVectors(key, embedder.id))
      return this.#lookupEmbedded(key, signal, embedder);
    return this.semantic.lookup(key, embedder?.id);
  }

  /**
   * The flight begins before the embedder is asked, so that equal questions wait for what comes of it: for the answer
   * that is found, or, as `begin` goes on with it, for the one that is made.
   */
  async #lookupEmbedded(
    key: RequestKey,
    signal: AbortSignal,
    embedder: AskEmbedder,
  ): Promise<CachedAnswer | null> {
    const flight = this.exact.begin(key, signal);
    try {
      await this.semantic.embed(key, embedder, flight.signal);
      flight.signal.throwIfAborted();
      const found = this.semantic.lookup(key);
      if (found === null) {
        this.#begun.set(key, flight);
        return null;
      }
      flight.land(found);
      signal.throwIfAborted(); // it was looked up for the others
      return found;
    } catch (error) {
      flight.land(null);
      throw error;
    }
  }

  begin(key: RequestKey, signal: AbortSignal): Flight {
    const flight = this.#begun.get(key) ?? this.exact.begin(key, signal);
    this.#begun.delete(key);
    return {
      signal: flight.signal,
      get waiting() {
        return flight.waiting;
      },
      land: (answer) => {
        if (answer !== null && !('status' in answer)) this.semantic.keep(key, answer);
        flight.land(answer);
      },
    };
  }

  /**
   * The answer that was made in this exchange was called wrong and is not given any more. `wasGuessed`: wrong for a
   * question in other words, which says nothing against the answer to its own. False = it was not there.
   */
  forget(exchangeId: string, wasGuessed: boolean): boolean {
    const isForgotten = this.semantic.forget(exchangeId, wasGuessed);
    return wasGuessed ? isForgotten : this.exact.forget(exchangeId) || isForgotten;
  }

  /** How many answers were thrown away; most of the semantic cache's are the exact one's as well. */
  clear(): number {
    return Math.max(this.exact.clear(), this.semantic.clear());
  }

  /** Writes what is still to be written. */
  close(): void {
    this.exact.close();
  }
}
