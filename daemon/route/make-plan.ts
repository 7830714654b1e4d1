// The last step of planning: a plan out of its parts, with every model that was looked at and why it lost.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { Candidate, SwitchEconomics } from '../protocol/exchange-record.ts';
import type { ReasoningEffort, RouteReason } from '../protocol/vocabulary.ts';
import type { RejectedTarget } from './no-eligible-target.ts';
import type { Intent } from './override.ts';
import type { PlanError, RoutePlan } from './policy.ts';
import { bindingConstraint } from './why-lost.ts';

/** A model as a candidate shows it; `successProbability` null = nobody looked. */
export interface Shown {
  readonly target: ModelTarget;
  readonly expectedCostUsd: number | null;
  readonly taskCostUsd: number | null;
  readonly untilDoneUsd?: number;
  readonly warmTokens: number;
  readonly successProbability: number | null;
  readonly effort: ReasoningEffort | null;
}

export interface Loser extends Shown {
  readonly rejected: string;
}

export interface PlanParts {
  /** The choice and its fallbacks. */
  readonly chain: readonly Shown[];
  /** The fallbacks with what they lost by. */
  readonly losers: readonly Loser[];
  readonly escalation: readonly ModelTarget[];
  /** All models of the table. */
  readonly figures: readonly Shown[];
  readonly rejections: ReadonlyMap<string, RejectedTarget>;
  readonly reason: RouteReason;
  readonly switchEconomics?: SwitchEconomics | null;
  readonly helps?: string | undefined;
  readonly notes: readonly string[];
  readonly error: PlanError | null;
}

export function makePlan(intent: Intent, parts: PlanParts): RoutePlan {
  const { chain, rejections } = parts;
  const [chosen] = chain;
  const candidates = [
    ...(chosen === undefined ? [] : [candidateOf(chosen, null)]),
    ...parts.losers.map((loser) => candidateOf(loser, loser.rejected)),
    ...parts.figures.flatMap((figures) => {
      const rejection = rejections.get(figures.target.id);
      return rejection === undefined ? [] : [candidateOf(figures, rejection.why)];
    }),
  ];
  return {
    targets: chain.map(({ target }) => target),
    efforts: effortsOf(chain),
    escalation: parts.escalation,
    baseline: intent.baseline,
    reason: parts.reason,
    profile: intent.profile,
    candidates,
    bindingConstraint: bindingConstraint(chosen?.target, candidates),
    switchEconomics: parts.switchEconomics ?? null,
    ...(parts.helps === undefined ? {} : { helps: parts.helps }),
    notes: parts.notes,
    error: parts.error,
  };
}

function candidateOf(shown: Shown, rejected: string | null): Candidate {
  const { target, expectedCostUsd, taskCostUsd, untilDoneUsd, successProbability, effort } = shown;
  return {
    model: target.id,
    expectedCostUsd,
    expectedTaskCostUsd: untilDoneUsd ?? taskCostUsd,
    successProbability,
    warmTokens: Math.round(shown.warmTokens),
    effort,
    rejected,
  };
}

function effortsOf(chain: readonly Shown[]): Readonly<Record<string, ReasoningEffort>> {
  const changed = chain.flatMap(({ target, effort }) =>
    effort === null ? [] : [[target.id, effort] as const],
  );
  return Object.fromEntries(changed);
}
