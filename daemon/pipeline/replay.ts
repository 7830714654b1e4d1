// A stored answer instead of a model's: looked up, and on its way to the client encoded in the client's dialect, streamed
// or plain as it asked.

import type { RequestKey } from '../cache/request-key.ts';
import type { CachedAnswer, ResponseCache } from '../cache/response-cache.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { spokenDialect, type AnswerIdentity, type ClientDialect } from '../dialects/dialect.ts';
import type { PrivacyHold } from '../protocol/exchange-record.ts';
import { sleep, type Clock } from '../util/clock.ts';
import { requestIdHeaders } from './answer-labels.ts';
import { valueCacheHit, type CacheHitDeps } from './cache-hit-value.ts';
import type { FindEmbedder } from './ask-embedder.ts';
import type { ClientResponse } from './client-response.ts';
import type { Exchange } from './exchange.ts';
import { BURST_MS, inBursts } from './natural-pace.ts';
import { makerOf, type SignedHistoryVault, type VaultQuestion } from './signed-history.ts';
import { keepAnswer, type ContinuedRequest, type KeepAnswerDeps } from './stored-response.ts';
import type { WireRequest } from './wire-request.ts';

interface ReplayInput {
  readonly cached: CachedAnswer;
  /** null = the model that made it is not configured any more. */
  readonly madeBy: ModelTarget | null;
  readonly exchange: Exchange;
  readonly request: ConversationRequest;
  readonly clientDialect: ClientDialect;
  readonly clock: Clock;
  /** Of the client. */
  readonly signal: AbortSignal;
}

export interface AnswerCachedDeps extends KeepAnswerDeps, CacheHitDeps {
  readonly cache: ResponseCache;
  readonly vault: SignedHistoryVault;
  readonly clock: Clock;
  /** Absent = no provider is asked how alike questions are. */
  readonly findEmbedder?: FindEmbedder;
}

export interface CachedQuestion {
  readonly exchange: Exchange;
  readonly earlier: ContinuedRequest;
  readonly asked: ConversationRequest;
  readonly privacy: PrivacyHold | null;
  readonly key: RequestKey;
}

/** Whether a stored answer was there; then the client has it. */
export async function answerCached(
  deps: AnswerCachedDeps,
  wire: WireRequest,
  { exchange, earlier, asked, privacy, key }: CachedQuestion,
  client: ClientResponse,
): Promise<boolean> {
  const found = lookUp(deps, { exchange, privacy, key }, wire.signal);
  const cached = found instanceof Promise ? await found : found;
  if (cached === null) return false;
  const { request } = earlier;
  const { value, decision, conversationId } = await valueCacheHit(deps, wire, { exchange, request, cached });
  exchange.servedFromCache(cached, value, decision);
  if (value.madeBy !== null) rememberSeals(deps, { target: value.madeBy, request, conversationId }, cached);
  const maker = { provider: cached.provider, model: cached.model };
  const kept = keepAnswer(deps, wire, earlier.own, client, { maker, isPassedThrough: false });
  const { dialect: clientDialect, signal } = wire;
  await replayCached(
    { cached, madeBy: value.madeBy, exchange, request: asked, clientDialect, clock: deps.clock, signal },
    kept,
  );
  return true;
}

/** A cache that is broken is a cache that is empty. */
function lookUp(
  { cache, findEmbedder, log }: AnswerCachedDeps,
  { exchange, privacy, key }: Pick<CachedQuestion, 'exchange' | 'privacy' | 'key'>,
  signal: AbortSignal,
): ReturnType<ResponseCache['lookup']> {
  try {
    return cache.lookup(key, signal, findEmbedder?.(exchange, privacy));
  } catch (error) {
    log.error('the response cache failed', { error: String(error) });
    return null;
  }
}

/** Signed thoughts come back with the next request, and must be known then as those of the model that made them. */
function rememberSeals({ vault }: AnswerCachedDeps, question: VaultQuestion, cached: CachedAnswer): void {
  if (!cached.events.some((event) => event.type === 'reasoning-end' && event.seal !== undefined)) return;
  const seals = vault.listen(question);
  seals.observe(cached.events);
  seals.close();
}

/** Commits and sends the whole answer, of which the exchange was told. */
async function replayCached(input: ReplayInput, client: ClientResponse): Promise<void> {
  const { cached, exchange, request, clientDialect } = input;
  const identity = {
    ...identityIn(input),
    responseId: exchange.id,
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
    let isFirst = true;
    for (const burst of inBursts(cached.events)) {
      if (!isFirst) await sleep(input.clock, BURST_MS, input.signal);
      isFirst = false;
      // Each piece is an event of its own, and what belongs together in time leaves in one write.
      const text = burst.map((event) => encoder.push(event)).join('');
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

/** What a live answer of the model would say: its words as they are where the client speaks its dialect, else ours. */
function identityIn(input: ReplayInput): Pick<AnswerIdentity, 'responseModel' | 'maker'> {
  const { cached, madeBy, exchange, clientDialect } = input;
  const provider =
    madeBy === null ? undefined : (exchange.snapshot.connections.get(madeBy.provider) ?? madeBy);
  if (
    madeBy !== null &&
    provider !== undefined &&
    spokenDialect(provider, clientDialect.id) !== clientDialect.id
  ) {
    return { responseModel: madeBy.upstreamModel, maker: makerOf(madeBy) };
  }
  const start = cached.events.find((event) => event.type === 'response-start');
  return {
    responseModel: start === undefined || start.responseModel === '' ? cached.model : start.responseModel,
  };
}
