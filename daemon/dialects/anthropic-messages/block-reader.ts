// The content blocks of an answer, piece by piece, as events. A whole block of a plain answer is read as a
// block that starts and ends at once. Block types: https://platform.claude.com/docs/en/api/messages and
// https://platform.claude.com/docs/en/build-with-claude/streaming (checked 2026-11-21). Text, thinking and tool calls
// have words in the neutral model; everything else (server tools and their results, citations, fallbacks, compaction)
// is named by its type and counted. Nothing of one block depends on another, so blocks may be open side by side.

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
import { decodeFinishReason } from './finish-reason.ts';
import { TOOL_NAMES } from './tool-names.ts';

interface OpenBlock {
  readonly kind: 'text' | 'reasoning' | 'tool' | 'other';
  readonly id: string;
  readonly wireType: string;
  seal: Seal | undefined;
  /** Input of a tool call that stood in its opening; it counts when no delta brings one. */
  readonly wholeInput: JsonValue | undefined;
  hasInput: boolean;
}

export class BlockReader {
  private events: StreamEvent[] = [];
  private readonly open = new Map<number, OpenBlock>();
  private count = 0;
  private hasToolUse = false;

  /** Whether any block has begun. */
  get hasContent(): boolean {
    return this.count > 0;
  }

  /** Blocks that came whole: of a plain answer, or in a message_start (answers to calls from a program, see there). */
  readWhole(content: JsonValue | undefined): readonly StreamEvent[] {
    for (const block of arrayOf(content).filter(isJsonObject)) {
      this.begin(-1, block);
      this.end(-1);
    }
    return this.taken();
  }

  start(index: number, block: JsonObject): readonly StreamEvent[] {
    this.end(index); // a gateway that forgot to
    this.begin(index, block);
    return this.taken();
  }

  delta(index: number, delta: JsonObject): readonly StreamEvent[] {
    const type = stringOf(delta['type']) ?? '';
    const block = this.open.get(index);
    if (block === undefined) this.other(type === '' ? 'content_block_delta' : type, delta);
    else this.readDelta(block, type, delta);
    return this.taken();
  }

  stop(index: number): readonly StreamEvent[] {
    this.end(index);
    return this.taken();
  }

  /** What has no place among the neutral events; nothing for what says nothing. */
  extra(wireType: string, value: JsonValue | undefined): readonly StreamEvent[] {
    this.other(wireType, value);
    return this.taken();
  }

  /** The message is complete. `wireReason` '' when none was given. */
  finish(wireReason: string, stopDetails: JsonObject | undefined): readonly StreamEvent[] {
    for (const index of this.open.keys()) this.end(index);
    const explanation = stringOf(stopDetails?.['explanation']) ?? '';
    if (explanation !== '') {
      this.emit({ type: 'refusal-delta', id: 'refusal', choice: 0, delta: explanation });
    }
    const assumed = this.hasToolUse ? 'tool_use' : 'end_turn';
    const finishReason = decodeFinishReason(wireReason === '' ? assumed : wireReason);
    this.emit({ type: 'choice-end', choice: 0, finishReason, wireReason });
    return this.taken();
  }

  private begin(index: number, block: JsonObject): void {
    const wireType = stringOf(block['type']) ?? 'unknown';
    const kind = kindOf(wireType);
    const id = `${kind}-${this.count}`;
    this.count += 1;
    const wholeInput = kind === 'tool' ? block['input'] : undefined;
    const opened: OpenBlock = { kind, id, wireType, seal: sealOf(block), wholeInput, hasInput: false };
    this.open.set(index, opened);
    switch (kind) {
      case 'text':
        this.emit({ type: 'text-start', id, choice: 0 });
        this.text(opened, block['text']);
        this.other('citations', block['citations']);
        break;
      case 'reasoning':
        this.emit({ type: 'reasoning-start', id, choice: 0 });
        this.text(opened, block['thinking']);
        break;
      case 'tool': {
        this.hasToolUse = true;
        const callId = stringOf(block['id']) ?? '';
        this.emit({
          type: 'tool-input-start',
          id,
          choice: 0,
          callId: callId === '' ? `call_${id}` : callId,
          name: TOOL_NAMES.original(stringOf(block['name']) ?? ''),
        });
        // A program that the provider runs waits for the result, not the model; elsewhere there is no such program.
        if (objectOf(block['caller'])?.['type'] !== 'direct') this.other('caller', block['caller']);
        break;
      }
      case 'other':
        this.other(wireType, block);
    }
  }

