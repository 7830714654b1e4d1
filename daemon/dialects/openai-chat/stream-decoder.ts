// A stream of chat completion chunks -> events, one method per kind of frame. Complete when every choice has a
// finish_reason or `[DONE]` came, whichever is first: providers exist that omit one of them. Neither of them means that
// the stream was torn, however cleanly it was closed.

import type { AttemptFailure } from '../../conversation/attempt-failure.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import { arrayOf, type JsonObject, numberOf, objectOf, parseJsonObject, stringOf } from '../../util/json.ts';
import type { StreamDecoder } from '../dialect.ts';
import type { SseFrame } from '../sse-parser.ts';
import { ChoiceReader } from './choice-reader.ts';
import { failureOf } from './errors.ts';
import { brokenFinishKind } from './finish-reason.ts';
import { usageEventOf } from './usage.ts';

export function createStreamDecoder(): StreamDecoder {
  return new ChunkDecoder();
}

class ChunkDecoder implements StreamDecoder {
  private readonly choices = new Map<number, ChoiceReader>();
  private isStarted = false;
  /** `response-end` or `response-failed` was given out; nothing follows it. */
  private isOver = false;

  push(frame: SseFrame): readonly StreamEvent[] {
    if (this.isOver || frame.data === '') return [];
    if (frame.data.trim() === '[DONE]') return this.complete();
    const chunk = parseJsonObject(frame.data);
    if (chunk === undefined) return this.fail({ kind: 'invalid-response', message: 'a chunk is not JSON' });
    const events: StreamEvent[] = [];
    if (!this.isStarted) this.start(chunk, events);
    const usage = usageEventOf(chunk['usage']) ?? usageEventOf(objectOf(chunk['x_groq'])?.['usage']);
    if (usage !== undefined) events.push(usage);
    const failure = inBandFailure(frame, chunk);
    if (failure !== undefined) return [...events, ...this.fail(failure)];
    for (const entry of arrayOf(chunk['choices'])) {
      const choice = objectOf(entry);
      if (choice === undefined) continue;
      const broken = brokenChoice(choice);
      if (broken !== undefined) return [...events, ...this.fail(broken)];
      for (const event of this.readerOf(choice).read(choice)) events.push(event);
    }
    return events;
  }

  /** The words of a delta are kept nowhere here, but for those that a seal is made of. */
  repeatable(): ((words: string) => void) | null {
    for (const reader of this.choices.values()) if (reader.keptWords) return null;
    return () => undefined;
  }

  end(): readonly StreamEvent[] {
    if (this.isOver) return [];
    const readers = [...this.choices.values()];
    if (readers.length > 0 && readers.every((reader) => reader.isFinished)) return this.complete();
    return this.fail({ kind: 'interrupted', message: 'the stream ended before the answer did' });
  }

  /** Azure opens with a chunk that has neither id nor choices; the answer begins behind it. */
  private start(chunk: JsonObject, events: StreamEvent[]): void {
    const responseId = stringOf(chunk['id']) ?? '';
    if (responseId === '' && arrayOf(chunk['choices']).length === 0) return;
    this.isStarted = true;
    const createdAtS = numberOf(chunk['created']);
    events.push({
      type: 'response-start',
      responseId,
      responseModel: stringOf(chunk['model']) ?? '',
      ...(createdAtS === undefined ? {} : { createdAtS }),
    });
  }

  private readerOf(choice: JsonObject): ChoiceReader {
    const index = numberOf(choice['index']) ?? 0;
    const known = this.choices.get(index);
    if (known !== undefined) return known;
    const reader = new ChoiceReader(index);
    this.choices.set(index, reader);
    return reader;
  }

  private complete(): readonly StreamEvent[] {
    if (this.choices.size === 0) {
      return this.fail({ kind: 'invalid-response', message: 'the stream held no answer' });
    }
    this.isOver = true;
    const closing = [...this.choices.values()].flatMap((reader) => reader.close());
    return [...closing, { type: 'response-end' }];
  }

  private fail(failure: AttemptFailure): readonly StreamEvent[] {
    this.isOver = true;
    return [{ type: 'response-failed', failure }];
  }
}

/** An error that came instead of, or in the middle of, an answer (OpenRouter in a chunk, Groq as `event: error`). */
export function inBandFailure(
  frame: { readonly event: string },
  chunk: JsonObject,
): AttemptFailure | undefined {
  const error = chunk['error'];
  const hasError = error !== undefined && error !== null && error !== false && error !== '';
  return hasError || frame.event === 'error' ? failureOf(chunk) : undefined;
}

/** A provider that calls its own failure a finish reason, or puts the error into the choice (OpenRouter). */
export function brokenChoice(choice: JsonObject): AttemptFailure | undefined {
  const error = objectOf(choice['error']);
  if (error !== undefined) return failureOf({ error });
  const reason = stringOf(choice['finish_reason']) ?? '';
  const kind = brokenFinishKind(reason);
  return kind === undefined ? undefined : { kind, message: `the provider broke off with "${reason}"` };
}
