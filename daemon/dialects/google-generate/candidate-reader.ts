// One candidate of an answer, chunk by chunk, as events; a whole answer is one large chunk. What is Google's own way:
//   thoughts    parts with `thought`; a signature stands with the part that it signs, which can be an empty text
//   tool calls  whole, or in pieces (Vertex); mostly without ids
//   others      code that Google ran, tools that it called, grounding, citations: no part of the neutral model

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectOf, stringOf } from '../../util/json.ts';
import { fieldOf, listOf } from './fields.ts';
import { decodeFinishReason, isBlunder, wireReasonOf } from './finish-reason.ts';
import { PartialArguments } from './partial-arguments.ts';
import { sealOf } from './thought-signature.ts';
import { TOOL_NAMES } from './tool-names.ts';

interface OpenPart {
  readonly kind: 'text' | 'reasoning';
  readonly id: string;
}

/** A call that comes in pieces. */
interface OpenCall {
  readonly id: string;
  readonly args: PartialArguments;
}

/** Beside the content of a candidate. */
const REMARKS = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata', 'logprobsResult'];

export class CandidateReader {
  readonly choice: number;
  private readonly responseId: string;
  private events: StreamEvent[] = [];
  private openPart: OpenPart | undefined;
  private openCall: OpenCall | undefined;
  private partCount = 0;
  private callCount = 0;
  private hasContent = false;
  private finishedBy: string | undefined;

  constructor(choice: number, responseId: string) {
    this.choice = choice;
    this.responseId = responseId;
  }

  get isFinished(): boolean {
    return this.finishedBy !== undefined;
  }

  /** The reason of an end that is a failure, because nothing came before it. */
  blunderOf(candidate: JsonObject): string | undefined {
    const reason = wireReasonOf(fieldOf(candidate, 'finishReason'));
    const parts = listOf(fieldOf(objectOf(candidate['content']), 'parts'));
    return !this.hasContent && parts.length === 0 && isBlunder(reason) ? reason : undefined;
  }

  /** `argumentsOf`: the raw arguments of the call in the part at an index, where the wire text is at hand. */
  read(
    candidate: JsonObject,
    argumentsOf: (partIndex: number) => string | undefined,
  ): readonly StreamEvent[] {
    this.events = [];
    for (const [index, part] of listOf(fieldOf(objectOf(candidate['content']), 'parts')).entries()) {
      if (isJsonObject(part)) this.readPart(part, () => argumentsOf(index));
    }
    for (const name of REMARKS) this.other(name, fieldOf(candidate, name));
    const reason = wireReasonOf(fieldOf(candidate, 'finishReason'));
    if (reason !== '') this.finish(reason);
    return this.events;
  }

  /** The answer is complete: ends what is open, and the candidate itself when nobody said why it ended. */
  close(): readonly StreamEvent[] {
    this.events = [];
    this.endParts();
    this.finish('');
    return this.events;
  }

  private readPart(part: JsonObject, argumentsOf: () => string | undefined): void {
    const signature = stringOf(fieldOf(part, 'thoughtSignature')) ?? '';
    const text = stringOf(part['text']) ?? '';
    if (part['thought'] === true) {
      this.text('reasoning', text);
      if (signature !== '') this.seal(signature);
      return;
    }
    const call = objectOf(fieldOf(part, 'functionCall'));
    if (call === undefined && part['text'] === undefined) {
      this.otherPart(part); // its proof would prove nothing without it
      return;
    }
    if (signature !== '') this.seal(signature);
    if (call !== undefined) this.readCall(call, argumentsOf);
    else this.text('text', text);
  }

  /** A thought stands in front of what it seals: it ends the readable thoughts before it, or is one of its own. */
  private seal(signature: string): void {
    const seal = sealOf(signature);
    if (seal === undefined) return;
    if (this.openPart?.kind !== 'reasoning') this.begin('reasoning');
    const id = this.openPart?.id ?? '';
    this.openPart = undefined;
    this.emit({ type: 'reasoning-end', id, choice: this.choice, seal });
  }

  private text(kind: OpenPart['kind'], delta: string): void {
    if (delta === '') return;
    if (this.openPart?.kind !== kind) this.begin(kind);
    const id = this.openPart?.id ?? '';
    const type = kind === 'text' ? 'text-delta' : 'reasoning-delta';
    this.emit({ type, id, choice: this.choice, delta });
  }

  private begin(kind: OpenPart['kind']): void {
    this.endParts();
    const id = `${this.choice}-${kind}-${this.partCount}`;
    this.partCount += 1;
    this.openPart = { kind, id };
    this.emit({ type: kind === 'text' ? 'text-start' : 'reasoning-start', id, choice: this.choice });
  }

  private readCall(call: JsonObject, argumentsOf: () => string | undefined): void {
    const name = stringOf(call['name']) ?? '';
    const isGoingOn = fieldOf(call, 'willContinue') === true;
    if (name !== '') {
      this.startCall(name, stringOf(call['id']) ?? '');
    }
    const open = this.openCall;
    if (open === undefined) return;
    open.args.add(fieldOf(call, 'partialArgs'));
    const whole = argumentsOf();
    if (whole === undefined && isGoingOn) return;
    this.endCall(whole ?? open.args.text());
  }

  private startCall(name: string, wireId: string): void {
    this.endParts();
    const count = this.callCount;
    this.callCount += 1;
    const id = `${this.choice}-tool-${count}`;
    const callId = wireId === '' ? derivedId(this.responseId, this.choice, count) : wireId;
    this.openCall = { id, args: new PartialArguments() };
    this.emit({
      type: 'tool-input-start',
      id,
      choice: this.choice,
      callId,
      name: TOOL_NAMES.original(name),
    });
  }

  private endCall(args: string): void {
    const open = this.openCall;
    if (open === undefined) return;
    this.openCall = undefined;
    this.emit({ type: 'tool-input-delta', id: open.id, choice: this.choice, delta: args });
    this.emit({ type: 'tool-input-end', id: open.id, choice: this.choice });
  }

  private otherPart(part: JsonObject): void {
    for (const [name, value] of Object.entries(part)) {
      if (name === 'thoughtSignature' || name === 'thought_signature') continue;
      if (isJsonObject(value)) this.endParts();
      this.other(name, value);
    }
  }

  private other(wireType: string, value: JsonValue | undefined): void {
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return;
    const bytes = Buffer.byteLength(JSON.stringify(value));
    this.emit({ type: 'other-content', choice: this.choice, wireType, bytes });
  }

  /** Only the first reason counts. */
  private finish(wireReason: string): void {
    if (this.isFinished) return;
    this.endParts();
    this.finishedBy = wireReason;
    const finishReason = decodeFinishReason(wireReason, this.callCount > 0);
    this.emit({ type: 'choice-end', choice: this.choice, finishReason, wireReason });
  }

  private endParts(): void {
    const part = this.openPart;
    const call = this.openCall;
    this.openPart = undefined;
    if (part !== undefined) {
      const type = part.kind === 'text' ? 'text-end' : 'reasoning-end';
      this.emit({ type, id: part.id, choice: this.choice });
    }
    if (call !== undefined) this.endCall(call.args.text());
  }

  private emit(event: StreamEvent): void {
    this.hasContent = true;
    this.events.push(event);
  }
}

/** Fit for every vendor: letters, digits, `_` and `-`, at most 64 of them. */
function derivedId(responseId: string, choice: number, count: number): string {
  const from = responseId.replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, 40);
  return `call_${from === '' ? '' : `${from}_`}${choice === 0 ? '' : `${choice}_`}${count}`;
}
