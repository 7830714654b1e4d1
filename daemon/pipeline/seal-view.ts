// What one target may be told of the thoughts in one request. In the client's own dialect only the maker counts: the
// client holds the seals itself and knows its vendor's rules for editing a history. Where the request is translated, a
// seal goes back only when everything in front of it is what its model saw when it made it, since the client knows
// nothing of that rule (Anthropic: https://platform.claude.com/docs/en/build-with-claude/preserved-thinking, checked
// 2026-11-21; tools, system text, messages and the model's earlier thoughts count, marks for the cache do not).

import type { ContentPart, ConversationRequest, Message } from '../conversation/request.ts';
import type { RecalledThought, Seal, SignedHistory } from '../conversation/seal.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import { digestOf, PrefixChain } from './prefix-chain.ts';
import { answerKey, sealDigests, type SealStore, standsBefore } from './seal-store.ts';

export interface SealViewInput {
  readonly store: SealStore;
  readonly maker: string;
  /** Dialect of the target. */
  readonly dialect: DialectId;
  readonly request: ConversationRequest;
  /** Maker of the configured model that the client asks for by name; absent = it names none that is known. */
  readonly namedMaker?: string;
}

/** A thought of the target's that was put back; enough to take it away again. */
interface GivenThought {
  readonly prefix: string;
  readonly answer: string;
}

/**
 * The request as the target sees it. By object, since two answers may look alike and only one of them be its own: codecs
 * ask with the messages of the request, and seals stay the objects they are in them.
 */
interface Walk {
  readonly ownSeals: ReadonlySet<Seal>;
  readonly recalled: ReadonlyMap<Message, readonly RecalledThought[]>;
  readonly end: PrefixChain;
}

export class SealView implements SignedHistory {
  readonly maker: string;
  readonly isTranslated: boolean;
  /** Digests of the seals that went to the target. */
  readonly givenSeals = new Set<string>();
  readonly givenThoughts: GivenThought[] = [];
  readonly #input: SealViewInput;
  #walked: Walk | undefined;

  constructor(input: SealViewInput) {
    this.#input = input;
    this.maker = input.maker;
    this.isTranslated = input.request.dialect !== input.dialect;
  }

  owns(seal: Seal): boolean {
    const isOwn = this.isTranslated ? this.#isOwnTranslated(seal) : this.#isOwnNative(seal);
    if (isOwn) for (const digest of sealDigests(seal)) this.givenSeals.add(digest);
    return isOwn;
  }

  recall(message: Message): readonly RecalledThought[] {
    if (!this.isTranslated || message.role !== 'assistant' || !this.#input.store.keepsThoughts) return [];
    return this.#walk().recalled.get(message) ?? [];
  }

  /** What stands in front of the answer to this request. */
  prefixOfAnswer(): PrefixChain {
    return this.#walk().end.fork();
  }

  /**
   * A seal that nobody remembers comes from before the daemon's start or from another road to the provider. The model
   * that the client names made it, as far as anybody can tell; where it names none, the target is given the benefit of
   * the doubt, since an unrouted request would carry the seal too. Whoever answers becomes its maker, and a refusal
   * settles that it is not (`SignedHistoryVault.refused`), so that a wrong guess costs one attempt.
   */
  #isOwnNative(seal: Seal): boolean {
    const { maker, namedMaker } = this.#input;
    if (seal.maker !== undefined) return seal.maker === maker && !this.#isRefused(seal);
    const notes = sealDigests(seal).flatMap((digest) => this.#input.store.note(digest) ?? []);
    if (notes.length === 0) return namedMaker === undefined || namedMaker === maker;
    return notes.every(({ makers }) => makers.has(maker)) && !this.#isRefused(seal);
  }

  #isOwnTranslated(seal: Seal): boolean {
    if (seal.maker !== this.maker) return false;
    if (seal.kind === 'unsealed') return true;
    return this.#walk().ownSeals.has(seal);
  }

  #isRefused(seal: Seal): boolean {
    return sealDigests(seal).some((digest) => this.#input.store.note(digest)?.refusedBy.has(this.maker));
  }

  #walk(): Walk {
    this.#walked ??= new RequestWalk(this.#input, (seal) => this.#isRefused(seal), this.givenThoughts).run();
    return this.#walked;
  }
}

class RequestWalk {
  readonly #input: SealViewInput;
  readonly #isRefused: (seal: Seal) => boolean;
  readonly #given: GivenThought[];
  readonly #chain = new PrefixChain();
  readonly #ownSeals = new Set<Seal>();
  readonly #recalled = new Map<Message, readonly RecalledThought[]>();

