// ClientResponse over a ServerResponse. Its state (open, committed, over) is the commit point of the exchange: before
// it every failure becomes a readable answer, after it only the connection can be cut.

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ClientDialect } from '../dialects/dialect.ts';
import { RouterError } from '../errors.ts';
import type { ClientResponse } from '../pipeline/client-response.ts';
import type { Clock } from '../util/clock.ts';
import { sendError } from './error-answer.ts';
import { safeHeaders } from './safe-headers.ts';

export interface NodeClientResponseOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly clock: Clock;
  /** See RequestContext. */
  readonly stopListeners: Set<() => void>;
}

/** A reader that keeps its answer waiting for this long in all is treated as gone; until then the upstream is paused. */
const SLOW_READER_MS = 300_000;

/** Proxies on the way must neither buffer nor store a stream. */
const EVENT_STREAM_HEADERS = { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' };

interface Drain {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: RouterError) => void;
  readonly cancelTimer: () => void;
  readonly sinceMs: number;
}

export class NodeClientResponse implements ClientResponse {
  readonly #options: NodeClientResponseOptions;
  readonly #abort = new AbortController();
  #isCommitted = false;
  /** Ended or cut by us: what the socket does afterwards is no news. */
  #isOver = false;
  #hasLeft = false;
  #drain: Drain | undefined;
  /** How long the reader has kept us waiting in earlier drains. */
  #waitedMs = 0;

  constructor(options: NodeClientResponseOptions) {
    this.#options = options;
    const { response, stopListeners } = options;
    const onStop = (): void => {
      const message = 'the daemon is stopping; send the request again';
      this.#abort.abort(new RouterError('router.shutting_down', message, { retryAfterMs: 1_000 }));
    };
    stopListeners.add(onStop);
    response.on('drain', () => this.#endDrain());
    response.on('close', () => {
      stopListeners.delete(onStop);
      this.#onClose();
    });
  }

  /** Aborted with `client.closed` when the client leaves before the end, with `router.shutting_down` on stop. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isCommitted(): boolean {
    return this.#isCommitted;
  }

  commit(statusCode: number, headers: Readonly<Record<string, string>>): void {
    if (this.#isCommitted || this.#isOver) throw new Error('the answer was committed twice');
    this.#isCommitted = true;
    if (this.#hasLeft) return;
    const safe = safeHeaders(headers);
    const isStream = safe['content-type']?.startsWith('text/event-stream') === true;
    // Not flushed: the first content is in hand by now and leaves in the same packet.
    this.#options.response.writeHead(statusCode, isStream ? { ...safe, ...EVENT_STREAM_HEADERS } : safe);
  }

  write(chunk: Buffer | string): Promise<void> | undefined {
    if (!this.#isCommitted) throw new Error('nothing may be written before the commit');
    if (this.#hasLeft || this.#isOver) return Promise.reject(clientClosed());
    if (this.#options.response.write(chunk)) return undefined;
    this.#drain ??= this.#startDrain();
    return this.#drain.promise;
  }

  end(lastChunk?: Buffer | string): void {
    if (!this.#isCommitted) throw new Error('an answer cannot end before the commit');
    if (lastChunk !== undefined && (this.#hasLeft || this.#isOver)) throw clientClosed();
    if (this.#isOver || this.#hasLeft) return;
    this.#isOver = true;
    const { response } = this.#options;
    response.end(lastChunk);
    if (response.writableLength > 0) response.on('close', this.#cutSlowReader());
  }

  fail(dialect: ClientDialect, error: RouterError, headers: Readonly<Record<string, string>>): void {
    if (this.#isOver || this.#hasLeft) return;
    this.#isOver = true;
    if (this.#isCommitted || error.code === 'client.closed') {
      this.#options.response.destroy();
      return;
    }
    this.#isCommitted = true;
    sendError(this.#options, (failure) => dialect.encodeError(failure), error, headers);
  }

  #onClose(): void {
    if (this.#options.response.writableFinished) return;
    this.#hasLeft = true;
    this.#endDrain(clientClosed());
    if (!this.#isOver) this.#abort.abort(clientClosed());
  }

  #startDrain(): Drain {
    let resolve = (): void => {};
    let reject: Drain['reject'] = () => {};
    const promise = new Promise<void>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    // The relay may be waiting for the upstream when the client leaves; it learns of that at its next write.
    promise.catch(() => {});
    const sinceMs = this.#options.clock.monotonicMs();
    return { promise, resolve, reject, cancelTimer: this.#cutSlowReader(), sinceMs };
  }

  /** Starts the clock of a reader that is behind; the answer is called off by the returned function. */
  #cutSlowReader(): () => void {
    const { clock, response } = this.#options;
    return clock.setTimer(Math.max(1, SLOW_READER_MS - this.#waitedMs), () => response.destroy());
  }

  #endDrain(error?: RouterError): void {
    const drain = this.#drain;
    if (drain === undefined) return;
    this.#drain = undefined;
    drain.cancelTimer();
    this.#waitedMs += this.#options.clock.monotonicMs() - drain.sinceMs;
    if (error === undefined) drain.resolve();
    else drain.reject(error);
  }
}

function clientClosed(): RouterError {
  return new RouterError('client.closed', 'the client closed the connection');
}
