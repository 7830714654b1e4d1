// The models that the audit routes among: what is configured, else the shipped models of the vendors that the history
// was billed by, and the models of the history themselves, so that staying is always possible. No key is needed, since
// nobody is called.

import { buildCatalog } from '../catalog/build-catalog.ts';
import type { Catalog, ResolveKey } from '../catalog/catalog.ts';
import { DEFAULT_MODELS } from '../catalog/default-models.ts';
import { KNOWN_PROVIDERS } from '../catalog/known-providers.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import { OVERLAY_ROWS, type PriceBook } from '../catalog/price-book.ts';
import type { RouterConfig } from '../config/schema.ts';
import { upstreamDialects } from '../dialects/registry.ts';
import type { Capability, Complexity, DialectId } from '../protocol/vocabulary.ts';
import { buildRoutingTable } from '../route/build-table.ts';
import type { RoutingTable } from '../route/policy.ts';
import type { BookedModel } from './history-books.ts';

export interface AuditTable {
  readonly table: RoutingTable;
  /** Of each model of the books, by index; null = it has no price, or no name. */
  readonly targets: readonly (ModelTarget | null)[];
  /** Whom each model of the books was billed by, by index; null = not known. */
  readonly vendors: readonly (string | null)[];
  /** Whether the user's own configuration named the models. */
  readonly isConfigured: boolean;
}

export interface AuditTableInput {
  readonly config: RouterConfig;
  readonly resolveKey: ResolveKey;
  readonly priceBook: PriceBook;
  readonly models: readonly BookedModel[];
  /** Longest prompt of each model of the books, by index: it fitted then. */
  readonly longestPrompts: readonly number[];
  readonly atMs: number;
}

const SERVED: ReadonlySet<DialectId> = new Set(upstreamDialects.map(({ id }) => id));
const EVERYTHING: readonly Capability[] = ['tools', 'vision', 'reasoning', 'json'];
const LEAST_WINDOW_TOKENS = 200_000;
const MAX_OUTPUT_TOKENS = 64_000;

export async function buildAuditTable(input: AuditTableInput): Promise<AuditTable> {
  const { config, priceBook, atMs, models } = input;
  const vendors = models.map(vendorOf);
  const isConfigured = Object.keys(config.providers).length + Object.keys(config.models).length > 0;
  const built = await buildCatalog({
    config,
    resolveKey: withoutKeys(input.resolveKey, isConfigured ? configuredProviders(config) : vendors),
    localModels: [],
    priceBook,
    servedDialects: SERVED,
    atMs,
  });
  const catalog = withTargets(built, built.targets.map(atListPrice), built.unvettedIds);
  const targets: (ModelTarget | null)[] = [];
  const former = new Map<string, ModelTarget>();
  for (const [index, model] of models.entries()) {
    const vendor = vendors[index] ?? null;
    const known = findTarget(catalog, model.name, vendor);
    const target = known ?? former.get(model.name) ?? (await formerTarget(input, index, vendor, catalog));
    if (known === undefined && target !== null) former.set(target.upstreamModel, target);
    targets.push(target);
  }
  // Nobody would move to a model of yesterday: those come after all others of their tier.
  const unvetted = new Set([...catalog.unvettedIds, ...[...former.values()].map(({ id }) => id)]);
  const all = withTargets(catalog, [...catalog.targets, ...former.values()], unvetted);
  const { table } = buildRoutingTable(config, all);
  return {
    // As if everything had been routed; and how long answers at another effort would have been is not known.
    table: { ...table, bareModelNames: 'ceiling', adjustsEffort: false },
    targets,
    vendors,
    isConfigured,
  };
}

/** What a subscription costs is not in any history, so both sides are reckoned at list prices. */
function atListPrice(target: ModelTarget): ModelTarget {
  return target.billing === 'flat-rate' ? { ...target, billing: 'metered' } : target;
}

/** By the price list, where the name stands in it; else what the history says. */
export function vendorOf({ name, provider }: BookedModel): string | null {
  const rows = OVERLAY_ROWS.filter(({ id, aliases }) => id === name || aliases?.includes(name) === true);
  const row = rows.find((one) => one.provider === provider) ?? rows[0];
  if (row !== undefined) return row.provider;
  return KNOWN_PROVIDERS.some((known) => known.name === provider) ? provider : null;
}

