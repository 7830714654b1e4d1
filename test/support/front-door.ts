// The HTTP side of the daemon on port 0, with a request path and a control API that the test provides.

import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { errorDialectFor } from '../../daemon/dialects/registry.ts';
import { createErrorShapes } from '../../daemon/http/error-answer.ts';
import { exchangeRoute } from '../../daemon/http/exchange-handler.ts';
import { createGuard } from '../../daemon/http/guard.ts';
import { controlRoute, livenessRoutes, modelRoutes } from '../../daemon/http/open-routes.ts';
import type { AnswerApiCall } from '../../daemon/http/open-routes.ts';
import type { Route } from '../../daemon/http/request-context.ts';
import { createRouteTable } from '../../daemon/http/routes.ts';
import { createServer } from '../../daemon/http/server.ts';
import type { HttpServer, HttpServerDeps, ServerPatience } from '../../daemon/http/server.ts';
import type { Dialect } from '../../daemon/dialects/dialect.ts';
import type { RouterError } from '../../daemon/errors.ts';
import type { ServeExchange } from '../../daemon/pipeline/wire-request.ts';
import type { Clock } from '../../daemon/util/clock.ts';
import { systemClock } from '../../daemon/util/clock.ts';
import type { Log } from '../../daemon/util/log.ts';
import { silentLog } from '../../daemon/util/log.ts';

export const CLIENT_TOKEN = 'test-client-token';
export const ADMIN_TOKEN = 'test-admin-token';

/** Shapes errors like OpenAI does and can do nothing else: the front door needs no more of a dialect. */
export const errorDialect = {
  id: 'openai-chat',
  encodeError: (error: RouterError) => ({
    statusCode: error.statusCode,
    body: { error: { message: error.message, type: 'test_error', param: null, code: error.code } },
  }),
} as unknown as Dialect;

export interface FrontDoorOptions {
  readonly serveExchange?: ServeExchange;
  readonly answerCall?: AnswerApiCall;
  readonly maxBodyBytes?: number;
  readonly maxConcurrent?: number;
  /** 0 by default: nobody waits. */
  readonly maxQueued?: number;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly patience?: Partial<ServerPatience>;
  readonly upgrades?: HttpServerDeps['upgrades'];
  /** Beside the usual ones. */
  readonly routes?: readonly Route[];
  readonly isPageSession?: (cookie: string) => boolean;
}

export interface FrontDoor {
  readonly server: HttpServer;
  readonly port: number;
  readonly url: string;
}

/** A server that is built but does not listen yet. */
export function buildFrontDoor(options: FrontDoorOptions = {}): HttpServer {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? silentLog;
  const maxBodyBytes = (): number => options.maxBodyBytes ?? 1_048_576;
  const answerExchange: ServeExchange = async ({ bytes }, client) => {
    client.commit(200, { 'content-type': 'application/json', 'content-length': String(bytes.length) });
    await client.write(bytes);
    client.end();
  };
  const routes = createRouteTable([
    ...(options.routes ?? []),
    ...livenessRoutes(),
    ...modelRoutes(() => ({ configured: [{ id: 'deepseek-flash', provider: 'deepseek' }], createdAtS: 0 })),
    exchangeRoute('/v1/chat/completions', errorDialect, {
      serveExchange: options.serveExchange ?? answerExchange,
      maxBodyBytes,
      bodyIdleMs: 30_000,
      clock,
      log,
    }),
    controlRoute(options.answerCall ?? (() => ({ statusCode: 200, body: { ok: true } })), {
      maxBodyBytes,
      bodyIdleMs: 30_000,
      clock,
    }),
  ]);
  return createServer({
    guard: createGuard({
      verifies: roleOf,
      ...(options.isPageSession === undefined ? {} : { isPageSession: options.isPageSession }),
    }),
    routes,
    errorShapes: createErrorShapes((path, saysAnthropic) => {
      const own = errorDialectFor(path, saysAnthropic);
      return own === openAiChat ? errorDialect : own;
    }),
    limits: () => ({
      maxConcurrent: options.maxConcurrent ?? 256,
      maxQueued: options.maxQueued ?? 0,
      maxBodyBytes: maxBodyBytes(),
    }),
    log,
    clock,
    ...(options.patience === undefined ? {} : { patience: options.patience }),
    ...(options.upgrades === undefined ? {} : { upgrades: options.upgrades }),
  });
}

export async function openFrontDoor(options: FrontDoorOptions = {}): Promise<FrontDoor> {
  const server = buildFrontDoor(options);
  const { url, port } = await server.listen(0, '127.0.0.1');
  return { server, url, port };
}

export function roleOf(token: string): 'client' | 'admin' | null {
  if (token === ADMIN_TOKEN) return 'admin';
  return token === CLIENT_TOKEN ? 'client' : null;
}
