// The chunks of an answer as events, the same for a stream and for a plain answer, which is one large chunk.

import type { AttemptFailure } from '../../conversation/attempt-failure.ts';
import type { StreamEvent } from '../../conversation/stream-event.ts';
import { isJsonObject, type JsonObject, numberOf, objectOf, stringOf } from '../../util/json.ts';
import { CandidateReader } from './candidate-reader.ts';
import { failureOf } from './errors.ts';
import { fieldOf, listOf } from './fields.ts';
import { rawArgumentsIn } from './raw-arguments.ts';
import { usageEventOf } from './usage.ts';

export class AnswerReader {
  private readonly candidates = new Map<number, CandidateReader>();
  private responseId = '';
  private isStarted = false;
  private isBlocked = false;

  get isComplete(): boolean {
    const readers = [...this.candidates.values()];
    return this.isBlocked || (readers.length > 0 && readers.every((reader) => reader.isFinished));
  }

  /** `text`: the chunk as it came, where it is at hand. Ends with `response-failed` when the answer is a failure. */
  read(chunk: JsonObject, text: string | undefined): readonly StreamEvent[] {
    const events: StreamEvent[] = [];
    const error = chunk['error'];
    if (error !== undefined && error !== null) return failed(failureOf(chunk));
    if (!this.isStarted) this.start(chunk, events);
    const argumentsOf = rawArgumentsIn(text);
    for (const [position, candidate] of listOf(chunk['candidates']).entries()) {
      if (!isJsonObject(candidate)) continue;
      const reader = this.readerOf(numberOf(candidate['index']) ?? position);
      const blunder = reader.blunderOf(candidate);
      if (blunder !== undefined) {
        const message = `the model broke off with "${blunder}"`;
        return [...events, ...failed({ kind: 'invalid-response', message })];
      }
      const read = reader.read(candidate, (part) => argumentsOf(candidate, position, part));
      for (const event of read) events.push(event);
    }
    events.push(...this.readBlock(chunk));
    const usage = usageEventOf(fieldOf(chunk, 'usageMetadata'));
    if (usage !== undefined) events.push(usage);
    return events;
  }

  close(): readonly StreamEvent[] {
    return [...this.candidates.values()].flatMap((reader) => reader.close());
  }

  private start(chunk: JsonObject, events: StreamEvent[]): void {
    this.isStarted = true;
    this.responseId = stringOf(fieldOf(chunk, 'responseId')) ?? '';
    const createdAtMs = Date.parse(stringOf(fieldOf(chunk, 'createTime')) ?? '');
    events.push({
      type: 'response-start',
      responseId: this.responseId,
      responseModel: stringOf(fieldOf(chunk, 'modelVersion')) ?? '',
      ...(Number.isNaN(createdAtMs) ? {} : { createdAtS: Math.floor(createdAtMs / 1000) }),
    });
  }

  /** A prompt that Google will not have answered gets feedback instead of candidates. */
  private readBlock(chunk: JsonObject): readonly StreamEvent[] {
    const wireReason = stringOf(fieldOf(objectOf(fieldOf(chunk, 'promptFeedback')), 'blockReason')) ?? '';
    if (wireReason === '' || wireReason === 'BLOCKED_REASON_UNSPECIFIED') return [];
    if (this.isBlocked || this.candidates.size > 0) return [];
    this.isBlocked = true;
    return [{ type: 'choice-end', choice: 0, finishReason: 'content-filter', wireReason }];
  }

  private readerOf(index: number): CandidateReader {
    const known = this.candidates.get(index);
    if (known !== undefined) return known;
    const reader = new CandidateReader(index, this.responseId);
    this.candidates.set(index, reader);
    return reader;
  }
}

function failed(failure: AttemptFailure): readonly StreamEvent[] {
  return [{ type: 'response-failed', failure }];
}
