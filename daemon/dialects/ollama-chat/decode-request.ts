// The body of POST /api/chat -> the neutral view (https://docs.ollama.com/api/chat, checked 2026-11-21). A thin dialect
// for clients that only know Ollama: requests are small, so they are parsed at once. What only makes sense for a model in
// the memory of this machine (`keep_alive`, `num_ctx` …) is named as left out.

import type {
  ConversationRequest,
  Message,
  MessageOutline,
  ResponseFormat,
  ToolDefinition,
} from '../../conversation/request.ts';
import { REASONING_EFFORTS, type ReasoningWish, type RequestSettings } from '../../conversation/settings.ts';
import type { Capability } from '../../protocol/vocabulary.ts';
import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  numberOf,
  objectOf,
  stringOf,
  withoutAbsent,
} from '../../util/json.ts';
import { scanArray, typeAt } from '../../util/json-scan.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import {
  checkedModel,
  checkTypes,
  type FieldTypes,
  malformed,
  member,
  stringMember,
} from '../body-fields.ts';
import { decodeMessages, positiveInteger } from './decode-message.ts';

const FIELD_TYPES: FieldTypes = [
  ['model', ['string']],
  ['stream', ['boolean']],
  ['options', ['object']],
  ['tools', ['array']],
  ['format', ['string', 'object']],
  ['think', ['boolean', 'string']],
  ['logprobs', ['boolean']],
  ['top_logprobs', ['number']],
];

const KNOWN_FIELDS: ReadonlySet<string> = new Set([...FIELD_TYPES.map(([field]) => field), 'messages']);

/** Ollama's clients write a tag behind every name; this one says nothing. */
const LATEST = /:latest$/;

const MAPPED_OPTIONS: ReadonlySet<string> = new Set([
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'stop',
  'frequency_penalty',
  'presence_penalty',
  'num_predict',
]);

export function decodeRequest(body: RequestBody): ConversationRequest {
  checkTypes(body, FIELD_TYPES);
  return new OllamaRequest(body);
}

class OllamaRequest implements ConversationRequest {
  readonly dialect = 'ollama-chat';
  readonly body: RequestBody;
  readonly requestModel: string;
  readonly stream: boolean;
  readonly maxOutputTokens: number | undefined;
  readonly outline: readonly MessageOutline[];
  readonly toolCount: number;
  readonly needs: readonly Capability[];
  readonly bodySessionId = undefined;
  /** The last line of every answer has it. */
  readonly wantsUsage = true;
  readonly choiceCount = 1;
  readonly responseFormat: ResponseFormat;
  private readonly options: JsonObject;
  private readonly spans: readonly Span[];
  private readonly messages: readonly Message[];
  private readonly declared: readonly ToolDefinition[];

  constructor(body: RequestBody) {
    this.body = body;
    this.requestModel = checkedModel(stringMember(body, 'model')?.replace(LATEST, ''));
    this.stream = member(body, 'stream') !== false; // Ollama streams unless told not to
    this.options = objectOf(member(body, 'options')) ?? {};
    this.maxOutputTokens = positiveInteger(this.options['num_predict']); // -1 and -2 set no limit
    this.spans = messageSpans(body);
    this.messages = decodeMessages(body.bytes, this.spans);
    this.outline = this.messages.map((message, index) => outlineOf(message, this.messageBytes(index).length));
    this.declared = arrayOf(member(body, 'tools')).map(decodeTool);
    this.toolCount = this.declared.length;
    this.responseFormat = formatOf(member(body, 'format'));
    this.needs = this.neededCapabilities();
  }

  message(index: number): Message {
    const message = this.messages[index];
    if (message === undefined) throw new RangeError(`there is no message ${index}`);
    return message;
  }

  tools(): readonly ToolDefinition[] {
    return this.declared;
  }

