// From a node request on a dialect's path to a call of the request path: body collected, keys taken out, connection
// wrapped. Knows nothing of what happens to the request afterwards.

import { toRouterError } from '../errors.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import type { TokenCount } from '../pipeline/count-tokens.ts';
import type { ServeExchange, WireRequest } from '../pipeline/wire-request.ts';
import type { Clock } from '../util/clock.ts';
import { causeText, type Log } from '../util/log.ts';
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

/**
 * The caller's credentials are for this door only; nothing behind it may store them or send them on. That they were
 * sent, and in which header, tells some assistants apart, so the names stay.
 */
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

/** Route that answers with the size of a request instead of serving it; see pipeline/count-tokens.ts. */
export function countTokensRoute(
  path: string,
  dialect: ClientDialect,
  deps: Omit<ExchangeRouteDeps, 'serveExchange'> & {
    readonly countTokens: (request: WireRequest) => Promise<TokenCount>;
  },
): Route {
  const serve: ServeExchange = async (request, client) => {
    const { inputTokens, source } = await deps.countTokens(request);
    client.commit(200, { 'content-type': 'application/json', [TOKEN_COUNT_HEADER]: source });
    client.end(JSON.stringify({ input_tokens: inputTokens }));
  };
  return {
    methods: ['POST'],
    pattern: path,
    kind: 'quick', // assistants send 35 at once, and none of them is an exchange
    handle: (context) => handleExchange(context, dialect, { ...deps, serveExchange: serve }),
  };
}

/** `provider` = counted there, `estimate` = reckoned here, on the high side. */
const TOKEN_COUNT_HEADER = 'x-pointsman-token-count';

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
      log.error('the request path threw', { cause: causeText(error.cause) });
    }
    client.fail(dialect, error, {});
  }
}

export function withoutCredentials(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  for (const [name, value] of headers) kept.set(name, CREDENTIAL_HEADERS.has(name) ? '' : value);
  return kept;
}

/** Google's clients can put a key into the query; ours never counts there, but it must not travel on. */
export function withoutKey(query: URLSearchParams): URLSearchParams {
  query.delete('key');
  return query;
}
