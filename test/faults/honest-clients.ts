// Clients that behave, one request after the other on kept connections, and how long their answers took.

import { Agent, request } from 'node:http';

export interface HonestLoad {
  /** Sorted, ms. */
  readonly times: readonly number[];
  /** How often each status was the answer; broken connections by their code. */
  readonly statuses: Readonly<Record<string, number>>;
}

export interface HonestOptions {
  readonly port: number;
  readonly token: string;
  readonly model: string;
  readonly clients?: number;
}

/** A chat request of the size that assistants send for small things, some 8 kB. */
function chatBody(model: string): string {
  const messages = [
    { role: 'system', content: 'You are careful and answer in one word. '.repeat(200) },
    { role: 'user', content: 'say hello' },
  ];
  return JSON.stringify({ model: `exact/${model}`, max_tokens: 50, messages });
}

/** Sends requests until `until` resolves. */
export async function honestLoad(options: HonestOptions, until: Promise<unknown>): Promise<HonestLoad> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  const over = new AbortController();
  const ended = until.then(() => over.abort());
  const client = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const startMs = performance.now();
      const status = await askOnce(agent, options);
      times.push(performance.now() - startMs);
      statuses[status] = (statuses[status] ?? 0) + 1;
      await new Promise((resolve) => void setTimeout(resolve, 5));
    }
  };
  await Promise.all(Array.from({ length: options.clients ?? 2 }, client));
  await ended;
  agent.destroy();
  return { times: times.toSorted((a, b) => a - b), statuses };
}

export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Resolves to the status, or the code of what broke, when the answer is complete. */
function askOnce(agent: Agent, { port, token, model }: HonestOptions): Promise<string> {
  const body = chatBody(model);
  return new Promise((resolve) => {
    const call = request({
      host: '127.0.0.1',
      port,
      agent,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    call.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.statusCode)));
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
    call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    call.end(body);
  });
}
