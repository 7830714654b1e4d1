// How a chat request wants its answer made, in neutral words, and which of its members have no neutral word. OpenAI's
// fields (https://platform.openai.com/docs/api-reference/chat/create) and those that other providers of the dialect
// added: `reasoning` (https://openrouter.ai/docs/guides/best-practices/reasoning-tokens), `thinking`
// (https://api-docs.deepseek.com/guides/thinking_mode.md, Z.AI, Moonshot), `enable_thinking` and `thinking_budget`
// (https://help.aliyun.com/en/model-studio/deep-thinking), `top_k`. Checked 2026-11-21.

import {
  REASONING_EFFORTS,
  type ReasoningEffort,
  type ReasoningWish,
  type RequestSettings,
  type ToolChoice,
} from '../../conversation/settings.ts';
import {
  arrayOf,
  type JsonObject,
  type JsonValue,
  numberOf,
  objectOf,
  stringOf,
  withoutAbsent,
} from '../../util/json.ts';

/** Reads a member of the body; undefined when it is absent. */
export type ReadMember = (field: string) => JsonValue | undefined;

/** Members that the neutral view carries, or whose loss changes no answer. */
const MAPPED: ReadonlySet<string> = new Set(
  [
    'model messages stream stream_options n max_tokens max_completion_tokens tools functions response_format',
    'temperature top_p top_k frequency_penalty presence_penalty seed stop logprobs top_logprobs logit_bias',
    'tool_choice function_call parallel_tool_calls verbosity service_tier prompt_cache_key',
    'reasoning_effort reasoning thinking enable_thinking thinking_budget user safety_identifier',
    'store metadata', // what the vendor keeps of the answer
  ].flatMap((names) => names.split(' ')),
);

/** What is read of the objects that ask for reasoning; providers add more (Z.AI: `clear_thinking`). */
const REASONING_MEMBERS: readonly (readonly [string, readonly string[]])[] = [
  ['thinking', ['type', 'budget_tokens']],
  ['reasoning', ['effort', 'max_tokens', 'exclude', 'enabled']],
];

const VERBOSITIES: readonly string[] = ['low', 'medium', 'high'];

export function decodeSettings(member: ReadMember): RequestSettings {
  const number = (field: string): number | undefined => numberOf(member(field));
  const text = (field: string): string | undefined => stringOf(member(field));
  const parallel = member('parallel_tool_calls');
  const verbosity = text('verbosity') ?? '';
  const settings: { [Name in keyof RequestSettings]: RequestSettings[Name] | undefined } = {
    temperature: number('temperature'),
    topP: number('top_p'),
    topK: number('top_k'),
    frequencyPenalty: number('frequency_penalty'),
    presencePenalty: number('presence_penalty'),
    seed: number('seed'),
    stopSequences: decodeStop(member('stop')),
    toolChoice: decodeToolChoice(member('tool_choice') ?? member('function_call')),
    parallelToolCalls: typeof parallel === 'boolean' ? parallel : undefined,
    reasoning: decodeReasoning(member),
    verbosity: isVerbosity(verbosity) ? verbosity : undefined,
    topLogprobs: member('logprobs') === true ? (number('top_logprobs') ?? 0) : undefined,
    logitBias: objectOf(member('logit_bias')),
    serviceTier: text('service_tier'),
    userId: text('safety_identifier') ?? text('user'),
    promptCacheKey: text('prompt_cache_key'),
  };
  return withoutAbsent<RequestSettings>(settings);
}

/** Members that mean something and have no neutral word; null counts as absent. */
export function unmappedFields(names: Iterable<string>, member: ReadMember): readonly string[] {
  const unmapped: string[] = [];
  for (const name of names) {
    if (!MAPPED.has(name) && !isDefault(name, member(name))) unmapped.push(name);
  }
  const effort = stringOf(member('reasoning_effort')) ?? '';
  if (effort !== '' && !isEffort(effort)) unmapped.push('reasoning_effort');
  const choice = objectOf(member('tool_choice'));
  if (choice?.['type'] === 'allowed_tools') unmapped.push('tool_choice.allowed_tools');
  for (const [name, known] of REASONING_MEMBERS) {
    for (const [inner, value] of Object.entries(objectOf(member(name)) ?? {})) {
      if (!known.includes(inner) && value !== null) unmapped.push(`${name}.${inner}`);
    }
  }
  return unmapped;
}

export function isEffort(text: string): text is ReasoningEffort {
  return (REASONING_EFFORTS as readonly string[]).includes(text);
}

function isDefault(name: string, value: JsonValue | undefined): boolean {
  if (value === null || value === undefined) return true;
  return name === 'modalities' && JSON.stringify(value) === '["text"]';
}

function isVerbosity(text: string): text is 'low' | 'medium' | 'high' {
  return VERBOSITIES.includes(text);
}

function decodeStop(value: JsonValue | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  const sequences = arrayOf(value).filter((item) => typeof item === 'string');
  return sequences.length === 0 ? undefined : sequences;
}

function decodeToolChoice(value: JsonValue | undefined): ToolChoice | undefined {
  switch (value) {
    case 'auto':
    case 'none':
    case 'required':
      return { kind: value };
    case 'any': // Mistral's word
      return { kind: 'required' };
    default: {
      const choice = objectOf(value);
      return choice === undefined ? undefined : choiceOf(choice);
    }
  }
}

function choiceOf(choice: JsonObject): ToolChoice | undefined {
  if (choice['type'] === 'allowed_tools') {
    const mode = objectOf(choice['allowed_tools'])?.['mode'] ?? choice['mode'];
    return { kind: mode === 'required' ? 'required' : 'auto' };
  }
  const tool = objectOf(choice['function']) ?? objectOf(choice['custom']) ?? choice;
  const name = stringOf(tool['name']);
  return name === undefined ? undefined : { kind: 'tool', name };
}

function decodeReasoning(member: ReadMember): ReasoningWish | undefined {
  const reasoning = objectOf(member('reasoning'));
  const thinking = objectOf(member('thinking'));
  const switches = [member('enable_thinking'), reasoning?.['enabled']];
  const isOff = thinking?.['type'] === 'disabled' || switches.includes(false);
  const isOn = thinking?.['type'] === 'enabled' || switches.includes(true);
  const effort = isOff
    ? 'none'
    : (stringOf(member('reasoning_effort')) ?? stringOf(reasoning?.['effort']) ?? '');
  const budgetTokens =
    numberOf(member('thinking_budget')) ??
    numberOf(reasoning?.['max_tokens']) ??
    numberOf(thinking?.['budget_tokens']);
  const excluded = reasoning?.['exclude'];
  const wish: ReasoningWish = {
    ...(isEffort(effort) ? { effort } : {}),
    ...(budgetTokens === undefined ? {} : { budgetTokens }),
    // Switched on, but not told how much.
    ...(isOn && !isEffort(effort) && budgetTokens === undefined ? { isAdaptive: true } : {}),
    ...(typeof excluded === 'boolean' ? { showsThoughts: !excluded } : {}),
  };
  return Object.keys(wish).length === 0 ? undefined : wish;
}
