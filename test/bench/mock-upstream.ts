// A model provider that costs almost nothing, so that what the bench measures is the thing in front of it. Why it is not
// the bottleneck: bare sockets, no HTTP library; answers are bytes made beforehand; of a request only the path and the
// length are read, and what to answer with is said over the parent's channel before each measurement, so that no body is
// ever searched or even put together. About a quarter of what the bare pipe needs for the same request.
//
// Knows just enough HTTP/1.1 for the bench: keep-alive, requests with content-length. Prints its port.

import { createServer, type AddressInfo, type Socket } from 'node:net';
import {
  chunkOf,
  LAST_CHUNK,
  plainAnswer,
  streamAnswer,
  streamPieces,
  TIME_DIGITS,
  TIME_MARK,
  type WireDialect,
} from './wire-answers.ts';

/** What the parent says; answered with `done` when it holds. */
export type AnswerScript =
  | { readonly kind: 'plain' }
  | { readonly kind: 'stream' }
  | { readonly kind: 'paced'; readonly everyMs: number; readonly tokens: number };

const PLAIN = {
  'openai-chat': plainAnswer('openai-chat'),
  'anthropic-messages': plainAnswer('anthropic-messages'),
};
const STREAM = {
  'openai-chat': streamAnswer('openai-chat'),
  'anthropic-messages': streamAnswer('anthropic-messages'),
};
const NOTHING = Buffer.alloc(0);

let script: AnswerScript = { kind: 'plain' };

function answer(socket: Socket, dialect: WireDialect): void {
  if (script.kind === 'plain') socket.write(PLAIN[dialect]);
  else if (script.kind === 'stream') for (const piece of STREAM[dialect]) socket.write(piece);
  else answerPaced(socket, dialect, script.everyMs, script.tokens);
}

/** Each token names the time at which it was sent, on the clock that all processes of the machine share. */
function answerPaced(socket: Socket, dialect: WireDialect, everyMs: number, tokens: number): void {
  const { head, opening, token, ending } = streamPieces(dialect);
  const startedMs = performance.now();
  let sent = 0;
  const timedToken = (): string => {
    const [seconds, nanoseconds] = process.hrtime();
    const nowUs = seconds * 1e6 + Math.floor(nanoseconds / 1e3);
    return chunkOf(token(`${TIME_MARK}${String(nowUs).padStart(TIME_DIGITS, '0')};`));
  };
  const send = (): void => {
    if (socket.destroyed) return;
    socket.write(sent === 0 ? head + opening.map(chunkOf).join('') + timedToken() : timedToken());
    sent += 1;
    if (sent === tokens) socket.write(ending.map(chunkOf).join('') + LAST_CHUNK);
    else setTimeout(send, startedMs + sent * everyMs - performance.now());
  };
  send();
}

/** Reads one connection: finds where each request ends, and answers it then. */
function serve(socket: Socket): void {
  socket.setNoDelay(true);
  let head: Buffer = NOTHING; // of a request whose head is not complete yet
  let leftBytes = 0; // of the body that is coming in
  let dialect: WireDialect = 'openai-chat';
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    let rest = data;
    while (rest.length > 0) {
      if (leftBytes === 0) {
        const bytes = head.length === 0 ? rest : Buffer.concat([head, rest]);
        const headEnd = bytes.indexOf('\r\n\r\n');
        if (headEnd < 0) {
          head = bytes;
          return;
        }
        head = NOTHING;
        const text = bytes.toString('latin1', 0, headEnd);
        dialect = text.includes('/messages') ? 'anthropic-messages' : 'openai-chat';
        leftBytes = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
        rest = bytes.subarray(headEnd + 4);
      }
      const takenBytes = Math.min(leftBytes, rest.length);
      leftBytes -= takenBytes;
      rest = rest.subarray(takenBytes);
      if (leftBytes === 0) answer(socket, dialect);
    }
  });
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});
process.on('message', (next: AnswerScript) => {
  script = next;
  process.send?.('done');
});
process.on('disconnect', () => process.exit(0));
