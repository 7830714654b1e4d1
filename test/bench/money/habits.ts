// How the simulated programs behave on the wire. One of each three dialects is equally likely; within it the assistants
// that name their sessions outnumber the plain programs on an SDK.

import type { ClientDialect } from './conversation.ts';
import type { Habits } from './client-wire.ts';

function habits(dialect: ClientDialect, given: Partial<Habits>): Habits {
  return {
    dialect,
    namesSession: true,
    namesClass: false,
    marksCache: false,
    isStreaming: true,
    ...given,
  };
}

export const DIALECT_HABITS: readonly Habits[] = [
  habits('anthropic-messages', { marksCache: true, namesClass: true }),
  habits('anthropic-messages', { marksCache: true }),
  habits('anthropic-messages', { namesSession: false }),
  habits('openai-chat', {}),
  habits('openai-chat', {}),
  habits('openai-chat', { namesSession: false }),
  habits('openai-responses', {}),
  habits('openai-responses', {}),
  habits('openai-responses', { namesSession: false }),
];
