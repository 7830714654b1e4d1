// An HTTP client without manners: sends exactly the bytes it is given and parses what comes back. For probes that no
// real HTTP library would send.

import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface RawAnswer {
  readonly statusCode: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawConnection {
  readonly socket: Socket;
  send(bytes: string | Buffer): void;
  /** The next complete answer. Rejects when the connection ends before it is complete. */
  answer(): Promise<RawAnswer>;
  /** Everything received so far. */
  received(): string;
  /** Resolves when the other side has closed the connection, with all that came. */
  closed(): Promise<string>;
  destroy(): void;
}

export async function openRaw(port: number, host = '127.0.0.1'): Promise<RawConnection> {
  const socket = connect({ port, host, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {}); // resets are part of the game; `closed` and `answer` tell
  let text = '';
  let read = 0;
  const changed = new EventTarget();
  const announce = (): boolean => changed.dispatchEvent(new Event('change'));
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    announce();
  });
  socket.on('close', announce);
  const nextChange = (): Promise<void> =>
    new Promise((resolve) => changed.addEventListener('change', () => resolve(), { once: true }));

  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    received: () => text,
    async answer() {
      for (;;) {
        const found = parseAnswer(text.slice(read), socket.destroyed);
        if (found !== undefined) {
          read += found.length;
          return found.answer;
        }
        if (socket.destroyed) throw new Error(`the connection ended after: ${text.slice(read)}`);
        await nextChange();
      }
    },
    async closed() {
      while (!socket.destroyed) await nextChange();
      return text;
    },
    destroy: () => void socket.destroy(),
  };
}

/** One request on a connection of its own. */
export async function sendRaw(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  const connection = await openRaw(port);
  try {
    connection.send(bytes);
    return await connection.answer();
  } finally {
    connection.destroy();
  }
}

/** Text of a request; a header whose value is an array is sent once for each. */
export function requestText(
  line: string,
  headers: Readonly<Record<string, string | readonly string[]>>,
  body = '',
): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly string[]) : [value as string]).map((one) => `${name}: ${one}`),
  );
  return `${[`${line} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body}`;
}

function parseAnswer(
  text: string,
  isClosed: boolean,
): { readonly answer: RawAnswer; readonly length: number } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...headerLines] = text.slice(0, headEnd).split('\r\n');
  const headers = new Map(
    headerLines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const rest = text.slice(headEnd + 4);
  const contentLength = headers.get('content-length');
  const length = contentLength === undefined ? rest.length : Number(contentLength);
  // Without a length (a stream) the answer is complete when the connection is.
  if (contentLength === undefined && !isClosed) return undefined;
  if (rest.length < length) return undefined;
  const statusCode = Number(statusLine.split(' ')[1]);
  return {
    answer: { statusCode, headers, body: rest.slice(0, length) },
    length: headEnd + 4 + length,
  };
}
