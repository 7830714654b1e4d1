// A running checksum over the messages of a request, one value after each: equal values at the same place of two
// requests mean that the conversations are the same up to there. One pass over the bytes, nothing is parsed.

import { crc32 } from 'node:zlib';
import type { ConversationRequest, MessageOutline } from './request.ts';

export interface MessageChecksums {
  /** After each counted message, over all of them so far. */
  readonly running: readonly number[];
  /** Of each counted message by itself. */
  readonly single: readonly number[];
}

/**
 * What the assistant program says (system, developer) is left out: some write it anew for every request. So are marks
 * for the prompt cache, which move from turn to turn, and the two ways to write a message of one text. Of long messages
 * both ends count: what two results of tools begin and end with alike, at the same place, is the same conversation.
 */
export function messageChecksums(
  request: Pick<ConversationRequest, 'outline' | 'messageBytes'>,
): MessageChecksums {
  const running: number[] = [];
  const single: number[] = [];
  let checksum = 0;
  request.outline.forEach((message, index) => {
    if (message.role === 'system' || message.role === 'developer') return;
    let own = singles.get(message);
    if (own === undefined) {
      own = singleOf(message, request.messageBytes(index));
      singles.set(message, own);
    }
    checksum = Math.imul(((checksum << 5) | (checksum >>> 27)) ^ own, 0x9e3779b1) >>> 0;
    running.push(checksum);
    single.push(own);
  });
  return { running, single };
}

/** Known messages come again in each request of a conversation: 40 us for 62 of them, 3 where they were known. */
const singles = new WeakMap<MessageOutline, number>();

function singleOf({ role, isToolResult }: MessageOutline, bytes: Buffer): number {
  // The role counts: some dialects have it outside of what is taken for the message.
  const seed = role.charCodeAt(0);
  const mayBeOneText = role === 'user' && !isToolResult;
  return mayBeOneText ? crc32(canonical(bytes, true), seed) : checksumOf(bytes, seed);
}

/** Longer messages count by their ends. */
const LONG_BYTES = 3072;
/** As long as marks for the cache make a message at most; it must count the same way with them and without. */
const MARK_BYTES = 512;
/** Of each end; as much again is read, since a mark may stand in it. */
const END_BYTES = 512;

function checksumOf(bytes: Buffer, seed: number): number {
  const isLong = bytes.length > LONG_BYTES + MARK_BYTES;
  const whole = isLong ? bytes : canonical(bytes, false);
  if (whole.length <= LONG_BYTES) return crc32(whole, seed);
  const head = canonical(whole.subarray(0, 2 * END_BYTES), false).subarray(0, END_BYTES);
  const tail = canonical(whole.subarray(-2 * END_BYTES), false).subarray(-END_BYTES);
  return crc32(tail, crc32(head, seed));
}

const CACHE_MARK_NAME = Buffer.from('"cache_control"');
/** A quote inside of a string is escaped, so this is a member. In an object it comes first, or behind another one. */
const CACHE_MARK_MEMBER =
  /,\s*"cache_control"\s*:\s*(?:\{[^{}]*\}|null)|"cache_control"\s*:\s*(?:\{[^{}]*\}|null)\s*,?/g;

const ONE_TEXT_START = '"content":[{"type":"text","text":"';
const ONE_TEXT_END = '"}]}';

function canonical(message: Buffer, mayBeOneText: boolean): Buffer {
  const hasMark = message.includes(CACHE_MARK_NAME);
  if (!hasMark && !(mayBeOneText && message.includes(ONE_TEXT_START))) return message;
  let text = message.toString('latin1');
  if (hasMark) text = text.replaceAll(CACHE_MARK_MEMBER, '');
  // Quotes in a string are escaped, so `"},{"` is the border of two parts.
  const start = mayBeOneText ? text.indexOf(ONE_TEXT_START) : -1;
  if (start < 0 || !text.endsWith(ONE_TEXT_END) || text.includes('"},{"', start)) return latin1(text);
  const words = text.slice(start + ONE_TEXT_START.length, -ONE_TEXT_END.length);
  return latin1(`${text.slice(0, start)}"content":"${words}"}`);
}

/** The bytes again, so that a message without marks has the same checksum whether it was looked at or not. */
function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
