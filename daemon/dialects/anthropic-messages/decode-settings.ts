// How a Messages request wants its answer made: its settings, tools and answer format in neutral words, and the names of
// what has none. Fields: https://platform.claude.com/docs/en/api/messages and the types of the official SDK 1.11,
// checked 2026-11-21.

import type { ResponseFormat, ToolDefinition } from '../../conversation/request.ts';
import {
  type ReasoningEffort,
  type ReasoningWish,
  REASONING_EFFORTS,
  type RequestSettings,
  type ToolChoice,
} from '../../conversation/settings.ts';
import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  numberOf,
  objectOf,
  parseJsonObject,
  stringOf,
  withoutAbsent,
} from '../../util/json.ts';
import { valueAt } from '../../util/json-scan.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import { member } from '../body-fields.ts';

/** Members that are read somewhere in this folder, with the members of theirs that are. */
const KNOWN_MEMBERS: ReadonlyMap<string, ReadonlySet<string> | undefined> = new Map<
  string,
  ReadonlySet<string> | undefined
>([
  ['model', undefined],
  ['messages', undefined],
  ['system', undefined],
  ['max_tokens', undefined],
  ['stream', undefined],
  ['temperature', undefined],
  ['top_p', undefined],
  ['top_k', undefined],
  ['stop_sequences', undefined],
  ['service_tier', undefined],
  ['tools', undefined],
  ['tool_choice', new Set(['type', 'name', 'disable_parallel_tool_use'])],
  ['thinking', new Set(['type', 'budget_tokens', 'display'])],
  ['output_config', new Set(['effort', 'format'])],
  ['output_format', undefined],
  ['metadata', new Set(['user_id'])],
]);

const KNOWN_TOOL_MEMBERS: ReadonlySet<string> = new Set([
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'cache_control',
]);

/** `messageConfig`: the last `output_config` in a message; it is about the turn that is being answered. */
export function decodeSettings(body: RequestBody, messageConfig: Span | undefined): RequestSettings {
  const stop = member(body, 'stop_sequences');
  const choice = objectOf(member(body, 'tool_choice'));
  const disablesParallel = choice?.['disable_parallel_tool_use'];
  return withoutAbsent({
    temperature: numberOf(member(body, 'temperature')),
    topP: numberOf(member(body, 'top_p')),
    topK: numberOf(member(body, 'top_k')),
    stopSequences: Array.isArray(stop) ? arrayOf(stop).flatMap((text) => stringOf(text) ?? []) : undefined,
    toolChoice: toolChoice(choice),
    parallelToolCalls: typeof disablesParallel === 'boolean' ? !disablesParallel : undefined,
    reasoning: reasoningWish(body, messageConfig),
    serviceTier: stringOf(member(body, 'service_tier')),
    userId: stringOf(objectOf(member(body, 'metadata'))?.['user_id']),
  });
}

export function decodeTools(value: JsonValue | undefined): readonly ToolDefinition[] {
  return arrayOf(value).map((raw) => {
    const wire = objectOf(raw) ?? {};
    const type = stringOf(wire['type']) ?? 'custom';
    const description = stringOf(wire['description']);
    const parameters = objectOf(wire['input_schema']);
    const { strict } = wire;
    return {
      // Tools that the client runs but Anthropic defines (bash, text editor, computer, memory) have no schema in the
      // request, so they mean as little to another vendor as those that Anthropic runs.
      kind: type === 'custom' ? 'function' : 'server',
      name: stringOf(wire['name']) ?? type,
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(typeof strict === 'boolean' ? { strict } : {}),
      raw,
    };
  });
}

/** `output_config.format`, or `output_format` as it was called in the beta. */
export function decodeResponseFormat(body: RequestBody): ResponseFormat {
  const format =
    objectOf(objectOf(member(body, 'output_config'))?.['format']) ?? objectOf(member(body, 'output_format'));
  if (format?.['type'] !== 'json_schema') return { kind: 'text' };
  return { kind: 'json-schema', schema: objectOf(format['schema']) ?? {} };
}

/** Of a name with its session at the end; real ones have a third of it. */
const MAX_SESSION_CHARS = 512;

/** The conversation that `metadata.user_id` names; one that names only a person is no identity of a conversation. */
export function sessionIdOf(body: RequestBody): string | undefined {
  const userId = stringOf(objectOf(member(body, 'metadata'))?.['user_id']);
  if (userId === undefined) return undefined;
  const inJson = stringOf(parseJsonObject(userId)?.['session_id']);
  const sessionId = inJson ?? /_session_([\w-]+)$/.exec(userId.slice(-MAX_SESSION_CHARS))?.[1];
  return sessionId === '' ? undefined : sessionId;
}

/** `tools[].x` is written `tools.x`, `messages[].x` as `messages.x`. */
export function unmappedFields(body: RequestBody, messageMembers: ReadonlySet<string>): readonly string[] {
  const fields = new Set<string>();
  for (const [field] of body.members) {
    if (!KNOWN_MEMBERS.has(field)) {
      fields.add(field);
      continue;
    }
    const inner = KNOWN_MEMBERS.get(field);
    if (inner !== undefined) addUnknown(fields, field, member(body, field), inner);
  }
  for (const tool of arrayOf(member(body, 'tools'))) addUnknown(fields, 'tools', tool, KNOWN_TOOL_MEMBERS);
  for (const name of messageMembers) fields.add(`messages.${name}`);
  // Quotes inside of strings are escaped, so these bytes are a name (or a whole string, which does no harm).
  if (body.bytes.includes('"cache_control"')) fields.add('cache_control');
  const messages = body.members.get('messages');
  if (messages !== undefined && body.bytes.subarray(messages.start, messages.end).includes('"citations"')) {
    fields.add('messages.citations');
  }
  return [...fields];
}

function addUnknown(
  fields: Set<string>,
  place: string,
  value: JsonValue | undefined,
  known: ReadonlySet<string>,
): void {
  if (!isJsonObject(value)) return;
  for (const name of Object.keys(value)) if (!known.has(name)) fields.add(`${place}.${name}`);
}

function toolChoice(choice: JsonObject | undefined): ToolChoice | undefined {
  const name = stringOf(choice?.['name']);
  switch (choice?.['type']) {
    case 'auto':
      return { kind: 'auto' };
    case 'none':
      return { kind: 'none' };
    case 'any':
      return { kind: 'required' };
    case 'tool':
      return name === undefined ? undefined : { kind: 'tool', name };
    default:
      return undefined;
  }
}

function reasoningWish(body: RequestBody, messageConfig: Span | undefined): ReasoningWish | undefined {
  const thinking = objectOf(member(body, 'thinking'));
  const config = messageConfig === undefined ? undefined : objectOf(valueAt(body, messageConfig));
  const effort =
    effortOf(config?.['effort']) ?? effortOf(objectOf(member(body, 'output_config'))?.['effort']);
  const type = stringOf(thinking?.['type']);
  const display = stringOf(thinking?.['display']);
  const wish = {
    effort: type === 'disabled' ? 'none' : effort,
    budgetTokens: type === 'enabled' ? numberOf(thinking?.['budget_tokens']) : undefined,
    isAdaptive: type === 'adaptive' || type === 'between_tools' ? true : undefined,
    showsThoughts: display === undefined ? undefined : display !== 'omitted',
  } as const;
  const present = withoutAbsent<ReasoningWish>(wish);
  return Object.keys(present).length === 0 ? undefined : present;
}

export function effortOf(value: unknown): ReasoningEffort | undefined {
  return REASONING_EFFORTS.find((effort) => effort === value);
}
