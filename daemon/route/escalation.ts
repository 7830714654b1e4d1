// Stronger models for a task that goes badly: who may answer when it must not be the tier that failed, and who takes over
// in place of the choice when its answer turns out weak.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import { tierRank, type RankedTarget } from './candidate-order.ts';
import { fitsMaxCost } from './cost-limit.ts';
import type { Figures } from './figures.ts';
import type { RejectedTarget } from './no-eligible-target.ts';
import type { SwitchCap } from './switch-cap.ts';

export interface Escalation {
  /** Who may answer now. */
  readonly pool: readonly Figures[];
  readonly isEscalated: boolean;
  /** There was nobody stronger: the task stays on the model that it goes badly on. */
  readonly staysOn: string | null;
  /** Who is out for not being strong enough. */
  readonly tooWeak: readonly RejectedTarget[];
  readonly note: string | null;
}

/** What bounds the cost of answering; null = no limit. */
export interface Limits {
  readonly maxCostUsd: number | null;
  readonly cap: SwitchCap | null;
}

function isWithin(figures: Figures, { maxCostUsd, cap }: Limits): boolean {
  return (
    (maxCostUsd === null || fitsMaxCost(figures, maxCostUsd)) && (cap === null || cap.fits(figures.target))
  );
}

/** Only models of a higher tier, as long as there is one that may answer and that the limits allow. */
export function escalate(
  input: DecisionInput,
  targets: readonly ModelTarget[],
  pool: readonly Figures[],
  limits: Limits,
): Escalation {
  const unchanged = { pool, isEscalated: false, staysOn: null, tooWeak: [], note: null };
  if (input.escalation === null) return unchanged;
  const { fromModel, why } = input.escalation;
  const from = targets.find(({ id }) => id === fromModel);
  // A model that is no longer configured: nobody can say who is stronger.
  if (from === undefined) return unchanged;
  const isStronger = ({ target }: Figures): boolean => tierRank(target.tier) > tierRank(from.tier);
  const stronger = pool.filter(isStronger);
  if (!stronger.some((figures) => isWithin(figures, limits))) {
    const note = `no stronger model than ${fromModel} may answer, so the task stays where it is (${why})`;
    return { ...unchanged, staysOn: fromModel, note };
  }
  const tooWeak = pool
    .filter((figures) => !isStronger(figures))
    .map(({ target }): RejectedTarget => {
      const reason = `is not of a higher tier than ${fromModel} (${from.tier}), on which the task goes badly: ${why}`;
      return { filter: 'escalation', why: reason, target };
    });
  return { pool: stronger, isEscalated: true, staysOn: null, tooWeak, note: null };
}

/**
 * Models of a higher tier than the choice: the next tier first, within it in the policy's order. Both answers are paid
 * for, so both together keep to the client's limit.
 */
export function takeOvers(
  choice: RankedTarget | undefined,
  ranked: readonly RankedTarget[],
  { maxCostUsd, cap }: Limits,
): readonly ModelTarget[] {
  if (choice === undefined) return [];
  const rank = tierRank(choice.target.tier);
  const paidUsd = choice.expectedCostUsd ?? 0;
  return ranked
    .filter((candidate) => tierRank(candidate.target.tier) > rank)
    .filter((candidate) => maxCostUsd === null || fitsMaxCost(candidate, maxCostUsd - paidUsd))
    .filter(({ target }) => cap === null || cap.fitsBoth(choice.target, target))
    .toSorted((a, b) => tierRank(a.target.tier) - tierRank(b.target.tier))
    .map(({ target }) => target);
}
