// What this daemon has seen of how far its estimates of tokens lie from what a model really reports. Applied to later
// estimates for the same model. In memory; a sample is enough, so most answers cost nothing.

import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { OutputEstimate } from './usage-estimate.ts';

/** The first answers of a model all count, since nothing is known yet; later ones only now and then. */
const FIRST_ANSWERS = 20;
const EVERY_NTH = 50;
/** Weight of the newest answer once there are enough; before that, the mean of all. */
const NEWEST_SHARE = 0.1;
/** Fewer say nothing: one odd request would spoil all estimates. */
const MIN_SAMPLES = 3;
/** Further off than this something else is wrong than the tokenizer. */
const MAX_RATIO = 3;
/** On a few tokens the frame is all there is. */
const MIN_OUTPUT_TOKENS = 30;
/** Models are configured, so there are few; passed-on names could be many. */
const MAX_MODELS = 1000;

export interface UsageSample {
  readonly inputTokens: number;
  /** What could be seen of the answer, or null when it must not count (sealed thoughts are no text). */
  readonly output: OutputEstimate | null;
  readonly reported: TokenUsage;
}

interface Learnt {
  answers: number;
  input: RatioMean;
  output: RatioMean;
}

/** Mean of reported / estimated. */
class RatioMean {
  #count = 0;
  #ratio = 1;

  add(ratio: number): void {
    if (!Number.isFinite(ratio) || ratio > MAX_RATIO || ratio < 1 / MAX_RATIO) return;
    this.#count += 1;
    this.#ratio += (ratio - this.#ratio) * Math.max(NEWEST_SHARE, 1 / this.#count);
  }

  get ratio(): number {
    return this.#count < MIN_SAMPLES ? 1 : this.#ratio;
  }
}

export class UsageCalibration {
  readonly #models = new Map<string, Learnt>();

  /** Whether the answer that just came from this model should be learnt from. Counts it. */
  wantsSample(modelId: string): boolean {
    const learnt = this.#learnt(modelId);
    learnt.answers += 1;
    return learnt.answers <= FIRST_ANSWERS || learnt.answers % EVERY_NTH === 0;
  }

  /** `sample` holds uncalibrated estimates. */
  learn(modelId: string, { inputTokens, output, reported }: UsageSample): void {
    const learnt = this.#learnt(modelId);
    learnt.input.add(reported.inputTokens / inputTokens);
    if (output === null || output.outputTokens < MIN_OUTPUT_TOKENS) return;
    learnt.output.add((reported.outputTokens - reported.reasoningOutputTokens) / output.outputTokens);
  }

  /** Factors for estimates of this model; 1 = nothing known. */
  ratiosOf(modelId: string): { readonly input: number; readonly output: number } {
    const learnt = this.#models.get(modelId);
    return { input: learnt?.input.ratio ?? 1, output: learnt?.output.ratio ?? 1 };
  }

  #learnt(modelId: string): Learnt {
    let learnt = this.#models.get(modelId);
    if (learnt === undefined) {
      const [oldest] = this.#models.keys();
      if (this.#models.size >= MAX_MODELS && oldest !== undefined) this.#models.delete(oldest);
      learnt = { answers: 0, input: new RatioMean(), output: new RatioMean() };
      this.#models.set(modelId, learnt);
    }
    return learnt;
  }
}