  settings(): RequestSettings {
    const number = (name: string): number | undefined => numberOf(this.options[name]);
    const stop = stopOf(this.options['stop']);
    const topLogprobs =
      member(this.body, 'logprobs') === true ? (numberOf(member(this.body, 'top_logprobs')) ?? 0) : undefined;
    const settings = {
      temperature: number('temperature'),
      topP: number('top_p'),
      topK: number('top_k'),
      frequencyPenalty: number('frequency_penalty'),
      presencePenalty: number('presence_penalty'),
      seed: number('seed'),
      stopSequences: stop.length === 0 ? undefined : stop,
      reasoning: this.reasoning(),
      topLogprobs,
    };
    return withoutAbsent<RequestSettings>(settings);
  }

  unmappedFields(): readonly string[] {
    const present = [...this.body.members].filter(
      ([name, { start }]) => !KNOWN_FIELDS.has(name) && typeAt(this.body.bytes, start) !== 'null',
    );
    const options = Object.keys(this.options).filter((name) => !MAPPED_OPTIONS.has(name));
    return [...present.map(([name]) => name), ...options.map((name) => `options.${name}`)];
  }

  messageBytes(index: number): Buffer {
    const span = this.spans[index];
    if (span === undefined) throw new RangeError(`there is no message ${index}`);
    return this.body.bytes.subarray(span.start, span.end);
  }

  preambleBytes(): Buffer {
    const span = this.body.members.get('tools');
    return span === undefined ? Buffer.alloc(0) : this.body.bytes.subarray(span.start, span.end);
  }

  /** `true` asks for thoughts at the model's own strength, a word for one strength. */
  private reasoning(): ReasoningWish | undefined {
    const think = member(this.body, 'think');
    if (think === true) return { isAdaptive: true, showsThoughts: true };
    if (think === false) return { effort: 'none' };
    const effort = REASONING_EFFORTS.find((known) => known === think);
    return effort === undefined ? undefined : { effort, showsThoughts: effort !== 'none' };
  }

  private neededCapabilities(): readonly Capability[] {
    const { effort, showsThoughts = false } = this.reasoning() ?? {};
    return [
      ...(this.toolCount > 0 ? (['tools'] as const) : []),
      ...(this.outline.some((message) => message.hasImage) ? (['vision'] as const) : []),
      ...(showsThoughts && effort !== 'minimal' ? (['reasoning'] as const) : []),
      ...(this.responseFormat.kind === 'text' ? [] : (['json'] as const)),
    ];
  }
}

function messageSpans(body: RequestBody): readonly Span[] {
  const span = body.members.get('messages');
  if (span === undefined || typeAt(body.bytes, span.start) !== 'array') {
    throw malformed('messages', 'messages must be an array of messages');
  }
  const spans = scanArray(body.bytes, span);
  if (spans.length === 0) throw malformed('messages', 'messages is empty; send at least one message');
  return spans;
}

function outlineOf({ role, content }: Message, bytes: number): MessageOutline {
  const inner = content.flatMap((part) => (part.type === 'tool-result' ? part.content : [part]));
  return {
    role,
    bytes,
    hasImage: inner.some((part) => part.type === 'image'),
    isToolResult: role === 'tool',
    hasToolCall: content.some((part) => part.type === 'tool-call'),
    hasText: content.some((part) => part.type === 'text'),
  };
}

function decodeTool(value: JsonValue, index: number): ToolDefinition {
  const wire = objectOf(objectOf(value)?.['function']);
  if (wire === undefined) {
    throw malformed(`tools[${index}]`, `tools[${index}].function must be an object`);
  }
  const description = stringOf(wire['description']);
  const parameters = objectOf(wire['parameters']);
  return {
    kind: 'function',
    name: stringOf(wire['name']) ?? '',
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    raw: value,
  };
}

function formatOf(value: JsonValue | undefined): ResponseFormat {
  if (value === 'json') return { kind: 'json-object' };
  return isJsonObject(value) ? { kind: 'json-schema', schema: value } : { kind: 'text' };
}

function stopOf(value: JsonValue | undefined): readonly string[] {
  const texts = typeof value === 'string' ? [value] : arrayOf(value);
  return texts.filter((text) => typeof text === 'string');
}
