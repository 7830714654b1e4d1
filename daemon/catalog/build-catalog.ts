// Configuration + keys + shipped data -> the models that can be routed to. What the configuration leaves out (price,
// prompt cache, tokenizer) comes from the price book by exact upstreamModel; nothing else is guessed.

import type { ModelConfig, RouterConfig } from '../config/schema.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import type { Catalog, LocalModel, ProviderConnection, ResolveKey } from './catalog.ts';
import { connectProviders, isSameEndpoint } from './connect-providers.ts';
import { DEFAULT_MODELS, type DefaultModel } from './default-models.ts';
import { KNOWN_LOCAL_SERVERS, KNOWN_PROVIDERS } from './known-providers.ts';
import type { ModelTarget, Pricing, PromptCacheRule } from './model-target.ts';
import { traitsOf } from './model-traits.ts';
import type { ModelBilling, PriceBook } from './price-book.ts';
import { pricingInUsd } from './price-row.ts';

export interface BuildCatalogInput {
  readonly config: Pick<RouterConfig, 'providers' | 'models'>;
  readonly resolveKey: ResolveKey;
  readonly localModels: readonly LocalModel[];
  readonly priceBook: PriceBook;
  /** Wire formats that requests can be sent in; absent = all. */
  readonly servedDialects?: ReadonlySet<DialectId>;
  /** Now: price changes that were announced for a later day are not in force yet. */
  readonly atMs: number;
}

/** Servers that do not state a window are often started with 4,096 tokens, Ollama's default. */
const LOCAL_CONTEXT_TOKENS = 4096;
const LOCAL_MAX_OUTPUT_TOKENS = 2048;

export async function buildCatalog(input: BuildCatalogInput): Promise<Catalog> {
  const providers = connectProviders(input);
  const connectionByName = new Map(providers.map((provider) => [provider.name, provider]));
  const configured = Object.entries(input.config.models);
  const targets = await Promise.all(
    configured.map(([id, model]) => configuredTarget(id, model, connectionByName.get(model.provider), input)),
  );
  const taken = new Set(targets.map((target) => target.id));
  for (const connection of providers) {
    for (const model of defaultModelsOf(connection, input.config)) {
      if (taken.has(model.id)) continue;
      taken.add(model.id);
      targets.push(await defaultTarget(model, connection, input));
    }
  }
  const unvetted = localTargets(connectionByName, input).filter((target) => !taken.has(target.id));
  targets.push(...unvetted);
  return {
    providers,
    targets,
    targetById: new Map(targets.map((target) => [target.id, target])),
    unvettedIds: new Set(unvetted.map((target) => target.id)),
  };
}

async function configuredTarget(
  id: string,
  model: ModelConfig,
  connection: ProviderConnection | undefined,
  input: BuildCatalogInput,
): Promise<ModelTarget> {
  const isComplete =
    model.price !== undefined && model.cache?.kind !== undefined && model.tokenizerFactor !== undefined;
  const known = isComplete
    ? null
    : await lookup(model.upstreamModel, model.provider, connection, input, model.price !== undefined);
  const price = model.price === undefined ? (known?.price ?? null) : pricingInUsd(model.price);
  return {
    id,
    provider: model.provider,
    upstreamModel: model.upstreamModel,
    tier: model.tier,
    contextTokens: model.contextTokens,
    maxOutputTokens: model.maxOutputTokens,
    supports: model.supports,
    fallback: model.fallback,
    speedTokensPerSec: model.speedTokensPerSec ?? null,
    price,
    promptCache: cacheRuleOf(model.cache, known?.promptCache ?? null, price, connection),
    tokenizerFactor: model.tokenizerFactor ?? known?.tokenizerFactor ?? 1,
    ...reachOf(model.provider, connection),
    ...traitsAt(connection, model.upstreamModel),
  };
}

async function defaultTarget(
  model: DefaultModel,
  connection: ProviderConnection,
  input: BuildCatalogInput,
): Promise<ModelTarget> {
  const known = await lookup(model.upstreamModel, connection.name, connection, input);
  return {
    id: model.id,
    provider: connection.name,
    upstreamModel: model.upstreamModel,
    tier: model.tier,
    contextTokens: model.contextTokens,
    maxOutputTokens: model.maxOutputTokens,
    supports: model.supports,
    fallback: [],
    speedTokensPerSec: model.speedTokensPerSec,
    price: known.price,
    promptCache: cacheRuleOf(undefined, known.promptCache, known.price, connection),
    tokenizerFactor: known.tokenizerFactor ?? 1,
    ...reachOf(connection.name, connection),
    ...traitsAt(connection, model.upstreamModel),
  };
}