  constructor(input: SealViewInput, isRefused: (seal: Seal) => boolean, given: GivenThought[]) {
    this.#input = input;
    this.#isRefused = isRefused;
    this.#given = given;
  }

  run(): Walk {
    const { request, dialect } = this.#input;
    // Only Anthropic binds to the tools; elsewhere a client that loads one more tool would lose its thoughts for nothing.
    if (dialect === 'anthropic-messages') this.#chain.tools(request.tools());
    for (let index = 0; index < request.outline.length; index += 1) {
      const message = request.message(index);
      this.#chain.enter(message.role);
      if (message.role !== 'assistant') this.#chain.content(message.content);
      else this.#recalled.set(message, this.#answer(message));
    }
    return { ownSeals: this.#ownSeals, recalled: this.#recalled, end: this.#chain };
  }

  #answer({ content }: Message): RecalledThought[] {
    const answer = answerKeyOf(content);
    const recalled: RecalledThought[] = [];
    for (const [index, part] of content.entries()) {
      if (answer !== undefined) this.#recallBefore(index, content, answer, recalled);
      if (part.type === 'reasoning') this.#reasoning(part);
      else this.#said(part);
    }
    if (answer !== undefined) this.#recallBefore(content.length, content, answer, recalled);
    return recalled;
  }

  /** A foreign thought is not shown to the target, so it is no part of what it sees. */
  #reasoning({ text, seal }: Extract<ContentPart, { type: 'reasoning' }>): void {
    if (seal === undefined || seal.maker !== this.#input.maker || this.#isRefused(seal)) return;
    const digests = sealDigests(seal);
    // Anthropic's covers the readable thought too; a client may have lost it, or a part of it.
    const covered = seal.kind === 'thinking-signature' ? text : undefined;
    if (digests.length === 0 || !digests.every((digest) => this.#isInPlace(digest, covered))) return;
    this.#own(seal, digests);
  }

  #own(seal: Seal, digests: readonly string[]): void {
    this.#ownSeals.add(seal);
    this.#chain.thought(digests);
  }

  /** Taken on trust when its place is not remembered: the maker's name in the envelope is ours. */
  #isInPlace(sealDigest: string, text: string | undefined): boolean {
    const places = this.#input.store.note(sealDigest)?.places;
    if (places === undefined || places.size === 0) return true;
    const made = places.get(this.#chain.digest());
    return made !== undefined && (text === undefined || made === digestOf(text));
  }

  /** Thoughts that belong here and that the client did not send back itself. */
  #recallBefore(
    index: number,
    content: readonly ContentPart[],
    answer: string,
    recalled: RecalledThought[],
  ): void {
    const { store, maker } = this.#input;
    if (!store.keepsThoughts) return;
    const behind = standsBefore(nextSaid(content, index));
    for (;;) {
      const prefix = this.#chain.digest();
      const thought = store.thoughts(maker, prefix).find((kept) => kept.answer === answer);
      if (thought === undefined || (thought.behind ?? behind) !== behind) return;
      const { part } = thought;
      const digests = part.seal === undefined ? [] : sealDigests(part.seal);
      if (digests.length > 0 && isCarried(digests, content)) return;
      recalled.push({ beforePart: index, part });
      this.#given.push({ prefix, answer });
      if (part.seal !== undefined) this.#own(part.seal, digests);
    }
  }

  #said(part: ContentPart): void {
    if (part.type === 'text') this.#chain.text(part.text);
    else if (part.type === 'tool-call') this.#chain.call(part.callId);
    else this.#chain.content([part]);
  }
}

function nextSaid(content: readonly ContentPart[], from: number) {
  for (let index = from; index < content.length; index += 1) {
    const part = content[index];
    if (part?.type === 'text' || part?.type === 'tool-call') return part;
  }
  return undefined;
}

function answerKeyOf(content: readonly ContentPart[]): string | undefined {
  const callIds = content.flatMap((part) => (part.type === 'tool-call' ? [part.callId] : []));
  return answerKey(callIds, content.map((part) => (part.type === 'text' ? part.text : '')).join(''));
}

function isCarried(digests: readonly string[], content: readonly ContentPart[]): boolean {
  return content.some(
    (part) =>
      part.type === 'reasoning' &&
      part.seal !== undefined &&
      sealDigests(part.seal).some((digest) => digests.includes(digest)),
  );
}
