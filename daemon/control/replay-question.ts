// What a replay asks: `{}`, another profile, or a part of a configuration -> the routing table to replay with, and which
// bills the question is about.

import { pricingAt } from '../catalog/cost.ts';
import { SHIPPED_NAMES } from '../catalog/default-models.ts';
import type { ResolveKey } from '../catalog/catalog.ts';
import type { ModelTarget, Pricing } from '../catalog/model-target.ts';
import { formatProblems } from '../config/decode-config.ts';
import { isPart, mergeConfig, readConfigPart, type ConfigPart } from '../config/merge-config.ts';
import type { RouterConfig } from '../config/schema.ts';
import { RouterError } from '../errors.ts';
import type { ReplayOptions } from '../ledger/replay-history.ts';
import { keysAsWritten } from '../pipeline/routing-tests.ts';
import type { CurrentSnapshot, SnapshotStore } from '../pipeline/snapshot-store.ts';
import type { Profile } from '../protocol/vocabulary.ts';
import type { RoutingTable } from '../route/policy.ts';

/** What a person asks for; null = as it is in force. */
export interface ReplayQuestion {
  /** A part of a configuration: text with comments, or its JSON. */
  readonly policy: string | ConfigPart | null;
  readonly profile: Profile | null;
}

export interface ReplayQuestionDeps {
  readonly snapshots: Pick<SnapshotStore, 'current' | 'preview'>;
  readonly config: () => RouterConfig;
  readonly resolveKey: ResolveKey;
  readonly now: () => number;
}

export interface AskedTable {
  readonly table: RoutingTable;
  readonly options: ReplayOptions;
}

/** How a sentence about the part names it. */
const PART_NAME = 'policy';

/** Throws `config.invalid` with the lines of the part that are wrong. */
export async function askedTable(deps: ReplayQuestionDeps, question: ReplayQuestion): Promise<AskedTable> {
  const { current } = deps.snapshots;
  if (question.policy === null) {
    const { profile } = question;
    const table = profile === null ? current.table : { ...current.table, profile };
    return { table, options: {} };
  }
  const text =
    typeof question.policy === 'string' ? question.policy : JSON.stringify(question.policy, null, 2);
  const whole = wholeConfig(deps.config());
  const read = readConfigPart(text, Object.keys(deps.config().policy));
  if (!read.ok) throw invalid(formatProblems(PART_NAME, read.problems));
  const models = isPart(read.part['models']) ? read.part['models'] : {};
  const base = withCatalogModels(whole, models, current.catalog.targets, deps.now());
  const result = mergeConfig(base, read, knownNames(current));
  if (!result.ok) throw invalid(formatProblems(PART_NAME, result.problems));
  const config = question.profile === null ? result.config : { ...result.config, profile: question.profile };
  const { resolveKey } = keysAsWritten(namedBy(read.part, config), deps.resolveKey);
  const snapshot = await deps.snapshots.preview(config, resolveKey);
  const removed = Object.keys(models).filter((id) => models[id] === null);
  const table = withoutModels(snapshot.table, removed);
  return { table, options: optionsOf({ current, snapshot, table, models }) };
}

function optionsOf(asked: {
  readonly current: CurrentSnapshot;
  readonly snapshot: CurrentSnapshot;
  readonly table: RoutingTable;
  readonly models: ConfigPart;
}): ReplayOptions {
  const { current, snapshot, table, models } = asked;
  const repriced = table.targets.filter((target) => {
    const before = current.catalog.targetById.get(target.id);
    const patch = models[target.id];
    const isAskedAbout = isPart(patch) && patch['price'] !== undefined;
    return before !== undefined && (isAskedAbout || before.billing !== target.billing);
  });
  return {
    repriced: new Set(repriced.map(({ id }) => id)),
    formerTargets: current.table.targets,
    ...(snapshot.decideAt === current.decideAt ? {} : { decideAt: snapshot.decideAt }),
    ...(table.baseline === current.table.baseline ? {} : { formerBaseline: current.table.baseline }),
  };
}

function wholeConfig(config: RouterConfig): ConfigPart {
  return JSON.parse(JSON.stringify(config)) as ConfigPart;
}

/**
 * A model that is there without standing in the configuration can be changed like any other: it is written out, with its
 * neighbours, since a provider with models of its own in the file has only those.
 */
function withCatalogModels(
  whole: ConfigPart,
  models: ConfigPart,
  targets: readonly ModelTarget[],
  nowMs: number,
): ConfigPart {
  const configured = isPart(whole['models']) ? whole['models'] : {};
  const changed = targets.filter(({ id }) => Object.hasOwn(models, id));
  const providers = new Set(
    changed.filter(({ id }) => !Object.hasOwn(configured, id)).map(({ provider }) => provider),
  );
  const written: Record<string, unknown> = { ...configured };
  for (const target of targets) {
    if (providers.has(target.provider) && !Object.hasOwn(written, target.id)) {
      written[target.id] = entryOf(target);
    }
  }
  for (const target of changed) {
    const entry = written[target.id];
    const patch = models[target.id];
    const wantsPrice = isPart(patch) && isPart(patch['price']) && target.price !== null;
    if (!isPart(entry) || entry['price'] !== undefined || !wantsPrice || target.price === null) continue;
    written[target.id] = { ...entry, price: priceEntry(pricingAt(target.price, nowMs)) };
  }
  return { ...whole, models: written };
}

function entryOf(target: ModelTarget): ConfigPart {
  const { provider, upstreamModel, tier, contextTokens, maxOutputTokens, supports, fallback } = target;
  return {
    provider,
    upstreamModel,
    tier,
    contextTokens,
    maxOutputTokens,
    supports,
    fallback,
    tokenizerFactor: target.tokenizerFactor,
    cache: target.promptCache,
    ...(target.speedTokensPerSec === null ? {} : { speedTokensPerSec: target.speedTokensPerSec }),
  };
}

/** A price that is asked about holds for the whole history, so announced changes are left out. */
function priceEntry({ later: _later, source: _source, asOf: _asOf, ...price }: Pricing): ConfigPart {
  return price;
}

/** Models that are taken away, also those that a key alone brings. */
function withoutModels(table: RoutingTable, removed: readonly string[]): RoutingTable {
  if (removed.length === 0) return table;
  if (table.baseline !== null && removed.includes(table.baseline)) {
    throw invalid(
      `${PART_NAME} takes ${table.baseline} away, which is the baseline; give another "baseline" with it`,
    );
  }
  return { ...table, targets: table.targets.filter(({ id }) => !removed.includes(id)) };
}

/** The providers that the part names count as ones with a key: the question is what they would cost. */
function namedBy(part: ConfigPart, config: RouterConfig): Pick<RouterConfig, 'providers' | 'models'> {
  const names = (member: unknown): readonly string[] => (isPart(member) ? Object.keys(member) : []);
  const pick = <Value>(all: Readonly<Record<string, Value>>, keys: readonly string[]) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => keys.includes(key)));
  return {
    providers: pick(config.providers, names(part['providers'])),
    models: pick(config.models, names(part['models'])),
  };
}

function knownNames({ catalog }: CurrentSnapshot): typeof SHIPPED_NAMES {
  return {
    providers: [...SHIPPED_NAMES.providers, ...catalog.providers.map(({ name }) => name)],
    models: [...SHIPPED_NAMES.models, ...catalog.targets.map(({ id }) => id)],
  };
}

function invalid(message: string): RouterError {
  return new RouterError('config.invalid', message, { param: 'policy' });
}
