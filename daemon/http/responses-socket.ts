// The Responses API over WebSockets. A connection is a way to bring requests, nothing more: each frame that asks for a
// response goes down the same request path as a POST. The guard has checked Host, Origin and token before `accept`.
//
// What the connection adds is a memory: with `store: false` an answer can be gone on from by its id here and nowhere
// else, and is forgotten when the connection closes (see pipeline/response-memory.ts).

import { WebSocket, WebSocketServer } from 'ws';

import type { ClientDialect } from '../dialects/dialect.ts';
import { readClientFrame, type ClientFrame } from '../dialects/openai-responses/socket-frames.ts';
import { RouterError, toRouterError } from '../errors.ts';
import type { ClientResponse } from '../pipeline/client-response.ts';
import type { ServeExchange, WireRequest } from '../pipeline/wire-request.ts';
import type { Clock } from '../util/clock.ts';
import { causeText, type Log } from '../util/log.ts';
import type { Place } from './admission.ts';
import type { BodyShare } from './body-budget.ts';
import { unlessLeft, withoutCredentials, withoutKey } from './exchange-handler.ts';
import { IncomingFrames } from './incoming-frames.ts';
import type { AcceptUpgrade, Upgrade } from './server.ts';
import { SocketClientResponse } from './socket-client-response.ts';

export interface ResponsesSocketDeps {
  readonly dialect: ClientDialect;
  readonly serveExchange: ServeExchange;
  /** Answers a request that asks no model; throws what a client is to be told. */
  readonly answerWarmUp: (request: WireRequest, client: ClientResponse) => void;
  /** The connection is closed: nobody can refer to its answers any more. */
  readonly forget: (session: object) => void;
  /** Read when a connection begins. */
  readonly maxBodyBytes: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ResponsesSocket {
  readonly accept: AcceptUpgrade;
  connectionCount(): number;
  /** Closes idle connections (1001) and every other one when its last running answer is complete. */
  close(): void;
}

/** Path of the upgrade. */
export const RESPONSES_PATH = '/v1/responses';

/** Frames of one connection that may wait for their turn; the vendor runs 16 at a time. */
const MAX_WAITING = 16;
const PING_EVERY_MS = 30_000;
const GOODBYE_MS = 1_000;
const GOING_AWAY = 1001;
/** What a close frame has room for, less what characters beyond ASCII take. */
const MAX_REASON_CHARS = 120;

/** Headers of the handshake that say nothing about the requests after it. */
const HANDSHAKE_HEADERS = /^(?:connection|upgrade|host|content-length|sec-websocket-.*)$/;
/** Name of this transport among the betas; over HTTP a provider has no use for it. */
const TRANSPORT_BETA = /^responses_websockets(?:_v\d+)?=/;

export function createResponsesSocket(deps: ResponsesSocketDeps): ResponsesSocket {
  return new SocketDoor(deps);
}

class SocketDoor implements ResponsesSocket {
  readonly accept: AcceptUpgrade = (upgrade) => this.#accept(upgrade);
  readonly #deps: ResponsesSocketDeps;
  readonly #connections = new Set<Connection>();
  #isClosed = false;
  #cancelPing: (() => void) | undefined;

  constructor(deps: ResponsesSocketDeps) {
    this.#deps = deps;
  }

  connectionCount(): number {
    return this.#connections.size;
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.closeWhenIdle();
  }

  #accept(upgrade: Upgrade): void {
    if (this.#isClosed) {
      upgrade.socket.destroy();
      return;
    }
    // Compression would cost more on loopback than it saves, and unpacking a hostile frame has no bound but this size.
    const maxPayload = this.#deps.maxBodyBytes();
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload,
      perMessageDeflate: false,
    });
    server.handleUpgrade(upgrade.request, upgrade.socket, upgrade.head, (socket) => {
      const connection = new Connection(this.#deps, upgrade, socket, maxPayload);
      this.#connections.add(connection);
      socket.on('close', () => {
        this.#connections.delete(connection);
        if (this.#connections.size > 0) return;
        this.#cancelPing?.();
        this.#cancelPing = undefined;
      });
      this.#cancelPing ??= this.#deps.clock.setTimer(PING_EVERY_MS, () => this.#ping());
    });
  }

  #ping(): void {
    for (const connection of this.#connections) connection.ping();
    this.#cancelPing = this.#deps.clock.setTimer(PING_EVERY_MS, () => this.#ping());
  }
}

