// What prompt caches mean for the money of one request: how much of it the model that served it had warm, and what it
// would have cost on the baseline model with that model's own cache, had it served everything so far.

import { baselineCostUsd } from '../catalog/baseline.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { PromptCacheReplay, PromptPrefix } from '../catalog/prompt-cache-replay.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import { promptMarks, promptPrefixes, type PromptMark } from './prompt-prefixes.ts';

export interface PromptCaches {
  /** What the baseline's prompt cache would hold, had it served everything. */
  readonly promptCacheReplay: PromptCacheReplay;
  /** What the models' prompt caches hold of what they really served; for answers that report no usage. */
  readonly servedCacheReplay: PromptCacheReplay;
}

export class PromptBooks {
  readonly #caches: PromptCaches;
  readonly #request: ConversationRequest;
  readonly #atMs: number;
  #marks: readonly PromptMark[] | null = null;
  /** Once worked out; undefined = not yet. */
  #baselineUsd: number | null | undefined;

  constructor(caches: PromptCaches, request: ConversationRequest, atMs: number) {
    this.#caches = caches;
    this.#request = request;
    this.#atMs = atMs;
  }

  /** How much of the request a model has in its prompt cache already, 0..1. `inputTokens` in the reference tokenizer. */
  warmShare({ id, promptCache, tokenizerFactor }: ModelTarget, inputTokens: number): number {
    const prefixes = this.#prefixes(inputTokens * tokenizerFactor);
    const promptTokens = prefixes.at(-1)?.tokens ?? 0;
    if (promptTokens === 0) return 0;
    return this.#caches.servedCacheReplay.warmTokens(id, promptCache, prefixes, this.#atMs) / promptTokens;
  }

  /** A model has served this request; from now on it has it warm. */
  remember({ id, promptCache, tokenizerFactor }: ModelTarget, inputTokens: number): void {
    const prefixes = this.#prefixes(inputTokens * tokenizerFactor);
    this.#caches.servedCacheReplay.remember(id, promptCache, prefixes, this.#atMs);
  }

  /**
   * What the request would have cost on the baseline model, USD; null = not comparable. Worked out once: the replay
   * remembers what it is asked, and would find the request's own prompt the second time.
   */
  baselineUsd(usage: TokenUsage, served: ModelTarget, baseline: ModelTarget): number | null {
    if (this.#baselineUsd === undefined) this.#baselineUsd = this.#replayBaseline(usage, served, baseline);
    return this.#baselineUsd;
  }

  #replayBaseline(usage: TokenUsage, served: ModelTarget, baseline: ModelTarget): number | null {
    const atMs = this.#atMs;
    const replay = this.#caches.promptCacheReplay;
    // In the baseline's own tokens, as the shortest prefix that it caches is.
    const promptTokens = usage.inputTokens * (baseline.tokenizerFactor / served.tokenizerFactor);
    const prefixes = this.#prefixes(promptTokens);
    const baselineWarmTokens = replay.warmTokens(baseline.id, baseline.promptCache, prefixes, atMs);
    replay.remember(baseline.id, baseline.promptCache, prefixes, atMs);
    const costWith = (hasCacheMarks: boolean): number | null =>
      baselineCostUsd({ usage, served, baseline, baselineWarmTokens, promptTokens, hasCacheMarks, atMs });
    if (this.#request.body.bytes.includes('"cache_control"')) return costWith(true);
    // Whether the client would have marked its prompt for an explicit cache cannot be known from a request without
    // marks, which may be written for another vendor; the cheaper of the two is what a saving may be measured against.
    const [marked, unmarked] = [costWith(true), costWith(false)];
    return marked === null || unmarked === null ? marked : Math.min(marked, unmarked);
  }

  #prefixes(tokens: number): readonly PromptPrefix[] {
    this.#marks ??= promptMarks(this.#request); // goes over every byte of the request
    return promptPrefixes(this.#marks, tokens);
  }
}
