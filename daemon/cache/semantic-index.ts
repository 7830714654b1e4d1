// Asks that have a stored answer, to be found by asks that mean the same. Within a scope the candidates are those with
// the same meaning key; the guard looks at what the key leaves out, and the vectors must be alike enough. Bounded in
// number, bytes and time, the longest unused going first. Holds words of users: it lives in memory and nowhere else.

import type { Clock } from '../util/clock.ts';
import { similarity, withVector, type PreparedAsk } from './semantic-encoder.ts';
import { differenceOf, type Difference } from './semantic-guard.ts';

export interface SemanticIndexLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly ttlMs: number;
  /** Least similarity of a hit, 0..1. */
  readonly threshold: number;
}

export interface SemanticHit {
  readonly entryId: string;
  /** Key of the stored answer. */
  readonly answerKey: string;
  /** The ask that the answer was made for. */
  readonly ask: string;
  readonly similarity: number;
}

/** One stored ask as `explain` sees it. */
export interface SemanticCandidate extends SemanticHit {
  /** What the similarity would have to be here; above 1 where an answer was called wrong. */
  readonly requiredSimilarity: number;
  /** What forbids the hit; null = the guard lets it pass. */
  readonly difference: Difference | null;
  readonly wouldHit: boolean;
}

export interface SemanticIndexState {
  readonly entries: number;
  /** As reckoned; see `bytesOf`. */
  readonly bytes: number;
  readonly lookups: number;
  readonly hits: number;
  /** Neighbourhoods in which an answer was called wrong. */
  readonly wrongMarks: number;
}

interface Entry {
  readonly id: string;
  readonly scope: string;
  prepared: PreparedAsk;
  readonly answerKey: string;
  bytes: number;
  /** On the clock that never jumps. */
  readonly untilMs: number;
  /** Highest similarity at which the answer was given to another ask. */
  servedSimilarity: number;
}

/** A stored ask, by the id of its entry. */
export interface StoredAsk {
  readonly id: string;
  readonly prepared: PreparedAsk;
}

interface WrongMark {
  readonly encoderId: string;
  readonly vector: Float32Array;
  readonly required: number;
}

/** As alike as this to an ask whose answer was called wrong is its neighbourhood. */
const NEIGHBOURHOOD = 0.7;
const MAX_WRONG_MARKS = 500;
/** Above this what is required could only be met by the same words; those are the exact cache's. */
const NEARLY_EQUAL = 0.995;
const NEVER = 2;
/** Entries with one key differ in how things are pointed at only; the newest few are enough. */
const MAX_OF_ONE_KEY = 4;

export class SemanticIndex {
  readonly #limits: () => SemanticIndexLimits;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #byMeaning = new Map<string, Entry[]>();
  readonly #wrongMarks: WrongMark[] = [];
  #bytes = 0;
  #lastId = 0;
  #lookups = 0;
  #hits = 0;

  /** `limits` is read at each use, so that a changed configuration counts at once. */
  constructor(limits: () => SemanticIndexLimits, clock: Pick<Clock, 'monotonicMs'>) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get state(): SemanticIndexState {
    return {
      entries: this.#entries.size,
      bytes: this.#bytes,
      lookups: this.#lookups,
      hits: this.#hits,
      wrongMarks: this.#wrongMarks.length,
    };
  }

  /** Returns the id of the entry, or of the one that held this answer for this ask already. */
  add(scope: string, prepared: PreparedAsk, answerKey: string): string {
    const key = bucketKey(scope, prepared);
    const bucket = this.#byMeaning.get(key) ?? [];
    for (const entry of bucket) if (entry.prepared.ask === prepared.ask) this.remove(entry.id);
    while (bucket.length >= MAX_OF_ONE_KEY && bucket[0] !== undefined) this.remove(bucket[0].id);
    this.#lastId += 1;
    const entry: Entry = {
      id: `sem-${this.#lastId}`,
      scope,
      prepared,
      answerKey,
      bytes: bytesOf(scope, prepared),
      untilMs: this.#clock.monotonicMs() + this.#limits().ttlMs,
      servedSimilarity: 0,
    };
    this.#entries.set(entry.id, entry);
    this.#byMeaning.set(key, [...(this.#byMeaning.get(key) ?? []), entry]);
    this.#bytes += entry.bytes;
    this.trim();
    return entry.id;
  }

  /** The most similar stored ask that the guard lets share its answer; counts as a use. */
  lookup(scope: string, prepared: PreparedAsk): SemanticHit | undefined {
    this.#lookups += 1;
    let best: { readonly entry: Entry; readonly alike: number } | undefined;
    for (const entry of this.#fresh(this.#byMeaning.get(bucketKey(scope, prepared)))) {
      const alike = similarity(prepared.vector, entry.prepared.vector);
      if (alike <= (best?.alike ?? 0) || differenceOf(prepared.meaning, entry.prepared.meaning)) continue;
      best = { entry, alike };
    }
    if (best === undefined || best.alike < this.#required(prepared, best.entry)) return undefined;
    const { entry, alike } = best;
    this.#hits += 1;
    entry.servedSimilarity = Math.max(entry.servedSimilarity, alike);
    this.#entries.delete(entry.id);
    this.#entries.set(entry.id, entry);
    return { entryId: entry.id, answerKey: entry.answerKey, ask: entry.prepared.ask, similarity: alike };
  }

  /** The stored asks that nothing but their likeness can still tell apart from this one. */
  candidates(scope: string, prepared: PreparedAsk): readonly StoredAsk[] {
    return this.#fresh(this.#byMeaning.get(bucketKey(scope, prepared))).filter(
      (entry) => !differenceOf(prepared.meaning, entry.prepared.meaning),
    );
  }

