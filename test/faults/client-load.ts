// Clients that ask a daemon without pause until they are stopped, and keep what each of them got: which answers came
// whole, which broke. Raw HTTP, so that a broken answer is told from a whole one by its bytes alone.

import { Agent, request as httpRequest } from 'node:http';
import type { DaemonProcess } from '../support/daemon-process.ts';

export interface ClientCall {
  /** As the daemon named the exchange; null when no head of an answer came. */
  readonly exchangeId: string | null;
  readonly isStream: boolean;
  readonly statusCode: number | null;
  readonly retryAfter: string | null;
  /** Every byte of an answer that a client waits for: up to its length, or to the event that ends it. */
  readonly isWhole: boolean;
  readonly body: string;
}

export interface ClientLoad {
  readonly calls: readonly ClientCall[];
  /** Calls that were begun. */
  readonly begun: () => number;
  /** Begins no more calls; resolves when those that run have ended. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly daemon: Pick<DaemonProcess, 'url' | 'token'>;
  readonly clients: number;
  /** Of the call with this number, counted over all clients. */
  readonly isStream: (call: number) => boolean;
}

/** Stops by itself when the daemon is gone. */
export function startLoad({ daemon, clients, isStream }: LoadOptions): ClientLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const calls: ClientCall[] = [];
  const load = { begun: 0, isStopped: false };
  const client = async (): Promise<void> => {
    while (!load.isStopped) {
      const call = await ask(daemon, agent, isStream(load.begun++));
      calls.push(call);
      if (call.statusCode === null) return;
    }
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  return {
    calls,
    begun: () => load.begun,
    async stop() {
      load.isStopped = true;
      await running;
      agent.destroy();
    },
  };
}

/** One call to its end, good or bad; never rejects. `onBegun`: the first bytes of an answer are there. */
export function ask(
  daemon: Pick<DaemonProcess, 'url' | 'token'>,
  agent: Agent | undefined,
  isStream: boolean,
  onBegun?: () => void,
): Promise<ClientCall> {
  const body = JSON.stringify({
    model: 'auto',
    stream: isStream,
    ...(isStream ? { stream_options: { include_usage: true } } : {}),
    messages: [{ role: 'user', content: 'Say one sentence about rivers.' }],
  });
  return new Promise((resolve) => {
    let exchangeId: string | null = null;
    let statusCode: number | null = null;
    let retryAfter: string | null = null;
    let text = '';
    const end = (isComplete: boolean): void => {
      const isWhole = statusCode === 200 && (isStream ? text.includes('data: [DONE]\n') : isComplete);
      resolve({ exchangeId, isStream, statusCode, retryAfter, isWhole, body: text });
    };
    const sent = httpRequest(
      `${daemon.url}/v1/chat/completions`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${daemon.token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
        ...(agent === undefined ? {} : { agent }),
      },
      (response) => {
        exchangeId = String(response.headers['x-request-id'] ?? '');
        statusCode = response.statusCode ?? null;
        retryAfter = response.headers['retry-after'] ?? null;
        response.once('data', () => onBegun?.());
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', () => {}); // `close` follows
        response.on('close', () => end(response.complete));
      },
    );
    sent.on('error', () => end(false));
    sent.end(body);
  });
}
