// A request on its way to Google. From a client of the same dialect: the client's own bytes, see passthrough.ts. From
// another one: built from the neutral view, with a warning for each thing that has no place here
// (https://ai.google.dev/api/generate-content and https://ai.google.dev/gemini-api/docs/function-calling, checked
// 2026-11-21: schemas go as JSON Schema, which every model since 2.0 takes).

import type { ConversationRequest, ToolDefinition } from '../../conversation/request.ts';
import type { RequestSettings, SettingName, ToolChoice } from '../../conversation/settings.ts';
import { type JsonObject, withoutAbsent } from '../../util/json.ts';
import { askedSettings } from '../asked-effort.ts';
import { functionDescriptionOf, functionSchemaOf } from '../custom-tools.ts';
import type { EncodedRequest, EncodeTarget } from '../dialect.ts';
import { Losses, noteUncarried, withoutRefused } from '../losses.ts';
import { encodeContents } from './encode-contents.ts';
import { passRequest } from './passthrough.ts';
import { thinkingConfigOf } from './thinking-config.ts';
import { TOOL_NAMES } from './tool-names.ts';

const MAX_STOP_SEQUENCES = 5;

const CARRIED: ReadonlySet<SettingName> = new Set<SettingName>([
  'temperature',
  'topP',
  'topK',
  'frequencyPenalty',
  'presencePenalty',
  'seed',
  'stopSequences',
  'toolChoice',
  'reasoning',
  'topLogprobs',
  'serviceTier',
]);

/** Google's words are the same where it has one. */
const SERVICE_TIERS: ReadonlySet<string> = new Set(['standard', 'flex', 'priority']);

export function encodeRequest(request: ConversationRequest, target: EncodeTarget): EncodedRequest {
  const path = pathFor(target.upstreamModel, request.stream);
  const losses = new Losses();
  const body =
    request.dialect === 'google-generate'
      ? passRequest(request, target, losses)
      : Buffer.from(JSON.stringify(buildBody(request, target, losses)));
  return { path, body, warnings: losses.list() };
}

/** Server-sent events must be asked for; the default is one JSON array. */
function pathFor(upstreamModel: string, isStream: boolean): string {
  const name = upstreamModel.split('/').map(encodeURIComponent).join('/');
  const resource = /^(?:models|tunedModels|publishers|projects)\//.test(upstreamModel)
    ? name
    : `models/${name}`;
  return isStream ? `/${resource}:streamGenerateContent?alt=sse` : `/${resource}:generateContent`;
}

function buildBody(request: ConversationRequest, target: EncodeTarget, losses: Losses): JsonObject {
  noteUncarried(losses, request, carriedBy(request.settings()));
  const settings = takenSettings(askedSettings(request, target), target, losses);
  const declarations = request.tools().flatMap((tool) => encodeTool(tool, losses));
  const { systemInstruction, contents } = encodeContents(request, target, losses);
  const names = declarations.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
  const toolConfig = encodeToolChoice(settings.toolChoice, names, target, losses);
  const generationConfig = encodeConfig(request, settings, target, losses, declarations.length > 0);
  const tier = settings.serviceTier;
  if (tier !== undefined && !SERVICE_TIERS.has(tier) && tier !== 'auto' && tier !== 'default') {
    losses.leftOut('serviceTier');
  }
  return {
    ...(systemInstruction === undefined ? {} : { systemInstruction }),
    contents,
    ...(declarations.length === 0 ? {} : { tools: [{ functionDeclarations: declarations }] }),
    ...(toolConfig === undefined ? {} : { toolConfig }),
    ...(Object.keys(generationConfig).length === 0 ? {} : { generationConfig }),
    ...(tier !== undefined && SERVICE_TIERS.has(tier) ? { serviceTier: tier } : {}),
  };
}

/** Calls side by side are Google's way, so only their refusal is lost. */
function carriedBy(settings: RequestSettings): ReadonlySet<SettingName> {
  return settings.parallelToolCalls === false ? CARRIED : new Set([...CARRIED, 'parallelToolCalls']);
}

function takenSettings(settings: RequestSettings, target: EncodeTarget, losses: Losses): RequestSettings {
  const { refuses = [], refusesWhileThinking = [] } = target.traits ?? {};
  const { reasoning } = settings;
  const isThinking = reasoning !== undefined && reasoning.effort !== 'none';
  return withoutRefused(losses, settings, isThinking ? [...refuses, ...refusesWhileThinking] : refuses);
}

