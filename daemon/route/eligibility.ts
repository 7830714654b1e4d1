// Hard filters: what rules a model out for one request, whatever it costs. Each rejection says which filter it was and
// why, with the numbers, because "why not that model" is the question users ask most.

import type { ModelTarget } from '../catalog/model-target.ts';
import { whyHeldBack } from '../privacy/privacy-hold.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { Capability, DialectId } from '../protocol/vocabulary.ts';

export type EligibilityFilter = 'provider' | 'dialect' | 'privacy' | 'context' | 'unavailable' | Capability;

export interface Rejection {
  readonly filter: EligibilityFilter;
  /** A phrase that follows the model's name: "needs 210000 tokens of context, has 128000". */
  readonly why: string;
}

/** The part of a decision's input that the filters read. */
export type EligibilityInput = Pick<
  DecisionInput,
  'needs' | 'inputTokens' | 'expectedOutputTokens' | 'unavailable' | 'privacy' | 'atMs'
>;

export interface EligibilityOptions {
  /** Dialects that can be spoken to providers; absent = all. */
  readonly dialects?: readonly DialectId[];
}

const LACKS: Readonly<Record<Capability, string>> = {
  tools: 'cannot call tools',
  vision: 'cannot see images',
  reasoning: 'cannot be asked to reason',
  json: 'cannot be held to a JSON answer',
};

/**
 * The first filter that rules the model out, lasting reasons before passing ones; null = eligible.
 * A client's output limit above the model's is no reason: it is clamped when the request is encoded.
 */
export function rejectionOf(
  target: ModelTarget,
  input: EligibilityInput,
  options: EligibilityOptions = {},
): Rejection | null {
  if (!target.usable) {
    return { filter: 'provider', why: target.unusableWhy ?? `provider ${target.provider} is not usable` };
  }
  if (options.dialects !== undefined && !options.dialects.includes(target.dialect)) {
    return { filter: 'dialect', why: `speaks ${target.dialect}, which is not served yet` };
  }
  const heldBack = whyHeldBack(target, input.privacy);
  if (heldBack !== null) return { filter: 'privacy', why: heldBack };
  for (const need of input.needs) {
    if (!target.supports.includes(need)) return { filter: need, why: LACKS[need] };
  }
  const neededTokens = contextNeedTokens(target, input);
  if (neededTokens > target.contextTokens) {
    return {
      filter: 'context',
      why: `needs ${neededTokens} tokens of context, has ${target.contextTokens}`,
    };
  }
  return outage(target, input);
}

/**
 * Tokens, in the model's own tokenizer, that the request and the answer to expect take up. The client's output limit
 * does not count: assistants ask for 128,000 and use 500.
 */
export function contextNeedTokens(
  target: Pick<ModelTarget, 'tokenizerFactor' | 'maxOutputTokens'>,
  input: Pick<DecisionInput, 'inputTokens' | 'expectedOutputTokens'>,
): number {
  const outputTokens = Math.min(input.expectedOutputTokens * target.tokenizerFactor, target.maxOutputTokens);
  return Math.ceil(input.inputTokens * target.tokenizerFactor + outputTokens);
}

function outage(target: ModelTarget, input: EligibilityInput): Rejection | null {
  const out = input.unavailable.find((entry) => entry.model === target.id);
  if (out === undefined) return null;
  if (out.isLasting === true) return { filter: 'unavailable', why: out.why };
  const when =
    typeof out.retryAtMs === 'number'
      ? `, tried again in ${Math.max(0, Math.ceil((out.retryAtMs - input.atMs) / 1000))} s`
      : '';
  return { filter: 'unavailable', why: `is out for now: ${out.why}${when}` };
}
