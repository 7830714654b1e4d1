// The policy time machine: stored exchanges -> what the same history would have cost under another policy, other prices
// or another profile, without calling anyone. Pure.
//
// Counted: the bill as stored wherever the replayed choice is the model that was asked then and its prompt cache is as
// warm as it was; elsewhere the stored usage in the other model's tokens, split by the prompt cache that it would have
// had, at its prices of that hour, with the share of failed attempts that it had in this history. The classifier's cost
// stays. Not counted: prompts that would have grown otherwise, and answers that would have been worse (see
// `expectedSuccess`). What cannot be replayed counts as it was billed.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { BaselineTerms, DecisionInput } from '../protocol/exchange-record.ts';
import type { CacheStatus, TokenUsage } from '../protocol/vocabulary.ts';
import type { Policy, RoutingTable } from '../route/policy.ts';
import { HistoryReplay } from './history-replay.ts';

/** One exchange of a history, oldest first within its conversation. */
export interface HistoryStep {
  readonly conversationId: string;
  /**
   * What the policy saw; affinity, warm tokens and switch books are replaced by those of the replayed history. null = no
   * policy was asked, so there is nothing to decide again.
   */
  readonly input: DecisionInput | null;
  /** First choice of the plan then. */
  readonly plannedModel: string;
  /** Who answered; null = nobody. */
  readonly servedModel: string | null;
  /** Of the answer, in the tokens of the model that answered. */
  readonly usage: TokenUsage | null;
  /** All that was billed for it; null = not priced. */
  readonly costUsd: number | null;
  readonly baselineCostUsd: number | null;
  /** Parts of `costUsd`; absent = 0. */
  readonly classifierCostUsd?: number;
  readonly failedAttemptsCostUsd?: number;
  /** What `baselineCostUsd` is made of; absent or null = not known. */
  readonly baseline?: BaselineTerms | null;
  /** The model that it was compared with then; absent or null = not known. */
  readonly baselineModel?: string | null;
  /** Absent = no answer of ours was used again. */
  readonly cache?: CacheStatus;
}

export interface ReplayedHistory {
  readonly requests: number;
  /** Requests that could be priced under the replayed policy, of `requests`. */
  readonly priced: number;
  readonly costUsd: number;
  readonly baselineCostUsd: number;
  readonly savedUsd: number;
  /** What the same requests were really billed. */
  readonly storedCostUsd: number;
  /** 95 % interval of `costUsd`. */
  readonly intervalUsd: readonly [low: number, high: number];
  /** Requests that another model would have answered. */
  readonly moved: number;
  readonly models: readonly { readonly model: string; readonly requests: number; readonly costUsd: number }[];
  /** Of `priced`, the requests that were decided again; the others count as they were billed. */
  readonly replayed: number;
  /** Requests that could not be decided again, by reason. */
  readonly asStored: Readonly<Record<WhyAsStored, number>>;
  /** Between which models requests would have moved, those that move most money first. */
  readonly moves: readonly ReplayedMove[];
  /** The conversations whose bill changes most, largest change first. */
  readonly conversations: readonly ReplayedConversation[];
  /** Mean probability of success that is expected of the models, over the requests that were decided; null = of none. */
  readonly expectedSuccess: { readonly stored: number; readonly replayed: number } | null;
}

/**
 * `not-decided`: no policy was asked (a cached answer, a passed-on request, a failure before routing). `no-usage`: nobody
 * answered, or the tokens are not known. `unpriced`: what it cost then, or would cost now, is not known; it is left out of
 * every sum.
 */
export type WhyAsStored = 'not-decided' | 'no-usage' | 'unpriced';

export interface ReplayedMove {
  readonly from: string;
  readonly to: string;
  readonly requests: number;
  readonly storedUsd: number;
  readonly replayedUsd: number;
}

export interface ReplayedConversation {
  readonly conversationId: string;
  readonly requests: number;
  readonly storedUsd: number;
  readonly replayedUsd: number;
}

/** How the replayed world differs from the stored one beside policy and table. */
export interface ReplayOptions {
  /** Models whose stored bills are worked out anew because the question is about their prices; absent = none. */
  readonly repriced?: ReadonlySet<string>;
  /** How often the model is chosen anew, where that differs from how it was; absent = as it was. */
  readonly decideAt?: 'task' | 'request' | 'conversation';
  /** Models that answered then and are not in the table; absent = none is known. */
  readonly formerTargets?: readonly ModelTarget[];
  /** Requests that were compared with this model are compared with the table's baseline instead; absent = as they were. */
  readonly formerBaseline?: string | null;
}

export type ReplayHistory = (
  steps: Iterable<HistoryStep>,
  policy: Policy,
  table: RoutingTable,
  options?: ReplayOptions,
) => ReplayedHistory;

export const replayHistory: ReplayHistory = (steps, policy, table, options = {}) => {
  const replay = new HistoryReplay(policy, table, options);
  for (const step of steps) replay.add(step);
  return replay.result();
};
