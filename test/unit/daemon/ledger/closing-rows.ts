// Random exchanges whose money is worked out by the daemon's own settlement, so that their books close: metered, free
// and by subscription, priced and not, with failed tries, abandoned answers, cache hits and a classifier that costs.

import { costUsd as costOf, unitPricesAt } from '../../../../daemon/catalog/cost.ts';
import type { ModelTarget, Pricing } from '../../../../daemon/catalog/model-target.ts';
import { attemptMoney, settleMoney } from '../../../../daemon/pipeline/settle.ts';
import type { AttemptRecord, ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import type { TokenUsage } from '../../../../daemon/protocol/vocabulary.ts';
import type { RoutingTable } from '../../../../daemon/route/policy.ts';
import { target } from '../route/route-fixtures.ts';
import { attempt, decision, exchange, table } from './ledger-fixtures.ts';

export type Dice = () => number;

/** The same numbers for the same seed, 0 <= n < 1. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

function pricing(input: number, output: number, read: number, write: number): Pricing {
  return {
    inputUsdPerMtok: input,
    outputUsdPerMtok: output,
    cacheReadUsdPerMtok: read,
    cacheWriteUsdPerMtok: write,
    cacheWrite1hUsdPerMtok: 2 * input,
    source: 'test',
    asOf: '2026-11-01',
  };
}

const OPUS_PRICE = pricing(4, 20, 0.2, 5);
export const OPUS = target('opus', { price: OPUS_PRICE });
export const FLASH = target('flash', { price: pricing(0.15, 0.6, 0.003, 0.15) });
export const LOCAL = target('local', { price: null, billing: 'free' });
export const QUOTA = target('quota', { price: pricing(2, 10, 0.1, 2.5), billing: 'flat-rate' });
export const NOVEL = target('novel', { price: null });

/** The table that the rows name, with how each model is billed. */
export const CLOSING_TABLE: RoutingTable = {
  ...table,
  hash: 'closing-rows',
  targets: [OPUS, FLASH, LOCAL, QUOTA, NOVEL],
};

export function randomUsage(dice: Dice): TokenUsage {
  const inputTokens = Math.floor(10 ** (2 + 3 * dice()));
  const cacheReadInputTokens = Math.floor(inputTokens * dice());
  const cacheCreationInputTokens = Math.floor((inputTokens - cacheReadInputTokens) * dice());
  const outputTokens = Math.floor(10 ** (1 + 2.5 * dice()));
  const reasoningOutputTokens = Math.floor(outputTokens * dice());
  return {
    inputTokens,
    cacheReadInputTokens,
    cacheCreationInputTokens,
    outputTokens,
    reasoningOutputTokens,
  };
}

export interface TryOptions {
  readonly model: ModelTarget;
  readonly usage: TokenUsage | null;
  readonly status?: AttemptRecord['status'];
  readonly reportedCostUsd?: number;
  readonly isEstimated?: boolean;
}

export function tryOf({
  model,
  usage,
  status = 'ok',
  reportedCostUsd,
  isEstimated,
}: TryOptions): AttemptRecord {
  const { prices, ...money } = attemptMoney(usage, model, reportedCostUsd ?? null, 0);
  return {
    ...attempt,
    model: model.id,
    provider: model.provider,
    status,
    errorType: status === 'ok' ? null : status === 'failed' ? 'overloaded' : 'client-closed',
    usage,
    usageSource: usage === null ? 'none' : isEstimated === true ? 'estimated' : 'reported',
    ...money,
    prices,
  };
}

export interface ClosingOptions {
  readonly attempts: readonly AttemptRecord[];
  readonly startedAtMs: number;
  readonly classifierCostUsd?: number;
  /** null = there is none to compare with. */
  readonly baselineUsage?: TokenUsage | null;
  readonly injectionSavedUsd?: number;
  readonly hitWorthUsd?: number;
  readonly changes?: Partial<ExchangeRecord>;
}

/** A record as the pipeline would have written it. */
export function closingExchange(exchangeId: string, options: ClosingOptions): ExchangeRecord {
  const { attempts, startedAtMs, classifierCostUsd = 0, hitWorthUsd } = options;
  const last = attempts.at(-1);
  const isAnswered = last === undefined ? hitWorthUsd !== undefined : last.status !== 'failed';
  const usage = options.baselineUsage ?? null;
  const baselineUsd = usage === null ? null : costOf(usage, OPUS_PRICE, 0);
  const money = settleMoney({
    attempts,
    classifierCostUsd,
    baselineCostUsd: isAnswered ? baselineUsd : 0,
    baseline: usage === null || !isAnswered ? null : { usage, prices: unitPricesAt(OPUS_PRICE, usage, 0) },
    injectionSavedUsd: options.injectionSavedUsd ?? 0,
    cacheHit: hitWorthUsd === undefined ? null : { status: 'exact', routedCostUsd: hitWorthUsd },
  });
  return exchange(exchangeId, {
    startedAt: new Date(startedAtMs).toISOString(),
    attempts,
    usage: last?.usage ?? null,
    usageSource: last?.usageSource ?? 'none',
    responseModel: isAnswered ? (last?.model ?? null) : null,
    status: !isAnswered ? 'error' : last?.status === 'cancelled' ? 'cancelled' : 'ok',
    cache: hitWorthUsd === undefined ? 'miss' : 'exact',
    classifierCostUsd,
    ...money,
    decision: { ...decision, tableHash: CLOSING_TABLE.hash },
    ...options.changes,
  });
}

const DAY_MS = 86_400_000;
const MODELS = [OPUS, OPUS, FLASH, FLASH, FLASH, FLASH, LOCAL, QUOTA, NOVEL];

/** Any of them; within `days` from `fromMs`. */
export function randomExchange(dice: Dice, index: number, fromMs: number, days: number): ExchangeRecord {
  const model = MODELS[Math.floor(dice() * MODELS.length)] ?? OPUS;
  const usage = randomUsage(dice);
  const failed = dice() < 0.1 ? [tryOf({ model: FLASH, usage: randomUsage(dice), status: 'failed' })] : [];
  const isLost = dice() < 0.03;
  const roll = dice();
  const answer = tryOf({
    model,
    usage,
    status: isLost ? 'failed' : roll < 0.05 ? 'cancelled' : 'ok',
    isEstimated: roll < 0.1,
    ...(roll > 0.9 && model.billing === 'metered' ? { reportedCostUsd: dice() / 100 } : {}),
  });
  const isHit = !isLost && failed.length === 0 && dice() < 0.05;
  return closingExchange(`x_${index}`, {
    attempts: isHit ? [] : [...failed, answer],
    startedAtMs: fromMs + Math.floor(dice() * days * DAY_MS),
    classifierCostUsd: dice() < 0.2 ? dice() / 1000 : 0,
    baselineUsage: model === QUOTA && !isHit ? null : { ...usage, inputTokens: usage.inputTokens * 1.1 },
    injectionSavedUsd: !isHit && dice() < 0.2 ? (dice() - 0.3) / 100 : 0,
    ...(isHit ? { hitWorthUsd: dice() / 100 } : {}),
    changes: {
      durationMs: 50 + 5000 * dice() ** 3,
      timeToFirstChunkMs: dice() < 0.9 ? 10 + 1000 * dice() ** 3 : null,
      conversationId: `c_${Math.floor(index / 12)}`,
      workspaceId: dice() < 0.5 ? null : `workspace-${Math.floor(dice() * 5)}`,
      client: dice() < 0.6 ? 'claude-code' : 'opencode',
      task: dice() < 0.7 ? 'code' : 'general',
      complexity: dice() < 0.5 ? 'simple' : dice() < 0.6 ? 'moderate' : 'complex',
    },
  });
}
