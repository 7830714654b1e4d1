// How a Responses request wants its answer made -> neutral words, and the names of what there is no neutral word for.
// Fields as https://platform.openai.com/docs/api-reference/responses/create has them, checked 2026-11-21.

import type { ResponseFormat, ToolDefinition } from '../../conversation/request.ts';
import {
  REASONING_EFFORTS,
  type ReasoningEffort,
  type ReasoningWish,
  type RequestSettings,
  type ToolChoice,
} from '../../conversation/settings.ts';
import {
  arrayOf,
  numberOf,
  objectOf,
  stringOf,
  withoutAbsent,
  type JsonObject,
  type JsonValue,
} from '../../util/json.ts';
import type { RequestBody } from '../../util/request-body.ts';
import { hasMember, member, stringMember } from '../body-fields.ts';
import { neutralToolName, toolNamed } from './decode-tools.ts';

export const LOGPROBS_INCLUDE = 'message.output_text.logprobs';

/**
 * Members that the neutral model carries, or whose loss changes no answer: what the vendor stores and echoes (`store`,
 * `metadata`), what it adds to items that only it makes (`include`), how it pads a stream, the envelope of a WebSocket
 * frame.
 */
const MAPPED: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'stream_options',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'include',
  'service_tier',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'previous_response_id',
  'store',
  'metadata',
  'client_metadata',
  'type',
  'generate',
  'stream_id',
]);

/** Values that say what would happen anyway. */
const DEFAULTS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['background', false],
  ['truncation', 'disabled'],
  ['reasoning.context', 'auto'],
  ['reasoning.mode', 'standard'],
]);

export function decodeSettings(body: RequestBody, tools: () => readonly ToolDefinition[]): RequestSettings {
  const number = (field: string): number | undefined => numberOf(member(body, field));
  const parallel = member(body, 'parallel_tool_calls');
  const settings: { -readonly [Name in keyof RequestSettings]: RequestSettings[Name] | undefined } = {
    temperature: number('temperature'),
    topP: number('top_p'),
    toolChoice: decodeToolChoice(member(body, 'tool_choice'), tools),
    parallelToolCalls: typeof parallel === 'boolean' ? parallel : undefined,
    reasoning: decodeReasoning(objectOf(member(body, 'reasoning'))),
    verbosity: decodeVerbosity(objectOf(member(body, 'text'))?.['verbosity']),
    topLogprobs: number('top_logprobs') ?? (wantsLogprobs(body) ? 0 : undefined),
    serviceTier: stringMember(body, 'service_tier'),
    userId: stringMember(body, 'safety_identifier') ?? stringMember(body, 'user'),
    promptCacheKey: stringMember(body, 'prompt_cache_key'),
  };
  return withoutAbsent(settings);
}

export function decodeResponseFormat(body: RequestBody): ResponseFormat {
  const format = objectOf(objectOf(member(body, 'text'))?.['format']);
  switch (format?.['type']) {
    case 'json_object':
      return { kind: 'json-object' };
    case 'json_schema': {
      const name = stringOf(format['name']);
      const { strict } = format;
      return {
        kind: 'json-schema',
        schema: objectOf(format['schema']) ?? {},
        ...(name === undefined ? {} : { name }),
        ...(typeof strict === 'boolean' ? { strict } : {}),
      };
    }
    default:
      return { kind: 'text' };
  }
}

export function unmappedFields(body: RequestBody): readonly string[] {
  const names: string[] = [];
  const note = (name: string, value: JsonValue | undefined): void => {
    if (value !== undefined && value !== null && DEFAULTS.get(name) !== value) names.push(name);
  };
  for (const key of body.members.keys()) {
    if (!MAPPED.has(key)) note(key, member(body, key));
  }
  for (const [field, isMapped] of MAPPED_INSIDE) {
    const value = objectOf(member(body, field)) ?? {};
    for (const key of Object.keys(value)) if (!isMapped(key, value[key])) note(`${field}.${key}`, value[key]);
  }
  // As JSON this can only be the name of a member: quotes inside of a text are escaped.
  for (const name of ['prompt_cache_breakpoint', 'phase'])
    if (body.bytes.includes(`"${name}"`)) names.push(name);
  const choice = objectOf(member(body, 'tool_choice'));
  if (choice !== undefined && !NAMED_CHOICES.has(stringOf(choice['type']) ?? '')) note('tool_choice', choice);
  return names;
}

const MAPPED_INSIDE: readonly (readonly [string, (key: string, value: JsonValue | undefined) => boolean])[] =
  [
    [
      'reasoning',
      (key, value) =>
        key === 'effort' ? effortOf(value) !== undefined : key === 'summary' || key === 'generate_summary',
    ],
    ['text', (key, value) => (key === 'verbosity' ? decodeVerbosity(value) !== undefined : key === 'format')],
  ];

/** Anything but a summary that is refused shows the client something of the thoughts. */
function decodeReasoning(wire: JsonObject | undefined): ReasoningWish | undefined {
  if (wire === undefined) return undefined;
  const effort = effortOf(wire['effort']);
  const summary = stringOf(wire['summary']) ?? stringOf(wire['generate_summary']);
  return {
    ...(effort === undefined ? {} : { effort }),
    ...(summary === undefined ? {} : { showsThoughts: true }),
  };
}

export function effortOf(value: JsonValue | undefined): ReasoningEffort | undefined {
  return REASONING_EFFORTS.find((effort) => effort === value);
}

function decodeVerbosity(value: JsonValue | undefined): RequestSettings['verbosity'] | undefined {
  return value === 'low' || value === 'medium' || value === 'high' ? value : undefined;
}

function wantsLogprobs(body: RequestBody): boolean {
  return hasMember(body, 'include') && arrayOf(member(body, 'include')).includes(LOGPROBS_INCLUDE);
}

/** Choices that name a tool of the client. The others name one that the vendor runs, or allow only some of the tools. */
const NAMED_CHOICES: ReadonlySet<string> = new Set(['function', 'custom']);

function decodeToolChoice(
  value: JsonValue | undefined,
  tools: () => readonly ToolDefinition[],
): ToolChoice | undefined {
  if (value === 'auto' || value === 'none' || value === 'required') return { kind: value };
  const choice = objectOf(value);
  const type = stringOf(choice?.['type']) ?? '';
  if (choice === undefined) return undefined;
  if (type === 'allowed_tools') return { kind: choice['mode'] === 'required' ? 'required' : 'auto' };
  const name = stringOf(choice['name']);
  if (!NAMED_CHOICES.has(type) || name === undefined) return undefined;
  const namespace = stringOf(choice['namespace']);
  const known = tools();
  return {
    kind: 'tool',
    name: namespace === undefined ? toolNamed(known, name) : neutralToolName(known, namespace, name),
  };
}
