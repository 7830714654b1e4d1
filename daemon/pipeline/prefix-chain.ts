// One running checksum over a conversation as one model was shown it: tools, messages, and of the thoughts only the
// model's own. Equal digests at two places mean that the model would find the same in front of it. Nothing can be read
// back from it.

import { createHash, type Hash } from 'node:crypto';
import type { ContentPart, Role, ToolDefinition } from '../conversation/request.ts';

const DIGEST_BYTES = 16;

export class PrefixChain {
  readonly #hash: Hash;
  #role: Role | undefined;

  constructor(hash: Hash = createHash('sha256'), role?: Role) {
    this.#hash = hash;
    this.#role = role;
  }

  /** A second chain that goes on from here. */
  fork(): PrefixChain {
    return new PrefixChain(this.#hash.copy(), this.#role);
  }

  digest(): string {
    return shortDigest(this.#hash.copy());
  }

  tools(tools: readonly ToolDefinition[]): void {
    const definitions = tools.map(({ kind, name, description, parameters }) => [
      kind,
      name,
      description,
      parameters,
    ]);
    this.#hash.update(withoutCacheMarks(definitions));
  }

  /** Neighbours of one role are one message, however the client's dialect splits an answer into items. */
  enter(role: Role): void {
    if (this.#role === role) return;
    this.#role = role;
    this.#hash.update(`\0role ${role}\0`);
  }

  /** What a client, or a tool, said. */
  content(parts: readonly ContentPart[]): void {
    this.#hash.update(withoutCacheMarks(parts));
  }

  /** Text of an answer. No mark between two pieces: where one part ends is not the same in all dialects. */
  text(text: string): void {
    this.#hash.update(text);
  }

  /** A call of an answer. Its id only: clients write the arguments anew, with other white space. */
  call(callId: string): void {
    this.#hash.update(`\0call ${callId}\0`);
  }

  thought(sealDigests: readonly string[]): void {
    this.#hash.update(`\0thought ${sealDigests.join(' ')}\0`);
  }
}

/** 128 bits of SHA-256 as text: a name for something that must not be kept itself. */
export function digestOf(text: string): string {
  return shortDigest(createHash('sha256').update(text));
}

function shortDigest(hash: Hash): string {
  return hash.digest().toString('base64url', 0, DIGEST_BYTES);
}

/** Assistants move their marks for the prompt cache from turn to turn; no signature covers them. */
function withoutCacheMarks(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes('"cache_control"')) return text;
  return JSON.stringify(value, (key, member: unknown) => (key === 'cache_control' ? undefined : member));
}
