// Walks through a history in the order of time and decides each request again: the replayed conversations have their own
// models, warm prompt caches and switch books. What is read of a row is kept only as sums.

import { attemptCostUsd } from '../catalog/cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { DecisionPoint } from '../protocol/vocabulary.ts';
import type { Policy, RoutingTable } from '../route/policy.ts';
import { needsOf, successProbability } from '../route/success-probability.ts';
import { baselineCost } from './replay-baseline.ts';
import { movedBill, shiftedBill } from './replay-bill.ts';
import { ReplayChooser, type ReplayedChoice } from './replay-choice.ts';
import { ReplayEvidence } from './replay-evidence.ts';
import type { HistoryStep, ReplayOptions, ReplayedHistory, WhyAsStored } from './replay-history.ts';
import { replayReport } from './replay-report.ts';
import { completed, pointAt, promptUsd, seenTokens } from './replay-step.ts';
import { ReplayTally } from './replay-tally.ts';
import {
  ConversationWorld,
  ReplayedBooks,
  rememberAnswer,
  type ConversationCaches,
  type LastUses,
  type PromptPlace,
} from './replay-world.ts';

/** Hit ratio that running books are kept with; the sums at the end use what was learnt. */
const USUAL_HIT_RATIO = 0.9;

/** One request while it is decided again. */
interface Situation {
  readonly step: HistoryStep;
  readonly input: DecisionInput;
  readonly point: DecisionPoint;
  readonly world: ConversationWorld;
  readonly place: PromptPlace;
}

export class HistoryReplay {
  readonly #chooser: ReplayChooser;
  readonly #table: RoutingTable;
  readonly #options: ReplayOptions;
  readonly #targets: Map<string, ModelTarget>;
  readonly #worlds = new Map<string, ConversationWorld>();
  readonly #storedUses: LastUses = new Map();
  readonly #replayedUses: LastUses = new Map();
  readonly #tally = new ReplayTally();
  readonly #evidence = new ReplayEvidence();
  readonly #asStored: Record<WhyAsStored, number> = { 'not-decided': 0, 'no-usage': 0, unpriced: 0 };
  readonly #success = { requests: 0, stored: 0, replayed: 0 };
  #requests = 0;
  #moved = 0;

  constructor(policy: Policy, table: RoutingTable, options: ReplayOptions) {
    this.#chooser = new ReplayChooser(policy, table);
    this.#table = table;
    this.#options = options;
    const former = options.formerTargets ?? [];
    this.#targets = new Map([...former, ...table.targets].map((target) => [target.id, target]));
  }

  /** Models that may have answered then and are not in the table. */
  know(targets: readonly ModelTarget[]): void {
    for (const target of targets) if (!this.#targets.has(target.id)) this.#targets.set(target.id, target);
  }

  /** In the order of time, at least within each conversation. */
  add(step: HistoryStep): void {
    this.#requests += 1;
    if (step.input === null || step.cache === 'exact' || step.cache === 'semantic') {
      this.#bookAsStored(step, 'not-decided');
      return;
    }
    const input = completed(step.input);
    const world = this.#worldOf(step.conversationId);
    const point = pointAt(input.decisionPoint, this.#options.decideAt);
    const place = world.place(input, point, () => seenTokens(step, input));
    const situation: Situation = { step, input, point, world, place };
    const choice = this.#chooser.choose(this.#inputOf(situation));
    this.#compareSuccess(step, input, choice);
    const costUsd = this.#bill(situation, choice);
    this.#remember(situation, choice, costUsd);
  }

  result(): ReplayedHistory {
    return replayReport({
      requests: this.#requests,
      moved: this.#moved,
      tally: this.#tally,
      evidence: this.#evidence,
      asStored: this.#asStored,
      worlds: this.#worlds,
      success: this.#success,
      targetOf: (model) => this.#targets.get(model),
    });
  }

  #worldOf(conversationId: string): ConversationWorld {
    let world = this.#worlds.get(conversationId);
    if (world === undefined) this.#worlds.set(conversationId, (world = new ConversationWorld()));
    return world;
  }

  /** As it was stored as long as the worlds are the same. */
  #inputOf({ input, point, world, place }: Situation): DecisionInput {
    const { affinity, replayed } = world;
    if (replayed === null && affinity === undefined) {
      return point === input.decisionPoint ? input : { ...input, decisionPoint: point };
    }
    const warmTokens: Record<string, number> = {};
    for (const target of this.#table.targets) {
      const tokens = world.warmTokens(replayed ?? world.stored, this.#replayedUses, target, place);
      if (tokens > 0) warmTokens[target.id] = tokens;
    }
    return {
      ...input,
      decisionPoint: point,
      ...(affinity === undefined ? {} : { affinityModel: affinity.model, affinityEffort: affinity.effort }),
      ...(input.economics === undefined
        ? {}
        : {
            economics: {
              ...input.economics,
              warmTokens,
              switchBooks:
                world.books?.asInput(input.economics.switchBooks?.stayWarmTokens ?? place.sharedTokens) ??
                null,
            },
          }),
    };
  }

  /** What the request costs in the replayed world, as far as it is known now; null = not known. */
  #bill(situation: Situation, choice: ReplayedChoice): number | null {
    const { step, world } = situation;
    if (step.costUsd === null) {
      this.#bookAsStored(step, 'unpriced');
      return null;
    }
    const isKept = choice.model === step.plannedModel;
    const costUsd = isKept
      ? this.#keep(situation, step.costUsd)
      : this.#move(situation, choice, step.costUsd);
    if (costUsd === null) {
      this.#asStored.unpriced += 1;
      return null;
    }
    this.#tally.storedUsd.add(step.costUsd);
    const baselineUsd = this.#baselineUsd(situation);
    if (baselineUsd === null) this.#tally.incomparableUsd.add(costUsd);
    else this.#tally.baselineUsd.add(baselineUsd);
    world.requests += 1;
    world.storedUsd += step.costUsd;
    world.replayedUsd += costUsd;
    return costUsd;
  }

