// A stream of Responses events -> events (https://platform.openai.com/docs/api-reference/responses-streaming, checked
// 2026-11-21). Complete at `response.completed`, `response.incomplete` or `response.failed`; nothing else ends it,
// `[DONE]` neither. What follows the end counts for nothing. One stream is one response: a beginning that is announced
// twice counts once, and another response in the middle of content means that a gateway lost its provider and spliced a
// second answer in, so that the first can never be completed.

import type { AttemptFailure } from '../../conversation/attempt-failure.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import { arrayOf, type JsonObject, numberOf, objectOf, parseJsonObject, stringOf } from '../../util/json.ts';
import type { StreamDecoder } from '../dialect.ts';
import type { SseFrame } from '../sse-parser.ts';
import { failureOf, responseFailure } from './errors.ts';
import { decodeFinish } from './finish-reason.ts';
import { OutputReader } from './output-reader.ts';
import { usageEventOf } from './usage.ts';

export function createStreamDecoder(): StreamDecoder {
  return new ResponseDecoder();
}

class ResponseDecoder implements StreamDecoder {
  private readonly reader = new OutputReader();
  /** Index of the item that each id belongs to, for providers that leave `output_index` out. */
  private readonly indexes = new Map<string, number>();
  private lastIndex = -1;
  private responseId: string | undefined;
  private hasContent = false;
  /** The last event brought words and was no summary of earlier ones. */
  private isDelta = false;
  /** `response-end` or `response-failed` was given out; nothing follows it. */
  private isOver = false;

  push(frame: SseFrame): readonly StreamEvent[] {
    if (this.isOver || frame.data === '' || frame.data.trim() === '[DONE]') return [];
    const event = parseJsonObject(frame.data);
    if (event === undefined) return this.fail({ kind: 'invalid-response', message: 'an event is not JSON' });
    const type = stringOf(event['type']) ?? frame.event;
    this.isDelta = type.endsWith('.delta');
    if (type === 'error' || (type === '' && event['error'] !== undefined)) return this.fail(failureOf(event));
    const response = objectOf(event['response']);
    if (response !== undefined) return this.readResponse(type, response);
    this.readItemEvent(type, event);
    const events = this.reader.take();
    if (events.length === 0) return events;
    this.hasContent = true;
    return [...this.start({}), ...events];
  }

  /** Words are kept to be compared with what the item says of itself in the end. */
  repeatable(): ((words: string) => void) | null {
    return this.isDelta ? (words) => this.reader.more(words) : null;
  }

  end(): readonly StreamEvent[] {
    if (this.isOver) return [];
    return this.fail({ kind: 'interrupted', message: 'the stream ended before the answer did' });
  }

  private readResponse(type: string, response: JsonObject): readonly StreamEvent[] {
    if (type === 'response.created' && this.isAnother(response)) {
      return this.fail({
        kind: 'interrupted',
        message: 'another answer began before this one ended; the provider had lost its own',
      });
    }
    const started = this.start(response);
    switch (type) {
      case 'response.failed':
        return [...started, ...this.giveUp(response, 'failed')];
      case 'response.incomplete':
      case 'response.completed': {
        const status = stringOf(response['status']) ?? '';
        if (status === 'failed' || status === 'cancelled')
          return [...started, ...this.giveUp(response, status)];
        const isCut = type === 'response.incomplete' || status === 'incomplete';
        this.isOver = true;
        this.reader.finishAll(arrayOf(response['output']));
        return [...started, ...endingOf(this.reader, isCut ? 'incomplete' : 'completed', response)];
      }
      default:
        return started;
    }
  }

  private readItemEvent(type: string, event: JsonObject): void {
    const item = objectOf(event['item']);
    const index = this.indexOf(event, item, type === 'response.output_item.added');
    const delta = stringOf(event['delta']) ?? '';
    const part = (prefix: string, field: string): string => prefix + String(numberOf(event[field]) ?? 0);
    const whole = (field: string): string => stringOf(event[field]) ?? '';
    switch (type) {
      case 'response.output_item.added':
        if (item !== undefined) this.reader.begin(index, item);
        break;
      case 'response.output_item.done':
        if (item !== undefined) this.reader.finish(index, item);
        break;
      case 'response.output_text.delta':
        this.reader.text('text', index, part('', 'content_index'), delta);
        break;
      case 'response.output_text.done':
        this.reader.textDone('text', index, part('', 'content_index'), whole('text'));
        break;
      case 'response.refusal.delta':
        this.reader.text('refusal', index, part('', 'content_index'), delta);
        break;
      case 'response.refusal.done':
        this.reader.textDone('refusal', index, part('', 'content_index'), whole('refusal'));
        break;
      case 'response.reasoning_summary_text.delta':
        this.reader.text('reasoning', index, part('s', 'summary_index'), delta);
        break;
      case 'response.reasoning_summary_text.done':
        this.reader.textDone('reasoning', index, part('s', 'summary_index'), whole('text'));
        break;
      case 'response.reasoning_text.delta':
        this.reader.text('reasoning', index, part('c', 'content_index'), delta);
        break;
      case 'response.reasoning_text.done':
        this.reader.textDone('reasoning', index, part('c', 'content_index'), whole('text'));
        break;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.reader.input(index, delta);
        break;
      case 'response.function_call_arguments.done':
        this.reader.inputDone(index, whole('arguments'));
        break;
      case 'response.custom_tool_call_input.done':
        this.reader.inputDone(index, whole('input'));
        break;
      default: // progress of hosted tools; their items tell it all when they are done
    }
  }

  private indexOf(event: JsonObject, item: JsonObject | undefined, isNew: boolean): number {
    const id = stringOf(event['item_id']) ?? stringOf(item?.['id']) ?? '';
    const guess = isNew ? this.lastIndex + 1 : Math.max(this.lastIndex, 0);
    const index = numberOf(event['output_index']) ?? this.indexes.get(id) ?? guess;
    if (id !== '') this.indexes.set(id, index);
    if (item !== undefined || id !== '') this.lastIndex = index;
    return index;
  }

  private start(response: JsonObject): readonly StreamEvent[] {
    if (this.responseId !== undefined) return [];
    this.responseId = stringOf(response['id']) ?? '';
    return [startOf(response)];
  }

  private isAnother(response: JsonObject): boolean {
    return this.hasContent && (stringOf(response['id']) ?? '') !== this.responseId;
  }

  private giveUp(response: JsonObject, status: string): readonly StreamEvent[] {
    const usage = usageEventOf(response['usage']);
    return [...(usage === undefined ? [] : [usage]), ...this.fail(responseFailure(response, status))];
  }

  private fail(failure: AttemptFailure): readonly StreamEvent[] {
    this.isOver = true;
    return [{ type: 'response-failed', failure }];
  }
}

export function startOf(response: JsonObject): StreamEvent {
  const createdAtS = numberOf(response['created_at']);
  return {
    type: 'response-start',
    responseId: stringOf(response['id']) ?? '',
    responseModel: stringOf(response['model']) ?? '',
    ...(createdAtS === undefined ? {} : { createdAtS }),
  };
}

/** The last events of an answer whose items have all been read. */
export function endingOf(reader: OutputReader, status: string, response: JsonObject): readonly StreamEvent[] {
  reader.close();
  const usage = usageEventOf(response['usage']);
  return [
    ...reader.take(),
    { type: 'choice-end', choice: 0, ...decodeFinish(status, response, reader.held) },
    ...(usage === undefined ? [] : [usage]),
    { type: 'response-end' },
  ];
}
