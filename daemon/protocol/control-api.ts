// Paths, header names and bodies of the control API, for every local tool that talks to the daemon. Money in USD.

import type { ExchangeRecord, OverrideScope } from './exchange-record.ts';
import type { Profile, TokenUsage } from './vocabulary.ts';

/** Raised when a body below changes incompatibly. */
export const PROTOCOL_VERSION = 1;

export const CONTROL_PREFIX = '/pointsman/v1';

export interface ProviderStatus {
  readonly name: string;
  readonly usable: boolean;
  /** Why it is not usable, or where its key came from; never the key. */
  readonly why: string;
  readonly health: 'ok' | 'ejected';
  /** Unix epoch ms at which an ejected provider is tried again; null when healthy. */
  readonly retryAtMs: number | null;
}

export interface ModelStatus {
  readonly id: string;
  readonly provider: string;
  readonly upstreamModel: string;
  readonly tier: 'simple' | 'moderate' | 'complex';
  readonly usable: boolean;
  readonly health: 'ok' | 'ejected';
  readonly retryAtMs: number | null;
  readonly inputUsdPerMtok: number | null;
  readonly outputUsdPerMtok: number | null;
  readonly priceAsOf: string | null;
}

export interface OverrideState {
  readonly model: string;
  readonly scope: OverrideScope;
  readonly conversationId: string | null;
  /** Unix epoch ms; null = until cleared. */
  readonly expiresAtMs: number | null;
}

/** A routing test that does not hold, or something in a file of them that is none. */
export interface RoutingTestFailure {
  /** Absolute path of the file. */
  readonly path: string;
  /** Counted from 1; 0 = the file as a whole. */
  readonly line: number;
  /** Names file and line, what was expected and what came out. */
  readonly sentence: string;
}

/** How the routing tests stand with the configuration in force. */
export interface RoutingTestsStatus {
  /** The files that are there, as absolute paths. */
  readonly files: readonly string[];
  /** Tests in them. */
  readonly tests: number;
  /** Also of what does not fit into `failing`. */
  readonly failingCount: number;
  readonly failing: readonly RoutingTestFailure[];
  readonly notes: readonly string[];
}

export interface StatusBody {
  readonly version: string;
  readonly protocolVersion: number;
  readonly pid: number;
  readonly startedAt: string;
  readonly url: string;
  readonly home: string;
  readonly providers: readonly ProviderStatus[];
  readonly models: readonly ModelStatus[];
  readonly override: OverrideState | null;
  readonly profile: Profile;
  readonly baseline: string | null;
  readonly config: { readonly path: string; readonly valid: boolean; readonly error: string | null };
  readonly routingTests: RoutingTestsStatus;
  readonly ledger: {
    readonly rows: number;
    readonly path: string;
    readonly ok: boolean;
    readonly error: string | null;
  };
}

export type TotalsGroupBy = 'model' | 'task' | 'complexity' | 'client' | 'workspace' | 'day';

export interface TotalsGroup {
  readonly key: string;
  readonly requests: number;
  readonly requestShare: number;
  readonly tokens: TokenUsage;
  readonly tokenShare: number;
  readonly costUsd: number;
  readonly spendShare: number;
  readonly baselineCostUsd: number;
  readonly savedUsd: number;
}

export interface TotalsBody {
  readonly requests: number;
  readonly tokens: TokenUsage;
  readonly costUsd: number;
  readonly baselineCostUsd: number;
  readonly savedUsd: number;
  /** savedUsd / baselineCostUsd; null when there is no baseline. */
  readonly savedRatio: number | null;
  /** Share of requests that are priced and comparable; null without requests. */
  readonly coverageRatio: number | null;
  readonly classifierCostUsd: number;
  readonly failedAttemptsCostUsd: number;
  readonly latencyMs: Quantiles;
  readonly timeToFirstChunkMs: Quantiles;
  readonly successRatio: number | null;
  readonly failedRequests: number;
  readonly cacheHitRatio: number | null;
  readonly meanLatencyMs: number | null;
  readonly projection: { readonly monthlySavedUsd: number | null; readonly yearlySavedUsd: number | null };
  readonly groups: readonly TotalsGroup[];
}

/** null = nothing measured yet. */
export interface Quantiles {
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface ExchangesBody {
  /** Newest first, without `decision`. */
  readonly exchanges: readonly Omit<ExchangeRecord, 'decision'>[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: string | null;
}

export type Verdict = 'good' | 'bad';

/** Longest reason that is taken, in characters. */
export const MAX_FEEDBACK_REASON_CHARS = 500;

/** What the user said of an answer. The last verdict counts. */
export interface Feedback {
  readonly verdict: Verdict;
  /** In the user's own words, kept with the exchange and used for nothing else; null = none given. */
  readonly reason: string | null;
  /** When the verdict was given, Unix epoch ms. */
  readonly atMs: number;
}

/** Answer of `POST feedback`. */
export interface FeedbackBody extends Feedback {
  readonly exchangeId: string;
  /** Whether it counts for a model: false when nobody answered or nothing was routed. */
  readonly counted: boolean;
}

/** Answer of `GET exchanges/:id`. */
export interface ExchangeBody extends ExchangeRecord {
  readonly feedback: Feedback | null;
}

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}
