// Answers that a client may go on from by their id alone (`previous_response_id`), with the whole conversation behind
// each. In memory only, bounded in bytes, entries and time; what does not fit is forgotten, longest unused first.
//
// An answer keeps its own items and a pointer to the answer it went on from, and equal items are kept once however
// often they come, so a long conversation costs its length, not its square. Who forgets an answer forgets all that
// went on from it: half a conversation is worse than none.

import { hash } from 'node:crypto';

import type { Clock } from '../util/clock.ts';

/** The target that made an answer. */
export interface AnswerMaker {
  readonly provider: string;
  /** Id of the model in the configuration. */
  readonly model: string;
}

export interface NewAnswer {
  /** As the client saw it. */
  readonly id: string;
  /** Id of the answer that the request went on from, if any. */
  readonly previousId: string | undefined;
  /** null = nobody was asked (a warm-up). */
  readonly maker: AnswerMaker | null;
  /** The maker knows the answer under this very id and can go on from it. */
  readonly isStoredByMaker: boolean;
  /** JSON texts of the request's own items and the answer's; null = something went before them that only the maker has. */
  readonly items: readonly Buffer[] | null;
  /** The answer's items by the ids that a client may name instead of sending them; null = only the maker has it. */
  readonly byId?: ReadonlyMap<string, Buffer | null>;
  /** The connection that alone may refer to it; absent = every client may. */
  readonly session?: object;
}

/** What is known of an answer and of the conversation that ends with it. */
export interface KnownAnswer {
  readonly maker: AnswerMaker | null;
  readonly isStoredByMaker: boolean;
  /** JSON texts of every item so far, the answer's last; null = only the maker has them all. */
  readonly items: readonly Buffer[] | null;
}

/** One item of an answer. */
export interface KnownItem {
  readonly maker: AnswerMaker | null;
  readonly isStoredByMaker: boolean;
  /** JSON text; null = only the maker has it. */
  readonly bytes: Buffer | null;
}

export interface ResponseMemoryLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** An answer that nobody went on from for so long is forgotten. */
  readonly ttlMs: number;
}

/** Some forty conversations of a million and a half bytes; a day, because people leave an assistant open overnight. */
const DEFAULT_LIMITS: ResponseMemoryLimits = {
  maxBytes: 64 * 1024 * 1024,
  maxEntries: 10_000,
  ttlMs: 24 * 60 * 60 * 1000,
};

/** What an entry and an item cost beside their bytes, roughly. */
const ENTRY_BYTES = 400;
const ITEM_BYTES = 200;
const REFERENCE_BYTES = 8;
/** An id of an item: kept twice, with its place in two maps. */
const OWNER_BYTES = 200;

/** One item text, shared by every answer that has it. */
interface SharedItem {
  readonly key: string;
  readonly bytes: Buffer;
  uses: number;
}

interface Entry {
  readonly answer: Pick<NewAnswer, 'id' | 'maker' | 'isStoredByMaker' | 'session'>;
  readonly previous: Entry | undefined;
  readonly following: Set<Entry>;
  readonly items: readonly SharedItem[] | null;
  readonly byId: ReadonlyMap<string, SharedItem | null>;
  usedAtMs: number;
}

