// A model at a provider: what can be routed to, what it can do and what it costs.

import type { ModelTraits } from '../conversation/model-traits.ts';
import type { Billing, Capability, Complexity, DialectId } from '../protocol/vocabulary.ts';

/** Prices of one model, USD per million tokens. Resolved: every field has its effective value. */
export interface Pricing {
  readonly inputUsdPerMtok: number;
  readonly outputUsdPerMtok: number;
  /** Equals the input price where the vendor has no cached price. */
  readonly cacheReadUsdPerMtok: number;
  /** Equals the input price where writes are not billed apart. */
  readonly cacheWriteUsdPerMtok: number;
  readonly cacheWrite1hUsdPerMtok: number;
  /** Reasoning tokens where they cost something else than output; absent = output price. */
  readonly reasoningOutputUsdPerMtok?: number;
  /** Applies to every token of a request whose input exceeds `aboveTokens`. */
  readonly longContext?: {
    readonly aboveTokens: number;
    readonly inputUsdPerMtok: number;
    readonly outputUsdPerMtok: number;
    readonly cacheReadUsdPerMtok: number;
  };
  /** Times at which all prices are multiplied; UTC. Empty or absent = the same price at all hours. */
  readonly peak?: {
    readonly multiplier: number;
    /** [from, to) in hours of the day. */
    readonly hoursUtc: readonly (readonly [number, number])[];
    /** 0 = Sunday … 6 = Saturday. */
    readonly weekdays: readonly number[];
    /** Days (`YYYY-MM-DD`, UTC) without a peak although their weekday has one. */
    readonly holidaysUtc?: readonly string[];
  };
  /** Announced changes, oldest first: from `fromMs` (Unix epoch ms) on these prices hold instead. */
  readonly later?: readonly { readonly fromMs: number; readonly pricing: Pricing }[];
  /** Where the row comes from and the day it was checked (`YYYY-MM-DD`). */
  readonly source: string;
  readonly asOf: string;
}

/** How the provider's prompt cache works for this model. */
export interface PromptCacheRule {
  /** Shortest prefix that is cached. */
  readonly minTokens: number;
  /** How long an entry lives after its last use. */
  readonly ttlS: number;
  /** `explicit`: only with cache_control marks; `automatic`: every prefix; `none`: no prompt cache. */
  readonly kind: 'explicit' | 'automatic' | 'none';
}

export interface ModelTarget {
  /** Id in the configuration; unique. */
  readonly id: string;
  readonly provider: string;
  readonly dialect: DialectId;
  /** The provider's own name for the model. */
  readonly upstreamModel: string;
  /** Hardest grade it is trusted with. */
  readonly tier: Complexity;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  readonly supports: readonly Capability[];
  readonly speedTokensPerSec: number | null;
  /** null = unpriced: it can be routed to, but nothing about its cost is claimed. */
  readonly price: Pricing | null;
  readonly billing: Billing;
  readonly promptCache: PromptCacheRule;
  /** Tokens of this model per token of the o200k tokenizer. */
  readonly tokenizerFactor: number;
  /** How it wants to be spoken to; absent = nothing known. Says nothing about what it is chosen for. */
  readonly traits?: ModelTraits;
  /** Ids tried after it when it fails, before the general chain. */
  readonly fallback: readonly string[];
  /** False when its provider has no reachable key; `unusableWhy` says so. */
  readonly usable: boolean;
  readonly unusableWhy: string | null;
}
