// Short ways to make frames and events for the tests of the answers of the Anthropic dialect.

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import { createStreamDecoder } from '../../../../../daemon/dialects/anthropic-messages/stream-decoder.ts';
import { createSseParser, type SseFrame } from '../../../../../daemon/dialects/sse-parser.ts';
import { writeSseEvent } from '../../../../../daemon/dialects/sse-writer.ts';

export const IDENTITY = { responseId: 'x_1', responseModel: 'm', createdAtS: 9, wantsUsage: true };

/** One event of a stream; text stays as it is. */
export type Wire = { readonly type: string; readonly [field: string]: unknown } | string;

export function framesOf(...parts: readonly Wire[]): readonly SseFrame[] {
  const text = parts
    .map((part) => (typeof part === 'string' ? part : writeSseEvent(JSON.stringify(part), part.type)))
    .join('');
  const parser = createSseParser();
  return [...parser.push(Buffer.from(text)), ...parser.flush()];
}

export function messageStart(more: object = {}): Wire {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], ...more };
  return { type: 'message_start', message };
}

export const MESSAGE_STOP: Wire = { type: 'message_stop' };

export function messageDelta(stopReason: string | null, more: object = {}): Wire {
  return { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, ...more };
}

/** A block from its start to its end. */
export function block(index: number, opening: object, ...deltas: readonly object[]): readonly Wire[] {
  return [
    { type: 'content_block_start', index, content_block: opening },
    ...deltas.map((delta): Wire => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

export const textBlock = (index: number, ...texts: readonly string[]): readonly Wire[] =>
  block(index, { type: 'text', text: '' }, ...texts.map((text) => ({ type: 'text_delta', text })));

/** Events of a whole stream, its end included. */
export function decoded(...parts: readonly Wire[]): readonly StreamEvent[] {
  const decoder = createStreamDecoder();
  return [...framesOf(...parts).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

/** Events of a stream, written short: type and what it carries. */
export function brief(events: readonly StreamEvent[]): readonly string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'response-start':
        return `start ${event.responseId} ${event.responseModel}`;
      case 'text-delta':
      case 'reasoning-delta':
      case 'refusal-delta':
      case 'tool-input-delta':
        return `${event.type} ${event.id} ${event.delta}`;
      case 'tool-input-start':
        return `${event.type} ${event.id} ${event.callId} ${event.name}`;
      case 'reasoning-end':
        return `${event.type} ${event.id}${event.seal === undefined ? '' : ` ${event.seal.kind} ${event.seal.value}`}`;
      case 'other-content':
        return `other ${event.wireType}`;
      case 'choice-end':
        return `${event.type} ${event.choice} ${event.finishReason} "${event.wireReason}"`;
      case 'usage':
        return `usage ${event.usage.inputTokens}+${event.usage.outputTokens}`;
      case 'response-failed':
        return `failed ${event.failure.kind} ${event.failure.statusCode ?? '-'}: ${event.failure.message}`;
      case 'response-end':
        return 'end';
      default:
        return `${event.type} ${event.id}`;
    }
  });
}

/** Events of answers, to be encoded. */
export const START: StreamEvent = { type: 'response-start', responseId: 'c1', responseModel: 'other' };
export const RESPONSE_END: StreamEvent = { type: 'response-end' };

export function end(
  finishReason: Extract<StreamEvent, { type: 'choice-end' }>['finishReason'],
  wireReason = '',
  choice = 0,
): StreamEvent {
  return { type: 'choice-end', choice, finishReason, wireReason };
}

export function textPart(id: string, delta: string, choice = 0): readonly StreamEvent[] {
  return [
    { type: 'text-start', id, choice },
    { type: 'text-delta', id, choice, delta },
    { type: 'text-end', id, choice },
  ];
}

export function thought(
  id: string,
  delta: string,
  seal?: Extract<StreamEvent, { type: 'reasoning-end' }>['seal'],
): readonly StreamEvent[] {
  return [
    { type: 'reasoning-start', id, choice: 0 },
    ...(delta === '' ? [] : [{ type: 'reasoning-delta', id, choice: 0, delta } as const]),
    { type: 'reasoning-end', id, choice: 0, ...(seal === undefined ? {} : { seal }) },
  ];
}

export const toolStart = (id: string, callId: string, name: string, isText?: boolean): StreamEvent => ({
  type: 'tool-input-start',
  id,
  choice: 0,
  callId,
  name,
  ...(isText === undefined ? {} : { isText }),
});
export const toolDelta = (id: string, delta: string): StreamEvent => ({
  type: 'tool-input-delta',
  id,
  choice: 0,
  delta,
});
export const toolEnd = (id: string): StreamEvent => ({ type: 'tool-input-end', id, choice: 0 });
export const refusal = (delta: string): StreamEvent => ({
  type: 'refusal-delta',
  id: 'r',
  choice: 0,
  delta,
});
