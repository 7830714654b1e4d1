// The output items of an answer as events, for streams and plain answers alike. What providers do differently is
// handled here and nowhere else:
//   ids      change between the events of one item (GitHub Copilot), or are missing (Bedrock): items go by their index
//   deltas   left out, the text stands only in a `done` event or item (LM Studio); or the item's last word is not what
//            the deltas said: what was given out stays
//   done     left out, the items stand only in the last response
//   sealed   `encrypted_content` stands in the item when it begins, when it is done, or only in the last response
// Text and reasoning parts end when something else begins, so that at most one is open.

import type { Seal } from '../../conversation/seal.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOf,
  stringOf,
} from '../../util/json.ts';
import type { AnswerContent } from './finish-reason.ts';
import { namespacedName, TOOL_NAMES } from './tool-names.ts';

type ItemKind = 'message' | 'reasoning' | 'call' | 'other';
type TextKind = 'text' | 'refusal' | 'reasoning';

interface Item {
  readonly index: number;
  readonly kind: ItemKind;
  /** As it was when it began; {} for an item that nobody announced. */
  readonly first: JsonObject;
  /** Text given out so far, by part. */
  readonly texts: Record<TextKind, Map<string, string>>;
  isDone: boolean;
  isSealed: boolean;
  /** A call: `tool-input-start` was given out; before that the input waits for the name. */
  isStarted: boolean;
  input: string;
}

interface OpenPart {
  readonly kind: 'text' | 'reasoning';
  readonly id: string;
  readonly item: Item;
  readonly part: string;
}

export class OutputReader {
  private readonly items = new Map<number, Item>();
  private events: StreamEvent[] = [];
  private openPart: OpenPart | undefined;
  private partCount = 0;
  /** Where the words of the last delta went. */
  private lastWords:
    { readonly item: Item; readonly kind: TextKind | 'input'; readonly part: string } | undefined;
  /** Index of the last item that gave anything out. */
  private lastIndex = -1;
  private readonly content = { hasCall: false, hasText: false, hasRefusal: false };

  /** What the answer has held so far. */
  get held(): AnswerContent {
    return this.content;
  }

