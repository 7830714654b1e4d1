// Tools and settings of the neutral model -> members of a Responses body. What a model refuses is left out or mapped,
// and each such change is a sentence in the record.
// https://platform.openai.com/docs/api-reference/responses/create, checked 2026-11-21.

import type { ModelTraits } from '../../conversation/model-traits.ts';
import type { ConversationRequest, ToolDefinition } from '../../conversation/request.ts';
import {
  effortOfBudget,
  nearestEffort,
  type ReasoningEffort,
  type ReasoningWish,
  type RequestSettings,
  type SettingName,
  type ToolChoice,
} from '../../conversation/settings.ts';
import { objectOf, stringOf, withoutAbsent, type JsonObject } from '../../util/json.ts';
import { askedSettings } from '../asked-effort.ts';
import { functionSchemaOf } from '../custom-tools.ts';
import type { EncodeTarget } from '../dialect.ts';
import { withoutRefused, type Losses } from '../losses.ts';
import { LOGPROBS_INCLUDE } from './decode-settings.ts';
import { shortId } from './encode-item.ts';
import { TOOL_NAMES } from './tool-names.ts';

/** Stop sequences, penalties, `seed`, `logit_bias` and `top_k` have no counterpart in this dialect. */
export const CARRIED_SETTINGS: ReadonlySet<SettingName> = new Set<SettingName>([
  'temperature',
  'topP',
  'toolChoice',
  'parallelToolCalls',
  'reasoning',
  'verbosity',
  'topLogprobs',
  'serviceTier',
  'userId',
  'promptCacheKey',
]);

export const REASONING_INCLUDE = 'reasoning.encrypted_content';

/** "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16" (OpenAI, 2026-02). */
const MIN_OUTPUT_TOKENS = 16;

/** Of the tiers that other vendors name, OpenAI knows these. */
const SERVICE_TIERS: ReadonlySet<string> = new Set(['auto', 'default', 'flex', 'scale', 'priority']);

export function encodeSettings(
  request: ConversationRequest,
  target: EncodeTarget,
  losses: Losses,
): JsonObject {
  const { traits } = target;
  const wishes = askedSettings(request, target);
  const settings = withoutRefused(losses, wishes, refusedSettings(traits, wishes.reasoning));
  const reasoning = encodeReasoning(settings.reasoning, traits, losses);
  const { serviceTier, topLogprobs, userId, promptCacheKey } = settings;
  const hasTier = serviceTier !== undefined && SERVICE_TIERS.has(serviceTier);
  if (serviceTier !== undefined && !hasTier) losses.leftOut(`service tier ${serviceTier}`);
  const text = encodeText(request, settings);
  const maxOutputTokens = encodeLimit(request, target, losses);
  const include = [
    // "Encrypted content is not supported with this model" is what models answer that cannot reason (OpenAI, 2025-09).
    ...(canReason(traits) ? [REASONING_INCLUDE] : []),
    ...(topLogprobs === undefined ? [] : [LOGPROBS_INCLUDE]),
  ];
  return withoutAbsent({
    ...encodeTools(request.tools(), settings, losses),
    max_output_tokens: maxOutputTokens,
    temperature: settings.temperature,
    top_p: settings.topP,
    // 0 = the chosen tokens alone, which the member of `include` already asks for.
    top_logprobs: topLogprobs === 0 ? undefined : topLogprobs,
    reasoning,
    text,
    service_tier: hasTier ? serviceTier : undefined,
    safety_identifier: userId === undefined ? undefined : shortId(userId, 'user_'),
    prompt_cache_key: promptCacheKey === undefined ? undefined : shortId(promptCacheKey, 'key_'),
    include: include.length === 0 ? undefined : include,
  });
}

/** What this model refuses for this request. A wish for any effort but none makes it think. */
export function refusedSettings(
  traits: ModelTraits | undefined,
  wish: ReasoningWish | undefined,
): readonly SettingName[] {
  const isThinking = wish !== undefined && wish.effort !== 'none' && canReason(traits);
  return [...(traits?.refuses ?? []), ...(isThinking ? (traits?.refusesWhileThinking ?? []) : [])];
}

/** False only for models that are known not to. */
export function canReason(traits: ModelTraits | undefined): boolean {
  const refusesReasoning = traits?.refuses?.includes('reasoning') === true;
  return traits?.efforts?.length !== 0 && !refusesReasoning;
}

/** The effort that the model is asked for; a wish that it does not take goes to the nearest one. */
export function fittingEffort(
  effort: ReasoningEffort,
  traits: ModelTraits | undefined,
  losses: Losses,
): ReasoningEffort | undefined {
  if (traits?.efforts === undefined) return effort;
  const fitting = nearestEffort(effort, traits.efforts);
  if (fitting !== undefined && fitting !== effort) losses.effortChanged(effort, fitting);
  return fitting;
}

