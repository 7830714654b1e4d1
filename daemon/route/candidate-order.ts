// In which order models are considered for one kind of ask, before any filter: the table's own list first, then whoever
// is trusted with the grade, then the rest. Pure; the same input gives the same order.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { Complexity, Profile, TaskType } from '../protocol/vocabulary.ts';
import type { ProfileTable, RoutingTable } from './policy.ts';

export interface RankedTarget {
  readonly target: ModelTarget;
  /** null = unpriced. */
  readonly expectedCostUsd: number | null;
  /** Good enough for the grade by its tier, or because the table prefers it to every model of that tier. */
  readonly isCapable: boolean;
}

export interface Ask {
  readonly profile: Profile;
  readonly taskType: TaskType;
  readonly complexity: Complexity;
}

const TIER_RANK: ReadonlyMap<string, number> = new Map([
  ['simple', 0],
  ['moderate', 1],
  ['complex', 2],
]);

/** 0..2; anything unknown counts as moderate. */
export function tierRank(tier: string): number {
  return TIER_RANK.get(tier) ?? 1;
}

/** Every model of the table exactly once, best first. */
export function rankTargets(
  ask: Ask,
  table: Pick<RoutingTable, 'targets' | 'profiles'>,
  costOf: (target: ModelTarget) => number | null,
): readonly RankedTarget[] {
  const grade = tierRank(ask.complexity);
  const byId = new Map<string, ModelTarget>();
  for (const target of table.targets) if (!byId.has(target.id)) byId.set(target.id, target);
  const listed = new Set<ModelTarget>();
  for (const id of cellOf(table.profiles, ask)) {
    const target = byId.get(id);
    if (target !== undefined) listed.add(target);
  }
  const inCell = [...listed];
  // What the table names after its first model of the grade is there for the case that all else fails.
  const firstOfGrade = inCell.findIndex((target) => tierRank(target.tier) >= grade);
  const preferred = new Set(firstOfGrade < 0 ? inCell : inCell.slice(0, firstOfGrade));
  const isCapable = (target: ModelTarget): boolean => tierRank(target.tier) >= grade || preferred.has(target);
  const rank = (target: ModelTarget): RankedTarget => ({
    target,
    expectedCostUsd: costOf(target),
    isCapable: isCapable(target),
  });
  const rest = [...byId.values()].filter((target) => !listed.has(target)).map(rank);
  const upward = rest
    .filter(({ target }) => tierRank(target.tier) >= grade)
    .toSorted((a, b) => tierRank(a.target.tier) - tierRank(b.target.tier) || compareCost(a, b));
  const downward = rest
    .filter(({ target }) => tierRank(target.tier) < grade)
    .toSorted((a, b) => tierRank(b.target.tier) - tierRank(a.target.tier) || compareCost(a, b));
  // Without a list the cheapest model that is trusted with the grade comes first, whatever its tier.
  const higher = inCell.length === 0 ? upward.toSorted(compareCost) : upward;
  return [...inCell.map(rank), ...higher, ...downward];
}

/** Cheapest first, unpriced ones last, ties by id. */
export function compareCost(a: RankedTarget, b: RankedTarget): number {
  const costA = a.expectedCostUsd ?? Infinity;
  const costB = b.expectedCostUsd ?? Infinity;
  if (costA !== costB) return costA < costB ? -1 : 1;
  return a.target.id < b.target.id ? -1 : a.target.id > b.target.id ? 1 : 0;
}

/** The list of the task, else of `default`; empty when there is neither. */
function cellOf(profiles: ProfileTable, { profile, taskType, complexity }: Ask): readonly string[] {
  const rows = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
  if (rows === undefined) return [];
  for (const task of [taskType, 'default'] as const) {
    const grades = Object.hasOwn(rows, task) ? rows[task] : undefined;
    const ids = grades !== undefined && Object.hasOwn(grades, complexity) ? grades[complexity] : undefined;
    if (ids !== undefined && ids.length > 0) return ids;
  }
  return [];
}