function configuredProviders(config: RouterConfig): readonly string[] {
  return [...Object.keys(config.providers), ...Object.values(config.models).map(({ provider }) => provider)];
}

/** As if there were a key for `providers`. Keys that are there count as well: whoever has one can be routed to. */
function withoutKeys(resolveKey: ResolveKey, providers: readonly (string | null)[]): ResolveKey {
  const assumed = new Set(providers);
  return (provider, ref) => {
    const real = resolveKey(provider, ref);
    if (real.key !== null || !assumed.has(provider)) return real;
    return { key: 'none', from: 'nowhere: the audit calls nobody' };
  };
}

/** The model under its exact name or another exact name of the same row of the price list. */
function findTarget(catalog: Catalog, name: string, vendor: string | null): ModelTarget | undefined {
  const row = OVERLAY_ROWS.find(
    (one) => one.provider === vendor && (one.id === name || one.aliases?.includes(name) === true),
  );
  const names = row === undefined ? [name] : [name, row.id, ...(row.aliases ?? [])];
  const found = catalog.targets.filter((target) => names.includes(target.upstreamModel));
  return found.find((target) => target.provider === vendor) ?? found[0];
}

/** A model of the history that nothing offers any more; null = it has no price. */
async function formerTarget(
  { models, longestPrompts, priceBook, atMs }: AuditTableInput,
  index: number,
  vendor: string | null,
  catalog: Catalog,
): Promise<ModelTarget | null> {
  const name = models[index]?.name ?? '';
  const provider = vendor ?? models[index]?.provider ?? '';
  if (name === '') return null;
  const known = KNOWN_PROVIDERS.find((one) => one.name === provider);
  const baseUrl = known?.baseUrl ?? '';
  const billing = { upstreamModel: name, provider, baseUrl, billing: 'metered' } as const;
  const found = await priceBook.lookup(billing, atMs);
  if (found.price === null) return null;
  const isCached = found.price.cacheReadUsdPerMtok < found.price.inputUsdPerMtok;
  return {
    id: catalog.targetById.has(name) ? `${provider}/${name}` : name,
    provider,
    dialect: known?.dialect ?? 'openai-chat',
    upstreamModel: name,
    tier: await tierBeside(found.price.outputUsdPerMtok, provider, priceBook, atMs),
    contextTokens: Math.max(LEAST_WINDOW_TOKENS, 2 * (longestPrompts[index] ?? 0)),
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    supports: EVERYTHING,
    speedTokensPerSec: null,
    price: found.price,
    billing: 'metered',
    promptCache:
      found.promptCache ??
      (isCached
        ? { kind: 'automatic', minTokens: 1024, ttlS: 300 }
        : { kind: 'none', minTokens: 0, ttlS: 0 }),
    tokenizerFactor: found.tokenizerFactor ?? 1,
    fallback: [],
    usable: true,
    unusableWhy: null,
  };
}

/** That of the vendor's shipped model with the nearest price; where there is none it is trusted with everything. */
async function tierBeside(
  outputUsdPerMtok: number,
  vendor: string,
  priceBook: PriceBook,
  atMs: number,
): Promise<Complexity> {
  let nearest: { readonly tier: Complexity; readonly distance: number } | null = null;
  for (const { provider, upstreamModel, tier } of DEFAULT_MODELS) {
    if (provider !== vendor) continue;
    const model = { upstreamModel, provider, baseUrl: '', billing: 'metered' } as const;
    const price = (await priceBook.lookup(model, atMs)).price?.outputUsdPerMtok ?? 0;
    const distance = Math.abs(Math.log((outputUsdPerMtok + 0.01) / (price + 0.01)));
    if (nearest === null || distance < nearest.distance) nearest = { tier, distance };
  }
  return nearest?.tier ?? 'complex';
}

function withTargets(
  catalog: Catalog,
  targets: readonly ModelTarget[],
  unvettedIds: ReadonlySet<string>,
): Catalog {
  return {
    ...catalog,
    targets,
    targetById: new Map(targets.map((target) => [target.id, target])),
    unvettedIds,
  };
}
