// The output items of an answer while it is made from events, and each as the wire has it; shared by streams and plain
// answers. Neighbouring text and refusals are one message; a thought is one reasoning item with one summary part.

import type { Seal } from '../../conversation/seal.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import type { JsonObject } from '../../util/json.ts';
import { unwrapTextInput, wrapTextInput } from '../custom-tools.ts';
import type { AnswerIdentity } from '../dialect.ts';
import { sealEnvelope } from '../envelope.ts';
import { calledTool } from './tool-names.ts';

export interface MessagePart {
  readonly type: 'output_text' | 'refusal';
  text: string;
}

export interface MessageItem {
  readonly kind: 'message';
  readonly id: string;
  readonly parts: MessagePart[];
}

export interface ReasoningItem {
  readonly kind: 'reasoning';
  id: string;
  text: string;
  encryptedContent: string | undefined;
  isEnded: boolean;
}

export interface CallItem {
  readonly kind: 'call';
  readonly id: string;
  readonly callId: string;
  readonly name: string;
  readonly namespace: string | undefined;
  /** A call of a custom tool: the input is free text. */
  readonly isCustom: boolean;
  /** The input must be seen whole before it can be written: the text of a custom call in its wrapping. */
  readonly isWrapped: boolean;
  input: string;
  isEnded: boolean;
}

export type OutputItem = MessageItem | ReasoningItem | CallItem;

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** Id of the whole answer as the client sees it, and as it names it in `previous_response_id`. */
export function responseIdOf(identity: Pick<AnswerIdentity, 'responseId'>): string {
  return `resp_${bareId(identity)}`;
}

/** Whether its id and what the client is told first are settled. Without envelopes, a seal may still name the item. */
export function isAnnounceable(item: OutputItem, { maker }: AnswerIdentity): boolean {
  return item.kind !== 'reasoning' || item.isEnded || (maker !== undefined && item.text !== '');
}

/** Collects the items of the first answer; others have no place in this dialect. */
export class OutputItems {
  readonly list: OutputItem[] = [];
  private readonly identity: AnswerIdentity;
  private count = 0;
  /** By part id. */
  private readonly calls = new Map<string, CallItem>();
  private readonly thoughts = new Map<string, ReasoningItem>();
  /** The next text belongs to a part of its own. */
  private isPartEnded = true;

  constructor(identity: AnswerIdentity) {
    this.identity = identity;
  }

  /** The item that the event belongs to, changed by it; undefined for events that change none. */
  push(event: StreamEvent): OutputItem | undefined {
    if ('choice' in event && event.choice !== 0) return undefined;
    switch (event.type) {
      case 'text-start':
      case 'text-end':
        this.isPartEnded = true;
        return undefined;
      case 'text-delta':
        return this.addText('output_text', event.delta);
      case 'refusal-delta':
        return this.addText('refusal', event.delta);
      case 'reasoning-start':
        return this.startThought(event.id);
      case 'reasoning-delta': {
        const thought = this.thoughts.get(event.id) ?? this.startThought(event.id);
        thought.text += event.delta;
        return thought;
      }
      case 'reasoning-end':
        return this.endThought(event.id, event.seal);
      case 'tool-input-start':
        return this.startCall(event);
      case 'tool-input-delta': {
        const call = this.calls.get(event.id);
        if (call !== undefined) call.input += event.delta;
        return call;
      }
      case 'tool-input-end': {
        const call = this.calls.get(event.id);
        if (call !== undefined) endCall(call);
        return call;
      }
      default:
        return undefined;
    }
  }

  /** The answer is whole; ends what its events left open. */
  end(): void {
    // An empty thought leaves the list when it ends, so the open ones are picked out first.
    for (const item of this.list.filter(isOpen)) {
      if (item.kind === 'call') endCall(item);
      else if (item.kind === 'reasoning') this.sealThought(item, undefined);
    }
  }

  get hasRefusal(): boolean {
    return this.list.some(
      (item) => item.kind === 'message' && item.parts.some(({ type }) => type === 'refusal'),
    );
  }

  private addText(type: MessagePart['type'], delta: string): MessageItem {
    const last = this.list.at(-1);
    const message =
      last?.kind === 'message' ? last : this.add({ kind: 'message', id: this.id('msg'), parts: [] });
    const open = this.isPartEnded ? undefined : message.parts.at(-1);
    if (open?.type === type) open.text += delta;
    else message.parts.push({ type, text: delta });
    this.isPartEnded = false;
    return message;
  }

