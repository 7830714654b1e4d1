// Which conversation a request belongs to. What the client says comes first; where it says nothing, the opener does. One
// session or opener can have several lines (forks, sub-agents): the longest known beginning tells them apart. Only hashes
// leave this file: an id never holds a word of a prompt.

import { createHash } from 'node:crypto';
import type { RequestClass } from '../classify/client-identity.ts';
import { messageChecksums } from '../conversation/message-checksums.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { ConversationLines, type LineRelation, type LineRequest } from './conversation-lines.ts';

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

export interface LineIdentity extends ConversationIdentity {
  readonly relation: LineRelation;
  /** Beside the main line of its session: a sub-agent, or a fork. It has a state of its own. */
  readonly isSide: boolean;
}

export interface LineInput extends IdentityInput {
  readonly request: IdentityInput['request'] & Pick<ConversationRequest, 'dialect'>;
  /** What the assistant says of this call (`requestClass`). */
  readonly hint: RequestClass | undefined;
  /** `false` looks without remembering, as `explain` does. */
  readonly remember: boolean;
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

/** About 3 MB when full; more conversations than one person has open in a week. */
const MAX_CONVERSATIONS = 5_000;

/** Remembers how far each conversation went, and finds the line that a request goes on from. */
export class ConversationIndex {
  readonly #limit: number;
  /** By the id of the session or the opener; least recently used first. */
  readonly #conversations = new Map<string, ConversationLines>();

  constructor(limit: number = MAX_CONVERSATIONS) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#conversations.size;
  }

  identify(input: LineInput): LineIdentity {
    const base = conversationId(input);
    // A title beside the conversation says nothing of how far that one is.
    if (base.source === 'control' || input.hint === 'background') {
      return { ...base, relation: 'same', isSide: false };
    }
    const lines = this.#linesOf(base.id, input.remember);
    const request: LineRequest = {
      ...messageChecksums(input.request),
      // Under an opener all are of one frame.
      frame: base.source === 'opener' ? '' : hashId('frame', frameOf(input.request)),
      toolCount: input.request.toolCount,
    };
    const found = findLine({ base, lines, request, input });
    if (input.remember && found.isRemembered) lines.set(found.id, request);
    return { id: found.id, source: base.source, relation: found.relation, isSide: found.id !== base.id };
  }

  #linesOf(id: string, remember: boolean): ConversationLines {
    const lines = this.#conversations.get(id) ?? new ConversationLines();
    if (!remember) return lines;
    this.#conversations.delete(id);
    this.#conversations.set(id, lines);
    if (this.#conversations.size > this.#limit) {
      const [oldest] = this.#conversations.keys();
      if (oldest !== undefined) this.#conversations.delete(oldest);
    }
    return lines;
  }
}

interface FoundLine {
  readonly id: string;
  readonly relation: LineRelation;
  readonly isRemembered: boolean;
}

interface FindLine {
  readonly base: ConversationIdentity;
  readonly lines: ConversationLines;
  readonly request: LineRequest;
  readonly input: LineInput;
}

function findLine({ base, lines, request, input }: FindLine): FoundLine {
  const known = lines.extended(request);
  if (known !== undefined) return { id: known.id, relation: 'same', isRemembered: true };
  const rewritten = lines.rewritten(request);
  if (rewritten !== undefined) return { id: rewritten.id, relation: 'rewritten', isRemembered: true };
  const branch = (): FoundLine => ({
    id: hashId('branch', [base.id, String(lines.nextBranch())]),
    relation: lines.size === 0 ? 'new' : 'fork',
    isRemembered: true,
  });
  // Before the main line: a sub-agent must not be taken for it.
  if (input.hint === 'subagent') return branch();
  const main = lines.get(base.id);
  if (main === undefined) {
    return lines.size > 0 && base.source === 'opener'
      ? branch()
      : { id: base.id, relation: 'new', isRemembered: true };
  }
  if (base.source === 'opener' || isSharedKey(base, input)) return branch();
  // Titles and summaries have no tools, and the session's name all the same.
  if (request.toolCount === 0 && main.hasTools) {
    return { id: base.id, relation: 'same', isRemembered: false };
  }
  if (!main.hasTools && request.toolCount > 0) return { id: base.id, relation: 'new', isRemembered: true };
  // The same program with another beginning: compacted, or taken back. Another program: an agent of the first.
  return request.frame === main.frame || input.hint === 'compaction'
    ? { id: base.id, relation: 'rewritten', isRemembered: true }
    : branch();
}

/**
 * `prompt_cache_key` need not name a session: programs give one key to all conversations with the same prompt. What
 * begins anew under it is another conversation.
 */
function isSharedKey(base: ConversationIdentity, { request, hint }: LineInput): boolean {
  if (base.source !== 'body' || request.dialect === 'anthropic-messages' || hint === 'compaction')
    return false;
  return !request.outline.some(({ role }) => role === 'assistant' || role === 'tool');
}

export function conversationId(input: IdentityInput): ConversationIdentity {
  return toldConversationId(input) ?? { id: hashId('opener', openerOf(input)), source: 'opener' };
}

/** As the client names it; null = it does not. */
export function toldConversationId(
  input: Pick<IdentityInput, 'headers' | 'request'>,
): ConversationIdentity | null {
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
  return null;
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
  return [...frameOf(request), firstUserText];
}

function frameOf(request: IdentityInput['request']): readonly HashedPart[] {
  return [String(request.toolCount), request.preambleBytes(), ...systemBytes(request)];
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
