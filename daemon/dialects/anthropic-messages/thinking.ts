// How a Claude model is asked to think: adaptive models by an effort, older ones by a budget of tokens. Used for requests
// that are built anew and for those that pass. https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking,
// /extended-thinking and /effort, checked 2026-11-21.

import {
  effortOfBudget,
  nearestEffort,
  TOKENS_OF_EFFORT,
  type ReasoningEffort,
  type ReasoningWish,
} from '../../conversation/settings.ts';
import type { ModelTraits } from '../../conversation/model-traits.ts';
import type { JsonObject } from '../../util/json.ts';
import type { Losses } from '../losses.ts';

/** Values of `output_config.effort`, weakest first. */
const WIRE_EFFORTS: readonly ReasoningEffort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/** The least that a budget may be; `max_tokens` must be above it. */
const MIN_BUDGET_TOKENS = 1024;

/** Of the output limit, so that something is left for the answer itself. */
const LARGEST_BUDGET_RATIO = 0.8;

export const LEFT_OUT_MID_LOOP =
  'thinking was left out: the answer under way was begun without thoughts of the chosen model';
export const LEFT_OUT_NO_ROOM = `thinking was left out: the output limit leaves no room for ${MIN_BUDGET_TOKENS} tokens of it`;
export const CANNOT_TURN_OFF =
  'thinking cannot be switched off at the chosen model; as little as possible was asked for';
const LEFT_OUT_FORCED = 'thinking was left out: the request forces a tool call';

/** Budget for an effort below the output limit; undefined when there is no room for one. */
export function budgetOfEffort(effort: ReasoningEffort, maxTokens: number): number | undefined {
  return budgetWithin(TOKENS_OF_EFFORT[effort], maxTokens);
}

/** A budget that Anthropic accepts with this output limit, as near as can be; undefined when there is none. */
export function budgetWithin(budgetTokens: number, maxTokens: number): number | undefined {
  if (maxTokens <= MIN_BUDGET_TOKENS) return undefined;
  const wanted = Math.max(MIN_BUDGET_TOKENS, Math.floor(budgetTokens));
  if (wanted < maxTokens) return wanted;
  return Math.max(MIN_BUDGET_TOKENS, Math.floor(maxTokens * LARGEST_BUDGET_RATIO));
}

/** How the model is asked to think; undefined = not known. */
export function thinkingMode(traits: ModelTraits | undefined): ModelTraits['thinking'] {
  return traits?.refuses?.includes('reasoning') === true ? 'none' : traits?.thinking;
}

/** The effort as this model takes it; undefined when it cannot be asked for one. */
export function wireEffort(
  effort: ReasoningEffort,
  traits: ModelTraits | undefined,
): ReasoningEffort | undefined {
  // Models of the time of budgets know no effort, unless it is known that they do.
  const mode = thinkingMode(traits) ?? 'adaptive';
  const unknown = mode === 'adaptive' ? WIRE_EFFORTS : [];
  const offered = traits?.efforts?.filter((level) => WIRE_EFFORTS.includes(level)) ?? unknown;
  return nearestEffort(effort, offered);
}

/** Newer models cannot: `none` is not among the efforts that are known of them. */
export function canTurnOff(traits: ModelTraits | undefined): boolean {
  return traits?.efforts?.includes('none') !== false;
}

export interface ThinkingPlan {
  readonly thinking?: JsonObject;
  readonly effort?: ReasoningEffort;
  readonly isThinking: boolean;
}

const NO_THINKING: ThinkingPlan = { isThinking: false };

export interface ThinkingLimits {
  readonly traits: ModelTraits | undefined;
  readonly maxTokens: number;
  /** The request forces a call of a tool, which Anthropic refuses together with thinking. */
  readonly forcesTool: boolean;
  /** Whether the answer under way, if any, begins with a thought of the model itself. */
  readonly opensWithThought: boolean;
  /** The level is the router's, and the client asked for no thoughts: then none are switched on for it. */
  readonly isUnasked: boolean;
}

