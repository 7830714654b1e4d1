// The control API's view of a running daemon: reads the parts, changes nothing but what a person asked for.

import { pricingAt } from '../catalog/cost.ts';
import { KNOWN_PROVIDERS } from '../catalog/known-providers.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import { isStale, priceAgeDays } from '../catalog/price-age.ts';
import { OVERLAY_VERSION } from '../catalog/price-book.ts';
import type { ConfigStore } from '../config/config-store.ts';
import { RouterError } from '../errors.ts';
import { clientDialectOf } from '../dialects/registry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { BudgetBoard } from '../pipeline/budget-board.ts';
import type { CacheDesk } from '../pipeline/cache-desk.ts';
import { explainPatched } from '../pipeline/explain-patched.ts';
import { explainRequest, type ExplainedRequest } from '../pipeline/explain.ts';
import type { PipelineDeps } from '../pipeline/serve-exchange.ts';
import type { SnapshotStore } from '../pipeline/snapshot-store.ts';
import type { CacheBody, CacheClearedBody, CacheExplanation } from '../protocol/cache-api.ts';
import {
  PROTOCOL_VERSION,
  type BudgetsBody,
  type DashboardTicketBody,
  type ExchangeBody,
  type FeedbackBody,
  type ModelStatus,
  type OverrideState,
  type PriceListStatus,
  type ProfileBody,
  type ProviderStatus,
  type StatusBody,
} from '../protocol/control-api.ts';
import type { ControlEvent } from '../protocol/control-events.ts';
import type { Decision, ExchangeRecord } from '../protocol/exchange-record.ts';
import type { Complexity, Profile } from '../protocol/vocabulary.ts';
import { explicitConversationId } from '../route/conversation-identity.ts';
import type { OverrideBoard } from '../route/override.ts';
import type { Health } from '../upstream/health.ts';
import type { JsonObject, JsonValue } from '../util/json.ts';
import type {
  ClearOverrideInput,
  ControlSurface,
  ExplainInput,
  ExplainPatchInput,
  FeedbackInput,
  OverrideInput,
} from './control-surface.ts';
import { decodeDecisionInput } from './decision-input.ts';

export interface DaemonSurfaceDeps {
  readonly config: ConfigStore;
  readonly snapshots: SnapshotStore;
  readonly pipeline: PipelineDeps;
  readonly overrides: OverrideBoard;
  readonly health: Health;
  readonly ledger: Ledger;
  readonly budgets: Pick<BudgetBoard, 'states'>;
  /** How the user's routing tests stand. */
  readonly routingTests: () => StatusBody['routingTests'];
  /** Keys handed over by the editor or the user, by provider; null takes one away. */
  readonly putCredential: (provider: string, apiKey: string | null) => Promise<void>;
  readonly identity: Pick<StatusBody, 'version' | 'pid' | 'startedAt' | 'home'>;
  readonly url: () => string;
  readonly cache: CacheDesk;
  /** The stored history under another policy. */
  readonly replay: ControlSurface['replay'];
  readonly resend: ControlSurface['resend'];
  /** A one-time ticket for the dashboard page. */
  readonly issueTicket: () => { readonly ticket: string; readonly expiresAtMs: number };
  readonly requestShutdown: ControlSurface['requestShutdown'];
  readonly subscribe: (listener: (event: ControlEvent) => void) => () => void;
}

export class DaemonSurface implements ControlSurface {
  readonly #deps: DaemonSurfaceDeps;

  constructor(deps: DaemonSurfaceDeps) {
    this.#deps = deps;
  }

