// What the router needs to know of each message, from one walk over the bytes of those that are new in `messages`: no
// text is read.

import type { MessageOutline, Role } from '../../conversation/request.ts';
import { skipValue, stringAt, typeAt, walkArray, walkObject } from '../../util/json-scan.ts';
import { PieceFacts } from '../../util/piece-facts.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import { elementsOf, malformed } from '../body-fields.ts';

/** `function` is the tool role of the time before tools. */
const ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ['system', 'system'],
  ['developer', 'developer'],
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
  ['function', 'tool'],
]);

/** `image_url` is OpenAI's; the other two are sent by clients that mix dialects. */
const IMAGE_TYPES: ReadonlySet<string> = new Set(['image_url', 'input_image', 'image']);

interface Draft {
  role: Role | undefined;
  hasImage: boolean;
  hasText: boolean;
  hasToolCall: boolean;
}

/** 60 us for 62 messages of 200 kB, 4 where all but the last two were known. */
const OUTLINES = new PieceFacts<MessageOutline>();

/** Throws `request.malformed` when `messages` is missing, empty or not made of messages. */
export function outlineMessages(body: RequestBody): {
  readonly outline: readonly MessageOutline[];
  readonly spans: readonly Span[];
} {
  const { bytes } = body;
  const list = body.members.get('messages');
  if (list === undefined)
    throw malformed('messages', 'messages is missing; send the conversation as an array of messages');
  if (typeAt(bytes, list.start) !== 'array')
    throw malformed('messages', 'messages must be an array of messages');
  const spans = elementsOf(body, 'messages');
  const outline = OUTLINES.all(body, spans, (span, index) => outlineMessage(bytes, span, index));
  if (outline.length === 0) throw malformed('messages', 'messages is empty; send at least one message');
  return { outline, spans };
}

function outlineMessage(bytes: Buffer, { start, end }: Span, index: number): MessageOutline {
  const place = `messages[${index}]`;
  if (typeAt(bytes, start) !== 'object')
    throw malformed('messages', `${place} must be an object with a role`);
  const draft: Draft = { role: undefined, hasImage: false, hasText: false, hasToolCall: false };
  walkObject(bytes, start, (key, at) => {
    switch (key) {
      case 'role':
        draft.role = roleAt(bytes, at, place);
        return undefined;
      case 'content':
        return walkContent(bytes, at, place, draft);
      case 'tool_calls':
        draft.hasToolCall = hasElements(bytes, at, place) || draft.hasToolCall;
        return undefined;
      case 'function_call':
        draft.hasToolCall = typeAt(bytes, at) === 'object' || draft.hasToolCall;
        return undefined;
      default:
        return undefined;
    }
  });
  const { role, hasImage, hasToolCall } = draft;
  if (role === undefined)
    throw malformed('messages', `${place}.role is missing; send one of ${[...ROLES.keys()].join(', ')}`);
  const isToolResult = role === 'tool';
  const hasText = draft.hasText && !isToolResult;
  return { role, bytes: end - start, hasImage, isToolResult, hasToolCall, hasText };
}

function roleAt(bytes: Buffer, at: number, place: string): Role {
  const name = typeAt(bytes, at) === 'string' ? stringAt(bytes, at, skipValue(bytes, at)) : '';
  const role = ROLES.get(name);
  if (role === undefined)
    throw malformed('messages', `${place}.role must be one of ${[...ROLES.keys()].join(', ')}`);
  return role;
}

function walkContent(bytes: Buffer, at: number, place: string, draft: Draft): number | undefined {
  switch (typeAt(bytes, at)) {
    case 'string':
      draft.hasText = bytes[at + 1] !== bytes[at]; // not the empty string
      return undefined;
    case 'null':
      return undefined;
    case 'array':
      return walkArray(bytes, at, (start, index) => {
        if (typeAt(bytes, start) !== 'object') {
          throw malformed('messages', `${place}.content[${index}] must be an object with a type`);
        }
        return walkPart(bytes, start, draft);
      });
    default:
      throw malformed('messages', `${place}.content must be a string or an array of parts`);
  }
}

function walkPart(bytes: Buffer, start: number, draft: Draft): number {
  return walkObject(bytes, start, (key, at) => {
    if (key !== 'type' || typeAt(bytes, at) !== 'string') return undefined;
    const end = skipValue(bytes, at);
    const type = stringAt(bytes, at, end);
    if (IMAGE_TYPES.has(type)) draft.hasImage = true;
    if (type === 'text') draft.hasText = true;
    return end;
  });
}

function hasElements(bytes: Buffer, at: number, place: string): boolean {
  const type = typeAt(bytes, at);
  if (type === 'null') return false;
  if (type !== 'array') throw malformed('messages', `${place}.tool_calls must be an array`);
  let count = 0;
  walkArray(bytes, at, () => {
    count += 1;
    return undefined;
  });
  return count > 0;
}
