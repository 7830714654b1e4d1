// What the policy reckons with for each model: its expected cost and its probability of success, as the client asked and
// at other levels of reasoning.

import type { ExpectedRequest } from '../catalog/expected-cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { Needs } from '../classify/grade.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { ReasoningEffort } from '../protocol/vocabulary.ts';
import { effortRange, outputFactor, type EffortRange } from './effort.ts';
import type { RoutingTable } from './policy.ts';
import { atEffort, needsOf, successProbability } from './success-probability.ts';

/** Expected USD of one request on a model; null = unpriced. */
export type CostOf = (request: ExpectedRequest) => number | null;

/** One model at one level of effort. */
export interface Figures {
  readonly target: ModelTarget;
  /** null = unpriced. */
  readonly expectedCostUsd: number | null;
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

export function reckon(expectedCostUsd: CostOf, input: DecisionInput, table: RoutingTable): Reckoning {
  const needs = needsOf(input);
  const costAt = (target: ModelTarget, outputShare: number): number | null => {
    const { inputTokens, atMs } = input;
    const expectedOutputTokens = input.expectedOutputTokens * outputShare;
    const costUsd = expectedCostUsd({ inputTokens, expectedOutputTokens, warmTokens: 0, target, atMs });
    return costUsd !== null && Number.isFinite(costUsd) ? costUsd : null;
  };
  const byId = new Map<string, Figures>();
  for (const target of table.targets) {
    if (byId.has(target.id)) continue;
    byId.set(target.id, {
      target,
      expectedCostUsd: costAt(target, 1),
      successProbability: successProbability(target, needs, input.evidence),
      effort: null,
    });
  }
  return {
    needs,
    figures: [...byId.values()],
    rangeOf: (target) => effortRange(target, input, table),
    atLevel: (own, range, level) => ({
      target: own.target,
      expectedCostUsd: costAt(own.target, outputFactor(range.own, level)),
      successProbability: atEffort(own.successProbability, input.classification.taskType, range.own, level),
      effort: level,
    }),
  };
}
