// Bodies of the control API's cache routes: what stored answers take and bring, and why a request would be answered from
// them or not.

/** `GET cache`. Counts are since the daemon began; what hits saved stands in `GET totals`. */
export interface CacheBody {
  readonly exact: ExactCacheStatus;
  readonly semantic: SemanticCacheStatus;
}

export interface SemanticCacheStatus {
  readonly enabled: boolean;
  /** Least similarity of a hit, 0..1. */
  readonly threshold: number;
  readonly entries: number;
  readonly bytes: number;
  readonly lookups: number;
  readonly hits: number;
  /** Neighbourhoods that need more likeness since an answer in them was called wrong. */
  readonly wrong: number;
}

export interface ExactCacheStatus {
  readonly enabled: boolean;
  /** Answers in memory, and what they take there (reckoned, not measured). */
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly ttlS: number;
  /** Answers that are being made now, for which equal questions wait. */
  readonly inFlight: number;
  /** Questions that were looked up, and how many of them found an answer, stored or just being made. */
  readonly lookups: number;
  readonly hits: number;
  /** null = answers are kept in memory only. */
  readonly disk: CacheFileStatus | null;
}

export interface CacheFileStatus {
  readonly path: string;
  readonly entries: number;
  /** Sizes of the answers as text. */
  readonly bytes: number;
}

/** `DELETE cache`. */
export interface CacheClearedBody {
  /** Answers thrown away, in memory or in the file. */
  readonly cleared: number;
}

/** `POST cache/explain`; takes the body of `POST explain`. */
export interface CacheExplanation {
  /** `waits`: the answer is being made for somebody else just now. `never`: no stored answer may stand in. */
  readonly verdict: 'hit' | 'waits' | 'miss' | 'never';
  /** One sentence. */
  readonly why: string;
  /** Of the stored answer; null without one. */
  readonly answer: ExplainedAnswer | null;
  /** For a miss: the stored answer whose question comes nearest, and what is different; null = there is none near. */
  readonly nearest: NearQuestion | null;
  /** What the semantic cache says where the exact one has nothing; null = it is off, or not asked. */
  readonly semantic: SemanticVerdict | null;
}

export interface SemanticVerdict {
  readonly verdict: 'hit' | 'miss' | 'never';
  /** One sentence. */
  readonly why: string;
  /** To the nearest stored question of the same place, 0..1; null = there is none. */
  readonly similarity: number | null;
}

export interface ExplainedAnswer {
  readonly exchangeId: string;
  readonly model: string;
  readonly provider: string;
  readonly expiresInS: number;
}

export interface NearQuestion extends ExplainedAnswer {
  /** In words, such as "the tools". */
  readonly differences: readonly string[];
}
