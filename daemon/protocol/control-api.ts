// Paths, header names and bodies of the control API, for every local tool that talks to the daemon. Money in USD.

import type { ExchangeRecord, OverrideScope, SavedBy } from './exchange-record.ts';
import type { Capability, Profile, TokenUsage } from './vocabulary.ts';

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
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  readonly supports: readonly Capability[];
  /** Its tokens per token of the o200k tokenizer, in which estimates are made. */
  readonly tokenizerFactor: number;
  readonly priceAsOf: string | null;
  /** Whole days since `priceAsOf`; null = unpriced, or nobody says when the price was checked. */
  readonly priceAgeDays: number | null;
  /** Where the price comes from: an address, a package with its version, or `configuration`; null = unpriced. */
  readonly priceSource: string | null;
}

/** The price list that the daemon ships with. */
export interface PriceListStatus {
  /** The day (`YYYY-MM-DD`) on which the list as a whole was last gone through. */
  readonly version: string;
  readonly ageDays: number | null;
  /** Ids of usable models whose price is older than a month. */
  readonly staleModels: readonly string[];
  /** Ids of usable models that are billed by the token and have no price. */
  readonly unpricedModels: readonly string[];
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
  /** Vendors that need no configuration: `PUT credentials/:provider` with a key is enough. Also those in `providers`. */
  readonly knownProviders: readonly string[];
  readonly models: readonly ModelStatus[];
  readonly priceList: PriceListStatus;
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

/**
 * Money of a group is the sum over the requests whose money is known: with `pricedRequests` 0 its cost is unknown, with
 * `comparableRequests` 0 its baseline and saving are.
 */
export interface TotalsGroup {
  readonly key: string;
  readonly requests: number;
  readonly requestShare: number;
  readonly pricedRequests: number;
  readonly comparableRequests: number;
  /** Requests whose tokens are known. */
  readonly countedRequests: number;
  readonly tokens: TokenUsage;
  readonly tokenShare: number;
  readonly costUsd: number;
  readonly spendShare: number;
  readonly baselineCostUsd: number;
  readonly savedUsd: number;
}

export interface TotalsBody {
  readonly requests: number;
  readonly pricedRequests: number;
  /** Priced and with a baseline. */
  readonly comparableRequests: number;
  readonly tokens: TokenUsage;
  readonly costUsd: number;
  /** The part of `costUsd` that rests on estimated usage. */
  readonly estimatedCostUsd: number;
  readonly baselineCostUsd: number;
  readonly savedUsd: number;
  /** Adds up to `savedUsd`. */
  readonly savedBy: SavedBy;
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
  readonly projection: Projection;
  readonly groups: readonly TotalsGroup[];
  /** Only when asked for (`details=1`). */
  readonly details?: TotalsDetails;
}

/** null = less than a day of requests. */
export interface Projection {
  readonly monthlySavedUsd: number | null;
  readonly yearlySavedUsd: number | null;
  /** 95 % interval of what the next month and year will save if work goes on like this; only with `details=1`. */
  readonly monthlySavedIntervalUsd?: Interval | null;
  readonly yearlySavedIntervalUsd?: Interval | null;
  /** UTC days that it rests upon, idle ones included; only with `details=1`. */
  readonly days?: number | null;
}

export type Interval = readonly [low: number, high: number];

/** What a report needs beside the totals. Money is of the comparable requests, so that it adds up. */
export interface TotalsDetails {
  /** baselineCostUsd - answersCostUsd - failedAttemptsCostUsd - classifierCostUsd = savedUsd. */
  readonly compared: {
    readonly requests: number;
    readonly baselineCostUsd: number;
    /** Of attempts that did not fail. */
    readonly answersCostUsd: number;
    readonly failedAttemptsCostUsd: number;
    readonly classifierCostUsd: number;
    readonly savedUsd: number;
  };
  /** Answered by a provider that is paid by subscription: no part of cost or saving. */
  readonly flatRate: { readonly requests: number; readonly tokens: TokenUsage };
  /** Neither compared nor flat-rate, by reason. */
  readonly unpricedRequests: number;
  readonly otherRequests: number;
  readonly beforeAfter: BeforeAfter;
  /** The projected saving by grade of the ask; adds up to it. */
  readonly grades: readonly GradeOutlook[];
}

/** The same requests without a router and as they went; `before` and `after` null = not known. */
export interface BeforeAfter {
  readonly monthlyCostUsd: Compared;
  readonly averageCostUsd: Compared;
  /** `before`: of requests that the baseline model answered. */
  readonly meanLatencyMs: Compared;
  /** `before`: of requests that the baseline model was asked first, without what was then asked instead. */
  readonly successRatio: Compared;
  readonly failedRequests: Compared;
  /** How many requests the three `before` above rest upon: those that the baseline model was asked first. */
  readonly baselineFirstRequests: number;
  readonly cacheHitRatio: Compared;
  /** Share of the prompts that came out of the providers' caches. */
  readonly promptCacheRatio: Compared;
  /** Share of good ones among the ratings. */
  readonly goodRatingRatio: Compared;
  readonly ratings: { readonly before: number; readonly after: number };
}

export interface Compared {
  readonly before: number | null;
  readonly after: number | null;
}

export interface GradeOutlook {
  readonly grade: string;
  /** Of the comparable requests. */
  readonly requestShare: number;
  readonly monthlyRequests: number | null;
  readonly savedPerRequestUsd: number;
  readonly monthlySavedUsd: number | null;
  readonly yearlySavedUsd: number | null;
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

/** One configured budget and how it stands; answer of `GET` and `PUT budgets`. */
export interface BudgetState {
  /** `all`, a kind and a name, or a kind alone: each workspace, client or conversation for itself. */
  readonly scope: string;
  readonly period: 'day' | 'week' | 'month';
  readonly limitUsd?: number;
  readonly limitTokens?: number;
  readonly onReach: 'warn' | 'downgrade' | 'block';
  /** In the present period; of "each one for itself" what the largest of them spent. Both are always counted. */
  readonly spentUsd: number;
  readonly spentTokens: number;
  /** ISO 8601, UTC. */
  readonly resetsAt: string;
  /** What it does now; `ok` = nothing. */
  readonly state: 'ok' | 'warn' | 'downgrade' | 'block';
  /** 0..1, how hard it leans to cheaper models; 0 where it does not downgrade. */
  readonly pressure: number;
  /** Of "each one for itself": the largest ones, largest first. */
  readonly instances?: readonly Pick<
    BudgetState,
    'scope' | 'spentUsd' | 'spentTokens' | 'state' | 'pressure'
  >[];
  /** Why nobody knows what was spent; absent = it is known. */
  readonly error?: string;
}

export interface BudgetsBody {
  readonly budgets: readonly BudgetState[];
}

/** Answer of `POST replay`: the stored history under another policy, prices or profile. */
export interface ReplayBody {
  readonly requests: number;
  /** Those whose cost is known then and now: what every sum is over. */
  readonly priced: number;
  readonly costUsd: number;
  readonly baselineCostUsd: number;
  /** Signed; of the requests that have a baseline. */
  readonly savedUsd: number;
  /** What they were really billed. */
  readonly storedCostUsd: number;
  /** 95 % interval of `costUsd`. */
  readonly intervalUsd: Interval;
  /** Requests that another model would have answered. */
  readonly moved: number;
  /** Of `priced`, those that were decided again; the others count as they were billed. */
  readonly replayed: number;
  /** Requests that could not be decided again, by reason. */
  readonly asStored: Readonly<Record<'not-decided' | 'no-usage' | 'unpriced', number>>;
  readonly models: readonly { readonly model: string; readonly requests: number; readonly costUsd: number }[];
  /** Those that move most money first. */
  readonly moves: readonly {
    readonly from: string;
    readonly to: string;
    readonly requests: number;
    readonly storedUsd: number;
    readonly replayedUsd: number;
  }[];
  /** The conversations whose bill changes most; estimates before the last figures were learnt. */
  readonly conversations: readonly {
    readonly conversationId: string;
    readonly requests: number;
    readonly storedUsd: number;
    readonly replayedUsd: number;
  }[];
  /** Mean probability of success that is expected of the chosen models; null = of no request. */
  readonly expectedSuccess: { readonly stored: number; readonly replayed: number } | null;
  readonly profile: Profile;
  readonly notes: readonly string[];
}

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}

/** Answer of `GET /healthz?challenge=C`: proves that who listens knows the admin token, before anybody sends it. */
export interface HealthBody {
  readonly status: 'ok';
  /**
   * Hex HMAC-SHA256 of `pointsman-hello:PORT:C` with the admin token as key; only where a challenge was sent. PORT is the
   * one that the daemon was asked on: a stranger who passes the challenge on to the daemon's real port gets a proof that
   * does not hold for its own.
   */
  readonly proof?: string;
}

/** What a challenge looks like; anything else gets no proof. */
export const CHALLENGE_PATTERN = /^[0-9a-f]{32}$/;
export const CHALLENGE_PREFIX = 'pointsman-hello:';

/** The text that a proof is made over. */
export function challengeText(port: number, challenge: string): string {
  return `${CHALLENGE_PREFIX}${port}:${challenge}`;
}

/** Body and answer of `PUT profile`: the standing profile, written into the configuration and nothing else of it. */
export interface ProfileBody {
  readonly profile: Profile;
}

/** Body of `POST shutdown`; `{}` = as a signal does. */
export interface ShutdownRequest {
  /** How long running exchanges may go on; the port is free at once. At most 30 minutes. */
  readonly drainMs?: number;
}

/** The longest `drainMs`: no exchange runs longer. */
export const MAX_DRAIN_MS = 30 * 60_000;

/** Line on stderr of `pointsman serve` when it cannot start, for whoever supervises it; the sentence follows in words. */
export interface ServeFailure {
  readonly event: 'failed';
  readonly code: 'port-taken' | 'already-running' | 'home-unusable' | 'failed';
  /** The port that was asked for; only with `port-taken`. */
  readonly port?: number;
}

/** Answer of `POST dashboard-ticket`: opens the dashboard in a browser, once, within a minute. */
export interface DashboardTicketBody {
  readonly url: string;
  readonly expiresAt: string;
}

/** Answer of `GET series`: totals in equal slices of time, oldest first; empty slices are left out. */
export interface SeriesBody {
  readonly bucketMs: number;
  readonly points: readonly SeriesPoint[];
}

/** Money is of the requests whose money is known, as in `TotalsGroup`. */
export interface SeriesPoint {
  /** Unix epoch ms. */
  readonly startMs: number;
  readonly requests: number;
  readonly comparableRequests: number;
  readonly failedRequests: number;
  readonly costUsd: number;
  readonly baselineCostUsd: number;
  readonly savedUsd: number;
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly outputTokens: number;
}

/** Body of `POST resend`: the same request again, answered by `model`. Costs money, and is an exchange of its own. */
export interface ResendRequest {
  readonly exchangeId: string;
  readonly model: string;
}

/** Answer of `POST resend`. Texts are kept in memory only, for the last few requests. */
export interface ResendBody {
  readonly original: ResendSide;
  readonly again: ResendSide;
}

export interface ResendSide {
  readonly exchangeId: string;
  readonly model: string | null;
  /** null = not kept. Tool calls are named in brackets. */
  readonly text: string | null;
  readonly costUsd: number | null;
  readonly durationMs: number;
  readonly usage: TokenUsage | null;
  readonly status: 'ok' | 'error' | 'cancelled' | 'interrupted';
}

/** Answer of `GET assistants`. */
export interface AssistantsBody {
  readonly assistants: readonly AssistantState[];
}

/** An assistant that can be pointed at the daemon by changing its own configuration. */
export interface AssistantState {
  /** As in `pointsman connect ID`. */
  readonly id: string;
  readonly displayName: string;
  /** Its program or its configuration was found on this machine. */
  readonly isFound: boolean;
  /** `changed`: connected once, and the marked part was edited since. */
  readonly state: 'connected' | 'not-connected' | 'changed';
  /** What to know or do by hand, as sentences. */
  readonly notes: readonly string[];
}

/** Answer of `GET assistants/:id`: exactly what connecting would write. */
export interface AssistantPlan extends AssistantState {
  readonly changes: readonly AssistantChange[];
  /** Passed back with `PUT`; the change is refused when the files differ by then. */
  readonly fingerprint: string;
}

export interface AssistantChange {
  /** Absolute path. */
  readonly path: string;
  /** null = the file does not exist (before), or is removed (after). Secrets are shown as `…`. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Answer of `PUT` (connect) and `DELETE` (undo) of `assistants/:id`. */
export interface AssistantResult extends AssistantState {
  readonly changedPaths: readonly string[];
  /** Copies of the files as they were. */
  readonly backupPaths: readonly string[];
}
