// Events -> chat completion chunks (https://platform.openai.com/docs/api-reference/chat-streaming; held against recorded
// streams through the official SDK). All chunks share one id, model and time. Reasoning goes out as
// `reasoning_content`, which OpenAI has no field for and most clients read.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import type { JsonObject } from '../../util/json.ts';
import type { AnswerIdentity, StreamEncoder } from '../dialect.ts';
import { repeatedEvent, writeSseEvent } from '../sse-writer.ts';
import { calledFields, calledInput, calledTool, type CalledTool } from './called-tool.ts';
import { encodeFinishReason } from './finish-reason.ts';
import { encodeUsage } from './usage.ts';

export function createStreamEncoder(identity: AnswerIdentity): StreamEncoder {
  return new ChunkEncoder(identity);
}

interface OpenCall {
  readonly tool: CalledTool;
  /** Input that waits for its end. */
  waiting: string;
  /** Writes more of the input. */
  readonly write: (input: string) => string;
}

/** Members of a delta that hold words. */
type WordsMember = 'content' | 'reasoning_content' | 'refusal';

class ChunkEncoder implements StreamEncoder {
  private readonly identity: AnswerIdentity;
  /** Choices whose role has been sent. */
  private readonly opened = new Set<number>();
  /** By part id. */
  private readonly openCalls = new Map<string, OpenCall>();
  private readonly toolCounts = new Map<number, number>();
  /** By member and choice. */
  private readonly wordWriters = new Map<string, (words: string) => string>();
  private usage: TokenUsage | undefined;
  /** The last finish chunk waits for what comes, so that metadata can go into the last chunk of all. */
  private heldChunk: JsonObject | undefined;

  constructor(identity: AnswerIdentity) {
    this.identity = identity;
  }

  push(event: StreamEvent): string {
    switch (event.type) {
      case 'text-delta':
        return this.words(event.choice, 'content', event.delta);
      case 'reasoning-delta':
        return this.words(event.choice, 'reasoning_content', event.delta);
      case 'refusal-delta':
        return this.words(event.choice, 'refusal', event.delta);
      case 'tool-input-start':
        return this.startTool(event);
      case 'tool-input-delta':
        return this.toolInput(event);
      case 'tool-input-end':
        return this.endTool(event);
      case 'choice-end': {
        const opening = this.open(event.choice);
        const before = this.release();
        this.heldChunk = this.chunk(event.choice, {}, encodeFinishReason(event.finishReason));
        return before + opening;
      }
      case 'usage':
        this.usage = event.usage;
        return '';
      default:
        return '';
    }
  }

  end(metadata: JsonObject | undefined): string {
    const remark = metadata === undefined ? {} : { _pointsman: metadata };
    const { usage } = this;
    if (usage === undefined || !this.identity.wantsUsage)
      return this.release(remark) + writeSseEvent('[DONE]');
    const last = { ...this.head(), choices: [], usage: encodeUsage(usage), ...remark };
    return this.release() + writeSseEvent(JSON.stringify(last)) + writeSseEvent('[DONE]');
  }

  private startTool(event: Extract<StreamEvent, { type: 'tool-input-start' }>): string {
    const index = this.toolCounts.get(event.choice) ?? 0;
    this.toolCounts.set(event.choice, index + 1);
    const tool = calledTool(event, this.identity.request);
    const write = repeatedEvent((input) =>
      this.text(event.choice, { tool_calls: [{ index, ...calledFields(tool, input) }] }),
    );
    this.openCalls.set(event.id, { tool, waiting: '', write });
    const type = tool.isCustom ? 'custom' : 'function';
    const opened = { index, id: event.callId, type, ...calledFields(tool, '', tool.name) };
    return this.delta(event.choice, { tool_calls: [opened] });
  }

  private toolInput(event: Extract<StreamEvent, { type: 'tool-input-delta' }>): string {
    const call = this.openCalls.get(event.id);
    if (call?.tool.isConverted !== true) return this.input(event.choice, call, event.delta);
    call.waiting += event.delta;
    return '';
  }

  private endTool(event: Extract<StreamEvent, { type: 'tool-input-end' }>): string {
    const call = this.openCalls.get(event.id);
    if (call?.tool.isConverted !== true) return '';
    return this.input(event.choice, call, calledInput(call.tool, call.waiting));
  }

  private input(choice: number, call: OpenCall | undefined, delta: string): string {
    if (call !== undefined) return this.release() + this.open(choice) + call.write(delta);
    const nameless = { name: '', isCustom: false, isConverted: false };
    return this.delta(choice, { tool_calls: [{ index: 0, ...calledFields(nameless, delta) }] });
  }

  private words(choice: number, member: WordsMember, words: string): string {
    const key = member + String(choice);
    let write = this.wordWriters.get(key);
    if (write === undefined) {
      write = repeatedEvent((given) => this.text(choice, { [member]: given }));
      this.wordWriters.set(key, write);
    }
    return this.release() + this.open(choice) + write(words);
  }

  private delta(choice: number, delta: JsonObject): string {
    return this.release() + this.open(choice) + this.text(choice, delta);
  }

  private text(choice: number, delta: JsonObject): string {
    return writeSseEvent(JSON.stringify(this.chunk(choice, delta, null)));
  }

  private open(choice: number): string {
    if (this.opened.has(choice)) return '';
    this.opened.add(choice);
    return this.text(choice, { role: 'assistant', content: '' });
  }

  private release(remark: JsonObject = {}): string {
    const chunk = this.heldChunk;
    this.heldChunk = undefined;
    return chunk === undefined ? '' : writeSseEvent(JSON.stringify({ ...chunk, ...remark }));
  }

  private chunk(choice: number, delta: JsonObject, finishReason: string | null): JsonObject {
    return {
      ...this.head(),
      choices: [{ index: choice, delta, logprobs: null, finish_reason: finishReason }],
      ...(this.identity.wantsUsage ? { usage: null } : {}),
    };
  }

  private head(): JsonObject {
    const { responseId, responseModel, createdAtS } = this.identity;
    return { id: responseId, object: 'chat.completion.chunk', created: createdAtS, model: responseModel };
  }
}
