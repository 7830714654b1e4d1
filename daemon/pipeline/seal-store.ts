// What is remembered of signed thoughts: who made a seal and what stood in front of it, and the thoughts themselves
// where the client's dialect cannot carry them. In memory only, bounded; the conversation that was used least recently
// goes first and goes whole, so that no model ever gets one half of its thoughts.

import type { ContentPart } from '../conversation/request.ts';
import type { Seal } from '../conversation/seal.ts';
import { arrayOf, objectOf, stringOf } from '../util/json.ts';
import { digestOf } from './prefix-chain.ts';

export type ReasoningPart = Extract<ContentPart, { type: 'reasoning' }>;

/** What is known of one seal. Vendors make no two alike; test servers do, hence the sets. */
export interface SealNote {
  /** Who made it; nobody = whoever made it, it was refused. */
  readonly makers: Set<string>;
  /** Who was sent it and refused the request. */
  readonly refusedBy: Set<string>;
  /** Digest of what stood in front of it -> digest of the thought's text. Empty = not known. */
  readonly places: Map<string, string>;
}

export interface KeptThought {
  /** See `answerKey`. */
  readonly answer: string;
  /** See `standsBefore`; what must stand behind it again, where its seal covers that. */
  readonly behind?: string;
  readonly part: ReasoningPart;
}

export interface SealStoreLimits {
  readonly maxConversations: number;
  readonly maxBytes: number;
}

interface Conversation {
  bytes: number;
  readonly seals: Set<string>;
  readonly places: Set<string>;
}

interface Owned<T> {
  readonly conversationId: string;
  readonly value: T;
}

/** A week of one person's work; a megabyte holds about 5,000 seals, or 100 thoughts. */
const DEFAULT_LIMITS: SealStoreLimits = { maxConversations: 2000, maxBytes: 64 * 1024 * 1024 };

/** What a note or a thought costs beside its texts, roughly. */
const ENTRY_BYTES = 400;

/** Answers to one and the same prompt (asked again, or several at once) whose thoughts are kept. */
const MAX_THOUGHTS_PER_PLACE = 16;

export class SealStore {
  readonly #limits: SealStoreLimits;
  /** Least recently used first. */
  readonly #conversations = new Map<string, Conversation>();
  // Both are looked up without the conversation: its id changes when a client changes its tools or compacts.
  readonly #notes = new Map<string, Owned<SealNote>>();
  readonly #thoughts = new Map<string, Owned<KeptThought[]>>();
  #bytes = 0;

  constructor(limits: Partial<SealStoreLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  get bytes(): number {
    return this.#bytes;
  }

  get conversationCount(): number {
    return this.#conversations.size;
  }

  get keepsThoughts(): boolean {
    return this.#thoughts.size > 0;
  }

  /** Counts as a use of its conversation. */
  note(sealDigest: string): SealNote | undefined {
    return this.#used(this.#notes.get(sealDigest));
  }

  /** The note on a seal, made when there is none. */
  noteIn(conversationId: string, sealDigest: string): SealNote {
    const known = this.note(sealDigest);
    if (known !== undefined) return known;
    const value: SealNote = { makers: new Set(), refusedBy: new Set(), places: new Map() };
    this.#notes.set(sealDigest, { conversationId, value });
    const conversation = this.#conversation(conversationId);
    conversation.seals.add(sealDigest);
    this.#grow(conversation, ENTRY_BYTES);
    return value;
  }

  /** The thoughts that a model had at this place, one for each answer. */
  thoughts(maker: string, prefix: string): readonly KeptThought[] {
    return this.#used(this.#thoughts.get(placeKey(maker, prefix))) ?? [];
  }

  /** The first one stays: what later thoughts were made upon must not change. */
  keep(conversationId: string, maker: string, prefix: string, thought: KeptThought): void {
    const key = placeKey(maker, prefix);
    const known = this.#thoughts.get(key);
    const kept = known?.value ?? [];
    if (kept.length >= MAX_THOUGHTS_PER_PLACE || kept.some(({ answer }) => answer === thought.answer)) return;
    kept.push(thought);
    const owner = known?.conversationId ?? conversationId;
    if (known === undefined) this.#thoughts.set(key, { conversationId, value: kept });
    const conversation = this.#conversation(owner);
    conversation.places.add(key);
    this.#grow(conversation, ENTRY_BYTES + 2 * (thought.part.text.length + valueLength(thought.part)));
  }

  forgetThought(maker: string, prefix: string, answer: string): void {
    const kept = this.#thoughts.get(placeKey(maker, prefix))?.value;
    const index = kept?.findIndex((thought) => thought.answer === answer) ?? -1;
    if (index >= 0) kept?.splice(index, 1);
  }

  #used<T>(entry: Owned<T> | undefined): T | undefined {
    if (entry === undefined) return undefined;
    this.#conversation(entry.conversationId);
    return entry.value;
  }

