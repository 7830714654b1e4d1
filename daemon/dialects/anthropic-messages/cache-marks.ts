// Marks of what Anthropic shall keep in its prompt cache, for clients that could not set them: without one it caches
// nothing. At most four, at the ends of what comes back in the next request: the tools, the system text and the last two
// turns of the user. https://platform.claude.com/docs/en/build-with-claude/prompt-caching, checked 2026-11-21.

import type { JsonObject } from '../../util/json.ts';
import type { WireMessage } from './wire-message.ts';

const MARK = { cache_control: { type: 'ephemeral' } } as const;

/** About 1024 tokens, the least that most models cache; a mark on less does nothing. */
export const WORTH_CACHING_BYTES = 4096;

export interface MarkedRequest {
  readonly tools: readonly JsonObject[];
  readonly system: readonly JsonObject[];
  readonly messages: readonly WireMessage[];
}

/** From a mark Anthropic looks back over 20 blocks for what it has; a message has one or two. */
const MESSAGES_SEEN_FROM_THE_END = 8;

/**
 * The user's turn behind so many answers: where the prompt ended that the model last had. undefined = it lies within what
 * is seen from the marks at the end.
 */
export function turnToMark(roles: readonly string[], cachedAnswers: number | undefined): number | undefined {
  if (cachedAnswers === undefined) return undefined;
  let answers = 0;
  let turn: number | undefined;
  for (const [index, role] of roles.entries()) {
    if (role === 'assistant' && roles[index - 1] !== 'assistant') answers += 1;
    if (answers > cachedAnswers) break;
    if (role === 'user') turn = index;
  }
  return turn === undefined || roles.length - turn <= MESSAGES_SEEN_FROM_THE_END ? undefined : turn;
}

/**
 * The same when the request is no conversation that will go on, or is too small; `bytes` is about its size.
 * `cachedAnswers`: see `EncodeTarget`.
 */
export function withCacheMarks(request: MarkedRequest, bytes: number, cachedAnswers?: number): MarkedRequest {
  const { tools, system, messages } = request;
  const turns = [...messages.entries()].filter(([, { role }]) => role === 'user').map(([index]) => index);
  const goesOn = tools.length > 0 || turns.length > 1;
  if (!goesOn || bytes < WORTH_CACHING_BYTES) return request;
  const earlier = turnToMark(
    messages.map(({ role }) => role),
    cachedAnswers,
  );
  const marked = new Set([...turns.slice(-2), ...(earlier === undefined ? [] : [earlier])]);
  return {
    // Four marks are all there are, and what is cached up to the system text holds the tools as well.
    tools: earlier !== undefined && system.length > 0 ? tools : markLast(tools),
    system: markLast(system),
    messages: messages.map((message, index) =>
      marked.has(index) ? { ...message, content: markLast(message.content) } : message,
    ),
  };
}

function markLast(blocks: readonly JsonObject[]): readonly JsonObject[] {
  const last = blocks.at(-1);
  return last === undefined ? blocks : [...blocks.slice(0, -1), { ...last, ...MARK }];
}
