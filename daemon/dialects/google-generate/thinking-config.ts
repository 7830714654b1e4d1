// How a Gemini model is asked to think: the generation since 3 by a level, the one before by a number of tokens
// (https://ai.google.dev/gemini-api/docs/thinking; the numbers for efforts are those of Google's own compatible endpoint,
// https://ai.google.dev/gemini-api/docs/openai#thinking; both checked 2026-11-21).

import type { ReasoningEffort, ReasoningWish } from '../../conversation/settings.ts';
import { nearestEffort } from '../../conversation/settings.ts';
import type { JsonObject } from '../../util/json.ts';
import type { EncodeTarget } from '../dialect.ts';

const LEVELS: readonly ReasoningEffort[] = ['minimal', 'low', 'medium', 'high'];

const BUDGETS: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

/** What every model of the older generation takes at most. */
const MAX_BUDGET_TOKENS = 24_576;

/** Gemini 2.5 answers a level with an error. */
export function wantsBudget(upstreamModel: string): boolean {
  return /gemini-2(?:[.-]|$)/.test(upstreamModel);
}

/** `thinkingConfig` for a wish; undefined when there is nothing to say, or the model cannot be asked. */
export function thinkingConfigOf(wish: ReasoningWish, target: EncodeTarget): JsonObject | undefined {
  const { efforts } = target.traits ?? {};
  if (efforts?.length === 0) return undefined;
  const config = {
    ...(wantsBudget(target.upstreamModel) ? budgetOf(wish, efforts) : levelOf(wish, efforts)),
    ...(wish.showsThoughts === true ? { includeThoughts: true } : {}),
  };
  return Object.keys(config).length === 0 ? undefined : config;
}

function budgetOf(wish: ReasoningWish, efforts: readonly ReasoningEffort[] | undefined): JsonObject {
  const { effort, budgetTokens, isAdaptive } = wish;
  if (budgetTokens !== undefined) return { thinkingBudget: Math.min(budgetTokens, MAX_BUDGET_TOKENS) };
  if (effort !== undefined) {
    const taken = efforts === undefined ? effort : nearestEffort(effort, efforts);
    return { thinkingBudget: BUDGETS[taken ?? effort] };
  }
  return isAdaptive === true ? { thinkingBudget: -1 } : {};
}

function levelOf(wish: ReasoningWish, efforts: readonly ReasoningEffort[] = LEVELS): JsonObject {
  const effort = wish.effort ?? effortOf(wish.budgetTokens);
  const taken = effort === undefined ? undefined : nearestEffort(effort, efforts);
  if (taken === undefined) return {};
  if (taken === 'none') return { thinkingBudget: 0 };
  return { thinkingLevel: (LEVELS.includes(taken) ? taken : 'high').toUpperCase() };
}

function effortOf(budgetTokens: number | undefined): ReasoningEffort | undefined {
  if (budgetTokens === undefined) return undefined;
  return (['low', 'medium'] as const).find((effort) => budgetTokens <= BUDGETS[effort]) ?? 'high';
}
