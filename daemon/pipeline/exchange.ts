// One client request from arrival to its single record. Holds what happened so far; `finish` turns it into the record
// exactly once, whatever happened. Everything is handed in, so that a test can run it on a virtual clock.

import { AnswerCollector } from '../cache/answer-collector.ts';
import type { CachedAnswer, StoredAnswer } from '../cache/response-cache.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { RequestFeatures } from '../classify/classifier.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import { RouterError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ControlEvent } from '../protocol/control-events.ts';
import type { AttemptRecord, Decision, ExchangeRecord } from '../protocol/exchange-record.ts';
import type { CacheStatus, ExchangeStatus, RouteReason } from '../protocol/vocabulary.ts';
import type { ConversationStore } from '../route/conversation-store.ts';
import type { AttemptReport, Refusal } from '../upstream/attempt-loop.ts';
import type { AttemptOutcome } from '../upstream/attempt.ts';
import type { Health } from '../upstream/health.ts';
import type { Clock } from '../util/clock.ts';
import type { JsonObject } from '../util/json.ts';
import type { Log } from '../util/log.ts';
import type { AnswerCheck, AnswerFinding } from '../verify/answer-check.ts';
import { answerHeaders, answerMetadata, requestIdHeaders, type AnswerLabels } from './answer-labels.ts';
import type { Account } from './budget-accounts.ts';
import type { BudgetBoard } from './budget-board.ts';
import type { Admission } from './budget-gate.ts';
import { conversationAfter } from './conversation-memory.ts';
import {
  ExchangeBooks,
  type CacheHitValue,
  type ExchangeBooksDeps,
  type RejectedAnswer,
} from './exchange-books.ts';
import type { OutcomeWatch } from './outcomes.ts';
import type { PromptBooks } from './prompt-books.ts';
import { NO_CONTROLS, type ReceivedControls } from './request-controls.ts';
import type { AnswerListener, RequestMemory } from './recent-requests.ts';
import type { AnswerSeals } from './signed-history.ts';
import type { RouterSnapshot } from './snapshot.ts';
import type { WireRequest } from './wire-request.ts';

