// Errors on their way out: which shape the caller of a path expects, the headers that belong to a failure, and how to
// answer a request whose body has not been read.

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ClientDialect } from '../dialects/dialect.ts';
import type { RouterError } from '../errors.ts';
import type { ErrorCode } from '../protocol/vocabulary.ts';
import type { Clock } from '../util/clock.ts';
import type { JsonObject } from '../util/json.ts';
import { discardUpload } from './discard.ts';
import { safeHeaders } from './safe-headers.ts';

export type ErrorEncoder = (error: RouterError) => { readonly statusCode: number; readonly body: JsonObject };

/** Shape of errors for a path; `headers` are the request's, lower case. */
export type ErrorShapes = (path: string, headers: ReadonlyMap<string, string>) => ErrorEncoder;

/**
 * After one of these the daemon has tried everything, or has broken down where it would break down again: a client that
 * retries would only repeat, and pay for, the whole chain.
 */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set([
  'upstream.all_failed',
  'upstream.rejected',
  'upstream.stream_interrupted',
  'router.internal',
  'route.no_eligible_target',
  'budget.exceeded',
  'privacy.refused',
]);

/** How long a refused upload is read on and thrown away, so that the client sees the answer and not a reset. */
const DISCARD_MS = 5_000;

/** `dialectFor`: whose errors the caller of a path expects, also where nothing is served; undefined = nobody's. */
export function createErrorShapes(
  dialectFor: (path: string, saysAnthropic: boolean) => Pick<ClientDialect, 'encodeError'> | undefined,
): ErrorShapes {
  return (path, headers) => {
    const dialect = dialectFor(path, headers.has('anthropic-version'));
    return dialect === undefined ? encodeControlError : (error) => dialect.encodeError(error);
  };
}

/** `{error: {code, message}}`, the form of the control API and of every path that belongs to no dialect. */
export const encodeControlError: ErrorEncoder = (error) => ({
  statusCode: error.statusCode,
  body: { error: { code: error.code, message: error.message } },
});

/** Status, headers and body of a failure; nothing may have been sent before. Does nothing when the client has left. */
export function sendError(
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly clock: Clock },
  encodeError: ErrorEncoder,
  error: RouterError,
  headers: Readonly<Record<string, string>> = {},
): void {
  const { request, response, clock } = exchange;
  if (response.destroyed || response.headersSent) return;
  const { statusCode, body } = encodeError(error);
  const bytes = Buffer.from(JSON.stringify(body));
  const all: Record<string, string> = {
    ...safeHeaders(headers),
    ...retryHeaders(error),
    'content-type': 'application/json',
    'content-length': String(bytes.length),
  };
  // Most of an unread body may still be on its way; the connection cannot be used again before that is through.
  const isUploading = !request.complete;
  if (isUploading) all['connection'] = 'close';
  response.writeHead(statusCode, all);
  if (!isUploading) {
    response.end(bytes);
    return;
  }
  response.write(bytes);
  endAfterUpload(request, response, clock);
}

export function retryHeaders(error: RouterError): Record<string, string> {
  const headers: Record<string, string> = {};
  if (FINAL_CODES.has(error.code)) headers['x-should-retry'] = 'false';
  if (error.retryAfterMs !== undefined) {
    const retryAfterMs = Math.max(0, Math.ceil(error.retryAfterMs));
    headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000));
    headers['retry-after-ms'] = String(retryAfterMs);
  }
  return headers;
}

/** The answer is out whole; the connection follows when the upload is through, or after a while. See discard.ts. */
function endAfterUpload(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  const finish = (): void => {
    cancel();
    discarding.stop();
    if (!response.writableEnded) response.end();
  };
  const cancel = clock.setTimer(DISCARD_MS, finish);
  const discarding = discardUpload(request, finish);
}
