// Which model a policy would take, for a history of many requests: nine in ten are inside of a task and stay on its model,
// which can be seen by planning with that model and the baseline alone. Wherever more than that counts, all are asked.

import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { ReasoningEffort } from '../protocol/vocabulary.ts';
import { resolveIntent } from '../route/override.ts';
import type { Policy, RoutePlan, RoutingTable } from '../route/policy.ts';

export interface ReplayedChoice {
  /** '' = nobody could serve it. */
  readonly model: string;
  /** The user's own wish, which a task does not stay on. */
  readonly isWish: boolean;
  readonly effort: ReasoningEffort | null;
}

interface SmallTable {
  readonly table: RoutingTable;
  /** Remarks that the name of the model alone leads to. */
  readonly noteCount: number;
}

/** More names of models than this in one history are somebody's experiment. */
const MAX_SMALL_TABLES = 1000;

export class ReplayChooser {
  readonly #policy: Policy;
  readonly #table: RoutingTable;
  readonly #smallTables = new Map<string, SmallTable>();

  constructor(policy: Policy, table: RoutingTable) {
    this.#policy = policy;
    this.#table = table;
  }

  choose(input: DecisionInput): ReplayedChoice {
    return choiceOf(this.#stay(input) ?? this.#policy.plan(input, this.#table));
  }

  /** The plan with few models where it leads to the same choice; null where others may count. */
  #stay(input: DecisionInput): RoutePlan | null {
    const { affinityModel } = input;
    if (affinityModel === null || !mayStay(input) || this.#table.mixedPlan === true) return null;
    const small = this.#smallTable(input, affinityModel);
    if (small === null) return null;
    const plan = this.#policy.plan(input, small.table);
    // A remark says that something stood in the way, for which others may have been the way out.
    const isPlain = plan.notes.length === small.noteCount && plan.reason === 'affinity';
    return isPlain && plan.targets[0]?.id === affinityModel ? plan : null;
  }

  #smallTable(input: DecisionInput, model: string): SmallTable | null {
    const key = `${model} ${input.requestModel}`;
    const known = this.#smallTables.get(key);
    if (known !== undefined) return known;
    const intent = resolveIntent(input, this.#table);
    if (intent.kind !== 'free' || this.#smallTables.size >= MAX_SMALL_TABLES) return null;
    const names = [model, this.#table.baseline, intent.baseline?.id, intent.ceiling?.id];
    const targets = this.#table.targets.filter(({ id }) => names.includes(id));
    const small = { table: { ...this.#table, targets }, noteCount: intent.notes.length };
    this.#smallTables.set(key, small);
    return small;
  }
}

/** Inside of a task, and nothing but the task has a say. */
function mayStay({
  decisionPoint,
  controls,
  standingOverride,
  escalation,
  budgetPressure,
}: DecisionInput): boolean {
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

function choiceOf({ targets, reason, efforts }: RoutePlan): ReplayedChoice {
  const model = targets[0]?.id ?? '';
  return { model, isWish: reason === 'override' || reason === 'exact', effort: efforts[model] ?? null };
}
