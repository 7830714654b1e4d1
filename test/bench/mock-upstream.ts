// A model provider that costs almost nothing: answers over bare sockets with bytes made beforehand, so that what the
// bench measures is the thing in front of it. Knows just enough HTTP/1.1 for the bench: content-length requests,
// keep-alive. A body with `"stream":true` gets the stream. Prints its port.

import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

const usage = { prompt_tokens: 60, completion_tokens: 500, total_tokens: 560 };
const plainBody = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1,
  model: 'bench-model',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'word '.repeat(360) }, finish_reason: 'stop' },
  ],
  usage,
});
const plainAnswer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(plainBody)}\r\n\r\n${plainBody}`,
);

const head = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'bench-model' };
const chunk = (choices: unknown[], extra: object = {}): string =>
  `data: ${JSON.stringify({ ...head, choices, ...extra })}\n\n`;
const streamText = [
  chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
  ...Array.from({ length: 500 }, (_, index) =>
    chunk([{ index: 0, delta: { content: `word${index} ` }, finish_reason: null }]),
  ),
  chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
  chunk([], { usage }),
  'data: [DONE]\n\n',
].join('');
const streamAnswer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n` +
    `${Buffer.byteLength(streamText).toString(16)}\r\n${streamText}\r\n0\r\n\r\n`,
);

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let neededBytes = 0; // of the request in progress, head included; 0 = head not complete yet
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    pending.push(data);
    pendingBytes += data.length;
    if (neededBytes > pendingBytes) return;
    let buffer = pending.length === 1 ? data : Buffer.concat(pending);
    for (;;) {
      const headEnd = buffer.indexOf('\r\n\r\n');
      if (headEnd < 0) break;
      const length = Number(/content-length: (\d+)/i.exec(buffer.toString('latin1', 0, headEnd))?.[1] ?? 0);
      neededBytes = headEnd + 4 + length;
      if (buffer.length < neededBytes) break;
      const body = buffer.subarray(headEnd + 4, neededBytes);
      socket.write(body.includes('"stream":true') ? streamAnswer : plainAnswer);
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
