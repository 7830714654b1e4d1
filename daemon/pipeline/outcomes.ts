// What happened to answers, turned into outcomes: counted for the next decisions and noted in the books. Watches each
// conversation's present task; needs no timer, because what is due is noticed when the next request comes.
//
//   completed     the next user task began, or half an hour passed, and nothing below had happened
//   weak-answer   the mechanical check found something
//   stalled       the task was to be moved to a stronger model because it did not get on
//   asked-again   the very same turn came again after it had been answered
//   overridden    the user put a stronger model in its place within minutes
//   rated-*       the user said so (the only one that also judges a model that the user named)
//
// A model fails at most once in a task, and whoever failed or was rated in it has not completed it.

import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { RequestFeatures } from '../classify/classifier.ts';
import type { Ledger, StoredFeedback } from '../ledger/ledger.ts';
import { MAX_OUTCOMES } from '../ledger/outcome-rows.ts';
import type { Verdict } from '../protocol/control-api.ts';
import type { Decision, ExchangeRecord, OutcomeRecord, OverrideScope } from '../protocol/exchange-record.ts';
import type { Complexity, OutcomeKind, RouteReason } from '../protocol/vocabulary.ts';
import { FORGOTTEN_AFTER_MS, MAX_AHEAD_MS } from '../route/decayed-counts.ts';
import type { SuccessStatistics } from '../route/success-statistics.ts';

/** What a model is judged by: its id and the tier that it was asked as. */
export interface JudgedModel {
  readonly id: string;
  readonly tier: Complexity;
}

export interface RoutedExchange {
  readonly exchangeId: string;
  readonly decision: Decision;
  readonly features: Pick<RequestFeatures, 'ask' | 'messageCount' | 'userTurns' | 'isToolResult'>;
  readonly atMs: number;
}

export interface AnsweredExchange {
  readonly exchangeId: string;
  readonly decision: Decision;
  /** Who answered, and why it was this one. */
  readonly target: JudgedModel;
  readonly reason: RouteReason | null;
  readonly atMs: number;
}

export interface OutcomeWatchDeps {
  readonly statistics: Pick<SuccessStatistics, 'record' | 'retract'>;
  readonly ledger: Pick<Ledger, 'noteOutcome' | 'noteFeedback' | 'feedback'>;
}

/** Chosen by the policy. Nobody judges a model by what the user named it for, and a cached answer is nobody's work. */
const FREE_REASONS: readonly RouteReason[] = [
  'cheapest-capable',
  'affinity',
  'escalated',
  'budget',
  'fallback',
];

/** Whoever asks again or takes another model later than this does so for another reason. */
const COMPLAINT_MS = 10 * 60_000;
/** Nobody complains of an answer half an hour later; also the longest that a task of which nothing comes is kept. */
const IDLE_MS = 30 * 60_000;
/** Tasks looked at per request, so that a long pause costs no single request much. */
const SETTLED_PER_REQUEST = 16;
/** About 1 MB. */
const MAX_TASKS = 4000;

const RANK: Readonly<Record<Complexity, number>> = { simple: 0, moderate: 1, complex: 2 };

/** The present task of one conversation. */
interface Task {
  /** Of the newest request. */
  readonly exchangeId: string;
  readonly cohort: string;
  readonly askHash: string;
  readonly messageCount: number;
  readonly userTurns: number;
  readonly atMs: number;
  /** The newest answer of a freely chosen model; null = none yet. */
  answer: { readonly exchangeId: string; readonly model: JudgedModel; readonly atMs: number } | null;
  /** Models that have their outcome. */
  readonly settled: Set<string>;
}

export class OutcomeWatch {
  readonly #deps: OutcomeWatchDeps;
  /** By conversation; the one that was asked longest ago first. */
  readonly #tasks = new Map<string, Task>();

  constructor(deps: OutcomeWatchDeps) {
    this.#deps = deps;
  }

