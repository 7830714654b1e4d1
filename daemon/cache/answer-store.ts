// Stored answers in memory, bounded in bytes, each for a limited time, the longest unused going first. Of a question only
// the digest of its ask is worked out when its answer is stored; the rest when somebody asks something like it, since
// nearly nobody ever does (a 200 kB request of an agent: 2 ms that are saved, .1 ms for its bytes). Few long strings are
// held instead of many small objects: what a heap costs is the number of things in it.

import type { DialectId } from '../protocol/vocabulary.ts';
import { clientDialectOf } from '../dialects/registry.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import type { Clock } from '../util/clock.ts';
import { KEY_PARTS, RequestKey, type KeyParts, type KeyScope } from './request-key.ts';
import type { StoredAnswer } from './response-cache.ts';

export interface AnswerStoreLimits {
  readonly maxBytes: number;
  readonly ttlMs: number;
}

export interface AnswerStoreState {
  readonly entries: number;
  /** As reckoned; see `sizeOf`. */
  readonly bytes: number;
}

/** A stored answer as a person who asks about it is told of it. */
export interface AnswerLookedAt {
  readonly parts: KeyParts;
  readonly answer: StoredAnswer;
  readonly expiresInMs: number;
}

/** A request as it came, for a key that is not worked out yet. */
interface Question {
  readonly dialect: DialectId;
  readonly path: string;
  /** The bytes, one a character. */
  readonly body: string;
  readonly scope: KeyScope;
}

interface Entry {
  readonly ask: string;
  readonly exchangeId: string;
  /** A `StoredAnswer` as JSON. */
  readonly answer: string;
  /** On the clock that never jumps. */
  readonly untilMs: number;
  /** null once the key is known. */
  question: Question | null;
  known: Pick<RequestKey, 'key' | 'parts'> | null;
  bytes: number;
}

/** Of one entry may be no more than this share of the whole, so that one long answer does not push out all others. */
const LARGEST_SHARE = 1 / 4;
/** Above it a question is long, and of those together only so many bytes wait for their key: agents do not ask twice. */
const LONG_QUESTION_BYTES = 32 * 1024;
const MAX_LONG_BYTES = 8 * 1024 * 1024;
/** For an explanation only the latest are looked at. */
const MAX_NEAR = 500;

export class AnswerStore {
  readonly #limits: () => AnswerStoreLimits;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** Least recently used first. */
  readonly #entries = new Set<Entry>();
  readonly #byAsk = new Map<string, readonly Entry[]>();
  /** Long ones without a key yet, oldest first. */
  readonly #long = new Set<Entry>();
  #bytes = 0;
  #longBytes = 0;

