// One JSON answer of the small endpoints.

import type { ServerResponse } from 'node:http';

/** Sends `body` as JSON; nothing may have been sent before. Not for caches: everything here is a snapshot. */
export function sendJson(
  response: ServerResponse,
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(statusCode, {
    ...headers,
    'content-type': 'application/json',
    'content-length': bytes.length,
    'cache-control': 'no-store',
  });
  response.end(bytes);
}
