// A stream of GenerateContentResponse chunks -> events. Google sends no terminator: the stream is complete when every
// candidate has a finishReason (or the prompt was blocked) and the body has ended; before that it was torn, however
// cleanly it was closed.

import type { AttemptFailure } from '../../conversation/attempt-failure.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import { isJsonObject, type JsonValue } from '../../util/json.ts';
import type { StreamDecoder } from '../dialect.ts';
import type { SseFrame } from '../sse-parser.ts';
import { AnswerReader } from './answer-reader.ts';
import { failureOf } from './errors.ts';

export function createStreamDecoder(): StreamDecoder {
  return new ChunkDecoder();
}

class ChunkDecoder implements StreamDecoder {
  private readonly reader = new AnswerReader();
  /** `response-end` or `response-failed` was given out; nothing follows it. */
  private isOver = false;

  push(frame: SseFrame): readonly StreamEvent[] {
    if (this.isOver || frame.data === '' || frame.data.trim() === '[DONE]') return [];
    const chunk = parsed(frame.data);
    const events = isJsonObject(chunk) ? this.reader.read(chunk, frame.data) : [notAChunk(chunk)];
    this.isOver = events.at(-1)?.type === 'response-failed';
    return events;
  }

  end(): readonly StreamEvent[] {
    if (this.isOver) return [];
    this.isOver = true;
    if (this.reader.isComplete) return [...this.reader.close(), { type: 'response-end' }];
    return [failed({ kind: 'interrupted', message: 'the stream ended before the answer did' })];
  }
}

/** Google puts errors of a stream into a list at times. */
function notAChunk(value: JsonValue | undefined): StreamEvent {
  const [first] = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
  if (isJsonObject(first) && isJsonObject(first['error'])) return failed(failureOf(first));
  return failed({ kind: 'invalid-response', message: 'a chunk is not a JSON object' });
}

function failed(failure: AttemptFailure): StreamEvent {
  return { type: 'response-failed', failure };
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined; // answered like every other chunk that is none
  }
}