function encodeTool(tool: ToolDefinition, losses: Losses): JsonObject[] {
  const parameters = functionSchemaOf(tool);
  if (parameters === null) {
    losses.providerTool(tool.name);
    return [];
  }
  if (tool.strict === true) losses.leftOut('strict checking of tool arguments');
  const description = functionDescriptionOf(tool);
  return [
    {
      name: TOOL_NAMES.fit(tool.name),
      ...(description === undefined ? {} : { description }),
      ...(tool.kind === 'function' && tool.parameters === undefined
        ? {}
        : { parametersJsonSchema: parameters }),
    },
  ];
}

/** `names`: the tools that are sent; Google refuses a choice that asks for another one. */
function encodeToolChoice(
  choice: ToolChoice | undefined,
  names: readonly string[],
  target: EncodeTarget,
  losses: Losses,
): JsonObject | undefined {
  if (choice === undefined) return undefined;
  const { kind } = choice;
  const chosen = choice.kind === 'tool' ? TOOL_NAMES.fit(choice.name) : undefined;
  if (names.length === 0 && (kind === 'auto' || kind === 'none')) return undefined;
  if (names.length === 0 || (chosen !== undefined && !names.includes(chosen))) {
    losses.add('the tool choice asks for a tool that was left out');
    return undefined;
  }
  if (target.traits?.toolChoices?.includes(kind) === false) {
    losses.refused(`the tool choice ${kind}`);
    return undefined;
  }
  const modes = { auto: 'AUTO', none: 'NONE', required: 'ANY', tool: 'ANY' } as const;
  const allowed = chosen === undefined ? {} : { allowedFunctionNames: [chosen] };
  return { functionCallingConfig: { mode: modes[choice.kind], ...allowed } };
}

function encodeConfig(
  request: ConversationRequest,
  settings: RequestSettings,
  target: EncodeTarget,
  losses: Losses,
  hasTools: boolean,
): JsonObject {
  const { maxOutputTokens, choiceCount } = request;
  const { stopSequences, reasoning, topLogprobs } = settings;
  const thinkingConfig = reasoning === undefined ? undefined : thinkingConfigOf(reasoning, target);
  if (reasoning !== undefined && thinkingConfig === undefined && target.traits?.efforts?.length === 0) {
    losses.add('reasoning cannot be asked of the chosen model and was left out');
  }
  if ((stopSequences?.length ?? 0) > MAX_STOP_SEQUENCES) {
    losses.stopSequencesCut(MAX_STOP_SEQUENCES);
  }
  const config: Readonly<Record<string, JsonObject[string]>> = {
    maxOutputTokens:
      maxOutputTokens === undefined ? undefined : Math.min(maxOutputTokens, target.maxOutputTokens),
    candidateCount: choiceCount === 1 ? undefined : choiceCount,
    temperature: settings.temperature,
    topP: settings.topP,
    topK: settings.topK,
    frequencyPenalty: settings.frequencyPenalty,
    presencePenalty: settings.presencePenalty,
    seed: settings.seed,
    stopSequences: stopSequences?.slice(0, MAX_STOP_SEQUENCES),
    responseLogprobs: topLogprobs === undefined ? undefined : true,
    logprobs: topLogprobs === 0 ? undefined : topLogprobs,
    thinkingConfig,
    ...encodeFormat(request, target, losses, hasTools),
  };
  return withoutAbsent<JsonObject>(config);
}

function encodeFormat(
  { responseFormat }: ConversationRequest,
  target: EncodeTarget,
  losses: Losses,
  hasTools: boolean,
): JsonObject {
  if (responseFormat.kind === 'text') return {};
  const isTaken = target.traits?.responseFormats?.includes(responseFormat.kind) !== false;
  // Before Gemini 3 a call for JSON and tools exclude each other.
  const excludesTools = /gemini-[12](?:[.-]|$)/.test(target.upstreamModel);
  if (!isTaken || (hasTools && excludesTools)) {
    losses.refused('the form of the answer');
    return {};
  }
  const schema = responseFormat.kind === 'json-schema' ? { responseJsonSchema: responseFormat.schema } : {};
  return { responseMimeType: 'application/json', ...schema };
}
