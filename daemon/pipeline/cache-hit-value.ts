// What a stored answer is worth: which model would have been asked for a new one, and which one is the baseline. A hit is
// credited with what routing would have paid, never with the price of a model that was not going to be asked.

import type { CachedAnswer } from '../cache/response-cache.ts';
import { extractFeatures } from '../classify/features.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { Decision } from '../protocol/exchange-record.ts';
import { decide, type DecideDeps } from './decide.ts';
import type { CacheHitValue } from './exchange-books.ts';
import type { Exchange } from './exchange.ts';
import type { WireRequest } from './wire-request.ts';

export interface CacheHitDeps extends DecideDeps {
  readonly classifier: Classifier;
}

export interface ValuedHit {
  readonly value: CacheHitValue;
  readonly decision: Decision;
  readonly conversationId: string;
}

/** Decides as if there were no cache, without using anything up and without asking anyone. */
export async function valueCacheHit(
  deps: CacheHitDeps,
  wire: WireRequest,
  { exchange, request, cached }: { exchange: Exchange; request: ConversationRequest; cached: CachedAnswer },
): Promise<ValuedHit> {
  const { snapshot } = exchange;
  const features = extractFeatures(request, { client: exchange.clientName });
  const { classifier } = deps;
  const { classification } = await (classifier.preview?.(features, wire.signal) ??
    classifier.classify(features, wire.signal));
  const { plan, decision, conversationId } = decide(deps, {
    request,
    prompt: exchange.prompt,
    features,
    classification,
    headers: wire.headers,
    controls: exchange.controls.policy,
    snapshot,
    atMs: wire.receivedAtMs,
    consume: false,
  });
  const { targets } = snapshot.table;
  return {
    value: {
      features,
      madeBy: targets.find(({ id }) => id === cached.model) ?? null,
      chosen: plan.targets[0] ?? null,
      baseline: plan.baseline,
    },
    decision,
    conversationId,
  };
}