/** Models of a local server that nobody configured, under `<server>/<model>`. */
function localTargets(
  connectionByName: ReadonlyMap<string, ProviderConnection>,
  input: BuildCatalogInput,
): ModelTarget[] {
  return input.localModels.flatMap((model) => {
    const connection = connectionByName.get(model.server);
    const isServer = KNOWN_LOCAL_SERVERS.some((server) => server.name === model.server);
    if (
      connection === undefined ||
      !isServer ||
      isConfigured(model.upstreamModel, model.server, input.config)
    ) {
      return [];
    }
    const contextTokens = model.contextTokens ?? LOCAL_CONTEXT_TOKENS;
    return {
      id: `${model.server}/${model.upstreamModel}`,
      provider: connection.name,
      upstreamModel: model.upstreamModel,
      tier: 'simple',
      contextTokens,
      maxOutputTokens: Math.min(LOCAL_MAX_OUTPUT_TOKENS, contextTokens),
      supports: model.supports,
      fallback: [],
      speedTokensPerSec: null,
      price: null,
      promptCache: { kind: 'none', minTokens: 0, ttlS: 0 },
      tokenizerFactor: 1,
      ...reachOf(connection.name, connection),
      ...traitsAt(connection, model.upstreamModel),
    } satisfies ModelTarget;
  });
}

/**
 * None without a key, and none when the user's configuration says which models of this provider there are or points it
 * somewhere else.
 */
function defaultModelsOf(
  connection: ProviderConnection,
  config: BuildCatalogInput['config'],
): readonly DefaultModel[] {
  const known = KNOWN_PROVIDERS.find((provider) => provider.name === connection.name);
  if (known === undefined || !connection.usable || !isSameEndpoint(known.baseUrl, connection.baseUrl))
    return [];
  const hasOwnModels = Object.values(config.models).some((model) => model.provider === known.name);
  if (hasOwnModels && Object.hasOwn(config.providers, known.name)) return [];
  return DEFAULT_MODELS.filter(
    (model) => model.provider === known.name && !isConfigured(model.upstreamModel, known.name, config),
  );
}

function isConfigured(upstreamModel: string, provider: string, config: BuildCatalogInput['config']): boolean {
  return Object.values(config.models).some(
    (model) => model.provider === provider && model.upstreamModel === upstreamModel,
  );
}

function reachOf(provider: string, connection: ProviderConnection | undefined) {
  if (connection === undefined) {
    const unusableWhy = `provider ${provider} is not configured: add providers.${provider}`;
    return { dialect: 'openai-chat', billing: 'metered', usable: false, unusableWhy } as const;
  }
  const { dialect, billing, usable, why } = connection;
  return { dialect, billing, usable, unusableWhy: usable ? null : why };
}

function traitsAt(
  connection: ProviderConnection | undefined,
  upstreamModel: string,
): Pick<ModelTarget, 'traits'> {
  const traits = connection === undefined ? undefined : traitsOf(connection, upstreamModel);
  return traits === undefined ? {} : { traits };
}

function lookup(
  upstreamModel: string,
  provider: string,
  connection: ProviderConnection | undefined,
  { priceBook, atMs }: BuildCatalogInput,
  hasOwnPrice = false,
): Promise<ModelBilling> {
  const baseUrl = connection?.baseUrl ?? '';
  return priceBook.lookup(
    { upstreamModel, provider, baseUrl, billing: connection?.billing ?? 'metered', hasOwnPrice },
    atMs,
  );
}

/**
 * The user's rule, completed by what is known. For a model nobody knows, a cached-read price below the input price says
 * that there is a cache; 1,024 tokens and 5 minutes is what most vendors have.
 */
function cacheRuleOf(
  configured: ModelConfig['cache'],
  known: PromptCacheRule | null,
  price: Pricing | null,
  connection: ProviderConnection | undefined,
): PromptCacheRule {
  const kindByDialect = connection?.dialect === 'anthropic-messages' ? 'explicit' : 'automatic';
  if (configured !== undefined) {
    return { ...configured, kind: configured.kind ?? known?.kind ?? kindByDialect };
  }
  if (known !== null) return known;
  const hasCache = price !== null && price.cacheReadUsdPerMtok < price.inputUsdPerMtok;
  return hasCache
    ? { kind: kindByDialect, minTokens: 1024, ttlS: 300 }
    : { kind: 'none', minTokens: 0, ttlS: 0 };
}
