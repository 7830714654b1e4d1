// What an audit says; `pointsman audit --json` prints exactly this. Names of the first five members are the contract.

import type { Complexity, TokenUsage } from '../protocol/vocabulary.ts';
import type { AssistantName } from './history-record.ts';

export interface AuditReport {
  readonly requests: number;
  /** At the list prices of their day, with the prompt caches that the histories report. null = nothing could be priced. */
  readonly actualUsd: number | null;
  /** Of the same requests. null = nothing could be priced. */
  readonly routedUsd: number | null;
  /** Of all requests, by the grade of the ask that each worked on; 0..1. */
  readonly shares: Readonly<Record<Complexity, number>>;
  readonly sources: readonly AuditSource[];
  /** actualUsd - routedUsd, signed: negative = routing would have cost more. */
  readonly savedUsd: number | null;
  readonly savedRatio: number | null;
  /** 95 % interval of `routedUsd`. */
  readonly intervalUsd: readonly [low: number, high: number] | null;
  /** Requests that another model would have answered. */
  readonly moved: number;
  /** Share of the requests that are priced, 0..1; null = there are none. */
  readonly coverageRatio: number | null;
  readonly pricedRequests: number;
  /** Models without a price; their requests are in no sum. */
  readonly unpriced: readonly UnpricedModel[];
  /** The user's (and sub-agents') asks that the requests worked on. */
  readonly asks: number;
  readonly conversations: number;
  readonly tokens: TokenUsage;
  /** Days (UTC) with requests, and the first and last moment; ISO 8601. */
  readonly days: number;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly routedTo: readonly RoutedModel[];
  /** What the models to choose from were: the configuration's, or the shipped ones of the vendors in the history. */
  readonly modelsFrom: 'configuration' | 'shipped';
  readonly files: AuditFiles;
  /** The reading was interrupted; everything is of what was read until then. */
  readonly isPartial: boolean;
  readonly notes: readonly string[];
}

export interface AuditSource {
  readonly assistant: AssistantName;
  readonly requests: number;
  readonly conversations: number;
  readonly actualUsd: number | null;
  readonly routedUsd: number | null;
  readonly savedUsd: number | null;
  readonly intervalUsd: readonly [low: number, high: number] | null;
  readonly moved: number;
  readonly shares: Readonly<Record<Complexity, number>>;
  readonly tokens: TokenUsage;
  readonly models: readonly AuditedModel[];
}

export interface AuditedModel {
  /** As the history names it. */
  readonly model: string;
  readonly requests: number;
  readonly tokens: TokenUsage;
  readonly actualUsd: number | null;
  /** What the requests that were sent to it would have cost, whoever had answered them. */
  readonly routedUsd: number | null;
  readonly savedUsd: number | null;
  /** Requests of it that another model would have answered. */
  readonly moved: number;
}

export interface RoutedModel {
  readonly model: string;
  readonly requests: number;
  readonly costUsd: number;
}

export interface UnpricedModel {
  /** '' = the history does not name it. */
  readonly model: string;
  readonly requests: number;
  /** What the assistant itself took down; null = nothing. */
  readonly reportedUsd: number | null;
}

export interface AuditFiles {
  /** Files that hold a history, and how much all files looked at hold. */
  readonly read: number;
  readonly bytes: number;
  /** Lines (or elements) that are broken or half-written and were left out. */
  readonly brokenLines: number;
  readonly lines: number;
  readonly unreadable: readonly string[];
}
