// The body of POST /v1/chat/completions -> the neutral view. One walk over `messages` gives the outline; messages,
// tools and the response format are parsed when somebody reads them. Fields that OpenAI documents
// (https://platform.openai.com/docs/api-reference/chat/create, held against 425 recorded requests) must have the
// documented type, so that a mistake is answered here with its name; unknown fields and values pass to the provider.

import type {
  ConversationRequest,
  Message,
  MessageOutline,
  ResponseFormat,
  ToolDefinition,
} from '../../conversation/request.ts';
import type { RequestSettings } from '../../conversation/settings.ts';
import type { Capability } from '../../protocol/vocabulary.ts';
import { objectOf } from '../../util/json.ts';
import { scanObject, stringAt, typeAt, valueAt } from '../../util/json-scan.ts';
import { ByteSearch } from '../../util/piece-facts.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import {
  checkedModel,
  checkElements,
  checkPositiveInteger,
  checkTypes,
  countElements,
  type FieldTypes,
  member,
  numberMember,
  stringMember,
} from '../body-fields.ts';
import { SharedMessages } from '../shared-messages.ts';
import { decodeMessage, decodeResponseFormat, decodeTools } from './decode-message.ts';
import { decodeSettings, unmappedFields } from './decode-settings.ts';
import { outlineMessages } from './outline.ts';

/** Members of messages, their parts and tools that some providers know (OpenRouter, OpenAI) and no other dialect has. */
const INNER_MEMBERS = ['cache_control', 'prompt_cache_breakpoint', 'eager_input_streaming'].map((name) => ({
  name,
  // Quotes inside of strings are escaped, so these bytes are a name (or a whole string, which does no harm).
  bytes: new ByteSearch(`"${name}"`),
}));

const FIELD_TYPES: FieldTypes = [
  ['model', ['string']],
  ['stream', ['boolean']],
  ['max_tokens', ['number']],
  ['max_completion_tokens', ['number']],
  ['n', ['number']],
  ['temperature', ['number']],
  ['top_p', ['number']],
  ['presence_penalty', ['number']],
  ['frequency_penalty', ['number']],
  ['seed', ['number']],
  ['top_logprobs', ['number']],
  ['logprobs', ['boolean']],
  ['logit_bias', ['object']],
  ['stop', ['string', 'array']],
  ['tools', ['array']],
  ['tool_choice', ['string', 'object']],
  ['parallel_tool_calls', ['boolean']],
  ['functions', ['array']],
  ['function_call', ['string', 'object']],
  ['response_format', ['object']],
  ['stream_options', ['object']],
  ['reasoning_effort', ['string']],
  ['modalities', ['array']],
  ['metadata', ['object']],
  ['store', ['boolean']],
  ['user', ['string']],
  ['service_tier', ['string']],
  ['prompt_cache_key', ['string']],
  ['safety_identifier', ['string']],
  ['verbosity', ['string']],
];

/** Fields that are counted with, so a fraction or a zero must not get through. */
const POSITIVE_INTEGERS: readonly string[] = ['max_tokens', 'max_completion_tokens', 'n'];

/** Efforts that any model can serve. The others are only sent to models that reason. */
const LITTLE_EFFORT: ReadonlySet<string> = new Set(['none', 'minimal']);

export function decodeRequest(body: RequestBody): ConversationRequest {
  checkFields(body);
  return new ChatRequest(body);
}

const sharedMessages = new SharedMessages();

class ChatRequest implements ConversationRequest {
  readonly dialect = 'openai-chat';
  readonly body: RequestBody;
  readonly requestModel: string;
  readonly stream: boolean;
  readonly maxOutputTokens: number | undefined;
  readonly outline: readonly MessageOutline[];
  readonly toolCount: number;
  readonly needs: readonly Capability[];
  readonly bodySessionId: string | undefined;
  readonly wantsUsage: boolean;
  readonly choiceCount: number;
  private readonly messageSpans: readonly Span[];
  private readonly parsedMessages: (Message | undefined)[] = [];
  private parsedTools: readonly ToolDefinition[] | undefined;
  private parsedFormat: ResponseFormat | undefined;
  private parsedSettings: RequestSettings | undefined;

