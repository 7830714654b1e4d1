// Catalog + configuration -> the routing table: the models there are, how sure a policy must be of one for each profile
// and task, and the user's own lists. Nothing shipped names a model, so the table holds for any set of providers.

import { createHash } from 'node:crypto';
import type { Catalog } from '../catalog/catalog.ts';
import { expectedCostUsd } from '../catalog/expected-cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import { OVERLAY_ROWS } from '../catalog/price-book.ts';
import type { RouterConfig } from '../config/schema.ts';
import type { Complexity, Profile, TaskType } from '../protocol/vocabulary.ts';
import type { ProfileTable, RoutingTable } from './policy.ts';
import { thresholdsFrom } from './thresholds.ts';

export type TableConfig = Pick<
  RouterConfig,
  'profiles' | 'profile' | 'baseline' | 'bareModelNames' | 'policy' | 'retries'
>;

export interface BuiltTable {
  readonly table: RoutingTable;
  /** Names in the configuration that mean no model, as sentences for `doctor` and the log. */
  readonly warnings: readonly string[];
}

const TASKS: readonly (TaskType | 'default')[] = [
  ...(['code', 'classification', 'reasoning', 'translation', 'creative', 'vision', 'general'] as const),
  'default',
];
const GRADES: readonly Complexity[] = ['simple', 'moderate', 'complex'];

/**
 * The request that models of one tier are ordered by: a coding question with some context, nothing cached, on a Sunday
 * (2026-11-01), when no vendor bills peak prices; a fixed day, so that equal configurations give equal tables.
 */
const TYPICAL_REQUEST = {
  inputTokens: 6000,
  expectedOutputTokens: 600,
  warmTokens: 0,
  atMs: Date.UTC(2026, 10, 1),
} as const;

export function buildRoutingTable(config: TableConfig, catalog: Catalog): BuiltTable {
  const warnings: string[] = [];
  const rest = {
    targets: catalog.targets,
    profiles: userLists(config, catalog, warnings),
    profile: config.profile,
    baseline: chooseBaseline(config, catalog, warnings),
    bareModelNames: config.bareModelNames,
    maxAttempts: config.retries.maxAttempts,
    exactFallback: config.retries.exactFallback,
    thresholds: thresholdsFrom(config.policy.successThreshold),
    maxTurnsBeforeUpgrade: config.policy.maxTurnsBeforeUpgrade,
    adjustsEffort: config.policy.effort === 'adjust',
    maxSwitchSpendRatio: config.policy.maxSwitchSpendRatio,
    mixedPlan: config.policy.mixedPlan,
    unvetted: [...catalog.unvettedIds],
    aliases: aliasesOf(catalog),
  };
  const hash = hashOf({ ...rest, targets: rest.targets.map(withoutTraits) });
  return { table: { hash, ...rest }, warnings };
}

/** Only the cells that the user filled: everything else is decided by the thresholds. */
function userLists(config: TableConfig, catalog: Catalog, warnings: string[]): ProfileTable {
  const grades = (profile: Profile, task: TaskType | 'default') =>
    filled(GRADES, (grade) => userCell(config, catalog, { profile, task, grade }, warnings));
  const tasks = (profile: Profile) =>
    filled(TASKS, (task) => {
      const row = grades(profile, task);
      return Object.keys(row).length === 0 ? null : row;
    });
  return { budget: tasks('budget'), balanced: tasks('balanced'), quality: tasks('quality') };
}

/** Other exact names of the models there are: a vendor's dated and retired names, from the price list. */
function aliasesOf(catalog: Catalog): Readonly<Record<string, string>> {
  const present = new Set(catalog.targets.map((target) => target.upstreamModel));
  const aliases: Record<string, string> = {};
  for (const row of OVERLAY_ROWS) {
    const names = [row.id, ...(row.aliases ?? [])];
    const upstreamModel = names.find((name) => present.has(name));
    if (upstreamModel === undefined) continue;
    for (const name of names) if (!present.has(name)) aliases[name] ??= upstreamModel;
  }
  return aliases;
}

interface Cell {
  readonly profile: Profile;
  readonly task: TaskType | 'default';
  readonly grade: Complexity;
}

/**
 * The user's own list, in the user's order; null = none. A `default` list without a single model that sees is not taken
 * for the vision task, it was not written for it: the empty list there keeps it away.
 */
function userCell(
  config: TableConfig,
  catalog: Catalog,
  { profile, task, grade }: Cell,
  warnings: string[],
): readonly string[] | null {
  const rows = config.profiles[profile];
  const own = knownIds(rows?.[task]?.[grade], catalog, `profiles.${profile}.${task}.${grade}`, warnings);
  if (own !== null || task !== 'vision') return own;
  const shared = knownIds(rows?.default?.[grade], catalog, null, warnings);
  const isForVision = shared?.some((id) => catalog.targetById.get(id)?.supports.includes('vision')) ?? true;
  return isForVision ? null : [];
}

/** Ids that mean a model; null when there is no list or nothing of it is left. */
function knownIds(
  ids: readonly string[] | undefined,
  catalog: Catalog,
  path: string | null,
  warnings: string[],
): readonly string[] | null {
  if (ids === undefined) return null;
  const known = ids.filter((id) => catalog.targetById.has(id));
  if (path !== null) {
    for (const id of ids) if (!known.includes(id)) warnings.push(`${path} names ${id}, which is no model`);
  }
  return known.length === 0 ? null : known;
}

/** Configured or the dearest usable model of the hardest tier that has one: what people without a router would use. */
function chooseBaseline(config: TableConfig, catalog: Catalog, warnings: string[]): string | null {
  if (config.baseline !== undefined) {
    if (catalog.targetById.has(config.baseline)) return config.baseline;
    warnings.push(`baseline names ${config.baseline}, which is no model`);
  }
  const ordered = orderByCost(catalog).filter((target) => target.usable);
  for (const tier of GRADES.toReversed()) {
    const ofTier = ordered.filter((target) => target.tier === tier);
    const dearest = ofTier.findLast((target) => typicalCostUsd(target) !== null) ?? ofTier.at(-1);
    if (dearest !== undefined) return dearest.id;
  }
  return null;
}

/** Cheapest first, then unpriced ones, then models nobody vouched for; ties by id. */
function orderByCost(catalog: Catalog): readonly ModelTarget[] {
  const rank = (target: ModelTarget): readonly [number, number] =>
    catalog.unvettedIds.has(target.id)
      ? [2, 0]
      : typicalCostUsd(target) === null
        ? [1, 0]
        : [0, typicalCostUsd(target) ?? 0];
  return catalog.targets.toSorted((a, b) => {
    const [groupA, costA] = rank(a);
    const [groupB, costB] = rank(b);
    return groupA - groupB || costA - costB || (a.id < b.id ? -1 : 1);
  });
}

function typicalCostUsd(target: ModelTarget): number | null {
  return expectedCostUsd({ ...TYPICAL_REQUEST, target });
}

/** Traits say how a model is spoken to, not when it is chosen: tables that differ in nothing else are one table. */
function withoutTraits({ traits: _traits, ...target }: ModelTarget): Omit<ModelTarget, 'traits'> {
  return target;
}

/** First 16 hex digits of SHA-256. Everything in a table was made in a fixed order, so its JSON is canonical. */
function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

function filled<Key extends string, Value>(
  keys: readonly Key[],
  valueOf: (key: Key) => Value | null,
): Readonly<Partial<Record<Key, Value>>> {
  const entries = keys.map((key) => [key, valueOf(key)] as const).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as Partial<Record<Key, Value>>;
}
