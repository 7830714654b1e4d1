// What is known about staying on a model and moving to another: how long tasks are, what is warm, how well caches keep
// what they were given, and what switching has cost this conversation so far. Learns from what passes; all in memory.

import { attemptCostUsd, pricingAt } from '../catalog/cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { RequestFeatures } from '../classify/classifier.ts';
import type { EconomicsInput, ExchangeRecord } from '../protocol/exchange-record.ts';
import type { DecisionPoint, TokenUsage } from '../protocol/vocabulary.ts';
import { CacheHits } from '../route/cache-hits.ts';
import type { ConversationState } from '../route/conversation-store.ts';
import { looksLikeSummary } from '../route/decision-point.ts';
import type { RoutingTable } from '../route/policy.ts';
import { SwitchBooksStore } from '../route/switch-books.ts';
import { TaskLengths, type TaskKind } from '../route/task-lengths.ts';
import { ModelHabits } from './model-habits.ts';
import type { MeasuredRatios, PromptBooks } from './prompt-books.ts';

/** A conversation without tools that has lasted some turns will probably last about as many more, up to this. */
const MAX_CHAT_TURNS = 15;

/** Share of an answer that is not counted as the baseline's own. */
const UNMEASURED_WORDINESS = 0.35;

/** A prompt that is counted so little above the border of a long-context price may lie below it on the baseline. */
const COUNT_MARGIN = 1.1;

const TOKENS_PER_MTOK = 1_000_000;

export interface EconomicsQuestion {
  readonly point: DecisionPoint;
  readonly features: RequestFeatures;
  readonly state: ConversationState | null;
  readonly isSide: boolean;
  readonly conversationId: string;
  readonly prompt: PromptBooks;
  readonly table: Pick<RoutingTable, 'targets' | 'mixedPlan'>;
}

export class TaskEconomics {
  readonly #lengths = new TaskLengths();
  readonly #hits = new CacheHits();
  readonly #books = new SwitchBooksStore();
  readonly habits = new ModelHabits();

  /** How the baseline lies to the model that answered, as far as it was measured. */
  measured(served: ModelTarget, baseline: ModelTarget, kind: TaskKind): MeasuredRatios {
    const outputRatio = this.habits.outputRatio(served, baseline, kind);
    const hitRatio = this.#hits.measured(baseline);
    return {
      ...(outputRatio === undefined ? {} : { outputRatio }),
      ...(hitRatio === undefined ? {} : { hitRatio }),
    };
  }

  inputFor(question: EconomicsQuestion): EconomicsInput {
    const { features, prompt, table, conversationId } = question;
    const kind = kindOf(question);
    const shape = this.#lengths.shape(features.client, kind);
    const bill = this.#books.get(conversationId);
    const baseline = bill && table.targets.find(({ id }) => id === bill.baselineModel);
    return {
      expectedSteps: stepsAhead(question, kind, shape.steps),
      stepInputTokens: Math.round(shape.inputTokens),
      stepOutputTokens: Math.round(shape.outputTokens),
      warmTokens: prompt.warmTokens(table.targets, features.inputTokens),
      cacheHitRatios: this.#hits.ratios(table.targets),
      outputRatios: this.habits.outputRatios(table.targets, kind),
      switchBooks:
        bill === null || baseline == null
          ? null
          : {
              baselineModel: bill.baselineModel,
              actualUsd: bill.actualUsd,
              stayUsd: bill.stayUsd,
              stayWarmTokens: prompt.stayWarmTokens(baseline, features.inputTokens),
            },
    };
  }

  /** A request was decided: what it says of the task before it. */
  decided({ point, features, state, isSide }: Omit<EconomicsQuestion, 'prompt' | 'table'>): void {
    if (state === null) return;
    const kind = kindOf({ point, features, isSide });
    if (point === 'continuation') {
      this.#lengths.grew(features.client, kind, features.inputTokens - state.inputTokens);
    } else if (point === 'new-task' || point === 'cache-expired') {
      this.#lengths.taskEnded(features.client, kind, state.taskSteps ?? 1);
    }
  }

  /** A complete answer with its reported usage. `warmShare`: how much of the prompt was thought to be warm. */
  answered(given: {
    readonly target: ModelTarget;
    readonly features: RequestFeatures;
    readonly point: DecisionPoint;
    readonly isSide: boolean;
    readonly usage: TokenUsage;
    readonly warmShare: number;
  }): void {
    const { target, features, usage, warmShare } = given;
    const kind = kindOf(given);
    this.#hits.note(target.id, warmShare * usage.inputTokens, usage.cacheReadInputTokens);
    if (given.point === 'background') return;
    this.habits.note(target, kind, usage);
    this.#lengths.answered(features.client, kind, usage.outputTokens / target.tokenizerFactor);
  }

