// One choice of an answer, delta by delta, as events. A whole message is read the same way as one large delta.
// What providers do differently is handled here and nowhere else:
//   reasoning   `reasoning_content` (DeepSeek, Qwen, Z.AI, Moonshot), `reasoning` (OpenRouter, Groq, Ollama),
//               `thinking` parts of a content array (Mistral), `reasoning_details` (OpenRouter, with the proofs),
//               `extra_content.google.thought_signature` on a tool call (Google's compatible endpoint)
//   content     a string or an array of parts (Mistral)
//   tool calls  without `index`, without `id`, without `type`, arguments null or an object, all under index 0
//               (Google's compatible endpoint), `function_call` (before tools existed), `custom` calls
// Text and reasoning parts end when something else begins; tool calls stay open until the choice ends, since their
// deltas may interleave.

import type { Seal } from '../../conversation/seal.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import { arrayOf, type JsonObject, type JsonValue, objectOf, stringOf } from '../../util/json.ts';
import { decodeFinishReason } from './finish-reason.ts';
import { addDetail, detailsOf, detailsSeal, detailText, thoughtSignatureOf } from './reasoning-details.ts';
import { TOOL_NAMES } from './tool-names.ts';

interface OpenPart {
  readonly kind: 'text' | 'reasoning';
  readonly id: string;
}

interface ToolCall {
  readonly id: string;
  callId: string;
  name: string;
  /** The input is free text. */
  isText: boolean;
  /** Google's; stands in front of the call. */
  signature: string;
  /** `tool-input-start` was emitted; before that arguments wait in `waiting` for the name. */
  isStarted: boolean;
  waiting: string;
}

/** Fields of a delta or message that are read here or carry nothing of the answer. */
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'thinking',
]);

export class ChoiceReader {
  readonly choice: number;
  private events: StreamEvent[] = [];
  private openPart: OpenPart | undefined;
  private partCount = 0;
  /** Of the thought that is open, or of the next one. */
  private details: JsonObject[] = [];
  private hasNewDetails = false;
  private toolCount = 0;
  private openTools: ToolCall[] = [];
  /** Calls by the key their deltas come under: the wire index, or the call's id. */
  private readonly toolsByKey = new Map<string, ToolCall>();
  private wireReason: string | undefined;

  constructor(choice: number) {
    this.choice = choice;
  }

  get isFinished(): boolean {
    return this.wireReason !== undefined;
  }

  /** Words of the last entry are needed again for a seal. */
  get keptWords(): boolean {
    return this.hasNewDetails;
  }

  /** Events of one entry of `choices`; `delta` in a stream, `message` in a plain answer. */
  read(entry: JsonObject): readonly StreamEvent[] {
    this.events = [];
    const delta = objectOf(entry['delta']) ?? objectOf(entry['message']);
    if (delta !== undefined) this.readDelta(delta);
    this.other('logprobs', entry['logprobs']);
    const reason = stringOf(entry['finish_reason']);
    if (reason !== undefined && reason !== '') this.finish(reason);
    return this.events;
  }

  /** Ends a choice for which no reason was given although the answer is complete. */
  close(): readonly StreamEvent[] {
    this.events = [];
    if (!this.isFinished) this.finish('', this.toolCount > 0 ? 'tool_calls' : 'stop');
    this.endParts(); // of what came after the reason
    return this.events;
  }

  private readDelta(delta: JsonObject): void {
    this.readReasoning(delta);
    this.readContent(delta['content']);
    const refusal = firstText(delta['refusal']);
    if (refusal !== '') {
      this.endPart();
      this.emit({ type: 'refusal-delta', id: this.partId('refusal'), choice: this.choice, delta: refusal });
    }
    for (const [position, call] of arrayOf(delta['tool_calls']).entries()) {
      const entry = objectOf(call);
      if (entry !== undefined) this.readToolCall(entry, position);
    }
    const legacyCall = objectOf(delta['function_call']);
    if (legacyCall !== undefined) this.readToolCall({ index: 0, function: legacyCall }, 0);
    for (const field in delta) {
      if (!KNOWN_FIELDS.has(field)) this.other(field, delta[field]);
    }
  }

  private readReasoning(delta: JsonObject): void {
    const text = firstText(delta['reasoning_content'], delta['reasoning'], delta['thinking']);
    this.text('reasoning', text);
    const details = detailsOf(delta['reasoning_details']);
    this.hasNewDetails = details.length > 0;
    for (const detail of details) {
      // The same words stand in `reasoning` when that is there at all.
      if (text === '') this.text('reasoning', detailText(detail));
      addDetail(this.details, detail);
    }
  }

  private readContent(content: JsonValue | undefined): void {
    if (typeof content === 'string') this.text('text', content);
    for (const item of arrayOf(content)) {
      const part = objectOf(item);
      const type = stringOf(part?.['type']);
      if (part === undefined) continue;
      if (type === 'text') this.text('text', stringOf(part['text']) ?? '');
      else if (type === 'thinking') this.text('reasoning', thinkingText(part['thinking']));
      else this.other(type ?? 'content', part);
    }
  }

  private text(kind: OpenPart['kind'], delta: string): void {
    if (delta === '') return;
    const { choice } = this;
    let part = this.openPart;
    if (part?.kind !== kind) {
      this.endPart();
      part = { kind, id: this.partId(kind) };
      this.openPart = part;
      this.partCount += 1;
      this.emit({ type: kind === 'text' ? 'text-start' : 'reasoning-start', id: part.id, choice });
    }
    this.emit({ type: kind === 'text' ? 'text-delta' : 'reasoning-delta', id: part.id, choice, delta });
  }

