// Answers that programs read: JSON that was asked for by format or schema, and calls of tools.

import type { ToolDefinition } from '../conversation/request.ts';
import { arrayOf, isJsonObject, type JsonObject, type JsonValue } from '../util/json.ts';
import type { AnswerFinding } from './answer-check.ts';
import type { CollectedCall } from './collected-answer.ts';
import { fitsType, schemaFault } from './json-schema.ts';
import type { AnswerSubject } from './subject.ts';

export function wrongJson(subject: AnswerSubject): AnswerFinding | null {
  const { responseFormat } = subject.checked.request;
  const { text, calls } = subject.answer;
  if (responseFormat.kind === 'text' || subject.hasNoEnd) return null;
  if (calls.length > 0 || text.trim() === '') return null;
  const value = parse(text);
  if (value === undefined) return { kind: 'wrong-json', why: 'was asked for JSON and wrote something else' };
  if (responseFormat.kind === 'json-object') {
    if (typeof value === 'object' && value !== null) return null;
    return { kind: 'wrong-json', why: 'was asked for a JSON object and wrote another value' };
  }
  const fault = schemaFault(value, responseFormat.schema);
  return fault === null
    ? null
    : { kind: 'wrong-json', why: `wrote JSON that does not fit the schema: ${fault}` };
}

export function malformedToolCall(subject: AnswerSubject): AnswerFinding | null {
  const { answer, checked } = subject;
  if (answer.calls.length === 0) return null;
  const tools = offeredTools(checked.request);
  if (tools === null) return null;
  const judged = subject.hasNoEnd ? answer.calls.slice(0, -1) : answer.calls;
  for (const call of judged) {
    const fault = callFault(call, tools);
    if (fault !== null) return { kind: 'malformed-tool-call', why: fault };
  }
  return null;
}

function offeredTools(request: AnswerSubject['checked']['request']): readonly ToolDefinition[] | null {
  try {
    return request.tools();
  } catch {
    return null; // what cannot be read cannot be held against the answer
  }
}

function callFault(call: CollectedCall, tools: readonly ToolDefinition[]): string | null {
  const tool =
    tools.find(({ name }) => name === call.name) ?? tools.find((one) => isWithinNamespace(call.name, one));
  if (tool === undefined) {
    const mayBeOfProvider = tools.some(({ kind }) => kind === 'server');
    if (!mayBeOfProvider) return 'called a tool that was not offered';
  }
  if (call.isText || (tool !== undefined && tool.kind !== 'function')) return null;
  const args = call.input.trim() === '' ? {} : parse(call.input);
  if (args === undefined) return 'called a tool with broken JSON';
  if (!isJsonObject(args)) return 'called a tool with something else than an object';
  return tool?.parameters === undefined ? null : argumentFault(args, tool.parameters);
}

/** Top level only: what lies deeper is often described loosely, and tools are forgiving there. */
function argumentFault(args: JsonObject, parameters: JsonObject): string | null {
  const properties = isJsonObject(parameters['properties']) ? parameters['properties'] : {};
  const required = new Set(arrayOf(parameters['required']));
  for (const name of required) {
    if (typeof name === 'string' && !Object.hasOwn(args, name)) {
      return 'called a tool without a required parameter';
    }
  }
  for (const [name, value] of Object.entries(args)) {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (value === undefined || !isJsonObject(schema)) continue;
    if (value === null && !required.has(name)) continue; // models write out what they leave out
    if (!fitsType(value, schema)) return 'called a tool with a parameter of the wrong type';
    const allowed = schema['enum'];
    if (Array.isArray(allowed) && typeof value === 'string' && !arrayOf(allowed).includes(value)) {
      return 'called a tool with a value that is not allowed';
    }
  }
  return null;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** A tool that was found by a search is called by its namespace and name, offered or not. */
function isWithinNamespace(called: string, { name }: ToolDefinition): boolean {
  return called.endsWith(`__${name}`) || name.endsWith(`__${called}`);
}