  /** To be called for each routed request, when it is decided and before it is answered. */
  routed({ exchangeId, decision, features, atMs }: RoutedExchange): void {
    this.#settleIdle(atMs);
    const { input, conversationId, decisionPoint } = decision;
    if (input === null || decisionPoint === 'background' || decisionPoint === 'subagent') return;
    const { messageCount, userTurns } = features;
    const earlier = this.#tasks.get(conversationId);
    const askHash = hashOf(features.ask);
    const isSentAgain = earlier !== undefined && isSameTurn(earlier, features, askHash);
    const isSameTask =
      isSentAgain || (earlier?.userTurns === userTurns && earlier.messageCount < messageCount);
    if (earlier !== undefined) {
      if (isSentAgain && isFresh(earlier, atMs)) this.#fail(earlier, 'asked-again', atMs);
      // After a weak answer the model has its outcome already.
      else if (input.escalation?.fromModel === (earlier.answer?.model.id ?? null)) {
        this.#fail(earlier, 'stalled', atMs);
      }
      // An edited history (fewer turns, other words in the same place) says neither.
      if (userTurns > earlier.userTurns) this.#complete(earlier);
    }
    this.#remember(conversationId, {
      exchangeId,
      cohort: input.evidence.cohort,
      askHash,
      messageCount,
      userTurns,
      atMs,
      answer: isSameTask && !isSentAgain ? earlier.answer : null,
      settled: isSameTask ? earlier.settled : new Set(),
    });
  }

  /** To be called when an answer has come whole, before its end is sent: a quick client asks again at once. */
  answered({ exchangeId, decision, target, reason, atMs }: AnsweredExchange): void {
    const task = this.#tasks.get(decision.conversationId);
    if (task?.exchangeId !== exchangeId) return;
    task.answer = isFree(reason) ? { exchangeId, model: judged(target), atMs } : null;
  }

  /** An answer that the check found weak, whether or not the client got it. */
  weak({ exchangeId, decision, target, reason, atMs }: AnsweredExchange): void {
    const cohort = decision.input?.evidence.cohort ?? '';
    if (!isFree(reason)) return;
    const task = this.#tasks.get(decision.conversationId);
    if (task?.exchangeId === exchangeId) {
      if (task.settled.has(target.id)) return;
      task.settled.add(target.id);
    }
    this.#note({ exchangeId, cohort, model: target, kind: 'weak-answer', atMs });
  }

  /** The user has set an override to `model`. `conversationId` as in records; null = for whatever comes next. */
  overridden(given: {
    readonly model: JudgedModel;
    readonly scope: OverrideScope;
    readonly conversationId: string | null;
    readonly atMs: number;
  }): void {
    const { model, scope, conversationId, atMs } = given;
    const task =
      scope === 'conversation' || conversationId !== null
        ? this.#tasks.get(conversationId ?? '')
        : [...this.#tasks.values()].at(-1);
    if (task?.answer == null || !isFresh(task, atMs)) return;
    if (RANK[model.tier] > RANK[task.answer.model.tier]) this.#fail(task, 'overridden', atMs);
  }

  /**
   * What the user says of a stored exchange; the last verdict counts, and counts once. `tier`: that of the model which
   * answered; null = not known. True when it counts for the model.
   */
  rated(given: {
    readonly record: ExchangeRecord;
    readonly tier: Complexity | null;
    readonly verdict: Verdict;
    readonly reason: string | null;
    readonly atMs: number;
  }): { readonly counted: boolean; readonly feedback: StoredFeedback } {
    const { record, tier, verdict, atMs } = given;
    const { exchangeId, conversationId, responseModel } = record;
    const { ledger, statistics } = this.#deps;
    const earlier = ledger.feedback(exchangeId);
    const isRepeated = earlier?.verdict === verdict;
    const feedback: StoredFeedback = {
      exchangeId,
      verdict,
      reason: given.reason ?? (isRepeated ? earlier.reason : null),
      atMs: isRepeated ? earlier.atMs : atMs,
    };
    ledger.noteFeedback(feedback);
    const cohort = record.decision?.input?.evidence.cohort ?? '';
    if (responseModel === null || tier === null || cohort === '') return { counted: false, feedback };
    // The model answered another question well enough; that its answer was given to this one is nothing against it.
    if (record.cache === 'semantic') return { counted: false, feedback };
    const outcome = { exchangeId, cohort, model: responseModel, tier };
    if (!isRepeated) {
      if (earlier !== null) {
        statistics.retract({ ...outcome, kind: `rated-${earlier.verdict}`, atMs: earlier.atMs });
      }
      const model = { id: responseModel, tier };
      this.#note({ exchangeId, cohort, model, kind: `rated-${verdict}`, atMs });
    }
    const task = this.#tasks.get(conversationId);
    if (task?.answer?.exchangeId === exchangeId) task.settled.add(responseModel);
    return { counted: true, feedback };
  }

  #remember(conversationId: string, task: Task): void {
    this.#tasks.delete(conversationId);
    this.#tasks.set(conversationId, task);
    if (this.#tasks.size > MAX_TASKS) this.#settleOldest();
  }

  /** Tasks stand in the order of their last request, so the first one that is not due ends the search. */
  #settleIdle(atMs: number): void {
    for (let count = 0; count < SETTLED_PER_REQUEST; count += 1) {
      const [oldest] = this.#tasks.values();
      if (oldest === undefined || atMs - (oldest.answer?.atMs ?? oldest.atMs) < IDLE_MS) return;
      this.#settleOldest();
    }
  }

  #settleOldest(): void {
    const [oldest] = this.#tasks;
    if (oldest === undefined) return;
    const [conversationId, task] = oldest;
    this.#tasks.delete(conversationId);
    this.#complete(task);
  }

  #complete(task: Task): void {
    if (task.answer !== null) this.#settle(task, 'completed', task.answer.atMs);
  }

  #fail(task: Task, kind: OutcomeKind, atMs: number): void {
    if (task.answer !== null) this.#settle(task, kind, atMs);
  }

  #settle({ answer, settled, cohort }: Task, kind: OutcomeKind, atMs: number): void {
    if (answer === null || settled.has(answer.model.id)) return;
    settled.add(answer.model.id);
    this.#note({ exchangeId: answer.exchangeId, cohort, model: answer.model, kind, atMs });
  }

  #note(given: Omit<OutcomeRecord, 'model' | 'tier'> & { readonly model: JudgedModel }): void {
    const { atMs, exchangeId, cohort, model, kind } = given;
    if (cohort === '') return;
    const outcome: OutcomeRecord = { atMs, exchangeId, cohort, model: model.id, tier: model.tier, kind };
    this.#deps.statistics.record(outcome);
    this.#deps.ledger.noteOutcome(outcome);
  }
}

