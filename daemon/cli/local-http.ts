// One small HTTP call to a program on this machine. Not `fetch`: it can be told by the environment to use a proxy, and
// the admin token must not go there; it also costs every command some 30 ms to load.

import { Agent, request } from 'node:http';

export interface LocalCall {
  readonly method: string;
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** For the whole answer. */
  readonly timeoutMs: number;
}

export interface LocalAnswer {
  readonly statusCode: number;
  /** Parsed; undefined when the answer is no JSON. */
  readonly body: unknown;
}

/** Rejects with the error of Node: `code` ECONNREFUSED = nobody listens, ETIMEDOUT = no answer in time. */
export async function callLocal(url: URL, call: LocalCall): Promise<LocalAnswer> {
  const payload = call.body === undefined ? undefined : JSON.stringify(call.body);
  const headers = {
    accept: 'application/json',
    ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
    ...(payload === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
  };
  const agent = new Agent({ keepAlive: false });
  return await new Promise<LocalAnswer>((resolve, reject) => {
    const outgoing = request(url, { method: call.method, headers, agent }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        clearTimeout(timer);
        resolve({ statusCode: incoming.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()) });
      });
    });
    const timer = setTimeout(() => {
      outgoing.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
    }, call.timeoutMs);
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.end(payload);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
