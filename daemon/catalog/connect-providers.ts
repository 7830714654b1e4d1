// Which providers there are and whether each can be used. Explicit configuration always wins; a known provider is added
// when its key is in the environment, a model server on this machine when it answered.

import { isLoopbackHost } from '../config/base-url.ts';
import type { ResolvedKey } from '../config/resolve-key.ts';
import type { ApiKeyRef, ProviderConfig, RouterConfig } from '../config/schema.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import { ApiKey } from './api-key.ts';
import type { LocalModel, ProviderConnection, ResolveKey } from './catalog.ts';
import { KNOWN_LOCAL_SERVERS, KNOWN_PROVIDERS, type KnownProvider } from './known-providers.ts';

export interface ConnectProvidersInput {
  readonly config: Pick<RouterConfig, 'providers' | 'models'>;
  readonly resolveKey: ResolveKey;
  readonly localModels: readonly LocalModel[];
  /** Wire formats that requests can be sent in; absent = all. */
  readonly servedDialects?: ReadonlySet<DialectId>;
}

/** In the order: configured; known and named by a configured model; discovered by key; local servers. */
export function connectProviders(input: ConnectProvidersInput): readonly ProviderConnection[] {
  const { config, resolveKey, localModels } = input;
  const connections = Object.entries(config.providers).map(([name, provider]) =>
    connectConfigured(name, provider, resolveKey),
  );
  const named = new Set(Object.values(config.models).map((model) => model.provider));
  for (const known of KNOWN_PROVIDERS) {
    if (Object.hasOwn(config.providers, known.name)) continue;
    const isNamed = named.has(known.name);
    if (!isNamed && isCovered(known, config)) continue;
    const connection = connectKnown(known, resolveKey);
    if (isNamed || connection.usable) connections.push(connection);
  }
  for (const server of KNOWN_LOCAL_SERVERS) {
    const isNamed = named.has(server.name);
    const isFound = localModels.some((model) => model.server === server.name);
    if (!(isNamed || isFound) || connections.some((other) => isSameEndpoint(other.baseUrl, server.baseUrl))) {
      continue;
    }
    const why = isFound ? `${server.label} answers at ${server.baseUrl}` : `${server.label}, no key needed`;
    const { name, dialect, baseUrl, billing } = server;
    connections.push({ name, dialect, baseUrl, billing, headers: {}, apiKey: null, usable: true, why });
  }
  return connections.map((connection) =>
    input.servedDialects?.has(connection.dialect) === false ? unserved(connection) : connection,
  );
}

function unserved(connection: ProviderConnection): ProviderConnection {
  const why = `it speaks ${connection.dialect}, which this version does not speak yet`;
  return { ...connection, usable: false, why };
}

/** Equal host, port and path; `localhost` and `127.0.0.1` are one host. */
export function isSameEndpoint(a: string, b: string): boolean {
  return canonicalEndpoint(a) === canonicalEndpoint(b);
}

function connectConfigured(
  name: string,
  provider: ProviderConfig,
  resolveKey: ResolveKey,
): ProviderConnection {
  const known = KNOWN_PROVIDERS.find(
    (candidate) => candidate.name === name && isSameEndpoint(candidate.baseUrl, provider.baseUrl),
  );
  const ref: ApiKeyRef | undefined = provider.apiKey ?? (known && { env: known.envVar });
  const resolved = resolveKey(name, ref);
  const isKeyless = ref === undefined && resolved.key === null;
  return {
    name,
    dialect: provider.dialect,
    baseUrl: versionedBaseUrl(provider),
    headers: provider.headers,
    billing: provider.billing,
    ...quirksAt(provider.baseUrl),
    ...(isKeyless ? { apiKey: null, usable: true, why: keylessWhy(provider.baseUrl) } : keyed(resolved)),
  };
}

function connectKnown(known: KnownProvider, resolveKey: ResolveKey): ProviderConnection {
  const { name, dialect, baseUrl, billing } = known;
  const key = keyed(resolveKey(name, { env: known.envVar }));
  return { name, dialect, baseUrl, billing, headers: {}, ...quirksAt(baseUrl), ...key };
}

/** What is known of a vendor's endpoint, whatever name the configuration gives it. */
function quirksAt(baseUrl: string): Pick<ProviderConnection, 'alsoSpeaks' | 'usageInStream'> {
  const known = KNOWN_PROVIDERS.find((candidate) => isSameEndpoint(candidate.baseUrl, baseUrl));
  return {
    ...(known?.usageInStream === undefined ? {} : { usageInStream: known.usageInStream }),
    ...(known?.alsoSpeaks === undefined ? {} : { alsoSpeaks: known.alsoSpeaks }),
  };
}

function keyed(resolved: ResolvedKey): Pick<ProviderConnection, 'apiKey' | 'usable' | 'why'> {
  return resolved.key === null
    ? { apiKey: null, usable: false, why: resolved.why }
    : { apiKey: new ApiKey(resolved.key), usable: true, why: `key from ${resolved.from}` };
}

/** The user has set this vendor up already, under whatever name. */
function isCovered(known: KnownProvider, config: ConnectProvidersInput['config']): boolean {
  return Object.values(config.providers).some(
    (provider) =>
      isSameEndpoint(provider.baseUrl, known.baseUrl) ||
      (provider.apiKey !== undefined && 'env' in provider.apiKey && provider.apiKey.env === known.envVar),
  );
}

function keylessWhy(baseUrl: string): string {
  return isLoopbackHost(URL.parse(baseUrl)?.hostname ?? '')
    ? 'on this machine, no key needed'
    : 'no key configured, none is sent';
}

function canonicalEndpoint(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text;
  const host = isLoopbackHost(url.hostname) ? 'loopback' : url.hostname;
  // `https://api.deepseek.com` and `…/v1` are one endpoint: vendors serve both.
  const path = withoutTrailingSlash(url.pathname).replace(/\/v1(?:beta)?$/, '');
  return `${url.protocol}//${host}:${url.port}${path}`;
}

/**
 * Google's own clients take the bare host and add the version; on Vertex the version stands in front of a longer path, so
 * it is only added where there is no path at all (https://ai.google.dev/api, checked 2026-11-21).
 */
function versionedBaseUrl({ dialect, baseUrl }: Pick<ProviderConfig, 'baseUrl' | 'dialect'>): string {
  const bare = withoutTrailingSlash(baseUrl);
  return dialect === 'google-generate' && URL.parse(bare)?.pathname === '/' ? `${bare}/v1beta` : bare;
}

function withoutTrailingSlash(text: string): string {
  return text.replace(/\/+$/, '');
}