  private startThought(id: string): ReasoningItem {
    const thought = this.add<ReasoningItem>({
      kind: 'reasoning',
      id: this.id('rs'),
      text: '',
      encryptedContent: undefined,
      isEnded: false,
    });
    this.thoughts.set(id, thought);
    return thought;
  }

  private endThought(id: string, seal: Seal | undefined): ReasoningItem | undefined {
    const thought = this.thoughts.get(id);
    if (thought !== undefined) this.sealThought(thought, seal);
    return thought;
  }

  /** A thought that neither a person nor a model can read says nothing; sent back, it would point to nothing. */
  private dropIfEmpty(thought: ReasoningItem): void {
    if (thought.text !== '' || thought.encryptedContent !== undefined) return;
    this.list.splice(this.list.lastIndexOf(thought), 1);
  }

  private sealThought(thought: ReasoningItem, seal: Seal | undefined): void {
    const { maker } = this.identity;
    thought.isEnded = true;
    const isEmpty = thought.text === '' && seal === undefined;
    if (maker !== undefined && !isEmpty) {
      thought.encryptedContent = sealEnvelope(seal ?? { kind: 'unsealed', value: '' }, maker);
    } else if (seal?.kind === 'encrypted-reasoning') {
      thought.encryptedContent = seal.value;
      if (seal.itemId !== undefined) thought.id = seal.itemId; // what is sealed is bound to the name of its item
    }
    this.dropIfEmpty(thought);
  }

  private startCall(event: Extract<StreamEvent, { type: 'tool-input-start' }>): CallItem {
    const isText = event.isText === true;
    const { name, namespace, kind } = calledTool(event.name, this.identity.request);
    const isCustom = kind === 'custom' || (kind === undefined && isText);
    const call = this.add<CallItem>({
      kind: 'call',
      id: this.id(isCustom ? 'ctc' : 'fc'),
      callId: event.callId,
      name,
      namespace,
      isCustom,
      isWrapped: isCustom !== isText,
      input: '',
      isEnded: false,
    });
    this.calls.set(event.id, call);
    return call;
  }

  private add<T extends OutputItem>(item: T): T {
    this.list.push(item);
    this.isPartEnded = true;
    return item;
  }

  private id(prefix: string): string {
    const number = this.count;
    this.count += 1;
    return `${prefix}_${bareId(this.identity)}_${number}`;
  }
}

/** The item as it stands. `in_progress` is the item as it is announced: nothing in it yet. */
export function encodeItem(item: OutputItem, status: ItemStatus): JsonObject {
  const isNew = status === 'in_progress';
  switch (item.kind) {
    case 'message': {
      const content = isNew ? [] : item.parts.map((part) => encodePart(part.type, part.text));
      return { id: item.id, type: 'message', status, role: 'assistant', content };
    }
    case 'reasoning': {
      const { id, text, encryptedContent } = item;
      const summary = isNew || text === '' ? [] : [{ type: 'summary_text', text }];
      const sealed = isNew || encryptedContent === undefined ? {} : { encrypted_content: encryptedContent };
      return { id, type: 'reasoning', summary, ...sealed };
    }
    default: {
      const { id, callId, name, namespace, isCustom } = item;
      const input = isNew ? '' : item.input;
      return {
        id,
        type: isCustom ? 'custom_tool_call' : 'function_call',
        status,
        ...(isCustom ? { input } : { arguments: input }),
        call_id: callId,
        name,
        ...(namespace === undefined ? {} : { namespace }),
      };
    }
  }
}

export function encodePart(type: MessagePart['type'], text: string): JsonObject {
  return type === 'refusal' ? { type, refusal: text } : { type, annotations: [], logprobs: [], text };
}

function isOpen(item: OutputItem): boolean {
  return item.kind !== 'message' && !item.isEnded;
}

function endCall(call: CallItem): void {
  if (call.isEnded) return;
  call.isEnded = true;
  if (call.isWrapped) call.input = call.isCustom ? unwrapTextInput(call.input) : wrapTextInput(call.input);
  // A call without arguments has empty ones: clients parse them, and '' is not JSON.
  else if (call.input === '' && !call.isCustom) call.input = '{}';
}

function bareId({ responseId }: Pick<AnswerIdentity, 'responseId'>): string {
  return responseId.replace(/^(?:x|resp)_/, '');
}