  /** The model that was asked then: the bill as it is, but for its cache and for prices that are asked about. */
  #keep({ step, world, place }: Situation, storedUsd: number): number | null {
    const { usage, servedModel, classifierCostUsd = 0, failedAttemptsCostUsd = 0 } = step;
    const served = servedModel === null ? undefined : this.#targets.get(servedModel);
    if (usage !== null && served !== undefined) this.#learn(step, world, place, served);
    const model = servedModel ?? step.plannedModel;
    if (usage === null || served === undefined) {
      if (usage === null) this.#asStored['no-usage'] += 1;
      this.#tally.keep(model, storedUsd);
      return storedUsd;
    }
    let costUsd = storedUsd;
    if (this.#options.repriced?.has(served.id) === true) {
      const answersUsd = attemptCostUsd(usage, served, place.atMs);
      if (answersUsd === null) return null;
      costUsd = classifierCostUsd + failedAttemptsCostUsd + answersUsd;
    }
    let gainUsd = 0;
    if (world.replayed !== null) {
      const warmShare = (caches: typeof world.stored, uses: LastUses): number =>
        place.tokens <= 0 ? 0 : world.warmTokens(caches, uses, served, place) / place.tokens;
      const shift = shiftedBill({
        usage,
        target: served,
        storedWarmShare: warmShare(world.stored, this.#storedUses),
        replayedWarmShare: warmShare(world.replayed, this.#replayedUses),
        atMs: place.atMs,
      });
      costUsd += shift?.lostUsd ?? 0;
      gainUsd = shift?.hitGainUsd ?? 0;
      if (gainUsd !== 0) this.#tally.gain(served.id, gainUsd);
      this.#noteGrowth(world, place, served.id, promptUsd(usage, served, place.atMs));
    }
    this.#tally.keep(model, costUsd);
    return costUsd - USUAL_HIT_RATIO * gainUsd;
  }

  #move(situation: Situation, choice: ReplayedChoice, storedUsd: number): number | null {
    const { step, world, place } = situation;
    const { usage, servedModel, classifierCostUsd = 0 } = step;
    const target = this.#targets.get(choice.model);
    if (usage === null || servedModel === null || target === undefined) {
      this.#asStored['no-usage'] += 1;
      this.#tally.keep(servedModel ?? step.plannedModel, storedUsd);
      return storedUsd;
    }
    const served = this.#targets.get(servedModel);
    if (served !== undefined) this.#learn(step, world, place, served);
    const caches = this.#diverge(situation);
    const warmTokens = world.warmTokens(caches, this.#replayedUses, target, place);
    const bill = movedBill({
      usage,
      tokenRatio: target.tokenizerFactor / (served?.tokenizerFactor ?? target.tokenizerFactor),
      target,
      warmShare: place.tokens <= 0 ? 0 : warmTokens / place.tokens,
      atMs: place.atMs,
    });
    if (bill === null) return null;
    // It answered in place of another then: the length of its answer is known.
    const isItsOwn = served === target;
    const terms = isItsOwn ? { ...bill, inputUsd: bill.inputUsd + bill.outputUsd, outputUsd: 0 } : bill;
    this.#moved += 1;
    const promptUsd = terms.inputUsd - USUAL_HIT_RATIO * terms.hitGainUsd;
    const grownUsd = place.tokens <= 0 ? 0 : promptUsd * Math.min(1, world.movedAnswerTokens / place.tokens);
    const money = { storedUsd, fixedUsd: classifierCostUsd, grownUsd };
    world.latestMove = this.#tally.move(servedModel, target.id, terms, money);
    this.#addToCluster(world, terms.outputUsd, promptUsd);
    if (!isItsOwn && !place.isSide)
      world.noteMovedAnswer(usage.outputTokens / (served?.tokenizerFactor ?? 1));
    return classifierCostUsd + promptUsd + terms.outputUsd;
  }

  /** From here on the conversation goes its own way, with the books as they stand. */
  #diverge({ world, input }: Situation): ConversationCaches {
    const books = input.economics?.switchBooks;
    if (world.replayed === null && books != null) world.books = ReplayedBooks.from(books);
    return world.diverge();
  }

