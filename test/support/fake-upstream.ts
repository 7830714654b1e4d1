// A model provider to test against: a real HTTP(S) server on 127.0.0.1, port chosen by the system, that does exactly
// what its script says and keeps what it saw. No mock of the HTTP client: sockets, resets and half frames are real.
//
//   const upstream = await startFakeUpstream();
//   upstream.next(status(529), sse(chatFrames('hello')));      // one verb per request, in order of arrival
//   upstream.forModel('small-model', stall('headers'));        // or by the `model` of the request body
//   upstream.always(resetAfter(10, sse(chatFrames('hello')))); // what is done when nothing is queued
//   ... point a provider at upstream.baseUrl ...
//   upstream.requests[0]?.json                                 // what arrived
//   await upstream.waitForAbort(1);                            // our side hung up
//   await upstream.close();
//
// Without a script it answers `model` politely in the openai-chat format, streamed when the body asks for it.

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { selfSigned } from './self-signed.ts';

/** One request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body parsed; undefined when it is not JSON. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** The `model` of the body; '' when it names none. */
  readonly model: string;
  /** 1-based number of the connection that it came over: equal numbers show that a connection was used again. */
  readonly connection: number;
  /** The other side hung up before the answer was complete. */
  readonly isAborted: boolean;
}

export interface VerbContext {
  readonly request: SeenRequest;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** Marks the end as ours, so that it is not counted as an abort of the other side. */
  readonly endedByUs: () => void;
}

/** What the server does with one request. */
export type Verb = (context: VerbContext) => void | Promise<void>;

