// In which order the models that may answer are considered: the user's own list for this kind of ask first, then the
// cheapest, over the rest of the task, of those that are likely enough to succeed, then the rest by how likely they are.

import { gradeOfNeeds } from '../classify/grade.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { Complexity, Profile, TaskType } from '../protocol/vocabulary.ts';
import { mayLower } from './effort.ts';
import type { Figures, Reckoning } from './figures.ts';
import type { ProfileTable, RoutingTable } from './policy.ts';

/** What the limits and the fallback chain look at. */
export interface Ordered {
  readonly target: ModelTarget;
  /** null = unpriced. */
  readonly expectedCostUsd: number | null;
  /** Trusted with the ask: likely enough to succeed, or named by the user for it. */
  readonly isCapable: boolean;
}

export interface RankedTarget extends Ordered, Figures {
  /** Of the rest of the task, a stronger model after a failure included; absent = `taskCostUsd`. */
  readonly untilDoneUsd?: number;
  /** Its probability of success reaches the threshold. */
  readonly reachesThreshold: boolean;
  /** The user's own list for this kind of ask names it. */
  readonly isListed: boolean;
}

export interface Ask {
  readonly profile: Profile;
  readonly taskType: TaskType;
  readonly complexity: Complexity;
  /** Least probability of success. */
  readonly threshold: number;
  /** Expected cost that more thinking must not exceed; null = no limit. */
  readonly ceilingCostUsd: number | null;
}

/** Sums of decimal fractions miss a border by less than this. */
const EPSILON = 1e-9;

/** Where nobody reaches the threshold: models this close to the likeliest one are as good as it gets. */
const AS_GOOD_AS_THE_BEST = 0.05;

const TIER_RANK: ReadonlyMap<string, number> = new Map([
  ['simple', 0],
  ['moderate', 1],
  ['complex', 2],
]);

/** 0..2; anything unknown counts as moderate. */
export function tierRank(tier: string): number {
  return TIER_RANK.get(tier) ?? 1;
}

/** The models of `pool` (figures of `reckoning`), best first, each at the level of effort that suits it. */
export function rankTargets(
  pool: readonly Figures[],
  reckoning: Reckoning,
  ask: Ask,
  table: Pick<RoutingTable, 'profiles' | 'unvetted'>,
): readonly RankedTarget[] {
  const places = new Map(
    listOf(table.profiles, ask)
      .map((id, place) => [id, place] as const)
      .toReversed(),
  );
  const isSomebodyLikely = pool.some((figures) => reaches(figures, ask));
  const best = pool.reduce((most, { successProbability }) => Math.max(most, successProbability), 0);
  const ranked = pool.map((own): RankedTarget => {
    const isListed = places.has(own.target.id);
    const suited = atSuitedEffort(own, reckoning, ask, !isListed && isSomebodyLikely);
    const reachesThreshold = reaches(suited, ask);
    const isAsGoodAsAny = !isSomebodyLikely && suited.successProbability >= best - AS_GOOD_AS_THE_BEST;
    const isCapable = isListed || reachesThreshold || isAsGoodAsAny;
    return { ...suited, isListed, reachesThreshold, isCapable };
  });
  const keyOf = priceKeys(ranked, new Set(table.unvetted));
  return ranked.toSorted((a, b) => {
    const placeA = places.get(a.target.id) ?? Infinity;
    const placeB = places.get(b.target.id) ?? Infinity;
    if (placeA !== placeB) return placeA - placeB;
    if (a.reachesThreshold !== b.reachesThreshold) return a.reachesThreshold ? -1 : 1;
    const likelier = a.reachesThreshold ? 0 : compareLikelihood(a, b);
    return likelier === 0 ? comparePriceKeys(a, b, keyOf) : likelier;
  });
}

