// Tools and the choice among them, for a Messages request that is built anew. Fields:
// https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools, checked 2026-11-21.

import type { ModelTraits } from '../../conversation/model-traits.ts';
import type { ToolDefinition } from '../../conversation/request.ts';
import type { RequestSettings } from '../../conversation/settings.ts';
import { type JsonObject, stringOf } from '../../util/json.ts';
import { functionDescriptionOf, functionSchemaOf } from '../custom-tools.ts';
import type { Losses } from '../losses.ts';
import type { WireMessage } from './wire-message.ts';
import { fitStrictSchema, fitToolSchema } from './fit-schema.ts';
import { TOOL_NAMES } from './tool-names.ts';

export interface WireTools {
  readonly tools: readonly JsonObject[];
  readonly toolChoice: JsonObject | undefined;
}

/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs#schema-complexity-limits, 2026-11-21. */
const MAX_STRICT_TOOLS = 20;

export const CHOICE_REFUSED = 'the choice of a tool was left to the model, which cannot be forced to one';

export function encodeTools(
  definitions: readonly ToolDefinition[],
  { toolChoice, parallelToolCalls }: RequestSettings,
  messages: readonly WireMessage[],
  losses: Losses,
  traits?: ModelTraits,
): WireTools {
  const tools = new Map<string, JsonObject>();
  const hasTooManyStrict = definitions.filter(({ strict }) => strict === true).length > MAX_STRICT_TOOLS;
  if (hasTooManyStrict) losses.add(`strict was left out, no more than ${MAX_STRICT_TOOLS} tools may have it`);
  for (const definition of definitions) {
    const tool = encodeTool(definition, !hasTooManyStrict, losses);
    if (tool === undefined) continue;
    const name = TOOL_NAMES.fit(definition.name);
    if (tools.has(name)) losses.toolDeclaredTwice(name);
    else tools.set(name, tool);
  }
  if (tools.size === 0) return { tools: toolsOfHistory(messages, losses), toolChoice: noChoice(messages) };
  if (toolChoice?.kind === 'tool' && !tools.has(TOOL_NAMES.fit(toolChoice.name))) {
    losses.leftOut('tool_choice of a tool that is not sent');
    return { tools: [...tools.values()], toolChoice: encodeChoice({ kind: 'auto' }, parallelToolCalls) };
  }
  if (toolChoice !== undefined && traits?.toolChoices?.includes(toolChoice.kind) === false) {
    losses.add(CHOICE_REFUSED);
    return { tools: [...tools.values()], toolChoice: encodeChoice({ kind: 'auto' }, parallelToolCalls) };
  }
  return { tools: [...tools.values()], toolChoice: encodeChoice(toolChoice, parallelToolCalls) };
}

function encodeTool(tool: ToolDefinition, mayBeStrict: boolean, losses: Losses): JsonObject | undefined {
  const schema = functionSchemaOf(tool);
  if (schema === null) {
    losses.providerTool(tool.name);
    return undefined;
  }
  const description = functionDescriptionOf(tool) ?? '';
  const name = TOOL_NAMES.fit(tool.name);
  const fitted = fitToolSchema(schema);
  const isStrict = mayBeStrict && tool.strict === true && !fitted.isLooser;
  const strict = isStrict ? fitStrictSchema(fitted.schema) : fitted;
  if (strict.isLooser) losses.add(`the schema of the tool ${tool.name} was loosened`);
  return {
    name,
    ...(description === '' ? {} : { description }),
    input_schema: strict.schema,
    ...(isStrict ? { strict: true } : {}),
  };
}

function encodeChoice(
  choice: RequestSettings['toolChoice'],
  parallelToolCalls: boolean | undefined,
): JsonObject | undefined {
  const parallel = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  switch (choice?.kind) {
    case 'none':
      return { type: 'none' };
    case 'required':
      return { type: 'any', ...parallel };
    case 'tool':
      return { type: 'tool', name: TOOL_NAMES.fit(choice.name), ...parallel };
    case 'auto':
      return { type: 'auto', ...parallel };
    default:
      return parallelToolCalls === false ? { type: 'auto', ...parallel } : undefined;
  }
}

/** Calls in the history need declared tools; the ones that were called then are declared, and none may be called. */
function toolsOfHistory(messages: readonly WireMessage[], losses: Losses): readonly JsonObject[] {
  const names = calledNames(messages);
  if (names.length > 0)
    losses.add('tools of earlier calls were declared so that the conversation is accepted');
  return names.map((name) => ({ name, input_schema: { type: 'object', properties: {} } }));
}

function noChoice(messages: readonly WireMessage[]): JsonObject | undefined {
  return calledNames(messages).length === 0 ? undefined : { type: 'none' };
}

function calledNames(messages: readonly WireMessage[]): readonly string[] {
  const calls = messages.flatMap(({ content }) => content.filter((block) => block['type'] === 'tool_use'));
  return [...new Set(calls.flatMap((call) => stringOf(call['name']) ?? []))];
}