export function planThinking(
  wish: ReasoningWish | undefined,
  limits: ThinkingLimits,
  losses: Losses,
): ThinkingPlan {
  if (wish === undefined || !asksForThoughts(wish)) {
    const thinksByItself = (thinkingMode(limits.traits) ?? 'adaptive') === 'adaptive';
    return wish?.effort === 'none' && thinksByItself ? planOff(undefined, limits, losses) : NO_THINKING;
  }
  if (limits.isUnasked) {
    const effort = wish.effort === undefined ? undefined : wireEffort(wish.effort, limits.traits);
    return effort === undefined ? NO_THINKING : { effort, isThinking: false };
  }
  switch (thinkingMode(limits.traits)) {
    case 'none':
      losses.leftOut('reasoning');
      return NO_THINKING;
    case 'budget':
      return planBudget(wish, limits, losses);
    default:
      return planAdaptive(wish, limits, losses);
  }
}

export function asksForThoughts({ effort, budgetTokens, isAdaptive, showsThoughts }: ReasoningWish): boolean {
  if (effort !== undefined) return effort !== 'none';
  return budgetTokens !== undefined || isAdaptive === true || showsThoughts === true;
}

function planOff(
  effort: ReasoningEffort | undefined,
  { traits }: ThinkingLimits,
  losses: Losses,
): ThinkingPlan {
  const isOff = canTurnOff(traits);
  if (!isOff) losses.add(CANNOT_TURN_OFF);
  const asked = isOff ? effort : wireEffort('none', traits);
  return {
    ...(isOff ? { thinking: { type: 'disabled' } } : {}),
    ...(asked === undefined ? {} : { effort: atMostHigh(asked) }),
    isThinking: !isOff,
  };
}

function planAdaptive(wish: ReasoningWish, limits: ThinkingLimits, losses: Losses): ThinkingPlan {
  const { traits, forcesTool } = limits;
  const asked =
    wish.effort ?? (wish.budgetTokens === undefined ? undefined : effortOfBudget(wish.budgetTokens));
  const effort = asked === undefined ? undefined : wireEffort(asked, traits);
  if (asked !== undefined && effort === undefined) losses.leftOut('the effort of reasoning');
  if (forcesTool) {
    losses.add(LEFT_OUT_FORCED);
    return planOff(effort, limits, losses);
  }
  return {
    thinking: { type: 'adaptive', ...display(wish) },
    ...(effort === undefined ? {} : { effort }),
    isThinking: true,
  };
}

function planBudget(wish: ReasoningWish, limits: ThinkingLimits, losses: Losses): ThinkingPlan {
  const { traits, maxTokens } = limits;
  const effort = wish.effort === undefined ? undefined : wireEffort(wish.effort, traits);
  const rest = effort === undefined ? {} : { effort };
  const leaveOut = (why: string): ThinkingPlan => {
    losses.add(why);
    return { ...rest, isThinking: false };
  };
  if (limits.forcesTool) return leaveOut(LEFT_OUT_FORCED);
  if (!limits.opensWithThought) return leaveOut(LEFT_OUT_MID_LOOP);
  const budget =
    wish.budgetTokens === undefined
      ? budgetOfEffort(wish.effort ?? 'high', maxTokens)
      : budgetWithin(wish.budgetTokens, maxTokens);
  if (budget === undefined) return leaveOut(LEFT_OUT_NO_ROOM);
  return {
    thinking: { type: 'enabled', budget_tokens: budget, ...display(wish) },
    ...rest,
    isThinking: true,
  };
}

/** Some models show nothing unless they are told to. */
function display({ showsThoughts }: ReasoningWish): JsonObject {
  return showsThoughts === undefined ? {} : { display: showsThoughts ? 'summarized' : 'omitted' };
}

/** Thinking switched off and more than `high` asked for is refused by the newest models. */
export function atMostHigh(effort: ReasoningEffort): ReasoningEffort {
  return effort === 'xhigh' || effort === 'max' ? 'high' : effort;
}
