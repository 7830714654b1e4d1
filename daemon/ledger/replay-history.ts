// The policy time machine: stored exchanges -> what the same history would have cost under another policy, other prices
// or another profile, without calling anyone. Pure.

import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { Policy, RoutingTable } from '../route/policy.ts';

/** One exchange of a history, oldest first within its conversation. */
export interface HistoryStep {
  readonly conversationId: string;
  /** What the policy saw; affinity, warm tokens and switch books are replaced by those of the replayed history. */
  readonly input: DecisionInput;
  /** First choice of the plan then. */
  readonly plannedModel: string;
  /** Who answered; null = nobody. */
  readonly servedModel: string | null;
  /** Of the answer, in the tokens of the model that answered. */
  readonly usage: TokenUsage | null;
  /** All that was billed for it; null = not priced. */
  readonly costUsd: number | null;
  readonly baselineCostUsd: number | null;
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
}

export type ReplayHistory = (
  steps: Iterable<HistoryStep>,
  policy: Policy,
  table: RoutingTable,
) => ReplayedHistory;
