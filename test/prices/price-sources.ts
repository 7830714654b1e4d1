// Price lists that ours is compared with at release: the bundled library, and lists in a file that somebody fetched.
// Every list is read as rows of one shape; what a list leaves out stays out.

import {
  createGenaiPriceLibrary,
  LIBRARY_AS_OF,
  LIBRARY_VERSION,
} from '../../daemon/catalog/genai-price-library.ts';
import { KNOWN_PROVIDERS } from '../../daemon/catalog/known-providers.ts';
import type { OverlayRow } from '../../daemon/catalog/price-row.ts';
import { type JsonObject, type JsonValue, numberOf, objectOf, stringOf } from '../../daemon/util/json.ts';

/** USD per million tokens. */
export interface ListedPrice {
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

export interface PriceSource {
  /** Name and version or day. */
  readonly name: string;
  /** Undefined = the list does not have the model under this exact name. */
  find(row: Pick<OverlayRow, 'provider' | 'id'>, atMs: number): ListedPrice | undefined;
}

/** Our names of providers -> what lists call them. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  gemini: ['google', 'gemini'],
  moonshot: ['moonshotai', 'moonshot'],
  dashscope: ['alibaba', 'dashscope'],
  zai: ['zai', 'zhipuai'],
};

export function bundledLibrary(): PriceSource {
  const library = createGenaiPriceLibrary();
  return {
    name: `genai-prices ${LIBRARY_VERSION} (${LIBRARY_AS_OF})`,
    find({ provider, id }, atMs) {
      const libraryId = KNOWN_PROVIDERS.find((known) => known.name === provider)?.priceLibraryId ?? null;
      const asked = { upstreamModel: id, provider, baseUrl: '', billing: 'metered' } as const;
      const found = libraryId === null ? null : library.find(asked, libraryId, atMs);
      if (found === null) return undefined;
      return {
        input: found.inputUsdPerMtok,
        output: found.outputUsdPerMtok,
        cacheRead: found.cacheReadUsdPerMtok,
        cacheWrite: found.cacheWriteUsdPerMtok,
      };
    },
  };
}

/**
 * A list in a file, in one of two common shapes: an object by model with `input_cost_per_token` (LiteLLM's), or objects
 * anywhere with `id` and `cost: {input, output, cache_read | cacheRead, …}` under their provider (models.dev's and those
 * made of it). Null when the file holds neither.
 */
export function listFromFile(name: string, content: JsonValue): PriceSource | null {
  const prices = new Map<string, ListedPrice>();
  collectPerToken(content, prices);
  collectCosts(content, name, prices);
  if (prices.size === 0) return null;
  return {
    name,
    find({ provider, id }) {
      const names = OTHER_NAMES[provider] ?? [provider];
      return names.map((other) => prices.get(`${other} ${id}`)).find((price) => price !== undefined);
    },
  };
}

function collectPerToken(content: JsonValue, prices: Map<string, ListedPrice>): void {
  for (const [name, value] of Object.entries(objectOf(content) ?? {})) {
    const model = objectOf(value);
    const provider = stringOf(model?.['litellm_provider']);
    if (model === undefined || provider === undefined) continue;
    const perMtok = (field: string): number | undefined => {
      const usd = numberOf(model[field]);
      return usd === undefined ? undefined : usd * 1e6;
    };
    const id = name.startsWith(`${provider}/`) ? name.slice(provider.length + 1) : name;
    prices.set(
      `${provider} ${id}`,
      withoutGaps({
        input: perMtok('input_cost_per_token'),
        output: perMtok('output_cost_per_token'),
        cacheRead: perMtok('cache_read_input_token_cost'),
        cacheWrite: perMtok('cache_creation_input_token_cost'),
      }),
    );
  }
}

/** `provider`: of the object that is looked into, until one inside of it says otherwise. */
function collectCosts(
  value: JsonValue | undefined,
  provider: string,
  prices: Map<string, ListedPrice>,
): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) collectCosts(item, provider, prices);
    return;
  }
  const entry = objectOf(value);
  if (entry === undefined) return;
  const cost = objectOf(entry['cost']);
  const id = stringOf(entry['id']);
  if (cost !== undefined && id !== undefined) {
    prices.set(`${stringOf(entry['provider']) ?? provider} ${id}`, priceOfCost(cost));
    return;
  }
  for (const [name, member] of Object.entries(entry)) {
    const isProvider = objectOf(member)?.['models'] !== undefined;
    collectCosts(member, isProvider ? name : provider, prices);
  }
}

/** A zero beside a price of input says in these lists that nothing is known of the cache. */
function priceOfCost(cost: JsonObject): ListedPrice {
  const known = (...names: readonly string[]): number | undefined => {
    const found = names.map((name) => numberOf(cost[name])).find((price) => price !== undefined);
    return found === 0 ? undefined : found;
  };
  return withoutGaps({
    input: numberOf(cost['input']),
    output: numberOf(cost['output']),
    cacheRead: known('cache_read', 'cacheRead'),
    cacheWrite: known('cache_write', 'cacheWrite'),
  });
}

function withoutGaps(fields: Readonly<Record<keyof ListedPrice, number | undefined>>): ListedPrice {
  return Object.fromEntries(Object.entries(fields).filter(([, price]) => price !== undefined));
}
