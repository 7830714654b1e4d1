// What a SIMULATED vendor charges: its prompt cache and its invoice. Shares no arithmetic with the daemon, so that the
// books can be held against the bill.

import { createHash } from 'node:crypto';
import type { PromptPiece, SimulatedUsage } from './simulated-wire.ts';

/** What the simulated vendor charges, USD per million tokens. */
export interface SimulatedPrices {
  readonly input: number;
  readonly cachedInput: number;
  /** Absent where writing to the prompt cache is not billed apart. */
  readonly cacheWrite?: number;
  readonly output: number;
}

export interface SimulatedModel {
  readonly name: string;
  readonly prices: SimulatedPrices;
  readonly cache: {
    /** `marked`: what the client asks for is cached, and nothing else. `automatic`: everything. */
    readonly kind: 'marked' | 'automatic';
    /** Shortest prefix that this vendor caches, tokens. */
    readonly minTokens: number;
    readonly ttlS: number;
  };
}

export type PromptUsage = Pick<SimulatedUsage, 'inputTokens' | 'cachedTokens' | 'writtenTokens'>;

const BYTES_PER_TOKEN = 4;
const TOKENS_PER_MTOK = 1_000_000;

export function tokensOf(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

export class SimulatedBill {
  totalUsd = 0;
  /** Hash of a prompt's beginning -> Unix ms at which the cache forgets it. */
  readonly #warmUntilMs = new Map<string, number>();

  /** Charges the prompt of one request. */
  chargePrompt(model: SimulatedModel, pieces: readonly PromptPiece[]): PromptUsage {
    const { cache, prices } = model;
    const nowMs = Date.now();
    const hash = createHash('sha256').update(model.name);
    const isAutomatic = cache.kind === 'automatic';
    const lastMarked = isAutomatic ? pieces.length - 1 : pieces.findLastIndex(({ isMarked }) => isMarked);
    let bytes = 0;
    let [cachedTokens, markedTokens] = [0, 0];
    for (const [index, { text, isMarked }] of pieces.entries()) {
      bytes += Buffer.byteLength(text);
      const tokens = tokensOf(bytes);
      const key = hash.update(`${text.length}:${text}`).copy().digest('hex');
      if (index > lastMarked || tokens < cache.minTokens) continue;
      const isWarm = (this.#warmUntilMs.get(key) ?? 0) > nowMs;
      if (isWarm) cachedTokens = tokens;
      if (isWarm || isAutomatic || isMarked) this.#warmUntilMs.set(key, nowMs + cache.ttlS * 1000);
      markedTokens = tokens;
    }
    const inputTokens = tokensOf(bytes);
    const writtenTokens = prices.cacheWrite === undefined ? 0 : markedTokens - cachedTokens;
    const plainTokens = inputTokens - cachedTokens - writtenTokens;
    this.#charge(plainTokens, prices.input);
    this.#charge(cachedTokens, prices.cachedInput);
    this.#charge(writtenTokens, prices.cacheWrite ?? prices.input);
    return { inputTokens, cachedTokens, writtenTokens };
  }

  /** Charges an answer, or what was sent of it. */
  chargeOutput({ prices }: SimulatedModel, tokens: number): void {
    this.#charge(tokens, prices.output);
  }

  #charge(tokens: number, usdPerMtok: number): void {
    this.totalUsd += (tokens * usdPerMtok) / TOKENS_PER_MTOK;
  }
}