  /** `limits` is read at each use, so that a changed configuration counts at once. */
  constructor(limits: () => AnswerStoreLimits, clock: Pick<Clock, 'monotonicMs'>) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get state(): AnswerStoreState {
    return { entries: this.#entries.size, bytes: this.#bytes };
  }

  /** Counts as a use; undefined = there is none, or it is too old. */
  get(key: RequestKey): StoredAnswer | undefined {
    const entry = this.#find(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(entry);
    this.#entries.add(entry);
    return JSON.parse(entry.answer) as StoredAnswer;
  }

  /** False when the answer is too large to be kept. `ttlMs`: what is left of its time; absent = all of it. */
  set(key: RequestKey, answer: StoredAnswer, ttlMs = this.#limits().ttlMs): boolean {
    const earlier = this.#find(key);
    if (earlier !== undefined) this.#delete(earlier);
    const { request, scope, path } = key;
    const { bytes } = request.body;
    const question = { dialect: request.dialect, path, body: bytes.toString('latin1'), scope };
    const entry: Entry = {
      ask: key.ask,
      exchangeId: answer.exchangeId,
      answer: JSON.stringify(answer),
      untilMs: this.#clock.monotonicMs() + ttlMs,
      question,
      known: null,
      bytes: 0,
    };
    entry.bytes = sizeOf(entry);
    if (entry.bytes > this.#limits().maxBytes * LARGEST_SHARE) return false;
    this.#add(entry);
    this.trim();
    return true;
  }

  /** Without counting as a use. */
  peek(key: RequestKey): AnswerLookedAt | undefined {
    const entry = this.#find(key);
    return entry === undefined ? undefined : this.#lookAt(entry);
  }

  /** The answer whose question has most parts in common with this one, the latest of several. */
  nearest(parts: KeyParts): AnswerLookedAt | undefined {
    let best: AnswerLookedAt | undefined;
    let most = 0;
    for (const entry of [...this.#entries].slice(-MAX_NEAR)) {
      const lookedAt = this.#lookAt(entry);
      if (lookedAt === undefined || lookedAt.expiresInMs <= 0) continue;
      const isCommon = (name: keyof KeyParts): boolean => lookedAt.parts[name] === parts[name];
      const common = KEY_PARTS.filter(isCommon).length;
      if ((!isCommon('ask') && !isCommon('history')) || common < most) continue;
      [best, most] = [lookedAt, common];
    }
    return best;
  }

  /** How many were made in this exchange. */
  forget(exchangeId: string): number {
    const wanted = [...this.#entries].filter((entry) => entry.exchangeId === exchangeId);
    for (const entry of wanted) this.#delete(entry);
    return wanted.length;
  }

  clear(): number {
    const count = this.#entries.size;
    for (const collection of [this.#entries, this.#byAsk, this.#long]) collection.clear();
    this.#bytes = 0;
    this.#longBytes = 0;
    return count;
  }

  /** Makes the limits of bytes true, also after they were lowered. */
  trim(): void {
    const { maxBytes } = this.#limits();
    for (const entry of this.#long) {
      if (this.#longBytes <= MAX_LONG_BYTES) break;
      this.#delete(entry);
    }
    for (const entry of this.#entries) {
      if (this.#bytes <= maxBytes) return;
      this.#delete(entry);
    }
  }

  #find(key: RequestKey): Entry | undefined {
    const near = this.#byAsk.get(key.ask);
    if (near === undefined) return undefined;
    const nowMs = this.#clock.monotonicMs();
    for (const entry of near) {
      if (entry.untilMs <= nowMs) this.#delete(entry);
      else if (this.#known(entry)?.key === key.key) return entry;
    }
    return undefined;
  }

  /** null = it turned out to have no key, and is gone. */
  #known(entry: Entry): Entry['known'] {
    const { question } = entry;
    if (question === null) return entry.known;
    const key = keyOf(question);
    if (key === null || key.hiddenObstacle !== null) {
      this.#delete(entry);
      return null;
    }
    this.#forgetLong(entry);
    this.#bytes -= entry.bytes;
    entry.known = { key: key.key, parts: key.parts };
    entry.question = null;
    entry.bytes = sizeOf(entry);
    this.#bytes += entry.bytes;
    return entry.known;
  }

  #lookAt(entry: Entry): AnswerLookedAt | undefined {
    const known = this.#known(entry);
    if (known === null) return undefined;
    const answer = JSON.parse(entry.answer) as StoredAnswer;
    return { parts: known.parts, answer, expiresInMs: entry.untilMs - this.#clock.monotonicMs() };
  }

  #add(entry: Entry): void {
    this.#entries.add(entry);
    this.#byAsk.set(entry.ask, [...(this.#byAsk.get(entry.ask) ?? []), entry]);
    this.#bytes += entry.bytes;
    if (!isLong(entry)) return;
    this.#long.add(entry);
    this.#longBytes += entry.bytes;
  }

  #delete(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    this.#bytes -= entry.bytes;
    this.#forgetLong(entry);
    const others = (this.#byAsk.get(entry.ask) ?? []).filter((other) => other !== entry);
    if (others.length === 0) this.#byAsk.delete(entry.ask);
    else this.#byAsk.set(entry.ask, others);
  }

  #forgetLong(entry: Entry): void {
    if (this.#long.delete(entry)) this.#longBytes -= entry.bytes;
  }
}

function isLong({ question }: Entry): boolean {
  return question !== null && question.body.length > LONG_QUESTION_BYTES;
}

function keyOf({ dialect, path, body, scope }: Question): RequestKey | null {
  const codec = clientDialectOf(dialect);
  if (codec === undefined) return null;
  const request = codec.decodeRequest(parseRequestBody(Buffer.from(body, 'latin1')), path);
  return new RequestKey(request, scope, path);
}

/** Strings outside of Latin-1 take two bytes a character; an answer may be one. */
function sizeOf({ answer, question }: Entry): number {
  return 2 * answer.length + (question?.body.length ?? DIGEST_BYTES) + ENTRY_BYTES;
}

/** The parts of a key and the key, once they are known. */
const DIGEST_BYTES = (KEY_PARTS.length + 1) * 64;
/** The maps' share, and the objects themselves. */
const ENTRY_BYTES = 600;
