// What is remembered of a conversation between two requests: which model it is on and how large it was. In memory only,
// bounded; a conversation that was forgotten is simply new again.

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
