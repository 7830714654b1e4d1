// What one exchange used and cost: its attempts, the usage of the answer as it passes by, and the money that follows.
// Estimates stand in where a provider reports nothing, and say so.

import type { CachedAnswer } from '../cache/response-cache.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { RequestFeatures } from '../classify/classifier.ts';
import type { AttemptFailure } from '../conversation/attempt-failure.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import { costOnModel } from '../catalog/baseline.ts';
import type { AttemptRecord, BaselineTerms } from '../protocol/exchange-record.ts';
import type { DecisionPoint, ExchangeStatus, FailureKind, RouteReason } from '../protocol/vocabulary.ts';
import type { AttemptReport } from '../upstream/attempt-loop.ts';
import type { AttemptOutcome } from '../upstream/attempt.ts';
import { AnswerObserver } from './answer-observer.ts';
import { PromptBooks, type PromptCaches } from './prompt-books.ts';
import {
  attemptMoney,
  injectionSavedUsd,
  settleMoney,
  settleUsage,
  type ExchangeMoney,
  type Usage,
  type UsageGuess,
} from './settle.ts';
import type { TaskKind } from '../route/task-lengths.ts';
import { kindOf, type TaskEconomics } from './task-economics.ts';
import { UsageBooks } from './usage-books.ts';
import type { UsageCalibration } from './usage-calibration.ts';

export interface ExchangeBooksDeps extends PromptCaches {
  /** What is learnt of caches, tasks and models. */
  readonly economics: TaskEconomics;
  /** What earlier answers taught about estimates; absent = nothing is learnt. */
  readonly usageCalibration?: UsageCalibration;
}

type Responded = Extract<AttemptOutcome, { status: 'responded' }>;

/** A complete answer that nobody saw, because a stronger model was asked instead. */
export interface RejectedAnswer {
  readonly outcome: Responded;
  /** Milliseconds since the exchange started. */
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** What the decision settled, as far as money is concerned. */
export interface RoutedMoney {
  readonly features: RequestFeatures;
  readonly reason: RouteReason;
  readonly point: DecisionPoint;
  readonly isSide: boolean;
  readonly baseline: ModelTarget | null;
}

/** What a stored answer stands in for. */
export interface CacheHitValue {
  readonly features: RequestFeatures;
  /** The model that made the answer; null = it is not configured any more. */
  readonly madeBy: ModelTarget | null;
  /** The model that would have been asked. */
  readonly chosen: ModelTarget | null;
  readonly baseline: ModelTarget | null;
}

export interface Settlement {
  /** In the order in which they began. */
  readonly attempts: readonly AttemptRecord[];
  readonly money: ExchangeMoney;
}

export class ExchangeBooks {
  readonly #deps: ExchangeBooksDeps;
  readonly #receivedAtMs: number;
  readonly #elapsedMs: () => number;
  readonly #attempts: AttemptRecord[] = [];
  readonly #observer = new AnswerObserver();
  #prompt: PromptBooks | null = null;
  #usage: UsageBooks | null = null;
  #routed: RoutedMoney | null = null;
  #classifierCostUsd = 0;
  #cacheHit: (CacheHitValue & Pick<CachedAnswer, 'status'>) | null = null;
  #answer: Responded | null = null;
  #answerStartedMs = 0;

  constructor(deps: ExchangeBooksDeps, receivedAtMs: number, elapsedMs: () => number) {
    this.#deps = deps;
    this.#receivedAtMs = receivedAtMs;
    this.#elapsedMs = elapsedMs;
  }

  get classifierCostUsd(): number {
    return this.#classifierCostUsd;
  }

  /** The answer came to its end. */
  get isComplete(): boolean {
    return this.#observer.isComplete;
  }

  /** How many attempts were made, the answering one included. */
  get attemptCount(): number {
    return this.#attempts.length + (this.#answer === null ? 0 : 1);
  }

  /** Milliseconds from arrival to the first byte of the answer; null without one. */
  get timeToFirstChunkMs(): number | null {
    return this.#answer === null ? null : this.#answerStartedMs + this.#answer.timeToFirstChunkMs;
  }

  decoded(request: ConversationRequest): void {
    this.#prompt = new PromptBooks(this.#deps, request, this.#receivedAtMs);
    this.#usage = new UsageBooks(request, this.#deps.usageCalibration);
  }

  /** What was paid for deciding, beside what it came to before. */
  classified(costUsd: number): void {
    this.#classifierCostUsd += costUsd;
  }

  routed(given: RoutedMoney): void {
    this.#routed = given;
  }

  servedFromCache(cached: CachedAnswer, value: CacheHitValue): void {
    this.#cacheHit = { ...value, status: cached.status };
    this.#observer.observe(cached.events);
  }

  /** What kind of work the request belongs to. */
  get kind(): TaskKind {
    return this.#routed === null ? 'chat' : kindOf(this.#routed);
  }

  /** What of the request is warm where; null before it is decoded. */
  get prompt(): PromptBooks | null {
    return this.#prompt;
  }

