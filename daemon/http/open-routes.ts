// The small endpoints of the front door: signs of life that tell nothing, the model list, and the bridge to the
// control API, which knows no sockets.

import { CHALLENGE_PATTERN, CONTROL_PREFIX, type HealthBody } from '../protocol/control-api.ts';
import type { Clock } from '../util/clock.ts';
import { sendJson } from './json-answer.ts';
import { leavingSignal } from './leaving-signal.ts';
import { describeModel, listModels, modelsFormOf } from './models.ts';
import type { ModelNames } from './models.ts';
import { readBody } from './read-body.ts';
import type { Route } from './request-context.ts';

/** One call of the control API; `bytes` is empty where the method carries no body. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly bytes: Buffer;
  /** Aborted when the caller leaves before the answer, or the daemon has to go. */
  readonly signal: AbortSignal;
}

export interface ApiAnswer {
  readonly statusCode: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** May throw RouterError. */
export type AnswerApiCall = (call: ApiCall) => ApiAnswer | Promise<ApiAnswer>;

const NO_BYTES = Buffer.alloc(0);
const ANY_METHOD = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Proves on `port` that we know the admin token. */
export type Prove = (challenge: string, port: number) => string;

/**
 * `/`, `/healthz` and `HEAD /api/hello`: somebody is here, and nothing else (no version, no path, no model). Whoever
 * wants to send us a secret asks `/healthz?challenge=` first.
 */
export function livenessRoutes(prove?: Prove): readonly Route[] {
  const isAlive: Route['handle'] = ({ response }) => sendJson(response, 200, { status: 'ok' });
  const health: Route['handle'] = ({ request, response, query }) => {
    const challenge = query.get('challenge') ?? '';
    const port = request.socket.localPort;
    const hasProof = prove !== undefined && port !== undefined && CHALLENGE_PATTERN.test(challenge);
    const body: HealthBody = { status: 'ok', ...(hasProof ? { proof: prove(challenge, port) } : {}) };
    sendJson(response, 200, body);
  };
  return [
    { methods: ['GET'], pattern: '/', kind: 'quick', handle: isAlive },
    { methods: ['GET'], pattern: '/healthz', kind: 'quick', handle: health },
    { methods: ['HEAD'], pattern: '/api/hello', kind: 'quick', handle: isAlive },
  ];
}

/** `names` is asked on each request, so that a changed configuration shows at once. */
export function modelRoutes(names: () => ModelNames): readonly Route[] {
  return [
    {
      methods: ['GET'],
      pattern: '/v1/models',
      kind: 'quick',
      handle: ({ response, headers, query }) =>
        sendJson(response, 200, listModels(names(), modelsFormOf(headers), query)),
    },
    {
      methods: ['GET'],
      pattern: '/v1/models/*',
      kind: 'quick',
      handle: ({ response, headers, tail }) =>
        sendJson(response, 200, describeModel(names(), modelsFormOf(headers), tail)),
    },
  ];
}

/** Everything under the control prefix; which paths and methods exist is the control API's own business. */
export function controlRoute(
  answerCall: AnswerApiCall,
  options: { readonly maxBodyBytes: () => number; readonly bodyIdleMs: number; readonly clock: Clock },
): Route {
  return {
    methods: ANY_METHOD,
    pattern: `${CONTROL_PREFIX}/*`,
    kind: 'quick',
    async handle({ request, response, path, query, stopListeners, bodies }) {
      const signal = leavingSignal(response, stopListeners);
      const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
      const hasBody = method !== 'GET';
      const { bodyIdleMs, clock } = options;
      const maxBytes = options.maxBodyBytes();
      const body = hasBody
        ? await readBody(request, { maxBytes, idleMs: bodyIdleMs, clock, budget: bodies })
        : null;
      try {
        const answer = await answerCall({ method, path, query, bytes: body?.bytes ?? NO_BYTES, signal });
        sendJson(response, answer.statusCode, answer.body, answer.headers);
      } finally {
        body?.release();
      }
    },
  };
}