/** About 3 ms. */
const PAGE = 2000;

/**
 * Counts what earlier processes noted, newest first, a page per turn of the event loop. To be begun before anything new
 * is noted; what is noted meanwhile is on none of the pages. Resolves to how many there were.
 */
export async function loadOutcomes(given: {
  readonly ledger: Pick<Ledger, 'outcomes'>;
  readonly statistics: Pick<SuccessStatistics, 'record'>;
  readonly nowMs: number;
}): Promise<number> {
  const { ledger, statistics, nowMs } = given;
  let loaded = 0;
  for (let before: number | null | undefined; before !== null && loaded < MAX_OUTCOMES;) {
    const { outcomes, next } = ledger.outcomes({
      sinceAtMs: nowMs - FORGOTTEN_AFTER_MS,
      limit: PAGE,
      ...(before === undefined ? {} : { before }),
    });
    for (const outcome of outcomes) {
      // From a day when the clock was wrong; it would outweigh everything else.
      if (outcome.atMs <= nowMs + MAX_AHEAD_MS) statistics.record(outcome);
    }
    loaded += outcomes.length;
    before = next;
    if (before !== null) await setImmediate();
  }
  return loaded;
}

function isFree(reason: RouteReason | null): boolean {
  return reason !== null && FREE_REASONS.includes(reason);
}

/** Without what else the given object carries: it is kept for long. */
function judged({ id, tier }: JudgedModel): JudgedModel {
  return { id, tier };
}

/** The last answer was given a short time ago. */
function isFresh(task: Task, atMs: number): boolean {
  return task.answer !== null && atMs - task.answer.atMs <= COMPLAINT_MS;
}

/** Nothing was added and the words are the same; a step of a tool loop that is sent again is the client's affair. */
function isSameTurn(task: Task, features: RoutedExchange['features'], askHash: string): boolean {
  return (
    features.messageCount === task.messageCount &&
    features.userTurns === task.userTurns &&
    !features.isToolResult &&
    askHash === task.askHash
  );
}

const HASHED_CHARS = 4096;

/** Of a long ask its length and both ends are looked at, so that 100 kB cost no more than 8. */
function hashOf(ask: string): string {
  const ends = ask.length <= 2 * HASHED_CHARS ? ask : ask.slice(0, HASHED_CHARS) + ask.slice(-HASHED_CHARS);
  return createHash('sha256').update(`${ask.length}:${ends}`).digest('base64url').slice(0, 16);
}
