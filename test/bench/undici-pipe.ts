// The limit of this runtime: a node:http server that buffers the body and pipes it through an undici Pool, nothing else.
// Argument: the upstream's port. Prints its own port.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: 256 });

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const headers = { 'content-type': 'application/json' };
    pool
      .stream(
        { path: req.url ?? '/', method: 'POST', headers, body: Buffer.concat(chunks) },
        ({ statusCode, headers: answerHeaders }) => {
          res.writeHead(statusCode, { 'content-type': String(answerHeaders['content-type']) });
          return res;
        },
      )
      .catch(() => res.destroy());
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});
