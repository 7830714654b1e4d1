// One client request from arrival to its single record. Holds what happened so far; `finish` turns it into the record
// exactly once, whatever happened. Everything is handed in, so that a test can run it on a virtual clock.

import type { CachedAnswer } from '../cache/response-cache.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { RequestFeatures } from '../classify/classifier.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import { RouterError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ControlEvent } from '../protocol/control-events.ts';
import type { AttemptRecord, Decision, ExchangeRecord } from '../protocol/exchange-record.ts';
import type { CacheStatus, ExchangeStatus, FailureKind, RouteReason } from '../protocol/vocabulary.ts';
import type { ConversationStore } from '../route/conversation-store.ts';
import type { AttemptReport, Refusal } from '../upstream/attempt-loop.ts';
import type { AttemptOutcome } from '../upstream/attempt.ts';
import type { Health } from '../upstream/health.ts';
import type { Clock } from '../util/clock.ts';
import type { JsonObject } from '../util/json.ts';
import type { Log } from '../util/log.ts';
import { answerHeaders, answerMetadata, requestIdHeaders, type AnswerLabels } from './answer-labels.ts';
import { AnswerObserver } from './answer-observer.ts';
import { conversationAfter } from './conversation-memory.ts';
import { PromptBooks, type PromptCaches } from './prompt-books.ts';
import { NO_CONTROLS, type ReceivedControls } from './request-controls.ts';
import {
  attemptMoney,
  settleMoney,
  settleUsage,
  type ExchangeMoney,
  type Usage,
  type UsageGuess,
} from './settle.ts';
import type { AnswerSeals } from './signed-history.ts';
import type { RouterSnapshot } from './snapshot.ts';
import { UsageBooks } from './usage-books.ts';
import type { UsageCalibration } from './usage-calibration.ts';
import type { WireRequest } from './wire-request.ts';

export interface ExchangeDeps extends PromptCaches {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly conversations: ConversationStore;
  readonly publish: (event: ControlEvent) => void;
  /** Whether anybody listens; events are not made for nobody. */
  readonly isHeard: () => boolean;
  readonly log: Log;
  /** What earlier answers taught about estimates; absent = nothing is learnt. */
  readonly usageCalibration?: UsageCalibration;
}

type Responded = Extract<AttemptOutcome, { status: 'responded' }>;

/** A hostile answer could think of a new kind of content with every event. */
const MAX_WARNINGS = 100;

export class Exchange {
  readonly id: string;
  readonly clientName: string;
  /** Models, prices and settings in force for the whole life of this exchange. */
  readonly snapshot: RouterSnapshot;
  /** Set once, when the headers have been read. */
  controls: ReceivedControls = NO_CONTROLS;
  readonly #deps: ExchangeDeps;
  readonly #wire: WireRequest;
  readonly #attempts: AttemptRecord[] = [];
  readonly #warnings = new Set<string>();
  readonly #observer = new AnswerObserver();
  #request: ConversationRequest | null = null;
  #features: RequestFeatures | null = null;
  #decision: Decision | null = null;
  #baseline: ModelTarget | null = null;
  #classifierCostUsd = 0;
  #cached: CachedAnswer | null = null;
  #answer: Responded | null = null;
  #answerStartedMs = 0;
  #seals: AnswerSeals | null = null;
  #promptBooks: PromptBooks | null = null;
  #usageBooks: UsageBooks | null = null;
  #isFinished = false;
  #isConversationKept = false;

  constructor(
    deps: ExchangeDeps,
    wire: WireRequest,
    opened: {
      readonly id: string;
      readonly clientName: string;
      readonly snapshot: RouterSnapshot;
    },
  ) {
    this.#deps = deps;
    this.#wire = wire;
    this.id = opened.id;
    this.clientName = opened.clientName;
    this.snapshot = opened.snapshot;
  }

