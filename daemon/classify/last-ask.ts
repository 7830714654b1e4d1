// The user's own last words, and up to three of their turns before. Works from the end of the conversation and parses
// only messages that can hold words: an ask at the end of a 200 kB body costs one small parse.
// Not here: what the words mean (rule-classifier.ts), and which tags are wrappers (ask-wrappers.ts).

import type { ContentPart, ConversationRequest, MessageOutline } from '../conversation/request.ts';
import { ownWords } from './ask-wrappers.ts';

export interface LastAsk {
  /** Without anything an assistant put around it; '' when there is none, or when it is only an image. */
  readonly ask: string;
  /** At most three, newest first. */
  readonly earlierAsks: readonly string[];
  /** Index of the message that holds the ask; -1 when there is none. */
  readonly askIndex: number;
  /** Turns of the user, this one included. Messages without an answer between them are one turn. */
  readonly userTurns: number;
}

/** A peer measured agreement on follow-ups: 14 % with none, 47 % with one, 78 % with two; three leave room. */
const MAX_EARLIER_ASKS = 3;

/** Longer than people type in one go: a text of this size is material that an earlier text asks something about. */
const MATERIAL_CHARS = 2000;

/**
 * Tool results may have words of the user beside them, so they are read as well where the outline cannot tell; behind
 * the ask only up to this many bytes, since by then only the history is in question.
 */
const TOOL_RESULT_BYTES = 65_536;

export function lastAsk(request: ConversationRequest): LastAsk {
  const { outline } = request;
  let ask: string | undefined;
  let askIndex = -1;
  const earlierAsks: string[] = [];
  let userTurns = 0;
  let isTurnCounted = false;
  let toolResultBytes = 0;
  for (let index = outline.length - 1; index >= 0; index -= 1) {
    const message = outline[index];
    if (message === undefined || !isUser(message)) {
      if (message?.role === 'assistant' || message?.role === 'tool') isTurnCounted = false;
      continue;
    }
    if (message.isToolResult && ask !== undefined) {
      toolResultBytes += message.bytes;
      if (toolResultBytes > TOOL_RESULT_BYTES) continue;
    }
    const mustRead = message.isToolResult || earlierAsks.length < MAX_EARLIER_ASKS;
    const words = mustRead ? wordsOf(request.message(index).content) : undefined;
    if (words === '' && !(message.hasImage && !message.isToolResult)) continue;
    if (!isTurnCounted) userTurns += 1;
    isTurnCounted = true;
    if (ask === undefined) {
      ask = words ?? '';
      askIndex = index;
    } else if (words !== undefined && words !== '' && earlierAsks.length < MAX_EARLIER_ASKS) {
      earlierAsks.push(words);
    }
  }
  return { ask: ask ?? '', earlierAsks, askIndex, userTurns };
}

/** A message that may hold words of the user. */
function isUser(message: MessageOutline): boolean {
  return message.role === 'user' && !(message.isToolResult && message.hasText === false);
}

/** The last text with words of the user; together with the one before it when it is material. */
function wordsOf(content: readonly ContentPart[]): string {
  let last = '';
  for (let index = content.length - 1; index >= 0; index -= 1) {
    const part = content[index];
    if (part?.type !== 'text') continue;
    const words = ownWords(part.text);
    if (words === '') continue;
    if (last !== '') return `${words}\n\n${last}`;
    if (words.length <= MATERIAL_CHARS) return words;
    last = words;
  }
  return last;
}
