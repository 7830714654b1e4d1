// Tools of a client of another dialect, and the choice among them. Free-text tools become functions of one string: of all
// providers of this dialect only OpenAI knows them. Fields: https://platform.openai.com/docs/api-reference/chat/create,
// checked 2026-11-21.

import type { ModelTraits } from '../../conversation/model-traits.ts';
import type { ToolDefinition } from '../../conversation/request.ts';
import type { RequestSettings, ToolChoice } from '../../conversation/settings.ts';
import type { JsonObject, JsonValue } from '../../util/json.ts';
import { functionDescriptionOf, functionSchemaOf } from '../custom-tools.ts';
import type { Losses } from '../losses.ts';
import { TOOL_NAMES } from './tool-names.ts';

export function encodeTools(definitions: readonly ToolDefinition[], losses: Losses): readonly JsonObject[] {
  const tools = new Map<string, JsonObject>();
  for (const definition of definitions) {
    const tool = encodeTool(definition, losses);
    const name = TOOL_NAMES.fit(definition.name);
    if (tool === undefined) continue;
    if (tools.has(name)) losses.toolDeclaredTwice(name);
    else tools.set(name, tool);
  }
  return [...tools.values()];
}

/** Members that only have a place beside tools: most providers refuse them alone. */
export function encodeToolUse(
  tools: readonly JsonObject[],
  { toolChoice, parallelToolCalls }: RequestSettings,
  traits: ModelTraits | undefined,
  losses: Losses,
): JsonObject {
  if (tools.length === 0) return {};
  const choice = choiceFor(toolChoice, tools, traits, losses);
  return {
    tools,
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}

/** Whether the model takes this choice; `auto` is what every model does by itself. */
export function takesChoice(choice: ToolChoice, traits: ModelTraits | undefined): boolean {
  return choice.kind === 'auto' || traits?.toolChoices?.includes(choice.kind) !== false;
}

function encodeTool(tool: ToolDefinition, losses: Losses): JsonObject | undefined {
  const parameters = functionSchemaOf(tool);
  if (parameters === null) {
    losses.providerTool(tool.name);
    return undefined;
  }
  const description = functionDescriptionOf(tool);
  const name = TOOL_NAMES.fit(tool.name);
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters,
      ...(tool.strict === true ? { strict: true } : {}), // false is what it means when it is absent
    },
  };
}

function choiceFor(
  choice: ToolChoice | undefined,
  tools: readonly JsonObject[],
  traits: ModelTraits | undefined,
  losses: Losses,
): JsonValue | undefined {
  if (choice === undefined) return undefined;
  if (!takesChoice(choice, traits)) {
    losses.add(`the chosen model does not take the tool choice ${choice.kind}; it chooses itself`);
    return undefined;
  }
  if (choice.kind !== 'tool') return choice.kind;
  const name = TOOL_NAMES.fit(choice.name);
  const isSent = tools.some((tool) => (tool['function'] as JsonObject)['name'] === name);
  if (isSent) return { type: 'function', function: { name } };
  losses.add(`the tool ${choice.name} cannot be demanded, since it was left out`);
  return undefined;
}
