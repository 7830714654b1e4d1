// The body of POST /v1/responses -> the neutral view. One walk over `input` gives the outline, one message per item
// (`instructions` is a first one); items, tools and settings are parsed when somebody reads them. Documented fields must
// have the documented type, so that a mistake is answered here with its name; unknown ones pass to the provider.

import type {
  ConversationRequest,
  Message,
  MessageOutline,
  ResponseFormat,
  ToolDefinition,
} from '../../conversation/request.ts';
import type { RequestSettings } from '../../conversation/settings.ts';
import type { Capability } from '../../protocol/vocabulary.ts';
import { objectOf, stringOf, type JsonValue } from '../../util/json.ts';
import { scanObject, stringAt, typeAt, valueAt, type JsonType } from '../../util/json-scan.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import {
  checkedModel,
  countElements,
  hasMember,
  malformed,
  member,
  numberMember,
  stringMember,
} from '../body-fields.ts';
import { decodeItem } from './decode-item.ts';
import { decodeResponseFormat, decodeSettings, unmappedFields } from './decode-settings.ts';
import { decodeTools, neutralToolName } from './decode-tools.ts';
import { checkFields } from './fields.ts';
import { outlineInput, type InputOutline } from './outline.ts';

/**
 * Only these are worth sending the request to models that reason and nowhere else. Agents send `medium` or no effort at
 * all by default, and must not be refused by models that cannot think.
 */
const GREAT_EFFORT: ReadonlySet<string> = new Set(['high', 'xhigh', 'max']);

/** Members that name a text or a history that only this vendor has stored. */
const STORED_AT_VENDOR: readonly string[] = ['conversation', 'prompt'];

export function decodeRequest(body: RequestBody): ConversationRequest {
  checkFields(body);
  return new ResponsesRequest(body);
}

class ResponsesRequest implements ConversationRequest {
  readonly dialect = 'openai-responses';
  readonly body: RequestBody;
  readonly requestModel: string;
  readonly stream: boolean;
  readonly maxOutputTokens: number | undefined;
  readonly outline: readonly MessageOutline[];
  readonly toolCount: number;
  readonly needs: readonly Capability[];
  readonly bodySessionId: string | undefined;
  /** The last event of every stream has it. */
  readonly wantsUsage = true;
  readonly choiceCount = 1;
  readonly previousResponseId?: string;
  readonly boundBy?: string;
  private readonly input: InputOutline;
  private readonly parsedMessages: (Message | undefined)[] = [];
  private parsedTools: readonly ToolDefinition[] | undefined;
  private parsedFormat: ResponseFormat | undefined;
  private parsedSettings: RequestSettings | undefined;

  constructor(body: RequestBody) {
    this.body = body;
    this.requestModel = checkedModel(stringMember(body, 'model'));
    this.stream = member(body, 'stream') === true;
    this.maxOutputTokens = numberMember(body, 'max_output_tokens');
    this.bodySessionId = stringMember(body, 'prompt_cache_key') ?? clientSession(body);
    const previous = stringMember(body, 'previous_response_id');
    if (previous !== undefined) this.previousResponseId = previous;
    this.input = outlineInput(body);
    this.outline = this.input.outline;
    const stored = STORED_AT_VENDOR.find((field) => hasMember(body, field));
    checkInput(body, this.input, stored !== undefined || previous !== undefined);
    const boundBy = stored ?? this.input.firstReference;
    if (boundBy !== undefined) this.boundBy = boundBy;
    this.toolCount = countTools(body, this.input);
    this.needs = needsOf(body, this.toolCount, this.outline);
  }

  get responseFormat(): ResponseFormat {
    this.parsedFormat ??= decodeResponseFormat(this.body);
    return this.parsedFormat;
  }

  message(index: number): Message {
    const known = this.parsedMessages[index];
    if (known !== undefined) return known;
    const value = valueAt(this.body, spanOf(this.input.spans, index));
    const parsed =
      typeof value === 'string'
        ? textMessage(this.outline[index]?.role ?? 'user', value)
        : decodeItem(value, (namespace, name) => this.nameOf(namespace, name));
    this.parsedMessages[index] = parsed;
    return parsed;
  }