  private readDelta(block: OpenBlock, type: string, delta: JsonObject): void {
    const input = stringOf(delta['partial_json']);
    const signature = stringOf(delta['signature']) ?? '';
    if (type === 'text_delta' && block.kind === 'text') this.text(block, delta['text']);
    else if (type === 'thinking_delta' && block.kind === 'reasoning') this.text(block, delta['thinking']);
    else if (type === 'signature_delta' && block.kind === 'reasoning') {
      // The official SDKs keep the last one; a model that sends none more keeps its word.
      if (signature !== '') block.seal = { kind: 'thinking-signature', value: signature };
    } else if (type === 'input_json_delta' && block.kind === 'tool' && input !== undefined) {
      this.toolInput(block, input);
    } else if (type === 'citations_delta') this.other('citations', delta['citation']);
    else this.other(block.kind === 'other' ? block.wireType : type, delta);
  }

  private text(block: OpenBlock, value: JsonValue | undefined): void {
    const delta = stringOf(value) ?? '';
    if (delta === '') return;
    const type = block.kind === 'text' ? 'text-delta' : 'reasoning-delta';
    this.emit({ type, id: block.id, choice: 0, delta });
  }

  private toolInput(block: OpenBlock, delta: string): void {
    if (delta === '') return;
    block.hasInput = true;
    this.emit({ type: 'tool-input-delta', id: block.id, choice: 0, delta });
  }

  private end(index: number): void {
    const block = this.open.get(index);
    if (block === undefined) return;
    this.open.delete(index);
    const { id, kind, seal } = block;
    if (kind === 'text') this.emit({ type: 'text-end', id, choice: 0 });
    if (kind === 'reasoning') {
      this.emit({ type: 'reasoning-end', id, choice: 0, ...(seal === undefined ? {} : { seal }) });
    }
    if (kind === 'tool') {
      if (!block.hasInput) this.toolInput(block, inputText(block.wholeInput));
      this.emit({ type: 'tool-input-end', id, choice: 0 });
    }
  }

  private other(wireType: string, value: JsonValue | undefined): void {
    const isText = typeof value === 'string' && value !== '';
    const isFilled = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    if (!isText && !isFilled) return;
    const bytes = Buffer.byteLength(JSON.stringify(value));
    this.emit({ type: 'other-content', choice: 0, wireType, bytes });
  }

  private emit(event: StreamEvent): void {
    this.events.push(event);
  }

  private taken(): readonly StreamEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }
}

function kindOf(wireType: string): OpenBlock['kind'] {
  switch (wireType) {
    case 'text':
      return 'text';
    case 'thinking':
    case 'redacted_thinking':
      return 'reasoning';
    case 'tool_use':
      return 'tool';
    default:
      return 'other';
  }
}

function sealOf(block: JsonObject): Seal | undefined {
  const isRedacted = block['type'] === 'redacted_thinking';
  const value = stringOf(isRedacted ? block['data'] : block['signature']) ?? '';
  if (value === '') return undefined;
  return { kind: isRedacted ? 'redacted-thinking' : 'thinking-signature', value };
}

/** A call without arguments has the empty object as its input. */
function inputText(input: JsonValue | undefined): string {
  if (typeof input === 'string' && input !== '') return input;
  return JSON.stringify(objectOf(input) ?? {});
}
