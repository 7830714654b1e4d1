// The one error type that crosses module borders, and what HTTP status each code answers with. Dialects decide the
// shape of the body; they all read the same table here.

import type { ErrorCode } from './protocol/vocabulary.ts';

/** Status that a client sees for each code. `upstream.*` may be replaced by the upstream's own, see `RouterError.statusCode`. */
export const STATUS_BY_CODE: Readonly<Record<ErrorCode, number>> = {
  'request.malformed': 400,
  'request.unsupported': 400,
  'request.too_large': 413,
  'request.not_found': 404,
  'auth.missing': 401,
  'auth.forbidden': 403,
  'model.unknown': 404,
  'route.no_eligible_target': 503,
  'budget.exceeded': 429,
  'privacy.refused': 403,
  'upstream.rejected': 400,
  'upstream.all_failed': 502,
  'upstream.stream_interrupted': 502,
  'client.closed': 499,
  'config.invalid': 400,
  'router.overloaded': 503,
  'router.shutting_down': 503,
  'router.internal': 500,
};

export interface RouterErrorOptions {
  readonly cause?: unknown;
  /** Replaces the status of the table, e.g. the upstream's 529. */
  readonly statusCode?: number;
  /** When the client may try again; becomes `retry-after`. */
  readonly retryAfterMs?: number;
  /** Name of the request field or header at fault, in the client's own spelling. */
  readonly param?: string;
}

/**
 * A failure with a stable code. The message is one sentence, lower case, without a full stop: what happened and what
 * to do about it. It may be shown to the user, so it holds no key, no path of another user and no stack.
 */
export class RouterError extends Error {
  override readonly name = 'RouterError';
  readonly code: ErrorCode;
  readonly statusCode: number;
  readonly retryAfterMs: number | undefined;
  readonly param: string | undefined;

  constructor(code: ErrorCode, message: string, options: RouterErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.statusCode = options.statusCode ?? STATUS_BY_CODE[code];
    this.retryAfterMs = options.retryAfterMs;
    this.param = options.param;
  }
}

/** Anything thrown -> RouterError. A bug becomes `router.internal`: its text stays in `cause`, out of the answer. */
export function toRouterError(error: unknown): RouterError {
  if (error instanceof RouterError) return error;
  return new RouterError(
    'router.internal',
    'something went wrong inside pointsman; see daemon.log for details',
    {
      cause: error,
    },
  );
}
