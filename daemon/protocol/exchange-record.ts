// One client request as it is kept: ledger row, socket event and dashboard row are this same object.
// It holds no prompt and no answer text. Field names are fixed by the product's contract: add, never rename.

import type {
  CacheStatus,
  Capability,
  Classification,
  Complexity,
  DecisionPoint,
  DialectId,
  ErrorCode,
  ExchangeStatus,
  FailureKind,
  OutcomeKind,
  Profile,
  ReasoningEffort,
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
  /** `provider`: the provider said what it costs. `prices`: tokens times `prices`. Absent = not priced, or not billed. */
  readonly costSource?: 'provider' | 'prices';
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
  /** All attempts + what deciding cost. null when not priced; then the two below are null as well. */
  readonly costUsd: number | null;
  /** What deciding cost: the model that graded the ask, and the embeddings that told what it is like. */
  readonly classifierCostUsd: number;
  readonly failedAttemptsCostUsd: number;
  readonly baselineModel: string | null;
  readonly baselineCostUsd: number | null;
  /** baselineCostUsd - costUsd, signed. */
  readonly savedUsd: number | null;
  /** What `baselineCostUsd` is made of, so that it can be worked out again; null or absent = it is not a sum of tokens. */
  readonly baseline?: BaselineTerms | null;
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

/** The usage that the baseline model would have reported, with its own prompt cache replayed, and its prices then. */
export interface BaselineTerms {
  /** Not rounded to whole tokens. */
  readonly usage: TokenUsage;
  readonly prices: UnitPrices;
  /** Below 1 where the model that answered was seen to write more than the baseline does; absent = 1. */
  readonly outputRatio?: number;
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
  /** What kept the next cheaper model from being chosen, as a sentence; null when the cheapest of all was chosen. */
  readonly bindingConstraint: string | null;
  readonly chosen: string;
  /** How hard the chosen model is asked to think; null = as the client asked. */
  readonly effort: ReasoningEffort | null;
  readonly baseline: string | null;
  readonly fallbacks: readonly string[];
  readonly wouldFlip: readonly WouldFlip[];
  /** What moving or staying is expected to cost, where the conversation was on another model; absent = no such choice. */
  readonly switchEconomics?: SwitchEconomics | null;
  /** The model that the task stays on while another one does this step (`policy.mixedPlan`); absent = none. */
  readonly helps?: string;
  /** The exchange whose stored answer was given again, so that `chosen` was not asked; absent = no stored answer was given. */
  readonly answerOf?: string;
  /** Remarks that the record must carry, e.g. "no model fits max cost 0.0001 USD, the cheapest capable one was taken". */
  readonly notes: readonly string[];
  /** What the policy was given, so that the plan can be computed again; null only in records of failed decodes. */
  readonly input: DecisionInput | null;
  /** Key of the routing table (models, prices, profiles) in force; the ledger keeps each table once. */
  readonly tableHash: string;
}

/** The price of moving a conversation, over the requests that its task is expected to take. */
export interface SwitchEconomics {
  readonly fromModel: string;
  /** The model that the conversation would go to, or went to. */
  readonly toModel: string;
  /** Requests looked ahead, this one included. */
  readonly expectedSteps: number;
  /** Over those requests, with what is warm on each model, the chance of a failure and the way back. */
  readonly stayCostUsd: number;
  readonly moveCostUsd: number;
  /** After how many requests the move has paid for its cold start; null = never, as far as is looked. */
  readonly paybackSteps: number | null;
  /** What may still be spent above never switching (`policy.maxSwitchSpendRatio`); null = the baseline has not answered here. */
  readonly allowanceUsd: number | null;
  readonly moved: boolean;
}

export interface Candidate {
  readonly model: string;
  /** Of this request alone; null = unpriced. */
  readonly expectedCostUsd: number | null;
  /** Over the rest of the task, a stronger model after a failure included; null = unpriced, absent = not looked at. */
  readonly expectedTaskCostUsd?: number | null;
  /** 0..1, expected for this ask; null where it was not looked at (a model that was named). */
  readonly successProbability: number | null;
  readonly warmTokens: number;
  /** The level of effort that these figures are for; null = as the client asked. */
  readonly effort: ReasoningEffort | null;
  /** Why it lost, also where only the price or the order decided; null for the chosen one. */
  readonly rejected: string | null;
}

export interface WouldFlip {
  readonly change: string;
  readonly to: string;
  /** The same change for programs: a JSON merge patch (RFC 7396) of `input`. */
  readonly patch: Readonly<Record<string, unknown>>;
}

/** Weighted counts of outcomes seen on this machine; old ones count less. */
export interface OutcomeCounts {
  readonly successes: number;
  readonly failures: number;
}

/** What was seen on this machine of asks like this one. */
export interface SuccessEvidence {
  /** Kind of ask: task type, length, code, mathematics. */
  readonly cohort: string;
  readonly tiers: Readonly<Partial<Record<Complexity, OutcomeCounts>>>;
  /** By model id; models without outcomes are absent. */
  readonly models: Readonly<Record<string, OutcomeCounts>>;
}

/** One thing seen of a model after it answered; kept by the ledger, without any text. */
export interface OutcomeRecord {
  /** Unix epoch ms. */
  readonly atMs: number;
  readonly exchangeId: string;
  readonly cohort: string;
  readonly model: string;
  readonly tier: Complexity;
  readonly kind: OutcomeKind;
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
  /** The level of effort that this task is on, where the policy set one; null = as the client asks. */
  readonly affinityEffort: ReasoningEffort | null;
  /** What the client asked for; null = it did not say. */
  readonly requestedEffort: ReasoningEffort | null;
  readonly evidence: SuccessEvidence;
  /** Set when the task goes badly on its model: only stronger ones come into question. */
  readonly escalation: { readonly fromModel: string; readonly why: string } | null;
  /** Models out for now (failing, cooling down, no key), with the reason. */
  readonly unavailable: readonly {
    readonly model: string;
    readonly why: string;
    /** Unix epoch ms; null or absent = not known. */
    readonly retryAtMs?: number | null;
    /** It is the request that does not suit it, not the hour: asked only when nobody else is left. */
    readonly isLasting?: boolean;
  }[];
  /** Prompt caches and the length of tasks; absent in records of older versions and where nothing is known. */
  readonly economics?: EconomicsInput;
  /** The last step of the task only read, and went well; only looked at for the mixed plan. */
  readonly isRoutineStep?: boolean;
  /** A budget that is running out and asks for cheaper models; null or absent = none. */
  readonly budgetPressure?: BudgetPressure | null;
  /** Privacy rules that the request falls under; null or absent = none. */
  readonly privacy?: PrivacyHold | null;
  readonly atMs: number;
}

/** What privacy rules allow for one request. Never holds a word of it. */
export interface PrivacyHold {
  /** Names of the rules, in the order of the configuration. */
  readonly rules: readonly string[];
  /** Providers that may see the request. */
  readonly providers: readonly string[];
  /** Those are there because they are on this machine. */
  readonly isLocalOnly: boolean;
  /** No model at all may see it. */
  readonly isRefused: boolean;
}

/** What staying on a model and moving to another are reckoned with. Tokens of the reference tokenizer (o200k). */
export interface EconomicsInput {
  /** Requests that the task is expected to take from this one on, this one included; at least 1. */
  readonly expectedSteps: number;
  /** What each further request of the task is expected to add to the prompt, and to be answered with. */
  readonly stepInputTokens: number;
  readonly stepOutputTokens: number;
  /** How much of this prompt each model has in its prompt cache, by model id; absent = nothing. */
  readonly warmTokens: Readonly<Record<string, number>>;
  /** Which share of a warm prefix is really read from the cache, learnt from answers, by model id; absent = all of it. */
  readonly cacheHitRatios: Readonly<Record<string, number>>;
  /** How much a model writes against the others, learnt from answers, by model id; absent = as much. */
  readonly outputRatios?: Readonly<Record<string, number>>;
  /** Bills of this conversation since the baseline model first answered in it; null = it has not. */
  readonly switchBooks: SwitchBooks | null;
}

export interface SwitchBooks {
  readonly baselineModel: string;
  /** What was billed since then. */
  readonly actualUsd: number;
  /** What staying on the baseline would have been billed. */
  readonly stayUsd: number;
  /** How much of this prompt the baseline model would have warm, had it served everything since. */
  readonly stayWarmTokens: number;
}

export interface BudgetPressure {
  /** The budget, in words: `workspace:billing-api, 5 USD a day`. */
  readonly budget: string;
  /** 0 = just begun to lean to cheaper models, 1 = nothing left: the cheapest that can answer at all. */
  readonly pressure: number;
}

export type OverrideScope = 'next' | 'conversation' | 'always';

/** What the client asked for in headers and query; null = not given. */
export interface RequestControls {
  readonly headerModel: string | null;
  readonly queryModel: string | null;
  readonly profile: Profile | null;
  readonly maxCostUsd: number | null;
}
