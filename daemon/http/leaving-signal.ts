// Tells work that is done for one small answer when nobody waits for it any more.

import type { ServerResponse } from 'node:http';

import { RouterError } from '../errors.ts';

/**
 * Aborted with `client.closed` when the connection closes before the answer went out, with `router.shutting_down` at the
 * end of the grace period. `stopListeners`: see RequestContext.
 */
export function leavingSignal(response: ServerResponse, stopListeners: Set<() => void>): AbortSignal {
  const abort = new AbortController();
  const onStop = (): void => {
    abort.abort(new RouterError('router.shutting_down', 'the daemon is stopping; ask again in a moment'));
  };
  stopListeners.add(onStop);
  response.on('close', () => {
    stopListeners.delete(onStop);
    if (response.writableFinished) return;
    abort.abort(new RouterError('client.closed', 'the caller closed the connection'));
  });
  return abort.signal;
}
