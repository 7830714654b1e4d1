// Answers written to a bare socket: for requests that Node's parser refused (there is no ServerResponse then) and for
// upgrades that are not served. One small answer, then the connection closes: its framing cannot be trusted any more.

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { RouterError } from '../errors.ts';
import type { JsonObject } from '../util/json.ts';
import { encodeControlError } from './error-answer.ts';

/** How long the other side may take to read the answer before the socket is destroyed. */
const LINGER_MS = 1_000;

/** `isAnswered`: a response on this connection has begun, so nothing may be written between its bytes. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex, isAnswered: boolean): void {
  if (!socket.writable || isAnswered || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  answerOnSocket(socket, encodeControlError(problemOf(error.code)));
}

/** Writes a whole JSON answer and closes the connection. */
export function answerOnSocket(
  socket: Duplex,
  answer: { readonly statusCode: number; readonly body: JsonObject },
): void {
  const body = JSON.stringify(answer.body);
  const head = [
    `HTTP/1.1 ${answer.statusCode} ${STATUS_CODES[answer.statusCode] ?? 'Error'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // What still arrives is thrown away: unread bytes would turn our close into a reset that eats the answer.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('close', () => clearTimeout(timer));
}

function problemOf(code: string | undefined): RouterError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new RouterError('request.malformed', 'the request headers are larger than 16 KiB; send fewer', {
        statusCode: 431,
      });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new RouterError(
        'request.malformed',
        'the request took too long to arrive; send it without pauses',
        {
          statusCode: 408,
        },
      );
    default:
      return new RouterError('request.malformed', 'this is not a valid HTTP/1.1 request');
  }
}