  /** An attempt that brought no answer. */
  attemptFailed(report: AttemptReport): AttemptRecord {
    const { target, failure } = report;
    const { usage, source } = this.#leftBehind(report);
    const money = attemptMoney(usage, target, null, this.#receivedAtMs);
    const attempt: AttemptRecord = {
      model: target.id,
      provider: target.provider,
      startedAtMs: report.startedAtMs,
      durationMs: report.durationMs,
      timeToFirstChunkMs: null,
      status: failure.kind === 'client-closed' ? 'cancelled' : 'failed',
      errorType: failure.kind,
      statusCode: failure.statusCode ?? null,
      usage,
      usageSource: source,
      costUsd: money.costUsd,
      ...(money.costSource === undefined ? {} : { costSource: money.costSource }),
      possiblyBilled: report.sent && mayBeBilled(failure),
      prices: money.prices,
    };
    this.#attempts.push(attempt);
    return attempt;
  }

  /** Paid for like any other answer. */
  answerRejected({ outcome, startedAtMs, durationMs }: RejectedAnswer): AttemptRecord {
    const seen = new AnswerObserver();
    if (outcome.answer.kind === 'plain') seen.observe(outcome.answer.events);
    const attempt = this.#attemptOf(outcome, seen, {
      startedAtMs,
      durationMs,
      isComplete: true,
      status: 'failed',
      errorType: 'weak-answer',
    });
    this.#attempts.push(attempt);
    return attempt;
  }

  /** The attempt whose answer goes to the client. */
  answered(answer: Responded, startedAtMs: number): void {
    this.#answer = answer;
    this.#answerStartedMs = startedAtMs;
  }

  observe(events: readonly StreamEvent[]): void {
    this.#observer.observe(events);
  }

