// How a request wants its answer made: sampling, tools, thinking. The words are neutral; every dialect reads its own
// fields into them and writes its own fields from them.

import type { ReasoningEffort } from '../protocol/vocabulary.ts';
import type { JsonValue } from '../util/json.ts';

export type { ReasoningEffort };

/** Weakest first. Vendors have other words (`xhigh`, `max`) for the strongest; the nearest one is taken. */
export const REASONING_EFFORTS = [
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
] as const satisfies readonly ReasoningEffort[];

export interface ReasoningWish {
  readonly effort?: ReasoningEffort;
  /** Tokens it may think, where the client set a number. */
  readonly budgetTokens?: number;
  /** The model decides itself whether it thinks. */
  readonly isAdaptive?: boolean;
  /** The client wants to read the thoughts (or a summary of them). */
  readonly showsThoughts?: boolean;
}

/** Ours; vendors give no table. In the range of what assistants ask for: 4,000, 10,000 and 31,999 tokens. */
export const TOKENS_OF_EFFORT: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 1024,
  low: 4096,
  medium: 10_240,
  high: 20_480,
  xhigh: 26_624,
  max: 31_999,
};

/**
 * The effort that a budget of thinking stands for; never above `high`, which is what a model does of its own accord. Borders half-way between the budgets that Google documents for low,
 * medium and high (1,024, 8,192 and 24,576 tokens).
 */
export function effortOfBudget(budgetTokens: number): ReasoningEffort {
  if (budgetTokens <= 0) return 'none';
  return budgetTokens < 4608 ? 'low' : budgetTokens <= 16_384 ? 'medium' : 'high';
}

export type ToolChoice =
  | { readonly kind: 'auto' | 'none' | 'required' }
  /** `name` as in `ToolDefinition.name`. */
  | { readonly kind: 'tool'; readonly name: string };

/** Everything absent = the client did not say. */
export interface RequestSettings {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly stopSequences?: readonly string[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly reasoning?: ReasoningWish;
  readonly verbosity?: 'low' | 'medium' | 'high';
  /** Number of most likely tokens to report per position; 0 = only the chosen ones. */
  readonly topLogprobs?: number;
  readonly logitBias?: JsonValue;
  readonly serviceTier?: string;
  /** Opaque id of the person or session at the client, for the provider's abuse checks. */
  readonly userId?: string;
  readonly promptCacheKey?: string;
}

export type SettingName = keyof RequestSettings;

/** The level of `offered` nearest to `wish`, the stronger one of two equally near; undefined when none is offered. */
export function nearestEffort(
  wish: ReasoningEffort,
  offered: readonly ReasoningEffort[],
): ReasoningEffort | undefined {
  const rank = (effort: ReasoningEffort): number => REASONING_EFFORTS.indexOf(effort);
  let best: ReasoningEffort | undefined;
  for (const effort of offered) {
    if (best === undefined) best = effort;
    const gain = Math.abs(rank(best) - rank(wish)) - Math.abs(rank(effort) - rank(wish));
    if (gain > 0 || (gain === 0 && rank(effort) > rank(best))) best = effort;
  }
  return best;
}
