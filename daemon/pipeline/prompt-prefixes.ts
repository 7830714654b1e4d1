// What a prompt cache would remember of a request: after the tools and after every message, a checksum over all bytes
// so far and how many tokens that is. Equal beginnings of two requests give equal marks, whatever follows.

import { crc32 } from 'node:zlib';
import type { PromptMark, PromptPrefix } from '../catalog/prompt-cache-replay.ts';
import type { ConversationRequest, MessageOutline } from '../conversation/request.ts';
import { LatestPieces } from '../util/latest-pieces.ts';

/**
 * Shortest first; the last mark is the end of the request.
 *
 * Chained CRC-32s beside the number of bytes tell prefixes apart well enough for an estimate that nobody can gain by
 * deceiving. 80 us for 200 kB in 62 messages, 5 where all but the last messages were known.
 */
export function promptMarks(request: ConversationRequest): readonly PromptMark[] {
  const marks: PromptMark[] = [];
  let checksum = 0;
  let bytes = 0;
  for (let index = -1; index < request.outline.length; index += 1) {
    const piece = index < 0 ? preambleOf(request) : messageOf(request, index);
    // The length goes in as well, so that no two different splits of the same bytes look alike.
    checksum = mixed(mixed(checksum, piece.length), piece.checksum);
    bytes += piece.length;
    marks.push({ hash: `${bytes.toString(36)}-${checksum.toString(36)}`, bytes });
  }
  return marks;
}

/** One message, or what stands before the first, as it is cached. */
interface Piece {
  readonly length: number;
  readonly checksum: number;
}

/** Known messages come again in each request of a conversation, and so do the tools of an assistant. */
const pieces = new WeakMap<MessageOutline, Piece>();
const preambles = new LatestPieces<Piece>();

function preambleOf(request: ConversationRequest): Piece {
  return preambles.of(request.preambleBytes(), pieceOf);
}

function messageOf(request: ConversationRequest, index: number): Piece {
  const message = request.outline[index];
  let piece = message && pieces.get(message);
  if (piece === undefined) {
    piece = pieceOf(request.messageBytes(index));
    if (message !== undefined) pieces.set(message, piece);
  }
  return piece;
}

function pieceOf(bytes: Buffer): Piece {
  const cached = withoutCacheMarks(bytes);
  return { length: cached.length, checksum: crc32(cached) };
}

/** Of a number that has all before and one more. */
function mixed(checksum: number, next: number): number {
  return Math.imul(((checksum << 5) | (checksum >>> 27)) ^ next, 0x9e3779b1) >>> 0;
}

const CACHE_MARK = '"cache_control"';
/** A quote inside of a string is escaped, so this is a member. In an object it comes first, or behind another one. */
const CACHE_MARK_MEMBER =
  /,\s*"cache_control"\s*:\s*(?:\{[^{}]*\}|null)|"cache_control"\s*:\s*(?:\{[^{}]*\}|null)\s*,?/g;

/** Assistants move their marks along from turn to turn; what is cached is the prompt without them. */
function withoutCacheMarks(piece: Buffer): Buffer {
  if (!piece.includes(CACHE_MARK)) return piece;
  return Buffer.from(piece.toString('latin1').replaceAll(CACHE_MARK_MEMBER, ''), 'latin1');
}

/** The marks in tokens: `inputTokens` is spread over them by bytes, so the last one has all of it. */
export function promptPrefixes(marks: readonly PromptMark[], inputTokens: number): readonly PromptPrefix[] {
  const totalBytes = marks.at(-1)?.bytes ?? 0;
  return marks.map(({ hash, bytes }) => ({
    hash,
    tokens: totalBytes === 0 ? 0 : Math.round((inputTokens * bytes) / totalBytes),
  }));
}
