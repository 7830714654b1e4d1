// From a node request on a dialect's path to a call of the request path: body collected, keys taken out, connection
// wrapped. Knows nothing of what happens to the request afterwards.

import { toRouterError } from '../errors.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import type { ServeExchange } from '../pipeline/wire-request.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { NodeClientResponse } from './node-client-response.ts';
import { readBody } from './read-body.ts';
import type { RequestContext, Route } from './request-context.ts';

export interface ExchangeRouteDeps {
  readonly serveExchange: ServeExchange;
  /** Read on each request. */
  readonly maxBodyBytes: () => number;
  readonly bodyIdleMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** The caller's credentials are for this door only; nothing behind it may store them or send them on. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'x-goog-api-key',
  'cookie',
]);

/** Route of a path on which clients speak `dialect`. */
export function exchangeRoute(path: string, dialect: ClientDialect, deps: ExchangeRouteDeps): Route {
  return {
    methods: ['POST'],
    pattern: path,
    kind: 'exchange',
    handle: (context) => handleExchange(context, dialect, deps),
  };
}

async function handleExchange(
  context: RequestContext,
  dialect: ClientDialect,
  deps: ExchangeRouteDeps,
): Promise<void> {
  const { request, response, path, receivedAtMs, monotonicStartMs, stopListeners } = context;
  const { clock, log } = deps;
  const client = new NodeClientResponse({ request, response, clock, stopListeners });
  try {
    const bytes = await readBody(request, {
      maxBytes: deps.maxBodyBytes(),
      idleMs: deps.bodyIdleMs,
      clock,
      signal: client.signal,
    });
    await deps.serveExchange(
      {
        dialect,
        headers: withoutCredentials(context.headers),
        query: withoutKey(context.query),
        path,
        bytes,
        signal: client.signal,
        receivedAtMs,
        monotonicStartMs,
      },
      client,
    );
  } catch (thrown) {
    const error = toRouterError(thrown);
    if (error.code === 'router.internal') {
      const { cause } = error;
      log.error('the request path threw', { cause: cause instanceof Error ? cause.stack : String(cause) });
    }
    client.fail(dialect, error, {});
  }
}

function withoutCredentials(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  for (const [name, value] of headers) if (!CREDENTIAL_HEADERS.has(name)) kept.set(name, value);
  return kept;
}

/** Google's clients can put a key into the query; ours never counts there, but it must not travel on. */
function withoutKey(query: URLSearchParams): URLSearchParams {
  query.delete('key');
  return query;
}
