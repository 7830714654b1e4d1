// What prompt caches mean for the money of one request: how much of it each model has warm, and what it would have cost
// on the baseline model with that model's own cache, had it served everything so far.

import { baselineOf, type Baseline } from '../catalog/baseline.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { PromptCacheReplay, PromptMark, PromptPrefix } from '../catalog/prompt-cache-replay.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import { ByteSearch } from '../util/piece-facts.ts';
import { promptMarks, promptPrefixes } from './prompt-prefixes.ts';

export interface PromptCaches {
  /** What the baseline's prompt cache would hold, had it served everything. */
  readonly promptCacheReplay: PromptCacheReplay;
  /** What the models' prompt caches hold of what they really served. */
  readonly servedCacheReplay: PromptCacheReplay;
}

/** How the baseline lies to the model that answered, where that was measured. */
export interface MeasuredRatios {
  readonly outputRatio?: number;
  /** Which share of its warm prefixes the baseline reads. */
  readonly hitRatio?: number;
}

const CACHE_MARK = new ByteSearch('"cache_control"');

/** Anthropic's longer life of what is written to the cache. */
const ONE_HOUR_S = 3600;

export class PromptBooks {
  readonly #caches: PromptCaches;
  readonly #request: ConversationRequest;
  readonly #atMs: number;
  #marks: readonly PromptMark[] | null = null;
  #hasCacheMarks: boolean | null = null;
  /** Once worked out; undefined = not yet. */
  #baseline: Baseline | undefined;

  constructor(caches: PromptCaches, request: ConversationRequest, atMs: number) {
    this.#caches = caches;
    this.#request = request;
    this.#atMs = atMs;
  }

  /** The client itself marks what shall be cached. */
  get hasCacheMarks(): boolean {
    this.#hasCacheMarks ??= CACHE_MARK.isIn(this.#request.body);
    return this.#hasCacheMarks;
  }

  /** How much of the request a model has in its prompt cache already, 0..1. `inputTokens` in the reference tokenizer. */
  warmShare({ id, promptCache, tokenizerFactor }: ModelTarget, inputTokens: number): number {
    const prefixes = this.#prefixes(inputTokens * tokenizerFactor);
    const promptTokens = prefixes.at(-1)?.tokens ?? 0;
    if (promptTokens === 0) return 0;
    return this.#caches.servedCacheReplay.warmTokens(id, promptCache, prefixes, this.#atMs) / promptTokens;
  }

  /** Warm tokens of all models that have any, by id; like `inputTokens` in the reference tokenizer. */
  warmTokens(targets: readonly ModelTarget[], inputTokens: number): Readonly<Record<string, number>> {
    const marks = this.#marksOnce();
    const totalBytes = marks.at(-1)?.bytes ?? 0;
    const warmBytes = this.#caches.servedCacheReplay.warmBytes(marks, this.#atMs);
    if (totalBytes === 0 || warmBytes.size === 0) return {};
    const warm: Record<string, number> = {};
    for (const { id, promptCache, tokenizerFactor } of targets) {
      const tokens = ((warmBytes.get(id) ?? 0) / totalBytes) * inputTokens;
      if (tokens > 0 && tokens * tokenizerFactor >= promptCache.minTokens) warm[id] = Math.round(tokens);
    }
    return warm;
  }

  /**
   * For caches that look for marked places only: after how many answers the prompt stood that the model has warm.
   * undefined = none of the messages is warm, or all of them.
   */
  cachedAnswers({ id, promptCache }: ModelTarget): number | undefined {
    if (promptCache.kind !== 'explicit') return undefined;
    const marks = this.#marksOnce();
    const bytes = this.#caches.servedCacheReplay.warmBytes(marks, this.#atMs).get(id);
    const messages = bytes === undefined ? -1 : marks.findIndex((mark) => mark.bytes === bytes);
    if (messages <= 0) return undefined;
    const { outline } = this.#request;
    const isAnswer = (index: number): boolean => outline[index]?.role === 'assistant';
    let answers = 0;
    for (let index = 0; index < messages; index++) if (isAnswer(index) && !isAnswer(index - 1)) answers += 1;
    return answers;
  }

  /** Tokens that the baseline would have warm, had it served everything; in the reference tokenizer. */
  stayWarmTokens({ id, promptCache, tokenizerFactor }: ModelTarget, inputTokens: number): number {
    const prefixes = this.#prefixes(inputTokens * tokenizerFactor);
    const tokens = this.#caches.promptCacheReplay.warmTokens(id, promptCache, prefixes, this.#atMs);
    return tokens / tokenizerFactor;
  }

  /** A model has served this request; from now on it has it warm. `writtenForAnHour`: in an explicit cache. */
  remember(
    { id, promptCache, tokenizerFactor }: ModelTarget,
    inputTokens: number,
    writtenForAnHour = false,
  ): void {
    const prefixes = this.#prefixes(inputTokens * tokenizerFactor);
    const ttlS = writtenForAnHour ? Math.max(ONE_HOUR_S, promptCache.ttlS) : promptCache.ttlS;
    this.#caches.servedCacheReplay.remember(id, promptCache, prefixes, this.#atMs, ttlS);
  }

  /**
   * What the request would have cost on the baseline model. Worked out once: the replay remembers what it is asked, and
   * would find the request's own prompt the second time.
   */
  baseline(
    usage: TokenUsage,
    served: ModelTarget,
    baseline: ModelTarget,
    measured: MeasuredRatios = {},
  ): Baseline {
    this.#baseline ??= this.#replayBaseline(usage, served, baseline, measured);
    return this.#baseline;
  }

  #replayBaseline(
    usage: TokenUsage,
    served: ModelTarget,
    baseline: ModelTarget,
    measured: MeasuredRatios,
  ): Baseline {
    const atMs = this.#atMs;
    const replay = this.#caches.promptCacheReplay;
    // In the baseline's own tokens, as the shortest prefix that it caches is.
    const tokenRatio = baseline.tokenizerFactor / served.tokenizerFactor;
    const promptTokens = usage.inputTokens * tokenRatio;
    const prefixes = this.#prefixes(promptTokens);
    const baselineWarmTokens = replay.warmTokens(baseline.id, baseline.promptCache, prefixes, atMs);
    replay.remember(baseline.id, baseline.promptCache, prefixes, atMs);
    const known = { usage, served, baseline, baselineWarmTokens, promptTokens, atMs, ...measured };
    const costWith = (hasCacheMarks: boolean): Baseline => baselineOf({ ...known, hasCacheMarks });
    if (this.hasCacheMarks || this.#goesOn) return costWith(true);
    // Nobody knows whether a single question without marks would have been marked; the cheaper of the two is what a
    // saving may be measured against.
    const [marked, unmarked] = [costWith(true), costWith(false)];
    if (marked.costUsd === null || unmarked.costUsd === null) return marked;
    return marked.costUsd <= unmarked.costUsd ? marked : unmarked;
  }

  /**
   * A request without marks may be written for a vendor that needs none. Where it belongs to a conversation that goes on,
   * the baseline is reckoned with the marks that would be set for it here.
   */
  get #goesOn(): boolean {
    const { toolCount, outline } = this.#request;
    return toolCount > 0 || outline.filter(({ role }) => role === 'user').length > 1;
  }

  #prefixes(tokens: number): readonly PromptPrefix[] {
    return promptPrefixes(this.#marksOnce(), tokens);
  }

  /** Goes over every byte of the request. */
  #marksOnce(): readonly PromptMark[] {
    this.#marks ??= promptMarks(this.#request);
    return this.#marks;
  }
}
