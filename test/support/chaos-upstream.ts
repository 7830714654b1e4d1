// A model provider for every upstream dialect in which anything can break at any byte, and which knows what it billed.
// Raw sockets on 127.0.0.1, port chosen by the system; the dialect is told by the path of the request.
//
//   const upstream = await startChaosUpstream();
//   ... providers of any dialect at upstream.baseUrl, models with upstreamModel 'up-a', 'up-b' ...
//   upstream.always(answers());                                  // full answers, streamed or not, as they are asked for
//   upstream.forModel('up-a', answers({ answer: TOOL_ANSWER })); // from now on, by the name in the request
//   upstream.next('up-a', breakAfterWords(5, 'cut'), status(429)); // for the coming requests of a model, one each
//   upstream.bills                                               // one per attempt: tokens billed so far, who hung up when
//   upstream.billsOf('up-a'); await upstream.until(() => upstream.bills.length === 2);
//   await upstream.close();
//
// Faults (chaos/faults.ts: everything that happens to bytes; chaos/stalls.ts: silence; chaos/refusals.ts: statuses and
// bodies) are functions of a `ChaosCall` and can be written on the spot:
// `async (call) => { await call.streamHead(); await call.hang(); }`.
// Ports where nothing answers: `closedPort()`, `startBlackHole()` (accepts, reads nothing), `startFullBacklog()` (SYNs
// are dropped). Texts are made of common words (chaos/words.ts), so that tokens can be counted without a tokenizer; the
// prompt is billed as soon as a 200 begins or the provider stalls, the output as far as it was written.

import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import { type Bill, ChaosCall, type OpenBill } from './chaos/call.ts';
import { answers } from './chaos/faults.ts';
import type { Fault } from './chaos/parts.ts';
import { type RawRequest, readRequests } from './chaos/wire.ts';
import { TEXT_ANSWER } from './chaos/words.ts';
import { Watchers } from './watchers.ts';

export { type Bill, type ChaosCall, type ChaosFrame, chaosFrames } from './chaos/call.ts';
export * from './chaos/faults.ts';
export type { Fault } from './chaos/parts.ts';
export * from './chaos/refusals.ts';
export * from './chaos/stalls.ts';
export { countTokens, promptTokens, TEXT_ANSWER, TOOL_ANSWER, wordsOf } from './chaos/words.ts';
export { closedPort } from './fake-upstream.ts';

export interface ChaosUpstream {
  readonly origin: string;
  /** `origin` and `/v1`; every dialect's paths work under it. */
  readonly baseUrl: string;
  readonly bills: readonly Bill[];
  billsOf(model: string): readonly Bill[];
  /** What is done with requests of models that have nothing of their own. */
  always(fault: Fault): void;
  /** What is done with every request of this model. */
  forModel(model: string, fault: Fault): void;
  /** What is done with the coming requests of this model, one each. */
  next(model: string, ...faults: readonly Fault[]): void;
  connections(): number;
  openConnections(): number;
  /** Resolves when the condition holds; looked at whenever something happens here. */
  until(isMet: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function startChaosUpstream(): Promise<ChaosUpstream> {
  const bills: OpenBill[] = [];
  const sockets = new Set<Socket>();
  const queued = new Map<string, Fault[]>();
  const byModel = new Map<string, Fault>();
  const watchers = new Watchers();
  const notify = (): void => {
    watchers.changed();
  };
  let always: Fault = answers();
  let accepted = 0;

  const serve = async (socket: Socket, connection: number, request: RawRequest): Promise<void> => {
    const bill = openBill(request, bills.length + 1, connection);
    bills.push(bill);
    notify();
    const { dialect, isStream, model } = bill;
    const call = new ChaosCall({ dialect, isStream, answer: TEXT_ANSWER, bill, socket, request });
    const fault = queued.get(model)?.shift() ?? byModel.get(model) ?? always;
    await fault(call);
    notify();
  };
  const server = createServer((socket) => {
    const connection = ++accepted;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {}); // resets are what this is about
    socket.on('close', () => {
      sockets.delete(socket);
      notify();
    });
    readRequests(socket, (request) => serve(socket, connection, request));
    notify();
  });
  const port = await listening(server);
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    baseUrl: `${origin}/v1`,
    bills,
    billsOf: (model) => bills.filter((bill) => bill.model === model),
    always: (fault) => {
      always = fault;
    },
    forModel: (model, fault) => void byModel.set(model, fault),
    next: (model, ...faults) => void queued.set(model, [...(queued.get(model) ?? []), ...faults]),
    connections: () => accepted,
    openConnections: () => sockets.size,
    until: (isMet) => watchers.until(isMet),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function openBill(request: RawRequest, number: number, connection: number): OpenBill {
  const { path, headers, json = {} } = request;
  const inPath = /models\/([^/:]+):/.exec(path)?.[1];
  const named = json['model'];
  return {
    number,
    model: inPath ?? (typeof named === 'string' ? named : ''),
    dialect: dialectOf(path),
    isStream: json['stream'] === true || path.includes(':streamGenerateContent'),
    path,
    headers,
    body: json,
    connection,
    receivedAtMs: performance.now(),
    inputTokens: 0,
    outputTokens: 0,
    isUsageDelivered: false,
    isComplete: false,
    isOver: false,
    hungUpAtMs: null,
  };
}

function dialectOf(path: string): UpstreamDialectId {
  if (/:(?:streamG|g)enerateContent/.test(path)) return 'google-generate';
  if (path.includes('/messages')) return 'anthropic-messages';
  return path.includes('/responses') ? 'openai-responses' : 'openai-chat';
}

export interface SilentPort {
  /** With `/v1`. */
  readonly baseUrl: string;
  /** Connections that were made to it; those that the system holds back are not known. */
  readonly connections: () => number;
  readonly openConnections: () => number;
  close(): Promise<void>;
}

/** Accepts and then neither reads nor writes. */
export async function startBlackHole(): Promise<SilentPort> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listening(server);
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    connections: () => accepted,
    openConnections: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A thread that listens, fills its own backlog and then stands still: SYNs are dropped, connecting takes forever. */
const FULL_BACKLOG = `
  const { createServer, connect } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer(() => {});
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    const { port } = server.address();
    parentPort.postMessage(port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

export async function startFullBacklog(): Promise<SilentPort> {
  const worker = new Worker(FULL_BACKLOG, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const { connect } = await import('node:net');
  const fillers = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}));
  // Those that find no room in the backlog never connect, and then nobody else does.
  await Promise.race(
    fillers.map((socket) => new Promise<void>((resolve) => socket.once('connect', () => resolve()))),
  );
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    connections: () => 0,
    openConnections: () => 0,
    close: async () => {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
}
