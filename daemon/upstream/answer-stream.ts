// An upstream's event stream: held back until its first content event (the gate), then handed on read by read. Emits
// complete frames only and ends normally only after a complete answer; everything else throws.

import { isContent, type StreamEvent } from '../conversation/stream-event.ts';
import type { StreamDecoder } from '../dialects/dialect.ts';
import { createSseParser, type SseFrame, type SseParser } from '../dialects/sse-parser.ts';
import { RouterError, toRouterError } from '../errors.ts';
import type { AnswerBody } from './answer-body.ts';
import type { StreamPiece } from './attempt.ts';
import { AttemptError, transportFailure } from './transport-failure.ts';
import type { Watchdog } from './watchdog.ts';

export interface AnswerStreamDeps {
  readonly body: AnswerBody;
  readonly decoder: StreamDecoder;
  readonly watchdog: Pick<Watchdog, 'generated' | 'pinged' | 'rest' | 'switchToIdle' | 'wait'>;
  /** Named in sentences. */
  readonly provider: string;
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Called once when the stream is over, however it ended. */
  readonly onOver: () => void;
}

/** A complete answer whose connection stays open is not waited for longer than this. */
const LINGER_MS = 1000;

/** Comments and empty frames before the first content; a provider that sends more than this sends no answer. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

type Pieces = readonly StreamPiece[];
type Next = IteratorResult<Pieces, undefined>;

/** What one upstream read brought. */
interface Batch {
  readonly pieces: Pieces;
  readonly hasContent: boolean;
  /** The stream cannot go on after these pieces. */
  readonly failure: AttemptError | null;
}

export class AnswerStream implements AsyncIterableIterator<Pieces, undefined> {
  readonly #deps: AnswerStreamDeps;
  readonly #parser: SseParser = createSseParser();
  /** Read but not handed on: everything up to and with the read of the first content event. */
  #held: Pieces = [];
  #failure: AttemptError | null = null;
  #isGateOpen = false;
  /** The decoder has seen the end of the answer. */
  #isComplete = false;
  #isOver = false;
  #tail: readonly StreamEvent[] = [];

  constructor(deps: AnswerStreamDeps) {
    this.#deps = deps;
  }

  /** Resolves when the first content event is in hand; rejects (mostly with AttemptError) when there will be none. */
  async open(): Promise<void> {
    const pieces: StreamPiece[] = [];
    let heldBytes = 0;
    while (!this.#isGateOpen) {
      const batch = await this.#readBatch();
      if (batch === null) throw withoutContent(this.#deps.decoder.end());
      for (const piece of batch.pieces) pieces.push(piece);
      if (batch.hasContent) this.#openGate(pieces, batch.failure);
      else if (batch.failure !== null) throw batch.failure;
      else if (this.#isComplete) throw withoutContent([]);
      for (const { frame } of batch.pieces) heldBytes += frame.raw.length;
      if (heldBytes > MAX_HELD_BYTES) throw withoutContent([]);
    }
  }

  /** Events of the decoder's end; empty before that. */
  tail(): readonly StreamEvent[] {
    return this.#tail;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Next> {
    if (this.#held.length > 0) {
      const pieces = this.#held;
      this.#held = [];
      return { done: false, value: pieces };
    }
    if (this.#isOver) return { done: true, value: undefined };
    try {
      const pieces = await this.#nextPieces();
      return pieces === null ? this.#end() : { done: false, value: pieces };
    } catch (error) {
      this.#close();
      throw this.#interrupted(error);
    }
  }

  /** The consumer has had enough: the upstream stops at once. */
  return(): Promise<Next> {
    this.#held = [];
    this.#close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Until the consumer starts, silence counts: an answer that nobody reads must not stay open. */
  #openGate(pieces: Pieces, failure: AttemptError | null): void {
    this.#held = pieces;
    this.#failure = failure;
    this.#isGateOpen = true;
    this.#deps.watchdog.switchToIdle(this.#isComplete ? LINGER_MS : this.#deps.idleMs);
  }

  async #nextPieces(): Promise<Pieces | null> {
    const { watchdog } = this.#deps;
    if (this.#failure !== null) throw this.#failure;
    watchdog.wait();
    const batch = await this.#readBatchOrEnd();
    watchdog.rest();
    if (batch === null) return null;
    this.#failure = batch.failure;
    if (batch.pieces.length === 0 && batch.failure !== null) throw batch.failure;
    return batch.pieces;
  }

  /** When the connection breaks, the decoder knows whether the answer was complete by then. */
  async #readBatchOrEnd(): Promise<Batch | null> {
    const { decoder, signal } = this.#deps;
    let broken: Error | null = null;
    try {
      const batch = await this.#readBatch();
      if (batch !== null) return batch;
    } catch (error) {
      if (signal.aborted) throw error;
      broken = error instanceof Error ? error : new Error('the stream cannot be read');
    }
    this.#tail = decoder.end();
    for (const event of this.#tail) {
      if (event.type !== 'response-failed') continue;
      this.#tail = [];
      throw broken ?? AttemptError.of(event.failure);
    }
    return null;
  }

  /** One upstream read that completes at least one frame; null at the end of the body. */
  async #readBatch(): Promise<Batch | null> {
    for (;;) {
      const chunks = await this.#deps.body.read();
      const frames =
        chunks === null ? this.#parser.flush() : chunks.flatMap((chunk) => this.#parser.push(chunk));
      if (frames.length > 0) return this.#decode(frames);
      if (chunks === null) return null;
    }
  }

  #decode(frames: readonly SseFrame[]): Batch {
    const pieces: StreamPiece[] = [];
    let hasContent = false;
    for (const frame of frames) {
      const events = this.#deps.decoder.push(frame);
      for (const event of events) {
        if (event.type === 'response-failed') {
          // What came before it in the same read stands: the order of the stream decides, not its packets.
          return { pieces, hasContent, failure: AttemptError.of(event.failure) };
        }
        if (event.type === 'response-end') this.#isComplete = true;
        else if (!hasContent && isContent(event)) hasContent = true;
      }
      pieces.push({ frame, events });
    }
    this.#stamp(hasContent);
    return { pieces, hasContent, failure: null };
  }

  #stamp(hasContent: boolean): void {
    const { watchdog } = this.#deps;
    if (this.#isComplete && this.#isGateOpen) watchdog.switchToIdle(LINGER_MS);
    else if (hasContent) watchdog.generated();
    else watchdog.pinged();
  }

  #end(): Next {
    this.#close();
    return { done: true, value: undefined };
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deps.body.destroy(new AttemptError('client-closed', 'the answer is not wanted any more'));
    this.#deps.onOver();
  }

  #interrupted(error: unknown): RouterError {
    const { signal, provider } = this.#deps;
    if (signal.aborted) return toRouterError(signal.reason);
    if (error instanceof RouterError) return error;
    const failure = transportFailure(error, provider, 'in-body');
    return new RouterError('upstream.stream_interrupted', failure.message, { cause: error });
  }
}

/** `ending`: what the decoder said at the end of the stream. */
function withoutContent(ending: readonly StreamEvent[]): AttemptError {
  for (const event of ending) {
    if (event.type === 'response-failed' && event.failure.kind !== 'interrupted') {
      return AttemptError.of(event.failure);
    }
  }
  return new AttemptError('invalid-response', 'the stream ended before any content');
}
