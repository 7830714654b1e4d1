// Plays back what the prompt caches of models hold: which prefixes each model was shown, and until when they live. Keyed
// by content (a checksum per prefix of the prompt), so a prefix that two conversations share counts once. One replay
// backs the baseline (had it served everything), another what is really warm.

import type { PromptCacheRule } from './model-target.ts';

/** One prefix of a prompt: checksum of everything up to some message, and its size. */
export interface PromptPrefix {
  readonly hash: string;
  readonly tokens: number;
}

/** Where a prefix ends, in bytes of the prompt. */
export interface PromptMark {
  readonly hash: string;
  readonly bytes: number;
}

/** The models that were shown a prefix, as a short list: seldom more than three. */
interface Entry {
  readonly modelId: string;
  expiresAtMs: number;
  readonly next: Entry | null;
}

/** 50,000 prefixes of about 200 bytes: 10 MB, or a few hundred long conversations. */
const DEFAULT_MAX_ENTRIES = 50_000;

export class PromptCacheReplay {
  /** By checksum; least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;

  constructor(options: { readonly maxEntries?: number } = {}) {
    this.#maxEntries = options.maxEntries ?? DEFAULT_MAX_ENTRIES;
  }

  /** Prefixes that are remembered. */
  get size(): number {
    return this.#entries.size;
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
    const longest = prefixes.findLast(({ hash, tokens }) => {
      if (tokens < rule.minTokens) return false;
      const entry = find(this.#entries.get(hash), modelId);
      return entry !== null && entry.expiresAtMs > atMs;
    });
    return longest?.tokens ?? 0;
  }

  /** Bytes of the longest warm prefix of one prompt for every model that has any. `marks`: shortest first. */
  warmBytes(marks: readonly PromptMark[], atMs: number): ReadonlyMap<string, number> {
    const warm = new Map<string, number>();
    for (let index = marks.length - 1; index >= 0; index--) {
      const mark = marks[index];
      let entry = mark === undefined ? null : (this.#entries.get(mark.hash) ?? null);
      for (; entry !== null; entry = entry.next) {
        if (entry.expiresAtMs > atMs && !warm.has(entry.modelId)) warm.set(entry.modelId, mark?.bytes ?? 0);
      }
    }
    return warm;
  }

  /**
   * Writes all prefixes of a prompt that was sent at `atMs`, and prolongs those that were there. An `explicit` cache is
   * treated as if every prefix were marked: the clients that matter mark them. `ttlS`: where it is not the rule's.
   */
  remember(
    modelId: string,
    rule: PromptCacheRule,
    prefixes: readonly PromptPrefix[],
    atMs: number,
    ttlS: number = rule.ttlS,
  ): void {
    if (rule.kind === 'none') return;
    const expiresAtMs = atMs + ttlS * 1000;
    for (const { hash, tokens } of prefixes) {
      if (tokens < rule.minTokens) continue;
      const known = this.#entries.get(hash) ?? null;
      const own = find(known, modelId);
      this.#entries.delete(hash);
      this.#entries.set(hash, own === null ? { modelId, expiresAtMs, next: known } : (known ?? own));
      // A later use never shortens a life that was paid for.
      if (own !== null) own.expiresAtMs = Math.max(own.expiresAtMs, expiresAtMs);
    }
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const hash of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) return;
      this.#entries.delete(hash);
    }
  }
}

function find(first: Entry | null | undefined, modelId: string): Entry | null {
  for (let entry = first ?? null; entry !== null; entry = entry.next) {
    if (entry.modelId === modelId) return entry;
  }
  return null;
}
