// What the request path gets from the front door: the bytes and facts of one request, free of sockets and of keys.

import type { ClientDialect } from '../dialects/dialect.ts';
import type { ClientResponse } from './client-response.ts';

export interface WireRequest {
  readonly dialect: ClientDialect;
  /** Lower-case names; values of repeated headers joined with ", ". The values of credentials and cookies are taken out, their names stay. */
  readonly headers: ReadonlyMap<string, string>;
  readonly query: URLSearchParams;
  /** Without the query and without a `/k/<token>` prefix. */
  readonly path: string;
  /** The body as sent (decompressed if it came compressed), not yet parsed. */
  readonly bytes: Buffer;
  /** Aborted with `client.closed` when the client leaves before its answer is complete, with `router.shutting_down` at the end of the grace period. */
  readonly signal: AbortSignal;
  /** The WebSocket connection it came over; answers that are not to be stored can be gone on from there alone. */
  readonly session?: object;
  /** Unix epoch, ms. */
  readonly receivedAtMs: number;
  /** Same moment on the clock that never runs backwards. */
  readonly monotonicStartMs: number;
  /** How much of the time since then it waited for a place, ms; absent = it did not. */
  readonly queuedMs?: number;
}

/** Serves one request to its end; every failure is told through `client.fail`. */
export type ServeExchange = (request: WireRequest, client: ClientResponse) => Promise<void>;
