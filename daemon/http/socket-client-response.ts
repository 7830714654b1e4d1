// ClientResponse over a WebSocket: each event of the answer's stream is one text frame. As over HTTP, every failure
// before the commit becomes a readable answer, after it only the connection can be cut.

import type { ClientDialect } from '../dialects/dialect.ts';
import { errorFrame, eventFrames } from '../dialects/openai-responses/socket-frames.ts';
import { RouterError } from '../errors.ts';
import type { ClientResponse } from '../pipeline/client-response.ts';
import type { Clock } from '../util/clock.ts';
import { parseJsonObject } from '../util/json.ts';
import { retryHeaders } from './error-answer.ts';

/** What is needed of the connection; the other answers on it use the same. */
export interface FrameSink {
  /** Bytes that wait for the reader. */
  readonly bufferedAmount: number;
  /** `onFlushed` is called when the frame has left the process, with an error when it never will. */
  send(text: string, onFlushed: (error?: Error | null) => void): void;
  /** Cuts the connection without a closing handshake. */
  terminate(): void;
}

export interface SocketClientResponseOptions {
  readonly sink: FrameSink;
  /** Put into every frame. */
  readonly streamId: string | undefined;
  readonly clock: Clock;
  /** See RequestContext. */
  readonly stopListeners: Set<() => void>;
}

/** As much as an HTTP connection takes before it makes the relay wait. */
const HIGH_WATER_BYTES = 64 * 1024;
/** A reader that keeps its answer waiting for this long in all is treated as gone; until then the upstream is paused. */
const SLOW_READER_MS = 300_000;

export class SocketClientResponse implements ClientResponse {
  readonly #options: SocketClientResponseOptions;
  readonly #abort = new AbortController();
  readonly #onStop = (): void => {
    const message = 'the daemon is stopping; send the request again';
    this.#abort.abort(new RouterError('router.shutting_down', message, { retryAfterMs: 1_000 }));
  };
  /** What the head said; undefined before the commit. */
  #head:
    | {
        readonly statusCode: number;
        readonly isStream: boolean;
        readonly headers: Readonly<Record<string, string>>;
      }
    | undefined;
  /** Ended or cut by us. */
  #isOver = false;
  #hasLeft = false;
  /** How long the reader has kept us waiting so far. */
  #waitedMs = 0;
  /** Settles when the frame sent last has left, or never will. */
  #lastFlush: Promise<void> = Promise.resolve();

  constructor(options: SocketClientResponseOptions) {
    this.#options = options;
    options.stopListeners.add(this.#onStop);
  }

  /** Aborted with `client.closed` when the client leaves before the end, with `router.shutting_down` on stop. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isCommitted(): boolean {
    return this.#head !== undefined;
  }

  commit(statusCode: number, headers: Readonly<Record<string, string>>): void {
    if (this.#head !== undefined || this.#isOver) throw new Error('the answer was committed twice');
    const isStream = headers['content-type']?.startsWith('text/event-stream') === true;
    if (statusCode < 400 && !isStream) throw new Error('an answer over a WebSocket must be a stream');
    const { 'content-type': _type, 'content-length': _length, ...others } = headers;
    this.#head = { statusCode, isStream, headers: others };
  }

  write(chunk: Buffer | string): Promise<void> | undefined {
    if (this.#head === undefined) throw new Error('nothing may be written before the commit');
    if (this.#hasLeft || this.#isOver) return Promise.reject(clientClosed());
    const { sink, clock } = this.#options;
    this.#put(chunk);
    if (sink.bufferedAmount <= HIGH_WATER_BYTES) return undefined;
    const sinceMs = clock.monotonicMs();
    return this.#lastFlush.then(() => {
      this.#waitedMs += clock.monotonicMs() - sinceMs;
      if (this.#hasLeft) throw clientClosed();
    });
  }

  end(lastChunk?: Buffer | string): void {
    if (this.#head === undefined) throw new Error('an answer cannot end before the commit');
    if (lastChunk !== undefined && (this.#hasLeft || this.#isOver)) throw clientClosed();
    if (this.#isOver || this.#hasLeft) return;
    if (lastChunk !== undefined) this.#put(lastChunk);
    this.#isOver = true;
  }

  fail(dialect: ClientDialect, error: RouterError, headers: Readonly<Record<string, string>>): void {
    if (this.#isOver || this.#hasLeft) return;
    this.#isOver = true;
    if (this.#head !== undefined || error.code === 'client.closed') {
      this.#options.sink.terminate();
      return;
    }
    const { statusCode, body } = dialect.encodeError(error);
    this.#send(
      errorFrame(
        { statusCode, body, headers: { ...headers, ...retryHeaders(error) } },
        this.#options.streamId,
      ),
    );
  }

  /** The connection is gone. */
  leave(): void {
    this.#hasLeft = true;
    if (!this.#isOver) this.#abort.abort(clientClosed());
  }

  /** Call once when the request is served: resolves when the client has all of the answer, or has left. */
  async settled(): Promise<void> {
    this.#options.stopListeners.delete(this.#onStop);
    await this.#lastFlush;
  }

  #put(chunk: Buffer | string): void {
    const { streamId } = this.#options;
    if (this.#head === undefined) return;
    const { isStream, statusCode, headers } = this.#head;
    if (isStream) {
      for (const frame of eventFrames(chunk, streamId)) this.#send(frame);
      return;
    }
    // A provider's refusal in its own words.
    const body = parseJsonObject(chunk.toString()) ?? {};
    this.#send(errorFrame({ statusCode, body, headers }, streamId));
  }

  #send(frame: string): void {
    const { sink, clock } = this.#options;
    this.#lastFlush = new Promise((resolve) => {
      sink.send(frame, (error) => {
        // The connection tells so by closing too, but not before a writer in a hurry has written on and on.
        if (error !== undefined && error !== null) this.leave();
        resolve();
      });
    });
    if (sink.bufferedAmount === 0) return;
    const cancel = clock.setTimer(Math.max(1, SLOW_READER_MS - this.#waitedMs), () => sink.terminate());
    void this.#lastFlush.then(cancel);
  }
}

function clientClosed(): RouterError {
  return new RouterError('client.closed', 'the client closed the connection');
}
