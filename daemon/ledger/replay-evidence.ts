// What a history teaches about its models while it is walked through: how long their answers are, how many tokens a prompt
// has in their tokenizers, how much of a warm prompt they really read, what their failures cost.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { Complexity, DecisionPoint, TokenUsage } from '../protocol/vocabulary.ts';
import { ModelEffects, type EffectPosterior } from './model-effects.ts';

/**
 * Assumptions, logarithmic: answers of two models to the same ask differ by a quarter (one standard deviation, 0.2 each),
 * which covers thinking models against terse ones within two of them; the single answer by nearly a half.
 */
const LENGTH_PRIOR = { modelSpread: 0.2, noiseSpread: 0.45, selectionSpread: 0.1, clusterShare: 0.3 };

/** The catalog's tokenizer factors are measured on other texts: within 5 %. */
const TOKENIZER_PRIOR = { modelSpread: 0.05, noiseSpread: 0.05, selectionSpread: 0.01, clusterShare: 0.5 };

/** Hit ratio before anything was seen: explicit caches keep what they were paid for, automatic ones are best effort. */
const HIT_PRIOR = { explicit: { mean: 0.99, weight: 60 }, automatic: { mean: 0.82, weight: 4.5 } };

/**
 * A miss after a miss is this much likelier than after a hit, before anything was seen; known from so many misses. Rather
 * too much than too little: the few large misses of a run are what makes a bill dearer than was thought.
 */
const RUN_PRIOR = { excess: 0.35, weight: 8 };

/** A share of failures that is worth telling. */
const LEAST_FAILURE_REQUESTS = 20;

/** Estimates of shorter prompts say more about framing than about a tokenizer. */
const LEAST_PROMPT_TOKENS = 500;

const GRADES: readonly Complexity[] = ['simple', 'moderate', 'complex'];
/** Inside of a task, beside the conversation, at the beginning of a task. */
const PLACES = 3;

function gradeOf(complexity: Complexity): number {
  return Math.max(0, GRADES.indexOf(complexity));
}

function placeOf(point: DecisionPoint): number {
  return point === 'continuation' ? 0 : point === 'background' ? 1 : 2;
}

interface Hits {
  warmTokens: number;
  readTokens: number;
  warmSquares: number;
}

/** A Beta distribution. */
export interface HitRatio {
  readonly mean: number;
  /** How many requests it is known from. */
  readonly weight: number;
}

export interface SeenAnswer {
  readonly input: DecisionInput;
  readonly usage: TokenUsage;
  readonly target: ModelTarget;
  /** Tokens of the reference tokenizer. */
  readonly warmTokens: number;
  /** True the first time that this conversation shows the kind (a small whole number) of a model. */
  readonly isFirstOfKind: (model: string, kind: number) => boolean;
  /** Whether the model's cache hit the last time in this conversation; null = it was not asked. */
  readonly hitBefore: (model: string, isHit: boolean) => boolean | null;
}

export class ReplayEvidence {
  readonly #lengths = new ModelEffects(LENGTH_PRIOR);
  readonly #tokenizers = new ModelEffects(TOKENIZER_PRIOR);
  readonly #hits = new Map<string, Hits>();
  readonly #afterMiss = { requests: 0, misses: 0 };
  readonly #afterHit = { requests: 0, misses: 0 };
  readonly #failures = new Map<string, { requests: number; failedUsd: number; answersUsd: number }>();

  answered(answer: SeenAnswer): void {
    const { input, usage, target, warmTokens, isFirstOfKind } = answer;
    const place = placeOf(input.decisionPoint);
    if (usage.outputTokens > 0) {
      const kind = gradeOf(input.classification.complexity) * PLACES + place;
      const logarithm = Math.log(usage.outputTokens / target.tokenizerFactor);
      this.#lengths.observe(kind, target.id, logarithm, isFirstOfKind(target.id, kind));
    }
    if (usage.inputTokens > 0 && input.inputTokens >= LEAST_PROMPT_TOKENS) {
      const logarithm = Math.log(usage.inputTokens / (input.inputTokens * target.tokenizerFactor));
      const isFirst = isFirstOfKind(target.id, GRADES.length * PLACES + place);
      this.#tokenizers.observe(place, target.id, logarithm, isFirst);
    }
    if (warmTokens > 0) this.#noteHit(answer);
  }