export interface FakeUpstream {
  /** Without a path, e.g. `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** `origin` and `/v1`. */
  readonly baseUrl: string;
  readonly requests: readonly SeenRequest[];
  /** Connections accepted so far. */
  readonly connections: () => number;
  readonly openConnections: () => number;
  /** Requests that the other side hung up on. */
  readonly aborts: () => number;
  /** Queues verbs, one per coming request. */
  readonly next: (...verbs: readonly Verb[]) => void;
  /** Queues verbs for requests whose body names this model; they go before the common queue. */
  readonly forModel: (model: string, ...verbs: readonly Verb[]) => void;
  /** What to do when nothing is queued. */
  readonly always: (verb: Verb) => void;
  readonly alwaysForModel: (model: string, verb: Verb) => void;
  /** Resolve as soon as so many were seen since the start. */
  readonly waitForRequests: (count: number) => Promise<void>;
  readonly waitForAbort: (count: number) => Promise<void>;
  readonly waitForOpenConnections: (count: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startFakeUpstream(options: { readonly tls?: boolean } = {}): Promise<FakeUpstream> {
  const seen: MutableRequest[] = [];
  const sockets = new Map<Socket, number>();
  const queue: Verb[] = [];
  const byModel = new Map<string, { queue: Verb[]; always: Verb | undefined }>();
  const changed = createSignal();
  let always: Verb = politeChat;
  let accepted = 0;
  let aborted = 0;

  const modelScript = (model: string): { queue: Verb[]; always: Verb | undefined } => {
    const script = byModel.get(model) ?? { queue: [], always: undefined };
    byModel.set(model, script);
    return script;
  };
  const verbFor = (request: SeenRequest): Verb => {
    const script = byModel.get(request.model);
    return script?.queue.shift() ?? script?.always ?? queue.shift() ?? always;
  };
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await receive(incoming, sockets.get(incoming.socket) ?? 0);
    let isEndedByUs = false;
    response.on('close', () => {
      if (response.writableFinished || isEndedByUs) return;
      request.isAborted = true;
      aborted++;
      changed.notify();
    });
    seen.push(request);
    changed.notify();
    await verbFor(request)({
      request,
      response,
      socket: incoming.socket,
      endedByUs: () => {
        isEndedByUs = true;
      },
    });
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    serve(incoming, response).catch(() => response.destroy());
  };
  const server =
    options.tls === true ? createTlsServer(selfSigned('localhost'), listener) : createServer(listener);
  server.keepAliveTimeout = 60_000;
  server.on(options.tls === true ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.set(socket, ++accepted);
    socket.on('error', () => {}); // resets are what these tests are about
    socket.on('close', () => {
      sockets.delete(socket);
      changed.notify();
    });
    changed.notify();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `${options.tls === true ? 'https' : 'http'}://127.0.0.1:${port}`;

  return {
    origin,
    baseUrl: `${origin}/v1`,
    requests: seen,
    connections: () => accepted,
    openConnections: () => sockets.size,
    aborts: () => aborted,
    next: (...verbs) => void queue.push(...verbs),
    forModel: (model, ...verbs) => void modelScript(model).queue.push(...verbs),
    always: (verb) => {
      always = verb;
    },
    alwaysForModel: (model, verb) => {
      modelScript(model).always = verb;
    },
    waitForRequests: (count) => changed.until(() => seen.length >= count),
    waitForAbort: (count) => changed.until(() => aborted >= count),
    waitForOpenConnections: (count) => changed.until(() => sockets.size === count),
    close: async () => {
      for (const socket of sockets.keys()) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A loopback port on which nobody listens: connecting to it is refused. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

// Verbs: complete answers.

/** A JSON answer; `body` is written as it is when it is a string. */
export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): Verb {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

export interface SseOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Byte positions at which the stream is cut into separate writes, each flushed before the next; default: one write
   * per frame. `'bytes'` writes every byte on its own.
   */
  readonly splits?: readonly number[] | 'bytes';
  /** Pause between writes, ms; 0 still gives the reader a turn of the event loop. */
  readonly pauseMs?: number;
}

/** A complete event stream. Frames are written as they are: bring your own blank lines. */
export function sse(frames: readonly string[], options: SseOptions = {}): Verb {
  return async (context) => {
    openStream(context, options.headers);
    await writeInTurns(context, piecesOf(frames, options), options.pauseMs ?? 0);
    context.response.end();
  };
}

/** An error status. `retryAfter` is written as given, so that absurd values can be tested. */
export function status(
  statusCode: number,
  options: {
    readonly retryAfter?: string;
    readonly body?: unknown;
    readonly contentType?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Verb {
  return ({ response }) => {
    const body = options.body ?? { error: { message: `status ${statusCode}`, type: 'error' } };
    response.writeHead(statusCode, {
      'content-type': options.contentType ?? 'application/json',
      ...(options.retryAfter === undefined ? {} : { 'retry-after': options.retryAfter }),
      ...options.headers,
    });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** The same answer, gzipped whether or not the request allowed it. */
export function gzip(body: string, contentType = 'application/json'): Verb {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': contentType, 'content-encoding': 'gzip' });
    response.end(gzipSync(body));
  };
}

// Verbs: faults.

/** Takes the request and says nothing more: before the headers, after them, or after some frames. */
export function stall(after: 'request' | 'headers' | { readonly frames: readonly string[] }): Verb {
  return async (context) => {
    if (after === 'request') return;
    openStream(context);
    if (after === 'headers') context.response.flushHeaders();
    else await writeInTurns(context, piecesOf(after.frames, {}), 0);
  };
}

/** Waits before it does what `then` says. */
export function slowHeaders(delayMs: number, then: Verb): Verb {
  return async (context) => {
    await turn(delayMs);
    await then(context);
  };
}

/** Sends the first bytes of a stream, then nothing. */
export function stallAfter(bytes: number, frames: readonly string[]): Verb {
  return async (context) => {
    openStream(context);
    await writeInTurns(context, [Buffer.from(frames.join('')).subarray(0, bytes)], 0);
  };
}

/** Sends the first bytes of a stream, then resets the connection. With 0 bytes: right after the headers. */
export function resetAfter(bytes: number, frames: readonly string[], pauseMs = 10): Verb {
  return async (context) => {
    openStream(context);
    context.response.flushHeaders();
    await writeInTurns(context, [Buffer.from(frames.join('')).subarray(0, bytes)], pauseMs);
    context.endedByUs();
    context.socket.resetAndDestroy();
  };
}

/** Resets the connection instead of answering. */
export const resetBeforeHeaders: Verb = (context) => {
  context.endedByUs();
  context.socket.resetAndDestroy();
};

/** Sends the first bytes of a stream, then closes the connection (FIN) without ending the answer. */
export function cut(bytes: number, frames: readonly string[], pauseMs = 10): Verb {
  return async (context) => {
    openStream(context);
    context.response.flushHeaders();
    await writeInTurns(context, [Buffer.from(frames.join('')).subarray(0, bytes)], pauseMs);
    context.endedByUs();
    context.socket.end();
  };
}

/** Ends the HTTP answer properly, but the stream in it stops after these frames. */
export function endEarly(frames: readonly string[]): Verb {
  return sse(frames);
}

/** 200 and an event stream whose first event is an error. */
export function errorEventFirst(frame = CHAT_ERROR_FRAME): Verb {
  return sse([frame]);
}

/** Some content, then an error event. The error is written after a pause, so that both do not share one read. */
export function errorAfterContent(frames: readonly string[], errorFrame = CHAT_ERROR_FRAME): Verb {
  return sse([...frames, errorFrame], { pauseMs: 15 });
}

/** Comments only, one every `everyMs`, until the other side hangs up. */
export function pingsOnly(everyMs = 5, before: readonly string[] = []): Verb {
  return async (context) => {
    openStream(context);
    await writeInTurns(context, piecesOf(before, {}), 0);
    while (!context.response.destroyed) {
      context.response.write(': ping\n\n');
      await turn(everyMs);
    }
  };
}

export function wrongContentType(contentType = 'text/html', body = '<html>Bad gateway</html>'): Verb {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': contentType });
    response.end(body);
  };
}

/** Declared as what was asked for, but not JSON. */
export const brokenJson: Verb = ({ request, response }) => {
  const isStream = request.json?.['stream'] === true;
  response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
  response.end(isStream ? 'data: {"id":"x","choices":[{]\n\n' : '{"id":"x","choices":[{]');
};

/** A 200 without a body. */
export const emptyAnswer: Verb = ({ request, response }) => {
  const isStream = request.json?.['stream'] === true;
  response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
  response.end();
};

export function redirect(location: string, statusCode = 307): Verb {
  return ({ response }) => {
    response.writeHead(statusCode, { location });
    response.end();
  };
}

// Bodies in the openai-chat format. Written by hand after the API reference; synthetic.

const CHAT_ERROR_FRAME = 'data: {"error":{"message":"the model is overloaded","type":"server_error"}}\n\n';

export interface ChatOptions {
  readonly model?: string;
  readonly finishReason?: string;
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

const CHAT_USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

/** A plain chat answer. */
export function chatBody(text: string, options: ChatOptions = {}): Record<string, unknown> {
  return {
    id: 'chatcmpl-fake',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: options.model ?? 'fake-model',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text },
        finish_reason: options.finishReason ?? 'stop',
      },
    ],
    ...(options.usage === null ? {} : { usage: options.usage ?? CHAT_USAGE }),
  };
}

/** The same as a stream: role, one chunk per word, finish, usage (unless null), [DONE]. */
export function chatFrames(text: string, options: ChatOptions = {}): string[] {
  const chunk = (choices: readonly unknown[], more: Readonly<Record<string, unknown>> = {}): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-fake',
      object: 'chat.completion.chunk',
      created: 1_790_000_000,
      model: options.model ?? 'fake-model',
      choices,
      ...more,
    })}\n\n`;
  const words = text.match(/\S+\s*/g) ?? [];
  return [
    chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
    ...words.map((word) => chunk([{ index: 0, delta: { content: word }, finish_reason: null }])),
    chunk([{ index: 0, delta: {}, finish_reason: options.finishReason ?? 'stop' }]),
    ...(options.usage === null ? [] : [chunk([], { usage: options.usage ?? CHAT_USAGE })]),
    'data: [DONE]\n\n',
  ];
}

/** Answers "ok" in the openai-chat format, the way it was asked for. */
export const politeChat: Verb = async (context) => {
  const { model } = context.request;
  const verb =
    context.request.json?.['stream'] === true
      ? sse(chatFrames('ok', { model }))
      : json(chatBody('ok', { model }));
  await verb(context);
};

interface MutableRequest extends SeenRequest {
  isAborted: boolean;
}

async function receive(incoming: IncomingMessage, connection: number): Promise<MutableRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  let parsed: Readonly<Record<string, unknown>> | undefined;
  try {
    parsed = JSON.parse(body.toString()) as Readonly<Record<string, unknown>>;
  } catch {
    parsed = undefined; // tests look at `body` then
  }
  const model = parsed?.['model'];
  return {
    model: typeof model === 'string' ? model : '',
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body,
    json: parsed,
    connection,
    isAborted: false,
  };
}

function openStream({ response }: VerbContext, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
}

function piecesOf(frames: readonly string[], options: SseOptions): Buffer[] {
  if (options.splits === undefined) return frames.map((frame) => Buffer.from(frame));
  const whole = Buffer.from(frames.join(''));
  const inner = options.splits === 'bytes' ? [...whole.keys()].slice(1) : options.splits;
  const bounds = [0, ...inner, whole.length];
  return bounds.slice(1).map((end, index) => whole.subarray(bounds[index], end));
}

/** Writes piece by piece, each handed to the system before the next; stops when the other side is gone. */
async function writeInTurns(
  { response }: VerbContext,
  pieces: readonly Buffer[],
  pauseMs: number,
): Promise<void> {
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (piece.length > 0) {
      await new Promise<void>((resolve) => {
        response.once('close', resolve);
        response.write(piece, () => {
          response.off('close', resolve);
          resolve();
        });
      });
    }
    await turn(pauseMs);
  }
}

async function turn(delayMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    if (delayMs > 0) setTimeout(resolve, delayMs);
    else setImmediate(resolve);
  });
}

/** Lets several waiters wait for conditions over the same state. */
function createSignal(): { notify: () => void; until: (isMet: () => boolean) => Promise<void> } {
  const waiters = new Set<() => void>();
  return {
    notify: () => {
      for (const waiter of waiters) waiter();
    },
    until: (isMet) =>
      new Promise<void>((resolve) => {
        const check = (): void => {
          if (!isMet()) return;
          waiters.delete(check);
          resolve();
        };
        waiters.add(check);
        check();
      }),
  };
}