/** Less thinking where that is enough for simple work; one level more only where it stands in for a dearer model. */
function atSuitedEffort(own: Figures, reckoning: Reckoning, ask: Ask, mayRaise: boolean): Figures {
  const isLikely = reaches(own, ask);
  const lowers = isLikely && mayLower(gradeOfNeeds(reckoning.needs) === 'simple', ask.profile);
  if (!lowers && (isLikely || !mayRaise)) return own;
  const range = reckoning.rangeOf(own.target);
  if (range === null) return own;
  if (lowers) {
    const levels = range.lower.map((level) => reckoning.atLevel(own, range, level));
    return levels.find((figures) => reaches(figures, ask)) ?? own;
  }
  if (range.raised === null) return own;
  const raised = reckoning.atLevel(own, range, range.raised);
  const isAffordable = ask.ceilingCostUsd === null || (raised.coldCostUsd ?? 0) <= ask.ceilingCostUsd;
  return isAffordable && reaches(raised, ask) ? raised : own;
}

function reaches({ successProbability }: Figures, { threshold }: Ask): boolean {
  return successProbability >= threshold - EPSILON;
}

/** The likelier one first; what differs by less than a millionth is alike. */
export function compareLikelihood(
  a: Pick<Figures, 'successProbability'>,
  b: Pick<Figures, 'successProbability'>,
): number {
  return Math.round(b.successProbability * 1e6) - Math.round(a.successProbability * 1e6);
}

/** What stands in for the price of a model in a comparison. */
export interface PriceKey {
  readonly costUsd: number;
  /** 0 = the model's own price; 1 = it has none; 2 = it was found on this machine and nobody vouched for it. */
  readonly group: 0 | 1 | 2;
}

/**
 * A model without a price, or one nobody vouched for, is taken to be as dear as the dearest of its tier, else of the tiers
 * below, and stands after all that cost as much.
 */
function priceKeys(
  ranked: readonly RankedTarget[],
  unvetted: ReadonlySet<string>,
): (candidate: RankedTarget) => PriceKey {
  const dearest = [-1, -1, -1];
  for (const { target, taskCostUsd } of ranked) {
    if (taskCostUsd === null || unvetted.has(target.id)) continue;
    const rank = tierRank(target.tier);
    dearest[rank] = Math.max(dearest[rank] ?? -1, taskCostUsd);
  }
  const assumed = (rank: number): number => {
    for (let tier = rank; tier >= 0; tier--) {
      const costUsd = dearest[tier] ?? -1;
      if (costUsd >= 0) return costUsd;
    }
    return 0;
  };
  return ({ target, taskCostUsd }) => {
    const isUnvetted = unvetted.has(target.id);
    if (taskCostUsd !== null && !isUnvetted) return { costUsd: taskCostUsd, group: 0 };
    return { costUsd: assumed(tierRank(target.tier)), group: isUnvetted ? 2 : 1 };
  };
}

function comparePriceKeys(
  a: RankedTarget,
  b: RankedTarget,
  keyOf: (candidate: RankedTarget) => PriceKey,
): number {
  const keyA = keyOf(a);
  const keyB = keyOf(b);
  if (keyA.costUsd !== keyB.costUsd) return keyA.costUsd < keyB.costUsd ? -1 : 1;
  return keyA.group - keyB.group || compareTier(a, b) || compareId(a, b);
}

/** Cheapest first, unpriced ones last, ties to the lower tier, then by id. */
export function compareCost(a: Ordered, b: Ordered): number {
  const costA = a.expectedCostUsd ?? Infinity;
  const costB = b.expectedCostUsd ?? Infinity;
  if (costA !== costB) return costA < costB ? -1 : 1;
  return compareTier(a, b) || compareId(a, b);
}

function compareTier(a: Ordered, b: Ordered): number {
  return tierRank(a.target.tier) - tierRank(b.target.tier);
}

function compareId(a: Ordered, b: Ordered): number {
  return a.target.id < b.target.id ? -1 : a.target.id > b.target.id ? 1 : 0;
}

/** The user's list for the task, else for `default`; empty when there is neither, or when it is empty itself. */
function listOf(profiles: ProfileTable, { profile, taskType, complexity }: Ask): readonly string[] {
  const rows = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
  if (rows === undefined) return [];
  for (const task of [taskType, 'default'] as const) {
    const grades = Object.hasOwn(rows, task) ? rows[task] : undefined;
    const ids = grades !== undefined && Object.hasOwn(grades, complexity) ? grades[complexity] : undefined;
    if (ids !== undefined) return ids;
  }
  return [];
}
