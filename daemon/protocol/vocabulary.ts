// The words that the daemon, the extension, the ledger and the dashboard share. Types and string unions only: this
// folder is a leaf and imports nothing. Names follow OpenTelemetry GenAI and Envoy where they have a word for it.

/** A wire format that a client or a provider speaks. */
export type DialectId =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'google-generate'
  /** For clients only. */
  | 'ollama-chat'
  /** Passed on to a provider that has them; never routed or translated. */
  | 'openai-completions'
  | 'openai-embeddings';

/** The dialects that a provider can be configured with. */
export type UpstreamDialectId = Extract<
  DialectId,
  'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'google-generate'
>;

/** What kind of work the user's last ask is. `general` when nothing else matches. */
export type TaskType =
  'code' | 'classification' | 'reasoning' | 'translation' | 'creative' | 'vision' | 'general';

/** How hard the ask is. Also the price class ("tier") of a model: the hardest grade it is trusted with. */
export type Complexity = 'simple' | 'moderate' | 'complex';

/** The user's standing wish between price and quality. */
export type Profile = 'budget' | 'balanced' | 'quality';

/** What a model can do beyond plain text; a request that needs one is only sent to models that have it. */
export type Capability = 'tools' | 'vision' | 'reasoning' | 'json';

/** Why the model may (or may not) change at this request. Everything but `continuation` is a decision point. */
export type DecisionPoint =
  | 'new-conversation'
  | 'new-task'
  | 'compaction'
  | 'cache-expired'
  | 'subagent'
  | 'background'
  | 'continuation';

/** Why the chosen model was chosen. `fallback`: an earlier target of the plan failed and this one answered. */
export type RouteReason =
  'override' | 'exact' | 'affinity' | 'cheapest-capable' | 'escalated' | 'fallback' | 'budget' | 'cache';

export type CacheStatus = 'miss' | 'exact' | 'semantic' | 'bypass';

/** `interrupted`: the daemon died or was stopped while the exchange ran. */
export type ExchangeStatus = 'ok' | 'error' | 'cancelled' | 'interrupted';

/** Where the token counts come from: the provider, our estimate, or nobody. */
export type UsageSource = 'reported' | 'estimated' | 'none';

/** How a provider bills: by the token, by subscription (marginal price 0, left out of savings), or not at all. */
export type Billing = 'metered' | 'flat-rate' | 'free';

/**
 * Tokens of one exchange or attempt. Totals include their parts (OpenTelemetry GenAI rule): cache reads and writes are
 * inside `inputTokens`, reasoning inside `outputTokens`, also where a provider reports them apart.
 */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
}

/** What the classifier thinks of one ask. */
export interface Classification {
  readonly taskType: TaskType;
  readonly complexity: Complexity;
  /** The grade of the ask itself, where only the length of its conversation lifted it; absent = it was not lifted. */
  readonly liftedFrom?: Complexity;
  /** 0..1, how sure the classifier is of `complexity`. */
  readonly confidence: number;
  /** 0..1, probability that a model of the cheapest tier would not do. */
  readonly needsStronger: number;
  /** 0..1, probability that a model of the middle tier would not do either; never above `needsStronger`. */
  readonly needsStrongest: number;
  readonly classifierName: string;
  /** Why, in words a person understands; shown by `explain`. */
  readonly signals: readonly string[];
}

/** How hard a model is asked to think, weakest first. Vendors' other words are mapped to the nearest of these. */
export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/**
 * What was seen of a model after it answered; what each says about success stands in `route/success-statistics.ts`.
 * `completed`: the task went on or ended without any of the others.
 */
export type OutcomeKind =
  'completed' | 'weak-answer' | 'stalled' | 'asked-again' | 'overridden' | 'rated-good' | 'rated-bad';

/** How one attempt failed. What follows from each kind stands in `upstream/next-step.ts`. */
export type FailureKind =
  | 'connect'
  | 'timeout'
  | 'rate-limited'
  | 'overloaded'
  | 'server-error'
  | 'auth'
  | 'quota'
  | 'model-not-found'
  | 'context-length'
  | 'rejected'
  | 'refusal'
  | 'invalid-response'
  /** A complete answer that failed a mechanical check, so that a stronger model was asked. */
  | 'weak-answer'
  | 'interrupted'
  | 'client-closed';

/** Stable, lower dotted, low-cardinality: also the OpenTelemetry `error.type`. Table with meanings in README.md. */
export type ErrorCode =
  | 'request.malformed'
  | 'request.unsupported'
  | 'request.too_large'
  | 'request.not_found'
  | 'auth.missing'
  | 'auth.forbidden'
  | 'model.unknown'
  | 'route.no_eligible_target'
  | 'budget.exceeded'
  | 'privacy.refused'
  | 'upstream.rejected'
  | 'upstream.all_failed'
  | 'upstream.stream_interrupted'
  | 'client.closed'
  | 'config.invalid'
  | 'router.overloaded'
  | 'router.shutting_down'
  | 'router.internal';