  constructor(body: RequestBody) {
    this.body = body;
    this.requestModel = checkedModel(stringMember(body, 'model'));
    this.stream = member(body, 'stream') === true;
    this.maxOutputTokens = numberMember(body, 'max_completion_tokens') ?? numberMember(body, 'max_tokens');
    this.choiceCount = numberMember(body, 'n') ?? 1;
    // A cache key names the conversation; `user` names a person with many of them, so it is not looked at.
    this.bodySessionId = stringMember(body, 'prompt_cache_key');
    this.wantsUsage = !this.stream || objectOf(member(body, 'stream_options'))?.['include_usage'] === true;
    const { outline, spans } = outlineMessages(body);
    this.outline = outline;
    this.messageSpans = spans;
    const { members } = body;
    this.toolCount =
      countElements(body, members.get('tools')) + countElements(body, members.get('functions'));
    this.needs = needsOf(body, this.toolCount, outline);
  }

  get responseFormat(): ResponseFormat {
    this.parsedFormat ??= decodeResponseFormat(member(this.body, 'response_format'));
    return this.parsedFormat;
  }

  message(index: number): Message {
    const shape = this.outline[index];
    const known = this.parsedMessages[index] ?? sharedMessages.get(shape);
    if (known !== undefined) return known;
    const parsed = decodeMessage(valueAt(this.body, this.spanOf(index)));
    this.parsedMessages[index] = parsed;
    sharedMessages.keep(shape, parsed);
    return parsed;
  }

  tools(): readonly ToolDefinition[] {
    this.parsedTools ??= decodeTools(member(this.body, 'tools'), member(this.body, 'functions'));
    return this.parsedTools;
  }

  settings(): RequestSettings {
    this.parsedSettings ??= decodeSettings((field) => member(this.body, field));
    return this.parsedSettings;
  }

  unmappedFields(): readonly string[] {
    const inner = INNER_MEMBERS.filter(({ bytes }) => bytes.isIn(this.body)).map(({ name }) => name);
    return [...unmappedFields(this.body.members.keys(), (field) => member(this.body, field)), ...inner];
  }

  messageBytes(index: number): Buffer {
    const { start, end } = this.spanOf(index);
    return this.body.bytes.subarray(start, end);
  }

  /** System text is a message here, so only the tools come before the messages. */
  preambleBytes(): Buffer {
    const spans = ['tools', 'functions'].flatMap((key) => this.body.members.get(key) ?? []);
    const pieces = spans.map(({ start, end }) => this.body.bytes.subarray(start, end));
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  private spanOf(index: number): Span {
    const span = this.messageSpans[index];
    if (span === undefined) throw new RangeError(`there is no message ${index}`);
    return span;
  }
}

function checkFields(body: RequestBody): void {
  checkTypes(body, FIELD_TYPES);
  for (const field of POSITIVE_INTEGERS) checkPositiveInteger(field, member(body, field));
  for (const field of ['tools', 'functions']) checkElements(body, field);
}

function needsOf(body: RequestBody, toolCount: number, outline: readonly MessageOutline[]): Capability[] {
  const needs: Capability[] = [];
  if (toolCount > 0) needs.push('tools');
  if (outline.some((message) => message.hasImage)) needs.push('vision');
  const effort = stringMember(body, 'reasoning_effort');
  if (effort !== undefined && !LITTLE_EFFORT.has(effort)) needs.push('reasoning');
  const format = body.members.get('response_format');
  if (format !== undefined && formatType(body, format).startsWith('json')) needs.push('json');
  return needs;
}

/** Read without parsing the schema, which is often the largest part of a small request. */
function formatType(body: RequestBody, span: Span): string {
  if (typeAt(body.bytes, span.start) !== 'object') return '';
  const type = scanObject(body.bytes, span).get('type');
  if (type === undefined || typeAt(body.bytes, type.start) !== 'string') return '';
  return stringAt(body.bytes, type.start, type.end);
}