  private readToolCall(entry: JsonObject, position: number): void {
    const custom = objectOf(entry['custom']);
    const called = objectOf(entry['function']) ?? custom ?? {};
    const name = TOOL_NAMES.original(stringOf(called['name']) ?? '');
    const tool = this.toolFor(entry, position, name);
    if (tool.name === '') tool.name = name;
    tool.isText ||= custom !== undefined && called === custom;
    tool.signature ||= thoughtSignatureOf(entry) ?? '';
    const input = argumentsText(called['arguments'] ?? called['input']);
    if (tool.isStarted) this.toolDelta(tool, input);
    else {
      tool.waiting += input;
      if (tool.name !== '') this.startTool(tool);
    }
  }

  private toolFor(entry: JsonObject, position: number, name: string): ToolCall {
    const callId = stringOf(entry['id']) ?? '';
    const index = entry['index'];
    const key = typeof index === 'number' ? `index ${index}` : `position ${position}`;
    const known = this.toolsByKey.get(`id ${callId}`) ?? this.toolsByKey.get(key);
    // A second name under one key with an id of its own (or none to tell by) is a second call.
    const isOther =
      known !== undefined &&
      name !== '' &&
      known.name !== '' &&
      (callId !== '' ? callId !== known.callId : typeof index !== 'number');
    if (known !== undefined && !isOther) return known;
    const count = this.toolCount;
    this.toolCount += 1;
    const tool: ToolCall = {
      id: `${this.choice}-tool-${count}`,
      callId: callId === '' ? `call_${this.choice}_${count}` : callId,
      name: '',
      isText: false,
      signature: '',
      isStarted: false,
      waiting: '',
    };
    this.openTools.push(tool);
    this.toolsByKey.set(key, tool);
    if (callId !== '') this.toolsByKey.set(`id ${callId}`, tool);
    return tool;
  }

  private startTool(tool: ToolCall): void {
    this.endPart();
    this.proof(detailsSeal(this.takeDetails()));
    if (tool.signature !== '') this.proof({ kind: 'thought-signature', value: tool.signature });
    const { id, callId, name, choice } = { ...tool, choice: this.choice };
    const isText = tool.isText ? { isText: true } : {};
    this.emit({ type: 'tool-input-start', id, choice, callId, name, ...isText });
    tool.isStarted = true;
    this.toolDelta(tool, tool.waiting);
    tool.waiting = '';
  }

  /** A thought that nobody may read. */
  private proof(seal: Seal | undefined): void {
    if (seal === undefined) return;
    const { choice } = this;
    const id = this.partId('reasoning');
    this.partCount += 1;
    this.emit({ type: 'reasoning-start', id, choice });
    this.emit({ type: 'reasoning-end', id, choice, seal });
  }

  private takeDetails(): JsonObject[] {
    const { details } = this;
    this.details = [];
    return details;
  }

  private toolDelta(tool: ToolCall, delta: string): void {
    if (delta !== '') this.emit({ type: 'tool-input-delta', id: tool.id, choice: this.choice, delta });
  }

  private other(wireType: string, value: JsonValue | undefined): void {
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return;
    const bytes = Buffer.byteLength(JSON.stringify(value));
    this.emit({ type: 'other-content', choice: this.choice, wireType, bytes });
  }

  /** `assumed`: the reason to go by when the wire gave none. Only the first reason counts; some say it twice. */
  private finish(wireReason: string, assumed = wireReason): void {
    if (this.isFinished) return;
    this.endParts();
    this.wireReason = wireReason;
    const finishReason = decodeFinishReason(assumed);
    this.emit({ type: 'choice-end', choice: this.choice, finishReason, wireReason });
  }

  private endPart(): void {
    const part = this.openPart;
    this.openPart = undefined;
    if (part === undefined) return;
    const { choice } = this;
    if (part.kind === 'text') this.emit({ type: 'text-end', id: part.id, choice });
    else {
      const seal = detailsSeal(this.takeDetails());
      this.emit({ type: 'reasoning-end', id: part.id, choice, ...(seal === undefined ? {} : { seal }) });
    }
  }

  private endParts(): void {
    this.endPart();
    for (const tool of this.openTools) {
      if (!tool.isStarted) this.startTool(tool);
      this.emit({ type: 'tool-input-end', id: tool.id, choice: this.choice });
    }
    this.openTools = [];
    this.toolsByKey.clear();
    this.proof(detailsSeal(this.takeDetails()));
  }

  private partId(kind: string): string {
    return kind === 'refusal' ? `${this.choice}-refusal` : `${this.choice}-${kind}-${this.partCount}`;
  }

  private emit(event: StreamEvent): void {
    this.events.push(event);
  }
}

function firstText(...values: readonly (JsonValue | undefined)[]): string {
  for (const value of values) {
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}

/** A list of text parts (Mistral), or plain text. */
function thinkingText(thinking: JsonValue | undefined): string {
  if (typeof thinking === 'string') return thinking;
  return arrayOf(thinking)
    .map((part) => stringOf(objectOf(part)?.['text']) ?? '')
    .join('');
}

/** Arguments stay the text they were; only a provider that sends an object leaves no choice but to write one. */
function argumentsText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