export interface ExchangeDeps extends ExchangeBooksDeps {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly conversations: ConversationStore;
  readonly budgets?: Pick<BudgetBoard, 'book' | 'graded'>;
  /** Told how answers fared. */
  readonly outcomes: OutcomeWatch;
  /** Keeps the last few requests for a while; absent = none is kept. */
  readonly recent?: RequestMemory;
  readonly publish: (event: ControlEvent) => void;
  /** Whether anybody listens; events are not made for nobody. */
  readonly isHeard: () => boolean;
  readonly log: Log;
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
  readonly #books: ExchangeBooks;
  readonly #warnings = new Set<string>();
  #request: ConversationRequest | null = null;
  /** Of whoever keeps the last few requests. */
  #listener: AnswerListener | undefined;
  #features: RequestFeatures | null = null;
  #decision: Decision | null = null;
  #baseline: ModelTarget | null = null;
  #cached: CachedAnswer | null = null;
  #answer: Responded | null = null;
  #seals: AnswerSeals | null = null;
  #check: AnswerCheck | null = null;
  #collector: AnswerCollector | null = null;
  #finding: AnswerFinding | null = null;
  #admission: Admission | null = null;
  #gradedIn: ReadonlySet<Account> | undefined;
  #isEscalated = false;
  #isSide = false;
  /** The record inside is null when it could not be made. */
  #booked: { readonly record: ExchangeRecord | null } | null = null;
  /** Written down before the last bytes left, and how many remarks there were by then. */
  #foreseen: { readonly record: ExchangeRecord; readonly remarks: number } | null = null;
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
    this.#books = new ExchangeBooks(deps, wire.receivedAtMs, () => this.elapsedMs());
  }

  /** Unix epoch seconds of arrival. */
  get receivedAtS(): number {
    return Math.floor(this.#wire.receivedAtMs / 1000);
  }

  /** Milliseconds since the request arrived. */
  elapsedMs(): number {
    return this.#deps.clock.monotonicMs() - this.#wire.monotonicStartMs;
  }

  /** So that nobody takes the wait for the model's: the record's own times begin with the arrival. */
  queued(waitedMs: number): void {
    this.warn(`waited ${Math.round(waitedMs)} ms until one of the running requests had ended`);
  }

  decoded(request: ConversationRequest): void {
    this.#request = request;
    this.#books.decoded(request);
    this.#listener = this.#deps.recent?.begin(this.id, this.#wire);
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

  /** What grading the ask cost, or finding out what it is like, USD; also owed when the client left meanwhile. */
  classified(costUsd: number): void {
    this.#books.classified(costUsd);
    const subject = { client: this.clientName, workspaceId: this.controls.workspaceId, conversationId: '' };
    this.#safely('count the grading against the budgets', () => {
      const counted = this.#deps.budgets?.graded(subject, this.#wire.receivedAtMs, costUsd) ?? [];
      this.#gradedIn = new Set([...(this.#gradedIn ?? []), ...counted]);
    });
  }

  routed(given: {
    readonly features: RequestFeatures;
    readonly decision: Decision;
    readonly baseline: ModelTarget | null;
    /** A conversation of its own beside another one of the same session. */
    readonly isSide: boolean;
  }): void {
    this.#features = given.features;
    this.#decision = given.decision;
    this.#baseline = given.baseline;
    this.#isSide = given.isSide;
    this.#books.routed({ ...given, reason: given.decision.reason, point: given.decision.decisionPoint });
    const { features, decision } = given;
    this.#safely('note how the last task went', () =>
      this.#deps.outcomes.routed({ exchangeId: this.id, decision, features, atMs: this.#wire.receivedAtMs }),
    );
    this.#publish({
      type: 'exchange-routed',
      exchangeId: this.id,
      classification: given.decision.classification,
      chosen: given.decision.chosen,
      reason: given.decision.reason,
    });
  }

  /** Budgets let it run; what they hold for it is given back at the end. */
  admitted(admission: Admission): void {
    this.#admission = admission;
  }

  /** An attempt that brought no answer. */
  attemptFailed(report: AttemptReport): void {
    this.#attemptEnded(this.#books.attemptFailed(report));
  }

  /** A complete answer that was weak, so that a stronger model was asked: it answered, or the client left meanwhile. */
  answerRejected(rejected: RejectedAnswer, finding: AnswerFinding): void {
    const { target } = rejected.outcome;
    this.#noteWeak(target, this.reason);
    this.#isEscalated = true;
    this.warn(`${target.id} ${finding.why}; a stronger model was asked instead`);
    this.#attemptEnded(this.#books.answerRejected(rejected));
  }

  #attemptEnded(attempt: AttemptRecord): void {
    this.#publish({ type: 'attempt-end', exchangeId: this.id, attempt });
  }

  /** The attempt whose answer goes to the client. */
  answered(
    answer: Responded,
    startedAtMs: number,
    watching: { readonly seals?: AnswerSeals; readonly check?: AnswerCheck | null } = {},
  ): void {
    this.#answer = answer;
    this.#seals = watching.seals ?? null;
    this.#check = watching.check ?? null;
    this.#books.answered(answer, startedAtMs);
    for (const warning of answer.warnings) this.warn(warning);
  }

  /** A remark that the record must carry; said once however often it comes. */
  warn(sentence: string): void {
    if (this.#warnings.size < MAX_WARNINGS) this.#warnings.add(sentence);
  }

  /** A stored answer goes to the client instead of a model's. */
  servedFromCache(cached: CachedAnswer, value: CacheHitValue, decision: Decision | null = null): void {
    this.#cached = cached;
    const { exchangeId, similarity } = cached;
    if (similarity !== undefined) {
      const percent = (100 * similarity).toFixed(1);
      this.warn(`the answer of exchange ${exchangeId} was given, whose question is ${percent} % alike`);
    }
    this.#decision = decision === null ? null : { ...decision, answerOf: cached.exchangeId };
    this.#baseline = value.baseline;
    this.#books.servedFromCache(cached, value);
    this.#listener?.observe(cached.events);
  }

  /** What of the request is warm where. Only after `decoded`. */
  get prompt(): PromptBooks {
    if (this.#books.prompt === null) throw new Error('the request was not decoded');
    return this.#books.prompt;
  }

  /**
   * Every target refused the request itself. The first refusal is what the client gets: in the provider's own words,
   * shaped for the client's dialect.
   */
  refused(refusal: Refusal): RouterError {
    return new RouterError('upstream.rejected', refusal.message, { statusCode: refusal.statusCode });
  }

  observe(events: readonly StreamEvent[]): void {
    this.#books.observe(events);
    this.#seals?.observe(events);
    this.#check?.observe(events);
    this.#listener?.observe(events);
    this.#collector?.observe(events);
    // Before the last bytes leave: a quick client asks again before the provider has closed its stream.
    if (this.#books.isComplete) this.#keepConversation();
  }

  /** Gathers the answer for others who ask the same. */
  collect(): void {
    this.#collector = new AnswerCollector();
  }

  /** The answer, where it may stand in for others: whole, and by the model that was meant to give it. After the end only. */
  exemplaryAnswer(): StoredAnswer | null {
    const events = this.#collector?.answer() ?? null;
    const { reason } = this;
    const target = this.#answer?.target;
    const isExemplary = this.#booked?.record?.status === 'ok' && this.#finding === null;
    if (events === null || target === undefined || !isExemplary) return null;
    if (reason === null || STAND_IN_REASONS.has(reason)) return null;
    return { exchangeId: this.id, model: target.id, provider: target.provider, events };
  }

  /** Why this model answered; null when nobody was chosen. */
  get reason(): RouteReason | null {
    if (this.#cached !== null) return 'cache';
    if (this.#decision === null) return null;
    const answeredBy = this.#answer?.target.id;
    if (answeredBy === undefined || answeredBy === this.#decision.chosen) return this.#decision.reason;
    return this.#isEscalated ? 'escalated' : 'fallback';
  }

  /** `x-pointsman-*` headers of the answer; the money ones only once it is known (`withMoney`). */
  responseHeaders(withMoney: boolean): Readonly<Record<string, string>> {
    return answerHeaders(this.#labels(), withMoney ? this.#books.settle('ok').money : null);
  }

  /** Of an answer that is an error. */
  errorHeaders(): Readonly<Record<string, string>> {
    return { ...requestIdHeaders(this.id), ...this.responseHeaders(false) };
  }

  /** The `_pointsman` member of an answer body, or undefined when nobody asked for it. */
  bodyMetadata(): JsonObject | undefined {
    if ((this.controls.metadata ?? this.snapshot.metadata) !== 'body') return undefined;
    return answerMetadata(this.#labels(), this.#books.settle('ok').money);
  }

  /**
   * To be called when the last bytes of an answer are about to leave: it is written down before, so that whoever has the
   * whole answer finds it in the books, whatever becomes of this process. Nothing happens before the end of the answer.
   */
  completed(): void {
    if (this.#booked !== null || !this.#books.isComplete || this.#wire.signal.aborted) return;
    const isStream = this.#answer?.answer.kind === 'stream';
    if (!isStream || this.#check === null) {
      this.#book(undefined);
      return;
    }
    // A reader of a stream shall not wait for the look at the answer, which may have something to add to the record.
    if (this.#foreseen !== null) return;
    this.#safely('foresee the record', () => {
      const record = this.#record('ok', undefined);
      this.#foreseen = { record, remarks: this.#warnings.size };
      this.#deps.ledger.foresee?.(record);
    });
  }

  /**
   * Closes the books of this exchange. Only the first call counts; later ones do nothing. Never throws: the user's
   * answer must not depend on the books.
   */
  finish(error?: RouterError): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    const record = this.#book(error);
    if (record !== null) this.#safely('tell what was recorded', () => this.#tell(record));
    this.#safely('give back what a budget held', () => this.#admission?.release());
    this.#keepConversation();
    this.#safely('remember a weak answer', () => this.#rememberWeakness());
    this.#safely('remember signed thoughts', () => this.#seals?.close());
    this.#safely('remember what was served', () => this.#books.rememberServed());
    this.#safely('learn from the reported usage', () => this.#books.learnUsage());
    this.#listener?.close();
  }

  /** Makes the one record and appends it to the ledger, once: an answer that was whole stays one. */
  #book(error: RouterError | undefined): ExchangeRecord | null {
    if (this.#booked !== null) return this.#booked.record;
    if (error === undefined) {
      this.#safely('note that a model answered', () => this.#noteAnswered());
      this.#safely('look at the answer', () => this.#review());
    }
    this.#booked = { record: null };
    this.#safely('record the exchange', () => {
      const record = this.#counted(this.#lastRecord(error));
      this.#booked = { record };
      this.#safely('append to the ledger', () => this.#deps.ledger.append(record));
    });
    return this.#booked.record;
  }

  /** What was foreseen, unless there is more to say: it is in a file already, and making and writing it cost 60 us. */
  #lastRecord(error: RouterError | undefined): ExchangeRecord {
    const isAllForeseen = error === undefined && this.#foreseen?.remarks === this.#warnings.size;
    return this.#foreseen !== null && isAllForeseen
      ? this.#foreseen.record
      : this.#record(statusOf(error), error);
  }

  #tell(record: ExchangeRecord): void {
    this.#safely('note what the conversation was billed', () =>
      this.#deps.economics.billed(record, this.#books.kind, this.snapshot.table.targets),
    );
    const answering = this.#answer === null ? undefined : record.attempts.at(-1);
    if (answering !== undefined) this.#attemptEnded(answering);
    if (!this.#deps.isHeard()) return;
    const { decision: _, ...summary } = record;
    this.#publish({ type: 'exchange-end', record: summary });
  }

  /** Counts it against the budgets; the record says which of them it brought to their limit. */
  #counted(record: ExchangeRecord): ExchangeRecord {
    let notes: readonly string[] = [];
    const given = {
      admission: this.#admission,
      targets: this.snapshot.table.targets,
      ...(this.#gradedIn === undefined ? {} : { gradedIn: this.#gradedIn }),
    };
    this.#safely('count it against the budgets', () => {
      notes = this.#deps.budgets?.book(record, given) ?? [];
    });
    return notes.length === 0 ? record : { ...record, warnings: [...record.warnings, ...notes] };
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
      attempts: this.#books.attemptCount,
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
    const { attempts, money } = this.#books.settle(status);
    const last = attempts.at(-1);
    const { model, provider } = this.#answeredBy();
    return {
      exchangeId: this.id,
      startedAt: new Date(this.#wire.receivedAtMs).toISOString(),
      durationMs: this.elapsedMs(),
      timeToFirstChunkMs: this.#books.timeToFirstChunkMs,
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
      classifierCostUsd: this.#books.classifierCostUsd,
      failedAttemptsCostUsd: money.failedAttemptsCostUsd,
      baselineModel: this.#baseline?.id ?? null,
      baselineCostUsd: money.baselineCostUsd,
      savedUsd: money.savedUsd,
      baseline: money.baseline,
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
    const state = conversationAfter({ earlier, decision, features, answeredBy, atMs, isSide: this.#isSide });
    if (state !== null) conversations.set(decision.conversationId, state);
  }

  /** An answer that has gone out can only be told of. */
  #review(): void {
    this.#finding = this.#check?.finding() ?? null;
    const model = this.#answer?.target.id ?? '';
    if (this.#finding === null) return;
    this.warn(`${model} ${this.#finding.why}`);
    if (this.#answer !== null) this.#noteWeak(this.#answer.target, this.reason);
  }

  #noteWeak(target: ModelTarget, reason: RouteReason | null): void {
    const decision = this.#decision;
    if (decision === null) return;
    const atMs = this.#wire.receivedAtMs;
    this.#safely('note a weak answer', () =>
      this.#deps.outcomes.weak({ exchangeId: this.id, decision, target, reason, atMs }),
    );
  }

  #noteAnswered(): void {
    const decision = this.#decision;
    const target = this.#answer?.target;
    if (decision === null || target === undefined) return;
    const atMs = this.#wire.receivedAtMs;
    this.#deps.outcomes.answered({ exchangeId: this.id, decision, target, reason: this.reason, atMs });
  }

  #rememberWeakness(): void {
    const decision = this.#decision;
    const target = this.#answer?.target;
    if (this.#finding === null || decision === null || target === undefined) return;
    const { conversations } = this.#deps;
    const state = conversations.get(decision.conversationId);
    if (state?.model !== target.id) return; // a wish of the user's, or a call beside the task
    const escalation = { fromModel: target.id, why: this.#finding.why };
    conversations.set(decision.conversationId, { ...state, escalation });
  }
}

/** For one request a stronger or a cheaper model stood in; the next one shall find the right one again. */
const STAND_IN_REASONS: ReadonlySet<RouteReason> = new Set(['escalated', 'fallback', 'budget']);

function statusOf(error: RouterError | undefined): ExchangeStatus {
  if (error === undefined) return 'ok';
  if (error.code === 'client.closed') return 'cancelled';
  return error.code === 'router.shutting_down' ? 'interrupted' : 'error';
}
