// Tools that take free text instead of JSON (OpenAI's custom tools), for vendors that only know functions: the text
// travels as the one string argument `input`, there and back.

import type { ToolDefinition } from '../conversation/request.ts';
import type { JsonObject } from '../util/json.ts';
import { objectOf, parseJsonObject, stringOf } from '../util/json.ts';

/** JSON Schema of the function that stands in for a custom tool. */
export const TEXT_INPUT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole input, as plain text.' } },
  required: ['input'],
  additionalProperties: false,
};

/** Schema of the arguments of a tool that is sent as a function; null for one that its provider runs itself. */
export function functionSchemaOf(tool: ToolDefinition): JsonObject | null {
  switch (tool.kind) {
    case 'function':
      return tool.parameters ?? { type: 'object', properties: {} };
    case 'custom':
      return TEXT_INPUT_SCHEMA;
    default:
      return null;
  }
}

/** Description of a tool that is sent as a function: the grammar of a custom tool is told in words. */
export function functionDescriptionOf(tool: ToolDefinition): string | undefined {
  if (tool.kind !== 'custom') return tool.description;
  // Chat completions wrap the tool once more, and its grammar.
  const wire = objectOf(tool.raw);
  const format = objectOf((objectOf(wire?.['custom']) ?? wire)?.['format']);
  const grammarOf = objectOf(format?.['grammar']) ?? format;
  const definition = stringOf(grammarOf?.['definition']);
  if (definition === undefined) return tool.description;
  const syntax = stringOf(grammarOf?.['syntax']) ?? 'a';
  const grammar = `The input must follow this ${syntax} grammar:\n${definition}`;
  return tool.description === undefined ? grammar : `${tool.description}\n\n${grammar}`;
}

/** Free text -> arguments of the stand-in function. */
export function wrapTextInput(text: string): string {
  return JSON.stringify({ input: text });
}

/** Arguments of the stand-in function -> free text. A model that forgot the wrapping meant the text itself. */
export function unwrapTextInput(args: string): string {
  return stringOf(parseJsonObject(args)?.['input']) ?? args;
}
