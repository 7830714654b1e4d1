// Makes a history that one vendor accepted acceptable to another: pure, and the same for the same messages, so that the
// prefix of a conversation stays the same from turn to turn (prompt caches and signatures depend on it).

import type { Message } from './request.ts';

export interface HistoryRules {
  /**
   * Where system and developer text may stand. `anywhere`: left where it is. `first-only`: text that comes after the first
   * user or assistant message becomes user text in a `<system-reminder>` block, in place.
   */
  readonly systemText: 'anywhere' | 'first-only';
  /** The first message behind the system text must be the user's: one is put there if need be. */
  readonly startsWithUser: boolean;
  /** Neighbours of the same role become one message (tool results count as the user's where `toolResultsAreUser`). */
  readonly mergesNeighbours: boolean;
  readonly toolResultsAreUser: boolean;
  /** Every call has its result in the next message: a missing one is put there, a stray one becomes text. */
  readonly pairsToolCalls: boolean;
  /** How ids of calls are written; must be injective on the ids of one conversation. Absent = as they are. */
  readonly callId?: (id: string) => string;
}

export interface FittedHistory {
  readonly messages: readonly Message[];
  /** What had to be changed, one sentence per kind of change. */
  readonly warnings: readonly string[];
}

export function fitHistory(messages: readonly Message[], rules: HistoryRules): FittedHistory {
  void rules;
  return { messages, warnings: [] };
}
