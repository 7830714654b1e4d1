// The body and path of POST /v1beta/models/<model>:generateContent -> the neutral view
// (https://ai.google.dev/api/generate-content, checked 2026-11-21, held against recorded requests). The model and whether
// the answer is streamed stand in the path. A stream is answered as server-sent events, which every SDK and Gemini CLI
// ask for with `?alt=sse`; a client that leaves that out would get one JSON array from Google and gets events here.

import type {
  ConversationRequest,
  Message,
  MessageOutline,
  ResponseFormat,
  ToolDefinition,
} from '../../conversation/request.ts';
import type { RequestSettings } from '../../conversation/settings.ts';
import type { Capability } from '../../protocol/vocabulary.ts';
import { type JsonObject, type JsonValue, numberOf, objectOf, stringOf } from '../../util/json.ts';
import { typeAt, valueAt } from '../../util/json-scan.ts';
import type { RequestBody } from '../../util/request-body.ts';
import { checkPositiveInteger, checkTypes, type FieldTypes, malformed, wrongType } from '../body-fields.ts';
import { type CallIds, pairCalls } from './call-ids.ts';
import { decodeContents, wireParts } from './decode-message.ts';
import {
  decodeResponseFormat,
  decodeSettings,
  decodeTools,
  reasoningOf,
  unmappedFieldsOf,
  type WireSettings,
} from './decode-settings.ts';
import { camelCase, fieldOf } from './fields.ts';
import { modelNameOf, type ModelPath, parseModelPath } from './model-path.ts';
import { type OutlinedMessage, outlineContents } from './outline.ts';
import { memberSpan, walkList } from './wire-spans.ts';

/** One object counts as a list of one. */
const FIELD_TYPES: FieldTypes = [
  ['model', ['string']],
  ['generationConfig', ['object']],
  ['toolConfig', ['object']],
  ['tools', ['array', 'object']],
  ['safetySettings', ['array', 'object']],
  ['cachedContent', ['string']],
];

/** The same inside `generationConfig`. */
const CONFIG_TYPES: ReadonlyMap<string, readonly ('number' | 'string' | 'object' | 'array' | 'boolean')[]> =
  new Map([
    ['temperature', ['number']],
    ['topP', ['number']],
    ['topK', ['number']],
    ['candidateCount', ['number']],
    ['maxOutputTokens', ['number']],
    ['seed', ['number']],
    ['presencePenalty', ['number']],
    ['frequencyPenalty', ['number']],
    ['stopSequences', ['array', 'string']],
    ['responseMimeType', ['string']],
    ['responseSchema', ['object']],
    ['thinkingConfig', ['object']],
    ['responseLogprobs', ['boolean']],
  ]);

const POSITIVE_INTEGERS: readonly string[] = ['maxOutputTokens', 'candidateCount'];

/** `path`: where the request came in; without it (a request that is only explained) the body's own `model` counts. */
export function decodeRequest(body: RequestBody, path?: string): ConversationRequest {
  checkFields(body);
  const named = stringOf(memberOf(body, 'model'));
  const target =
    path === undefined ? { model: modelNameOf(named ?? 'auto'), isStream: false } : parseModelPath(path);
  return new GenerateRequest(body, target);
}

class GenerateRequest implements ConversationRequest {
  readonly dialect = 'google-generate';
  readonly body: RequestBody;
  readonly requestModel: string;
  readonly stream: boolean;
  readonly maxOutputTokens: number | undefined;
  readonly outline: readonly MessageOutline[];
  readonly toolCount: number;
  readonly needs: readonly Capability[];
  readonly bodySessionId = undefined;
  /** Usage is part of every answer of this dialect. */
  readonly wantsUsage = true;
  readonly choiceCount: number;
  readonly boundBy?: string;
  private readonly wire: WireSettings;
  private readonly messages: readonly OutlinedMessage[];
  private readonly parsedMessages: (Message | undefined)[] = [];
  private readonly declared: readonly ToolDefinition[];
  private pairedIds: CallIds | undefined;

  constructor(body: RequestBody, target: ModelPath) {
    this.body = body;
    this.requestModel = target.model;
    this.stream = target.isStream;
    this.wire = wireSettings(body);
    // A part of the conversation itself, stored at Google.
    if (stringOf(memberOf(body, 'cachedContent')) !== undefined) this.boundBy = 'cachedContent';
    const { generationConfig } = this.wire;
    this.maxOutputTokens = numberOf(fieldOf(generationConfig, 'maxOutputTokens'));
    this.choiceCount = numberOf(fieldOf(generationConfig, 'candidateCount')) ?? 1;
    this.messages = outlineContents(body);
    this.outline = this.messages.map(({ outline }) => outline);
    this.declared = decodeTools(memberOf(body, 'tools'));
    this.toolCount = this.declared.length;
    this.needs = needsOf(this.toolCount, this.outline, generationConfig);
  }

