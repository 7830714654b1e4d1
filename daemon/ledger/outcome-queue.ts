// Outcomes and feedback that the file has not taken yet. Bounded; visible to readers like what is stored.

import type { OutcomeRecord } from '../protocol/exchange-record.ts';
import type { OutcomesPage, OutcomesQuery, StoredFeedback } from './ledger.ts';
import type { OutcomeNotes } from './outcome-rows.ts';

/** The oldest go first: these are estimates and no money. About 3 MB. */
const MAX_HELD = 10_000;
/** 200 rows take about a millisecond. */
const PER_BATCH = 200;

export class OutcomeQueue {
  /** Oldest first. */
  #outcomes: OutcomeRecord[] = [];
  /** By exchange, oldest first. */
  readonly #feedback = new Map<string, StoredFeedback>();

  get isEmpty(): boolean {
    return this.#outcomes.length === 0 && this.#feedback.size === 0;
  }

  addOutcome(outcome: OutcomeRecord): void {
    this.#outcomes.push(outcome);
    if (this.#outcomes.length > MAX_HELD) this.#outcomes.shift();
  }

  addFeedback(feedback: StoredFeedback): void {
    this.#feedback.delete(feedback.exchangeId);
    this.#feedback.set(feedback.exchangeId, feedback);
    const [oldest] = this.#feedback.keys();
    if (this.#feedback.size > MAX_HELD && oldest !== undefined) this.#feedback.delete(oldest);
  }

  /** What to write next; stays here until `written`. */
  batch(): OutcomeNotes {
    return {
      outcomes: this.#outcomes.slice(0, PER_BATCH),
      feedback: [...this.#feedback.values()].slice(0, PER_BATCH),
    };
  }

  written({ outcomes, feedback }: OutcomeNotes): void {
    this.#outcomes.splice(0, outcomes.length);
    for (const { exchangeId } of feedback) this.#feedback.delete(exchangeId);
  }

  feedback(exchangeId: string): StoredFeedback | null {
    return this.#feedback.get(exchangeId) ?? null;
  }

  /** A page of the file with what waits here laid over it, as if it had been written; the first is longer by that. */
  over(stored: OutcomesPage, { sinceAtMs, before }: OutcomesQuery): OutcomesPage {
    if (this.#outcomes.length === 0) return stored;
    const held = new Map(this.#outcomes.map((outcome) => [keyOf(outcome), outcome]));
    const unchanged = stored.outcomes.filter((outcome) => !held.has(keyOf(outcome)));
    if (before !== undefined) return { ...stored, outcomes: unchanged };
    const newest = [...held.values()].filter(({ atMs }) => atMs >= sinceAtMs).toReversed();
    return { ...stored, outcomes: [...newest, ...unchanged] };
  }
}

/** As the unique index of the table has it. */
function keyOf({ exchangeId, model, kind }: OutcomeRecord): string {
  return JSON.stringify([exchangeId, model, kind.startsWith('rated-') ? 'rated' : kind]);
}
