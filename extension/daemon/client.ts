// One call of the control API. Not `fetch`: the editor patches it to use proxies, and the admin token must not go there.

import { request, type Agent, type IncomingMessage } from 'node:http';
import { CONTROL_PREFIX, type ErrorBody } from '../../daemon/protocol/control-api.ts';
import { DaemonCallError, type DaemonConnection } from './daemon-session.ts';
import { shakeHands } from './handshake.ts';

export interface ClientOptions {
  readonly url: string;
  /** Read for each call: it may be exchanged while the daemon runs. null = there is none. */
  readonly adminToken: () => string | null;
}

/** A page of 500 records takes milliseconds; a replay of 100,000 some seconds. */
const ANSWER_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** What `DaemonConnection.call` promises. Every call proves its own connection first: one more trip on this machine. */
export function createCall({ url, adminToken }: ClientOptions): DaemonConnection['call'] {
  return async (method, route, body, options = {}) => {
    const token = adminToken();
    if (token === null) throw unreachable(url);
    const address = new URL(`${CONTROL_PREFIX}/${route}`, url);
    if (!address.pathname.startsWith(`${CONTROL_PREFIX}/`)) throw unreachable(url);
    const handshake = await shakeHands(url, token);
    if (handshake.status !== 'proven') throw unreachable(url);
    const { agent } = handshake;
    const payload = method === 'GET' ? undefined : JSON.stringify(body ?? {});
    try {
      const answer = await send({ address, method, token, payload, agent, ...options });
      return bodyOf(answer, url);
    } finally {
      agent.destroy();
    }
  };
}

interface Outgoing {
  readonly address: URL;
  readonly method: string;
  readonly token: string;
  readonly payload: string | undefined;
  readonly agent: Agent;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

interface Answer {
  readonly statusCode: number;
  readonly text: string;
}

function send({ address, method, token, payload, agent, timeoutMs, signal }: Outgoing): Promise<Answer> {
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${token}`,
    ...(payload === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      const isWanted = signal?.aborted === true;
      reject(
        isWanted
          ? new DaemonCallError('client.closed', 'the call was given up')
          : toCallError(error, address),
      );
    };
    const outgoing = request(address, { method, headers, agent, ...(signal && { signal }) }, (incoming) => {
      collect(
        incoming,
        (text) => {
          clearTimeout(timer);
          resolve({ statusCode: incoming.statusCode ?? 0, text });
        },
        fail,
      );
    });
    const timer = setTimeout(() => outgoing.destroy(new Error('no answer in time')), timeoutMs ?? ANSWER_MS);
    outgoing.on('error', fail);
    outgoing.end(payload);
  });
}

function collect(
  incoming: IncomingMessage,
  done: (text: string) => void,
  fail: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) incoming.destroy(new Error('the answer is too large'));
  });
  incoming.on('error', fail);
  incoming.on('end', () => done(Buffer.concat(chunks).toString()));
}

function bodyOf({ statusCode, text }: Answer, url: string): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new DaemonCallError(
      'daemon.unreachable',
      `the daemon at ${url} answered something that is no JSON`,
      statusCode,
    );
  }
  if (statusCode >= 200 && statusCode < 300) return body;
  const { error } = (body ?? {}) as Partial<ErrorBody>;
  const message = error?.message ?? `the daemon at ${url} answered ${statusCode}; see its log`;
  throw new DaemonCallError(error?.code ?? 'daemon.unreachable', message, statusCode);
}

function toCallError(error: Error, address: URL): DaemonCallError {
  if (error.message === 'no answer in time') {
    return new DaemonCallError(
      'daemon.unreachable',
      `the daemon at ${address.origin} did not answer in time; see its log`,
    );
  }
  return unreachable(address.origin);
}

function unreachable(url: string): DaemonCallError {
  return new DaemonCallError(
    'daemon.unreachable',
    `the daemon at ${url} does not answer; it is looked for or started again`,
  );
}
