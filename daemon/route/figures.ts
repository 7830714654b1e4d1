// What the policy reckons with for each model: its expected cost and its probability of success, as the client asked and
// at other levels of reasoning.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { Needs } from '../classify/grade.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { ReasoningEffort } from '../protocol/vocabulary.ts';
import { effortRange, outputFactor, type EffortRange } from './effort.ts';
import type { RoutingTable } from './policy.ts';
import { outputRatio, readableTokens, stepsOf, taskCost, type CostOf } from './task-cost.ts';
import { atEffort, needsOf, successProbability } from './success-probability.ts';

/** One model at one level of effort. */
export interface Figures {
  readonly target: ModelTarget;
  /** Of this request, with what is warm on the model; null = unpriced. */
  readonly expectedCostUsd: number | null;
  /** Of this request with nothing warm: what ceilings compare, so that a conversation never locks models out. */
  readonly coldCostUsd: number | null;
  /** Of the rest of the task: what orders models. */
  readonly taskCostUsd: number | null;
  /** Tokens of the prompt that will probably be read from the model's cache. */
  readonly warmTokens: number;
  readonly successProbability: number;
  /** null = as the client asked. */
  readonly effort: ReasoningEffort | null;
}

/** All that a policy works with for one input. */
export interface Reckoning {
  readonly needs: Needs;
  /** Each model of the table once, as the client asked. */
  readonly figures: readonly Figures[];
  readonly rangeOf: (target: ModelTarget) => EffortRange | null;
  readonly atLevel: (own: Figures, range: EffortRange, level: ReasoningEffort) => Figures;
}

export function reckon(costOf: CostOf, input: DecisionInput, table: RoutingTable): Reckoning {
  const needs = needsOf(input);
  const costsAt = (target: ModelTarget, outputShare: number) => {
    const warmTokens = readableTokens(target, input);
    const cost = (warm: number): number | null => {
      const { inputTokens, atMs } = input;
      const expectedOutputTokens = input.expectedOutputTokens * outputShare * outputRatio(target, input);
      const costUsd = costOf({ inputTokens, expectedOutputTokens, warmTokens: warm, target, atMs });
      return costUsd !== null && Number.isFinite(costUsd) ? costUsd : null;
    };
    const coldCostUsd = cost(0);
    const isOneColdRequest = warmTokens === 0 && stepsOf(input) <= 1;
    return {
      expectedCostUsd: warmTokens === 0 ? coldCostUsd : cost(warmTokens),
      coldCostUsd,
      taskCostUsd: isOneColdRequest ? coldCostUsd : taskCost(costOf, target, input, outputShare),
      warmTokens,
    };
  };
  const byId = new Map<string, Figures>();
  for (const target of table.targets) {
    if (byId.has(target.id)) continue;
    byId.set(target.id, {
      target,
      ...costsAt(target, 1),
      successProbability: successProbability(target, needs, input.evidence, input.needs.includes('tools')),
      effort: null,
    });
  }
  return {
    needs,
    figures: [...byId.values()],
    rangeOf: (target) => effortRange(target, input, table),
    atLevel: (own, range, level) => ({
      target: own.target,
      ...costsAt(own.target, outputFactor(range.own, level)),
      successProbability: atEffort(own.successProbability, input.classification.taskType, range.own, level),
      effort: level,
    }),
  };
}
