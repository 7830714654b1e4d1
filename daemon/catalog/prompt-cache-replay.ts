// Plays back what a model's own prompt cache would hold if that model had served every request so far. Keyed by content
// (a hash per prefix of the prompt), so a prefix that two conversations share counts once. It backs the baseline: what
// the requested model would have cost, with its cache as warm as it would really have been.

import type { PromptCacheRule } from './model-target.ts';

/** One prefix of a prompt: hash of everything up to some message, and its size. */
export interface PromptPrefix {
  readonly hash: string;
  readonly tokens: number;
}

/** 50,000 entries of about 150 bytes: 7 MB, or a few hundred long conversations. */
const DEFAULT_MAX_ENTRIES = 50_000;

export class PromptCacheReplay {
  /** `model hash` -> when the entry expires, epoch ms. Least recently used first. */
  readonly #expiresAtMs = new Map<string, number>();
  readonly #maxEntries: number;

  constructor(options: { readonly maxEntries?: number } = {}) {
    this.#maxEntries = options.maxEntries ?? DEFAULT_MAX_ENTRIES;
  }

  get size(): number {
    return this.#expiresAtMs.size;
  }

  /**
   * Tokens of the longest prefix that is known and has not expired; 0 when there is none or it is too short to be
   * cached. `prefixes` of one prompt, shortest first; the answer is in their unit. Ask before `remember`.
   */
  warmTokens(
    modelId: string,
    rule: PromptCacheRule,
    prefixes: readonly PromptPrefix[],
    atMs: number,
  ): number {
    if (rule.kind === 'none') return 0;
    const longest = prefixes.findLast(
      ({ hash, tokens }) =>
        tokens >= rule.minTokens && (this.#expiresAtMs.get(keyOf(modelId, hash)) ?? -Infinity) > atMs,
    );
    return longest?.tokens ?? 0;
  }

  /**
   * Writes all prefixes of a prompt that was sent at `atMs`, and prolongs those that were there. An `explicit` cache is
   * treated as if every prefix were marked: the clients that matter mark them.
   */
  remember(modelId: string, rule: PromptCacheRule, prefixes: readonly PromptPrefix[], atMs: number): void {
    if (rule.kind === 'none') return;
    const expiresAtMs = atMs + rule.ttlS * 1000;
    for (const { hash, tokens } of prefixes) {
      if (tokens < rule.minTokens) continue;
      const key = keyOf(modelId, hash);
      this.#expiresAtMs.delete(key);
      this.#expiresAtMs.set(key, expiresAtMs);
    }
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const key of this.#expiresAtMs.keys()) {
      if (this.#expiresAtMs.size <= this.#maxEntries) return;
      this.#expiresAtMs.delete(key);
    }
  }
}

/** Ids hold no spaces, so no two pairs give one key. */
function keyOf(modelId: string, hash: string): string {
  return `${modelId} ${hash}`;
}