  /** What a request cost that was meant for `model`. */
  planned(model: string, failedUsd: number, answerUsd: number): void {
    let sums = this.#failures.get(model);
    if (sums === undefined) this.#failures.set(model, (sums = { requests: 0, failedUsd: 0, answersUsd: 0 }));
    sums.requests += 1;
    sums.failedUsd += failedUsd;
    sums.answersUsd += answerUsd;
  }

  /** Cost of failed attempts per USD of answers. */
  failureShare(model: string): number {
    const own = this.#failures.get(model);
    if (own !== undefined && own.requests >= LEAST_FAILURE_REQUESTS && own.answersUsd > 0) {
      return own.failedUsd / own.answersUsd;
    }
    let failedUsd = 0;
    let answersUsd = 0;
    for (const sums of this.#failures.values()) {
      failedUsd += sums.failedUsd;
      answersUsd += sums.answersUsd;
    }
    return answersUsd > 0 ? failedUsd / answersUsd : 0;
  }

  lengths(models: readonly string[]): EffectPosterior {
    return this.#lengths.posterior(models);
  }

  tokenizers(models: readonly string[]): EffectPosterior {
    return this.#tokenizers.posterior(models);
  }

  hitRatio({ id, promptCache }: Pick<ModelTarget, 'id' | 'promptCache'>): HitRatio {
    const { mean, weight } = promptCache.kind === 'explicit' ? HIT_PRIOR.explicit : HIT_PRIOR.automatic;
    const hits = this.#hits.get(id);
    if (hits === undefined || hits.warmSquares === 0) return { mean, weight };
    const ratio = Math.min(1, hits.readTokens / hits.warmTokens);
    // Large prompts count for more than small ones, and hits come in runs.
    const runs = promptCache.kind === 'explicit' ? 1 : this.missRuns();
    const seen = hits.warmTokens ** 2 / hits.warmSquares / runs;
    return { mean: (mean * weight + ratio * seen) / (weight + seen), weight: weight + seen };
  }

  /** Misses of best-effort caches come in runs: what is known and what happens is worth this many times less. */
  missRuns(): number {
    const { requests, misses } = this.#afterMiss;
    const other = this.#afterHit.requests === 0 ? 0 : this.#afterHit.misses / this.#afterHit.requests;
    const { excess, weight } = RUN_PRIOR;
    const seen = requests === 0 ? 0 : misses / requests - other;
    const likely = Math.min(0.8, Math.max(0, (excess * weight + seen * requests) / (weight + requests)));
    return (1 + likely) / (1 - likely);
  }

  #noteHit({ input, usage, target, warmTokens, hitBefore }: SeenAnswer): void {
    const { id: model, promptCache } = target;
    const warmShare = warmTokens / input.inputTokens;
    if (promptCache.kind === 'automatic') {
      const isHit = usage.cacheReadInputTokens > 0.5 * usage.inputTokens * warmShare;
      const before = hitBefore(model, isHit);
      const seen = before === false ? this.#afterMiss : this.#afterHit;
      if (before !== null) {
        seen.requests += 1;
        seen.misses += isHit ? 0 : 1;
      }
    }
    let hits = this.#hits.get(model);
    if (hits === undefined) this.#hits.set(model, (hits = { warmTokens: 0, readTokens: 0, warmSquares: 0 }));
    const warm = usage.inputTokens * Math.min(1, warmShare);
    hits.warmTokens += warm;
    hits.readTokens += Math.min(warm, usage.cacheReadInputTokens);
    hits.warmSquares += warm * warm;
  }
}
