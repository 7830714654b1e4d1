// One HTTP request as something to read from: the head, then what arrived, read by read. Sits directly on undici's
// dispatch, without streams or fetch. The reader sets the pace: when it does not ask, at most one buffer's worth is
// kept and then the socket is not read any more. Nothing is retried here.

import type { Dispatcher } from 'undici';

export interface CallOptions {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Buffer | null;
}

/** Answer headers, lower case; repeated ones joined with ", ". */
export type ResponseHeaders = Readonly<Record<string, string | undefined>>;

/** About one read of a socket. A stream never holds more than this and one further read. */
const HIGH_WATER_BYTES = 64 * 1024;
/**
 * Handed out at once. Decoded events take ten times the memory of their bytes, and what was handed out stays decoded while
 * a slow client is waited for.
 */
const READ_BYTES = 16 * 1024;

/** `monotonicMs` stamps the first byte of the body. */
export function openCall(dispatcher: Dispatcher, options: CallOptions, monotonicMs: () => number): HttpCall {
  const call = new HttpCall(monotonicMs);
  // undici's own limits (300 s each) would cut long thinking; the watchdog of the attempt replaces them.
  dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, call);
  return call;
}

export class HttpCall implements Dispatcher.DispatchHandler {
  statusCode = 0;
  headers: ResponseHeaders = {};
  /** The request had been written to a connection. */
  isSent = false;
  /** Monotonic ms; null before the first byte of the body. */
  firstByteAtMs: number | null = null;
  readonly #monotonicMs: () => number;
  #controller: Dispatcher.DispatchController | null = null;
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #isEnded = false;
  #error: Error | null = null;
  /** Whoever waits for the head or the next read; one at a time. */
  #wake: (() => void) | null = null;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Resolves when status and headers are known; rejects with what prevented them. */
  async head(): Promise<void> {
    while (this.statusCode === 0) {
      if (this.#error !== null) throw this.#error;
      await this.#change();
    }
  }

  /** What arrived since the last read, at least one byte and 16 KiB at most by default; null at the proper end of the body. */
  async read(maxBytes = READ_BYTES): Promise<readonly Buffer[] | null> {
    while (this.#chunks.length === 0) {
      if (this.#error !== null) throw this.#error;
      if (this.#isEnded) return null;
      this.#controller?.resume();
      // Resuming may have delivered at once what the parser still held.
      if (this.#chunks.length === 0 && !this.#isEnded && this.#error === null) await this.#change();
    }
    if (this.#bufferedBytes <= maxBytes) {
      const chunks = this.#chunks;
      this.#chunks = [];
      this.#bufferedBytes = 0;
      return chunks;
    }
    this.#bufferedBytes -= maxBytes;
    return this.#takeFirst(maxBytes);
  }

  /** There is more than that. */
  #takeFirst(bytes: number): readonly Buffer[] {
    const taken: Buffer[] = [];
    let left = bytes;
    for (const chunk of this.#chunks) {
      if (chunk.length > left) break;
      taken.push(chunk);
      left -= chunk.length;
    }
    const [cut, ...rest] = this.#chunks.slice(taken.length);
    if (cut === undefined) throw new Error('less was buffered than counted');
    if (left > 0) taken.push(cut.subarray(0, left));
    this.#chunks = [cut.subarray(left), ...rest];
    return taken;
  }

  /** Drops the connection unless the answer is complete; whoever reads gets `reason`. May be called twice. */
  destroy(reason: Error): void {
    if (this.#isEnded || this.#error !== null) return;
    this.#fail(reason);
    this.#chunks = [];
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Destroyed while it was still waiting for a connection.
    if (this.#error !== null) controller.abort(this.#error);
  }

  onRequestSent(): void {
    this.isSent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (statusCode < 200) return; // 100-continue and early hints
    const joined: Record<string, string | undefined> = {};
    for (const name in headers) {
      const value = headers[name];
      joined[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    this.headers = joined;
    this.statusCode = statusCode;
    this.#notify();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#error !== null || chunk.length === 0) return;
    this.firstByteAtMs ??= this.#monotonicMs();
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes >= HIGH_WATER_BYTES) controller.pause();
    this.#notify();
  }

  onResponseEnd(): void {
    this.#isEnded = true;
    this.#notify();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#isEnded) this.#fail(error);
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
