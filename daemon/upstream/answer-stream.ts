// An upstream's event stream: held back until its first content event (the gate), then handed on read by read. Emits
// complete frames only and ends normally only after a complete answer; everything else throws.

import type { StreamEvent } from '../conversation/stream-event.ts';
import type { StreamDecoder } from '../dialects/dialect.ts';
import { RouterError, toRouterError } from '../errors.ts';
import type { TokenUsage } from '../protocol/vocabulary.ts';
import type { AnswerBody } from './answer-body.ts';
import type { StreamPiece } from './attempt.ts';
import { PieceReader, type Batch } from './piece-reader.ts';
import { AttemptError, transportFailure } from './transport-failure.ts';
import type { Watchdog } from './watchdog.ts';

export interface AnswerStreamDeps {
  readonly body: AnswerBody;
  readonly decoder: StreamDecoder;
  /** The client speaks the provider's dialect. */
  readonly isPassedThrough: boolean;
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

/** One for all, since its stack costs 30 us and nobody reads it. */
const NOT_WANTED = new AttemptError('client-closed', 'the answer is not wanted any more');

/** Comments and empty frames before the first content; a provider that sends more than this sends no answer. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

/** What repeats is not decoded, so that more of it may be in hand at once. One write instead of four: .15 ms a stream. */
const REPEATING_READ_BYTES = 64 * 1024;

type Pieces = readonly StreamPiece[];
type Next = IteratorResult<Pieces, undefined>;

export class AnswerStream implements AsyncIterableIterator<Pieces, undefined> {
  readonly #deps: AnswerStreamDeps;
  readonly #reader: PieceReader;
  /** Read but not handed on: everything up to and with the read of the first content event. */
  #held: Pieces = [];
  #failure: AttemptError | null = null;
  #isGateOpen = false;
  #isOver = false;
  #tail: readonly StreamEvent[] = [];

  constructor(deps: AnswerStreamDeps) {
    this.#deps = deps;
    this.#reader = new PieceReader(deps.decoder, { mergesWords: deps.isPassedThrough });
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
      else if (this.#reader.isComplete) throw withoutContent([]);
      for (const { frame } of batch.pieces) heldBytes += frame.raw.length;
      if (heldBytes > MAX_HELD_BYTES) throw withoutContent([]);
    }
  }

  /** What was reported before the first content; for an answer that comes to nothing. */
  get usage(): TokenUsage | null {
    return this.#reader.usage;
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
    this.#deps.watchdog.switchToIdle(this.#reader.isComplete ? LINGER_MS : this.#deps.idleMs);
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
      const chunks = await this.#deps.body.read(this.#reader.isRepeating ? REPEATING_READ_BYTES : undefined);
      const batch = chunks === null ? this.#reader.flush() : this.#reader.push(oneOf(chunks));
      if (batch !== null) {
        if (batch.failure === null) this.#stamp(batch.hasContent);
        return batch;
      }
      if (chunks === null) return null;
    }
  }

  #stamp(hasContent: boolean): void {
    const { watchdog } = this.#deps;
    if (this.#reader.isComplete && this.#isGateOpen) watchdog.switchToIdle(LINGER_MS);
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
    this.#deps.body.destroy(NOT_WANTED);
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

/** Providers that send each event in a chunk of its own have many in one read. */
function oneOf(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
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
