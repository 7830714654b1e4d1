// Listens to one answer and notes, when it is over, the thoughts in it: whose seals they are, what stood in front of
// them, and, for clients that cannot carry them, the thoughts themselves.

import type { Seal } from '../conversation/seal.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import { digestOf } from './prefix-chain.ts';
import { answerKey, sealDigests, type SealStore, standsBefore } from './seal-store.ts';
import type { SealView } from './seal-view.ts';

export interface AnswerSealsInput {
  readonly store: SealStore;
  readonly conversationId: string;
  /** Of the answering model; its request has been encoded with it. */
  readonly view: SealView;
  readonly clientDialect: DialectId;
  readonly providerDialect: DialectId;
}

/** An answer is listened to up to this size, so that a model that never stops cannot fill the memory. */
const MAX_ANSWER_CHARS = 4 * 1024 * 1024;

/** What a part costs beside its text, roughly. */
const PIECE_CHARS = 100;

/** Of one seal. Only servers that sign everything alike (local ones, mocks) give one out more than once. */
const MAX_PLACES = 64;

/**
 * Dialects without a place for another model's seal. Ollama and chat clients send no thoughts back at all, Google's only
 * what stands on a text or a call.
 */
const CANNOT_CARRY: ReadonlySet<DialectId> = new Set(['openai-chat', 'ollama-chat', 'google-generate']);

type Piece =
  | { readonly type: 'text' | 'thought'; text: string; seal?: Seal }
  | { readonly type: 'call'; readonly callId: string };

export class AnswerSeals {
  readonly #input: AnswerSealsInput;
  readonly #keepsThoughts: boolean;
  /** By choice, in order of their beginnings. */
  readonly #choices = new Map<number, Piece[]>();
  /** By part id. */
  readonly #open = new Map<string, Piece>();
  #hasSeal = false;
  #chars = 0;
  #isClosed = false;

  constructor(input: AnswerSealsInput) {
    this.#input = input;
    this.#keepsThoughts = input.view.isTranslated && CANNOT_CARRY.has(input.clientDialect);
  }

  observe(events: readonly StreamEvent[]): void {
    for (const event of events) if (!this.#isClosed) this.#take(event);
  }

  /**
   * The answer is over, complete or not: what the client has got it may send back. Later calls do nothing. Never called
   * for an answer from the cache, which has no maker.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#hasSeal) for (const pieces of this.#choices.values()) this.#note(pieces);
    this.#settle();
    this.#choices.clear();
    this.#open.clear();
  }

  #take(event: StreamEvent): void {
    switch (event.type) {
      case 'text-start':
        this.#begin(event.choice, event.id, { type: 'text', text: '' });
        break;
      case 'reasoning-start':
        this.#begin(event.choice, event.id, { type: 'thought', text: '' });
        break;
      case 'tool-input-start':
        this.#begin(event.choice, event.id, { type: 'call', callId: event.callId });
        break;
      case 'text-delta':
      case 'reasoning-delta':
        this.#add(event.id, event.delta);
        break;
      case 'reasoning-end':
        this.#seal(event.id, event.seal);
        break;
      case 'response-end':
        // Not only when the provider has hung up: the client may send its next request as soon as it has read this.
        this.close();
        break;
      default:
        break;
    }
  }

  #begin(choice: number, id: string, piece: Piece): void {
    if (!this.#hasRoom(PIECE_CHARS + (piece.type === 'call' ? piece.callId.length : 0))) return;
    const pieces = this.#choices.get(choice) ?? [];
    this.#choices.set(choice, pieces);
    pieces.push(piece);
    this.#open.set(id, piece);
  }

  /** Where nothing is translated the maker's name is all there is to remember, and no text is needed for that. */
  #add(id: string, delta: string): void {
    const piece = this.#open.get(id);
    if (!this.#input.view.isTranslated || piece === undefined || piece.type === 'call') return;
    if (this.#hasRoom(delta.length)) piece.text += delta;
  }

  #seal(id: string, seal: Seal | undefined): void {
    const piece = this.#open.get(id);
    if (piece?.type !== 'thought' || !this.#hasRoom(seal?.value.length ?? 0)) return;
    if (seal !== undefined) piece.seal = seal;
    // Chat models that want their reasoning back sign nothing.
    else if (this.#input.providerDialect === 'openai-chat' && this.#keepsThoughts) {
      piece.seal = { kind: 'unsealed', value: '' };
    }
    this.#hasSeal ||= piece.seal !== undefined;
  }

  /** Whether so much more may be kept; with the first thing that is too much the whole answer is given up. */
  #hasRoom(chars: number): boolean {
    this.#chars += chars;
    if (this.#chars <= MAX_ANSWER_CHARS) return true;
    this.#isClosed = true;
    this.#choices.clear();
    this.#open.clear();
    return false;
  }

  #note(pieces: readonly Piece[]): void {
    const { view, store, conversationId } = this.#input;
    if (!view.isTranslated) {
      for (const piece of pieces) if (piece.type === 'thought') this.#noteMaker(piece.seal);
      return;
    }
    const callIds = pieces.flatMap((piece) => (piece.type === 'call' ? [piece.callId] : []));
    const text = pieces.map((piece) => (piece.type === 'text' ? piece.text : '')).join('');
    const answer = answerKey(callIds, text);
    const chain = view.prefixOfAnswer();
    chain.enter('assistant');
    for (const [index, piece] of pieces.entries()) {
      if (piece.type === 'text') chain.text(piece.text);
      else if (piece.type === 'call') chain.call(piece.callId);
      else if (piece.seal !== undefined) {
        const prefix = chain.digest();
        const seal = { ...piece.seal, maker: view.maker };
        const part = { type: 'reasoning', text: piece.text, seal } as const;
        this.#noteMaker(piece.seal, prefix, piece.text);
        if (this.#keepsThoughts && answer !== undefined) {
          // Google's proofs are of the part that they stand on.
          const isProofOfNext = piece.seal.kind === 'thought-signature';
          const behind = isProofOfNext ? { behind: standsBefore(nextSaid(pieces, index)) } : {};
          store.keep(conversationId, view.maker, prefix, { answer, part, ...behind });
        }
        chain.thought(sealDigests(piece.seal));
      }
    }
  }

  #noteMaker(seal: Seal | undefined, prefix?: string, text = ''): void {
    if (seal === undefined) return;
    const { view, store, conversationId } = this.#input;
    for (const digest of sealDigests(seal)) {
      const { makers, places } = store.noteIn(conversationId, digest);
      makers.add(view.maker);
      if (prefix === undefined) continue;
      const [oldest] = places.keys();
      if (places.size >= MAX_PLACES && oldest !== undefined) places.delete(oldest);
      places.set(prefix, digestOf(text));
    }
  }

  /** Who answers a request has taken the seals in it: those that were sent on trust are its own from now on. */
  #settle(): void {
    const { view, store, conversationId } = this.#input;
    if (view.isTranslated) return;
    for (const digest of view.givenSeals) store.noteIn(conversationId, digest).makers.add(view.maker);
  }
}

function nextSaid(
  pieces: readonly Piece[],
  from: number,
): { readonly text: string } | { readonly callId: string } | undefined {
  return pieces
    .slice(from + 1)
    .find((piece) => piece.type === 'call' || (piece.type === 'text' && piece.text !== ''));
}
