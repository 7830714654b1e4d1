// Clients that ask in each dialect over a socket of their own and then are gone, as a killed assistant is: no farewell,
// the connection just ends or is reset.

import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { type Ask, wireAsk } from '../support/dialect-clients.ts';
import type { ClientDialectId } from '../support/echo-clients.ts';

/** The dialects, and the Responses API over its WebSocket. */
export const CLIENTS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate',
  'ollama-chat',
  'responses-socket',
] as const;
export type ClientKind = (typeof CLIENTS)[number];

export interface LeavingClient {
  /** Bytes of an answer that came so far. */
  receivedBytes(): number;
  /** Resolves when so many came, or the connection has ended. */
  received(bytes: number): Promise<void>;
  /** What came, as text. */
  text(): string;
  /** Gone; `isReset` = with a reset instead of an end. Returns when, on the clock of `performance.now`. */
  leave(isReset: boolean): number;
}

export interface Asking {
  readonly url: string;
  readonly token: string;
  readonly model: string;
  readonly ask: Ask;
  readonly isStream: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export function dialectOf(client: ClientKind): ClientDialectId {
  return client === 'responses-socket' ? 'openai-responses' : client;
}

export function ask(client: ClientKind, asking: Asking): Promise<LeavingClient> {
  return client === 'responses-socket' ? askOnSocket(asking) : askOverHttp(client, asking);
}

async function askOverHttp(dialect: ClientDialectId, asking: Asking): Promise<LeavingClient> {
  const { url, token, model, isStream } = asking;
  const wire = wireAsk(dialect, model, asking.ask, isStream);
  const { port, host } = new URL(url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  const seen = collector();
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => seen.add(chunk.toString('latin1')));
  socket.on('close', seen.end);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const body = Buffer.from(JSON.stringify(wire.body));
  const headers = {
    host,
    'content-type': 'application/json',
    'content-length': String(body.length),
    authorization: `Bearer ${token}`,
    ...asking.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(Buffer.concat([Buffer.from(`POST ${wire.path} HTTP/1.1\r\n${lines.join('')}\r\n`), body]));
  return {
    ...seen,
    leave(isReset) {
      const leftAtMs = performance.now();
      if (isReset) socket.resetAndDestroy();
      else socket.destroy();
      return leftAtMs;
    },
  };
}

async function askOnSocket({ url, token, model, ask: asked, headers }: Asking): Promise<LeavingClient> {
  const { body } = wireAsk('openai-responses', model, asked, true);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/responses`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    perMessageDeflate: false,
  });
  const seen = collector();
  socket.on('error', () => {});
  socket.on('message', (data: Buffer) => seen.add(data.toString('utf8')));
  socket.on('close', seen.end);
  await new Promise<void>((resolve) => socket.once('open', () => resolve()));
  socket.send(JSON.stringify({ type: 'response.create', ...body }));
  return {
    ...seen,
    leave() {
      const leftAtMs = performance.now();
      socket.terminate();
      return leftAtMs;
    },
  };
}

interface Collector extends Pick<LeavingClient, 'received' | 'receivedBytes' | 'text'> {
  readonly add: (text: string) => void;
  readonly end: () => void;
}

function collector(): Collector {
  let text = '';
  let isEnded = false;
  let waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];
  const settle = (): void => {
    const met = waiting.filter(({ bytes }) => isEnded || text.length >= bytes);
    waiting = waiting.filter((waiter) => !met.includes(waiter));
    for (const { resolve } of met) resolve();
  };
  return {
    add: (piece) => ((text += piece), settle()),
    end: () => ((isEnded = true), settle()),
    text: () => text,
    receivedBytes: () => text.length,
    received: (bytes) =>
      new Promise((resolve) => {
        waiting.push({ bytes, resolve });
        settle();
      }),
  };
}
