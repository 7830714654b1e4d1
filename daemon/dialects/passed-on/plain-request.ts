// The neutral view of a request that is no conversation (a text to complete, texts to embed): one user message, nothing
// to translate. It exists so that such requests get the same door, attempts and books as every other.

import type { ConversationRequest, Message, MessageOutline } from '../../conversation/request.ts';
import type { DialectId } from '../../protocol/vocabulary.ts';
import { arrayOf, type JsonValue, stringOf } from '../../util/json.ts';
import { spliceMembers, typeAt, valueAt } from '../../util/json-scan.ts';
import type { RequestBody } from '../../util/request-body.ts';
import { checkedModel, malformed, member, wrongType } from '../body-fields.ts';
import type { EncodedRequest, EncodeTarget } from '../dialect.ts';

export interface PlainShape {
  readonly dialect: DialectId;
  /** Member that holds the text or texts. */
  readonly textField: string;
  readonly path: string;
  readonly canStream: boolean;
}

/** Throws `request.malformed` naming the field. */
export function decodePlainRequest(body: RequestBody, shape: PlainShape): ConversationRequest {
  const { textField } = shape;
  const named = stringOf(member(body, 'model')) ?? '';
  if (named === '') throw malformed('model', 'model is missing; send the name of the model to use');
  const requestModel = checkedModel(named);
  const text = body.members.get(textField);
  if (text === undefined)
    throw malformed(textField, `${textField} is missing; send the text as ${textField}`);
  const textType = typeAt(body.bytes, text.start);
  if (textType !== 'string' && textType !== 'array') {
    throw wrongType(textField, ['string', 'array'], textType);
  }
  const stream = shape.canStream && member(body, 'stream') === true;
  const limit = member(body, 'max_tokens');
  const outline: MessageOutline = {
    role: 'user',
    bytes: text.end - text.start,
    hasImage: false,
    isToolResult: false,
    hasToolCall: false,
    hasText: true,
  };
  const options = member(body, 'stream_options');
  return {
    dialect: shape.dialect,
    requestModel,
    stream,
    maxOutputTokens: typeof limit === 'number' && limit > 0 ? limit : undefined,
    outline: [outline],
    message: () => plainMessage(valueAt(body, text)),
    toolCount: 0,
    tools: () => [],
    settings: () => ({}),
    unmappedFields: () => [],
    responseFormat: { kind: 'text' },
    needs: [],
    bodySessionId: undefined,
    wantsUsage: !stream || JSON.stringify(options ?? null).includes('"include_usage":true'),
    choiceCount: 1,
    messageBytes: () => body.bytes.subarray(text.start, text.end),
    preambleBytes: () => Buffer.alloc(0),
    body,
  };
}

/** The client's bytes with the model's own name, and with usage asked for in a stream. */
export function encodePlainRequest(
  request: ConversationRequest,
  target: EncodeTarget,
  shape: PlainShape,
): EncodedRequest {
  const edits = new Map([['model', JSON.stringify(target.upstreamModel)]]);
  const asksForUsage = request.stream && !request.wantsUsage && target.usageInStream !== 'always';
  if (asksForUsage) edits.set('stream_options', '{"include_usage":true}');
  return { path: shape.path, body: spliceMembers(request.body, edits), warnings: [] };
}

function plainMessage(value: JsonValue): Message {
  const texts = (Array.isArray(value) ? arrayOf(value) : [value]).filter((text) => typeof text === 'string');
  return { role: 'user', content: texts.map((text) => ({ type: 'text', text })) };
}
