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
  if (answer.calls.length === 0) return callAsText(subject);
  const tools = offeredTools(checked.request);
  if (tools === null) return null;
  const judged = subject.hasNoEnd ? answer.calls.slice(0, -1) : answer.calls;
  for (const call of judged) {
    const fault = callFault(call, tools);
    if (fault !== null) return { kind: 'malformed-tool-call', why: fault };
  }
  return null;
}

/** The whole answer is the text of a call, in one of the forms that models are trained on, and nothing ran. */
function callAsText(subject: AnswerSubject): AnswerFinding | null {
  const { answer, checked, fenced, hasNoEnd } = subject;
  const text = answer.text.trim();
  if (hasNoEnd || text.length > MAX_CALL_CHARS || checked.request.responseFormat.kind !== 'text') return null;
  const block = fenced.blocks.length === 1 && isLead(fenced.prose) ? fenced.blocks[0]?.code : undefined;
  const called = calledIn((text.endsWith('```') ? block : undefined)?.trim() ?? text);
  if (called === null || WANTS_CALL_TEXT.test(checked.ask.slice(0, 20_000))) return null;
  const tools = (offeredTools(checked.request) ?? []).filter(({ kind }) => kind !== 'server');
  const isOffered = tools.some(
    (tool) => tool.name.toLowerCase() === called.name.toLowerCase() || isWithinNamespace(called.name, tool),
  );
  // A client that taught the model this form, or files that hold it: then it is what was asked for.
  const isTaught = (): boolean =>
    subject.prompt.messages.some(
      ({ role, text: words }) => role !== 'assistant' && words.includes(called.mark),
    );
  return isOffered && !isTaught()
    ? { kind: 'malformed-tool-call', why: 'wrote the call of a tool as text' }
    : null;
}

const MAX_CALL_CHARS = 64 * 1024;
const MAX_LEAD_CHARS = 240;
const WANTS_CALL_TEXT =
  /\b(?:tool|function)[ _-]?(?:calls?|use|calling)\b|(?<![.\w])(?:json|xml)\b|\b(?:payload|verbatim|literally|arguments)\b|\bas (?:plain )?text\b|\b(?:don't|do not|without|never) (?:call|use|using|calling|run|running) (?:\w{1,12} ){0,2}tools?\b/i;

/** Marks that begin a call, and those that end it (`''` = the end of the text). */
const CALL_MARKS: readonly (readonly [begin: string, end: string])[] = [
  ['<tool_call>', '</tool_call>'],
  ['<tool_calls>', '</tool_calls>'],
  ['<|tool_call|>', ''],
  ['<function_calls>', '</function_calls>'],
  ['<function_call>', '</function_call>'],
  ['<functioncall>', '</functioncall>'],
  ['<tool_use>', '</tool_use>'],
  ['<invoke name=', '</invoke>'],
  ['<function=', '</function>'],
  ['[TOOL_CALLS]', ''],
];

function calledIn(text: string): { readonly name: string; readonly mark: string } | null {
  for (const [begin, end] of CALL_MARKS) {
    const at = text.indexOf(begin);
    if (at < 0 || !isLead(text.slice(0, at))) continue;
    const call = text.slice(at);
    const last = end === '' ? -1 : call.lastIndexOf(end);
    const isAllOfIt =
      last < 0 || /^\s*(?:<\|?\/?\w{1,20}\|?>)?\s*$/.test(call.slice(last + end.length).slice(0, 200));
    const name =
      /<function=["']?([\w.:-]{1,128})|<(?:invoke|function) name=["']([\w.:-]{1,128})|"(?:name|function|tool|tool_name)"\s{0,20}:\s{0,20}"([^"\n]{1,128})"|<(?:tool_?)?name>\s{0,20}([\w.:-]{1,128})|^\[TOOL_CALLS\]\s{0,20}([\w.:-]{1,128})\s{0,20}(?:\[ARGS\]|\{)/.exec(
        call.slice(0, 4000),
      );
    const found = name?.slice(1).find((one) => one !== undefined);
    if (isAllOfIt && found !== undefined) return { name: found, mark: begin };
  }
  const begin = text.search(/[{[]/);
  const value =
    begin >= 0 && /[}\]]$/.test(text) && isLead(text.slice(0, begin)) ? parse(text.slice(begin)) : undefined;
  const calls = Array.isArray(value) ? arrayOf(value) : [value];
  const names = calls.map((one) => (isJsonObject(one) ? nameOfCall(one) : undefined));
  const name = names[0];
  if (name === undefined || names.includes(undefined)) return null;
  return { name, mark: /"(?:arguments|input|parameters|args|tool_input)"/.exec(text)?.[0] ?? name };
}

/** A short sentence before it, "I will read the file." */
function isLead(text: string): boolean {
  return text.trim().length <= MAX_LEAD_CHARS && text.trim().split('\n').length <= 3;
}

function nameOfCall(value: JsonObject): string | undefined {
  const inner = value['function'];
  if (isJsonObject(inner)) return nameOfCall(inner);
  const [only, ...others] = Object.values(value);
  const wrapped = Array.isArray(only) ? arrayOf(only)[0] : only;
  if (others.length === 0 && isJsonObject(wrapped)) return nameOfCall(wrapped); // a list of calls, a message
  const name = [value['name'], inner, value['tool'], value['tool_name']].find(
    (one) => typeof one === 'string',
  );
  const hasArguments = ['arguments', 'input', 'parameters', 'args', 'tool_input'].some((key) =>
    Object.hasOwn(value, key),
  );
  return hasArguments && typeof name === 'string' ? name : undefined;
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
