// Answers to equal questions: stored ones, and those that are just being made. Looks at the digest of the ask first,
// which nearly always says that nobody asked this before; only then at all the rest of the request.

import { causeText, type Log } from '../util/log.ts';
import type { Clock } from '../util/clock.ts';
import { AnswerFile } from './answer-file.ts';
import { AnswerStore, type AnswerLookedAt } from './answer-store.ts';
import { Flights } from './flights.ts';
import type { KeyParts, RequestKey } from './request-key.ts';
import type { CachedAnswer, Flight, StoredAnswer } from './response-cache.ts';

export interface ExactCacheSettings {
  readonly enabled: boolean;
  readonly ttlS: number;
  readonly maxBytes: number;
  /** Whether answers are kept in the file as well. */
  readonly onDisk: boolean;
}

export interface ExactCacheDeps {
  /** Read at each use, so that a changed configuration counts at once. */
  readonly settings: () => ExactCacheSettings;
  /** Where answers are kept when the settings want it. */
  readonly path: string;
  readonly hasSecret: (text: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** How things stand, for the control API. */
export interface ExactCacheState extends ExactCacheSettings {
  readonly entries: number;
  readonly bytes: number;
  readonly inFlight: number;
  /** Since the beginning of this process. */
  readonly lookups: number;
  readonly hits: number;
  readonly file: { readonly path: string; readonly entries: number; readonly bytes: number } | null;
}

export class ExactCache {
  readonly #deps: ExactCacheDeps;
  readonly #store: AnswerStore;
  readonly #file: AnswerFile;
  readonly #flights = new Flights();
  #lookups = 0;
  #hits = 0;

  constructor(deps: ExactCacheDeps) {
    this.#deps = deps;
    const limits = (): { readonly maxBytes: number; readonly ttlMs: number } => {
      const { enabled, maxBytes, ttlS } = deps.settings();
      return { maxBytes: enabled ? maxBytes : 0, ttlMs: ttlS * 1000 };
    };
    this.#store = new AnswerStore(limits, deps.clock);
    this.#file = new AnswerFile({ ...deps, limits });
  }

  get isOpen(): boolean {
    return this.#deps.settings().enabled;
  }

  state(): ExactCacheState {
    const settings = this.#deps.settings();
    this.#store.trim();
    return {
      ...settings,
      ...this.#store.state,
      inFlight: this.#flights.size,
      lookups: this.#lookups,
      hits: this.#hits,
      file: settings.onDisk ? { path: this.#file.path, ...this.#file.state() } : null,
    };
  }

  lookup(key: RequestKey, signal: AbortSignal): CachedAnswer | Promise<CachedAnswer | null> | null {
    if (!this.isOpen) return null;
    this.#lookups += 1;
    const stored = this.#stored(key);
    if (stored !== undefined) return this.#hit(stored);
    const made = this.#flights.join(key, signal);
    return made?.then((answer) => (answer === null ? null : this.#hit(answer))) ?? null;
  }

  begin(key: RequestKey, signal: AbortSignal): Flight {
    if (!this.isOpen) return { signal, waiting: 0, land: () => {} };
    const flight = this.#flights.begin(key, signal);
    return {
      signal: flight.signal,
      get waiting() {
        return flight.waiting;
      },
      land: (answer) => {
        if (answer !== null && !('status' in answer)) this.#keep(key, answer);
        flight.land(answer);
      },
    };
  }

  /** The stored answer to this very question, without counting as a use. */
  peek(key: RequestKey): AnswerLookedAt | undefined {
    if (this.#store.peek(key) === undefined) this.#stored(key); // takes it out of the file
    return this.#store.peek(key);
  }

  /** Whether this very question is being answered for somebody. */
  isBeingMade(key: RequestKey): boolean {
    return this.#flights.has(key);
  }

  nearest(parts: KeyParts): AnswerLookedAt | undefined {
    return this.#store.nearest(parts);
  }

  /** The answer that was made in this exchange is not given any more. False = it was not there. */
  forget(exchangeId: string): boolean {
    const inMemory = this.#store.forget(exchangeId);
    const onDisk = this.#deps.settings().onDisk ? this.#file.delete(exchangeId) : 0;
    return inMemory + onDisk > 0;
  }

  /** Also of the file of a time when answers were kept on the disk. How many answers were thrown away. */
  clear(): number {
    return Math.max(this.#store.clear(), this.#file.clear());
  }

  /** Writes what is still to be written. */
  close(): void {
    this.#file.close();
  }

  #hit(answer: StoredAnswer | CachedAnswer): CachedAnswer {
    if ('status' in answer) return answer;
    this.#hits += 1;
    return { ...answer, status: 'exact' };
  }

  #stored(key: RequestKey): StoredAnswer | undefined {
    const inMemory = this.#store.get(key);
    // It may look like the question of that answer only because two readings of it are one.
    if (inMemory !== undefined) return key.hiddenObstacle === null ? inMemory : undefined;
    if (!this.#deps.settings().onDisk) return undefined;
    const filed = this.#file.hasAsk(key.ask) ? this.#file.get(key.key) : undefined;
    if (filed === undefined || key.hiddenObstacle !== null) return undefined;
    this.#store.set(key, filed.answer, filed.expiresAtMs - this.#deps.clock.now());
    return filed.answer;
  }

  /** A cache that is broken is a cache that is empty. */
  #keep(key: RequestKey, answer: StoredAnswer): void {
    try {
      const isKept = this.#store.set(key, answer);
      const { onDisk, ttlS } = this.#deps.settings();
      if (!isKept || !onDisk || key.hiddenObstacle !== null) return;
      const expiresAtMs = this.#deps.clock.now() + ttlS * 1000;
      this.#file.put(key.key, { parts: key.parts, answer, expiresAtMs });
    } catch (error) {
      this.#deps.log.error('an answer could not be kept for later', { cause: causeText(error) });
    }
  }
}
