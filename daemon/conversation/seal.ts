// Signed thoughts. Models that reason give out opaque proofs with their thoughts (Anthropic's signatures and redacted
// thinking, OpenAI's encrypted reasoning, Google's thought signatures) and want them back unchanged; no other model takes
// them. A seal stands in a reasoning part directly in front of what it seals (the text or the tool call behind it).

import type { ContentPart, Message } from './request.ts';

export type SealKind =
  /** Anthropic: `signature` of a thinking block; the thought itself must come back unchanged too. */
  | 'thinking-signature'
  /** Anthropic: `data` of a redacted_thinking block; there is no readable thought. */
  | 'redacted-thinking'
  /** OpenAI: `encrypted_content` of a reasoning item. */
  | 'encrypted-reasoning'
  /** Google: `thoughtSignature` of the part behind it. */
  | 'thought-signature'
  /** OpenRouter: the `reasoning_details` of a message, as JSON text. */
  | 'reasoning-details'
  /** Nothing to prove; says only which model thought this (models that want their reasoning text back). */
  | 'unsealed';

export interface Seal {
  readonly kind: SealKind;
  /** Never parsed, never changed; '' for `unsealed`. */
  readonly value: string;
  /** OpenAI: id of the reasoning item. */
  readonly itemId?: string;
  /**
   * Which model made it, as a `SignedHistory` names models; known when it reached a client of another dialect in an
   * envelope of ours. Absent = it came as the vendor wrote it.
   */
  readonly maker?: string;
}

/** What one target may be told of the thoughts in a conversation. Answers stay the same for the same conversation. */
export interface SignedHistory {
  /** Name of the target among the makers of seals. */
  readonly maker: string;
  /** Whether the target made this seal and takes it back. */
  owns(seal: Seal): boolean;
  /**
   * Reasoning parts that the target made for this answer of the assistant and that the client's dialect could not
   * carry, each with the index of the part of `message.content` that it stands in front of; [] = none.
   */
  recall(message: Message): readonly RecalledThought[];
}

export interface RecalledThought {
  readonly beforePart: number;
  readonly part: Extract<ContentPart, { type: 'reasoning' }>;
}
