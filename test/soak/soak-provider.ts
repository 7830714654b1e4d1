// The provider of the soak, a process of its own: all four dialects over bare sockets from answers made beforehand, so
// that it takes little of the processor. Does what the mark in a request says. Prints its port; `GET /count` answers how
// many requests for a model have arrived.

import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import { plainAnswer, streamFrames, UPSTREAM_DIALECTS, type Answer } from '../support/wire-answers.ts';
import { DEEDS, markIn, NONCE_CHARS, SILENCE_MS, type Deed } from './soak-words.ts';

const PLACEHOLDER = 'N'.repeat(NONCE_CHARS);
/** Fixed names in the prepared answers that real providers make anew for each answer. */
const FRESH = ['EqQBCgIYAhIM', 'gAAA1', 'CpQBAdHtim', 'chatcmpl-1', 'resp_1', 'msg_1', 'rs_1', 'g_1'];

const TEXT = `The answer to ${PLACEHOLDER} is that the loop ends one step early, so the last row is left out.`;
const ANSWERS: readonly Answer[] = [
  { text: TEXT },
  { thought: 'The bound is exclusive here.', text: TEXT },
  {
    text: TEXT,
    calls: [{ id: `call_${PLACEHOLDER}`, name: 'weather', args: { city: `Rome ${PLACEHOLDER}` } }],
  },
];

interface Prepared {
  readonly plain: readonly string[];
  readonly stream: readonly string[];
  /** First half of the stream, cut between two events. */
  readonly begun: readonly string[];
}

function parts(text: string): readonly string[] {
  let fresh = text;
  for (const name of FRESH) fresh = fresh.replaceAll(`"${name}"`, `"${name}${PLACEHOLDER}"`);
  return fresh.split(PLACEHOLDER);
}

function prepare(dialect: UpstreamDialectId, answer: Answer): Prepared {
  const frames = streamFrames(dialect, answer);
  return {
    plain: parts(JSON.stringify(plainAnswer(dialect, answer))),
    stream: parts(frames.join('')),
    begun: parts(frames.slice(0, frames.findIndex((frame) => frame.includes(PLACEHOLDER)) + 1).join('')),
  };
}

const PREPARED = new Map(
  UPSTREAM_DIALECTS.map((dialect) => [dialect, ANSWERS.map((answer) => prepare(dialect, answer))]),
);

function dialectOf(path: string): UpstreamDialectId {
  if (path.includes('/chat/completions')) return 'openai-chat';
  if (path.includes('/responses')) return 'openai-responses';
  return path.includes('/messages') ? 'anthropic-messages' : 'google-generate';
}

const STATUS_LINES: Partial<Record<Deed, readonly [string, string]>> = {
  [DEEDS.overloaded]: ['529 Overloaded', ''],
  [DEEDS.serverError]: ['500 Internal Server Error', ''],
  [DEEDS.serverErrorAlways]: ['500 Internal Server Error', ''],
  [DEEDS.rateLimited]: ['429 Too Many Requests', 'retry-after-ms: 50\r\n'],
  [DEEDS.refused]: ['400 Bad Request', ''],
};
const ERROR_BODY = '{"type":"error","error":{"type":"api_error","message":"made to fail","code":500}}';

const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const asChunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

let received = 0;
/** Faults that have hit once. */
const done = new Set<string>();

function answer(socket: Socket, path: string, body: Buffer): void {
  if (path === '/count') return writePlain(socket, '200 OK', JSON.stringify({ received }));
  received += 1;
  const mark = markIn(body);
  const nonce = mark?.nonce ?? PLACEHOLDER;
  const dialect = dialectOf(path);
  const prepared =
    PREPARED.get(dialect)?.[
      (nonce.charCodeAt(NONCE_CHARS - 1) + nonce.charCodeAt(NONCE_CHARS - 2)) % ANSWERS.length
    ];
  if (prepared === undefined) return void socket.destroy();
  const isStream = path.includes(':streamGenerateContent') || body.includes('"stream":true');
  const deed = deedNow(mark?.deed ?? DEEDS.fine, nonce);
  const [status, headers] = STATUS_LINES[deed] ?? [];
  if (status !== undefined) return writePlain(socket, status, ERROR_BODY, headers);
  switch (deed) {
    case DEEDS.reset:
      return void socket.resetAndDestroy();
    case DEEDS.garbage:
      return writePlain(socket, '200 OK', '<html>not what was asked for</html>');
    case DEEDS.cut:
      return isStream
        ? void socket.end(STREAM_HEAD + asChunk(prepared.begun.join(nonce)))
        : void socket.end(
            'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"id":"x"',
          );
    case DEEDS.stall:
    case DEEDS.slow:
      return answerLate(socket, { prepared, nonce, isStream, isBegun: deed === DEEDS.slow });
    default:
      if (isStream) socket.write(`${STREAM_HEAD}${asChunk(prepared.stream.join(nonce))}0\r\n\r\n`);
      else writePlain(socket, '200 OK', prepared.plain.join(nonce));
  }
}

function deedNow(deed: Deed, nonce: string): Deed {
  const isEveryTime = deed === DEEDS.refused || deed === DEEDS.serverErrorAlways;
  if (deed === DEEDS.fine || isEveryTime || deed === DEEDS.stall || deed === DEEDS.slow) return deed;
  if (done.delete(nonce)) return DEEDS.fine;
  done.add(nonce);
  if (done.size > 10_000) done.clear(); // of requests that never came again
  return deed;
}

/** The head of an answer whose end comes only when the other side has long hung up. */
function answerLate(
  socket: Socket,
  given: { prepared: Prepared; nonce: string; isStream: boolean; isBegun: boolean },
): void {
  const { prepared, nonce, isStream, isBegun } = given;
  if (isStream && isBegun) socket.write(STREAM_HEAD + asChunk(prepared.begun.join(nonce)));
  const timer = setTimeout(() => socket.destroy(), SILENCE_MS);
  socket.once('close', () => clearTimeout(timer));
}

function writePlain(socket: Socket, status: string, body: string, headers = ''): void {
  socket.write(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let neededBytes = 0;
  socket.on('data', (data: Buffer) => {
    pending.push(data);
    pendingBytes += data.length;
    if (neededBytes > pendingBytes) return;
    let buffer = pending.length === 1 ? data : Buffer.concat(pending);
    for (;;) {
      const headEnd = buffer.indexOf('\r\n\r\n');
      if (headEnd < 0) break;
      const head = buffer.toString('latin1', 0, headEnd);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      neededBytes = headEnd + 4 + length;
      if (buffer.length < neededBytes) break;
      answer(socket, head.split(' ', 2)[1] ?? '', buffer.subarray(headEnd + 4, neededBytes));
      buffer = buffer.subarray(neededBytes);
      neededBytes = 0;
    }
    pending = buffer.length === 0 ? [] : [buffer];
    pendingBytes = buffer.length;
  });
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});