  /** A model that stays reads the answers of those that do not. */
  #noteGrowth(world: ConversationWorld, place: PromptPlace, model: string, usd: number): void {
    if (world.latestMove === null || place.isSide || place.tokens <= 0) return;
    const { latestMove, movedAnswerTokens } = world;
    const known = latestMove.grownElsewhereUsd.get(model) ?? 0;
    latestMove.grownElsewhereUsd.set(model, known + usd * Math.min(1, movedAnswerTokens / place.tokens));
  }

  /** (sum + x)² - sum² of each conversation, so that nothing has to be gone over again at the end. */
  #addToCluster(world: ConversationWorld, outputUsd: number, inputUsd: number): void {
    this.#tally.clusterOutputSquares += outputUsd * (outputUsd + 2 * world.movedOutputUsd);
    this.#tally.clusterInputSquares += inputUsd * (inputUsd + 2 * world.movedInputUsd);
    world.movedOutputUsd += outputUsd;
    world.movedInputUsd += inputUsd;
  }

  #learn(step: HistoryStep, world: ConversationWorld, place: PromptPlace, served: ModelTarget): void {
    const { usage, input, costUsd, failedAttemptsCostUsd = 0, classifierCostUsd = 0 } = step;
    if (usage === null || input === null) return;
    const warmTokens = world.warmTokens(world.stored, this.#storedUses, served, place);
    this.#evidence.answered({
      input,
      usage,
      target: served,
      warmTokens,
      isFirstOfKind: (model, kind) => world.isFirstOfKind(model, kind),
      hitBefore: (model, isHit) => world.hitBefore(model, isHit),
    });
    if (costUsd === null) return;
    const answersUsd = costUsd - failedAttemptsCostUsd - classifierCostUsd;
    this.#evidence.planned(step.plannedModel, failedAttemptsCostUsd, answersUsd);
  }

  #remember(situation: Situation, choice: ReplayedChoice, costUsd: number | null): void {
    const { step, point, world, place } = situation;
    const isKept = choice.model === step.plannedModel;
    const servedModel = isKept || step.servedModel === null ? step.servedModel : choice.model;
    if (servedModel !== step.servedModel) this.#diverge(situation);
    if (costUsd !== null && world.replayed !== null) {
      world.books = ReplayedBooks.after(world.books, {
        baselineModel: step.baselineModel ?? this.#table.baseline,
        servedModel,
        costUsd,
        baselineCostUsd: step.baselineCostUsd,
      });
    }
    const caches = world.replayed;
    if (step.servedModel !== null) {
      rememberAnswer(world.stored, this.#storedUses, this.#targets.get(step.servedModel), place);
    }
    if (servedModel === null) return;
    const replayedTarget = this.#targets.get(servedModel);
    if (caches !== null) rememberAnswer(caches, this.#replayedUses, replayedTarget, place);
    else this.#replayedUses.set(servedModel, place.atMs);
    const leavesTrace = point !== 'background' && !place.isSide && !choice.isWish;
    const isHelping = choice.helps !== null && servedModel === choice.model;
    if (leavesTrace && !isHelping && (world.affinity !== undefined || servedModel !== step.servedModel)) {
      world.affinity = { model: servedModel, effort: choice.effort };
    }
  }

  #baselineUsd({ step, place }: Situation): number | null {
    const { baselineCostUsd, baselineModel = null } = step;
    const { formerBaseline, repriced } = this.#options;
    const isOther = formerBaseline !== undefined && baselineModel === formerBaseline;
    const model = isOther ? this.#table.baseline : baselineModel;
    const isAsStored = !isOther && (model === null || repriced?.has(model) !== true);
    if (baselineCostUsd === null || isAsStored) return baselineCostUsd;
    const targetOf = (id: string): ModelTarget | undefined => this.#targets.get(id);
    const target = model === null ? undefined : targetOf(model);
    return baselineCost(step, { target, targetOf, atMs: place.atMs });
  }

  #compareSuccess(step: HistoryStep, input: DecisionInput, choice: ReplayedChoice): void {
    const stored = this.#targets.get(step.plannedModel);
    const replayed = this.#targets.get(choice.model);
    if (stored === undefined || replayed === undefined) return;
    const needs = needsOf(input);
    const hasTools = input.needs.includes('tools');
    const before = successProbability(stored, needs, input.evidence, hasTools);
    this.#success.requests += 1;
    this.#success.stored += before;
    this.#success.replayed +=
      stored === replayed ? before : successProbability(replayed, needs, input.evidence, hasTools);
  }

  #bookAsStored(step: HistoryStep, why: WhyAsStored): void {
    this.#asStored[why] += 1;
    if (step.costUsd === null) return;
    this.#tally.storedUsd.add(step.costUsd);
    this.#tally.keep(step.servedModel ?? (step.plannedModel || 'none'), step.costUsd);
    if (step.baselineCostUsd === null) this.#tally.incomparableUsd.add(step.costUsd);
    else this.#tally.baselineUsd.add(step.baselineCostUsd);
  }
}
