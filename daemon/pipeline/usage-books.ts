// What one request is thought to have used where the provider does not say: the estimate, with what was learnt of the
// model's earlier answers, worked out once per target. Never throws: a request that cannot be read in full has the
// estimate that it was routed by.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { AnswerSizes } from './answer-observer.ts';
import { type PromptSizes, promptSizes } from './prompt-sizes.ts';
import type { UsageGuess } from './settle.ts';
import type { UsageCalibration } from './usage-calibration.ts';
import { estimateOutputTokens, inputTokensOf } from './usage-estimate.ts';

export class UsageBooks {
  readonly #request: ConversationRequest;
  readonly #calibration: UsageCalibration | undefined;
  /** undefined = not measured yet; null = it cannot be read. */
  #sizes: PromptSizes | null | undefined;

  constructor(request: ConversationRequest, calibration: UsageCalibration | undefined) {
    this.#request = request;
    this.#calibration = calibration;
  }

  /** `routedTokens`: what the request was routed by, in the reference tokenizer. */
  guess(
    target: ModelTarget,
    seen: { readonly answer: AnswerSizes; readonly routedTokens: number; readonly warmShare: number },
  ): UsageGuess {
    const ratios = this.#calibration?.ratiosOf(target.id) ?? { input: 1, output: 1 };
    const { outputTokens, reasoningOutputTokens } = estimateOutputTokens(seen.answer, target);
    const visibleTokens = (outputTokens - reasoningOutputTokens) * ratios.output;
    return {
      inputTokens: Math.round(this.#inputTokens(target, seen.routedTokens) * ratios.input),
      warmShare: seen.warmShare,
      outputTokens: Math.round(visibleTokens) + reasoningOutputTokens,
      reasoningOutputTokens,
    };
  }

  /** A complete answer whose usage the provider reported. */
  learn(target: ModelTarget, answer: AnswerSizes, reported: TokenUsage): void {
    if (this.#calibration?.wantsSample(target.id) !== true) return;
    const sizes = this.#measured();
    // What the provider adds on its own is of this request, not of the model.
    if (sizes === null || sizes.hasUnknownParts || reported.inputTokens === 0) return;
    const isOnlyText = answer.reasoningTokens === 0 && answer.sealCount === 0;
    this.#calibration.learn(target.id, {
      inputTokens: inputTokensOf(sizes, target),
      output: isOnlyText ? estimateOutputTokens(answer, target) : null,
      reported,
    });
  }

  #inputTokens(target: ModelTarget, routedTokens: number): number {
    const sizes = this.#measured();
    return sizes === null ? routedTokens * target.tokenizerFactor : inputTokensOf(sizes, target);
  }

  #measured(): PromptSizes | null {
    if (this.#sizes === undefined) {
      try {
        this.#sizes = promptSizes(this.#request);
      } catch {
        this.#sizes = null; // a message nobody had to parse to pass it on
      }
    }
    return this.#sizes;
  }
}
