// The listening side: loopback only, bounded in connections, exchanges and patience, and able to stop without cutting
// an answer. Every request goes guard -> routes -> handler; no request reaches a body or a provider before the guard.

import { createServer as createNodeServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import { RouterError, toRouterError } from '../errors.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { Admission, type AdmissionLimits, type Place } from './admission.ts';
import { BodyBudget } from './body-budget.ts';
import { answerBrokenRequest, answerOnSocket } from './broken-request.ts';
import { Connections } from './connections.ts';
import { sendError } from './error-answer.ts';
import type { ErrorEncoder, ErrorShapes } from './error-answer.ts';
import type { Guard, GuardDecision } from './guard.ts';
import { listenOnLoopback } from './listen.ts';
import type { RouteTable } from './routes.ts';
import { RunningRequests } from './running-requests.ts';

export interface HttpLimits extends AdmissionLimits {
  /** Of one request. */
  readonly maxBodyBytes: number;
}

/** Defaults are the ones in daemon/README.md; tests make them short. */
export interface ServerPatience {
  /** From the connection (or the end of the previous request) to the last header, ms. */
  readonly headersMs: number;
  /** How long an idle connection stays open for the next request, ms. */
  readonly keepAliveMs: number;
  /** After the grace period: how long exchanges may take to say that they were called off, ms. */
  readonly farewellMs: number;
}

export interface HttpServerDeps {
  readonly guard: Guard;
  readonly routes: RouteTable;
  readonly errorShapes: ErrorShapes;
  /** Read on each exchange, so that a changed configuration counts at once. */
  readonly limits: () => HttpLimits;
  readonly log: Log;
  readonly clock: Clock;
  /** Who takes over an admitted WebSocket handshake, by path; none elsewhere. */
  readonly upgrades?: ReadonlyMap<string, AcceptUpgrade>;
  readonly patience?: Partial<ServerPatience>;
}

/** An admitted WebSocket handshake that nobody has answered yet. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Without query and without a `/k/<token>` prefix. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: ReadonlyMap<string, string>;
  /** Admits one request on this connection as if it had come alone, see Admission. */
  openExchange(signal: AbortSignal): Promise<Place>;
  /** See RequestContext. */
  readonly bodies: BodyBudget;
  /** See RequestContext. */
  readonly stopListeners: Set<() => void>;
}

export type AcceptUpgrade = (upgrade: Upgrade) => void;

export interface HttpServer {
  /** Port 0 picks a free one. Rejects with `config.invalid` for a taken port or an address that is not loopback. */
  listen(
    port: number,
    host: string,
    /** How long to wait for a taken port, ms; 0 by default. */
    patienceMs?: number,
  ): Promise<{ readonly url: string; readonly port: number }>;
  /**
   * Stops accepting and refuses new requests with 503; running ones get `graceMs`, then are called off, then cut.
   * Resolves when the last connection is closed. Later calls wait for the first.
   */
  close(graceMs: number): Promise<void>;
  /**
   * The first half of `close`: the port is free when this returns, what runs goes on, and each connection ends with its
   * answer, so that clients come back to whoever listens next.
   */
  stopListening(): void;
  connectionCount(): number;
  runningExchanges(): number;
  /** Monotonic ms of the last beginning or end of a request that carried a token. */
  lastUsedMs(): number;
}

/** Path of the event socket. */
export const EVENTS_PATH = '/pointsman/v1/events';

/** All bodies together: this, or twice the largest that is allowed. */
const BODIES_BYTES = 64 * 1024 * 1024;
/** What `readBody` grants the largest body at its slowest, and more: only bodies that nobody reads get this far. */
const REQUEST_MS = 1_200_000;
const DEFAULT_PATIENCE: ServerPatience = { headersMs: 10_000, keepAliveMs: 65_000, farewellMs: 1_000 };
const RETRY_AFTER_MS = 1_000;

export function createServer(deps: HttpServerDeps): HttpServer {
  return new LoopbackServer(deps);
}

