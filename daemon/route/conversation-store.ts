// What is remembered of a conversation between two requests: which model it is on and how large it was. In memory only,
// bounded; a conversation that was forgotten is simply new again.

import type { Classification, ReasoningEffort } from '../protocol/vocabulary.ts';

/** As of the last answered request of the main line (no titles, no sub-agents). */
export interface ConversationState {
  /** Id of the model that the policy has this conversation on; null while only the user's own wishes were followed. */
  readonly model: string | null;
  readonly messageCount: number;
  /** Estimated tokens of the whole request. */
  readonly inputTokens: number;
  readonly lastSeenAtMs: number;
  /** How long that model's prompt cache lives after its last use; 0 = it has none. */
  readonly ttlS: number;
  /** Absent = not known; then less can be told about the next request. */
  readonly userTurns?: number;
  readonly toolCount?: number;
  /** Level of reasoning that the present task is on; absent = as the client asks. */
  readonly effort?: ReasoningEffort;
  /** The last answer was weak, so the rest of the task should not stay on its model. */
  readonly escalation?: { readonly fromModel: string; readonly why: string };
  /** What the present task was taken for when it began. */
  readonly classification?: Classification;
  /** Names of the privacy rules that it fell under; absent = none. */
  readonly privacyRules?: readonly string[];
  /** Requests of the present task so far. */
  readonly taskSteps?: number;
  /** How often the present task was moved to a stronger model, and at which length of the conversation last. */
  readonly escalations?: number;
  readonly escalatedAtMessageCount?: number;
}

/** About 2 MB when full; more conversations than one person has open in a week. */
const MAX_CONVERSATIONS = 10_000;

export class ConversationStore {
  readonly #limit: number;
  /** Least recently used first. */
  readonly #states = new Map<string, ConversationState>();

  constructor(limit: number = MAX_CONVERSATIONS) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#states.size;
  }

  /** Counts as a use; null = unknown. */
  get(conversationId: string): ConversationState | null {
    const state = this.#states.get(conversationId);
    if (state === undefined) return null;
    this.#states.delete(conversationId);
    this.#states.set(conversationId, state);
    return state;
  }

  set(conversationId: string, state: ConversationState): void {
    this.#states.delete(conversationId);
    this.#states.set(conversationId, state);
    if (this.#states.size <= this.#limit) return;
    const [oldest] = this.#states.keys();
    if (oldest !== undefined) this.#states.delete(oldest);
  }
}
