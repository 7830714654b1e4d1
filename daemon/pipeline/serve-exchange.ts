// THE REQUEST PATH: the whole life of one request, top to bottom. Every step's result is a value; nothing else knows
// the order. Decide first, act second; nothing reaches the client before commit; every exchange finishes exactly once.

import type { CachedAnswer, ResponseCache } from '../cache/response-cache.ts';
import type { Classifier } from '../classify/classifier.ts';
import { identifyClient } from '../classify/client-identity.ts';
import { extractFeatures } from '../classify/features.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { RouterError, toRouterError } from '../errors.ts';
import { runAttempts, type AttemptLoopDeps } from '../upstream/attempt-loop.ts';
import type { IdSource } from '../util/ids.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import type { Log } from '../util/log.ts';
import { requestIdHeaders } from './answer-labels.ts';
import type { ClientResponse } from './client-response.ts';
import { decide, type DecideDeps } from './decide.ts';
import { Exchange, type ExchangeDeps } from './exchange.ts';
import { prepareReply, refusalReply } from './relay.ts';
import { replayCached } from './replay.ts';
import { readControls } from './request-controls.ts';
import type { ResponseMemory } from './response-memory.ts';
import type { SignedHistoryVault } from './signed-history.ts';
import type { RouterSnapshot } from './snapshot.ts';
import { continueStored, keepAnswer } from './stored-response.ts';
import { TargetViews } from './target-views.ts';
import type { WireRequest } from './wire-request.ts';

export interface PipelineDeps extends ExchangeDeps, DecideDeps {
  /** The models, prices and settings in force now. Read once per exchange. */
  readonly snapshot: () => RouterSnapshot;
  readonly cache: ResponseCache;
  readonly classifier: Classifier;
  readonly attempts: AttemptLoopDeps;
  readonly ids: IdSource;
  readonly log: Log;
  /** Answers that clients may go on from by their id. */
  readonly responses: ResponseMemory;
  /** Who made which signed thought. */
  readonly vault: SignedHistoryVault;
}

/** Everybody who could serve the request was asked, so a client that repeats it only repeats the answer. */
const REFUSAL_HEADERS = { 'content-type': 'application/json', 'x-should-retry': 'false' } as const;

/** Never rejects: whatever happens, the client has an answer or a destroyed connection, and the ledger a record. */
export async function serveExchange(
  deps: PipelineDeps,
  wire: WireRequest,
  client: ClientResponse,
): Promise<void> {
  const { dialect, headers, signal } = wire;
  const exchange = new Exchange(deps, wire, {
    id: deps.ids.exchangeId(),
    clientName: identifyClient(headers),
    snapshot: deps.snapshot(),
  });
  try {
    exchange.controls = readControls(wire);
    const asked = dialect.decodeRequest(parseRequestBody(wire.bytes), wire.path);
    const earlier = continueStored(deps.responses, wire, asked, exchange.snapshot.connections);
    const { request } = earlier;
    exchange.decoded(request);

    const cached = exchange.controls.bypassCache ? undefined : lookUp(deps, request);
    if (cached !== undefined) {
      const maker = { provider: cached.provider, model: cached.model };
      const kept = keepAnswer(deps, wire, earlier.own, client, { maker, isPassedThrough: false });
      await replayCached({ cached, exchange, request: asked, clientDialect: dialect }, kept);
      exchange.finish();
      return;
    }

    const features = extractFeatures(request, { client: exchange.clientName });
    const { classification, costUsd } = await deps.classifier.classify(features, signal);
    signal.throwIfAborted(); // else a request that nobody waits for would use up an override
    const { plan, decision, conversationId } = decide(deps, {
      request,
      features,
      classification,
      headers,
      controls: exchange.controls.policy,
      snapshot: exchange.snapshot,
      atMs: wire.receivedAtMs,
      consume: true,
    });
    exchange.routed({ features, decision, baseline: plan.baseline, classifierCostUsd: costUsd });
    if (plan.error !== null) throw new RouterError(plan.error.code, plan.error.message, { param: 'model' });

    const views = new TargetViews({
      vault: deps.vault,
      earlier,
      conversationId,
      snapshot: exchange.snapshot,
    });
    const result = await runAttempts(deps.attempts, {
      plan: { targets: earlier.able(plan.targets) },
      request,
      forTarget: views.forTarget,
      signal,
      clientHeaders: headers,
      table: exchange.snapshot.table,
      connections: exchange.snapshot.connections,
      elapsedMs: () => exchange.elapsedMs(),
      onAttemptFailed: (report) => (exchange.attemptFailed(report), views.attemptFailed(report)),
    });
    if (result.status === 'refused') {
      const own = refusalReply(result, dialect);
      if (own === undefined) throw exchange.refused(result);
      client.commit(own.statusCode, { ...headersOf(exchange), ...REFUSAL_HEADERS });
      client.end(own.body);
      exchange.finish(exchange.refused(result));
      return;
    }
    const answer = result.outcome;
    exchange.answered(answer, result.startedAtMs, views.listen(answer));

    const reply = prepareReply({ exchange, request: asked, clientDialect: dialect, answer });
    const kept = keepAnswer(deps, wire, earlier.own, client, {
      maker: { provider: answer.target.provider, model: answer.target.id },
      isPassedThrough: answer.dialect.id === dialect.id,
    });
    kept.commit(200, reply.headers); // no fallback after this line
    await reply.relayTo(kept);
    exchange.finish();
    exchange.judge(undefined, deps.attempts.health);
  } catch (error) {
    const failure = signal.aborted ? toRouterError(signal.reason) : toRouterError(error);
    exchange.finish(failure);
    exchange.judge(failure, deps.attempts.health);
    client.fail(dialect, failure, headersOf(exchange));
    if (failure.code === 'router.internal') deps.log.error('exchange failed', describe(exchange.id, failure));
  }
}

/** Of an answer that is an error. */
function headersOf(exchange: Exchange): Readonly<Record<string, string>> {
  return { ...requestIdHeaders(exchange.id), ...exchange.responseHeaders(false) };
}

/** A cache that is broken is a cache that is empty. */
function lookUp(deps: PipelineDeps, request: ConversationRequest): CachedAnswer | undefined {
  try {
    return deps.cache.lookup(request);
  } catch (error) {
    deps.log.error('the response cache failed', { error: String(error) });
    return undefined;
  }
}

function describe(exchangeId: string, failure: RouterError): Readonly<Record<string, unknown>> {
  const { cause } = failure;
  return { exchangeId, cause: cause instanceof Error ? cause.stack : String(cause) };
}
