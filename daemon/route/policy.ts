// The seam between "what is asked" and "which model answers". A policy is a pure function: the same input and the same
// table give the same plan, so any stored decision can be replayed.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { Candidate, DecisionInput, SwitchEconomics, WouldFlip } from '../protocol/exchange-record.ts';
import type { Complexity, Profile, ReasoningEffort, RouteReason, TaskType } from '../protocol/vocabulary.ts';

/** The user's own lists: model ids in order of preference, per profile, task type (or `default`) and grade. */
export type ProfileTable = Readonly<
  Record<
    Profile,
    Readonly<Partial<Record<TaskType | 'default', Readonly<Partial<Record<Complexity, readonly string[]>>>>>>
  >
>;

/** Least probability of success of a chosen model, 0..1, per profile and task type (or `default`). */
export type SuccessThresholds = Readonly<
  Record<Profile, Readonly<Partial<Record<TaskType | 'default', number>>>>
>;

/** Everything a policy knows about the world: models, prices, tables, settings. Immutable; made once per configuration. */
export interface RoutingTable {
  /** SHA-256 (first 16 hex) over the rest of this object but for the targets' traits; the ledger stores each table once under it. */
  readonly hash: string;
  readonly targets: readonly ModelTarget[];
  readonly profiles: ProfileTable;
  readonly thresholds: SuccessThresholds;
  readonly profile: Profile;
  /** Id of the model that `auto` and unknown names are compared with; null when no model is configured. */
  readonly baseline: string | null;
  readonly bareModelNames: 'ceiling' | 'exact';
  readonly maxAttempts: number;
  readonly exactFallback: boolean;
  readonly maxTurnsBeforeUpgrade: number;
  /** Whether the level of reasoning may be lowered or raised before another model is taken. */
  readonly adjustsEffort: boolean;
  /** A conversation never bills more than (1 + this) times staying on the baseline model; absent in older tables = no limit. */
  readonly maxSwitchSpendRatio?: number;
  /** Whether single steps of a task may go to a cheaper model; absent = no. */
  readonly mixedPlan?: boolean;
  /** Ids of models that were found on this machine and that nobody vouched for: taken after all others of their tier. */
  readonly unvetted?: readonly string[];
  /** Other exact names of models that are declared somewhere (a vendor's dated names): name -> upstreamModel. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** What to try, in order, and why. */
export interface RoutePlan {
  /** First is the choice, the rest the fallback chain. Empty only when `error` is set. */
  readonly targets: readonly ModelTarget[];
  /** Level of effort to ask of a model, by its id; models that are absent get what the client asked for. */
  readonly efforts: Readonly<Record<string, ReasoningEffort>>;
  /** Who answers in place of the choice when its answer is weak: stronger models that may be asked, next one first. */
  readonly escalation: readonly ModelTarget[];
  readonly baseline: ModelTarget | null;
  readonly reason: RouteReason;
  readonly profile: Profile;
  /** Every target that was looked at, with its expected cost and why it lost. */
  readonly candidates: readonly Candidate[];
  /** What kept the next cheaper model from being chosen; null when nothing did. */
  readonly bindingConstraint: string | null;
  /** The model that the task stays on while the chosen one does a single step of it. */
  readonly helps?: string;
  /** Staying against moving, where there was that choice. */
  readonly switchEconomics?: SwitchEconomics | null;
  readonly notes: readonly string[];
  /** Set when nothing can serve the request. */
  readonly error: PlanError | null;
}

export interface PlanError {
  readonly code: 'model.unknown' | 'route.no_eligible_target';
  readonly message: string;
}

export interface Policy {
  readonly name: string;
  plan(input: DecisionInput, table: RoutingTable): RoutePlan;
  /** The smallest single changes of the input that would lead to another first choice. */
  wouldFlip(input: DecisionInput, table: RoutingTable): readonly WouldFlip[];
}
