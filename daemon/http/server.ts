// The listening side: loopback only, bounded in connections, exchanges and patience, and able to stop without cutting
// an answer. Every request goes guard -> routes -> handler; no request reaches a body or a provider before the guard.

import { createServer as createNodeServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { RouterError, toRouterError } from '../errors.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { answerBrokenRequest, answerOnSocket } from './broken-request.ts';
import { sendError } from './error-answer.ts';
import type { ErrorEncoder, ErrorShapes } from './error-answer.ts';
import type { Guard, GuardDecision } from './guard.ts';
import type { RouteTable } from './routes.ts';

export interface HttpLimits {
  /** Exchanges that may run at once; further ones are told to come back. */
  readonly maxConcurrent: number;
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
  /**
   * Counts one request on this connection as an exchange, as if it had come alone; the returned function ends it.
   * Throws `router.overloaded` and `router.shutting_down`.
   */
  openExchange(): () => void;
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

// Slow-header attacks hold sockets for `headersMs`; this many cannot starve the clients of one machine.
const MAX_CONNECTIONS = 1024;
const DEFAULT_PATIENCE: ServerPatience = { headersMs: 10_000, keepAliveMs: 65_000, farewellMs: 1_000 };
const RETRY_AFTER_MS = 1_000;
const PORT_RETRY_MS = 10;

export function createServer(deps: HttpServerDeps): HttpServer {
  return new LoopbackServer(deps);
}

class LoopbackServer implements HttpServer {
  readonly #deps: HttpServerDeps;
  readonly #patience: ServerPatience;
  readonly #server: Server;
  /** Every open connection with its latest answer, if it had a request. */
  readonly #sockets = new Map<Duplex, ServerResponse | null>();
  readonly #stopListeners = new Set<() => void>();
  #runningRequests = 0;
  #runningExchanges = 0;
  #onIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  /** Settles when the last connection is closed; undefined while we listen. */
  #unbound: Promise<void> | undefined;
  #lastUsedMs: number;

  constructor(deps: HttpServerDeps) {
    this.#deps = deps;
    this.#lastUsedMs = deps.clock.monotonicMs();
    this.#patience = { ...DEFAULT_PATIENCE, ...deps.patience };
    const options = {
      headersTimeout: this.#patience.headersMs,
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
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('connection', (socket: Duplex) => {
      this.#sockets.set(socket, null);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#server.on('clientError', (error, socket) => {
      answerBrokenRequest(error, socket, this.#sockets.get(socket)?.headersSent === true);
    });
  }

  async listen(
    port: number,
    host: string,
    patienceMs = 0,
  ): Promise<{ readonly url: string; readonly port: number }> {
    const address = loopbackAddress(host);
    const { clock } = this.#deps;
    const untilMs = clock.monotonicMs() + patienceMs;
    while (!(await this.#bind(port, address, clock.monotonicMs() < untilMs))) {
      await new Promise<void>((resolve) => void setTimeout(resolve, PORT_RETRY_MS));
    }
    const bound = (this.#server.address() as AddressInfo).port;
    return { url: `http://${address === '::1' ? '[::1]' : address}:${bound}`, port: bound };
  }

  /** False when the port is taken and `mayWait`. */
  #bind(port: number, address: string, mayWait: boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => {
        this.#server.off('listening', onListening);
        if (mayWait && error.code === 'EADDRINUSE') resolve(false);
        else reject(listenError(error, port));
      };
      const onListening = (): void => {
        this.#server.off('error', onError);
        this.#server.on('error', (error) =>
          this.#deps.log.error('http server failed', { error: error.message }),
        );
        resolve(true);
      };
      this.#server.once('error', onError);
      this.#server.once('listening', onListening);
      this.#server.listen(port, address);
    });
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#stop(graceMs);
    return this.#closing;
  }

  connectionCount(): number {
    return this.#sockets.size;
  }

  runningExchanges(): number {
    return this.#runningExchanges;
  }

  lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  stopListening(): void {
    this.#unbound ??= new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #stop(graceMs: number): Promise<void> {
    this.stopListening();
    await this.#untilIdle(graceMs);
    for (const stop of this.#stopListeners) stop();
    await this.#untilIdle(this.#patience.farewellMs);
    for (const socket of this.#sockets.keys()) socket.destroy();
    await this.#unbound;
  }

  async #untilIdle(limitMs: number): Promise<void> {
    if (this.#runningRequests === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.setTimer(limitMs, resolve);
      this.#onIdle = () => {
        cancel();
        resolve();
      };
    });
    this.#onIdle = undefined;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#sockets.set(request.socket, response);
    response.on('close', this.#countRequest());
    response.on('finish', () => {
      if (this.#unbound !== undefined) request.socket.destroySoon();
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
    if (decision.role !== 'anyone') this.#noteUse(response);
    const match = this.#deps.routes.match(request.method ?? '', decision.path);
    if ('error' in match) {
      if (match.allow !== undefined) response.setHeader('allow', match.allow);
      throw match.error;
    }
    const { route, tail } = match;
    if (route.kind === 'exchange') response.on('close', this.#countExchange());
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
    });
    return finished instanceof Promise ? finished : undefined;
  }

  #noteUse(response: ServerResponse): void {
    const note = (): void => void (this.#lastUsedMs = this.#deps.clock.monotonicMs());
    note();
    response.on('close', note);
  }

  /** The stop waits for what is counted; the returned function ends it. */
  #countRequest(): () => void {
    this.#runningRequests += 1;
    return () => {
      this.#runningRequests -= 1;
      if (this.#runningRequests === 0) this.#onIdle?.();
    };
  }

  #countExchange(): () => void {
    const { maxConcurrent } = this.#deps.limits();
    if (this.#runningExchanges >= maxConcurrent) {
      const message = `${maxConcurrent} requests are running already; try again in a moment or raise limits.maxConcurrent`;
      throw new RouterError('router.overloaded', message, { retryAfterMs: RETRY_AFTER_MS });
    }
    this.#runningExchanges += 1;
    return () => {
      this.#runningExchanges -= 1;
    };
  }

  /** An exchange that did not come as an HTTP request of its own. */
  #openExchange(): () => void {
    if (this.#unbound !== undefined) throw shuttingDown();
    const endExchange = this.#countExchange();
    const endRequest = this.#countRequest();
    this.#lastUsedMs = this.#deps.clock.monotonicMs();
    return () => {
      this.#lastUsedMs = this.#deps.clock.monotonicMs();
      endExchange();
      endRequest();
    };
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
      const openExchange = (): (() => void) => this.#openExchange();
      accept({
        request,
        socket,
        head,
        path,
        query,
        headers,
        openExchange,
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

/** Anything but loopback would offer the user's keys to the network, so there is no way to ask for it. */
function loopbackAddress(host: string): string {
  if (host === '127.0.0.1' || host === 'localhost') return '127.0.0.1';
  if (host === '::1' || host === '[::1]') return '::1';
  const message = `pointsman listens on this machine only: use --host 127.0.0.1 or ::1 instead of ${host}`;
  throw new RouterError('config.invalid', message);
}

function listenError(error: NodeJS.ErrnoException, port: number): RouterError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is taken by another program; stop it, or start with --port 0 to get a free port`,
    EACCES: `port ${port} needs rights that pointsman does not have; choose one above 1023, or --port 0 for a free one`,
    EADDRNOTAVAIL: 'this machine has no such loopback address; use --host 127.0.0.1',
  };
  const message =
    reasons[error.code ?? ''] ?? `cannot listen on port ${port}; start with --port 0 to get a free port`;
  return new RouterError('config.invalid', message, { cause: error });
}

function shuttingDown(): RouterError {
  const message = 'the daemon is stopping; send the request again in a moment';
  return new RouterError('router.shutting_down', message, { retryAfterMs: RETRY_AFTER_MS });
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
