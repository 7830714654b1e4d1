// Answers to questions that mean the same in other words: opt-in, for plain questions in text only, and only where the
// guard finds no difference. Holds its own answers, so that the words of users stay in memory whatever else is on a disk.

import type { Clock } from '../util/clock.ts';
import { causeText, type Log } from '../util/log.ts';
import type { RequestKey } from './request-key.ts';
import type { CachedAnswer, StoredAnswer } from './response-cache.ts';
import { semanticEligibility, semanticScope, type SemanticObstacle } from './semantic-eligibility.ts';
import {
  BUILT_IN_ENCODER_ID,
  lacksVector,
  prepareAskFor,
  withVector,
  type AskEmbedder,
  type PreparedAsk,
} from './semantic-encoder.ts';
import {
  SemanticIndex,
  type SemanticCandidate,
  type SemanticIndexState,
  type StoredAsk,
} from './semantic-index.ts';
import { VectorMemory } from './vector-memory.ts';

export interface SemanticCacheSettings {
  readonly enabled: boolean;
  /** Least similarity of a hit, 0..1. */
  readonly threshold: number;
  readonly ttlS: number;
  readonly maxBytes: number;
}

export interface SemanticCacheDeps {
  /** Read at each use, so that a changed configuration counts at once. */
  readonly settings: () => SemanticCacheSettings;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
}

/** Why a question was or would be answered with another one's answer; candidates with the nearest first. */
export type SemanticExplanation =
  | { readonly obstacle: SemanticObstacle }
  | {
      readonly candidates: readonly SemanticCandidate[];
      /** Who tells how alike they are where that was not looked up; null = it was. */
      readonly untold: string | null;
    };

const MAX_ENTRIES = 10_000;

interface Question {
  readonly scope: string;
  prepared: PreparedAsk;
}

interface Kept {
  readonly entryId: string;
  /** A `StoredAnswer` as JSON: one long string costs a heap less than many small objects. */
  readonly answer: string;
}

export class SemanticCache {
  readonly #deps: SemanticCacheDeps;
  readonly #index: SemanticIndex;
  /** By the exchange that they were made in; least recently used first. */
  readonly #answers = new Map<string, Kept>();
  /** Questions are read once, though they are looked up and kept. */
  readonly #questions = new WeakMap<RequestKey, Question | SemanticObstacle>();
  #answerBytes = 0;
  readonly #vectors = new VectorMemory();

