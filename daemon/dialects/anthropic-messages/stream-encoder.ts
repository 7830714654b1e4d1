// Events -> a stream of Anthropic events (https://platform.claude.com/docs/en/build-with-claude/streaming, checked
// 2026-11-21; held against recorded streams through the official SDK). Blocks come strictly one after the other,
// while other vendors keep several tool calls open at a time: what belongs to a later one waits until those before it
// have ended. Usage goes into message_delta, where clients take the final counts from.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { NO_USAGE } from '../../conversation/usage.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import type { JsonObject } from '../../util/json.ts';
import { wrapTextInput } from '../custom-tools.ts';
import type { AnswerIdentity, StreamEncoder } from '../dialect.ts';
import { repeatedEvent, writeSseEvent } from '../sse-writer.ts';
import { messageHead, refusalDetails } from './encode-response.ts';
import { encodeFinishReason } from './finish-reason.ts';
import { type ThinkingProof, thinkingProof } from './thinking-proof.ts';
import { encodeToolId } from './tool-ids.ts';
import { encodeUsage } from './usage.ts';

export function createStreamEncoder(identity: AnswerIdentity): StreamEncoder {
  return new MessageEncoder(identity);
}

interface Block {
  readonly kind: 'text' | 'refusal' | 'thinking' | 'tool';
  /** `content_block` of its start. */
  opening: JsonObject;
  /** Position on the wire; -1 until it starts there. Blocks without content never do. */
  index: number;
  /** Deltas that may not be written yet. */
  waiting: string;
  isEnded: boolean;
  /** A tool call whose input is free text: it becomes JSON when it is whole. */
  readonly isText: boolean;
  /** A tool call of which some input was written. */
  hasInput: boolean;
  /** Of a thought, known when it has ended; '' = none. */
  signature: string;
  /** Writes more of it; made when it has its place on the wire. */
  writeWords: ((words: string) => string) | undefined;
}

class MessageEncoder implements StreamEncoder {
  private readonly identity: AnswerIdentity;
  private isStarted = false;
  private nextIndex = 0;
  private readonly blocks = new Map<string, Block>();
  /** Blocks in the order of their starts that are not finished on the wire; only the first one is being written. */
  private queue: Block[] = [];
  private hasToolUse = false;
  private refusal = '';
  private finish: Extract<StreamEvent, { type: 'choice-end' }> | undefined;
  private usage: TokenUsage | undefined;

  constructor(identity: AnswerIdentity) {
    this.identity = identity;
  }

  push(event: StreamEvent): string {
    if ('choice' in event && event.choice !== 0) return ''; // there is one answer here, see lossOf
    switch (event.type) {
      case 'response-start':
        return this.start();
      case 'usage':
        this.usage = event.usage;
        return '';
      case 'choice-end':
        this.finish = event;
        return this.endAll();
      default:
        this.take(event);
        return this.flush();
    }
  }

  end(metadata: JsonObject | undefined): string {
    const before = this.start() + this.endAll();
    const { finish, hasToolUse, refusal } = this;
    const stopReason = encodeFinishReason(finish, { hasToolUse, hasRefusal: refusal !== '' });
    const delta = { stop_reason: stopReason, stop_sequence: null, stop_details: refusalDetails(refusal) };
    const usage = encodeUsage(this.usage ?? NO_USAGE);
    return (
      before +
      write({ type: 'message_delta', delta, usage }) +
      write({ type: 'message_stop', ...(metadata === undefined ? {} : { _pointsman: metadata }) })
    );
  }

  private start(): string {
    if (this.isStarted) return '';
    this.isStarted = true;
    const message = { ...messageHead(this.identity), content: [], stop_reason: null, stop_sequence: null };
    return write({
      type: 'message_start',
      message: { ...message, stop_details: null, usage: encodeUsage(this.usage ?? NO_USAGE) },
    });
  }