  /** What the record says of the conversation's bill. What the user asked for by name is not the router's to answer for. */
  billed(record: ExchangeRecord, kind: TaskKind, targets: readonly ModelTarget[] = []): void {
    const { conversationId, baselineModel, reason, decision } = record;
    if (conversationId === '' || baselineModel === null || decision === null) return;
    if (decision.reason === 'override' || decision.reason === 'exact' || reason === 'cache') return;
    this.#books.note(conversationId, {
      baselineModel,
      servedModel: record.responseModel,
      costUsd: record.costUsd,
      stayCostUsd:
        record.responseModel === baselineModel
          ? stayedUsd(record)
          : this.#stayUsd(
              belowBorder(
                record,
                targets.find(({ id }) => id === baselineModel),
              ),
              kind,
            ),
    });
  }

  /** Another model answered. Until it is measured how much each of the two writes, it may be the wordier one. */
  #stayUsd(
    { baseline, baselineCostUsd, baselineModel, responseModel }: ExchangeRecord,
    kind: TaskKind,
  ): number | null {
    if (baselineCostUsd === null || baseline == null || baselineModel === null || responseModel === null) {
      return baselineCostUsd;
    }
    if (this.habits.knowsOutput(responseModel, kind) && this.habits.knowsOutput(baselineModel, kind)) {
      return baselineCostUsd;
    }
    const { usage, prices } = baseline;
    return (
      baselineCostUsd -
      (UNMEASURED_WORDINESS * usage.outputTokens * prices.outputUsdPerMtok) / TOKENS_PER_MTOK
    );
  }
}

/**
 * Tokens of the baseline are those of another model, converted. Near the border of the baseline's long-context price
 * staying is taken for the cheaper of the two, since a limit is kept with it.
 */
function belowBorder(record: ExchangeRecord, target: ModelTarget | undefined): ExchangeRecord {
  const { baseline, baselineCostUsd, startedAt } = record;
  if (baseline == null || baselineCostUsd === null || target?.price == null) return record;
  const atMs = Date.parse(startedAt);
  const { usage } = baseline;
  const border = pricingAt(target.price, atMs).longContext?.aboveTokens ?? Infinity;
  if (usage.inputTokens <= border || usage.inputTokens > border * COUNT_MARGIN) return record;
  const share = border / usage.inputTokens;
  const below = {
    ...usage,
    inputTokens: border,
    cacheReadInputTokens: usage.cacheReadInputTokens * share,
    cacheCreationInputTokens: usage.cacheCreationInputTokens * share,
  };
  const costUsd = attemptCostUsd(below, target, atMs);
  return costUsd === null || costUsd >= baselineCostUsd ? record : { ...record, baselineCostUsd: costUsd };
}

/**
 * The baseline answered itself. Staying would have been billed the same, luck and all, but for what had gone cold while
 * others answered.
 */
function stayedUsd({ costUsd, attempts, decision }: ExchangeRecord): number | null {
  const input = decision?.input;
  const books = input?.economics?.switchBooks;
  const { usage = null, prices = null, model = '' } = attempts.at(-1) ?? {};
  if (costUsd === null || input == null || books == null || usage === null || prices === null) return costUsd;
  const warmTokens = input.economics?.warmTokens[model] ?? 0;
  const coldShare = Math.max(0, books.stayWarmTokens - warmTokens) / Math.max(1, input.inputTokens);
  const premiumUsdPerMtok = Math.max(0, prices.cacheWriteUsdPerMtok - prices.cacheReadUsdPerMtok);
  return Math.max(
    0,
    costUsd - (Math.min(1, coldShare) * usage.inputTokens * premiumUsdPerMtok) / TOKENS_PER_MTOK,
  );
}

export function kindOf(of: {
  readonly point: DecisionPoint;
  readonly features: Pick<RequestFeatures, 'toolCount'>;
  readonly isSide: boolean;
}): TaskKind {
  if (of.features.toolCount === 0) return 'chat';
  return of.isSide || of.point === 'subagent' ? 'side' : 'agent';
}

function stepsAhead(
  { point, features, state, table }: EconomicsQuestion,
  kind: TaskKind,
  steps: number,
): number {
  if (point === 'continuation' && table.mixedPlan === true)
    return Math.max(1, steps - (state?.taskSteps ?? 0));
  // Inside a task nothing is weighed, and a title or a summary is one request.
  const isSingle = point === 'background' || point === 'continuation';
  const isSummary = point === 'compaction' && state !== null && looksLikeSummary(features, state);
  if (isSingle || isSummary) return 1;
  return kind === 'chat' ? Math.min(MAX_CHAT_TURNS, Math.max(steps, features.userTurns)) : steps;
}
