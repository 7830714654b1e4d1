// What an answer says of itself: the `x-pointsman-*` headers, and the `_pointsman` member of a body.

import type { CacheStatus, Classification, RouteReason } from '../protocol/vocabulary.ts';
import type { JsonObject } from '../util/json.ts';
import type { ExchangeMoney } from './settle.ts';

export interface AnswerLabels {
  readonly exchangeId: string;
  readonly model: string | null;
  readonly provider: string | null;
  /** null when the exchange ended before it was classified. */
  readonly classification: Classification | null;
  readonly reason: RouteReason | null;
  readonly attempts: number;
  readonly cache: CacheStatus;
}

/** Parts that are not known are left out; `money` null = not known before the body. */
export function answerHeaders(
  labels: AnswerLabels,
  money: ExchangeMoney | null,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { 'x-pointsman-exchange-id': labels.exchangeId };
  if (labels.model !== null) headers['x-pointsman-model'] = labels.model;
  if (labels.provider !== null) headers['x-pointsman-provider'] = labels.provider;
  if (labels.classification !== null) {
    headers['x-pointsman-task'] = labels.classification.taskType;
    headers['x-pointsman-complexity'] = labels.classification.complexity;
  }
  if (labels.reason !== null) headers['x-pointsman-reason'] = labels.reason;
  headers['x-pointsman-attempts'] = String(labels.attempts);
  headers['x-pointsman-cache'] = labels.cache;
  if (money === null) return headers;
  if (money.costUsd !== null) headers['x-pointsman-cost-usd'] = usdText(money.costUsd);
  if (money.baselineCostUsd !== null) headers['x-pointsman-baseline-usd'] = usdText(money.baselineCostUsd);
  if (money.savedUsd !== null) headers['x-pointsman-saved-usd'] = usdText(money.savedUsd);
  return headers;
}

/**
 * OpenAI's SDK shows `x-request-id` to its user and Anthropic's `request-id`, of answers and of errors. The name of the
 * exchange stands there where the provider gave none.
 */
export function requestIdHeaders(exchangeId: string): Readonly<Record<string, string>> {
  return { 'x-request-id': exchangeId, 'request-id': exchangeId };
}

/** snake_case, as its neighbours in a wire body are. */
export function answerMetadata(labels: AnswerLabels, money: ExchangeMoney): JsonObject {
  return {
    exchange_id: labels.exchangeId,
    task: labels.classification?.taskType ?? null,
    complexity: labels.classification?.complexity ?? null,
    model: labels.model,
    provider: labels.provider,
    reason: labels.reason,
    attempts: labels.attempts,
    cache: labels.cache,
    cost_usd: money.costUsd,
    baseline_usd: money.baselineCostUsd,
    saved_usd: money.savedUsd,
  };
}

/** US dollars without an exponent, to a thousandth of a micro-dollar. */
function usdText(usd: number): string {
  const text = usd.toFixed(9).replace(/0+$/, '').replace(/\.$/, '');
  return text === '-0' ? '0' : text;
}
