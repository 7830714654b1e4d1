// HTTP/1.1 as bytes on a socket, for a server whose answers may be wrong in any place: requests are parsed properly,
// answers are whatever a fault writes.

import type { Socket } from 'node:net';

import { isJsonObject, type JsonObject } from '../../../daemon/util/json.ts';

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Buffer;
  /** Undefined when the body is no JSON object. */
  readonly json: JsonObject | undefined;
}

/** Calls `onRequest` for each complete request on the socket, one after the other. */
export function readRequests(socket: Socket, onRequest: (request: RawRequest) => Promise<void>): void {
  let pending: Buffer = Buffer.alloc(0);
  let isServing = false;
  const serve = async (): Promise<void> => {
    if (isServing) return;
    isServing = true;
    for (let found = parseRequest(pending); found !== undefined; found = parseRequest(pending)) {
      pending = pending.subarray(found.length);
      await onRequest(found.request).catch(() => socket.destroy());
    }
    isServing = false;
  };
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    void serve();
  });
}

function parseRequest(bytes: Buffer): { readonly request: RawRequest; readonly length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [line = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const headers = new Map(
    lines.map((header) => {
      const colon = header.indexOf(':');
      return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()] as const;
    }),
  );
  const length = headEnd + 4 + Number(headers.get('content-length') ?? 0);
  if (bytes.length < length) return undefined;
  const [method = '', path = ''] = line.split(' ');
  const body = bytes.subarray(headEnd + 4, length);
  return { request: { method, path, headers, bytes: body, json: parsed(body) }, length };
}

function parsed(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** How the end of a body is told: by chunks, by its length in the head, or by closing the connection. */
export type Framing = 'chunked' | 'close' | { readonly length: number };

export type HeaderList = Readonly<Record<string, string | readonly string[]>>;

/** Writes one answer. Every write waits until the system has taken it, and gives the reader a turn. */
export class RawAnswerWriter {
  readonly socket: Socket;
  #framing: Framing = 'close';

  constructor(socket: Socket) {
    this.socket = socket;
  }

  async head(statusCode: number, headers: HeaderList, framing: Framing): Promise<void> {
    this.#framing = framing;
    await this.raw(headText(statusCode, headers, framing));
  }

  /** A piece of the body, in the framing that the head announced. */
  async body(piece: string | Buffer): Promise<void> {
    const bytes = Buffer.from(piece);
    if (bytes.length === 0) return;
    if (this.#framing !== 'chunked') return this.raw(bytes);
    const size = `${bytes.length.toString(16)}\r\n`;
    await this.raw(Buffer.concat([Buffer.from(size), bytes, Buffer.from('\r\n')]));
  }

  /** The proper end of the body. */
  async end(): Promise<void> {
    if (this.#framing === 'chunked') await this.raw('0\r\n\r\n');
    else if (this.#framing === 'close') this.socket.end();
  }

  async raw(bytes: string | Buffer): Promise<void> {
    const { socket } = this;
    if (socket.destroyed || socket.writableEnded) return;
    await new Promise<void>((resolve) => {
      socket.once('close', resolve);
      socket.write(bytes, () => {
        socket.off('close', resolve);
        setImmediate(resolve);
      });
    });
  }
}

export function headText(statusCode: number, headers: HeaderList, framing: Framing): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => `${name}: ${one}`),
  );
  if (framing === 'chunked') lines.push('transfer-encoding: chunked');
  else if (framing === 'close') lines.push('connection: close');
  else lines.push(`content-length: ${framing.length}`);
  return [`HTTP/1.1 ${statusCode} Chaos`, ...lines, '', ''].join('\r\n');
}