function encodeReasoning(
  wish: ReasoningWish | undefined,
  traits: ModelTraits | undefined,
  losses: Losses,
): JsonObject | undefined {
  if (wish === undefined) return undefined;
  if (!canReason(traits)) {
    // To a wish for no thoughts nothing has to be said.
    if (wish.effort !== 'none') losses.leftOut('the wish for reasoning');
    return undefined;
  }
  const wanted = wish.effort ?? toldEffort(wish.budgetTokens, losses);
  const effort = wanted === undefined ? undefined : fittingEffort(wanted, traits, losses);
  const summary = wish.showsThoughts === true ? 'auto' : undefined;
  if (effort === undefined && summary === undefined) return undefined;
  return withoutAbsent({ effort, summary });
}

/**
 * This dialect has no budget in tokens. The bounds follow the steps of Claude Code, whose words for a harder thought set
 * 4,000, 10,000 and 31,999.
 */
function toldEffort(budgetTokens: number | undefined, losses: Losses): ReasoningEffort | undefined {
  if (budgetTokens === undefined) return undefined;
  const effort = effortOfBudget(budgetTokens);
  losses.budgetBecameEffort(budgetTokens, effort);
  return effort;
}

function encodeLimit(
  { maxOutputTokens }: ConversationRequest,
  target: EncodeTarget,
  losses: Losses,
): number | undefined {
  if (maxOutputTokens === undefined) return undefined;
  if (maxOutputTokens < MIN_OUTPUT_TOKENS) {
    losses.add(
      `an output limit of ${maxOutputTokens} tokens was raised to ${MIN_OUTPUT_TOKENS}, the least there is`,
    );
  }
  return Math.max(MIN_OUTPUT_TOKENS, Math.min(maxOutputTokens, target.maxOutputTokens));
}

function encodeText(
  { responseFormat }: ConversationRequest,
  { verbosity }: RequestSettings,
): JsonObject | undefined {
  const format = encodeFormat(responseFormat);
  if (format === undefined && verbosity === undefined) return undefined;
  return withoutAbsent({ format, verbosity });
}

function encodeFormat(format: ConversationRequest['responseFormat']): JsonObject | undefined {
  switch (format.kind) {
    case 'json-object':
      return { type: 'json_object' };
    case 'json-schema': {
      const name = (format.name ?? '').replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
      const { schema, strict } = format;
      return withoutAbsent({ type: 'json_schema', name: name === '' ? 'answer' : name, schema, strict });
    }
    default:
      return undefined;
  }
}

/** A choice among tools, and how they may be called, only has a place beside tools. */
function encodeTools(
  definitions: readonly ToolDefinition[],
  { toolChoice, parallelToolCalls }: RequestSettings,
  losses: Losses,
): JsonObject {
  const sent = definitions.filter((tool) => tool.kind !== 'server');
  for (const tool of definitions) {
    if (tool.kind === 'server') losses.providerTool(tool.name);
  }
  if (sent.length === 0) return {};
  const choice = encodeToolChoice(toolChoice, sent, losses);
  return withoutAbsent({
    tools: sent.map(encodeTool),
    tool_choice: choice,
    parallel_tool_calls: parallelToolCalls,
  });
}

function encodeTool(tool: ToolDefinition): JsonObject {
  const { kind, description, strict } = tool;
  const name = TOOL_NAMES.fit(tool.name);
  if (kind === 'custom')
    return withoutAbsent({ type: 'custom', name, description, format: customFormat(tool) });
  const schema = functionSchemaOf(tool) ?? {};
  return withoutAbsent({
    type: 'function',
    name,
    description,
    parameters: schema['type'] === undefined ? { type: 'object', properties: {}, ...schema } : schema,
    // Left out it would mean true here, in all other dialects it means false: most schemas are not written for it.
    strict: strict ?? false,
  });
}

/** Chat completions wrap the grammar once more. */
function customFormat({ raw }: ToolDefinition): JsonObject | undefined {
  const wire = objectOf(raw);
  const format = objectOf((objectOf(wire?.['custom']) ?? wire)?.['format']);
  const type = stringOf(format?.['type']);
  if (format === undefined || type === undefined) return undefined;
  if (type !== 'grammar') return { type };
  const grammar = objectOf(format['grammar']) ?? format;
  return withoutAbsent({ type, syntax: grammar['syntax'], definition: grammar['definition'] });
}

function encodeToolChoice(
  choice: ToolChoice | undefined,
  sent: readonly ToolDefinition[],
  losses: Losses,
): JsonObject | string | undefined {
  if (choice === undefined || choice.kind !== 'tool') return choice?.kind;
  const chosen = sent.find((tool) => tool.name === choice.name);
  if (chosen === undefined) {
    losses.leftOut(`the choice of the tool ${choice.name}`);
    return undefined;
  }
  return { type: chosen.kind, name: TOOL_NAMES.fit(chosen.name) };
}