  /** Events since the last call. */
  take(): readonly StreamEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }

  /** An item was announced; a second announcement of the same one changes nothing. */
  begin(index: number, wire: JsonObject): void {
    if (this.items.has(index)) return;
    const item = this.add(index, kindOf(wire), wire);
    if (item.kind === 'call' && stringOf(wire['name']) !== undefined) this.startCall(item, wire);
  }

  /** More text of a part of an item. */
  text(kind: TextKind, index: number, part: string, delta: string): void {
    if (delta === '') return;
    const item = this.items.get(index) ?? this.add(index, kind === 'reasoning' ? 'reasoning' : 'message', {});
    const { texts } = item;
    const isNewThought = kind === 'reasoning' && texts.reasoning.size > 0 && !texts.reasoning.has(part);
    const known = texts[kind].get(part) ?? '';
    texts[kind].set(part, known + delta);
    this.lastWords = { item, kind, part };
    this.lastIndex = index;
    if (kind === 'refusal') {
      this.endPart();
      this.content.hasRefusal = true;
      this.emit({ type: 'refusal-delta', id: `refusal-${index}`, choice: 0, delta });
      return;
    }
    const id = this.partFor(kind, item, part);
    if (kind === 'text') {
      this.content.hasText = true;
      this.emit({ type: 'text-delta', id, choice: 0, delta });
    } else {
      if (isNewThought) this.emit({ type: 'reasoning-delta', id, choice: 0, delta: '\n\n' });
      this.emit({ type: 'reasoning-delta', id, choice: 0, delta });
    }
  }

  /** The whole text of a part: gives out what no delta brought. */
  textDone(kind: TextKind, index: number, part: string, whole: string): void {
    const known = this.items.get(index)?.texts[kind].get(part) ?? '';
    if (whole.startsWith(known)) this.text(kind, index, part, whole.slice(known.length));
  }

  /** More input of a call. */
  input(index: number, delta: string): void {
    const item = this.items.get(index) ?? this.add(index, 'call', {});
    if (item.kind !== 'call' || item.isDone) return;
    item.input += delta;
    this.lastWords = { item, kind: 'input', part: '' };
    if (item.isStarted) this.inputDelta(item, delta);
  }

  /** More words where the last ones went, which somebody else gives out. */
  more(words: string): void {
    if (this.lastWords === undefined) return;
    const { item, kind, part } = this.lastWords;
    if (kind === 'input') item.input += words;
    else item.texts[kind].set(part, (item.texts[kind].get(part) ?? '') + words);
  }

  /** The whole input of a call. */
  inputDone(index: number, whole: string): void {
    const known = this.items.get(index)?.input ?? '';
    if (whole.startsWith(known)) this.input(index, whole.slice(known.length));
  }

  /** The item as it is in the end. */
  finish(index: number, wire: JsonObject): void {
    const kind = kindOf(wire);
    const item = this.items.get(index) ?? this.add(index, kind, wire);
    if (item.isDone || item.kind !== kind) return;
    switch (kind) {
      case 'message':
        this.finishMessage(item, wire);
        break;
      case 'reasoning':
        this.finishReasoning(item, wire);
        break;
      case 'call':
        this.inputDone(index, inputOf(wire) || inputOf(item.first));
        this.finishCall(item, wire);
        break;
      default:
        this.other(stringOf(wire['type']) ?? 'item', wire);
    }
    item.isDone = true;
  }

  /** The items of the last response: what never got its own end, and seals that came nowhere else. */
  finishAll(output: readonly JsonValue[]): void {
    const isMissing = output.length > this.items.size;
    const waitingOf = unfinishedByKind(this.items);
    for (const [position, value] of output.entries()) {
      if (!isJsonObject(value)) continue;
      const kind = kindOf(value);
      const known = this.items.get(position);
      if (known?.kind === kind && known.isDone) {
        if (kind === 'reasoning') this.seal(known, value);
        continue;
      }
      // An output that leaves items out, or counts them in another way, has others at their places.
      const waiting = waitingOf(kind);
      if (known?.kind === kind || (known === undefined && isMissing)) this.finish(position, value);
      else if (waiting !== undefined) this.finish(waiting.index, value);
    }
  }

  /** Ends whatever is still open. */
  close(): void {
    this.endPart();
    for (const item of this.items.values()) {
      if (item.isDone) continue;
      item.isDone = true;
      if (item.kind === 'call') this.finishCall(item, item.first);
      else if (item.kind === 'other') this.other(stringOf(item.first['type']) ?? 'item', item.first);
    }
  }

  private add(index: number, kind: ItemKind, first: JsonObject): Item {
    const item: Item = {
      index,
      kind,
      first,
      texts: { text: new Map(), refusal: new Map(), reasoning: new Map() },
      isDone: false,
      isSealed: false,
      isStarted: false,
      input: '',
    };
    this.items.set(index, item);
    return item;
  }

  private finishMessage(item: Item, wire: JsonObject): void {
    const { content } = wire;
    const known: readonly JsonObject[] =
      typeof content === 'string'
        ? [{ type: 'output_text', text: content }]
        : arrayOf(content).filter(isJsonObject);
    this.rest('text', item, known.filter(hasType('output_text')), 'text');
    this.rest('refusal', item, known.filter(hasType('refusal')), 'refusal');
    if (this.openPart?.item === item) this.endPart();
    for (const part of known) {
      const type = stringOf(part['type']) ?? 'content';
      if (type !== 'output_text' && type !== 'refusal') this.other(type, part);
      this.other('annotations', part['annotations']);
      this.other('logprobs', part['logprobs']);
    }
    const phase = stringOf(wire['phase']);
    if (phase !== undefined) this.other('phase', [phase]);
  }

  private finishReasoning(item: Item, wire: JsonObject): void {
    const parts = (field: string, prefix: string) =>
      arrayOf(wire[field])
        .map((part, index) => ({ key: prefix + index, text: isJsonObject(part) ? textIn(part) : '' }))
        .filter(({ text }) => text !== '');
    // Deltas of one kind are enough to know that the item was streamed; only what they lack is given out.
    for (const { key, text } of [...parts('summary', 's'), ...parts('content', 'c')]) {
      this.textDone('reasoning', item.index, key, text);
    }
    this.seal(item, wire);
    if (this.openPart?.item === item) this.endPart();
  }

  /** What of the parts' text the deltas did not bring. Parts are told apart by place, since their numbers may differ. */
  private rest(kind: TextKind, item: Item, parts: readonly JsonObject[], field: string): void {
    const emitted = [...item.texts[kind].values()].join('');
    const texts = parts.map((part) => stringOf(part[field]) ?? '');
    if (!texts.join('').startsWith(emitted)) return;
    let skipped = emitted.length;
    for (const [index, text] of texts.entries()) {
      const isGoingOn = skipped > 0 && this.openPart?.item === item;
      const part = (isGoingOn ? this.openPart?.part : undefined) ?? `end ${index}`;
      this.text(kind, item.index, part, text.slice(Math.min(skipped, text.length)));
      skipped = Math.max(0, skipped - text.length);
    }
  }

  private seal(item: Item, wire: JsonObject): void {
    const source = stringOf(wire['encrypted_content']) ? wire : item.first;
    const value = stringOf(source['encrypted_content']) ?? '';
    if (value === '' || item.isSealed) return;
    item.isSealed = true;
    const itemId = stringOf(source['id']);
    const seal: Seal = { kind: 'encrypted-reasoning', value, ...(itemId === undefined ? {} : { itemId }) };
    if (this.openPart?.item !== item) {
      // A seal stands in front of what it seals; when that is out already, nobody could take the seal back.
      if (this.lastIndex > item.index) {
        this.other('reasoning.encrypted_content', wire);
        return;
      }
      this.partFor('reasoning', item, 'seal');
    }
    this.endPart(seal);
  }

  private startCall(item: Item, wire: JsonObject): void {
    this.endPart();
    item.isStarted = true;
    this.lastIndex = item.index;
    this.content.hasCall = true;
    const { type } = wire;
    this.emit({
      type: 'tool-input-start',
      id: `call-${item.index}`,
      choice: 0,
      callId: stringOf(wire['call_id']) || stringOf(wire['id']) || `call_${item.index}`,
      name: namespacedName(stringOf(wire['namespace']), TOOL_NAMES.original(stringOf(wire['name']) ?? '')),
      ...(type === 'custom_tool_call' ? { isText: true } : {}),
    });
    this.inputDelta(item, item.input);
  }

  private finishCall(item: Item, wire: JsonObject): void {
    if (!item.isStarted) this.startCall(item, wire);
    this.emit({ type: 'tool-input-end', id: `call-${item.index}`, choice: 0 });
    // A program that the provider runs waits for the result, not the model; elsewhere there is no such program.
    const caller = objectOf(wire['caller']) ?? objectOf(item.first['caller']);
    if (caller?.['type'] !== 'direct') this.other('caller', caller);
  }

  private inputDelta(item: Item, delta: string): void {
    if (delta !== '') this.emit({ type: 'tool-input-delta', id: `call-${item.index}`, choice: 0, delta });
  }

  /** Id of the open part that the text belongs to; begins one if need be. All thoughts of one item are one part. */
  private partFor(kind: OpenPart['kind'], item: Item, part: string): string {
    const open = this.openPart;
    const isSame = open?.item === item && open.kind === kind && (kind === 'reasoning' || open.part === part);
    if (open !== undefined && isSame) return open.id;
    this.endPart();
    const id = `${kind}-${this.partCount}`;
    this.partCount += 1;
    this.openPart = { kind, id, item, part };
    this.emit({ type: kind === 'text' ? 'text-start' : 'reasoning-start', id, choice: 0 });
    return id;
  }

  private endPart(seal?: Seal): void {
    const open = this.openPart;
    this.openPart = undefined;
    if (open === undefined) return;
    const { id, kind } = open;
    if (kind === 'text') this.emit({ type: 'text-end', id, choice: 0 });
    else this.emit({ type: 'reasoning-end', id, choice: 0, ...(seal === undefined ? {} : { seal }) });
  }

  private other(wireType: string, value: JsonValue | undefined): void {
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return;
    const bytes = Buffer.byteLength(JSON.stringify(value));
    this.emit({ type: 'other-content', choice: 0, wireType, bytes });
  }

  private emit(event: StreamEvent): void {
    this.events.push(event);
  }
}

/** The first item of a kind that is not done at the moment of asking. One walk for all kinds. */
function unfinishedByKind(items: ReadonlyMap<number, Item>): (kind: ItemKind) => Item | undefined {
  const queues: Record<ItemKind, Item[]> = { message: [], reasoning: [], call: [], other: [] };
  for (const item of [...items.values()].toReversed()) queues[item.kind].push(item);
  return (kind) => {
    const queue = queues[kind];
    while (queue.at(-1)?.isDone === true) queue.pop();
    return queue.at(-1);
  };
}

function kindOf(wire: JsonObject): ItemKind {
  switch (wire['type']) {
    case 'message':
    case 'reasoning':
      return wire['type'];
    case 'function_call':
    case 'custom_tool_call':
      return 'call';
    default:
      return 'other';
  }
}

function hasType(type: string): (part: JsonObject) => boolean {
  return (part) => part['type'] === type;
}

function textIn(part: JsonObject): string {
  return stringOf(part['text']) ?? '';
}

/** Arguments stay the text they were; only a provider that sends an object leaves no choice but to write one. */
function inputOf(wire: JsonObject): string {
  const input = wire['arguments'] ?? wire['input'] ?? '';
  return typeof input === 'string' ? input : JSON.stringify(input);
}
