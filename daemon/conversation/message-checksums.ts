// A running checksum over the messages of a request, one value after each: equal values at the same place of two
// requests mean that the conversations are the same up to there. One pass over the bytes, nothing is parsed.

import { crc32 } from 'node:zlib';
import type { ConversationRequest } from './request.ts';

export interface MessageChecksums {
  /** After each counted message, over all of them so far. */
  readonly running: readonly number[];
  /** Of each counted message by itself. */
  readonly single: readonly number[];
}

/**
 * What the assistant program says (system, developer) is left out: some write it anew for every request. So are marks
 * for the prompt cache, which move from turn to turn, and the two ways to write a message of one text.
 */
export function messageChecksums(
  request: Pick<ConversationRequest, 'outline' | 'messageBytes' | 'body'>,
): MessageChecksums {
  const running: number[] = [];
  const single: number[] = [];
  const hasMarks = request.body.bytes.includes(CACHE_MARK_NAME);
  let checksum = 0;
  request.outline.forEach(({ role, isToolResult }, index) => {
    if (role === 'system' || role === 'developer') return;
    const bytes = request.messageBytes(index);
    const hasMark = hasMarks && bytes.includes(CACHE_MARK_NAME);
    const mayBeOneText = role === 'user' && !isToolResult;
    // The role counts: some dialects have it outside of what is taken for the message.
    const own = crc32(hasMark || mayBeOneText ? canonical(bytes, hasMark) : bytes, role.charCodeAt(0));
    checksum = Math.imul(((checksum << 5) | (checksum >>> 27)) ^ own, 0x9e3779b1) >>> 0;
    running.push(checksum);
    single.push(own);
  });
  return { running, single };
}

const CACHE_MARK_NAME = Buffer.from('"cache_control"');
/** A quote inside of a string is escaped, so this is a member. In an object it comes first, or behind another one. */
const CACHE_MARK_MEMBER =
  /,\s*"cache_control"\s*:\s*(?:\{[^{}]*\}|null)|"cache_control"\s*:\s*(?:\{[^{}]*\}|null)\s*,?/g;

const ONE_TEXT_START = '"content":[{"type":"text","text":"';
const ONE_TEXT_END = '"}]}';

function canonical(message: Buffer, hasMark: boolean): Buffer {
  if (!hasMark && !message.includes(ONE_TEXT_START)) return message;
  let text = message.toString('latin1');
  if (hasMark) text = text.replaceAll(CACHE_MARK_MEMBER, '');
  // Quotes in a string are escaped, so `"},{"` is the border of two parts.
  const start = text.indexOf(ONE_TEXT_START);
  if (start < 0 || !text.endsWith(ONE_TEXT_END) || text.includes('"},{"', start)) return latin1(text);
  const words = text.slice(start + ONE_TEXT_START.length, -ONE_TEXT_END.length);
  return latin1(`${text.slice(0, start)}"content":"${words}"}`);
}

/** The bytes again, so that a message without marks has the same checksum whether it was looked at or not. */
function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