  /** The vector of a stored ask that came without one. */
  setVector(entryId: string, vector: Float32Array): void {
    const entry = this.#entries.get(entryId);
    if (entry === undefined) return;
    entry.prepared = withVector(entry.prepared, vector);
    const bytes = bytesOf(entry.scope, entry.prepared);
    this.#bytes += bytes - entry.bytes;
    entry.bytes = bytes;
    this.trim();
  }

  /** The nearest stored asks of a scope, most similar first, and what forbids each. Looks at all of them: not for the request path. */
  explain(scope: string, prepared: PreparedAsk, count = 5): readonly SemanticCandidate[] {
    const all = [...this.#entries.values()].filter((entry) => entry.scope === scope);
    return [...this.#fresh(all)]
      .map((entry) => this.#candidate(entry, prepared))
      .toSorted(
        (one, other) =>
          Number(other.wouldHit) - Number(one.wouldHit) ||
          other.similarity - one.similarity ||
          Number(one.difference !== null) - Number(other.difference !== null),
      )
      .slice(0, count);
  }

  /**
   * Somebody said that this answer was none to their question. The entry goes. Whatever is near to its ask (a similarity of
   * NEIGHBOURHOOD or more, in every scope, since language is the same in all) then needs a higher similarity: half-way
   * between the one at which the wrong answer was given (or the threshold, whichever is higher) and 1. Once that passes
   * NEARLY_EQUAL, nothing is shared there any more. So the same two asks never meet again, whoever comes first, and each
   * further "wrong" closes half of what is left.
   */
  markWrong(entryId: string): boolean {
    const entry = this.#entries.get(entryId);
    if (entry === undefined) return false;
    const given = Math.max(entry.servedSimilarity, this.#required(entry.prepared, entry));
    const required = (1 + Math.min(1, given)) / 2;
    this.remove(entryId);
    this.#wrongMarks.push({
      encoderId: entry.prepared.encoderId,
      vector: entry.prepared.vector,
      required: required > NEARLY_EQUAL ? NEVER : required,
    });
    if (this.#wrongMarks.length > MAX_WRONG_MARKS) this.#wrongMarks.shift();
    return true;
  }

  /** To be called as well when the stored answer is gone. False = there is no such entry. */
  remove(entryId: string): boolean {
    const entry = this.#entries.get(entryId);
    if (entry === undefined) return false;
    this.#entries.delete(entryId);
    this.#bytes -= entry.bytes;
    const key = bucketKey(entry.scope, entry.prepared);
    const bucket = this.#byMeaning.get(key) ?? [];
    const at = bucket.indexOf(entry);
    if (at >= 0) bucket.splice(at, 1);
    if (bucket.length === 0) this.#byMeaning.delete(key);
    return true;
  }

  /** What was called wrong stays so. */
  clear(): number {
    const count = this.#entries.size;
    this.#entries.clear();
    this.#byMeaning.clear();
    this.#bytes = 0;
    return count;
  }

  /** Makes the limits true, also after they were lowered. */
  trim(): void {
    const { maxEntries, maxBytes } = this.#limits();
    for (const id of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) return;
      this.remove(id);
    }
  }

  #fresh(entries: readonly Entry[] | undefined): readonly Entry[] {
    const nowMs = this.#clock.monotonicMs();
    const [...all] = entries ?? [];
    return all.filter(({ id, untilMs }) => nowMs < untilMs || !this.remove(id));
  }

  #candidate(entry: Entry, prepared: PreparedAsk): SemanticCandidate {
    const alike = similarity(prepared.vector, entry.prepared.vector);
    const difference = differenceOf(prepared.meaning, entry.prepared.meaning) ?? null;
    const requiredSimilarity = this.#required(prepared, entry);
    return {
      entryId: entry.id,
      answerKey: entry.answerKey,
      ask: entry.prepared.ask,
      similarity: alike,
      requiredSimilarity,
      difference,
      wouldHit: difference === null && alike >= requiredSimilarity,
    };
  }

  #required(prepared: PreparedAsk, entry: Entry): number {
    let required = this.#limits().threshold;
    for (const mark of this.#wrongMarks) {
      if (mark.required <= required || mark.encoderId !== prepared.encoderId) continue;
      const isNear =
        similarity(prepared.vector, mark.vector) >= NEIGHBOURHOOD ||
        similarity(entry.prepared.vector, mark.vector) >= NEIGHBOURHOOD;
      if (isNear) required = mark.required;
    }
    return required;
  }
}

function bucketKey(scope: string, { meaningKey }: PreparedAsk): string {
  return `${scope}\0${meaningKey}`;
}

/** Two bytes a character for the ask, its words and its structure (twice: with the key), and what the objects take. */
function bytesOf(scope: string, { ask, meaningKey, meaning, vector }: PreparedAsk): number {
  const wordsChars = meaning.words.reduce((sum, word) => sum + word.length, 0);
  const characters = 2 * scope.length + ask.length + wordsChars + 3 * meaningKey.length;
  return (
    2 * characters + vector.byteLength + 96 * (meaning.words.length + meaning.marks.length) + OBJECT_BYTES
  );
}

const OBJECT_BYTES = 1200;
