// THE REQUEST PATH: the whole life of one request, top to bottom. Every step's result is a value; nothing else knows
// the order. Decide first, act second; nothing reaches the client before commit; every exchange finishes exactly once.

import type { ResponseCache } from '../cache/response-cache.ts';
import type { Classifier } from '../classify/classifier.ts';
import { identifyClient } from '../classify/client-identity.ts';
import { extractFeatures } from '../classify/features.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { RouterError, toRouterError } from '../errors.ts';
import type { PrivacyHold } from '../protocol/exchange-record.ts';
import type { AttemptLoopDeps } from '../upstream/attempt-loop.ts';
import type { BodyMemory } from '../util/body-memory.ts';
import type { IdSource } from '../util/ids.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import { causeText, type Log } from '../util/log.ts';
import { admit, grade, refuseEarly, type AdmitDeps } from './admit.ts';
import { AnswerReview } from './answer-review.ts';
import type { FindEmbedder } from './ask-embedder.ts';
import { attemptRun } from './attempt-run.ts';
import type { BudgetBoard } from './budget-board.ts';
import type { ClientResponse } from './client-response.ts';
import { decide, type DecideDeps } from './decide.ts';
import { runEscalated } from './escalate.ts';
import type { EscalationRecord } from './escalation-record.ts';
import { Exchange, type ExchangeDeps } from './exchange.ts';
import { holdRequest, isKeptFromGrading } from './privacy-gate.ts';
import { prepareReply, sendRefusal } from './relay.ts';
import { answerCached } from './replay.ts';
import { isPinned, readControls } from './request-controls.ts';
import type { ResponseMemory } from './response-memory.ts';
import type { SignedHistoryVault } from './signed-history.ts';
import type { RouterSnapshot } from './snapshot.ts';
import { StandIns } from './stand-ins.ts';
import { cacheKeyOf, shareAnswer } from './shared-answer.ts';
import { continueStored, keepAnswer, type ContinuedRequest } from './stored-response.ts';
import { TargetViews } from './target-views.ts';
import type { WireRequest } from './wire-request.ts';

export interface PipelineDeps extends ExchangeDeps, DecideDeps, AdmitDeps {
  /** The models, prices and settings in force now. Read once per exchange. */
  readonly snapshot: () => RouterSnapshot;
  readonly budgets?: BudgetBoard;
  readonly cache: ResponseCache;
  /** Absent = no provider is asked how alike two questions are. */
  readonly findEmbedder?: FindEmbedder;
  readonly classifier: Classifier;
  readonly attempts: AttemptLoopDeps;
  readonly escalations: EscalationRecord;
  readonly ids: IdSource;
  readonly log: Log;
  /** Answers that clients may go on from by their id. */
  readonly responses: ResponseMemory;
  /** Who made which signed thought. */
  readonly vault: SignedHistoryVault;
  /** Absent = every body is read in full. */
  readonly bodies?: BodyMemory;
}

/** A request as it is understood, before anything is decided. */
interface AskedRequest {
  readonly exchange: Exchange;
  /** Together with what it goes on from. */
  readonly earlier: ContinuedRequest;
  /** As the client wrote it. */
  readonly asked: ConversationRequest;
  readonly privacy: PrivacyHold | null;
}

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
    if (wire.queuedMs !== undefined) exchange.queued(wire.queuedMs);
    exchange.controls = readControls(wire, deps.cache.isOpen);
    const asked = dialect.decodeRequest(parseRequestBody(wire.bytes, undefined, deps.bodies), wire.path);
    const earlier = continueStored(deps.responses, wire, asked, exchange.snapshot.connections);
    const { request } = earlier;
    exchange.decoded(request);
    signal.throwIfAborted(); // left while it waited for its turn
    const privacy = holdRequest(deps, exchange, { request, bytes: wire.bytes, headers });

    const { controls, snapshot } = exchange;
    const key = cacheKeyOf(deps.overrides, {
      request,
      path: wire.path,
      headers,
      controls,
      snapshot,
      privacy,
    });
    const given = { exchange, earlier, asked, privacy };
    if (key !== null && (await answerCached(deps, wire, { ...given, key }, client))) {
      exchange.finish();
      return;
    }
    const shared = shareAnswer(deps.cache, key, exchange, wire, client);
    try {
      await askModels(deps, shared.wire, given, shared.client);
    } finally {
      shared.close();
    }
  } catch (error) {
    const failure = signal.aborted ? toRouterError(signal.reason) : toRouterError(error);
    exchange.finish(failure);
    exchange.judge(failure, deps.attempts.health);
    client.fail(dialect, failure, exchange.errorHeaders());
    if (failure.code === 'router.internal') {
      deps.log.error('exchange failed', { exchangeId: exchange.id, cause: causeText(failure.cause) });
    }
  }
}

