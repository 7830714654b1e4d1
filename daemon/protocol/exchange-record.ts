// One client request as it is kept: ledger row, socket event and dashboard row are this same object.
// It holds no prompt and no answer text. Field names are fixed by the product's contract: add, never rename.

import type {
  CacheStatus,
  Capability,
  Classification,
  DecisionPoint,
  DialectId,
  ErrorCode,
  ExchangeStatus,
  FailureKind,
  Profile,
  RouteReason,
  TokenUsage,
  UsageSource,
} from './vocabulary.ts';

/** Unit prices that an attempt was priced with, stored so that history never changes when prices do. */
export interface UnitPrices {
  readonly inputUsdPerMtok: number;
  readonly outputUsdPerMtok: number;
  readonly cacheReadUsdPerMtok: number;
  readonly cacheWriteUsdPerMtok: number;
  /** Where the row comes from: a vendor's page, the price library, the user. */
  readonly source: string;
  /** Day the row was checked, `YYYY-MM-DD`. */
  readonly asOf: string;
}

/** One try against one target. A failed attempt can cost money too. */
export interface AttemptRecord {
  /** Model id of the configuration (not the provider's own name for it). */
  readonly model: string;
  readonly provider: string;
  /** Milliseconds since the exchange started. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly timeToFirstChunkMs: number | null;
  readonly status: 'ok' | 'failed' | 'cancelled';
  readonly errorType: FailureKind | null;
  readonly statusCode: number | null;
  readonly usage: TokenUsage | null;
  readonly usageSource: UsageSource;
  /** null = not priced. */
  readonly costUsd: number | null;
  /** The provider may have billed this attempt although it reported no usage (failed after it was sent). */
  readonly possiblyBilled: boolean;
  readonly prices: UnitPrices | null;
}

export interface ExchangeRecord {
  readonly exchangeId: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly timeToFirstChunkMs: number | null;
  /** Which assistant called: `claude-code`, `opencode`, `openai-sdk`, … or `unknown`. */
  readonly client: string;
  readonly clientDialect: DialectId;
  readonly conversationId: string;
  readonly workspaceId: string | null;
  readonly requestModel: string;
  /** Model id (of the configuration) that answered; null when none did. */
  readonly responseModel: string | null;
  readonly provider: string | null;
  readonly stream: boolean;
  readonly status: ExchangeStatus;
  readonly errorType: ErrorCode | null;
  readonly attempts: readonly AttemptRecord[];
  readonly usage: TokenUsage | null;
  readonly usageSource: UsageSource;
  /** All attempts + classifier. null when not priced; then the two below are null as well. */
  readonly costUsd: number | null;
  readonly classifierCostUsd: number;
  readonly failedAttemptsCostUsd: number;
  readonly baselineModel: string | null;
  readonly baselineCostUsd: number | null;
  /** baselineCostUsd - costUsd, signed. */
  readonly savedUsd: number | null;
  readonly priced: boolean;
  readonly cache: CacheStatus;
  readonly savedBy: SavedBy;
  /** Who in the editor caused the request, when the editor told us. */
  readonly initiator: string | null;
  readonly warnings: readonly string[];
  readonly task: Classification['taskType'] | null;
  readonly complexity: Classification['complexity'] | null;
  readonly reason: RouteReason | null;
  readonly decision: Decision | null;
}

/** `savedUsd` split by cause; the parts add up to it. */
export interface SavedBy {
  readonly routing: number;
  readonly exactCache: number;
  readonly semanticCache: number;
  readonly promptCacheInjection: number;
}

/** The whole routing decision: answer of `explain`, and `decision` of a stored record (there without `ask.text`). */
export interface Decision {
  readonly client: string;
  readonly conversationId: string;
  readonly ask: {
    /** Only in the answer of `explain`; never stored. */
    readonly text?: string;
    readonly chars: number;
    readonly earlierUserTurns: number;
  };
  readonly classification: Classification;
  readonly decisionPoint: DecisionPoint;
  readonly profile: Profile;
  readonly reason: RouteReason;
  readonly candidates: readonly Candidate[];
  readonly chosen: string;
  readonly baseline: string | null;
  readonly fallbacks: readonly string[];
  readonly wouldFlip: readonly WouldFlip[];
  /** Remarks that the record must carry, e.g. "no model fits max cost 0.0001 USD, the cheapest capable one was taken". */
  readonly notes: readonly string[];
  /** What the policy was given, so that the plan can be computed again; null only in records of failed decodes. */
  readonly input: DecisionInput | null;
  /** Key of the routing table (models, prices, profiles) in force; the ledger keeps each table once. */
  readonly tableHash: string;
}

export interface Candidate {
  readonly model: string;
  /** null = unpriced. */
  readonly expectedCostUsd: number | null;
  /** 0..1; null until success statistics exist for the model. */
  readonly successProbability: number | null;
  readonly warmTokens: number;
  /** Why it lost; null for the chosen one and for the fallbacks. */
  readonly rejected: string | null;
}

export interface WouldFlip {
  readonly change: string;
  readonly to: string;
}

/** Everything the policy saw beside the routing table. Facts and sizes only, no text. */
export interface DecisionInput {
  readonly requestModel: string;
  readonly classification: Classification;
  readonly decisionPoint: DecisionPoint;
  readonly needs: readonly Capability[];
  readonly inputTokens: number;
  readonly maxOutputTokens: number | null;
  readonly expectedOutputTokens: number;
  readonly controls: RequestControls;
  /** Overrides set from the palette or the control API, already reduced to the strongest one that applies. */
  readonly standingOverride: { readonly model: string; readonly scope: OverrideScope } | null;
  /** Model that this conversation is on; null for a new one. */
  readonly affinityModel: string | null;
  /** Models out for now (failing, cooling down, no key), with the reason. */
  readonly unavailable: readonly {
    readonly model: string;
    readonly why: string;
    /** Unix epoch ms; null or absent = not known. */
    readonly retryAtMs?: number | null;
    /** It is the request that does not suit it, not the hour: asked only when nobody else is left. */
    readonly isLasting?: boolean;
  }[];
  readonly atMs: number;
}

export type OverrideScope = 'next' | 'conversation' | 'always';

/** What the client asked for in headers and query; null = not given. */
export interface RequestControls {
  readonly headerModel: string | null;
  readonly queryModel: string | null;
  readonly profile: Profile | null;
  readonly maxCostUsd: number | null;
}