  tools(): readonly ToolDefinition[] {
    this.parsedTools ??= decodeTools([
      member(this.body, 'tools'),
      ...[...this.input.toolItems, ...this.input.loadedToolItems].map((span) => this.toolsOf(span)),
    ]);
    return this.parsedTools;
  }

  settings(): RequestSettings {
    this.parsedSettings ??= decodeSettings(this.body, () => this.tools());
    return this.parsedSettings;
  }

  unmappedFields(): readonly string[] {
    return unmappedFields(this.body);
  }

  messageBytes(index: number): Buffer {
    const { start, end } = spanOf(this.input.byteSpans, index);
    return this.body.bytes.subarray(start, end);
  }

  /** `instructions` is the first message, so only the tools come before the messages. */
  preambleBytes(): Buffer {
    const { bytes, members } = this.body;
    const declared = members.get('tools');
    const spans = [...(declared === undefined ? [] : [declared]), ...this.input.leadingToolItems];
    const pieces = spans.map(({ start, end }) => bytes.subarray(start, end));
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  /** The tools are only needed for a name in a namespace. */
  private nameOf(namespace: string | undefined, name: string): string {
    return namespace === undefined ? name : neutralToolName(this.tools(), namespace, name);
  }

  private toolsOf(item: Span): JsonValue | undefined {
    return objectOf(valueAt(this.body, item))?.['tools'];
  }
}

function textMessage(role: Message['role'], text: string): Message {
  return { role, content: [{ type: 'text', text }] };
}

function spanOf(spans: readonly Span[], index: number): Span {
  const span = spans[index];
  if (span === undefined) throw new RangeError(`there is no message ${index}`);
  return span;
}

/** A request that goes on from something stored may bring nothing new, and so may a warm-up. */
function checkInput(body: RequestBody, input: InputOutline, hasHistory: boolean): void {
  if (hasHistory || member(body, 'generate') === false) return;
  if (!hasMember(body, 'input')) {
    throw malformed('input', 'input is missing; send a text or an array of items');
  }
  const isText = memberType(body, 'input') === 'string';
  if (!isText && input.itemCount === 0) throw malformed('input', 'input is empty; send at least one item');
}

function needsOf(body: RequestBody, toolCount: number, outline: readonly MessageOutline[]): Capability[] {
  const needs: Capability[] = [];
  if (toolCount > 0) needs.push('tools');
  if (outline.some((message) => message.hasImage)) needs.push('vision');
  const reasoning = body.members.get('reasoning');
  if (reasoning !== undefined && GREAT_EFFORT.has(innerText(body, reasoning, 'effort')))
    needs.push('reasoning');
  const format = innerSpan(body, body.members.get('text'), 'format');
  if (format !== undefined && innerText(body, format, 'type').startsWith('json')) needs.push('json');
  return needs;
}

/** Read without parsing the schema, which is often the largest part of a small request. */
function innerSpan(body: RequestBody, span: Span | undefined, key: string): Span | undefined {
  if (span === undefined || typeAt(body.bytes, span.start) !== 'object') return undefined;
  return scanObject(body.bytes, span).get(key);
}

function innerText(body: RequestBody, span: Span, key: string): string {
  const inner = innerSpan(body, span, key);
  if (inner === undefined || typeAt(body.bytes, inner.start) !== 'string') return '';
  return stringAt(body.bytes, inner.start, inner.end);
}

function memberType(body: RequestBody, field: string): JsonType | undefined {
  const span = body.members.get(field);
  return span === undefined ? undefined : typeAt(body.bytes, span.start);
}

function countTools(body: RequestBody, input: InputOutline): number {
  const lists = [body.members.get('tools'), ...input.toolItems.map((item) => innerSpan(body, item, 'tools'))];
  return lists.reduce((count, list) => count + countElements(body, list), 0);
}

/** Where Codex names its session as well; `prompt_cache_key` is the same id on its main line. */
function clientSession(body: RequestBody): string | undefined {
  const metadata = objectOf(member(body, 'client_metadata'));
  return stringOf(metadata?.['session_id']) ?? stringOf(metadata?.['thread_id']);
}