export class ResponseMemory {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #limits: ResponseMemoryLimits;
  /** Longest unused first. Using an answer uses all it went on from, so none is used later than what it rests on. */
  readonly #entries = new Map<string, Entry>();
  readonly #items = new Map<string, SharedItem>();
  /** Which answer an item is of, by the item's id. */
  readonly #owners = new Map<string, Entry>();
  readonly #sessions = new WeakMap<object, Set<Entry>>();
  readonly #closedSessions = new WeakSet();
  #bytes = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>, limits: Partial<ResponseMemoryLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  get entryCount(): number {
    return this.#entries.size;
  }

  /** What everything here takes, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a complete answer. An id that is known already is replaced. */
  remember(answer: NewAnswer): void {
    if (answer.session !== undefined && this.#closedSessions.has(answer.session)) return;
    const known = this.#entries.get(answer.id);
    if (known !== undefined) this.#forget(known);
    const previous = answer.previousId === undefined ? undefined : this.#visible(answer.previousId, answer);
    const hasBeginning =
      answer.previousId === undefined || (previous !== undefined && previous.items !== null);
    const isWhole = answer.items !== null && hasBeginning;
    // Without its beginning an answer is worth something only to the one who has the beginning.
    if (!isWhole && !answer.isStoredByMaker) return;
    const entry: Entry = {
      answer: pickAnswer(answer),
      previous: isWhole ? previous : undefined,
      following: new Set(),
      items: isWhole ? (answer.items ?? []).map((item) => this.#share(item)) : null,
      byId: new Map([...(answer.byId ?? [])].map(([id, item]) => [id, item && this.#share(item)])),
      usedAtMs: 0,
    };
    this.#add(entry);
    this.#use(entry);
    this.#shrink();
  }

  /** Undefined for an answer that is forgotten, was never here, or belongs to another connection. */
  lookup(id: string, session?: object): KnownAnswer | undefined {
    this.#expire();
    const entry = this.#visible(id, session === undefined ? {} : { session });
    if (entry === undefined) return undefined;
    this.#use(entry);
    const { maker, isStoredByMaker } = entry.answer;
    return { maker, isStoredByMaker, items: entry.items === null ? null : conversationOf(entry) };
  }

  /** An item of an answer that is known; undefined as for `lookup`. */
  lookupItem(itemId: string, session?: object): KnownItem | undefined {
    this.#expire();
    const owner = this.#owners.get(itemId);
    if (owner === undefined) return undefined;
    const entry = this.#visible(owner.answer.id, session === undefined ? {} : { session });
    if (entry !== owner) return undefined;
    this.#use(entry);
    const { maker, isStoredByMaker } = entry.answer;
    return { maker, isStoredByMaker, bytes: entry.byId.get(itemId)?.bytes ?? null };
  }

  /** Forgets what belongs to a connection that is closed; what ends on it later is not kept either. */
  release(session: object): void {
    this.#closedSessions.add(session);
    for (const entry of this.#sessions.get(session) ?? []) this.#forget(entry);
    this.#sessions.delete(session);
  }

  #visible(id: string, { session }: { readonly session?: object }): Entry | undefined {
    const entry = this.#entries.get(id);
    const owner = entry?.answer.session;
    return owner === undefined || owner === session ? entry : undefined;
  }

  #add(entry: Entry): void {
    const { id, session } = entry.answer;
    this.#entries.set(id, entry);
    this.#bytes += costOf(entry);
    entry.previous?.following.add(entry);
    for (const itemId of entry.byId.keys()) this.#owners.set(itemId, entry);
    if (session === undefined) return;
    const own = this.#sessions.get(session) ?? new Set();
    this.#sessions.set(session, own.add(entry));
  }

  #use(entry: Entry): void {
    const nowMs = this.#clock.monotonicMs();
    for (let used: Entry | undefined = entry; used !== undefined; used = used.previous) {
      used.usedAtMs = nowMs;
      this.#entries.delete(used.answer.id);
      this.#entries.set(used.answer.id, used);
    }
  }

  #expire(): void {
    const oldestMs = this.#clock.monotonicMs() - this.#limits.ttlMs;
    for (const entry of this.#entries.values()) {
      if (entry.usedAtMs >= oldestMs) return;
      this.#forget(entry);
    }
  }

  #shrink(): void {
    this.#expire();
    const { maxBytes, maxEntries } = this.#limits;
    for (const entry of this.#entries.values()) {
      if (this.#bytes <= maxBytes && this.#entries.size <= maxEntries) return;
      this.#forget(entry);
    }
  }

  /** An answer and all that went on from it. */
  #forget(first: Entry): void {
    first.previous?.following.delete(first);
    const doomed = [first];
    for (let entry = doomed.pop(); entry !== undefined; entry = doomed.pop()) {
      doomed.push(...entry.following);
      const { id, session } = entry.answer;
      this.#entries.delete(id);
      this.#bytes -= costOf(entry);
      if (session !== undefined) this.#sessions.get(session)?.delete(entry);
      for (const item of entry.items ?? []) this.#drop(item);
      for (const [itemId, item] of entry.byId) {
        if (this.#owners.get(itemId) === entry) this.#owners.delete(itemId);
        if (item !== null) this.#drop(item);
      }
    }
  }

  /**
   * A copy, since the bytes given are a view into a whole request or a network read; and not one from Node's pool, of
   * which a single small item would keep all 64 KiB.
   */
  #share(bytes: Buffer): SharedItem {
    const key = hash('sha256', bytes, 'base64');
    let item = this.#items.get(key);
    if (item === undefined) {
      const own = Buffer.allocUnsafeSlow(bytes.length);
      bytes.copy(own);
      item = { key, bytes: own, uses: 0 };
      this.#items.set(key, item);
      this.#bytes += bytes.length + ITEM_BYTES;
    }
    item.uses += 1;
    return item;
  }

  #drop(item: SharedItem): void {
    item.uses -= 1;
    if (item.uses > 0) return;
    this.#items.delete(item.key);
    this.#bytes -= item.bytes.length + ITEM_BYTES;
  }
}

function pickAnswer({ id, maker, isStoredByMaker, session }: NewAnswer): Entry['answer'] {
  // Two words of the maker, whatever object it came as.
  const who = maker && { provider: maker.provider, model: maker.model };
  return { id, maker: who, isStoredByMaker, ...(session === undefined ? {} : { session }) };
}

function costOf({ items, byId }: Entry): number {
  return ENTRY_BYTES + (items?.length ?? 0) * REFERENCE_BYTES + byId.size * OWNER_BYTES;
}

function conversationOf(last: Entry): readonly Buffer[] {
  const answers: Entry[] = [];
  for (let entry: Entry | undefined = last; entry !== undefined; entry = entry.previous) answers.push(entry);
  return answers.toReversed().flatMap(({ items }) => (items ?? []).map(({ bytes }) => bytes));
}