  /** Unix epoch seconds of arrival. */
  get receivedAtS(): number {
    return Math.floor(this.#wire.receivedAtMs / 1000);
  }

  /** Milliseconds since the request arrived. */
  elapsedMs(): number {
    return this.#deps.clock.monotonicMs() - this.#wire.monotonicStartMs;
  }

  decoded(request: ConversationRequest): void {
    this.#request = request;
    this.#promptBooks = new PromptBooks(this.#deps, request, this.#wire.receivedAtMs);
    this.#usageBooks = new UsageBooks(request, this.#deps.usageCalibration);
    const begun = {
      exchangeId: this.id,
      startedAt: new Date(this.#wire.receivedAtMs).toISOString(),
      client: this.clientName,
      requestModel: request.requestModel,
    };
    this.#safely('note the start of an exchange', () =>
      this.#deps.ledger.started?.({ ...begun, clientDialect: this.#wire.dialect.id }),
    );
    this.#publish({ type: 'exchange-start', ...begun });
  }

  routed(given: {
    readonly features: RequestFeatures;
    readonly decision: Decision;
    readonly baseline: ModelTarget | null;
    readonly classifierCostUsd: number;
  }): void {
    this.#features = given.features;
    this.#decision = given.decision;
    this.#baseline = given.baseline;
    this.#classifierCostUsd = given.classifierCostUsd;
    this.#publish({
      type: 'exchange-routed',
      exchangeId: this.id,
      classification: given.decision.classification,
      chosen: given.decision.chosen,
      reason: given.decision.reason,
    });
  }

  /** An attempt that brought no answer. */
  attemptFailed(report: AttemptReport): void {
    const { usage, source } = this.#promptLeftBehind(report);
    const money = attemptMoney(usage, report.target, null, this.#wire.receivedAtMs);
    const attempt: AttemptRecord = {
      model: report.target.id,
      provider: report.target.provider,
      startedAtMs: report.startedAtMs,
      durationMs: report.durationMs,
      timeToFirstChunkMs: null,
      status: report.failure.kind === 'client-closed' ? 'cancelled' : 'failed',
      errorType: report.failure.kind,
      statusCode: report.failure.statusCode ?? null,
      usage,
      usageSource: source,
      costUsd: money.costUsd,
      possiblyBilled: report.sent && mayBeBilled(report.failure.kind),
      prices: money.prices,
    };
    this.#attempts.push(attempt);
    this.#publish({ type: 'attempt-end', exchangeId: this.id, attempt });
  }

  /** The attempt whose answer goes to the client. */
  answered(answer: Responded, startedAtMs: number, seals?: AnswerSeals): void {
    this.#answer = answer;
    this.#seals = seals ?? null;
    this.#answerStartedMs = startedAtMs;
    for (const warning of answer.warnings) this.warn(warning);
  }

  /** A remark that the record must carry; said once however often it comes. */
  warn(sentence: string): void {
    if (this.#warnings.size < MAX_WARNINGS) this.#warnings.add(sentence);
  }

  /** A stored answer goes to the client instead of a model's. */
  servedFromCache(cached: CachedAnswer): void {
    this.#cached = cached;
    this.#observer.observe(cached.events);
  }

  /**
   * Every target refused the request itself. The first refusal is what the client gets: in the provider's own words,
   * shaped for the client's dialect.
   */
  refused(refusal: Refusal): RouterError {
    return new RouterError('upstream.rejected', refusal.message, { statusCode: refusal.statusCode });
  }

  observe(events: readonly StreamEvent[]): void {
    this.#observer.observe(events);
    this.#seals?.observe(events);
    // Before the last bytes leave: a quick client asks again before the provider has closed its stream.
    if (this.#observer.isComplete) this.#keepConversation();
  }

  /** Why this model answered; null when nobody was chosen. */
  get reason(): RouteReason | null {
    if (this.#cached !== null) return 'cache';
    if (this.#decision === null) return null;
    const answeredBy = this.#answer?.target.id;
    const isFallback = answeredBy !== undefined && answeredBy !== this.#decision.chosen;
    return isFallback ? 'fallback' : this.#decision.reason;
  }

  /** `x-pointsman-*` headers of the answer; the money ones only once it is known (`withMoney`). */
  responseHeaders(withMoney: boolean): Readonly<Record<string, string>> {
    return answerHeaders(this.#labels(), withMoney ? this.#settle('ok').money : null);
  }

  /** Of an answer that is an error. */
  errorHeaders(): Readonly<Record<string, string>> {
    return { ...requestIdHeaders(this.id), ...this.responseHeaders(false) };
  }

  /** The `_pointsman` member of an answer body, or undefined when nobody asked for it. */
  bodyMetadata(): JsonObject | undefined {
    if ((this.controls.metadata ?? this.snapshot.metadata) !== 'body') return undefined;
    return answerMetadata(this.#labels(), this.#settle('ok').money);
  }

  /**
   * Closes the books of this exchange. Only the first call counts; later ones do nothing. Never throws: the user's
   * answer must not depend on the books.
   */
  finish(error?: RouterError): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#safely('record the exchange', () => this.#close(statusOf(error), error));
    this.#keepConversation();
    this.#safely('remember signed thoughts', () => this.#seals?.close());
    this.#safely('remember what was served', () => this.#rememberServed());
    this.#safely('learn from the reported usage', () => this.#learnUsage());
  }

  #close(status: ExchangeStatus, error: RouterError | undefined): void {
    const record = this.#record(status, error);
    this.#safely('append to the ledger', () => this.#deps.ledger.append(record));
    const answering = this.#answer === null ? undefined : record.attempts.at(-1);
    if (answering !== undefined) {
      this.#publish({ type: 'attempt-end', exchangeId: this.id, attempt: answering });
    }
    if (!this.#deps.isHeard()) return;
    const { decision: _, ...summary } = record;
    this.#publish({ type: 'exchange-end', record: summary });
  }

  #publish(event: ControlEvent): void {
    this.#safely(`publish ${event.type}`, () => this.#deps.publish(event));
  }

  /** Books and listeners can fail without failing the answer. */
  #safely(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#deps.log.error(`could not ${what}`, { exchangeId: this.id, error: String(error) });
    }
  }

  #labels(): AnswerLabels {
    return {
      exchangeId: this.id,
      ...this.#answeredBy(),
      classification: this.#decision?.classification ?? null,
      reason: this.reason,
      attempts: this.#attempts.length + (this.#answer === null ? 0 : 1),
      cache: this.#cacheStatus(),
    };
  }

  #answeredBy(): { readonly model: string | null; readonly provider: string | null } {
    if (this.#cached !== null) return { model: this.#cached.model, provider: this.#cached.provider };
    const target = this.#answer?.target;
    return { model: target?.id ?? null, provider: target?.provider ?? null };
  }

  /**
   * What the end of the answer says of its model: one that broke off counts as a failure before commit does; any other
   * end, also a client that left, says that it was answering.
   */
  judge(failure: RouterError | undefined, health: Pick<Health, 'failed' | 'succeeded'>): void {
    const target = this.#answer?.target;
    if (target === undefined) return;
    if (failure?.code !== 'upstream.stream_interrupted') health.succeeded(target);
    else health.failed(target, { kind: 'interrupted', message: failure.message });
  }

  #record(status: ExchangeStatus, error: RouterError | undefined): ExchangeRecord {
    const { attempts, money } = this.#settle(status);
    const last = attempts.at(-1);
    const answer = this.#answer;
    const { model, provider } = this.#answeredBy();
    return {
      exchangeId: this.id,
      startedAt: new Date(this.#wire.receivedAtMs).toISOString(),
      durationMs: this.elapsedMs(),
      timeToFirstChunkMs: answer === null ? null : this.#answerStartedMs + answer.timeToFirstChunkMs,
      client: this.clientName,
      clientDialect: this.#wire.dialect.id,
      conversationId: this.#decision?.conversationId ?? '',
      workspaceId: this.controls.workspaceId,
      requestModel: this.#request?.requestModel ?? '',
      responseModel: model,
      provider,
      stream: this.#request?.stream ?? false,
      status,
      errorType: error?.code ?? null,
      attempts,
      usage: last?.usage ?? null,
      usageSource: last?.usageSource ?? 'none',
      costUsd: money.costUsd,
      classifierCostUsd: this.#classifierCostUsd,
      failedAttemptsCostUsd: money.failedAttemptsCostUsd,
      baselineModel: this.#baseline?.id ?? null,
      baselineCostUsd: money.baselineCostUsd,
      savedUsd: money.savedUsd,
      priced: money.priced,
      cache: this.#cacheStatus(),
      savedBy: money.savedBy,
      initiator: this.controls.initiator,
      warnings: [...(this.#decision?.notes ?? []), ...this.#warnings],
      task: this.#decision?.classification.taskType ?? null,
      complexity: this.#decision?.classification.complexity ?? null,
      reason: this.reason,
      decision: this.#decision,
    };
  }

  /** Attempts and money as far as they are known now. May be asked before the end, for headers and metadata. */
  #settle(status: ExchangeStatus): { attempts: readonly AttemptRecord[]; money: ExchangeMoney } {
    const answering = this.#answeringAttempt(status);
    const attempts = answering === null ? this.#attempts : [...this.#attempts, answering];
    const money = settleMoney({
      attempts,
      classifierCostUsd: this.#classifierCostUsd,
      baselineCostUsd: this.#baselineCostUsd(status, answering),
    });
    return { attempts, money };
  }

  #answeringAttempt(status: ExchangeStatus): AttemptRecord | null {
    const answer = this.#answer;
    if (answer === null) return null;
    const seen = this.#observer;
    const { usage, source } = settleUsage({
      reported: seen.usage,
      isComplete: seen.isComplete || status === 'ok',
      hasContent: seen.sizes.hasContent,
      guess: () => this.#guess(answer.target, seen),
    });
    const { reportedCostUsd, cacheWrite1hTokens } = seen;
    const atMs = this.#wire.receivedAtMs;
    const money = attemptMoney(usage, answer.target, reportedCostUsd, atMs, { cacheWrite1hTokens });
    return {
      model: answer.target.id,
      provider: answer.target.provider,
      startedAtMs: this.#answerStartedMs,
      durationMs: this.elapsedMs() - this.#answerStartedMs,
      timeToFirstChunkMs: answer.timeToFirstChunkMs,
      status: status === 'ok' ? 'ok' : status === 'cancelled' ? 'cancelled' : 'failed',
      errorType: status === 'ok' ? null : status === 'cancelled' ? 'client-closed' : 'interrupted',
      statusCode: 200,
      usage,
      usageSource: source,
      costUsd: money.costUsd,
      possiblyBilled: source === 'estimated',
      prices: money.prices,
    };
  }

  #guess(target: ModelTarget, { sizes }: AnswerObserver): UsageGuess | null {
    if (this.#features === null || this.#usageBooks === null) return null;
    const { inputTokens: routedTokens } = this.#features;
    const warmShare = this.#warmShare(target);
    return this.#usageBooks.guess(target, { answer: sizes, routedTokens, warmShare });
  }

  /**
   * A client that leaves before the first word has sent its prompt all the same, and providers bill what they have begun
   * to read. Whether this one had begun nobody says, so it is an estimate, and `possiblyBilled`.
   */
  #promptLeftBehind({ target, sent, failure }: AttemptReport): Usage {
    if (!sent || failure.kind !== 'client-closed') return { usage: null, source: 'none' };
    const guess = (): UsageGuess | null => this.#guess(target, new AnswerObserver());
    return settleUsage({ reported: null, isComplete: false, hasContent: false, guess });
  }

  /** What the answer's own count teaches about estimates for this model. */
  #learnUsage(): void {
    const { usage, isComplete, sizes } = this.#observer;
    const target = this.#answer?.target;
    if (target !== undefined && usage !== null && isComplete) this.#usageBooks?.learn(target, sizes, usage);
  }

  #baselineCostUsd(status: ExchangeStatus, answering: AttemptRecord | null): number | null {
    // No complete answer, no saving: what was paid for it is lost. A client that left got what it wanted.
    if (status === 'error' || status === 'interrupted') return 0;
    // What a stored answer saves is not told yet: unknown, and never the price of a model that was not asked.
    if (this.#cached !== null) return null;
    if (answering === null) return 0;
    const { usage } = answering;
    if (usage === null) return null;
    const served = this.#answer?.target;
    if (served === undefined || this.#baseline === null) return null;
    const baselineUsd = this.#promptBooks?.baselineUsd(usage, served, this.#baseline) ?? null;
    // Asked for by name and served: this very request is what it is compared with, so routing saved and lost nothing.
    const isItself = this.#decision?.reason === 'exact' && served.id === this.#baseline.id;
    return isItself && baselineUsd !== null ? answering.costUsd : baselineUsd;
  }

  #warmShare(target: ModelTarget): number {
    return this.#promptBooks?.warmShare(target, this.#features?.inputTokens ?? 0) ?? 0;
  }

  #rememberServed(): void {
    const target = this.#answer?.target;
    if (target !== undefined) this.#promptBooks?.remember(target, this.#features?.inputTokens ?? 0);
  }

  #cacheStatus(): CacheStatus {
    if (this.#cached !== null) return this.#cached.status;
    return this.controls.bypassCache ? 'bypass' : 'miss';
  }

  /** Only the first call counts. */
  #keepConversation(): void {
    if (this.#isConversationKept) return;
    this.#isConversationKept = true;
    this.#safely('remember the conversation', () => this.#rememberConversation());
  }

  #rememberConversation(): void {
    const answeredBy = this.#answer?.target;
    const decision = this.#decision;
    const features = this.#features;
    if (decision === null || answeredBy === undefined || features === null) return;
    const { conversations } = this.#deps;
    const earlier = conversations.get(decision.conversationId);
    const atMs = this.#wire.receivedAtMs;
    const state = conversationAfter({ earlier, decision, features, answeredBy, atMs });
    if (state !== null) conversations.set(decision.conversationId, state);
  }
}

function statusOf(error: RouterError | undefined): ExchangeStatus {
  if (error === undefined) return 'ok';
  if (error.code === 'client.closed') return 'cancelled';
  return error.code === 'router.shutting_down' ? 'interrupted' : 'error';
}

const MAYBE_BILLED: ReadonlySet<FailureKind> = new Set([
  'connect',
  'timeout',
  'interrupted',
  'invalid-response',
  'client-closed',
]);

/** Of a request that was sent: a refusal is not billed; an answer that was lost, or never came, may be. */
function mayBeBilled(kind: AttemptRecord['errorType']): boolean {
  return kind !== null && MAYBE_BILLED.has(kind);
}