  status(): StatusBody {
    const { config, snapshots, overrides, ledger, routingTests, identity, url } = this.#deps;
    const { catalog, table } = snapshots.current;
    const nowMs = this.#deps.pipeline.clock.now();
    const models = this.#modelStatuses(nowMs);
    return {
      ...identity,
      protocolVersion: PROTOCOL_VERSION,
      url: url(),
      providers: catalog.providers.map((provider) => this.#providerStatus(provider.name)),
      knownProviders: KNOWN_PROVIDERS.map(({ name }) => name),
      models,
      priceList: priceListStatus(catalog.targets, nowMs),
      override: overrides.current(),
      profile: table.profile,
      baseline: table.baseline,
      config: config.state,
      routingTests: routingTests(),
      ledger: ledger.state(),
    };
  }

  totals: ControlSurface['totals'] = (query) => this.#deps.ledger.totals(query);

  series: ControlSurface['series'] = (query) => this.#deps.ledger.series(query);

  /** A conversation may be named as the client named it or as the records do. */
  exchanges: ControlSurface['exchanges'] = ({ conversationId, ...query }) =>
    this.#deps.ledger.exchanges({
      ...query,
      ...(conversationId === undefined ? {} : { conversationId: explicitConversationId(conversationId) }),
    });

  /** What would flip a decision is worked out when somebody looks, not for every request. */
  exchange(exchangeId: string): ExchangeBody | null {
    const { ledger, pipeline } = this.#deps;
    const stored = ledger.exchange(exchangeId);
    if (stored === null) return null;
    const said = ledger.feedback(exchangeId);
    const feedback = said && { verdict: said.verdict, reason: said.reason, atMs: said.atMs };
    const record = { ...stored, feedback };
    const { decision } = stored;
    if (decision?.input == null) return record;
    const table = ledger.table(decision.tableHash);
    if (table === null) return record;
    return {
      ...record,
      decision: { ...decision, wouldFlip: pipeline.policy.wouldFlip(decision.input, table) },
    };
  }

  feedback({ exchangeId, verdict, reason }: FeedbackInput): FeedbackBody {
    const { ledger, pipeline } = this.#deps;
    const record = ledger.exchange(exchangeId);
    if (record === null) {
      throw new RouterError('request.not_found', 'there is no exchange with this id, so it cannot be rated');
    }
    const atMs = pipeline.clock.now();
    const rating = { record, tier: this.#tierOf(record), verdict, reason, atMs };
    if (verdict === 'bad') this.#forgetAnswerOf(record);
    const { counted, feedback } = this.#deps.pipeline.outcomes.rated(rating);
    return { ...feedback, counted };
  }

  explain(input: ExplainInput): Promise<Decision> {
    return explainRequest(this.#deps.pipeline, explainedRequest(input));
  }

  cache(): CacheBody {
    return this.#deps.cache.status();
  }

  clearCache(): CacheClearedBody {
    return this.#deps.cache.clear();
  }

  explainCache(input: ExplainInput): CacheExplanation {
    return this.#deps.cache.explain(explainedRequest(input));
  }

  explainPatched({ exchangeId, patch }: ExplainPatchInput): Decision {
    const { ledger, pipeline, snapshots } = this.#deps;
    const record = ledger.exchange(exchangeId);
    if (record === null) throw new RouterError('request.not_found', 'there is no exchange with this id');
    const deps = {
      policy: pipeline.policy,
      storedTable: (hash: string) => ledger.table(hash),
      presentTable: () => snapshots.current.table,
      decodeInput: decodeDecisionInput,
    };
    return explainPatched(deps, record.decision, patch);
  }

  replay: ControlSurface['replay'] = (input) => this.#deps.replay(input);

  resend: ControlSurface['resend'] = (request, signal) => this.#deps.resend(request, signal);

  dashboardTicket(): DashboardTicketBody {
    const { ticket, expiresAtMs } = this.#deps.issueTicket();
    const url = new URL('/dashboard', this.#deps.url());
    url.searchParams.set('ticket', ticket);
    return { url: url.href, expiresAt: new Date(expiresAtMs).toISOString() };
  }

  setOverride(input: OverrideInput): OverrideState {
    const { snapshots, overrides, pipeline } = this.#deps;
    const { targets } = snapshots.current.table;
    const target = targets.find(({ id }) => id === input.model);
    if (target === undefined) {
      const known = targets.map(({ id }) => id).join(', ');
      throw new RouterError('model.unknown', `no model "${input.model}" is configured; known are: ${known}`);
    }
    const { model, scope, conversationId, ttlMs } = input;
    const state = overrides.set({
      model,
      scope,
      ...(conversationId === null ? {} : { conversationId }),
      ...(ttlMs === null ? {} : { ttlMs }),
    });
    const atMs = pipeline.clock.now();
    this.#deps.pipeline.outcomes.overridden({
      model: target,
      scope,
      conversationId: state.conversationId,
      atMs,
    });
    return state;
  }

  clearOverride(input: ClearOverrideInput): OverrideState | null {
    const { overrides } = this.#deps;
    overrides.clear(input.scope ?? undefined, input.conversationId ?? undefined);
    return overrides.current();
  }

  budgets(): BudgetsBody {
    return this.#deps.budgets.states();
  }

  async putBudgets(budgets: readonly JsonValue[]): Promise<BudgetsBody> {
    const result = await this.#deps.config.putMember(['budgets'], budgets);
    if (!result.ok) throw new RouterError('config.invalid', result.error);
    return this.budgets();
  }

  readConfig(): JsonObject {
    return structuredClone(this.#deps.config.current);
  }

  async putConfig(config: JsonObject): Promise<JsonObject> {
    const result = await this.#deps.config.put(`${JSON.stringify(config, null, 2)}\n`);
    if (!result.ok) throw new RouterError('config.invalid', result.error);
    await this.#deps.snapshots.rebuild();
    return this.readConfig();
  }

  async putProfile(profile: Profile): Promise<ProfileBody> {
    const result = await this.#deps.config.putMember(['profile'], profile);
    if (!result.ok) throw new RouterError('config.invalid', result.error);
    await this.#deps.snapshots.rebuild();
    return { profile: this.#deps.snapshots.current.table.profile };
  }

  /** A vendor that nobody configured appears with its key and vanishes without it, so both ends are looked at. */
  async putCredential(provider: string, apiKey: string | null): Promise<ProviderStatus> {
    const { putCredential } = this.#deps;
    const wasKnown = this.#isKnown(provider);
    await putCredential(provider, apiKey);
    if (this.#isKnown(provider)) return this.#providerStatus(provider);
    if (apiKey !== null) await putCredential(provider, null); // a key for nobody is not kept
    if (apiKey !== null || !wasKnown) throw this.#unknownProvider(provider);
    return { name: provider, usable: false, why: 'no key any more', health: 'ok', retryAtMs: null };
  }

  requestShutdown(drainMs: number | null): void {
    this.#deps.requestShutdown(drainMs);
  }

  subscribe: ControlSurface['subscribe'] = (listener) => this.#deps.subscribe(listener);

  #providerStatus(name: string): ProviderStatus {
    const { snapshots, health } = this.#deps;
    const { catalog } = snapshots.current;
    const provider = catalog.providers.find((candidate) => candidate.name === name);
    if (provider === undefined) throw this.#unknownProvider(name);
    // A provider is out when every model of it is.
    const targets = catalog.targets.filter((target) => target.provider === name);
    const outage = targets.length === 0 ? null : health.allDownUntil(targets);
    return {
      name,
      usable: provider.usable,
      why: outage === null ? provider.why : outage.why,
      health: outage === null ? 'ok' : 'ejected',
      retryAtMs: outage?.retryAtMs ?? null,
    };
  }

  /** Of the model that answered, as it was then; null when nobody knows any more. */
  #tierOf({ responseModel, decision }: ExchangeRecord): Complexity | null {
    const { ledger, snapshots } = this.#deps;
    const table = decision === null ? null : ledger.table(decision.tableHash);
    const isIt = ({ id }: { readonly id: string }): boolean => id === responseModel;
    const target = table?.targets.find(isIt) ?? snapshots.current.table.targets.find(isIt);
    return target?.tier ?? null;
  }

  /** The record knows whose answer it was also after a restart, when the cache does not. */
  #forgetAnswerOf({ exchangeId, decision, cache }: ExchangeRecord): void {
    this.#deps.cache.forget(decision?.answerOf ?? exchangeId, cache === 'semantic');
  }

  #isKnown(provider: string): boolean {
    return this.#deps.snapshots.current.catalog.providers.some(({ name }) => name === provider);
  }

  #unknownProvider(name: string): RouterError {
    const known = this.#deps.snapshots.current.catalog.providers.map((provider) => provider.name).join(', ');
    const message = `no provider "${name}"; known are: ${known === '' ? 'none' : known}`;
    return new RouterError('request.not_found', message);
  }

  #modelStatuses(nowMs: number): readonly ModelStatus[] {
    const { snapshots, health } = this.#deps;
    return snapshots.current.catalog.targets.map((target) => {
      const outage = health.outage(target);
      const price = target.price === null ? null : pricingAt(target.price, nowMs);
      return {
        id: target.id,
        provider: target.provider,
        upstreamModel: target.upstreamModel,
        tier: target.tier,
        usable: target.usable,
        health: outage === null ? 'ok' : 'ejected',
        retryAtMs: outage?.retryAtMs ?? null,
        inputUsdPerMtok: price?.inputUsdPerMtok ?? null,
        outputUsdPerMtok: price?.outputUsdPerMtok ?? null,
        contextTokens: target.contextTokens,
        maxOutputTokens: target.maxOutputTokens,
        supports: target.supports,
        tokenizerFactor: target.tokenizerFactor,
        priceAsOf: price?.asOf ?? null,
        priceAgeDays: price === null ? null : priceAgeDays(price.asOf, nowMs),
        priceSource: price?.source ?? null,
      };
    });
  }
}

function explainedRequest({ dialect: name, bytes, headers }: ExplainInput): ExplainedRequest {
  const dialect = clientDialectOf(name);
  if (dialect === undefined) throw new Error(`the body's check let the dialect ${name} through`);
  return { dialect, bytes, headers };
}

function priceListStatus(targets: readonly ModelTarget[], nowMs: number): PriceListStatus {
  const billed = targets.filter(({ usable, billing }) => usable && billing === 'metered');
  const asOf = ({ price }: ModelTarget): string => (price === null ? '' : pricingAt(price, nowMs).asOf);
  return {
    version: OVERLAY_VERSION,
    ageDays: priceAgeDays(OVERLAY_VERSION, nowMs),
    staleModels: billed.filter((target) => isStale(asOf(target), nowMs)).map(({ id }) => id),
    unpricedModels: billed.filter(({ price }) => price === null).map(({ id }) => id),
  };
}