  /** Attempts and money as far as they are known now. May be asked before the end, for headers and metadata. */
  settle(status: ExchangeStatus): Settlement {
    const answering = this.#answeringAttempt(status);
    const all = answering === null ? [...this.#attempts] : [...this.#attempts, answering];
    const attempts = all.toSorted((a, b) => a.startedAtMs - b.startedAtMs);
    const hit = this.#cacheHit;
    const baseline = hit === null ? this.#baseline(status, answering) : this.#baselineOfHit(hit);
    const money = settleMoney({
      attempts,
      classifierCostUsd: this.#classifierCostUsd,
      baselineCostUsd: baseline.costUsd,
      baseline: baseline.terms,
      injectionSavedUsd: this.#injectionSavedUsd(answering),
      cacheHit: hit === null ? null : { status: hit.status, routedCostUsd: this.#routedCostOfHit(hit) },
    });
    return { attempts, money };
  }

  rememberServed(): void {
    const target = this.#answer?.target;
    const routed = this.#routed;
    if (target === undefined || routed === null) return;
    const { usage, cacheWrite1hTokens, isComplete } = this.#observer;
    if (usage !== null && isComplete) {
      const warmShare = this.#prompt?.warmShare(target, this.#inputTokens) ?? 0;
      this.#deps.economics.answered({ ...routed, target, usage, warmShare });
    }
    // An explicit cache keeps what was marked and nothing else; what the answer reports tells which.
    const cached = usage === null ? null : usage.cacheReadInputTokens + usage.cacheCreationInputTokens;
    if (target.promptCache.kind === 'explicit' && cached === 0) return;
    this.#prompt?.remember(target, this.#inputTokens, cacheWrite1hTokens > 0);
  }

  /** What the answer's own count teaches about estimates for this model. */
  learnUsage(): void {
    const { usage, isComplete, sizes } = this.#observer;
    const target = this.#answer?.target;
    if (target !== undefined && usage !== null && isComplete) this.#usage?.learn(target, sizes, usage);
  }

  get #inputTokens(): number {
    return this.#routed?.features.inputTokens ?? 0;
  }

  #answeringAttempt(status: ExchangeStatus): AttemptRecord | null {
    const answer = this.#answer;
    if (answer === null) return null;
    return this.#attemptOf(answer, this.#observer, {
      startedAtMs: this.#answerStartedMs,
      durationMs: this.#elapsedMs() - this.#answerStartedMs,
      isComplete: this.#observer.isComplete || status === 'ok',
      status: status === 'ok' ? 'ok' : status === 'cancelled' ? 'cancelled' : 'failed',
      errorType: status === 'ok' ? null : status === 'cancelled' ? 'client-closed' : 'interrupted',
    });
  }

  #attemptOf(
    { target, timeToFirstChunkMs }: Responded,
    seen: AnswerObserver,
    ending: Pick<AttemptRecord, 'startedAtMs' | 'durationMs' | 'status' | 'errorType'> & {
      readonly isComplete: boolean;
    },
  ): AttemptRecord {
    const { isComplete, ...rest } = ending;
    const { usage, source } = settleUsage({
      reported: seen.usage,
      isComplete,
      hasContent: seen.sizes.hasContent,
      guess: () => this.#guess(target, seen),
    });
    const { reportedCostUsd, cacheWrite1hTokens } = seen;
    const money = attemptMoney(usage, target, reportedCostUsd, this.#receivedAtMs, { cacheWrite1hTokens });
    return {
      model: target.id,
      provider: target.provider,
      timeToFirstChunkMs,
      ...rest,
      statusCode: 200,
      usage,
      usageSource: source,
      costUsd: money.costUsd,
      ...(money.costSource === undefined ? {} : { costSource: money.costSource }),
      possiblyBilled: source === 'estimated',
      prices: money.prices,
    };
  }

  #guess(target: ModelTarget, { sizes }: AnswerObserver): UsageGuess | null {
    if (this.#routed === null || this.#usage === null) return null;
    const routedTokens = this.#inputTokens;
    const warmShare = this.#prompt?.warmShare(target, routedTokens) ?? 0;
    return this.#usage.guess(target, { answer: sizes, routedTokens, warmShare });
  }

  /**
   * Who leaves before the first word, be it the client or we for want of patience, has sent the prompt all the same, and
   * providers bill what they have begun to read; so they do where the answer came to nothing on its way. Whether this one
   * does nobody says, so what it did not count itself is an estimate, and `possiblyBilled`.
   */
  #leftBehind(report: AttemptReport): Usage {
    if (!wasAtWork(report)) return { usage: null, source: 'none' };
    const guess = (): UsageGuess | null => this.#guess(report.target, new AnswerObserver());
    const reported = report.begun?.usage ?? null;
    return settleUsage({ reported, isComplete: false, hasContent: false, guess });
  }

  #baseline(status: ExchangeStatus, answering: AttemptRecord | null): KnownBaseline {
    // No complete answer, no saving: what was paid for it is lost. A client that left got what it wanted.
    if (status === 'error' || status === 'interrupted' || answering === null) return NO_BASELINE_COST;
    const { usage } = answering;
    const served = this.#answer?.target;
    const routed = this.#routed;
    const baseline = routed?.baseline ?? null;
    if (usage === null || served === undefined || routed === null || baseline === null)
      return UNKNOWN_BASELINE;
    const found = this.#prompt?.baseline(
      usage,
      served,
      baseline,
      this.#deps.economics.measured(served, baseline, this.kind),
    );
    if (found?.costUsd == null) return UNKNOWN_BASELINE;
    // Asked for by name and served: this very request is what it is compared with, so routing saved and lost nothing.
    const isItself = routed.reason === 'exact' && served.id === baseline.id;
    return isItself ? { costUsd: answering.costUsd, terms: null } : found;
  }

  #baselineOfHit({ madeBy, baseline }: CacheHitValue): KnownBaseline {
    const { usage } = this.#observer;
    if (usage === null || madeBy === null || baseline === null) return UNKNOWN_BASELINE;
    return this.#prompt?.baseline(usage, madeBy, baseline) ?? UNKNOWN_BASELINE;
  }

  /** What the model that would have been asked would have billed, with its prompt cache as it is. */
  #routedCostOfHit({ features, madeBy, chosen }: CacheHitValue): number | null {
    const { usage } = this.#observer;
    if (usage === null || madeBy === null || chosen === null) return null;
    const warmShare = this.#prompt?.warmShare(chosen, features.inputTokens) ?? 0;
    return costOnModel(usage, madeBy, chosen, warmShare, this.#receivedAtMs);
  }

  #injectionSavedUsd(answering: AttemptRecord | null): number {
    const target = this.#answer?.target;
    const usage = answering?.usage ?? null;
    if (answering?.costUsd == null || target === undefined || usage === null) return 0;
    const isCached = usage.cacheReadInputTokens + usage.cacheCreationInputTokens > 0;
    const isInjected = target.promptCache.kind === 'explicit' && this.#prompt?.hasCacheMarks === false;
    if (!isCached || !isInjected || answering.costSource === 'provider') return 0;
    return injectionSavedUsd(usage, target, answering.costUsd, this.#receivedAtMs);
  }
}

interface KnownBaseline {
  readonly costUsd: number | null;
  readonly terms: BaselineTerms | null;
}

const NO_BASELINE_COST: KnownBaseline = { costUsd: 0, terms: null };
const UNKNOWN_BASELINE: KnownBaseline = { costUsd: null, terms: null };

const MAYBE_BILLED: ReadonlySet<FailureKind> = new Set([
  'connect',
  'timeout',
  'interrupted',
  'invalid-response',
  'client-closed',
]);

/** Of a gateway that lost its model, or its patience with it: the model may have answered. */
const UNCERTAIN_STATUSES: ReadonlySet<number> = new Set([408, 502, 504, 524]);

/** Of a request that was sent: a refusal is not billed; an answer that was lost, or never came, may be. */
function mayBeBilled({ kind, statusCode }: AttemptFailure): boolean {
  return MAYBE_BILLED.has(kind) || (statusCode !== undefined && UNCERTAIN_STATUSES.has(statusCode));
}

/** The provider was about to answer when the attempt ended, as far as can be seen from here. */
function wasAtWork({ sent, begun, failure }: AttemptReport): boolean {
  // With a status, the provider itself says that it gave up.
  if (!sent || !MAYBE_BILLED.has(failure.kind) || failure.statusCode !== undefined) return false;
  return begun !== undefined || failure.kind === 'client-closed' || failure.kind === 'timeout';
}