  constructor(deps: SemanticCacheDeps) {
    this.#deps = deps;
    this.#index = new SemanticIndex(() => {
      const { ttlS, maxBytes, threshold } = deps.settings();
      return { maxEntries: MAX_ENTRIES, maxBytes, ttlMs: ttlS * 1000, threshold };
    }, deps.clock);
  }

  get isOpen(): boolean {
    return this.#deps.settings().enabled;
  }

  get settings(): SemanticCacheSettings {
    return this.#deps.settings();
  }

  state(): SemanticIndexState {
    const state = this.#index.state;
    return { ...state, bytes: state.bytes + this.#answerBytes + this.#vectors.bytes };
  }

  /**
   * Whether an embedder must be asked before `lookup`. Only where a stored ask is left that the guard lets pass: most
   * questions are like nothing that was asked before, and cost nothing.
   */
  wantsVectors(key: RequestKey, encoderId: string): boolean {
    if (!this.isOpen) return false;
    const question = this.#read(key, encoderId);
    if (typeof question === 'string') return false;
    const candidates = this.#candidates(question).map(({ prepared }) => prepared);
    const isUntold = candidates.length > 0 && [question.prepared, ...candidates].some(lacksVector);
    return isUntold && key.hiddenObstacle === null;
  }

  /** Asks for the vectors of a question and of what it may be like, as far as they are missing, all at once. */
  async embed(key: RequestKey, embedder: AskEmbedder, signal: AbortSignal): Promise<void> {
    const question = this.#read(key, embedder.id);
    if (typeof question === 'string') return;
    const stored = this.#candidates(question).filter(({ prepared }) => lacksVector(prepared));
    const lacking = [question.prepared, ...stored.map(({ prepared }) => prepared)].filter(lacksVector);
    const asks = lacking.map(({ ask }) => ask);
    const vectors = await embedder.embed(asks, signal).catch((error: unknown) => {
      this.#deps.log.error('asking for embeddings failed', { cause: causeText(error) });
      return null;
    });
    for (const [at, vector] of (vectors ?? []).entries()) {
      const ask = asks[at];
      if (ask !== undefined) this.#vectors.set(embedder.id, ask, vector);
    }
    question.prepared = this.#withKnownVector(question.prepared);
    for (const { id, prepared } of stored) this.#index.setVector(id, this.#withKnownVector(prepared).vector);
  }

  lookup(key: RequestKey, encoderId?: string): CachedAnswer | null {
    if (!this.isOpen) return null;
    const question = this.#read(key, encoderId);
    if (typeof question === 'string') return null;
    const hit = this.#index.lookup(question.scope, question.prepared);
    if (hit === undefined) return null;
    const kept = this.#answers.get(hit.answerKey);
    if (kept === undefined) {
      this.#index.remove(hit.entryId);
      return null;
    }
    this.#answers.delete(hit.answerKey);
    this.#answers.set(hit.answerKey, kept);
    const answer = JSON.parse(kept.answer) as StoredAnswer;
    return { ...answer, status: 'semantic', similarity: hit.similarity };
  }

  /** A cache that is broken is a cache that is empty. */
  keep(key: RequestKey, answer: StoredAnswer): void {
    if (!this.isOpen) return;
    try {
      const question = this.#read(key);
      if (typeof question === 'string' || key.hiddenObstacle !== null) return;
      this.#drop(answer.exchangeId);
      const entryId = this.#index.add(question.scope, question.prepared, answer.exchangeId);
      const kept = { entryId, answer: JSON.stringify(answer) };
      this.#answers.set(answer.exchangeId, kept);
      this.#answerBytes += bytesOf(kept);
      this.#trim();
    } catch (error) {
      this.#deps.log.error('an answer could not be kept for similar questions', { cause: causeText(error) });
    }
  }

  /**
   * The answer of this exchange was wrong. `wasGuessed`: for a question in other words, so its neighbourhood needs more
   * likeness from now on. False = it was not there.
   */
  forget(exchangeId: string, wasGuessed: boolean): boolean {
    const kept = this.#answers.get(exchangeId);
    if (kept === undefined) return false;
    if (wasGuessed) this.#index.markWrong(kept.entryId);
    this.#drop(exchangeId);
    return true;
  }

  /** How many answers were thrown away. What was called wrong stays so. */
  clear(): number {
    const count = this.#answers.size;
    this.#index.clear();
    this.#answers.clear();
    this.#vectors.clear();
    this.#answerBytes = 0;
    return count;
  }

  explain(key: RequestKey, encoderId?: string): SemanticExplanation {
    const question = this.#read(key, encoderId);
    if (typeof question === 'string') return { obstacle: question };
    const { scope, prepared } = question;
    const candidates = this.#index.explain(scope, prepared, 1);
    return { candidates, untold: lacksVector(prepared) ? prepared.encoderId : null };
  }

  #candidates({ scope, prepared }: Question): readonly StoredAsk[] {
    return this.#index.candidates(scope, prepared);
  }

  /** `encoderId`: counts when a question is read for the first time. */
  #read(key: RequestKey, encoderId = BUILT_IN_ENCODER_ID): Question | SemanticObstacle {
    const known = this.#questions.get(key);
    if (known !== undefined) return known;
    const read = readQuestion(key, encoderId);
    this.#questions.set(key, read);
    if (typeof read !== 'string') read.prepared = this.#withKnownVector(read.prepared);
    return read;
  }

  #withKnownVector(prepared: PreparedAsk): PreparedAsk {
    if (!lacksVector(prepared)) return prepared;
    const vector = this.#vectors.get(prepared.encoderId, prepared.ask);
    return vector === undefined ? prepared : withVector(prepared, vector);
  }

  #drop(exchangeId: string): void {
    const kept = this.#answers.get(exchangeId);
    if (kept === undefined) return;
    this.#answers.delete(exchangeId);
    this.#answerBytes -= bytesOf(kept);
    this.#index.remove(kept.entryId);
  }

  #trim(): void {
    const { maxBytes } = this.#deps.settings();
    for (const exchangeId of this.#answers.keys()) {
      if (this.#answers.size <= MAX_ENTRIES && this.#answerBytes + this.#index.state.bytes <= maxBytes)
        return;
      this.#drop(exchangeId);
    }
  }
}

function readQuestion(key: RequestKey, encoderId: string): Question | SemanticObstacle {
  const eligibility = semanticEligibility(key.request);
  if (!eligibility.isEligible) return eligibility.obstacle;
  const scope = semanticScope({ parts: key.parts, ...key.place, encoderId });
  return { scope, prepared: prepareAskFor(encoderId, eligibility.ask) };
}

function bytesOf({ answer }: Kept): number {
  return 2 * answer.length + KEPT_BYTES;
}

const KEPT_BYTES = 200;
