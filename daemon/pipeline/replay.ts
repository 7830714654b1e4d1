// A stored answer instead of a model's: looked up, and on its way to the client encoded in the client's dialect, streamed
// or plain as it asked.

import type { CachedAnswer, ResponseCache } from '../cache/response-cache.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import { requestIdHeaders } from './answer-labels.ts';
import { valueCacheHit, type CacheHitDeps } from './cache-hit-value.ts';
import type { ClientResponse } from './client-response.ts';
import type { Exchange } from './exchange.ts';
import { keepAnswer, type ContinuedRequest, type KeepAnswerDeps } from './stored-response.ts';
import type { WireRequest } from './wire-request.ts';

export interface ReplayInput {
  readonly cached: CachedAnswer;
  readonly exchange: Exchange;
  readonly request: ConversationRequest;
  readonly clientDialect: ClientDialect;
}

export interface AnswerCachedDeps extends KeepAnswerDeps, CacheHitDeps {
  readonly cache: ResponseCache;
}

/** Whether a stored answer was there; then the client has it. */
export async function answerCached(
  deps: AnswerCachedDeps,
  wire: WireRequest,
  { exchange, earlier, asked }: { exchange: Exchange; earlier: ContinuedRequest; asked: ConversationRequest },
  client: ClientResponse,
): Promise<boolean> {
  const cached = exchange.controls.bypassCache ? undefined : lookUp(deps, earlier.request);
  if (cached === undefined) return false;
  const { value, decision } = await valueCacheHit(deps, wire, { exchange, request: earlier.request, cached });
  exchange.servedFromCache(cached, value, decision);
  const maker = { provider: cached.provider, model: cached.model };
  const kept = keepAnswer(deps, wire, earlier.own, client, { maker, isPassedThrough: false });
  await replayCached({ cached, exchange, request: asked, clientDialect: wire.dialect }, kept);
  return true;
}

/** A cache that is broken is a cache that is empty. */
function lookUp({ cache, log }: AnswerCachedDeps, request: ConversationRequest): CachedAnswer | undefined {
  try {
    return cache.lookup(request);
  } catch (error) {
    log.error('the response cache failed', { error: String(error) });
    return undefined;
  }
}

/** Commits and sends the whole answer, of which the exchange was told. */
export async function replayCached(input: ReplayInput, client: ClientResponse): Promise<void> {
  const { cached, exchange, request, clientDialect } = input;
  const identity = {
    responseId: exchange.id,
    responseModel: cached.model,
    createdAtS: exchange.receivedAtS,
    wantsUsage: request.wantsUsage,
    request,
  };
  const metadata = exchange.bodyMetadata();
  if (request.stream) {
    const encoder = clientDialect.createStreamEncoder(identity);
    client.commit(200, {
      ...requestIdHeaders(exchange.id),
      ...exchange.responseHeaders(true),
      'content-type': clientDialect.streamContentType,
    });
    for (const event of cached.events) {
      const text = encoder.push(event);
      if (text !== '') await client.write(text);
    }
    await client.write(encoder.end(metadata));
  } else {
    const encoded = Buffer.from(JSON.stringify(clientDialect.encodeResponse(cached.events, identity)));
    const body = metadata === undefined ? encoded : clientDialect.addMetadata(encoded, metadata);
    client.commit(200, {
      ...requestIdHeaders(exchange.id),
      ...exchange.responseHeaders(true),
      'content-type': 'application/json',
      'content-length': String(body.length),
    });
    await client.write(body);
  }
  client.end();
}
