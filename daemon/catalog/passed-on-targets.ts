// Models behind the endpoints that are passed on and never routed (completions, embeddings): the ones that are known
// with their prices, and any other name at the one provider that can be meant.

import type { DialectId } from '../protocol/vocabulary.ts';
import type { ProviderConnection } from './catalog.ts';
import type { ModelTarget } from './model-target.ts';
import data from './passed-on-models.json' with { type: 'json' };

/** A provider that speaks OpenAI's dialects has their other endpoints under the same base URL, if it has them at all. */
const OPENAI_DIALECTS: ReadonlySet<DialectId> = new Set<DialectId>(['openai-chat', 'openai-responses']);

export function hasOpenAiEndpoints(connection: Pick<ProviderConnection, 'dialect'>): boolean {
  return OPENAI_DIALECTS.has(connection.dialect);
}

/** The known models of these endpoints at the providers that are connected. */
export function passedOnTargets(connections: Iterable<ProviderConnection>): readonly ModelTarget[] {
  return [...connections].flatMap((connection) =>
    data.models
      .filter((model) => model.provider === connection.name && hasOpenAiEndpoints(connection))
      .map(({ upstreamModel, inputUsdPerMtok, source, asOf }) => ({
        ...unlistedTarget(upstreamModel, connection),
        price: {
          inputUsdPerMtok,
          outputUsdPerMtok: 0,
          cacheReadUsdPerMtok: inputUsdPerMtok,
          cacheWriteUsdPerMtok: inputUsdPerMtok,
          cacheWrite1hUsdPerMtok: inputUsdPerMtok,
          source,
          asOf,
        },
      })),
  );
}

/** A model that nobody listed: unpriced, with limits that only its provider knows. */
export function unlistedTarget(upstreamModel: string, connection: ProviderConnection): ModelTarget {
  const { name, dialect, billing, usable, why } = connection;
  return {
    id: upstreamModel,
    provider: name,
    dialect,
    upstreamModel,
    tier: 'simple',
    contextTokens: Number.MAX_SAFE_INTEGER,
    maxOutputTokens: Number.MAX_SAFE_INTEGER,
    supports: [],
    speedTokensPerSec: null,
    price: null,
    billing,
    promptCache: { kind: 'none', minTokens: 0, ttlS: 0 },
    tokenizerFactor: 1,
    fallback: [],
    usable,
    unusableWhy: usable ? null : why,
  };
}
