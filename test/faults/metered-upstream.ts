// A provider of all four dialects that writes its answers token by token, sees at once when it is hung up on, and keeps
// a bill of every call: what it had read and written by then. Each request names in its prompt what shall be done with
// it (`#<marker>#`), so that hundreds of different ones can run at a time.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import { asksForStream, errorBody, plainAnswer, streamFrames } from '../support/wire-answers.ts';
import type { BilledText } from './billed-texts.ts';
import { Watchers } from '../support/watchers.ts';

export interface CallPlan {
  /**
   * `silent` never answers; `headers` opens an answer and leaves it at that; `stream` writes on and on; `half-body` stops
   * in the middle of a plain one; a number is an error status.
   */
  readonly does: 'silent' | 'headers' | 'stream' | 'half-body' | 'answer' | number;
  readonly answer: BilledText;
  readonly prompt: BilledText;
}

export interface MeteredCall {
  readonly marker: string;
  readonly path: string;
  readonly arrivedAtMs: number;
  /** When the other side hung up; null = it did not. */
  hungUpAtMs: number | null;
  /** The answer was complete. */
  isEnded: boolean;
  readonly inputTokens: number;
  outputTokens: number;
}

export interface MeteredUpstream {
  readonly origin: string;
  readonly calls: readonly MeteredCall[];
  /** For requests with this marker. */
  plan(marker: string, plan: CallPlan): void;
  callsOf(marker: string): readonly MeteredCall[];
  /** Resolves as soon as it holds for what was seen so far. */
  until(isMet: () => boolean): Promise<void>;
  openConnections(): number;
  close(): Promise<void>;
}

/** Around one message and before the answer, as OpenAI counts them; and the marker itself. */
const FRAME_TOKENS = 7;
const MARKER_TOKENS = 7;
/** Time between two writes of a stream, ms. */
const PIECE_EVERY_MS = 2;

/** With an error status: soon enough that an only model is waited for. */
const RETRY_AFTER_MS = '400';

export async function startMeteredUpstream(): Promise<MeteredUpstream> {
  const calls: MeteredCall[] = [];
  const byMarker = new Map<string, MeteredCall[]>();
  const plans = new Map<string, CallPlan>();
  const sockets = new Set<Socket>();
  const watchers = new Watchers();
  const changed = (): void => watchers.changed();
  const server = createServer((request, response) => {
    receive(request)
      .then((body) => {
        const marker = /#([\w-]+)#/.exec(body)?.[1] ?? '';
        const plan = plans.get(marker);
        const call: MeteredCall = {
          marker,
          path: request.url ?? '',
          arrivedAtMs: performance.now(),
          hungUpAtMs: null,
          isEnded: false,
          inputTokens: FRAME_TOKENS + MARKER_TOKENS + (plan?.prompt.tokens ?? 0),
          outputTokens: 0,
        };
        calls.push(call);
        byMarker.set(marker, [...(byMarker.get(marker) ?? []), call]);
        response.on('close', () => {
          if (!call.isEnded) call.hungUpAtMs = performance.now();
          changed();
        });
        if (plan !== undefined) act(plan, { request, response, body, call, changed });
        changed();
      })
      .catch(() => response.destroy()); // left while its request was still on the way
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => (sockets.delete(socket), changed()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    plan: (marker, plan) => void plans.set(marker, plan),
    callsOf: (marker) => byMarker.get(marker) ?? [],
    until: (isMet) => watchers.until(isMet),
    openConnections: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Serving {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
  readonly call: MeteredCall;
  readonly changed: () => void;
}

function act(plan: CallPlan, serving: Serving): void {
  const { request, response, body, call } = serving;
  const dialect = dialectOf(call.path);
  const isStream = asksForStream({
    json: JSON.parse(body) as Record<string, unknown>,
    path: request.url ?? '',
  });
  const usage = { input: call.inputTokens, cached: 0, output: plan.answer.tokens, reasoning: 0 };
  const type = isStream ? 'text/event-stream' : 'application/json';
  const end = (text: string): void => {
    call.isEnded = true;
    call.outputTokens = typeof plan.does === 'number' ? 0 : plan.answer.tokens;
    response.end(text);
  };
  if (plan.does === 'silent') return;
  if (typeof plan.does === 'number') {
    response.writeHead(plan.does, { 'content-type': 'application/json', 'retry-after-ms': RETRY_AFTER_MS });
    end(JSON.stringify(errorBody(dialect, plan.does, 'not now')));
    return;
  }
  response.writeHead(200, { 'content-type': type });
  if (plan.does === 'headers') return response.flushHeaders();
  if (plan.does === 'stream' && isStream) return streamPieces(dialect, plan, serving);
  const answer = { text: plan.answer.text, usage };
  const whole = isStream
    ? streamFrames(dialect, answer).join('')
    : JSON.stringify(plainAnswer(dialect, answer));
  if (plan.does === 'half-body') {
    call.outputTokens = plan.answer.tokens; // a plain answer is made before any of it is sent
    response.write(whole.slice(0, whole.length / 2));
  } else end(whole);
}

/** A word that stands in no frame but as the text of the answer. */
const PLACE = 'PLACE-OF-THE-TEXT';

/** Writes the text piece by piece, from the beginning again when it is through; only the hang-up ends it. */
function streamPieces(dialect: UpstreamDialectId, { answer }: CallPlan, serving: Serving): void {
  const { response, call, changed } = serving;
  const usage = { input: call.inputTokens, cached: 0, output: 1, reasoning: 0 };
  const frames = streamFrames(dialect, { text: PLACE, usage });
  const at = frames.findIndex((frame) => frame.includes(PLACE));
  const frame = frames[at] ?? '';
  response.write(frames.slice(0, at).join(''));
  let next = 0;
  const timer = setInterval(() => {
    const piece = answer.pieces[next++ % answer.pieces.length];
    if (piece === undefined || response.destroyed) return;
    response.write(frame.replace(JSON.stringify(PLACE), () => JSON.stringify(piece.text)));
    call.outputTokens += piece.tokens;
    changed();
  }, PIECE_EVERY_MS);
  response.on('close', () => clearInterval(timer));
}

function dialectOf(path: string): UpstreamDialectId {
  if (path.endsWith('/messages')) return 'anthropic-messages';
  if (path.endsWith('/responses')) return 'openai-responses';
  return path.includes('enerateContent') ? 'google-generate' : 'openai-chat';
}

async function receive(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
