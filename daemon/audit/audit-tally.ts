// Running sums over calls of a history: of all of them, of one assistant's, of one model's.

import { CompensatedSum } from '../ledger/compensated-sum.ts';
import type { Complexity, TokenUsage } from '../protocol/vocabulary.ts';
import type { BookedCall } from './history-books.ts';

const DAY_MS = 86_400_000;

export function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

export class Tally {
  requests = 0;
  priced = 0;
  readonly #costUsd = new CompensatedSum();
  readonly #grades: Record<Complexity, number> = { simple: 0, moderate: 0, complex: 0 };
  readonly #conversations = new Set<number>();
  readonly #days = new Set<number>();
  readonly #usage = {
    inputTokens: 0,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    outputTokens: 0,
    reasoningOutputTokens: 0,
  };

  get conversations(): number {
    return this.#conversations.size;
  }

  get days(): number {
    return this.#days.size;
  }

  add(call: BookedCall | undefined, costUsd: number | undefined): void {
    if (call === undefined) return;
    this.requests += 1;
    this.#grades[call.ask.classification.complexity] += 1;
    this.#conversations.add(call.conversation);
    this.#days.add(Math.floor(call.atMs / DAY_MS));
    this.#usage.inputTokens += call.usage.inputTokens;
    this.#usage.cacheReadInputTokens += call.usage.cacheReadInputTokens;
    this.#usage.cacheCreationInputTokens += call.usage.cacheCreationInputTokens;
    this.#usage.outputTokens += call.usage.outputTokens;
    this.#usage.reasoningOutputTokens += call.usage.reasoningOutputTokens;
    if (costUsd === undefined || Number.isNaN(costUsd)) return;
    this.priced += 1;
    this.#costUsd.add(costUsd);
  }

  /** null = there are requests and none of them has a price. */
  actualUsd(): number | null {
    return this.requests > 0 && this.priced === 0 ? null : this.#costUsd.value;
  }

  usage(): TokenUsage {
    return { ...this.#usage };
  }

  shares(): Readonly<Record<Complexity, number>> {
    const { simple, moderate, complex } = this.#grades;
    const ofAll = (requests: number): number => share(requests, this.requests);
    return { simple: ofAll(simple), moderate: ofAll(moderate), complex: ofAll(complex) };
  }
}
