// The body of POST /v1/messages (and of /v1/messages/count_tokens, which has no `max_tokens`) -> the neutral view. One
// walk over the messages gives the outline; everything else is parsed when somebody reads it. Fields that Anthropic
// documents (https://platform.claude.com/docs/en/api/messages, checked 2026-11-21) must have the documented type, so
// that a mistake is answered here with its name; unknown fields and values pass to the provider.

import type {
  ConversationRequest,
  Message,
  MessageOutline,
  ResponseFormat,
  ToolDefinition,
} from '../../conversation/request.ts';
import type { RequestSettings } from '../../conversation/settings.ts';
import type { Capability } from '../../protocol/vocabulary.ts';
import { objectOf, stringOf } from '../../util/json.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import {
  checkedModel,
  checkElements,
  checkTypes,
  countElements,
  type FieldTypes,
  malformed,
  member,
} from '../body-fields.ts';
import { SharedMessages } from '../shared-messages.ts';
import { decodeMessage, decodeSystem } from './decode-message.ts';
import {
  decodeResponseFormat,
  decodeSettings,
  decodeTools,
  sessionIdOf,
  unmappedFields,
} from './decode-settings.ts';
import { outlineRequest, type RequestOutline } from './outline.ts';

const FIELD_TYPES: FieldTypes = [
  ['model', ['string']],
  ['system', ['string', 'array']],
  ['stream', ['boolean']],
  ['max_tokens', ['number']],
  ['temperature', ['number']],
  ['top_p', ['number']],
  ['top_k', ['number']],
  ['stop_sequences', ['array']],
  ['tools', ['array']],
  ['tool_choice', ['object']],
  ['thinking', ['object']],
  ['output_config', ['object']],
  ['output_format', ['object']],
  ['metadata', ['object']],
  ['service_tier', ['string']],
];

export function decodeRequest(body: RequestBody): ConversationRequest {
  checkFields(body);
  return new MessagesRequest(body);
}

const sharedMessages = new SharedMessages();

class MessagesRequest implements ConversationRequest {
  readonly dialect = 'anthropic-messages';
  readonly body: RequestBody;
  readonly requestModel: string;
  readonly stream: boolean;
  readonly maxOutputTokens: number | undefined;
  readonly toolCount: number;
  readonly needs: readonly Capability[];
  readonly bodySessionId: string | undefined;
  /** Every answer of this dialect has its usage. */
  readonly wantsUsage = true;
  readonly choiceCount = 1;
  private readonly outlined: RequestOutline;
  private readonly parsedMessages: (Message | undefined)[] = [];
  private parsedTools: readonly ToolDefinition[] | undefined;
  private parsedSettings: RequestSettings | undefined;
  private parsedFormat: ResponseFormat | undefined;

  constructor(body: RequestBody) {
    this.body = body;
    const model = stringOf(member(body, 'model'));
    this.requestModel = checkedModel(model);
    this.stream = member(body, 'stream') === true;
    const limit = member(body, 'max_tokens');
    // 0 asks Anthropic to fill its cache and answer nothing; the least that another vendor can be asked for is 1.
    this.maxOutputTokens = typeof limit === 'number' ? Math.max(1, limit) : undefined;
    this.outlined = outlineRequest(body);
    this.toolCount = countElements(body, body.members.get('tools'));
    this.needs = needsOf(body, this.toolCount, this.outlined);
    this.bodySessionId = sessionIdOf(body);
  }

  get outline(): readonly MessageOutline[] {
    return this.outlined.outline;
  }

  get responseFormat(): ResponseFormat {
    this.parsedFormat ??= decodeResponseFormat(this.body);
    return this.parsedFormat;
  }

  message(index: number): Message {
    const shape = this.outline[index];
    const known = this.parsedMessages[index] ?? sharedMessages.get(shape);
    if (known !== undefined) return known;
    const decode = index === 0 && this.outlined.hasSystemField ? decodeSystem : decodeMessage;
    const parsed = decode(this.body.bytes, this.spanOf(index));
    this.parsedMessages[index] = parsed;
    sharedMessages.keep(shape, parsed);
    return parsed;
  }

  tools(): readonly ToolDefinition[] {
    this.parsedTools ??= decodeTools(member(this.body, 'tools'));
    return this.parsedTools;
  }

  settings(): RequestSettings {
    this.parsedSettings ??= decodeSettings(this.body, this.outlined.lastOutputConfig);
    return this.parsedSettings;
  }

  unmappedFields(): readonly string[] {
    return unmappedFields(this.body, this.outlined.messageMembers);
  }

  messageBytes(index: number): Buffer {
    const { start, end } = this.spanOf(index);
    return this.body.bytes.subarray(start, end);
  }

  /** The system text is the first message and must not count twice. */
  preambleBytes(): Buffer {
    const span = this.body.members.get('tools');
    return span === undefined ? Buffer.alloc(0) : this.body.bytes.subarray(span.start, span.end);
  }

  private spanOf(index: number): Span {
    const span = this.outlined.spans[index];
    if (span === undefined) throw new RangeError(`there is no message ${index}`);
    return span;
  }
}

function checkFields(body: RequestBody): void {
  checkTypes(body, FIELD_TYPES);
  const limit = member(body, 'max_tokens') ?? 0;
  if (!(Number.isSafeInteger(limit) && Number(limit) >= 0)) {
    throw malformed('max_tokens', 'max_tokens must be a whole number, 0 or more');
  }
  checkElements(body, 'tools');
}

/**
 * Adaptive thinking is the model's own choice and stands in every request of Claude Code, so it needs nothing; only a
 * budget of thinking tokens does.
 */
function needsOf(body: RequestBody, toolCount: number, outlined: RequestOutline): Capability[] {
  const needs: Capability[] = [];
  if (toolCount > 0) needs.push('tools');
  if (outlined.needsVision) needs.push('vision');
  if (objectOf(member(body, 'thinking'))?.['type'] === 'enabled') needs.push('reasoning');
  if (decodeResponseFormat(body).kind !== 'text') needs.push('json');
  return needs;
}
