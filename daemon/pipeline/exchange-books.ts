// What one exchange used and cost: its attempts, the usage of the answer as it passes by, and the money that follows.
// Estimates stand in where a provider reports nothing, and say so.

import type { CachedAnswer } from '../cache/response-cache.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { RequestFeatures } from '../classify/classifier.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import type { AttemptRecord } from '../protocol/exchange-record.ts';
import type { ExchangeStatus, FailureKind, RouteReason } from '../protocol/vocabulary.ts';
import type { AttemptReport } from '../upstream/attempt-loop.ts';
import type { AttemptOutcome } from '../upstream/attempt.ts';
import { AnswerObserver } from './answer-observer.ts';
import { PromptBooks, type PromptCaches } from './prompt-books.ts';
import {
  attemptMoney,
  settleMoney,
  settleUsage,
  type ExchangeMoney,
  type Usage,
  type UsageGuess,
} from './settle.ts';
import { UsageBooks } from './usage-books.ts';
import type { UsageCalibration } from './usage-calibration.ts';

export interface ExchangeBooksDeps extends PromptCaches {
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
  #isCached = false;
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

  classified(costUsd: number): void {
    this.#classifierCostUsd = costUsd;
  }

  routed(given: RoutedMoney): void {
    this.#routed = given;
  }

  servedFromCache(cached: CachedAnswer): void {
    this.#isCached = true;
    this.#observer.observe(cached.events);
  }

  /** An attempt that brought no answer. */
  attemptFailed(report: AttemptReport): AttemptRecord {
    const { target, failure } = report;
    const { usage, source } = this.#promptLeftBehind(report);
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
      possiblyBilled: report.sent && mayBeBilled(failure.kind),
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
    const money = settleMoney({
      attempts,
      classifierCostUsd: this.#classifierCostUsd,
      baselineCostUsd: this.#baselineCostUsd(status, answering),
    });
    return { attempts, money };
  }

  rememberServed(): void {
    const target = this.#answer?.target;
    if (target !== undefined) this.#prompt?.remember(target, this.#inputTokens);
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
   * A client that leaves before the first word has sent its prompt all the same, and providers bill what they have begun
   * to read. Whether this one had begun nobody says, so it is an estimate, and `possiblyBilled`.
   */
  #promptLeftBehind({ target, sent, failure }: AttemptReport): Usage {
    if (!sent || failure.kind !== 'client-closed') return { usage: null, source: 'none' };
    const guess = (): UsageGuess | null => this.#guess(target, new AnswerObserver());
    return settleUsage({ reported: null, isComplete: false, hasContent: false, guess });
  }

  #baselineCostUsd(status: ExchangeStatus, answering: AttemptRecord | null): number | null {
    // No complete answer, no saving: what was paid for it is lost. A client that left got what it wanted.
    if (status === 'error' || status === 'interrupted') return 0;
    // What a stored answer saves is not told yet: unknown, and never the price of a model that was not asked.
    if (this.#isCached) return null;
    if (answering === null) return 0;
    const { usage } = answering;
    if (usage === null) return null;
    const served = this.#answer?.target;
    const baseline = this.#routed?.baseline ?? null;
    if (served === undefined || baseline === null) return null;
    const baselineUsd = this.#prompt?.baselineUsd(usage, served, baseline) ?? null;
    // Asked for by name and served: this very request is what it is compared with, so routing saved and lost nothing.
    const isItself = this.#routed?.reason === 'exact' && served.id === baseline.id;
    return isItself && baselineUsd !== null ? answering.costUsd : baselineUsd;
  }
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
