// What the control API can ask of the daemon. Implemented where everything comes together (app.ts) and by a plain
// object in tests; the routes know nothing else of the daemon.

import type { ExchangesQuery, TotalsQuery } from '../ledger/ledger.ts';
import type {
  ExchangesBody,
  OverrideState,
  ProviderStatus,
  StatusBody,
  TotalsBody,
} from '../protocol/control-api.ts';
import type { ControlEvent } from '../protocol/control-events.ts';
import type { Decision, ExchangeRecord, OverrideScope } from '../protocol/exchange-record.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import type { JsonObject } from '../util/json.ts';

export interface ExplainInput {
  readonly dialect: DialectId;
  /** The request exactly as the caller wrote it inside the explain body. */
  readonly bytes: Buffer;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
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

/** Every method may throw RouterError; its sentence is shown to the caller. */
export interface ControlSurface {
  status(): StatusBody;
  totals(query: TotalsQuery): TotalsBody;
  exchanges(query: ExchangesQuery): ExchangesBody;
  /** null = no such exchange. */
  exchange(exchangeId: string): ExchangeRecord | null;
  /** Decides without calling anyone. */
  explain(input: ExplainInput): Decision | Promise<Decision>;
  /** Throws `model.unknown` for a model that is not configured. */
  setOverride(input: OverrideInput): OverrideState;
  /** Answers what is still in force afterwards. */
  clearOverride(input: ClearOverrideInput): OverrideState | null;
  /** The configuration as the user writes it (references to keys, never keys). */
  readConfig(): JsonObject;
  /** Replaces the configuration as a whole or, with `config.invalid`, not at all. Answers what is in force. */
  putConfig(config: JsonObject): JsonObject | Promise<JsonObject>;
  /** null takes the key away again. The key is kept in memory only and never comes back out. */
  putCredential(provider: string, apiKey: string | null): ProviderStatus | Promise<ProviderStatus>;
  /** Begins the graceful stop and returns at once. */
  requestShutdown(): void;
  /** The returned function ends the subscription. */
  subscribe(listener: (event: ControlEvent) => void): () => void;
}
