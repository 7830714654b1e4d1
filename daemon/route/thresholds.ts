// How sure a model must be to be taken, per profile and task type: distances from the user's own threshold, in
// default-profiles.json with what each of them means.

import type { Profile, TaskType } from '../protocol/vocabulary.ts';
import defaults from './default-profiles.json' with { type: 'json' };
import type { RoutingTable, SuccessThresholds } from './policy.ts';

const DISTANCES = defaults.distances as Readonly<
  Record<Profile, Readonly<Record<TaskType | 'default', number>>>
>;

/** Where a stored table has none. */
const USUAL_THRESHOLD = 0.75;

/** A profile that asks for more than this asks for what nobody can promise; a user who says so gets it. */
const HIGHEST_THRESHOLD = 0.98;

/** The user's threshold moves all profiles alike. */
export function thresholdsFrom(successThreshold: number): SuccessThresholds {
  const row = (profile: Profile) =>
    Object.fromEntries(
      Object.entries(DISTANCES[profile]).map(([task, distance]) => [task, moved(successThreshold, distance)]),
    );
  return { budget: row('budget'), balanced: row('balanced'), quality: row('quality') };
}

export function thresholdOf(
  table: Pick<RoutingTable, 'thresholds'>,
  profile: Profile,
  taskType: TaskType,
): number {
  // Tables that were stored before there were thresholds have none.
  const all: Readonly<Partial<Record<string, SuccessThresholds[Profile]>>> = table.thresholds ?? {};
  const row = Object.hasOwn(all, profile) ? all[profile] : undefined;
  const threshold = row?.[taskType] ?? row?.default;
  return typeof threshold === 'number' && !Number.isNaN(threshold) ? threshold : USUAL_THRESHOLD;
}

function moved(threshold: number, distance: number): number {
  const sum = threshold + distance;
  const within = distance > 0 ? Math.max(threshold, Math.min(HIGHEST_THRESHOLD, sum)) : Math.max(0, sum);
  return Math.round(within * 1000) / 1000;
}
