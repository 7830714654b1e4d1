// The last few requests and what was answered, so that one can be sent again to another model and compared. In memory
// only, whatever `privacy.storePrompts` says: nothing of it reaches the disk, a log or an event, and it is gone with the
// process. Bounded in number and in bytes, forgotten oldest first. What arrived is kept by reference, never copied.

import type { StreamEvent } from '../conversation/stream-event.ts';
import { isPassedOn } from '../dialects/dialect.ts';
import { AnswerText } from './answer-text.ts';
import type { WireRequest } from './wire-request.ts';

/** What it takes to serve a request once more. Credentials were taken out of the headers at the door. */
export type KeptRequest = Pick<WireRequest, 'dialect' | 'headers' | 'query' | 'path' | 'bytes' | 'session'>;

/** Listens to the answer of one exchange. */
export interface AnswerListener {
  observe(events: readonly StreamEvent[]): void;
  /** Nothing more will come. */
  close(): void;
}

/** Where the request path tells of requests and their answers. */
export interface RequestMemory {
  begin(exchangeId: string, request: WireRequest): AnswerListener;
}

export interface RecentExchange {
  readonly request: KeptRequest;
  /** As far as it has come; null = nobody answered. Tool calls are named in brackets. */
  readonly text: string | null;
}

export interface RecentRequestsLimits {
  readonly maxRequests: number;
  /** Of bodies and texts together. */
  readonly maxBytes: number;
}

const DEFAULT_LIMITS: RecentRequestsLimits = { maxRequests: 20, maxBytes: 16 * 1024 * 1024 };

const DEAF: AnswerListener = { observe: () => undefined, close: () => undefined };

export class RecentRequests implements RequestMemory {
  readonly #limits: RecentRequestsLimits;
  /** By exchange; oldest first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(limits: RecentRequestsLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What everything here takes, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  begin(exchangeId: string, wire: WireRequest): AnswerListener {
    // Autocompletion and indexing come by the hundred and would push out every request that somebody remembers.
    if (isPassedOn(wire.dialect.id)) return DEAF;
    const entry = new Entry(wire, (bytes) => this.#grown(exchangeId, entry, bytes));
    this.#entries.set(exchangeId, entry);
    this.#bytes += entry.bytes;
    this.#shrink();
    return entry;
  }

  find(exchangeId: string): RecentExchange | null {
    return this.#entries.get(exchangeId) ?? null;
  }

  #grown(exchangeId: string, entry: Entry, bytes: number): void {
    if (this.#entries.get(exchangeId) !== entry) return;
    this.#bytes += bytes;
    this.#shrink();
  }

  #shrink(): void {
    const { maxRequests, maxBytes } = this.#limits;
    for (const [exchangeId, entry] of this.#entries) {
      if (this.#entries.size <= maxRequests && this.#bytes <= maxBytes) return;
      this.#entries.delete(exchangeId);
      this.#bytes -= entry.bytes;
      entry.forget();
    }
  }
}

class Entry implements AnswerListener, RecentExchange {
  readonly request: KeptRequest;
  /** null = forgotten. */
  #answer: AnswerText | null = new AnswerText();
  #bytes: number;
  readonly #onGrown: (bytes: number) => void;

  constructor(wire: WireRequest, onGrown: (bytes: number) => void) {
    // Not the whole of it: its signal leads to the connection, and to everything that waits for its end.
    const { dialect, headers, query, path, bytes, session } = wire;
    this.request = { dialect, headers, query, path, bytes, ...(session === undefined ? {} : { session }) };
    // A small body is a view into a larger read, which it keeps alive.
    this.#bytes = bytes.buffer.byteLength;
    this.#onGrown = onGrown;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get text(): string | null {
    return this.#answer?.text() ?? null;
  }

  observe(events: readonly StreamEvent[]): void {
    if (this.#answer === null) return;
    const grownBytes = this.#answer.observe(events);
    if (grownBytes === 0) return;
    this.#bytes += grownBytes;
    this.#onGrown(grownBytes);
  }

  /** Thousands of pieces become one text. */
  close(): void {
    this.#answer?.join();
  }

  forget(): void {
    this.#answer = null;
  }
}
