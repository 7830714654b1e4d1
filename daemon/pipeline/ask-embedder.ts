// Asks a provider's embeddings endpoint how alike two questions are, for the semantic cache. Bounded in time, paid for
// like grading, under the request's privacy rules; what does not work is a miss, never an error of the client's.

import type { AskEmbedder } from '../cache/semantic-encoder.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { openAiEmbeddings, vectorsIn } from '../dialects/passed-on/embeddings.ts';
import { whyHeldBack } from '../privacy/privacy-hold.ts';
import type { PrivacyHold } from '../protocol/exchange-record.ts';
import { planPassedOn } from '../route/passed-on.ts';
import type { Health } from '../upstream/health.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import { causeText, type Log } from '../util/log.ts';
import { admitBeside, type AdmitDeps } from './admit.ts';
import { attemptBeside, isUnpriced, whyItFailed, type AttemptBesideDeps } from './attempt-beside.ts';
import type { Exchange } from './exchange.ts';
import type { RouterSnapshot } from './snapshot.ts';

export interface AskEmbedderDeps extends AttemptBesideDeps, AdmitDeps {
  readonly health: Pick<Health, 'outage'>;
  readonly log: Pick<Log, 'warn'>;
}

/** Who pays for it and what is to be known of it. */
type AskingExchange = Pick<
  Exchange,
  'clientName' | 'controls' | 'receivedAtS' | 'snapshot' | 'classified' | 'warn'
>;

/** null = none is to be asked, and the built-in encoder says how alike questions are. */
export type FindEmbedder = (exchange: AskingExchange, privacy: PrivacyHold | null) => AskEmbedder | null;

/** Longest that a client waits for it; then the question goes to a model. */
const LIMIT_MS = 1000;
/** After a failure, so that an endpoint that hangs does not hold up one question after the other. */
const REST_MS = 30_000;

type EmbeddingSettings = Pick<RouterSnapshot, 'table' | 'connections' | 'embeddingModel'>;

/** null = none is configured; a sentence = it cannot be asked. */
export function embeddingTarget(
  { table, connections, embeddingModel }: EmbeddingSettings,
  privacy: PrivacyHold | null,
): ModelTarget | string | null {
  if (embeddingModel === undefined) return null;
  const { targets, error } = planPassedOn(embeddingModel, table, connections, privacy);
  return targets[0] ?? error?.message ?? null;
}

/** Vectors of the same model at two providers may differ. */
export function encoderIdOf({ provider, upstreamModel }: ModelTarget): string {
  return `${upstreamModel} at ${provider}`;
}

export function createFindEmbedder(deps: AskEmbedderDeps): FindEmbedder {
  const standing = new Standing(deps);
  return (exchange, privacy) => {
    const target = embeddingTarget(exchange.snapshot, privacy);
    if (target === null) return null;
    if (typeof target === 'string') {
      // That a rule holds this one request back is no fault.
      if (privacy === null) standing.warn(target);
      return null;
    }
    return new EndpointEmbedder(deps, standing, exchange, target);
  };
}

/** How the endpoint did lately, for all requests. */
class Standing {
  readonly #deps: AskEmbedderDeps;
  #isWarned = false;
  #restsUntilMs = -Infinity;

  constructor(deps: AskEmbedderDeps) {
    this.#deps = deps;
  }

  get isResting(): boolean {
    return this.#deps.clock.monotonicMs() < this.#restsUntilMs;
  }

  worked(): void {
    this.#isWarned = false;
  }

  failed(target: ModelTarget, why: string): void {
    this.#restsUntilMs = this.#deps.clock.monotonicMs() + REST_MS;
    this.warn(`${target.id} gave no embeddings: ${why}`);
  }

  /** Said once until it works again. */
  warn(sentence: string): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    this.#deps.log.warn(`similar questions are not recognized by their embeddings: ${sentence}`);
  }
}

class EndpointEmbedder implements AskEmbedder {
  readonly id: string;
  readonly #deps: AskEmbedderDeps;
  readonly #standing: Standing;
  readonly #exchange: AskingExchange;
  readonly #target: ModelTarget;

  constructor(deps: AskEmbedderDeps, standing: Standing, exchange: AskingExchange, target: ModelTarget) {
    this.id = encoderIdOf(target);
    this.#deps = deps;
    this.#standing = standing;
    this.#exchange = exchange;
    this.#target = target;
  }

  async embed(asks: readonly string[], client: AbortSignal): Promise<readonly Float32Array[] | null> {
    const { clock, health } = this.#deps;
    if (this.#standing.isResting || asks.some((ask) => this.#isHeldBack(ask))) return null;
    const outage = health.outage(this.#target);
    if (outage !== null) {
      this.#standing.warn(`${this.#target.id} is out for now: ${outage.why}`);
      return null;
    }
    const limit = new AbortController();
    const cancelTimer = clock.setTimer(LIMIT_MS, () => limit.abort());
    try {
      const vectors = await this.#ask(asks, AbortSignal.any([client, limit.signal]));
      if (typeof vectors !== 'string') {
        if (vectors !== null) this.#standing.worked();
        return vectors;
      }
      const why = limit.signal.aborted ? `no answer within ${LIMIT_MS} ms` : vectors;
      if (!client.aborted) this.#standing.failed(this.#target, why);
      return null;
    } finally {
      cancelTimer();
    }
  }

  /** The rules that are in force now count for a question that was stored before they were made. */
  #isHeldBack(ask: string): boolean {
    const hold = this.#exchange.snapshot.privacy?.holdOf([Buffer.from(JSON.stringify(ask))]);
    return whyHeldBack(this.#target, hold) !== null;
  }

  /** null = no budget has room for it; a sentence = why the endpoint gave none. */
  async #ask(asks: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[] | string | null> {
    const target = this.#target;
    const exchange = this.#exchange;
    const request = requestOf(asks, target);
    const size = { inputTokens: request.body.bytes.length, maxOutputTokens: 0, choiceCount: 1 };
    const room = await admitBeside(this.#deps, exchange, target, { size, signal }).then(
      (admission) => ({ admission }),
      () => null,
    );
    if (room === null) return null;
    try {
      const { connections } = exchange.snapshot;
      const { outcome, costUsd } = await attemptBeside(this.#deps, target, { request, connections, signal });
      exchange.classified(costUsd);
      if (outcome?.status !== 'responded') return whyItFailed(outcome);
      if (isUnpriced(target))
        exchange.warn(`${target.id} has no price: what its embeddings cost is not known`);
      const { answer } = outcome;
      const vectors = answer.kind === 'plain' ? vectorsIn(answer.bytes, asks.length) : null;
      return vectors ?? 'its answer has not one embedding for each question';
    } catch (error) {
      return causeText(error);
    } finally {
      room.admission?.release();
    }
  }
}

function requestOf(input: readonly string[], { upstreamModel }: ModelTarget): ConversationRequest {
  const body = { model: upstreamModel, input };
  return openAiEmbeddings.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
}
