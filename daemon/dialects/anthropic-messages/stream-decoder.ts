// A stream of Anthropic events -> events (https://platform.claude.com/docs/en/build-with-claude/streaming, checked
// 2026-11-21). Complete only at message_stop, and the answer is what stood before the first one.
// One stream is one message. Streams with more than one message_start exist, and mean:
//   the same id again, or another id before any content   one message that gateways announce twice: the first counts
//   another id in the middle of content                   a gateway lost its provider and spliced a second answer
//                                                         in: the first can never be completed, so it was torn
//   another message after message_stop                    not part of this answer, not read

import type { AttemptFailure } from '../../conversation/attempt-failure.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import { type JsonObject, numberOf, objectOf, parseJsonObject, stringOf } from '../../util/json.ts';
import type { StreamDecoder } from '../dialect.ts';
import type { SseFrame } from '../sse-parser.ts';
import { BlockReader } from './block-reader.ts';
import { failureOf } from './errors.ts';
import { UsageTally } from './usage.ts';

export function createStreamDecoder(): StreamDecoder {
  return new MessageDecoder();
}

class MessageDecoder implements StreamDecoder {
  private readonly blocks = new BlockReader();
  private readonly usage = new UsageTally();
  private messageId: string | undefined;
  private stopReason = '';
  private stopDetails: JsonObject | undefined;
  /** `response-end` or `response-failed` was given out; nothing follows it. */
  private isOver = false;

  push(frame: SseFrame): readonly StreamEvent[] {
    // Some gateways end every kind of stream with [DONE]; here it proves nothing.
    if (this.isOver || frame.data === '' || frame.data.trim() === '[DONE]') return [];
    const message = parseJsonObject(frame.data);
    if (message === undefined)
      return this.fail({ kind: 'invalid-response', message: 'an event is not JSON' });
    return this.read(stringOf(message['type']) ?? frame.event, message);
  }

  /** The words of a delta are kept nowhere here. */
  repeatable(): (words: string) => void {
    return () => undefined;
  }

  end(): readonly StreamEvent[] {
    if (this.isOver) return [];
    return this.fail({ kind: 'interrupted', message: 'the stream ended before the answer did' });
  }

  private read(type: string, message: JsonObject): readonly StreamEvent[] {
    switch (type) {
      case 'message_start':
        return this.start(objectOf(message['message']) ?? {});
      case 'content_block_start':
        return [
          ...this.opening(),
          ...this.blocks.start(indexOf(message), objectOf(message['content_block']) ?? {}),
        ];
      case 'content_block_delta':
        return this.blocks.delta(indexOf(message), objectOf(message['delta']) ?? {});
      case 'content_block_stop':
        return this.blocks.stop(indexOf(message));
      case 'message_delta':
        return this.change(message);
      case 'message_stop':
        return this.complete();
      case 'ping':
        return [];
      case 'error':
        return this.fail(failureOf(message));
      default:
        if (objectOf(message['error']) !== undefined) return this.fail(failureOf(message));
        return this.blocks.extra(type === '' ? 'unknown' : type, message);
    }
  }

  private start(message: JsonObject): readonly StreamEvent[] {
    const id = stringOf(message['id']) ?? '';
    const isFirst = this.messageId === undefined;
    if (!isFirst && this.blocks.hasContent && id !== this.messageId) {
      return this.fail({
        kind: 'interrupted',
        message: 'another message began before this one ended; the provider had lost its own answer',
      });
    }
    const events: StreamEvent[] = [];
    if (isFirst) {
      this.messageId = id;
      events.push({
        type: 'response-start',
        responseId: id,
        responseModel: stringOf(message['model']) ?? '',
      });
      // A turn that only carries on a program's tool calls comes whole in here, and no message_delta follows.
      for (const event of this.blocks.readWhole(message['content'])) events.push(event);
    }
    this.stopReason = stringOf(message['stop_reason']) ?? this.stopReason;
    const usage = this.usage.merge(message['usage']);
    return usage === undefined ? events : [...events, usage];
  }

  /** For gateways that begin with the content. */
  private opening(): readonly StreamEvent[] {
    return this.messageId === undefined ? this.start({}) : [];
  }

  private change(message: JsonObject): readonly StreamEvent[] {
    const delta = objectOf(message['delta']) ?? {};
    this.stopReason = stringOf(delta['stop_reason']) ?? this.stopReason;
    this.stopDetails = objectOf(delta['stop_details']) ?? this.stopDetails;
    const usage = this.usage.merge(message['usage']);
    return [
      ...this.blocks.extra('container', delta['container']),
      ...this.blocks.extra('stop_sequence', delta['stop_sequence']),
      ...this.blocks.extra('context_management', message['context_management']),
      ...(usage === undefined ? [] : [usage]),
    ];
  }

  private complete(): readonly StreamEvent[] {
    if (this.messageId === undefined) {
      return this.fail({ kind: 'invalid-response', message: 'the stream held no answer' });
    }
    this.isOver = true;
    return [...this.blocks.finish(this.stopReason, this.stopDetails), { type: 'response-end' }];
  }

  private fail(failure: AttemptFailure): readonly StreamEvent[] {
    this.isOver = true;
    return [{ type: 'response-failed', failure }];
  }
}

function indexOf(message: JsonObject): number {
  return numberOf(message['index']) ?? 0;
}
