// The most that one request can cost on a model: what a hard budget sets aside for it while it runs. The prompt is an
// estimate with a margin and the answer is taken to be as long as it may be, so an honest bill is never above it; where
// bills have been above it (thinking that no limit holds, another way to count), the bound follows them.

import { attemptCostUsd } from '../catalog/cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';

export interface RequestSize {
  /** Tokens of the o200k tokenizer. */
  readonly inputTokens: number;
  /** As the client asked; null = as long as the model can. */
  readonly maxOutputTokens: number | null;
  /** Answers asked for at once. */
  readonly choiceCount: number;
  readonly atMs: number;
}

export interface Bound {
  /** null = the model has no price. */
  readonly usd: number | null;
  readonly tokens: number;
}

interface Seen {
  /** The worst bill as a multiple of what it should not have been above; 1 = none was above. */
  usdRatio: number;
  tokensRatio: number;
  largestUsd: number;
  largestTokens: number;
}

const INPUT_MARGIN = 1.25;
const FRAMING_TOKENS = 256;
/** Bills that surprised once may surprise a little more the next time. */
const SURPRISE_MARGIN = 1.1;

/** What a model that has not answered since the start may use whatever it is asked: nobody knows how it counts. */
const UNKNOWN_INPUT_TOKENS = 131_072;
const UNKNOWN_OUTPUT_TOKENS = 16_384;

/** The names at endpoints that are passed on could be many; one that is forgotten may use what an unknown one may. */
const MAX_MODELS = 1000;

export class BudgetBounds {
  /** By model; longest unused first. */
  readonly #seen = new Map<string, Seen>();

  of(target: ModelTarget, size: RequestSize): Bound {
    const honest = honestBound(target, size);
    const seen = this.#seen.get(target.id);
    if (seen === undefined) return larger(honest, unknownBound(target, size.atMs));
    return {
      usd: honest.usd === null ? null : surprised(honest.usd, seen.usdRatio, seen.largestUsd),
      tokens: surprised(honest.tokens, seen.tokensRatio, seen.largestTokens),
    };
  }

  /** An answer of this model came to its end. */
  learn(
    target: ModelTarget,
    size: RequestSize,
    bill: { readonly usd: number | null; readonly tokens: number },
  ): void {
    const honest = honestBound(target, size);
    const seen = this.#seen.get(target.id) ?? {
      usdRatio: 1,
      tokensRatio: 1,
      largestUsd: 0,
      largestTokens: 0,
    };
    const usd = bill.usd ?? 0;
    if (honest.usd !== null && honest.usd > 0) seen.usdRatio = Math.max(seen.usdRatio, usd / honest.usd);
    seen.tokensRatio = Math.max(seen.tokensRatio, bill.tokens / honest.tokens);
    seen.largestUsd = Math.max(seen.largestUsd, usd);
    seen.largestTokens = Math.max(seen.largestTokens, bill.tokens);
    this.#seen.delete(target.id);
    this.#seen.set(target.id, seen);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MAX_MODELS && oldest !== undefined) this.#seen.delete(oldest);
  }
}

function honestBound(target: ModelTarget, size: RequestSize): Bound {
  const limit = Math.min(size.maxOutputTokens ?? target.maxOutputTokens, target.maxOutputTokens);
  const inputTokens = size.inputTokens * target.tokenizerFactor * INPUT_MARGIN + FRAMING_TOKENS;
  return boundOf(target, inputTokens, limit * size.choiceCount, size.atMs);
}

function unknownBound(target: ModelTarget, atMs: number): Bound {
  const inputTokens = Math.min(UNKNOWN_INPUT_TOKENS, target.contextTokens);
  return boundOf(target, inputTokens, Math.min(UNKNOWN_OUTPUT_TOKENS, target.maxOutputTokens), atMs);
}

/** At the dearest way in which these tokens can be billed. */
function boundOf(target: ModelTarget, inputTokens: number, outputTokens: number, atMs: number): Bound {
  const costs = [0, inputTokens].flatMap((cacheCreationInputTokens) =>
    [0, outputTokens].map((reasoningOutputTokens) =>
      attemptCostUsd(
        {
          inputTokens,
          cacheReadInputTokens: 0,
          cacheCreationInputTokens,
          outputTokens,
          reasoningOutputTokens,
        },
        target,
        atMs,
        { cacheWrite1hTokens: cacheCreationInputTokens },
      ),
    ),
  );
  const known = costs.filter((usd) => usd !== null);
  return { usd: known.length === 0 ? null : Math.max(...known), tokens: inputTokens + outputTokens };
}

function larger(a: Bound, b: Bound): Bound {
  const usd = a.usd === null || b.usd === null ? null : Math.max(a.usd, b.usd);
  return { usd, tokens: Math.max(a.tokens, b.tokens) };
}

function surprised(honest: number, ratio: number, largest: number): number {
  return ratio <= 1 ? honest : Math.max(honest * ratio, largest) * SURPRISE_MARGIN;
}
