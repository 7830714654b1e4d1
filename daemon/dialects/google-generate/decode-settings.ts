// `generationConfig`, `toolConfig` and `tools` -> the neutral words
// (https://ai.google.dev/api/generate-content#v1beta.GenerationConfig and https://ai.google.dev/api/caching#Tool, checked
// 2026-11-21). What has no neutral word is named, so that its loss in another dialect can be told.

import type { ResponseFormat, ToolDefinition } from '../../conversation/request.ts';
import type {
  ReasoningEffort,
  ReasoningWish,
  RequestSettings,
  ToolChoice,
} from '../../conversation/settings.ts';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  numberOf,
  objectOf,
  stringOf,
  withoutAbsent,
} from '../../util/json.ts';
import { camelCase, fieldOf, listOf } from './fields.ts';
import { toJsonSchema } from './json-schema.ts';

/** The parsed members of a body that say how to answer. */
export interface WireSettings {
  readonly generationConfig: JsonObject;
  readonly toolConfig: JsonObject;
  readonly serviceTier: string | undefined;
}

const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  'model',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'serviceTier',
  'cachedContent',
]);

const KNOWN_CONFIG: ReadonlySet<string> = new Set([
  'temperature',
  'topP',
  'topK',
  'candidateCount',
  'maxOutputTokens',
  'stopSequences',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'thinkingConfig',
  'responseLogprobs',
  'logprobs',
]);

const JSON_TYPE = 'application/json';

const EFFORTS: ReadonlyMap<string, ReasoningEffort> = new Map([
  ['MINIMAL', 'minimal'],
  ['LOW', 'low'],
  ['MEDIUM', 'medium'],
  ['HIGH', 'high'],
]);

export function decodeSettings({ generationConfig, toolConfig, serviceTier }: WireSettings): RequestSettings {
  const stop = listOf(fieldOf(generationConfig, 'stopSequences')).filter((text) => typeof text === 'string');
  const number = (name: string): number | undefined => numberOf(fieldOf(generationConfig, name));
  const topLogprobs =
    fieldOf(generationConfig, 'responseLogprobs') === true ? (number('logprobs') ?? 0) : undefined;
  return withoutAbsent({
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    frequencyPenalty: number('frequencyPenalty'),
    presencePenalty: number('presencePenalty'),
    seed: number('seed'),
    stopSequences: stop.length === 0 ? undefined : stop,
    toolChoice: toolChoiceOf(toolConfig),
    reasoning: reasoningOf(generationConfig),
    topLogprobs,
    serviceTier,
  });
}

/** 0 switches thinking off, -1 leaves it to the model. */
export function reasoningOf(generationConfig: JsonObject): ReasoningWish | undefined {
  const thinking = objectOf(fieldOf(generationConfig, 'thinkingConfig'));
  if (thinking === undefined) return undefined;
  const budget = numberOf(fieldOf(thinking, 'thinkingBudget'));
  const level = EFFORTS.get((stringOf(fieldOf(thinking, 'thinkingLevel')) ?? '').toUpperCase());
  const effort = level ?? (budget === 0 ? 'none' : undefined);
  const showsThoughts = fieldOf(thinking, 'includeThoughts');
  return withoutAbsent<ReasoningWish>({
    effort,
    budgetTokens: budget !== undefined && budget > 0 ? budget : undefined,
    isAdaptive: budget === -1 ? true : undefined,
    showsThoughts: typeof showsThoughts === 'boolean' ? showsThoughts : undefined,
  });
}

export function decodeResponseFormat(generationConfig: JsonObject): ResponseFormat {
  const schema = objectOf(fieldOf(generationConfig, 'responseJsonSchema'));
  const own = objectOf(fieldOf(generationConfig, 'responseSchema'));
  if (fieldOf(generationConfig, 'responseMimeType') !== JSON_TYPE) return { kind: 'text' };
  if (schema !== undefined) return { kind: 'json-schema', schema };
  if (own !== undefined) return { kind: 'json-schema', schema: toJsonSchema(own) };
  return { kind: 'json-object' };
}

/** An entry of `tools` declares functions, or names one tool or more that Google runs itself. */
export function decodeTools(tools: JsonValue | undefined): readonly ToolDefinition[] {
  return listOf(tools).flatMap((entry) => {
    if (!isJsonObject(entry)) return [];
    const functions = listOf(fieldOf(entry, 'functionDeclarations')).filter(isJsonObject);
    return [...functions.map(functionOf), ...serverTools(entry)];
  });
}

/** What another dialect loses, as the client named it. */
export function unmappedFieldsOf(
  members: readonly string[],
  { generationConfig, toolConfig }: WireSettings,
): string[] {
  const fields = members.filter((name) => !KNOWN_MEMBERS.has(camelCase(name)));
  for (const [name, value] of Object.entries(generationConfig)) {
    if (value === null || KNOWN_CONFIG.has(camelCase(name)) || isDefault(name, value)) continue;
    fields.push(`generationConfig.${name}`);
  }
  const type = fieldOf(generationConfig, 'responseMimeType');
  if (type !== undefined && type !== JSON_TYPE && type !== 'text/plain') {
    fields.push('generationConfig.responseMimeType');
  }
  for (const name of Object.keys(toolConfig)) {
    if (camelCase(name) !== 'functionCallingConfig') fields.push(`toolConfig.${name}`);
  }
  if (callable(toolConfig).length > 1) fields.push('toolConfig.functionCallingConfig.allowedFunctionNames');
  return fields;
}

function functionOf(wire: JsonObject): ToolDefinition {
  const description = stringOf(wire['description']);
  const plain = objectOf(fieldOf(wire, 'parametersJsonSchema'));
  const own = objectOf(wire['parameters']);
  const parameters = plain ?? (own === undefined ? undefined : toJsonSchema(own));
  return {
    kind: 'function',
    name: stringOf(wire['name']) ?? '',
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    raw: wire,
  };
}

function serverTools(entry: JsonObject): ToolDefinition[] {
  const names = Object.keys(entry).filter(
    (name) => camelCase(name) !== 'functionDeclarations' && entry[name] !== null,
  );
  return names.map((name) => ({ kind: 'server', name, raw: entry }));
}

function toolChoiceOf(toolConfig: JsonObject): ToolChoice | undefined {
  const mode = stringOf(fieldOf(callingConfig(toolConfig), 'mode'));
  const [name, ...others] = callable(toolConfig);
  switch (mode?.toUpperCase()) {
    case 'AUTO':
    case 'VALIDATED':
      return { kind: 'auto' };
    case 'NONE':
      return { kind: 'none' };
    case 'ANY':
      return name !== undefined && others.length === 0 ? { kind: 'tool', name } : { kind: 'required' };
    default:
      return undefined;
  }
}

function callable(toolConfig: JsonObject): readonly string[] {
  const names = listOf(fieldOf(callingConfig(toolConfig), 'allowedFunctionNames'));
  return names.filter((name) => typeof name === 'string');
}

function callingConfig(toolConfig: JsonObject): JsonObject | undefined {
  return objectOf(fieldOf(toolConfig, 'functionCallingConfig'));
}

/** Some clients always say that they want text. */
function isDefault(name: string, value: JsonValue | undefined): boolean {
  if (value === undefined) return true;
  const modalities = listOf(value);
  return camelCase(name) === 'responseModalities' && modalities.every((modality) => modality === 'TEXT');
}
