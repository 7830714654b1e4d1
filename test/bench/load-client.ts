// A load client over bare keep-alive sockets: sends the same request again and again on each connection and measures
// every answer. Reads just enough HTTP to know where an answer ends.

import { connect } from 'node:net';

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly body: Buffer;
  readonly connections: number;
  readonly durationMs: number;
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const request = Buffer.concat([
    Buffer.from(
      `POST ${options.path} HTTP/1.1\r\nhost: 127.0.0.1:${options.port}\r\nauthorization: Bearer ${options.token}\r\n` +
        `content-type: application/json\r\ncontent-length: ${options.body.length}\r\n\r\n`,
    ),
    options.body,
  ]);
  const latenciesMs: number[] = [];
  let failures = 0;
  const startedMs = performance.now();
  const deadlineMs = startedMs + options.durationMs;
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(options.port, '127.0.0.1');
      socket.setNoDelay(true);
      let sentMs = 0;
      const answer = new AnswerEnd();
      const send = (): void => {
        sentMs = performance.now();
        socket.write(request);
      };
      socket.on('connect', send);
      socket.on('data', (data) => {
        const end = answer.push(data);
        if (end === 'more') return;
        const nowMs = performance.now();
        if (end === 'ok') latenciesMs.push(nowMs - sentMs);
        else failures += 1;
        if (nowMs < deadlineMs) send();
        else socket.end();
      });
      socket.on('error', () => {
        failures += 1;
      });
      socket.on('close', () => resolve());
    });
  await Promise.all(Array.from({ length: options.connections }, one));
  const elapsedS = (performance.now() - startedMs) / 1000;
  latenciesMs.sort((a, b) => a - b);
  return {
    requests: latenciesMs.length,
    failures,
    requestsPerS: latenciesMs.length / elapsedS,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Finds where an answer ends: by content-length, or by the last chunk. */
class AnswerEnd {
  #head: Buffer = Buffer.alloc(0);
  #isOk = false;
  /** Bytes of the body still to come; -1 = chunked; null = head not complete. */
  #left: number | null = null;
  #tail: Buffer = Buffer.alloc(0);

  push(data: Buffer): 'more' | 'ok' | 'failed' {
    let body = data;
    if (this.#left === null) {
      this.#head = this.#head.length === 0 ? data : Buffer.concat([this.#head, data]);
      const headEnd = this.#head.indexOf('\r\n\r\n');
      if (headEnd < 0) return 'more';
      const head = this.#head.toString('latin1', 0, headEnd);
      this.#isOk = head.startsWith('HTTP/1.1 200');
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      this.#left = length === undefined ? -1 : Number(length);
      body = this.#head.subarray(headEnd + 4);
    }
    if (this.#left >= 0) {
      this.#left -= body.length;
      return this.#left > 0 ? 'more' : this.#done();
    }
    this.#tail = Buffer.concat([this.#tail, body]).subarray(-LAST_CHUNK.length);
    return this.#tail.equals(LAST_CHUNK) ? this.#done() : 'more';
  }

  #done(): 'ok' | 'failed' {
    this.#head = Buffer.alloc(0);
    this.#tail = Buffer.alloc(0);
    this.#left = null;
    return this.#isOk ? 'ok' : 'failed';
  }
}
