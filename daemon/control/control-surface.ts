// What the control API can ask of the daemon. Implemented where everything comes together (app.ts) and by a plain
// object in tests; the routes know nothing else of the daemon.

import type { ExchangesQuery, SeriesQuery, TotalsQuery } from '../ledger/ledger.ts';
import type { CacheBody, CacheClearedBody, CacheExplanation } from '../protocol/cache-api.ts';
import type {
  BudgetsBody,
  DashboardTicketBody,
  ExchangeBody,
  ExchangesBody,
  FeedbackBody,
  OverrideState,
  ProfileBody,
  ProviderStatus,
  ReplayBody,
  ResendBody,
  ResendRequest,
  SeriesBody,
  StatusBody,
  TotalsBody,
  Verdict,
} from '../protocol/control-api.ts';
import type { ControlEvent } from '../protocol/control-events.ts';
import type { Decision, OverrideScope } from '../protocol/exchange-record.ts';
import type { DialectId, Profile } from '../protocol/vocabulary.ts';
import type { JsonObject, JsonValue } from '../util/json.ts';
import type { ReplayInput } from './time-machine.ts';

export interface ExplainInput {
  readonly dialect: DialectId;
  /** The request exactly as the caller wrote it inside the explain body. */
  readonly bytes: Buffer;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
}

/** A stored decision and a JSON merge patch (RFC 7396) of its input. */
export interface ExplainPatchInput {
  readonly exchangeId: string;
  readonly patch: JsonObject;
}

export interface OverrideInput {
  readonly model: string;
  readonly scope: OverrideScope;
  /** Given exactly when the scope is `conversation`. */
  readonly conversationId: string | null;
  /** How long it holds; null = until it is cleared. */
  readonly ttlMs: number | null;
}

/** Which overrides to clear; null = whichever. */
export interface ClearOverrideInput {
  readonly scope: OverrideScope | null;
  readonly conversationId: string | null;
}

export interface FeedbackInput {
  readonly exchangeId: string;
  readonly verdict: Verdict;
  /** null = none given. */
  readonly reason: string | null;
}

/** Every method may throw RouterError; its sentence is shown to the caller. */
export interface ControlSurface {
  status(): StatusBody;
  totals(query: TotalsQuery): TotalsBody;
  series(query: SeriesQuery): Promise<SeriesBody>;
  exchanges(query: ExchangesQuery): ExchangesBody;
  /** null = no such exchange. */
  exchange(exchangeId: string): ExchangeBody | null;
  /** Decides without calling anyone. */
  explain(input: ExplainInput): Decision | Promise<Decision>;
  /** Decides a stored exchange again, with its input changed. */
  explainPatched(input: ExplainPatchInput): Decision | Promise<Decision>;
  /** The stored history under another policy; calls nobody. Throws `config.invalid` for a policy that is none. */
  replay(input: ReplayInput): Promise<ReplayBody>;
  /**
   * One of the last requests again, answered by another model; null = it is not kept any more. Costs money. Aborting the
   * signal calls the model off.
   */
  resend(request: ResendRequest, signal: AbortSignal): Promise<ResendBody | null>;
  /** Throws `request.not_found` for an exchange that is not in the books. */
  feedback(input: FeedbackInput): FeedbackBody;
  cache(): CacheBody;
  clearCache(): CacheClearedBody;
  /** Throws `request.malformed` for a body that the request path would refuse. */
  explainCache(input: ExplainInput): CacheExplanation;
  /** Throws `model.unknown` for a model that is not configured. */
  setOverride(input: OverrideInput): OverrideState;
  /** Answers what is still in force afterwards. */
  clearOverride(input: ClearOverrideInput): OverrideState | null;
  budgets(): BudgetsBody;
  /** Replaces the list of budgets and nothing else of the configuration or, with `config.invalid`, nothing at all. */
  putBudgets(budgets: readonly JsonValue[]): BudgetsBody | Promise<BudgetsBody>;
  /** The configuration as the user writes it (references to keys, never keys). */
  readConfig(): JsonObject;
  /** Replaces the configuration as a whole or, with `config.invalid`, not at all. Answers what is in force. */
  putConfig(config: JsonObject): JsonObject | Promise<JsonObject>;
  /** Replaces the standing profile and nothing else of the configuration or, with `config.invalid`, nothing at all. */
  putProfile(profile: Profile): ProfileBody | Promise<ProfileBody>;
  /** An address that opens the dashboard in a browser, once. */
  dashboardTicket(): DashboardTicketBody;
  /** null takes the key away again. The key is kept in memory only and never comes back out. */
  putCredential(provider: string, apiKey: string | null): ProviderStatus | Promise<ProviderStatus>;
  /**
   * Begins the graceful stop and returns at once. With `drainMs` it is a hand-over: the port is free when this returns,
   * and what runs may go on so long; null = as a signal does.
   */
  requestShutdown(drainMs: number | null): void;
  /** The returned function ends the subscription. */
  subscribe(listener: (event: ControlEvent) => void): () => void;
}
