// One kept-alive HTTP/1.1 connection that costs next to nothing: writes bytes made beforehand, reads just enough of the
// answer to know where it ends. For loads of thousands of requests a second, where a real client would be the load.

import { connect, type Socket } from 'node:net';

export interface SocketAnswer {
  /** 0 = the connection ended before there was a status. */
  readonly status: number;
  readonly exchangeId: string | null;
  readonly body: Buffer;
  /** False when the connection was destroyed before the end that the answer had announced. */
  readonly isComplete: boolean;
  readonly tookMs: number;
}

export interface SendOptions {
  /** Hangs up after so long; the answer then is what had come by then. */
  readonly abortAfterMs?: number;
  /** Hangs up as soon as there is a first byte of a body. */
  readonly abortAtBody?: boolean;
  /** Hangs up when nothing was complete after so long, ms; 30,000 when absent. */
  readonly patienceMs?: number;
}

const NO_BODY = Buffer.alloc(0);
const DEFAULT_PATIENCE_MS = 30_000;

/** Requests go one after another; the connection is made anew whenever the last one is gone. */
export class HttpSocket {
  readonly #port: number;
  #socket: Socket | null = null;
  #reader = new AnswerReader();
  #finish: ((isComplete: boolean) => void) | null = null;
  #onBody: (() => void) | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  send(request: Buffer, options: SendOptions = {}): Promise<SocketAnswer> {
    const socket = this.#socket ?? this.#connect();
    this.#reader = new AnswerReader();
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => this.#hangUp(),
        options.abortAfterMs ?? options.patienceMs ?? DEFAULT_PATIENCE_MS,
      );
      this.#onBody = options.abortAtBody === true ? () => this.#hangUp() : null;
      this.#finish = (isComplete) => {
        clearTimeout(timer);
        this.#finish = null;
        this.#onBody = null;
        const { status, exchangeId, body } = this.#reader;
        resolve({ status, exchangeId, body: body(), isComplete, tookMs: performance.now() - startedMs });
      };
      socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #hangUp(): void {
    this.close();
    this.#finish?.(false);
  }

  #connect(): Socket {
    const socket = connect(this.#port, '127.0.0.1');
    socket.setNoDelay(true);
    this.#socket = socket;
    const isCurrent = (): boolean => this.#socket === socket;
    socket.on('data', (data) => {
      if (!isCurrent()) return;
      const isWhole = this.#reader.push(data);
      if (isWhole) {
        if (this.#reader.closes) this.close();
        this.#finish?.(true);
      } else if (this.#reader.hasBody) this.#onBody?.();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (!isCurrent()) return;
      this.#socket = null;
      this.#finish?.(false);
    });
    return socket;
  }
}

/** One answer, however it is cut into reads. */
class AnswerReader {
  status = 0;
  exchangeId: string | null = null;
  hasBody = false;
  /** The other side ends the connection after this answer. */
  closes = false;
  #head: Buffer = NO_BODY;
  #isChunked = false;
  #left = 0;
  #pieces: Buffer[] = [];
  #rest: Buffer = NO_BODY;

  /** True when the answer is complete. */
  push(data: Buffer): boolean {
    if (this.status === 0) {
      this.#head = this.#head.length === 0 ? data : Buffer.concat([this.#head, data]);
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return false;
      this.#readHead(this.#head.toString('latin1', 0, end));
      return this.#readBody(this.#head.subarray(end + 4));
    }
    return this.#readBody(data);
  }

  readonly body = (): Buffer =>
    this.#pieces.length === 1 ? (this.#pieces[0] ?? NO_BODY) : Buffer.concat(this.#pieces);

  #readHead(head: string): void {
    this.status = Number(head.slice(9, 12));
    this.exchangeId = /\r\nx-pointsman-exchange-id: ?([^\r]+)/i.exec(head)?.[1] ?? null;
    this.closes = /\r\nconnection: ?close/i.test(head);
    const length = /\r\ncontent-length: ?(\d+)/i.exec(head)?.[1];
    this.#isChunked = length === undefined;
    this.#left = Number(length ?? 0);
  }

  #readBody(data: Buffer): boolean {
    if (data.length > 0) this.hasBody = true;
    if (this.#isChunked) return this.#readChunks(data);
    if (data.length > 0) this.#pieces.push(data);
    this.#left -= data.length;
    return this.#left <= 0;
  }

  #readChunks(data: Buffer): boolean {
    let buffer = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    for (;;) {
      const lineEnd = buffer.indexOf('\r\n');
      if (lineEnd < 0) break;
      const size = Number.parseInt(buffer.toString('latin1', 0, lineEnd), 16);
      const chunkEnd = lineEnd + 2 + size + 2;
      if (buffer.length < chunkEnd) break;
      if (size === 0) return true;
      this.#pieces.push(buffer.subarray(lineEnd + 2, lineEnd + 2 + size));
      buffer = buffer.subarray(chunkEnd);
    }
    this.#rest = buffer;
    return false;
  }
}