/** From grading to the last byte. Throws what keeps the answer from its client. */
async function askModels(
  deps: PipelineDeps,
  wire: WireRequest,
  { exchange, earlier, asked, privacy }: AskedRequest,
  client: ClientResponse,
): Promise<void> {
  const { dialect, headers, signal } = wire;
  const { request } = earlier;
  refuseEarly(deps, exchange);
  const controls = exchange.controls.policy;
  const pinned = isPinned(controls, request.requestModel);
  const isHeldBack = isKeptFromGrading(exchange.snapshot, privacy);
  const features = extractFeatures(request, { client: exchange.clientName, isPinned: pinned, isHeldBack });
  const classification = await grade(deps, exchange, features, signal);
  signal.throwIfAborted(); // else a request that nobody waits for would use up an override
  const { plan, decision, conversationId, isSide, wished } = decide(deps, {
    request,
    prompt: exchange.prompt,
    features,
    classification,
    headers,
    controls,
    snapshot: exchange.snapshot,
    workspaceId: exchange.controls.workspaceId,
    allowsDearer: exchange.controls.allowsDearer,
    privacy,
    atMs: wire.receivedAtMs,
    consume: true,
  });
  exchange.routed({ features, decision, baseline: plan.baseline, isSide });
  if (plan.error !== null) throw new RouterError(plan.error.code, plan.error.message, { param: 'model' });

  const { candidates } = decision;
  const standIns = new StandIns({ candidates, wished, warn: (sentence) => exchange.warn(sentence) });
  const targets = earlier.able(plan.targets);
  await admit(deps, exchange, { targets, decision, request, features, standIns, signal });

  const { snapshot } = exchange;
  const views = new TargetViews({
    vault: deps.vault,
    earlier,
    conversationId,
    snapshot,
    plan,
    prompt: exchange.prompt,
  });
  const review = new AnswerReview({ settings: snapshot.escalation, request, features, classification });
  const { escalations } = deps;
  const run = attemptRun({ exchange, wire, plan, privacy, earlier, views, review, standIns, escalations });
  const result = await runEscalated(deps.attempts, run).catch((error: unknown) => {
    throw standIns.explain(toRouterError(error));
  });
  if (result.status === 'refused') {
    const error = exchange.refused(result);
    exchange.finish(error);
    sendRefusal({ exchange, clientDialect: dialect }, result, error, client);
    return;
  }
  const answer = result.outcome;
  exchange.answered(answer, result.startedAtMs, {
    seals: views.listen(answer),
    check: review.watch(answer),
  });

  const reply = prepareReply({ exchange, request: asked, clientDialect: dialect, answer });
  const kept = keepAnswer(deps, wire, earlier.own, client, {
    maker: { provider: answer.target.provider, model: answer.target.id },
    isPassedThrough: answer.dialect.id === dialect.id,
  });
  kept.commit(200, reply.headers); // no fallback after this line
  await reply.relayTo(kept);
  exchange.finish();
  exchange.judge(undefined, deps.attempts.health);
}
