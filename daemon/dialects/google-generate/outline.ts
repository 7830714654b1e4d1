// What the router needs to know of each message, from one walk over the bytes of `contents`: no text is read. The
// system instruction counts as a first message.

import type { MessageOutline, Role } from '../../conversation/request.ts';
import { skipValue, stringAt, typeAt, walkObject } from '../../util/json-scan.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import { malformed } from '../body-fields.ts';
import { camelCase } from './fields.ts';
import { memberSpan, walkList } from './wire-spans.ts';

/** `function` is the role of results in the first version of the API. Without a role it is the user. */
const ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ['user', 'user'],
  ['model', 'assistant'],
  ['function', 'tool'],
  ['', 'user'],
]);

interface Draft {
  role: Role;
  hasImage: boolean;
  hasText: boolean;
  hasToolCall: boolean;
  isToolResult: boolean;
}

/** One message as it lies in the body. */
export interface OutlinedMessage {
  readonly outline: MessageOutline;
  /** The contents that it is made of, in order. */
  readonly contents: readonly Span[];
  /** Index in `contents` of the first of them; -1 for the system instruction. */
  readonly firstIndex: number;
}

/**
 * Throws `request.malformed` when `contents` is missing, empty or not made of contents. Neighbouring contents of the model
 * are one message: the SDKs keep every chunk of a stream as a content of its own.
 */
export function outlineContents(body: RequestBody): readonly OutlinedMessage[] {
  const { bytes } = body;
  const messages: OutlinedMessage[] = [];
  const system = memberSpan(body, 'systemInstruction');
  if (system !== undefined && typeAt(bytes, system.start) !== 'null') {
    messages.push({ outline: outlineSystem(bytes, system), contents: [system], firstIndex: -1 });
  }
  const list = memberSpan(body, 'contents');
  if (list === undefined)
    throw malformed('contents', 'contents is missing; send the conversation as an array of contents');
  let count = 0;
  const end = walkList(bytes, list.start, (start, index) => {
    const content = outlineContent(bytes, start, `contents[${index}]`);
    append(messages, {
      outline: content.message,
      contents: [{ start, end: content.end }],
      firstIndex: index,
    });
    count += 1;
    return content.end;
  });
  if (end === undefined) throw malformed('contents', 'contents must be an array of contents');
  if (count === 0) throw malformed('contents', 'contents is empty; send at least one content');
  return messages;
}

function append(messages: OutlinedMessage[], added: OutlinedMessage): void {
  const last = messages.at(-1);
  if (last?.outline.role !== 'assistant' || added.outline.role !== 'assistant') {
    messages.push(added);
    return;
  }
  const contents = [...last.contents, ...added.contents];
  const before = last.outline;
  const outline: MessageOutline = {
    role: 'assistant',
    bytes: (contents.at(-1)?.end ?? 0) - (contents[0]?.start ?? 0),
    hasImage: before.hasImage || added.outline.hasImage,
    isToolResult: before.isToolResult || added.outline.isToolResult,
    hasToolCall: before.hasToolCall || added.outline.hasToolCall,
    hasText: before.hasText === true || added.outline.hasText === true,
  };
  messages[messages.length - 1] = { ...last, outline, contents };
}

function outlineSystem(bytes: Buffer, span: Span): MessageOutline {
  const size = span.end - span.start;
  if (typeAt(bytes, span.start) === 'string')
    return messageOf({ ...emptyDraft('system'), hasText: true }, size);
  if (typeAt(bytes, span.start) !== 'object') {
    throw malformed('systemInstruction', 'systemInstruction must be a content or a string');
  }
  const draft = emptyDraft('system');
  walkObject(bytes, span.start, (key, at) =>
    key === 'parts' ? walkParts(bytes, at, 'systemInstruction', draft) : undefined,
  );
  return messageOf({ ...draft, role: 'system' }, size);
}

function outlineContent(
  bytes: Buffer,
  start: number,
  place: string,
): { readonly end: number; readonly message: MessageOutline } {
  if (typeAt(bytes, start) !== 'object')
    throw malformed('contents', `${place} must be an object with a role and parts`);
  const draft = emptyDraft('user');
  const end = walkObject(bytes, start, (key, at) => {
    if (key === 'parts') return walkParts(bytes, at, place, draft);
    if (key === 'role') draft.role = roleAt(bytes, at, place);
    return undefined;
  });
  return { end, message: messageOf(draft, end - start) };
}

function roleAt(bytes: Buffer, at: number, place: string): Role {
  const type = typeAt(bytes, at);
  if (type === 'null') return 'user';
  const role = type === 'string' ? ROLES.get(stringAt(bytes, at, skipValue(bytes, at))) : undefined;
  if (role === undefined) throw malformed('contents', `${place}.role must be one of user, model, function`);
  return role;
}

function walkParts(bytes: Buffer, at: number, place: string, draft: Draft): number | undefined {
  if (typeAt(bytes, at) === 'null') return undefined;
  const end = walkList(bytes, at, (start, index) => {
    if (typeAt(bytes, start) !== 'object')
      throw malformed('contents', `${place}.parts[${index}] must be an object`);
    return walkPart(bytes, start, draft);
  });
  if (end === undefined) throw malformed('contents', `${place}.parts must be an array of parts`);
  return end;
}

function walkPart(bytes: Buffer, start: number, draft: Draft): number {
  let hasText = false;
  let isThought = false;
  const end = walkObject(bytes, start, (key, at) => {
    switch (camelCase(key)) {
      case 'text':
        hasText = typeAt(bytes, at) === 'string' && bytes[at + 1] !== bytes[at]; // not the empty string
        return undefined;
      case 'thought':
        isThought = bytes[at] === 0x74;
        return undefined;
      case 'inlineData':
      case 'fileData':
        draft.hasImage ||= isImage(bytes, at);
        return undefined;
      case 'functionCall':
        draft.hasToolCall ||= typeAt(bytes, at) === 'object';
        return undefined;
      case 'functionResponse':
        return walkResponse(bytes, at, draft);
      default:
        return undefined;
    }
  });
  draft.hasText ||= hasText && !isThought;
  return end;
}

function walkResponse(bytes: Buffer, at: number, draft: Draft): number | undefined {
  if (typeAt(bytes, at) !== 'object') return undefined;
  draft.isToolResult = true;
  const inner = emptyDraft('user');
  const end = walkObject(bytes, at, (key, start) => {
    if (key !== 'parts') return undefined;
    return walkList(bytes, start, (part) =>
      typeAt(bytes, part) === 'object' ? walkPart(bytes, part, inner) : undefined,
    );
  });
  draft.hasImage ||= inner.hasImage;
  return end;
}

function isImage(bytes: Buffer, at: number): boolean {
  if (typeAt(bytes, at) !== 'object') return false;
  let found = false;
  walkObject(bytes, at, (key, start) => {
    if (camelCase(key) !== 'mimeType' || typeAt(bytes, start) !== 'string') return undefined;
    const end = skipValue(bytes, start);
    found = stringAt(bytes, start, end).startsWith('image/');
    return end;
  });
  return found;
}

function emptyDraft(role: Role): Draft {
  return { role, hasImage: false, hasText: false, hasToolCall: false, isToolResult: false };
}

function messageOf(draft: Draft, bytes: number): MessageOutline {
  const { role, hasImage, isToolResult, hasToolCall, hasText } = draft;
  return { role, bytes, hasImage, isToolResult, hasToolCall, hasText };
}