  #conversation(conversationId: string): Conversation {
    const conversation = this.#conversations.get(conversationId) ?? {
      bytes: 0,
      seals: new Set<string>(),
      places: new Set<string>(),
    };
    this.#conversations.delete(conversationId);
    this.#conversations.set(conversationId, conversation);
    return conversation;
  }

  #grow(conversation: Conversation, bytes: number): void {
    conversation.bytes += bytes;
    this.#bytes += bytes;
    for (const [id, oldest] of this.#conversations) {
      const isFull =
        this.#bytes > this.#limits.maxBytes || this.#conversations.size > this.#limits.maxConversations;
      if (!isFull) return;
      this.#forget(id, oldest);
    }
  }

  #forget(conversationId: string, { bytes, seals, places }: Conversation): void {
    this.#conversations.delete(conversationId);
    this.#bytes -= bytes;
    for (const digest of seals) this.#notes.delete(digest);
    for (const key of places) this.#thoughts.delete(key);
  }
}

/**
 * Which answer an assistant message is, whatever the client's dialect made of its parts: by the ids of its calls, else
 * by its text, of which clients trim the ends. undefined = nothing to tell it by.
 */
export function answerKey(callIds: readonly string[], text: string): string | undefined {
  if (callIds.length > 0) return `calls ${JSON.stringify(callIds)}`;
  const trimmed = text.trim();
  return trimmed === '' ? undefined : `text ${digestOf(trimmed)}`;
}

/** What a thought stands in front of: a text, a call, or the end of the answer. */
export function standsBefore(
  part: { readonly text: string } | { readonly callId: string } | undefined,
): string {
  if (part === undefined) return 'end';
  return 'text' in part ? `text ${digestOf(part.text)}` : `call ${part.callId}`;
}

/**
 * Names of a seal, so that the seal itself need not be kept. Most have one; the details of OpenRouter are a list that
 * clients put together from pieces in their own way, so each proof in it has its own. [] = nothing in it can prove.
 */
export function sealDigests({ kind, value }: Seal): readonly string[] {
  if (kind === 'unsealed' || value === '') return [];
  if (kind !== 'reasoning-details') return [digestOf(`${kind} ${value}`)];
  const details = parseList(value);
  if (details === undefined) return [digestOf(`${kind} ${value}`)];
  return details.flatMap((detail) =>
    ['signature', 'data'].flatMap((field) => {
      const proof = stringOf(objectOf(detail)?.[field]) ?? '';
      return proof === '' ? [] : [digestOf(`${kind} ${proof}`)];
    }),
  );
}

function parseList(text: string): readonly unknown[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    return arrayOf(JSON.parse(text));
  } catch {
    return undefined; // not a list after all: one opaque value
  }
}

function placeKey(maker: string, prefix: string): string {
  return `${prefix} ${maker}`;
}

function valueLength({ seal }: ReasoningPart): number {
  return seal === undefined ? 0 : seal.value.length + (seal.itemId?.length ?? 0);
}
