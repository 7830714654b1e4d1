// The models that a discovered provider brings along. Prices, prompt-cache rules and tokenizer factors of the same
// models stand in price-overlay.json, once, so that they serve configured models too.

import type { KnownNames } from '../config/cross-checks.ts';
import type { Capability, Complexity } from '../protocol/vocabulary.ts';
import data from './default-models.json' with { type: 'json' };
import { KNOWN_LOCAL_SERVERS, KNOWN_PROVIDERS } from './known-providers.ts';

export interface DefaultModel {
  readonly id: string;
  /** Name in known-providers.json. */
  readonly provider: string;
  readonly upstreamModel: string;
  readonly tier: Complexity;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  readonly supports: readonly Capability[];
  readonly speedTokensPerSec: number | null;
  readonly source: string;
  readonly asOf: string;
  /** What could not be confirmed and what was taken instead. */
  readonly note?: string;
}

export const DEFAULT_MODELS = data.models as readonly DefaultModel[];

/** Names that a configuration may use although they do not stand in it. */
export const SHIPPED_NAMES: KnownNames = {
  providers: [...KNOWN_PROVIDERS, ...KNOWN_LOCAL_SERVERS].map((provider) => provider.name),
  models: DEFAULT_MODELS.map((model) => model.id),
};