class LoopbackServer implements HttpServer {
  readonly #deps: HttpServerDeps;
  readonly #patience: ServerPatience;
  readonly #server: Server;
  readonly #connections = new Connections();
  readonly #admission: Admission;
  readonly #bodies: BodyBudget;
  readonly #stopListeners = new Set<() => void>();
  readonly #running: RunningRequests;
  #closing: Promise<void> | undefined;
  /** Settles when the last connection is closed; undefined while we listen. */
  #unbound: Promise<void> | undefined;

  constructor(deps: HttpServerDeps) {
    this.#deps = deps;
    this.#running = new RunningRequests(deps.clock);
    this.#patience = { ...DEFAULT_PATIENCE, ...deps.patience };
    this.#admission = new Admission(deps);
    this.#bodies = new BodyBudget(() => ({
      totalBytes: Math.max(BODIES_BYTES, 2 * deps.limits().maxBodyBytes),
    }));
    const options = {
      headersTimeout: this.#patience.headersMs,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: this.#patience.keepAliveMs,
      // Node looks for late headers only this often, 30 s by default.
      connectionsCheckingInterval: Math.ceil(this.#patience.headersMs / 4),
      noDelay: true,
      // The guard answers a missing host itself, with a sentence.
      requireHostHeader: false,
      // Some HTTP libraries offer h2c on every plain request; that is no reason to treat it as a WebSocket.
      shouldUpgradeCallback: isWebSocketHandshake,
    };
    this.#server = createNodeServer(options, (request, response) => this.#onRequest(request, response));
    this.#server.maxConnections = this.#connections.hardLimit;
    this.#server.on('connection', (socket: Duplex) => this.#connections.add(socket));
    // By itself Node answers both before the guard has seen the request: "100 Continue" to the one, 417 to the other.
    this.#server.on('checkContinue', (request, response) => this.#onRequest(request, response));
    this.#server.on('checkExpectation', (request, response) => this.#onRequest(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#server.on('clientError', (error, socket) => {
      answerBrokenRequest(error, socket, this.#connections.isAnswering(socket));
    });
  }

  listen(
    port: number,
    host: string,
    patienceMs = 0,
  ): Promise<{ readonly url: string; readonly port: number }> {
    const { clock, log } = this.#deps;
    const onError = (error: Error): void => log.error('http server failed', { error: error.message });
    return listenOnLoopback(this.#server, { port, host, patienceMs, clock, onError });
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#stop(graceMs);
    return this.#closing;
  }

  connectionCount(): number {
    return this.#connections.size;
  }

  runningExchanges(): number {
    return this.#running.exchanges;
  }

  lastUsedMs(): number {
    return this.#running.lastUsedMs;
  }

  stopListening(): void {
    if (this.#unbound !== undefined) return;
    this.#unbound = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#admission.close(); // who still waits for a place is served sooner elsewhere
  }

  async #stop(graceMs: number): Promise<void> {
    this.stopListening();
    await this.#running.untilIdle(graceMs);
    for (const stop of this.#stopListeners) stop();
    await this.#running.untilIdle(this.#patience.farewellMs);
    this.#connections.destroyAll();
    await this.#unbound;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const endRequest = this.#running.begin();
    this.#connections.began(socket, response);
    response.on('close', () => {
      this.#connections.ended(socket, response);
      endRequest();
    });
    response.on('finish', () => {
      if (this.#unbound !== undefined) socket.destroySoon();
    });
    const decision = this.#decide(request, false);
    const encodeError = this.#deps.errorShapes(decision.path, decision.headers);
    const fail = (error: unknown): void => this.#fail(request, response, encodeError, error);
    try {
      this.#dispatch(request, response, decision, encodeError)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  #decide(request: IncomingMessage, isUpgrade: boolean): GuardDecision {
    return this.#deps.guard.decide({
      method: request.method ?? '',
      target: request.url ?? '',
      rawHeaders: request.rawHeaders,
      localPort: request.socket.localPort,
      remoteAddress: request.socket.remoteAddress,
      isUpgrade,
    });
  }

  #dispatch(
    request: IncomingMessage,
    response: ServerResponse,
    decision: GuardDecision,
    encodeError: ErrorEncoder,
  ): Promise<void> | undefined {
    if (this.#unbound !== undefined) throw shuttingDown();
    if (!decision.admitted) throw decision.error;
    if (decision.role !== 'anyone') {
      this.#connections.admitted(request.socket);
      this.#running.noteUse();
      response.on('close', () => this.#running.noteUse());
    }
    const match = this.#deps.routes.match(request.method ?? '', decision.path);
    if ('error' in match) {
      if (match.allow !== undefined) response.setHeader('allow', match.allow);
      throw match.error;
    }
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
    const { route, tail } = match;
    if (route.kind === 'exchange') {
      this.#admission.check(); // so that nothing is read of a request that could not even wait
      response.on('close', this.#running.beginExchange());
    }
    const { clock } = this.#deps;
    const finished = route.handle({
      request,
      response,
      path: decision.path,
      tail,
      query: decision.query,
      headers: decision.headers,
      role: decision.role,
      receivedAtMs: clock.now(),
      monotonicStartMs: clock.monotonicMs(),
      encodeError,
      stopListeners: this.#stopListeners,
      admission: this.#admission,
      bodies: this.#bodies,
    });
    return finished instanceof Promise ? finished : undefined;
  }

  /** An exchange that did not come as an HTTP request of its own. */
  async #openExchange(signal: AbortSignal): Promise<Place> {
    if (this.#unbound !== undefined) throw shuttingDown();
    const ends = [this.#running.beginExchange(), this.#running.begin()];
    const leave = (): void => {
      this.#running.noteUse();
      for (const end of ends.splice(0)) end();
    };
    this.#running.noteUse();
    try {
      const place = await this.#admission.enter(signal);
      ends.unshift(() => place.leave());
      return { waitedMs: place.waitedMs, leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  #fail(
    request: IncomingMessage,
    response: ServerResponse,
    encodeError: ErrorEncoder,
    thrown: unknown,
  ): void {
    const error = toRouterError(thrown);
    // Never the path: it may hold a mistyped token.
    if (error.code === 'router.internal') {
      this.#deps.log.error('a request handler failed', { cause: describe(error.cause) });
    } else {
      this.#deps.log.debug('request refused', { method: request.method, code: error.code });
    }
    if (response.headersSent || error.code === 'client.closed') {
      response.destroy();
      return;
    }
    sendError({ request, response, clock: this.#deps.clock }, encodeError, error);
  }

  /** Upgrades elsewhere get their answer at once: some assistants wait seconds before they fall back to plain HTTP. */
  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const decision = this.#decide(request, true);
    let error: RouterError | undefined;
    if (this.#unbound !== undefined) error = shuttingDown();
    else if (!decision.admitted) error = decision.error;
    const { path, query, headers } = decision;
    const accept = this.#deps.upgrades?.get(path.replace(/(?<=[^/])\/$/, ''));
    if (error === undefined && accept !== undefined) {
      this.#connections.admitted(socket);
      accept({
        request,
        socket,
        head,
        path,
        query,
        headers,
        openExchange: (signal) => this.#openExchange(signal),
        bodies: this.#bodies,
        stopListeners: this.#stopListeners,
      });
      return;
    }
    error ??= new RouterError('request.not_found', 'there is no WebSocket here; use plain HTTP on this path');
    this.#deps.log.debug('upgrade refused', { code: error.code });
    answerOnSocket(socket, this.#deps.errorShapes(path, headers)(error));
  }
}

function isWebSocketHandshake(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';
}

function shuttingDown(): RouterError {
  const message = 'the daemon is stopping; send the request again in a moment';
  return new RouterError('router.shutting_down', message, { retryAfterMs: RETRY_AFTER_MS });
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