  private take(event: StreamEvent): void {
    switch (event.type) {
      case 'text-start':
        this.begin(event.id, 'text', { type: 'text', text: '' });
        break;
      case 'reasoning-start':
        this.begin(event.id, 'thinking', { type: 'thinking', thinking: '', signature: '' });
        break;
      case 'tool-input-start': {
        const { id, callId, name, isText } = event;
        this.hasToolUse = true;
        this.begin(id, 'tool', { type: 'tool_use', id: encodeToolId(callId), name, input: {} }, isText);
        break;
      }
      case 'refusal-delta':
        this.refusal += event.delta;
        if (!this.blocks.has(event.id)) this.begin(event.id, 'refusal', { type: 'text', text: '' });
        this.add(event.id, event.delta);
        break;
      case 'text-delta':
      case 'reasoning-delta':
      case 'tool-input-delta':
        this.add(event.id, event.delta);
        break;
      case 'reasoning-end':
        this.close(event.id, thinkingProof(event.seal, this.identity.maker));
        break;
      case 'text-end':
      case 'tool-input-end':
        this.close(event.id);
        break;
      default:
        break;
    }
  }

  private begin(id: string, kind: Block['kind'], opening: JsonObject, isText = false): void {
    // A refusal has no end of its own: it ends when something else begins.
    for (const block of this.queue) if (block.kind === 'refusal') block.isEnded = true;
    const block: Block = {
      kind,
      opening,
      index: -1,
      waiting: '',
      isEnded: false,
      isText,
      hasInput: false,
      signature: '',
      writeWords: undefined,
    };
    this.blocks.set(id, block);
    this.queue.push(block);
  }

  private add(id: string, delta: string): void {
    const block = this.blocks.get(id);
    if (block !== undefined) block.waiting += delta;
  }

  private close(id: string, proof?: ThinkingProof): void {
    const block = this.blocks.get(id);
    if (block === undefined) return;
    block.isEnded = true;
    if (proof === undefined) return;
    block.signature = proof.signature;
    if (proof.redactedData !== '') block.opening = { type: 'redacted_thinking', data: proof.redactedData };
  }

  private endAll(): string {
    for (const block of this.queue) block.isEnded = true;
    return this.flush();
  }

  /** Writes what may be written by now. */
  private flush(): string {
    let out = '';
    for (let block = this.queue[0]; block !== undefined; block = this.queue[0]) {
      out += this.writeBlock(block);
      if (!block.isEnded) break;
      if (block.index !== -1) out += write({ type: 'content_block_stop', index: block.index });
      this.queue.shift();
    }
    return out === '' ? '' : this.start() + out;
  }

  private writeBlock(block: Block): string {
    const words = takeWords(block);
    let out = '';
    if (words !== '' || isWholeByItself(block)) out += this.open(block);
    if (words !== '') {
      block.writeWords ??= repeatedEvent((given) => writeDelta(block, deltaOf(block.kind, given)));
      out += block.writeWords(words);
    }
    if (block.signature !== '') {
      out += writeDelta(block, { type: 'signature_delta', signature: block.signature });
    }
    return out;
  }

  private open(block: Block): string {
    if (block.index !== -1) return '';
    block.index = this.nextIndex;
    this.nextIndex += 1;
    return write({ type: 'content_block_start', index: block.index, content_block: block.opening });
  }
}

/** Blocks that say something without a delta; empty text is left out, since Anthropic refuses it in a history. */
function isWholeByItself(block: Block): boolean {
  return block.kind === 'tool' || block.signature !== '' || block.opening['type'] === 'redacted_thinking';
}

/** What of the block can be written now; '' = nothing. */
function takeWords(block: Block): string {
  const { kind, isText, isEnded } = block;
  if (isText && !isEnded) return '';
  const words = isText ? wrapTextInput(block.waiting) : block.waiting;
  block.waiting = '';
  if (kind !== 'tool') return words;
  // Clients put the deltas together and parse them: a call without arguments has the empty object as its input.
  const input = words === '' && isEnded && !block.hasInput ? '{}' : words;
  if (input !== '') block.hasInput = true;
  return input;
}

function deltaOf(kind: Block['kind'], words: string): JsonObject {
  switch (kind) {
    case 'tool':
      return { type: 'input_json_delta', partial_json: words };
    case 'thinking':
      return { type: 'thinking_delta', thinking: words };
    default:
      return { type: 'text_delta', text: words };
  }
}

function writeDelta({ index }: Block, delta: JsonObject): string {
  return write({ type: 'content_block_delta', index, delta });
}

function write(event: JsonObject & { readonly type: string }): string {
  return writeSseEvent(JSON.stringify(event), event.type);
}
