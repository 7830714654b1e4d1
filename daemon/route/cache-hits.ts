// How much of a warm prefix is really read from a model's prompt cache, learnt from what answers report. Explicit caches
// keep what they were paid for; automatic ones are best effort.

import type { PromptCacheRule } from '../catalog/model-target.ts';

/** Tokens that the assumption is worth: one answer of a long conversation outweighs it. */
const PRIOR_TOKENS = 20_000;

/** Assumed of automatic caches until something was seen; published rates lie between two thirds and nearly all. */
const AUTOMATIC_HIT_RATIO = 0.9;

/** Each answer makes what was seen before count this much. */
const MEMORY = 0.97;

/** A prefix below this says more about rounding than about a cache. */
const LEAST_TOKENS = 1024;

/** 0..1, before anything was seen. */
export function assumedHitRatio(kind: PromptCacheRule['kind']): number {
  return kind === 'automatic' ? AUTOMATIC_HIT_RATIO : 1;
}

/** Fewer answers say too little for the books. */
const MEASURED_ANSWERS = 50;

interface CachedModel {
  readonly id: string;
  readonly promptCache: PromptCacheRule;
}

interface Seen {
  answers: number;
  warmTokens: number;
  readTokens: number;
}

export class CacheHits {
  readonly #seen = new Map<string, Seen>();

  /** An answer of `modelId` read `readTokens` from its cache, of `warmTokens` that were thought to be there. */
  note(modelId: string, warmTokens: number, readTokens: number): void {
    if (!(warmTokens >= LEAST_TOKENS)) return;
    const seen = this.#seen.get(modelId) ?? { answers: 0, warmTokens: 0, readTokens: 0 };
    seen.answers += 1;
    seen.warmTokens = seen.warmTokens * MEMORY + warmTokens;
    seen.readTokens = seen.readTokens * MEMORY + Math.min(Math.max(0, readTokens), warmTokens);
    this.#seen.set(modelId, seen);
  }

  /** Of an automatic cache, 0..1; undefined = too little was seen, or it keeps what it was paid for. */
  measured({ id, promptCache }: CachedModel): number | undefined {
    const seen = this.#seen.get(id);
    const isKnown = seen !== undefined && seen.answers >= MEASURED_ANSWERS;
    return isKnown && promptCache.kind === 'automatic' ? seen.readTokens / seen.warmTokens : undefined;
  }

  /** By model id; models of which nothing was seen are absent. */
  ratios(
    targets: readonly { readonly id: string; readonly promptCache: PromptCacheRule }[],
  ): Record<string, number> {
    const ratios: Record<string, number> = {};
    for (const { id, promptCache } of targets) {
      const seen = this.#seen.get(id);
      if (seen === undefined) continue;
      const assumed = assumedHitRatio(promptCache.kind);
      ratios[id] = (PRIOR_TOKENS * assumed + seen.readTokens) / (PRIOR_TOKENS + seen.warmTokens);
    }
    return ratios;
  }
}
