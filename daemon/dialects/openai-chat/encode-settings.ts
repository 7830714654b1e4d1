// Settings of a client of another dialect -> members of a chat request. What every provider of the dialect knows is
// always sent; what only some know (`takes`) or what the model refuses is not: several providers answer an unknown member
// with an error (see catalog/model-traits.json). Fields: https://platform.openai.com/docs/api-reference/chat/create and
// the pages named there, checked 2026-11-21.

import { createHash } from 'node:crypto';

import type { ModelTraits } from '../../conversation/model-traits.ts';
import type { ConversationRequest } from '../../conversation/request.ts';
import {
  effortOfBudget,
  nearestEffort,
  type ReasoningEffort,
  type ReasoningWish,
  type RequestSettings,
  type SettingName,
} from '../../conversation/settings.ts';
import { type JsonObject, withoutAbsent } from '../../util/json.ts';
import { askedSettings } from '../asked-effort.ts';
import type { EncodeTarget } from '../dialect.ts';
import { type Losses, noteUncarried, withoutRefused } from '../losses.ts';

/** `toolChoice` and `parallelToolCalls` are written with the tools. */
const COMMON: readonly SettingName[] = [
  ...(['temperature', 'topP', 'frequencyPenalty', 'presencePenalty', 'seed', 'stopSequences'] as const),
  ...(['toolChoice', 'parallelToolCalls', 'reasoning'] as const),
];

const MAX_STOP_SEQUENCES = 4;
const MAX_NAME_CHARACTERS = 64;
const SERVICE_TIERS: readonly string[] = ['auto', 'default', 'flex', 'priority'];

export interface WireSettings {
  readonly fields: JsonObject;
  /** The settings that are left when the refused ones are gone. */
  readonly settings: RequestSettings;
  readonly isThinking: boolean;
}

export function encodeSettings(
  request: ConversationRequest,
  target: Pick<EncodeTarget, 'traits' | 'effort'>,
  hasTools: boolean,
  losses: Losses,
): WireSettings {
  const { traits } = target;
  const asked = askedSettings(request, target);
  const effort = effortFor(asked.reasoning, traits, hasTools, losses);
  const isThinking = effort !== 'none';
  const refused = refusedSettings(traits, isThinking);
  const settings = withoutRefused(losses, asked, refused);
  const takes = traits?.takes ?? [];
  noteUncarried(losses, request, new Set([...COMMON, ...takes, ...refused]));
  return {
    fields: {
      ...commonFields(settings, traits, losses),
      ...effortFields(effort, traits, request.stream, losses),
      ...rareFields(settings, new Set(takes), losses),
    },
    settings,
    isThinking,
  };
}

export function refusedSettings(
  traits: ModelTraits | undefined,
  isThinking: boolean,
): readonly SettingName[] {
  return [...(traits?.refuses ?? []), ...(isThinking ? (traits?.refusesWhileThinking ?? []) : [])];
}

/** The effort to ask for; undefined = say nothing of it. */
export function effortFor(
  wish: ReasoningWish | undefined,
  traits: ModelTraits | undefined,
  hasTools: boolean,
  losses: Losses,
): ReasoningEffort | undefined {
  const asked =
    wish?.effort ?? (wish?.budgetTokens === undefined ? undefined : effortOfBudget(wish.budgetTokens));
  if (wish?.budgetTokens !== undefined && wish.effort === undefined && asked !== undefined)
    losses.budgetBecameEffort(wish.budgetTokens, asked);
  if (traits?.effortWithTools !== undefined && hasTools) {
    if (asked !== undefined && asked !== 'none')
      losses.add('the chosen model takes no reasoning effort together with tools in this dialect');
    return traits.effortWithTools === 'none' ? 'none' : undefined;
  }
  if (asked === undefined || traits?.efforts === undefined) return asked;
  const nearest = nearestEffort(asked, traits.efforts);
  if (nearest === undefined) losses.leftOut('the reasoning effort');
  else if (nearest !== asked) losses.effortChanged(asked, nearest);
  return nearest;
}

/** As `reasoning_effort`, or as the switch that the model has in its place. */
export function effortFields(
  effort: ReasoningEffort | undefined,
  traits: ModelTraits | undefined,
  isStream: boolean,
  losses: Losses,
): JsonObject {
  if (effort === undefined) return {};
  const isOff = effort === 'none';
  const hasLevels = (traits?.efforts?.length ?? 0) > 2;
  switch (traits?.thinkingSwitch) {
    case 'thinking':
      if (isOff) return { thinking: { type: 'disabled' } };
      return hasLevels ? { reasoning_effort: effort } : { thinking: { type: 'enabled' } };
    case 'enable_thinking':
      if (isOff || isStream) return { enable_thinking: !isOff };
      // https://help.aliyun.com/en/model-studio/deep-thinking: many of the models think in streams only.
      losses.add('the chosen model need not think in an answer that is not streamed');
      return {};
    default:
      return { reasoning_effort: effort };
  }
}

function commonFields(
  settings: RequestSettings,
  traits: ModelTraits | undefined,
  losses: Losses,
): JsonObject {
  const { temperature, topP, frequencyPenalty, presencePenalty, seed, stopSequences } = settings;
  if (stopSequences !== undefined && stopSequences.length > MAX_STOP_SEQUENCES)
    losses.stopSequencesCut(MAX_STOP_SEQUENCES);
  return withoutAbsent({
    temperature,
    top_p: topP,
    frequency_penalty: frequencyPenalty,
    presence_penalty: presencePenalty,
    [traits?.seedField ?? 'seed']: seed,
    stop: stopSequences?.slice(0, MAX_STOP_SEQUENCES),
  });
}

function rareFields(settings: RequestSettings, takes: ReadonlySet<SettingName>, losses: Losses): JsonObject {
  const { topK, verbosity, topLogprobs, logitBias, promptCacheKey } = settings;
  const taken = <Value>(name: SettingName, value: Value): Value | undefined =>
    takes.has(name) ? value : undefined;
  const logprobs = taken('topLogprobs', topLogprobs);
  return withoutAbsent({
    top_k: taken('topK', topK),
    verbosity: taken('verbosity', verbosity),
    logprobs: logprobs === undefined ? undefined : true,
    top_logprobs: logprobs === 0 ? undefined : logprobs,
    logit_bias: taken('logitBias', logitBias),
    service_tier: fitting('serviceTier', settings, takes, (tier) => SERVICE_TIERS.includes(tier), losses),
    user: fitting('userId', settings, takes, (id) => id.length <= MAX_NAME_CHARACTERS, losses),
    prompt_cache_key: taken('promptCacheKey', shortened(promptCacheKey)),
  });
}

/** A text that only means something to a provider in its own form. */
function fitting(
  name: 'serviceTier' | 'userId',
  settings: RequestSettings,
  takes: ReadonlySet<SettingName>,
  fits: (text: string) => boolean,
  losses: Losses,
): string | undefined {
  const value = settings[name];
  if (value === undefined || !takes.has(name)) return undefined;
  if (fits(value)) return value;
  losses.leftOut(name);
  return undefined;
}

/** Keys only have to be equal where they were equal. */
function shortened(key: string | undefined): string | undefined {
  if (key === undefined || key.length <= MAX_NAME_CHARACTERS) return key;
  return createHash('sha256').update(key).digest('hex');
}