  get responseFormat(): ResponseFormat {
    return decodeResponseFormat(this.wire.generationConfig);
  }

  message(index: number): Message {
    const known = this.parsedMessages[index];
    if (known !== undefined) return known;
    const parsed = decodeContents(this.body.bytes, this.outlined(index), this.callIds());
    this.parsedMessages[index] = parsed;
    return parsed;
  }

  tools(): readonly ToolDefinition[] {
    return this.declared;
  }

  settings(): RequestSettings {
    return decodeSettings(this.wire);
  }

  unmappedFields(): readonly string[] {
    const present = [...this.body.members]
      .filter(([, span]) => typeAt(this.body.bytes, span.start) !== 'null')
      .map(([name]) => name);
    return unmappedFieldsOf(present, this.wire);
  }

  messageBytes(index: number): Buffer {
    const { contents } = this.outlined(index);
    return this.body.bytes.subarray(contents[0]?.start, contents.at(-1)?.end);
  }

  /** The system instruction is a message here, so only the tools come before the messages. */
  preambleBytes(): Buffer {
    const span = memberSpan(this.body, 'tools');
    return span === undefined ? Buffer.alloc(0) : this.body.bytes.subarray(span.start, span.end);
  }

  private callIds(): CallIds {
    if (this.pairedIds !== undefined) return this.pairedIds;
    const contents = this.messages.flatMap(({ outline, contents: spans, firstIndex }) => {
      if (firstIndex < 0) return [];
      // Parsing costs; most contents hold neither calls nor results.
      const isCalling = outline.hasToolCall || outline.isToolResult;
      const isModel = outline.role === 'assistant';
      return spans.map((span) => ({ isModel, parts: isCalling ? wireParts(valueAt(this.body, span)) : [] }));
    });
    this.pairedIds = pairCalls(contents);
    return this.pairedIds;
  }

  private outlined(index: number): OutlinedMessage {
    const message = this.messages[index];
    if (message === undefined) throw new RangeError(`there is no message ${index}`);
    return message;
  }
}

function wireSettings(body: RequestBody): WireSettings {
  return {
    generationConfig: objectOf(memberOf(body, 'generationConfig')) ?? {},
    toolConfig: objectOf(memberOf(body, 'toolConfig')) ?? {},
    serviceTier: stringOf(memberOf(body, 'serviceTier')),
  };
}

function memberOf(body: RequestBody, name: string): JsonValue | undefined {
  const span = memberSpan(body, name);
  return span === undefined ? undefined : valueAt(body, span);
}

function checkFields(body: RequestBody): void {
  checkTypes(body, FIELD_TYPES, (field) => memberSpan(body, field));
  checkConfig(objectOf(memberOf(body, 'generationConfig')) ?? {});
  const tools = memberSpan(body, 'tools');
  if (tools === undefined) return;
  walkList(body.bytes, tools.start, (start, index) => {
    if (typeAt(body.bytes, start) === 'object') return undefined;
    throw malformed(`tools[${index}]`, `tools[${index}] must be an object`);
  });
}

function checkConfig(config: JsonObject): void {
  for (const [name, value] of Object.entries(config)) {
    const allowed = CONFIG_TYPES.get(camelCase(name));
    if (allowed === undefined || value === null || value === undefined) continue;
    const type = Array.isArray(value) ? 'array' : typeof value;
    if (!allowed.some((known) => known === type)) throw wrongType(`generationConfig.${name}`, allowed, type);
  }
  for (const name of POSITIVE_INTEGERS) {
    checkPositiveInteger(`generationConfig.${name}`, fieldOf(config, name));
  }
}

function needsOf(
  toolCount: number,
  outline: readonly MessageOutline[],
  generationConfig: JsonObject,
): Capability[] {
  const needs: Capability[] = [];
  if (toolCount > 0) needs.push('tools');
  if (outline.some((message) => message.hasImage)) needs.push('vision');
  const reasoning = reasoningOf(generationConfig);
  const effort = reasoning?.effort ?? 'none';
  if (reasoning?.budgetTokens !== undefined || (effort !== 'none' && effort !== 'minimal')) {
    needs.push('reasoning');
  }
  if (decodeResponseFormat(generationConfig).kind !== 'text') needs.push('json');
  return needs;
}
