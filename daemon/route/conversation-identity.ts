// Which conversation a request belongs to. What the client says comes first; where it says nothing, the opener tells
// conversations apart. Only hashes leave this file: an id never holds a word of a prompt.

import { createHash } from 'node:crypto';
import type { ConversationRequest } from '../conversation/request.ts';

export type IdentitySource = 'control' | 'session-header' | 'body' | 'opener';

export interface ConversationIdentity {
  /** `c_` and up to 64 characters. */
  readonly id: string;
  readonly source: IdentitySource;
}

export interface IdentityInput {
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly request: Pick<
    ConversationRequest,
    'bodySessionId' | 'toolCount' | 'outline' | 'messageBytes' | 'preambleBytes'
  >;
  /** The first user message that is no tool result; '' when there is none. */
  readonly firstUserText: string;
}

/**
 * Headers in which real assistants name their session, first match wins (read off Claude Code 2.1, Codex 0.169,
 * opencode 1.18, pi 0.73). One session has the same id whichever of them carries it.
 */
const SESSION_HEADERS: readonly string[] = [
  'x-session-id',
  'session_id',
  'session-id',
  'x-claude-code-session-id',
  'x-session-affinity',
];

/** Codex: the branch within a session; equal to the session on the main line, another for a spawned agent. */
const THREAD_HEADER = 'thread-id';

type HashedPart = string | Buffer;

/** Of a long text its length and both ends of this size are hashed, so that 100 kB cost no more than 4 kB. */
const HASHED_CHARS = 2048;

const READABLE_ID = /^[A-Za-z0-9._-]{1,62}$/;
const HASH_CHARS = 22;

export function conversationId(input: IdentityInput): ConversationIdentity {
  const told = valueOf(input.headers, 'x-pointsman-conversation');
  if (told !== undefined) return { id: explicitConversationId(told), source: 'control' };
  for (const header of SESSION_HEADERS) {
    const session = valueOf(input.headers, header);
    if (session === undefined) continue;
    const thread = valueOf(input.headers, THREAD_HEADER);
    const parts = thread === undefined || thread === session ? [session] : [session, thread];
    return { id: hashId('session', parts), source: 'session-header' };
  }
  const { bodySessionId } = input.request;
  if (bodySessionId !== undefined && bodySessionId !== '') {
    return { id: hashId('session', [bodySessionId]), source: 'body' };
  }
  return { id: hashId('opener', openerOf(input)), source: 'opener' };
}

/**
 * The id for a name that the user chose (header, control API): readable names stay readable, an id from a record stays
 * itself, anything else is hashed.
 */
export function explicitConversationId(name: string): string {
  if (!READABLE_ID.test(name)) return hashId('control', [name]);
  return name.startsWith('c_') ? name : `c_${name}`;
}

/**
 * Tools, system text and the user's opener: the same in each request of a conversation until it is compacted. Taken as
 * bytes of the wire: parsing 40 kB of tool definitions for their names would cost more than the whole decision.
 */
function openerOf({ request, firstUserText }: IdentityInput): readonly HashedPart[] {
  return [String(request.toolCount), request.preambleBytes(), ...systemBytes(request), firstUserText];
}

/** Only what stands before the first other message; some assistants append system messages later. */
function systemBytes(request: IdentityInput['request']): readonly Buffer[] {
  const end = request.outline.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  return request.outline.slice(0, Math.max(0, end)).map((_, index) => request.messageBytes(index));
}

function hashId(kind: string, parts: readonly HashedPart[]): string {
  const hash = createHash('sha256').update(kind);
  for (const part of parts) {
    // The length goes in first, so that ['ab', 'c'] and ['a', 'bc'] differ, and cut texts of two lengths too.
    hash.update(`\n${part.length}:`).update(sliceOf(part, 0, HASHED_CHARS));
    if (part.length > HASHED_CHARS)
      hash.update(sliceOf(part, Math.max(HASHED_CHARS, part.length - HASHED_CHARS)));
  }
  return `c_${hash.digest('base64url').slice(0, HASH_CHARS)}`;
}

function sliceOf(part: HashedPart, start: number, end?: number): HashedPart {
  return typeof part === 'string' ? part.slice(start, end) : part.subarray(start, end);
}

function valueOf(headers: ReadonlyMap<string, string>, name: string): string | undefined {
  const value = headers.get(name)?.trim();
  return value === undefined || value === '' ? undefined : value;
}
