// What the configuration, the environment and the shipped data add up to: which providers can be reached and which
// models can be routed to. Immutable; made once per configuration by build-catalog.ts.

import type { ResolvedKey } from '../config/resolve-key.ts';
import type { ApiKeyRef } from '../config/schema.ts';
import type { Billing, Capability, DialectId } from '../protocol/vocabulary.ts';
import type { ApiKey } from './api-key.ts';
import type { ModelTarget } from './model-target.ts';

export interface ProviderConnection {
  readonly name: string;
  readonly dialect: DialectId;
  /** Further dialects at the same base URL; a client that speaks one of them is served without translation. */
  readonly alsoSpeaks?: readonly DialectId[];
  /** Paths of the dialect are added to it; no slash at the end. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly billing: Billing;
  /** `always`: usage comes in every stream and asking for it is refused. Absent = it comes when asked for. */
  readonly usageInStream?: 'always';
  /** null = none is sent. */
  readonly apiKey: ApiKey | null;
  readonly usable: boolean;
  /** Where the key came from, or what to do to make the provider usable. Never the key. */
  readonly why: string;
}

export interface Catalog {
  readonly providers: readonly ProviderConnection[];
  /** Configured models first, in the order of the file, then discovered ones. */
  readonly targets: readonly ModelTarget[];
  readonly targetById: ReadonlyMap<string, ModelTarget>;
  /**
   * Ids of models that a local server happens to hold and nobody configured. Nothing is known about how good they are,
   * so they stand at the end of the default tables although they are free.
   */
  readonly unvettedIds: ReadonlySet<string>;
}

/**
 * Finds the key of a provider, see `resolveApiKey`. Gets the provider's name too, because a key may have been handed to
 * the daemon for that provider instead. `ref` undefined = the configuration names no place.
 */
export type ResolveKey = (provider: string, ref: ApiKeyRef | undefined) => ResolvedKey;

/** A model that a model server on this machine answered with. */
export interface LocalModel {
  /** Name of a server in known-providers.json: `ollama`, `lm-studio`, `llama-cpp`. */
  readonly server: string;
  /** The server's own name for the model. */
  readonly upstreamModel: string;
  /** null = the server does not say; then a small window is assumed. */
  readonly contextTokens: number | null;
  readonly supports: readonly Capability[];
}
