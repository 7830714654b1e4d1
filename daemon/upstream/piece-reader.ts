// Reads the chunks of an event stream into pieces: frames with what they mean. Neighbouring frames that only carry on
// the words of the one before them are one piece and are not parsed; see delta-frames.ts.

import { isContent, type StreamEvent } from '../conversation/stream-event.ts';
import { DeltaTemplate, type Delta } from '../dialects/delta-frames.ts';
import type { StreamDecoder } from '../dialects/dialect.ts';
import { createSseParser, type SseFrame, type SseParser, type SseSink } from '../dialects/sse-parser.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { StreamPiece } from './attempt.ts';
import { AttemptError } from './transport-failure.ts';

/** What one upstream read brought. */
export interface Batch {
  readonly pieces: readonly StreamPiece[];
  readonly hasContent: boolean;
  /** The stream cannot go on after these pieces. */
  readonly failure: AttemptError | null;
}

export interface PieceReaderOptions {
  /**
   * The bytes pass as they are, so that the words of neighbouring frames may be told as one event. Absent = each frame
   * has an event of its own.
   */
  readonly mergesWords?: boolean;
}

/** A stream in which so many frames in a row were not repeated has none that repeat. */
const MAX_FUTILE = 32;

export class PieceReader implements SseSink {
  /** As it stood in the last event that had one. */
  usage: TokenUsage | null = null;
  /** The decoder has seen the end of the answer. */
  isComplete = false;
  readonly #parser: SseParser = createSseParser();
  readonly #decoder: StreamDecoder;
  readonly #mergesWords: boolean;
  #pieces: StreamPiece[] = [];
  #hasContent = false;
  #failure: AttemptError | null = null;
  /** The frame before, where others may repeat it. */
  #template: DeltaTemplate | null = null;
  #noteWords: (words: string) => void = () => undefined;
  #futile = 0;
  /** The chunk that is being read, a character for each byte. */
  #text: string | null = null;

  constructor(decoder: StreamDecoder, { mergesWords = false }: PieceReaderOptions = {}) {
    this.#decoder = decoder;
    this.#mergesWords = mergesWords;
  }

  /** Frames repeat, so that a read costs little more than its bytes. */
  get isRepeating(): boolean {
    return this.#mergesWords && this.#template !== null && this.#futile === 0;
  }

  /** What this chunk completes; null when that is no frame. */
  push(chunk: Buffer): Batch | null {
    this.#text = null;
    this.#parser.pushTo(chunk, this);
    this.#text = null;
    return this.#taken();
  }

  /** The body has ended; see `SseParser.flush`. */
  flush(): Batch | null {
    for (const frame of this.#parser.flush()) this.frame(frame);
    return this.#taken();
  }

  frame(frame: SseFrame): void {
    if (this.#failure !== null) return;
    const events = this.#decoder.push(frame);
    for (const event of events) {
      if (event.type === 'response-failed') {
        // What came before it in the same read stands: the order of the stream decides, not its packets.
        this.#failure = AttemptError.of(event.failure);
        return;
      }
      if (event.type === 'usage') this.usage = event.usage;
      if (event.type === 'response-end') this.isComplete = true;
      else if (!this.#hasContent && isContent(event)) this.#hasContent = true;
    }
    this.#pieces.push({ frame, events });
    this.#learn(frame, events);
  }

  skip(chunk: Buffer, at: number): number {
    const template = this.#template;
    if (template === null || this.#failure !== null) return at;
    this.#text ??= chunk.toString('latin1');
    const { event } = template;
    const events: Delta[] = [];
    let words = '';
    let end = at;
    for (;;) {
      const next = template.match(chunk, this.#text, end);
      if (next === -1) break;
      end = next;
      words += template.words;
      if (!this.#mergesWords) events.push(withWords(event, template.words));
    }
    if (end === at) return at;
    this.#noteWords(words);
    this.#futile = 0;
    this.#hasContent = true;
    this.#pieces.push({
      frame: { raw: chunk.subarray(at, end), event: '', data: '' },
      events: this.#mergesWords ? [withWords(event, words)] : events,
    });
    return end;
  }

  #learn(frame: SseFrame, events: readonly StreamEvent[]): void {
    this.#template = null;
    if (this.#futile > MAX_FUTILE || events.length !== 1) return;
    const noteWords = this.#decoder.repeatable?.() ?? null;
    if (noteWords === null) return;
    this.#template = DeltaTemplate.of(frame.raw, events);
    this.#noteWords = noteWords;
    this.#futile += 1;
  }

  #taken(): Batch | null {
    if (this.#pieces.length === 0 && this.#failure === null) return null;
    const batch = { pieces: this.#pieces, hasContent: this.#hasContent, failure: this.#failure };
    this.#pieces = [];
    this.#hasContent = false;
    return batch;
  }
}

function withWords(event: Delta, delta: string): Delta {
  return { type: event.type, id: event.id, choice: event.choice, delta };
}
