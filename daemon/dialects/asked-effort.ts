// The effort of reasoning that the router asks for in the place of the client's. One rule for all dialects: what the client
// said of reasoning stays, only its level changes; where it said nothing, a level is only written for a model that is
// known to take one; a budget of tokens is scaled as the level is.

import type { ModelTraits } from '../conversation/model-traits.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import {
  effortOfBudget,
  TOKENS_OF_EFFORT,
  type ReasoningEffort,
  type ReasoningWish,
  type RequestSettings,
} from '../conversation/settings.ts';
import type { EncodeTarget } from './dialect.ts';

export type EffortTarget = Pick<EncodeTarget, 'effort' | 'traits'>;

/** A budget is not scaled down below this: less is refused by some vendors and leaves no whole thought with the others. */
const LEAST_BUDGET_TOKENS = 1024;

/** The settings of a request as this target is asked for them. */
export function askedSettings(request: ConversationRequest, target: EffortTarget): RequestSettings {
  const settings = request.settings();
  const reasoning = askedReasoning(settings.reasoning, target);
  return reasoning === settings.reasoning || reasoning === undefined ? settings : { ...settings, reasoning };
}

/** The client's wish with the router's level; the same object when nothing changes. */
export function askedReasoning(
  wish: ReasoningWish | undefined,
  target: EffortTarget,
): ReasoningWish | undefined {
  const effort = askedEffort(wish, target);
  if (effort === undefined) return wish;
  const { budgetTokens, isAdaptive: _, ...rest } = wish ?? {};
  const hasBudget = budgetTokens !== undefined && budgetTokens > 0 && effort !== 'none';
  return { ...rest, effort, ...(hasBudget ? { budgetTokens: scaledBudget(budgetTokens, effort) } : {}) };
}

/** The router's level, where it may be written; undefined = the request stays as the client wrote it. */
export function askedEffort(
  wish: ReasoningWish | undefined,
  { effort, traits }: EffortTarget,
): ReasoningEffort | undefined {
  if (effort === undefined || traits?.refuses?.includes('reasoning') === true) return undefined;
  return asksForLevel(wish) || takesEffort(traits) ? effort : undefined;
}

/** `budgetTokens` of the client, moved as far as the level was; one that is no budget (0, -1) stays one. */
export function scaledBudget(budgetTokens: number, effort: ReasoningEffort): number {
  const ratio = TOKENS_OF_EFFORT[effort] / TOKENS_OF_EFFORT[effortOfBudget(Math.max(1, budgetTokens))];
  return Math.max(Math.min(budgetTokens, LEAST_BUDGET_TOKENS), Math.floor(budgetTokens * ratio));
}

/** Merely wanting to read the thoughts says nothing of how many there are to be. */
function asksForLevel(wish: ReasoningWish | undefined): boolean {
  if (wish === undefined) return false;
  return wish.effort !== undefined || wish.budgetTokens !== undefined || wish.isAdaptive === true;
}

/** Known to; of an unknown model nothing is assumed that could make it refuse the request. */
function takesEffort(traits: ModelTraits | undefined): boolean {
  return (traits?.efforts?.length ?? 0) > 0;
}
