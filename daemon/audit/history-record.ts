// What every reader of a history reports, whatever the assistant wrote: asks of the user and calls of models. Texts of
// asks live only until they are classified.

import type { TokenUsage } from '../protocol/vocabulary.ts';

export type AssistantName = 'claude-code' | 'codex' | 'cline' | 'roo-code' | 'kilo-code';

/** Words that a task begins with: the user's own, or those of an agent that hands work to a sub-agent. */
export interface HistoryAsk {
  readonly conversation: string;
  /** Without what the assistant wrapped around it. */
  readonly text: string;
  readonly hasImage: boolean;
}

/** One answered request to a model, with the usage that the provider reported. */
export interface HistoryCall {
  readonly conversation: string;
  /** A sub-agent's, beside the conversation with the user. */
  readonly isSide: boolean;
  /** Equal for every copy of the same call, also in other files; null = it cannot be copied. */
  readonly key: string | null;
  /** Calls with equal keys whose variants are both known and differ are two calls. */
  readonly variant: string | null;
  /** Unix epoch ms. */
  readonly atMs: number;
  /** As the provider calls it; '' = the history does not say. */
  readonly model: string;
  /** Name in known-providers.json, where the history tells; null otherwise. */
  readonly provider: string | null;
  readonly usage: TokenUsage;
  /** How many of `usage.cacheCreationInputTokens` were written for an hour. */
  readonly cacheWrite1hTokens: number;
  /** `fast`, `batch`, …: billed above or below the list; null = as listed. */
  readonly serviceTier: string | null;
  /** What the assistant itself took down as its price, USD. */
  readonly reportedCostUsd: number | null;
}

export interface HistorySink {
  ask(ask: HistoryAsk): void;
  /** A call that was seen before replaces what was known of its usage when it says more. */
  call(call: HistoryCall): void;
  /** The conversation was summed up: its old prefix is cold everywhere. */
  compacted(conversation: string): void;
  /** The account of these calls is billed by subscription. */
  subscription(plan: string): void;
}

/** Reads one file, piece by piece: lines of a line file, elements of a JSON array. */
export interface HistoryReader {
  /** `bytes` is only valid during the call. False = the piece is broken and was left out. */
  read(bytes: Buffer): boolean;
  end(): void;
}

/** What is known of a file beside its lines. */
export interface UnnamedFile {
  /** For lines that do not name their session. */
  readonly name: string;
  /** Unix epoch ms; for lines that tell no time. */
  readonly changedAtMs: number;
}
