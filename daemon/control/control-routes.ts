// The control API as a function from call to answer; it knows neither sockets nor tokens (the guard has checked the
// admin token before). Paths and shapes: README.md, "Control API".

import type { Connector } from '../connect/connector.ts';
import { RouterError, toRouterError } from '../errors.ts';
import { CONTROL_PREFIX } from '../protocol/control-api.ts';
import type { ErrorBody } from '../protocol/control-api.ts';
import type { Decision } from '../protocol/exchange-record.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { assistantResources } from './assistant-routes.ts';
import {
  parseBudgets,
  parseClearOverride,
  parseConfigBody,
  parseCredential,
  parseExchangesQuery,
  parseExplain,
  parseFeedback,
  parseExplainPatch,
  parseOverride,
  parseProfile,
  parseReplay,
  parseResend,
  parseSeriesQuery,
  parseShutdown,
  parseTotalsQuery,
} from './control-bodies.ts';
import type { ControlSurface } from './control-surface.ts';

export interface ControlCall {
  readonly method: string;
  /** Whole path, starting with the control prefix. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Empty where there is no body. */
  readonly bytes: Buffer;
  /** Aborted when the caller leaves before the answer, or the daemon has to go; absent = never. */
  readonly signal?: AbortSignal;
}

export interface ControlAnswer {
  readonly statusCode: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Resource {
  /** Below the prefix; a trailing `*` stands for one path segment. */
  readonly pattern: string;
  readonly methods: Readonly<Record<string, Answerer>>;
}

/** `segment` is what stands for the `*`, percent-decoded. */
type Answerer = (call: ControlCall, segment: string) => ControlAnswer | Promise<ControlAnswer>;

export interface ControlApiDeps {
  readonly surface: ControlSurface;
  /** Absent = no assistants can be connected. */
  readonly assistants?: Connector;
  readonly clock: Clock;
  readonly log: Log;
}

/** Never rejects: every failure is an answer of the form `{error: {code, message}}`. */
export function createControlApi(deps: ControlApiDeps): (call: ControlCall) => Promise<ControlAnswer> {
  const resources = listResources(deps);
  return async (call) => {
    try {
      return await answerCall(resources, call);
    } catch (thrown) {
      const error = toRouterError(thrown);
      if (error.code === 'router.internal') {
        const { cause } = error;
        deps.log.error('the control API failed', {
          cause: cause instanceof Error ? cause.stack : String(cause),
        });
      }
      return errorAnswer(error);
    }
  };
}

function listResources({ surface, assistants, clock }: ControlApiDeps): readonly Resource[] {
  return [
    { pattern: 'status', methods: { GET: () => ok(surface.status()) } },
    {
      pattern: 'totals',
      methods: { GET: ({ query }) => ok(surface.totals(parseTotalsQuery(query, clock.now()))) },
    },
    {
      pattern: 'exchanges',
      methods: { GET: ({ query }) => ok(surface.exchanges(parseExchangesQuery(query))) },
    },
    { pattern: 'exchanges/*', methods: { GET: (_, exchangeId) => findExchange(surface, exchangeId) } },
    {
      pattern: 'explain',
      methods: { POST: async ({ bytes }) => ok(await explain(surface, bytes)) },
    },
    {
      pattern: 'series',
      methods: { GET: async ({ query }) => ok(await surface.series(parseSeriesQuery(query, clock.now()))) },
    },
    {
      pattern: 'replay',
      methods: { POST: async ({ bytes }) => ok(await surface.replay(parseReplay(bytes, clock.now()))) },
    },
    { pattern: 'resend', methods: { POST: (call) => resend(surface, call) } },
    {
      pattern: 'cache',
      methods: { GET: () => ok(surface.cache()), DELETE: () => ok(surface.clearCache()) },
    },
    {
      pattern: 'cache/explain',
      methods: { POST: ({ bytes }) => ok(surface.explainCache(parseExplain(bytes))) },
    },
    { pattern: 'feedback', methods: { POST: ({ bytes }) => ok(surface.feedback(parseFeedback(bytes))) } },
    {
      pattern: 'override',
      methods: {
        PUT: ({ bytes }) => ok({ override: surface.setOverride(parseOverride(bytes)) }),
        DELETE: ({ bytes, query }) =>
          ok({ override: surface.clearOverride(parseClearOverride(bytes, query)) }),
      },
    },
    {
      pattern: 'config',
      methods: {
        GET: () => ok(surface.readConfig()),
        PUT: async ({ bytes }) => ok(await surface.putConfig(parseConfigBody(bytes))),
      },
    },
    {
      pattern: 'profile',
      methods: { PUT: async ({ bytes }) => ok(await surface.putProfile(parseProfile(bytes))) },
    },
    {
      pattern: 'budgets',
      methods: {
        GET: () => ok(surface.budgets()),
        PUT: async ({ bytes }) => ok(await surface.putBudgets(parseBudgets(bytes))),
      },
    },
    {
      pattern: 'credentials/*',
      methods: {
        PUT: async ({ bytes }, provider) => ok(await surface.putCredential(provider, parseCredential(bytes))),
      },
    },
    ...(assistants === undefined ? [] : assistantResources(assistants)),
    { pattern: 'dashboard-ticket', methods: { POST: () => ok(surface.dashboardTicket()) } },
    { pattern: 'shutdown', methods: { POST: ({ bytes }) => stop(surface, parseShutdown(bytes)) } },
    { pattern: 'events', methods: { GET: refusePlainEvents } },
  ];
}

function ok(body: unknown): ControlAnswer {
  return { statusCode: 200, body };
}

async function answerCall(resources: readonly Resource[], call: ControlCall): Promise<ControlAnswer> {
  const path = call.path.slice(CONTROL_PREFIX.length + 1);
  const resource = resources.find((candidate) => matches(candidate.pattern, path));
  if (resource === undefined) {
    const known = resources.map(({ pattern }) => pattern.replace('*', ':id')).join(', ');
    throw new RouterError(
      'request.not_found',
      `there is no such control endpoint; known below ${CONTROL_PREFIX} are ${known}`,
    );
  }
  const answerer = resource.methods[call.method];
  if (answerer === undefined) return wrongMethod(resource, call.method);
  return await answerer(call, segmentOf(resource.pattern, path));
}

function matches(pattern: string, path: string): boolean {
  if (!pattern.endsWith('*')) return path === pattern;
  const prefix = pattern.slice(0, -1);
  return path.startsWith(prefix) && path.length > prefix.length && !path.slice(prefix.length).includes('/');
}

function segmentOf(pattern: string, path: string): string {
  if (!pattern.endsWith('*')) return '';
  try {
    return decodeURIComponent(path.slice(pattern.length - 1));
  } catch {
    throw new RouterError('request.malformed', 'the last part of the path is not valid percent-encoding');
  }
}

function explain(surface: ControlSurface, bytes: Buffer): Decision | Promise<Decision> {
  const patched = parseExplainPatch(bytes);
  return patched === null ? surface.explain(parseExplain(bytes)) : surface.explainPatched(patched);
}

function findExchange(surface: ControlSurface, exchangeId: string): ControlAnswer {
  const record = surface.exchange(exchangeId);
  if (record !== null) return ok(record);
  throw new RouterError('request.not_found', 'there is no exchange with this id');
}

async function resend(surface: ControlSurface, { bytes, signal }: ControlCall): Promise<ControlAnswer> {
  const answer = await surface.resend(parseResend(bytes), signal ?? new AbortController().signal);
  return answer === null ? NOT_KEPT : ok(answer);
}

const NOT_KEPT: ControlAnswer = {
  statusCode: 404,
  body: {
    error: {
      code: 'exchange.not_kept',
      message:
        'this request is not kept any more, only the last ones are, and only while the daemon runs; ask the assistant again and send that one',
    },
  } satisfies ErrorBody,
};

function stop(surface: ControlSurface, drainMs: number | null): ControlAnswer {
  surface.requestShutdown(drainMs);
  return { statusCode: 202, body: { stopping: true } };
}

function refusePlainEvents(): ControlAnswer {
  const message = 'this path speaks WebSocket only; connect with a WebSocket client';
  return {
    ...errorAnswer(new RouterError('request.unsupported', message, { statusCode: 426 })),
    headers: { upgrade: 'websocket' },
  };
}

function wrongMethod(resource: Resource, method: string): ControlAnswer {
  const allow = Object.keys(resource.methods).join(', ');
  const message = `this control endpoint does not take ${method}; use ${allow}`;
  return {
    ...errorAnswer(new RouterError('request.unsupported', message, { statusCode: 405 })),
    headers: { allow },
  };
}

function errorAnswer(error: RouterError): ControlAnswer {
  return { statusCode: error.statusCode, body: errorBody(error) };
}

function errorBody(error: RouterError): ErrorBody {
  return { error: { code: error.code, message: error.message } };
}