type CreateFrame = Extract<ClientFrame, { kind: 'create' }>;

/** A frame with what it holds in memory. */
interface HeldFrame extends CreateFrame {
  readonly share: BodyShare;
}

class Connection {
  readonly #deps: ResponsesSocketDeps;
  readonly #upgrade: Upgrade;
  readonly #socket: WebSocket;
  readonly #headers: ReadonlyMap<string, string>;
  readonly #maxWaitingBytes: number;
  /** Frames that wait, by stream: those of one stream are served one after the other. A stream is here while it runs. */
  readonly #streams = new Map<string | undefined, HeldFrame[]>();
  readonly #running = new Set<SocketClientResponse>();
  #waitingCount = 0;
  #waitingBytes = 0;
  #isClosing = false;
  #hasAnsweredPing = true;
  readonly #incoming: IncomingFrames;

  constructor(deps: ResponsesSocketDeps, upgrade: Upgrade, socket: WebSocket, maxWaitingBytes: number) {
    this.#deps = deps;
    this.#upgrade = upgrade;
    this.#socket = socket;
    this.#headers = requestHeaders(upgrade.headers);
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#incoming = new IncomingFrames({
      bodies: upgrade.bodies,
      clock: deps.clock,
      expel: (code, reason) => this.#expel(code, reason),
    });
    // Before the library's own listener, which hands out the frame that these bytes complete.
    upgrade.socket.prependListener('data', (bytes: Buffer) => this.#incoming.received(bytes.length));
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data: Buffer) => this.#onMessage(data));
    socket.on('ping', () => this.#incoming.isWelcome());
    socket.on('pong', () => {
      this.#hasAnsweredPing = true;
    });
    socket.on('error', (error) => {
      deps.log.debug('a responses connection failed', { error: error.message });
      socket.terminate();
    });
    socket.on('close', () => this.#onClose());
  }

  closeWhenIdle(): void {
    this.#isClosing = true;
    if (this.#streams.size === 0) this.#sayGoodbye();
  }

  /** Cuts a peer that has not answered the last one, or drips a frame. One that is slow to read has its own limit. */
  ping(): void {
    if (this.#incoming.isDripping()) return;
    if (!this.#hasAnsweredPing && this.#socket.bufferedAmount === 0) {
      this.#socket.terminate();
      return;
    }
    this.#hasAnsweredPing = false;
    this.#socket.ping();
  }

  #onMessage(data: Buffer): void {
    const share = this.#incoming.complete();
    if (share === null) return;
    const frame = readClientFrame(data);
    if (frame.kind === 'create') {
      this.#onFrame({ ...frame, share });
      return;
    }
    share.release();
    if (frame.kind === 'refused') this.#refuse(frame.error, frame.streamId);
  }

  /** What runs ends with the connection. */
  #expel(code: number, reason: string): void {
    this.#socket.close(code, reason.slice(0, MAX_REASON_CHARS));
    this.#deps.clock.setTimer(GOODBYE_MS, () => this.#socket.terminate());
  }

  #onFrame(frame: HeldFrame): void {
    const waiting = this.#streams.get(frame.streamId);
    if (waiting === undefined) {
      this.#streams.set(frame.streamId, []);
      void this.#runStream(frame);
    } else if (this.#isFull(frame)) {
      const message = `${this.#waitingCount} requests wait on this connection already; send the next when an answer is complete`;
      frame.share.release();
      this.#refuse(new RouterError('router.overloaded', message, { retryAfterMs: 1_000 }), frame.streamId);
    } else {
      waiting.push(frame);
      this.#countWaiting(frame, 1);
    }
  }

  #isFull({ body }: HeldFrame): boolean {
    if (this.#waitingCount === 0) return false; // one that is as large as a frame may be can always wait
    return this.#waitingCount >= MAX_WAITING || this.#waitingBytes + body.length > this.#maxWaitingBytes;
  }

  #countWaiting({ body }: HeldFrame, count: 1 | -1): void {
    this.#waitingCount += count;
    this.#waitingBytes += count * body.length;
  }

  /** Serves a frame and those of the same stream that come meanwhile, in order. Never rejects. */
  async #runStream(first: HeldFrame): Promise<void> {
    const { streamId } = first;
    for (let frame: HeldFrame | undefined = first; frame !== undefined;) {
      await this.#serve(frame);
      frame = this.#streams.get(streamId)?.shift();
      if (frame !== undefined) this.#countWaiting(frame, -1);
    }
    this.#streams.delete(streamId);
  }

  async #serve(frame: HeldFrame): Promise<void> {
    const client = this.#respond(frame.streamId);
    if (this.#socket.readyState !== WebSocket.OPEN) client.leave();
    let place: Place | null = null; // one that left the queue has none, and still its record
    try {
      client.signal.throwIfAborted();
      const request = this.#requestOf(frame, client.signal);
      if (frame.isWarmUp) {
        this.#deps.answerWarmUp(request, client);
      } else {
        place = await unlessLeft(this.#upgrade.openExchange(client.signal), client.signal);
        const queued = place !== null && place.waitedMs > 0 ? { queuedMs: place.waitedMs } : {};
        await this.#deps.serveExchange({ ...request, ...queued }, client);
      }
    } catch (thrown) {
      const error = toRouterError(thrown);
      if (error.code === 'router.internal') {
        this.#deps.log.error('a frame could not be served', { cause: causeText(error.cause) });
      }
      client.fail(this.#deps.dialect, error, {});
    } finally {
      await this.#finish(client);
      // Before the exchange is over: behind the last one the server cuts every connection.
      if (this.#isClosing && this.#running.size === 0 && this.#waitingCount === 0) this.#sayGoodbye();
      place?.leave();
      frame.share.release();
    }
  }

  #requestOf(frame: HeldFrame, signal: AbortSignal): WireRequest {
    const { clock, dialect } = this.#deps;
    return {
      dialect,
      headers: this.#headers,
      query: withoutKey(new URLSearchParams(this.#upgrade.query)),
      path: RESPONSES_PATH,
      bytes: frame.body,
      signal,
      session: this,
      receivedAtMs: clock.now(),
      monotonicStartMs: clock.monotonicMs(),
    };
  }

  #refuse(error: RouterError, streamId: string | undefined): void {
    const client = this.#respond(streamId);
    client.fail(this.#deps.dialect, error, {});
    void this.#finish(client);
  }

  async #finish(client: SocketClientResponse): Promise<void> {
    await client.settled();
    this.#running.delete(client);
  }

  #respond(streamId: string | undefined): SocketClientResponse {
    const { clock } = this.#deps;
    const { stopListeners } = this.#upgrade;
    const client = new SocketClientResponse({ sink: this.#socket, streamId, clock, stopListeners });
    this.#running.add(client);
    return client;
  }

  #sayGoodbye(): void {
    this.#socket.close(GOING_AWAY, 'the daemon is stopping');
    this.#deps.clock.setTimer(GOODBYE_MS, () => this.#socket.terminate());
  }

  #onClose(): void {
    for (const waiting of this.#streams.values()) {
      for (const { share } of waiting.splice(0)) share.release();
    }
    this.#incoming.release();
    this.#waitingCount = 0;
    this.#waitingBytes = 0;
    for (const client of this.#running) client.leave();
    this.#deps.forget(this);
  }
}

function requestHeaders(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const kept = new Map(withoutCredentials(headers));
  for (const name of kept.keys()) if (HANDSHAKE_HEADERS.test(name)) kept.delete(name);
  const betas = (kept.get('openai-beta') ?? '').split(',').map((beta) => beta.trim());
  const others = betas.filter((beta) => beta !== '' && !TRANSPORT_BETA.test(beta));
  if (others.length > 0) kept.set('openai-beta', others.join(', '));
  else kept.delete('openai-beta');
  return kept;
}
