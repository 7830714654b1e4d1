// Messages of a client of another dialect -> chat messages. They have been fitted before: neighbours are one message,
// results stand behind their calls, ids are as they are written.

import type { ContentPart, Message } from '../../conversation/request.ts';
import { textOf } from '../../conversation/request.ts';
import type { JsonObject } from '../../util/json.ts';
import type { EncodeTarget } from '../dialect.ts';
import { wrapTextInput } from '../custom-tools.ts';
import type { Losses } from '../losses.ts';
import { thoughtFields } from './encode-thoughts.ts';
import { TOOL_NAMES } from './tool-names.ts';

type ToolResult = Extract<ContentPart, { type: 'tool-result' }>;
type Attachment = Extract<ContentPart, { type: 'image' | 'document' }>;

const SEE_BELOW = '(see what the user attached)';

export interface MessageContext {
  readonly target: EncodeTarget;
  readonly isThinking: boolean;
  readonly losses: Losses;
}

export function encodeMessages(messages: readonly Message[], context: MessageContext): readonly JsonObject[] {
  const encoded: JsonObject[] = [];
  /** Pictures and documents cannot stand in a tool message; they follow in the user's name, where the model sees them. */
  let attached: readonly Attachment[] = [];
  for (const message of messages) {
    if (attached.length > 0 && message.role !== 'user') {
      encoded.push(encodeOther({ role: 'user', content: attached }, context));
      attached = [];
    }
    if (message.role === 'tool') {
      const results = message.content.filter((part) => part.type === 'tool-result');
      for (const result of results) encoded.push(encodeToolResult(result, context));
      attached = results.flatMap((result) => result.content.filter(isAttachment));
    } else if (message.role === 'assistant') encoded.push(encodeAssistant(message, context));
    else {
      encoded.push(encodeOther({ ...message, content: [...attached, ...message.content] }, context));
      attached = [];
    }
  }
  if (attached.length > 0) encoded.push(encodeOther({ role: 'user', content: attached }, context));
  return encoded;
}

function encodeToolResult(result: ToolResult, { losses }: MessageContext): JsonObject {
  if (result.isError === true)
    losses.add('the mark of a failed tool result has no place in a chat completion');
  const text: string[] = [];
  for (const part of result.content) {
    if (part.type === 'text') text.push(part.text);
    else if (!isAttachment(part)) losses.add(dropped(part));
  }
  const hasAttachment = result.content.some(isAttachment);
  const content = text.length === 0 && hasAttachment ? SEE_BELOW : text.join('\n');
  return { role: 'tool', tool_call_id: result.callId, content };
}

function encodeAssistant(message: Message, context: MessageContext): JsonObject {
  const calls = encodeCalls(message.content);
  const reasoning = message.content.filter((part) => part.type === 'reasoning');
  const said = message.content.filter((part) => part.type !== 'tool-call' && part.type !== 'reasoning');
  const content = encodeContent(said, context);
  return {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    ...(message.name === undefined ? {} : { name: message.name }),
    ...thoughtFields(reasoning, context.target, calls.length > 0 && context.isThinking),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function encodeCalls(parts: readonly ContentPart[]): readonly JsonObject[] {
  const calls: JsonObject[] = [];
  let signature: string | undefined;
  for (const part of parts) {
    if (part.type === 'reasoning' && part.seal?.kind === 'thought-signature') signature = part.seal.value;
    if (part.type !== 'tool-call') continue;
    const { callId, name, input, isText = false } = part;
    calls.push({
      id: callId,
      type: 'function',
      function: { name: TOOL_NAMES.fit(name), arguments: isText ? wrapTextInput(input) : input },
      ...(signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } }),
    });
    signature = undefined;
  }
  return calls;
}

function encodeOther(message: Message, context: MessageContext): JsonObject {
  const { role, name } = message;
  const takesDeveloper = context.target.traits?.developerRole === true;
  return {
    role: role === 'developer' && !takesDeveloper ? 'system' : role,
    content: encodeContent(message.content, context),
    ...(name === undefined ? {} : { name }),
  };
}

/** Plain text as a string, which every provider takes; an array of parts only where something else is in it. */
function encodeContent(parts: readonly ContentPart[], context: MessageContext): string | JsonObject[] {
  const readable = parts.flatMap((part) => readablePart(part, context));
  if (readable.every((part) => part.type === 'text')) return textOf(readable);
  return readable.map(encodePart);
}

type ReadablePart = Extract<ContentPart, { type: 'text' | 'image' | 'document' }>;

/** The part in the form in which the model can read it; [] when it cannot. */
function readablePart(part: ContentPart, { target, losses }: MessageContext): ReadablePart[] {
  switch (part.type) {
    case 'text':
    case 'image':
      return [part];
    case 'refusal': // what the assistant said; few providers know a part of its own for it
      return [{ type: 'text', text: part.text }];
    case 'document': {
      const text = documentText(part);
      if (text !== undefined) return [{ type: 'text', text }];
      if (part.source.kind === 'base64' && target.traits?.takesFiles === true) return [part];
      losses.add('a document cannot be read by the chosen model and was left out');
      return [];
    }
    default:
      losses.add(dropped(part));
      return [];
  }
}

function documentText({ source, fileName }: Extract<ContentPart, { type: 'document' }>): string | undefined {
  const isText = source.kind === 'text' || (source.kind === 'base64' && source.mediaType.startsWith('text/'));
  if (!isText) return undefined;
  const text = source.kind === 'text' ? source.text : Buffer.from(source.data, 'base64').toString();
  return `<document${fileName === undefined ? '' : ` name=${JSON.stringify(fileName)}`}>\n${text}\n</document>`;
}

function encodePart(part: ReadablePart): JsonObject {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const { source } = part;
  if (part.type === 'image') {
    const url = source.kind === 'url' ? source.url : dataUrl(source);
    return {
      type: 'image_url',
      image_url: { url, ...(part.detail === undefined ? {} : { detail: part.detail }) },
    };
  }
  const file =
    source.kind === 'base64'
      ? { file_data: dataUrl({ ...source, mediaType: source.mediaType || 'application/pdf' }) }
      : {};
  return { type: 'file', file: { filename: part.fileName ?? 'document.pdf', ...file } };
}

function dataUrl(source: {
  readonly kind: string;
  readonly mediaType?: string;
  readonly data?: string;
}): string {
  return `data:${source.mediaType ?? ''};base64,${source.data ?? ''}`;
}

function isAttachment(part: ContentPart): part is Attachment {
  return part.type === 'image' || part.type === 'document';
}

function dropped(part: ContentPart): string {
  const what = part.type === 'other' ? part.wireType : part.type;
  return `content of type ${what} has no place in a chat completion and was left out`;
}
