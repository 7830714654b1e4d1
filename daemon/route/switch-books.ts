// What each conversation was billed since its baseline model first answered, and what staying there would have been
// billed: the two sums that `policy.maxSwitchSpendRatio` compares. In memory, bounded.

import type { SwitchBooks } from '../protocol/exchange-record.ts';

export interface BilledExchange {
  readonly baselineModel: string;
  /** null = nobody answered. */
  readonly servedModel: string | null;
  /** All attempts and the classifier; null = not known. */
  readonly costUsd: number | null;
  /** What staying would have been billed for it: with the baseline's own prompt cache, had it served everything. */
  readonly stayCostUsd: number | null;
}

export type ConversationBill = Pick<SwitchBooks, 'baselineModel' | 'actualUsd' | 'stayUsd'>;

interface Entry extends ConversationBill {
  /** Another model has answered since. */
  readonly hasLeft: boolean;
}

/** More conversations than one person has open in a week. */
const MAX_CONVERSATIONS = 10_000;

export class SwitchBooksStore {
  readonly #limit: number;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();

  constructor(limit: number = MAX_CONVERSATIONS) {
    this.#limit = limit;
  }

  /** null = no baseline model has answered in the conversation. */
  get(conversationId: string): ConversationBill | null {
    return this.#entries.get(conversationId) ?? null;
  }

  /** What one exchange adds; what cannot be told on both sides adds to neither. */
  note(conversationId: string, billed: BilledExchange): void {
    const { baselineModel, servedModel, costUsd, stayCostUsd } = billed;
    if (costUsd === null || stayCostUsd === null) return;
    const known = this.#entries.get(conversationId);
    const isBaseline = servedModel === baselineModel;
    if (known === undefined || known.baselineModel !== baselineModel) {
      // A client that asks for another model begins a new comparison.
      this.#entries.delete(conversationId);
      if (isBaseline)
        this.#set(conversationId, { baselineModel, actualUsd: costUsd, stayUsd: costUsd, hasLeft: false });
      return;
    }
    const hasLeft = known.hasLeft || (servedModel !== null && !isBaseline);
    this.#set(conversationId, {
      baselineModel,
      actualUsd: known.actualUsd + costUsd,
      // As long as nobody else answered, staying is what was billed, whatever a replay says.
      stayUsd: known.stayUsd + (hasLeft ? stayCostUsd : costUsd),
      hasLeft,
    });
  }

  #set(conversationId: string, entry: Entry): void {
    this.#entries.delete(conversationId);
    this.#entries.set(conversationId, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#limit && oldest !== undefined) this.#entries.delete(oldest);
  }
}
