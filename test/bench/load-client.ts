// A load client over bare keep-alive sockets: each connection sends a request, waits for the whole answer, sends the
// next. Why it is not the bottleneck: the request is one buffer made beforehand in which a counter is overwritten, reads
// go into one buffer for all connections, of an answer only the head and the end are looked at, and nothing is kept but
// numbers. It needs about a third of the processor time of the bare pipe for the same request.

import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import { BodyCounter, type RequestBody } from './request-bodies.ts';
import { quantileOf } from './statistics.ts';
import { TIME_DIGITS, TIME_MARK, TOKEN_MARK } from './wire-answers.ts';

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody;
  readonly connections: number;
  /** No request is begun after it; those under way are awaited. */
  readonly durationMs: number;
  /** What an answer must be; any other counts as failed. `paced` = a stream whose tokens tell when they were sent. */
  readonly expects: 'plain' | 'stream' | 'paced';
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  /** The beginning of the first answer that was not as expected. */
  readonly failure: string | null;
  readonly figures: LoadFigures;
}

/** NaN = does not apply. Times in microseconds. */
export interface LoadFigures {
  readonly requestsPerS: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly firstTokenP50Us: number;
  readonly firstTokenP99Us: number;
  /** From the mock's sending of a token to its arrival here. */
  readonly tokenDelayP50Us: number;
  readonly tokenDelayP99Us: number;
  /** Share of tokens that arrived in one read with the one before. */
  readonly joinedRatio: number;
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const tally = new Tally();
  const startedMs = performance.now();
  const deadlineMs = startedMs + options.durationMs;
  await Promise.all(
    Array.from({ length: options.connections }, () => runConnection(options, deadlineMs, tally)),
  );
  return tally.result((performance.now() - startedMs) / 1000);
}

/** The counter makes every request one that nobody has seen before: no cache may answer in the model's place. */
const counter = new BodyCounter();

/** Reads are handled before the next one begins, so one buffer does for all connections. */
const readBuffer = Buffer.allocUnsafe(256 * 1024);

function runConnection(options: LoadOptions, deadlineMs: number, tally: Tally): Promise<void> {
  return new Promise((resolve) => {
    const request = requestBytes(options);
    const answer = new AnswerReader(options.expects === 'plain' ? 'application/json' : 'text/event-stream');
    const watch = options.expects === 'plain' ? null : new TokenWatch(options.expects, tally);
    let sentMs = 0;
    let isWaiting = true; // from the beginning: a refused connection is a failed request
    const send = (): void => {
      isWaiting = true;
      counter.stamp(request.bytes, request.counterAt);
      sentMs = performance.now();
      watch?.begin(sentMs);
      socket.write(request.bytes);
    };
    const read = (length: number): boolean => {
      const data = readBuffer.subarray(0, length);
      const end = answer.push(data);
      watch?.push(data);
      if (end === 'more') return true;
      isWaiting = false;
      const nowMs = performance.now();
      if (end === 'ok') tally.answered(nowMs - sentMs);
      else tally.failed(`${answer.head}\n${data.toString('utf8', 0, 300)}`);
      if (nowMs < deadlineMs) send();
      else socket.end();
      return true;
    };
    const socket: Socket = connect({
      port: options.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: readBuffer, callback: read },
    });
    socket.on('connect', send);
    let closedBy = 'the connection was closed before the answer was complete';
    socket.on('error', (error) => (closedBy = error.message));
    socket.on('close', () => {
      if (isWaiting) tally.failed(closedBy);
      resolve();
    });
  });
}

function requestBytes(options: LoadOptions): RequestBody {
  const headers = {
    host: `127.0.0.1:${options.port}`,
    'content-type': 'application/json',
    'content-length': String(options.body.bytes.length),
    ...options.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`POST ${options.path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return {
    bytes: Buffer.concat([head, options.body.bytes]),
    counterAt: head.length + options.body.counterAt,
  };
}

/** Looks for the first token of a stream and, in a paced one, at when each was sent. */
class TokenWatch {
  readonly #kind: 'stream' | 'paced';
  readonly #tally: Tally;
  #sentMs = 0;
  #isWaiting = true;
  /** The end of the last read, in which a token may have begun. */
  #tail = '';

  constructor(kind: 'stream' | 'paced', tally: Tally) {
    this.#kind = kind;
    this.#tally = tally;
  }

  begin(sentMs: number): void {
    this.#sentMs = sentMs;
    this.#isWaiting = true;
    this.#tail = '';
  }

  push(data: Buffer): void {
    if (this.#isWaiting && data.includes(this.#kind === 'paced' ? TIME_MARK : TOKEN_MARK)) {
      this.#isWaiting = false;
      this.#tally.firstToken(performance.now() - this.#sentMs);
    }
    if (this.#kind === 'paced') this.#readTimes(data);
  }

  #readTimes(data: Buffer): void {
    const [seconds, nanoseconds] = process.hrtime();
    const nowUs = seconds * 1e6 + nanoseconds / 1e3;
    const text = this.#tail + data.toString('latin1');
    let tokens = 0;
    let end = 0;
    for (const match of text.matchAll(SENT_AT)) {
      this.#tally.token(nowUs - Number(match[1]), tokens > 0);
      tokens += 1;
      end = match.index + match[0].length;
    }
    this.#tail = text.slice(Math.max(end, text.length - TIME_DIGITS - 2));
  }
}

const SENT_AT = new RegExp(`${TIME_MARK}(\\d{${TIME_DIGITS}});`, 'g');

class Tally {
  readonly #latenciesMs: number[] = [];
  readonly #firstTokensMs: number[] = [];
  readonly #tokenDelaysUs: number[] = [];
  #joined = 0;
  #failures = 0;
  #failure: string | null = null;

  answered(ms: number): void {
    this.#latenciesMs.push(ms);
  }

  firstToken(ms: number): void {
    this.#firstTokensMs.push(ms);
  }

  token(delayUs: number, isJoined: boolean): void {
    this.#tokenDelaysUs.push(delayUs);
    if (isJoined) this.#joined += 1;
  }

  failed(what: string): void {
    this.#failures += 1;
    this.#failure ??= what;
  }

  result(elapsedS: number): LoadResult {
    const latencies = Float64Array.from(this.#latenciesMs).sort();
    const firstTokens = Float64Array.from(this.#firstTokensMs).sort();
    const delays = Float64Array.from(this.#tokenDelaysUs).sort();
    return {
      requests: latencies.length,
      failures: this.#failures,
      failure: this.#failure,
      figures: {
        requestsPerS: latencies.length / elapsedS,
        p50Us: quantileOf(latencies, 0.5) * 1000,
        p99Us: quantileOf(latencies, 0.99) * 1000,
        firstTokenP50Us: quantileOf(firstTokens, 0.5) * 1000,
        firstTokenP99Us: quantileOf(firstTokens, 0.99) * 1000,
        tokenDelayP50Us: quantileOf(delays, 0.5),
        tokenDelayP99Us: quantileOf(delays, 0.99),
        joinedRatio: this.#joined / delays.length,
      },
    };
  }
}
