// Asks a provider how large a request is, where its dialect has a question for that. A remark on the side: it never
// counts against the provider's health and is given up soon, since an estimate is at hand.

import type { ProviderConnection } from '../catalog/catalog.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { parseJsonObject } from '../util/json.ts';
import { answerBody, readUpTo } from './answer-body.ts';
import type { Dispatchers } from './dispatchers.ts';
import type { HttpUpstreamDeps } from './http-attempt.ts';
import { openCall } from './http-call.ts';
import { requestHeaders, urlOf } from './request-headers.ts';
import { AttemptError } from './transport-failure.ts';

export interface TokenCounter {
  /** Tokens of the request on the target, by the provider's own count; null when it does not say (in time). Never throws. */
  countTokens(target: ModelTarget, context: TokenCountContext): Promise<number | null>;
}

export interface TokenCountContext {
  readonly request: ConversationRequest;
  readonly connection: ProviderConnection;
  readonly signal: AbortSignal;
  readonly clientHeaders: ReadonlyMap<string, string>;
}

/** Assistants count before they draw their screen; a person waits for it. */
const PATIENCE_MS = 3000;
const MAX_ANSWER_BYTES = 64 * 1024;

export function createTokenCounter(
  deps: Pick<HttpUpstreamDeps, 'dialectOf' | 'clock'>,
  dispatchers: Dispatchers,
): TokenCounter {
  return {
    async countTokens(target, context) {
      try {
        return await ask(deps, dispatchers, target, context);
      } catch {
        return null; // whatever went wrong, the caller has an estimate
      }
    },
  };
}

async function ask(
  { dialectOf, clock }: Pick<HttpUpstreamDeps, 'dialectOf' | 'clock'>,
  dispatchers: Dispatchers,
  target: ModelTarget,
  { request, connection, signal, clientHeaders }: TokenCountContext,
): Promise<number | null> {
  const codec = dialectOf(target.dialect).tokenCount;
  if (codec === undefined || request.dialect !== target.dialect || signal.aborted) return null;
  const encoded = codec.encodeRequest(request, target);
  const { origin, path } = urlOf(connection, encoded.path);
  const headers = requestHeaders(connection, { dialect: request.dialect, stream: false }, clientHeaders);
  const dispatcher = await dispatchers.to(origin);
  if (signal.aborted) return null;
  const call = openCall(dispatcher, { origin, path, method: 'POST', headers, body: encoded.body }, () =>
    clock.monotonicMs(),
  );
  const end = (): void => call.destroy(new AttemptError('timeout', 'the count came too late'));
  const cancelTimer = clock.setTimer(PATIENCE_MS, end);
  signal.addEventListener('abort', end);
  try {
    await call.head();
    const { bytes } = await readUpTo(answerBody(call), MAX_ANSWER_BYTES);
    if (call.statusCode !== 200) return null;
    const answer = parseJsonObject(bytes.toString());
    return answer === undefined ? null : (codec.decodeResponse(answer) ?? null);
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', end);
    end();
  }
}
