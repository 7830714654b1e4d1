// Where system text may stand between the turns of a Messages request, and what becomes of it where it may not.
// A `role: "system"` message must come directly after a user turn and be the last one or be followed by the assistant's,
// no two in a row; only some models take it at all, the others answer 400:
// https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages, checked 2026-11-21.

import type { Role } from '../../conversation/request.ts';
import { stringOf } from '../../util/json.ts';
import type { WireMessage } from './wire-message.ts';

export const MOVED_SYSTEM_TEXT = 'system text between the turns became marked text of the user';

/** As Claude Code itself marks what it adds to the user's words. */
export function systemReminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`;
}

export function isSystemRole(role: Role): boolean {
  return role === 'system' || role === 'developer';
}

/** Whether a system message may stand between these two (undefined: there is none). */
export function isSystemPlace(previous: Role | undefined, next: Role | undefined): boolean {
  return previous === 'user' && (next === undefined || next === 'assistant');
}

/**
 * Messages behind the leading system text: neighbours of one role become one message, and system text that stands where
 * it may not becomes the user's.
 */
export function placeSystemText(messages: readonly WireMessage[]): {
  readonly messages: readonly WireMessage[];
  readonly hasMoved: boolean;
} {
  const runs = joinNeighbours(messages);
  let hasMoved = false;
  const settled = runs.map((message, index) => {
    const hasPlace = isSystemPlace(runs[index - 1]?.role, runs[index + 1]?.role);
    if (message.role !== 'system' || hasPlace) return message;
    hasMoved = true;
    const text = message.content.map((block) => stringOf(block['text']) ?? '').join('\n');
    return { role: 'user', content: [{ type: 'text', text: systemReminder(text) }] } as const;
  });
  return { messages: joinNeighbours(settled), hasMoved };
}

function joinNeighbours(messages: readonly WireMessage[]): WireMessage[] {
  const joined: WireMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.role !== message.role) joined.push(message);
    else joined[joined.length - 1] = { ...last, content: [...last.content, ...message.content] };
  }
  return joined;
}
