// Which model a policy would take, for a history of many requests: nine in ten are inside of a task and stay on its model,
// which can mostly be seen without weighing the others. Wherever more than that counts, the policy is asked.

import { createExpectedCost } from '../catalog/expected-cost-memo.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { ReasoningEffort } from '../protocol/vocabulary.ts';
import { certainlyStays, stayingEffort } from '../route/certain-stay.ts';
import { resolveIntent } from '../route/override.ts';
import type { Policy, RoutePlan, RoutingTable } from '../route/policy.ts';

export interface ReplayedChoice {
  /** '' = nobody could serve it. */
  readonly model: string;
  /** The user's own wish, which a task does not stay on. */
  readonly isWish: boolean;
  readonly effort: ReasoningEffort | null;
  /** The model that the task stays on, where the choice does one step of it; null = the choice itself. */
  readonly helps: string | null;
}

/** What a model name means where nobody but the policy has a say; `isFree` false = a model is asked for by name. */
interface NamedLimits {
  readonly isFree: boolean;
  readonly ceiling: ModelTarget | null;
  readonly baseline: ModelTarget | null;
}

/** More names of models than this in one history are somebody's experiment. */
const MAX_NAMES = 1000;

/** The policy that `certainlyStays` knows the rules of. */
const KNOWN_POLICY = 'cheapest-capable';

export class ReplayChooser {
  readonly #policy: Policy;
  readonly #table: RoutingTable;
  readonly #costOf = createExpectedCost();
  readonly #targets: ReadonlyMap<string, ModelTarget>;
  readonly #limits = new Map<string, NamedLimits>();

  constructor(policy: Policy, table: RoutingTable) {
    this.#policy = policy;
    this.#table = table;
    // The first of an id counts, as in the policy.
    this.#targets = new Map(table.targets.map((target) => [target.id, target] as const).toReversed());
  }

  choose(input: DecisionInput): ReplayedChoice {
    const { affinityModel } = input;
    if (affinityModel !== null && this.#policy.name === KNOWN_POLICY && isUndisturbed(input)) {
      const target = this.#targets.get(affinityModel);
      if (target !== undefined && this.#stays(input, target)) {
        const effort = stayingEffort(target, input, this.#table);
        return { model: affinityModel, isWish: false, effort, helps: null };
      }
    }
    return choiceOf(this.#policy.plan(input, this.#table));
  }

  #stays(input: DecisionInput, target: ModelTarget): boolean {
    const { isFree, ceiling, baseline } = this.#limitsOf(input);
    const table = this.#table;
    return isFree && certainlyStays({ costOf: this.#costOf, input, table, target, ceiling, baseline });
  }

  #limitsOf(input: DecisionInput): NamedLimits {
    const known = this.#limits.get(input.requestModel);
    if (known !== undefined) return known;
    const intent = resolveIntent(input, this.#table);
    const limits = {
      isFree: intent.kind === 'free',
      ceiling: intent.kind === 'free' ? intent.ceiling : null,
      baseline: intent.baseline,
    };
    if (this.#limits.size < MAX_NAMES) this.#limits.set(input.requestModel, limits);
    return limits;
  }
}

/** Inside of a task, and nothing but the task has a say. */
function isUndisturbed(input: DecisionInput): boolean {
  const { decisionPoint, controls, standingOverride, escalation, budgetPressure } = input;
  return (
    decisionPoint === 'continuation' &&
    escalation === null &&
    standingOverride === null &&
    (budgetPressure ?? null) === null &&
    controls.headerModel === null &&
    controls.queryModel === null &&
    controls.maxCostUsd === null
  );
}

function choiceOf({ targets, reason, efforts, helps }: RoutePlan): ReplayedChoice {
  const model = targets[0]?.id ?? '';
  const isWish = reason === 'override' || reason === 'exact';
  return { model, isWish, effort: efforts[model] ?? null, helps: helps ?? null };
}
