// Test-only reading of a request body of any dialect into the neutral view, plain and slow: it lets the classifier be
// tested on every assistant's shape before (and independently of) the codecs. Knows only what the classifier reads.

import type {
  ContentPart,
  ConversationRequest,
  Message,
  Role,
} from '../../../../daemon/conversation/request.ts';
import type { DialectId } from '../../../../daemon/protocol/vocabulary.ts';
import { arrayOf, isJsonObject, numberOf, objectOf, stringOf } from '../../../../daemon/util/json.ts';
import type { JsonObject, JsonValue } from '../../../../daemon/util/json.ts';

export interface CountingRequest extends ConversationRequest {
  /** Indexes of the messages that were parsed, in order of the first parse. */
  readonly parsed: readonly number[];
}

export function dialectOfPath(path: string): DialectId {
  if (path.includes('/messages')) return 'anthropic-messages';
  return path.includes('/responses') ? 'openai-responses' : 'openai-chat';
}

export function neutralRequest(body: JsonObject, dialect: DialectId = 'openai-chat'): CountingRequest {
  const wire = wireMessages(body, dialect);
  const messages = wire.map((item) => readMessage(item));
  const parsed: number[] = [];
  const bytes = Buffer.from(JSON.stringify(body));
  return {
    dialect,
    requestModel: stringOf(body['model']) ?? 'auto',
    stream: body['stream'] === true,
    maxOutputTokens:
      numberOf(body['max_tokens']) ??
      numberOf(body['max_completion_tokens']) ??
      numberOf(body['max_output_tokens']),
    outline: messages.map((message, index) => ({
      role: message.role,
      bytes: Buffer.byteLength(JSON.stringify(wire[index] ?? null)),
      hasImage: JSON.stringify(message.content).includes('"type":"image"'),
      isToolResult: message.content.some((part) => part.type === 'tool-result'),
      hasToolCall: message.content.some((part) => part.type === 'tool-call'),
    })),
    message(index) {
      const message = messages[index];
      if (message === undefined) throw new RangeError(`no message ${index}`);
      if (!parsed.includes(index)) parsed.push(index);
      return message;
    },
    toolCount: arrayOf(body['tools']).length,
    tools: () => [],
    settings: () => ({}),
    unmappedFields: () => [],
    responseFormat: { kind: responseKind(body) === undefined ? 'text' : 'json-object' },
    needs: [],
    bodySessionId: undefined,
    wantsUsage: false,
    choiceCount: 1,
    messageBytes: (index) => Buffer.from(JSON.stringify(wire[index] ?? null)),
    preambleBytes: () => Buffer.from(JSON.stringify(body['tools'] ?? null)),
    body: { bytes, members: new Map(), entries: [] },
    parsed,
  };
}

function responseKind(body: JsonObject): JsonValue | undefined {
  return (
    body['response_format'] ??
    objectOf(body['output_config'])?.['format'] ??
    objectOf(body['text'])?.['format']
  );
}

function wireMessages(body: JsonObject, dialect: DialectId): readonly JsonValue[] {
  const system = body['system'] ?? body['instructions'];
  const first = system === undefined ? [] : [{ role: 'system', content: system }];
  const list = dialect === 'openai-responses' ? body['input'] : body['messages'];
  return [...first, ...(typeof list === 'string' ? [{ role: 'user', content: list }] : arrayOf(list))];
}

function readMessage(item: JsonValue): Message {
  if (!isJsonObject(item)) return { role: 'user', content: [] };
  const kind = stringOf(item['type']) ?? 'message';
  if (kind.endsWith('_call_output')) {
    return { role: 'tool', content: [toolResult(item['call_id'], item['output'])] };
  }
  if (kind.endsWith('_call')) {
    const input = stringOf(item['arguments']) ?? stringOf(item['input']) ?? '';
    const callId = stringOf(item['call_id']) ?? '';
    return {
      role: 'assistant',
      content: [{ type: 'tool-call', callId, name: stringOf(item['name']) ?? '', input }],
    };
  }
  const role = (stringOf(item['role']) ?? 'assistant') as Role;
  if (role === 'tool') return { role, content: [toolResult(item['tool_call_id'], item['content'])] };
  return { role, content: readContent(item['content']) };
}

function toolResult(callId: JsonValue | undefined, content: JsonValue | undefined): ContentPart {
  return { type: 'tool-result', callId: stringOf(callId) ?? '', content: readContent(content) };
}

function readContent(content: JsonValue | undefined): readonly ContentPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return arrayOf(content).map(readPart);
}

function readPart(part: JsonValue): ContentPart {
  const object = objectOf(part) ?? {};
  const type = stringOf(object['type']) ?? 'unknown';
  const text = stringOf(object['text']);
  if (text !== undefined) return { type: 'text', text };
  if (type === 'tool_result') return toolResult(object['tool_use_id'], object['content']);
  if (type.includes('image')) return { type: 'image', source: { kind: 'url', url: 'data:' } };
  if (type === 'tool_use') {
    return {
      type: 'tool-call',
      callId: stringOf(object['id']) ?? '',
      name: stringOf(object['name']) ?? '',
      input: JSON.stringify(object['input'] ?? {}),
    };
  }
  return { type: 'other', wireType: type, raw: part };
}
