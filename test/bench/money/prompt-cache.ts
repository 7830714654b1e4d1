// A provider's prompt cache and its bill, written here a second time and without the daemon's arithmetic, so that what
// the daemon reports can be held against it.

import type { Band, SimulatedModel } from './model-sets.ts';

/** The beginnings of a prompt, shortest first: after each block a hash of everything so far and its size. */
export interface PromptPrefixes {
  readonly hashes: readonly number[];
  /** Tokens of the reference (four bytes of text each). */
  readonly refTokens: readonly number[];
  /** Ends of blocks that are marked to be cached, ascending, with the asked lifetime; only explicit caches look at them. */
  readonly marks: readonly { readonly index: number; readonly ttlS: number }[];
}

export interface Bill {
  readonly usd: number;
  /** All of the prompt; the next two are parts of it. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly writtenTokens: number;
  readonly written1hTokens: number;
  readonly outputTokens: number;
  /** Part of the output that is thinking nobody sees. */
  readonly thoughtTokens: number;
  /** What was warm, before the provider's own misses. */
  readonly warmTokens: number;
}

export interface ChargeOptions {
  /** In [0, 1): whether this request misses, where misses are drawn; null = a fixed share of the prefix is missed. */
  readonly missDraw: number | null;
}

/** Looks so many blocks back from a mark for something that it knows. */
const LOOK_BACK_BLOCKS = 20;
const TOKENS_PER_MTOK = 1_000_000;
const HOUR_S = 3600;

export class SimulatedPromptCache {
  readonly model: SimulatedModel;
  /** Hash of a prefix -> when it is forgotten, ms. */
  readonly #expiresAtMs = new Map<number, number>();
  /** Of entries that live longer than is usual here, how long. */
  readonly #longTtlS = new Map<number, number>();

  constructor(model: SimulatedModel) {
    this.model = model;
  }

  charge(prompt: PromptPrefixes, outputRefTokens: number, atMs: number, options: ChargeOptions): Bill {
    const { model } = this;
    const inputTokens = Math.round((prompt.refTokens.at(-1) ?? 0) * model.tokenizerFactor);
    const seen =
      model.dialect === 'anthropic-messages'
        ? this.#explicit(prompt, atMs)
        : this.#automatic(prompt, inputTokens, atMs, options);
    const outputTokens = Math.max(1, Math.round(outputRefTokens * model.tokenizerFactor * model.verbosity));
    const visibleTokens = Math.max(1, Math.round(outputRefTokens * model.tokenizerFactor));
    const { cachedTokens, writtenTokens, written1hTokens } = seen;
    const band = bandFor(model, inputTokens);
    const usd =
      (cachedTokens * band.read +
        (writtenTokens - written1hTokens) * band.write +
        written1hTokens * band.input * 2 +
        (inputTokens - cachedTokens - writtenTokens) * band.input +
        outputTokens * band.output) /
      TOKENS_PER_MTOK;
    return { usd, inputTokens, outputTokens, thoughtTokens: outputTokens - visibleTokens, ...seen };
  }

  /** Keeps the memory of a long run small; changes no bill. */
  forgetExpired(atMs: number): void {
    for (const [hash, expiresAtMs] of this.#expiresAtMs) {
      if (expiresAtMs > atMs) continue;
      this.#expiresAtMs.delete(hash);
      this.#longTtlS.delete(hash);
    }
  }

  #isAlive(hash: number | undefined, atMs: number): boolean {
    return hash !== undefined && (this.#expiresAtMs.get(hash) ?? 0) > atMs;
  }

  #keep(hash: number, ttlS: number, atMs: number): void {
    if (ttlS > this.model.ttlS) this.#longTtlS.set(hash, ttlS);
    this.#expiresAtMs.set(hash, atMs + (this.#longTtlS.get(hash) ?? ttlS) * 1000);
  }

  /** Only marked prefixes; what is found within the look-back lives on. */
  #explicit({ hashes, refTokens, marks }: PromptPrefixes, atMs: number) {
    const tokensAt = (index: number): number =>
      Math.round((refTokens[index] ?? 0) * this.model.tokenizerFactor);
    let readTo = -1;
    let writtenTo = -1;
    let longTo = -1;
    for (const { index } of marks) {
      for (let at = index; at >= 0 && at > index - LOOK_BACK_BLOCKS; at -= 1) {
        const hash = hashes[at];
        if (hash === undefined || !this.#isAlive(hash, atMs)) continue;
        this.#keep(hash, this.model.ttlS, atMs);
        readTo = Math.max(readTo, at);
        break;
      }
    }
    for (const { index, ttlS } of marks) {
      const hash = hashes[index];
      if (hash === undefined || tokensAt(index) < this.model.minTokens) continue;
      this.#keep(hash, ttlS, atMs);
      writtenTo = Math.max(writtenTo, index);
      if (ttlS >= HOUR_S) longTo = Math.max(longTo, index);
    }
    const cachedTokens = readTo < 0 ? 0 : tokensAt(readTo);
    const writtenTokens = Math.max(0, (writtenTo < 0 ? 0 : tokensAt(writtenTo)) - cachedTokens);
    const written1hTokens = Math.max(0, (longTo < 0 ? 0 : tokensAt(longTo)) - cachedTokens);
    return { cachedTokens, writtenTokens, written1hTokens, warmTokens: cachedTokens };
  }

  /** Every prefix, in steps. */
  #automatic(
    { hashes, refTokens }: PromptPrefixes,
    inputTokens: number,
    atMs: number,
    { missDraw }: ChargeOptions,
  ) {
    const { model } = this;
    const longest = hashes.findLastIndex((hash) => this.#isAlive(hash, atMs));
    const known = longest < 0 ? 0 : (refTokens[longest] ?? 0) * model.tokenizerFactor;
    const stepped = Math.floor(known / model.stepTokens) * model.stepTokens;
    const warmTokens = stepped < model.minTokens ? 0 : stepped;
    const cachedTokens =
      missDraw === null
        ? Math.round(warmTokens * model.hitRatio)
        : missDraw < model.hitRatio
          ? warmTokens
          : 0;
    for (const hash of hashes) this.#keep(hash, model.ttlS, atMs);
    const isWritten = model.write !== model.input && inputTokens >= model.minTokens;
    return {
      cachedTokens,
      writtenTokens: isWritten ? inputTokens - cachedTokens : 0,
      written1hTokens: 0,
      warmTokens,
    };
  }
}

/** The prices of a request with a prompt of this size. */
export function bandFor(model: SimulatedModel, inputTokens: number): Band {
  const { longBand } = model;
  return longBand !== undefined && inputTokens > longBand.aboveTokens ? longBand : model;
}

/** Chains the hash of a block to that of everything before it. 53 bits, so that it is an exact number. */
export function chainHash(before: number, block: number): number {
  const high = Math.imul((before / 2_097_152) >>> 0, 0x9e3779b1) ^ Math.imul(block >>> 0, 0x85ebca6b);
  const low = Math.imul((before & 0x1fffff) ^ (block >>> 7), 0xc2b2ae35) ^ (high >>> 11);
  return (high >>> 0) * 2_097_152 + (low & 0x1fffff);
}
