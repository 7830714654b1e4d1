// What the books say of a stored answer and of marks that the router set, from the functions that they are made of.

import { baselineOf, costOnModel } from '../../../daemon/catalog/baseline.ts';
import { attemptCostUsd } from '../../../daemon/catalog/cost.ts';
import type { ModelTarget } from '../../../daemon/catalog/model-target.ts';
import { pricingInUsd } from '../../../daemon/catalog/price-row.ts';
import { type ExchangeMoney, injectionSavedUsd, settleMoney } from '../../../daemon/pipeline/settle.ts';
import { FRIDAY_NOON, type Terms } from './golden-case.ts';
import type { HitCase, InjectionCase } from './saved-by-cases.ts';

const AT_MS = Date.parse(FRIDAY_NOON);

function targetOf(id: string, terms: Terms): ModelTarget {
  return {
    id,
    provider: 'golden',
    dialect: 'openai-chat',
    upstreamModel: id,
    tier: 'simple',
    contextTokens: 1_000_000,
    maxOutputTokens: 64_000,
    supports: [],
    speedTokensPerSec: null,
    price: terms.price === undefined ? null : pricingInUsd(terms.price),
    billing: terms.billing ?? 'metered',
    promptCache: { kind: 'none', minTokens: 0, ttlS: 0, ...terms.cache },
    tokenizerFactor: terms.tokenizerFactor ?? 1,
    fallback: [],
    usable: true,
    unusableWhy: null,
  };
}

export function playHit(golden: HitCase): ExchangeMoney {
  const madeBy = targetOf('made-by', golden.madeBy);
  const baseline = targetOf('base', golden.baseline);
  const chosen = targetOf('chosen', golden.chosen);
  const compared = {
    usage: golden.usage,
    served: madeBy,
    baseline,
    baselineWarmTokens: 0,
    promptTokens: null,
  };
  return settleMoney({
    attempts: [],
    classifierCostUsd: golden.classifierCostUsd ?? 0,
    baselineCostUsd: baselineOf({ ...compared, atMs: AT_MS }).costUsd,
    cacheHit: {
      status: golden.status,
      routedCostUsd: costOnModel(golden.usage, madeBy, chosen, golden.warmShare ?? 0, AT_MS),
    },
  });
}

export function playInjection({ served, usage, baselineUsd }: InjectionCase): ExchangeMoney {
  const target = targetOf('served', served);
  const costUsd = attemptCostUsd(usage, target, AT_MS);
  return settleMoney({
    attempts: [
      {
        model: target.id,
        provider: target.provider,
        startedAtMs: 0,
        durationMs: 1,
        timeToFirstChunkMs: 1,
        status: 'ok',
        errorType: null,
        statusCode: 200,
        usage,
        usageSource: 'reported',
        costUsd,
        possiblyBilled: false,
        prices: null,
      },
    ],
    classifierCostUsd: 0,
    baselineCostUsd: baselineUsd,
    injectionSavedUsd: injectionSavedUsd(usage, target, costUsd ?? Number.NaN, AT_MS),
  });
}
