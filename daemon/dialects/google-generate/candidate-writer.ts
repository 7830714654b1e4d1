// The events of one choice -> parts of a candidate, each as soon as it is whole: text by the delta, calls when their
// arguments are complete, in the order in which they began. Seals of other vendors travel in envelopes: with the part
// behind them, which clients keep even where they drop thoughts (Gemini CLI does); only a proof that is worth nothing
// without its readable thought stands with that thought.

import type { Seal } from '../../conversation/seal.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import { type JsonObject, parseJsonObject } from '../../util/json.ts';
import { wrapTextInput } from '../custom-tools.ts';
import type { AnswerIdentity } from '../dialect.ts';
import { sealEnvelope } from '../envelope.ts';
import { parseExactObject } from '../exact-json.ts';

/** A call in the queue; what came behind it waits until it is whole. */
interface PendingCall {
  readonly callId: string;
  readonly name: string;
  readonly isText: boolean;
  readonly signature: string | undefined;
  input: string;
  isWhole: boolean;
}

type Pending = PendingCall | { readonly part: JsonObject };

export class CandidateWriter {
  private readonly identity: AnswerIdentity;
  private readonly showsThoughts: boolean;
  private readonly queue: Pending[] = [];
  private readonly calls = new Map<string, PendingCall>();
  /** Belongs to the part that comes next. */
  private signature: string | undefined;
  private hasThoughtText = false;
  private hasSignedCall = false;
  /** The model refused, in the text of this candidate. */
  hasRefusal = false;

  constructor(identity: AnswerIdentity) {
    this.identity = identity;
    // Google shows thoughts only to those who ask; others would take the first part for the answer.
    const wish = identity.request?.settings().reasoning;
    this.showsThoughts = identity.request === undefined || wish?.showsThoughts === true;
  }

  /** Parts that this event completes, in order. */
  push(event: StreamEvent): readonly JsonObject[] {
    switch (event.type) {
      case 'refusal-delta':
      case 'text-delta':
        this.hasRefusal ||= event.type === 'refusal-delta';
        if (event.delta !== '') this.add({ text: event.delta });
        break;
      case 'reasoning-start':
        this.hasThoughtText = false;
        break;
      case 'reasoning-delta':
        if (event.delta === '') break;
        this.hasThoughtText = true;
        if (this.showsThoughts) this.queue.push({ part: { text: event.delta, thought: true } });
        break;
      case 'reasoning-end':
        this.endThought(event.seal);
        break;
      case 'tool-input-start':
        this.startCall(event);
        break;
      case 'tool-input-delta': {
        const call = this.calls.get(event.id);
        if (call !== undefined) call.input += event.delta;
        break;
      }
      case 'tool-input-end': {
        const call = this.calls.get(event.id);
        if (call !== undefined) call.isWhole = true;
        break;
      }
      default:
        return [];
    }
    return this.takeWhole();
  }

  /** The rest, at the end of the choice. */
  end(): readonly JsonObject[] {
    for (const call of this.calls.values()) call.isWhole = true;
    if (this.signature !== undefined) this.add({ text: '' });
    return this.takeWhole();
  }

  private add(part: JsonObject): void {
    const signed = this.signature === undefined ? part : { ...part, thoughtSignature: this.signature };
    this.signature = undefined;
    this.queue.push({ part: signed });
  }

  private endThought(seal: Seal | undefined): void {
    const needsText = seal?.kind === 'thinking-signature' && this.hasThoughtText;
    if (needsText && !this.showsThoughts) return; // the memory of this daemon has both
    const signature = this.signatureFor(seal);
    if (signature === undefined) return;
    if (needsText) this.queue.push({ part: { text: '', thought: true, thoughtSignature: signature } });
    else {
      if (this.signature !== undefined) this.add({ text: '' }); // nothing came between two proofs
      this.signature = signature;
    }
  }

  private signatureFor(seal: Seal | undefined): string | undefined {
    const { maker } = this.identity;
    if (maker !== undefined) return sealEnvelope(seal ?? { kind: 'unsealed', value: '' }, maker);
    // A stored answer: only Google's own proofs are worth their place.
    return seal?.kind === 'thought-signature' && seal.maker === undefined ? seal.value : undefined;
  }

  /** The first call always says who made it: Google refuses calls in a history without a proof. */
  private startCall(event: Extract<StreamEvent, { type: 'tool-input-start' }>): void {
    const signature = this.signature ?? (this.hasSignedCall ? undefined : this.signatureFor(undefined));
    this.signature = undefined;
    this.hasSignedCall = true;
    const { callId, name, isText = false } = event;
    const call: PendingCall = { callId, name, isText, signature, input: '', isWhole: false };
    this.calls.set(event.id, call);
    this.queue.push(call);
  }

  private takeWhole(): readonly JsonObject[] {
    const parts: JsonObject[] = [];
    for (let first = this.queue[0]; first !== undefined; first = this.queue[0]) {
      if ('part' in first) parts.push(first.part);
      else if (first.isWhole) parts.push(callPart(first));
      else break;
      this.queue.shift();
    }
    return parts;
  }
}

function callPart({ callId, name, isText, signature, input }: PendingCall): JsonObject {
  return {
    functionCall: { id: callId, name, args: argumentsObject(input, isText) },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

/** Arguments must be an object here. Text that is none is kept as it is, under the name that free text travels by. */
export function argumentsObject(input: string, isText = false): JsonObject {
  const args = isText ? undefined : parseExactObject(input.trim() === '' ? '{}' : input);
  return args ?? parseJsonObject(wrapTextInput(input)) ?? {};
}
