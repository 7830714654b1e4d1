// From a node request on a dialect's path to a call of the request path: body collected, keys taken out, connection
// wrapped. Knows nothing of what happens to the request afterwards.

import { toRouterError } from '../errors.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import type { TokenCount } from '../pipeline/count-tokens.ts';
import type { ServeExchange, WireRequest } from '../pipeline/wire-request.ts';
import type { Clock } from '../util/clock.ts';
import { causeText, type Log } from '../util/log.ts';
import type { Place } from './admission.ts';
import { NodeClientResponse } from './node-client-response.ts';
import { readBody, type HeldBody } from './read-body.ts';
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
    handle: (context) => handleExchange(context, dialect, deps, true),
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
    handle: (context) => handleExchange(context, dialect, { ...deps, serveExchange: serve }, false),
  };
}

/** `provider` = counted there, `estimate` = reckoned here, on the high side. */
const TOKEN_COUNT_HEADER = 'x-pointsman-token-count';

async function handleExchange(
  context: RequestContext,
  dialect: ClientDialect,
  deps: ExchangeRouteDeps,
  isExchange: boolean,
): Promise<void> {
  const { request, response, path, receivedAtMs, monotonicStartMs, stopListeners } = context;
  const { clock, log } = deps;
  const client = new NodeClientResponse({ request, response, clock, stopListeners });
  let body: HeldBody | undefined;
  try {
    body = await readBody(request, {
      maxBytes: deps.maxBodyBytes(),
      idleMs: deps.bodyIdleMs,
      clock,
      budget: context.bodies,
      signal: client.signal,
    });
    const queuedMs = isExchange ? await takePlace(context, client.signal) : 0;
    await deps.serveExchange(
      {
        dialect,
        headers: withoutCredentials(context.headers),
        query: withoutKey(context.query),
        path,
        bytes: body.bytes,
        signal: client.signal,
        receivedAtMs,
        monotonicStartMs,
        ...(queuedMs > 0 ? { queuedMs } : {}),
      },
      client,
    );
  } catch (thrown) {
    const error = toRouterError(thrown);
    if (error.code === 'router.internal') {
      log.error('the request path threw', { cause: causeText(error.cause) });
    }
    client.fail(dialect, error, {});
  } finally {
    body?.release();
  }
}

/**
 * Only now, so that a body that drips takes nobody's place. It is given back with the connection's last byte and not
 * before: a reader that is behind still costs memory. Resolves to the time in the queue; 0 for a client that left it,
 * which goes on without a place since nothing is done for it but its record.
 */
async function takePlace({ response, admission }: RequestContext, signal: AbortSignal): Promise<number> {
  const entered = admission.enter(signal);
  const place = entered instanceof Promise ? await unlessLeft(entered, signal) : entered;
  if (place === null) return 0;
  if (response.closed) place.leave();
  else response.on('close', () => place.leave());
  return place.waitedMs;
}

/** null = the client left the queue. */
export async function unlessLeft(entered: Promise<Place>, signal: AbortSignal): Promise<Place | null> {
  try {
    return await entered;
  } catch (error) {
    if (signal.aborted && signal.reason === error) return null;
    throw error;
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
