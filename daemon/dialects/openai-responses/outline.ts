// What the router needs to know of each input item, from one walk over the bytes of `input`: no text is read. One item
// is one message. Items that only bring tools (`additional_tools`) are none: in front of the first message they belong
// to the preamble, behind it their bytes count with the message next to them.

import type { MessageOutline, Role } from '../../conversation/request.ts';
import type { RouterError } from '../../errors.ts';
import { skipValue, stringAt, typeAt, walkArray, walkObject, type JsonType } from '../../util/json-scan.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import { malformed } from '../body-fields.ts';
import { kindOf, MESSAGE_ROLES, roleOf } from './item-kinds.ts';

/** `image` and `image_url` are sent by clients that mix dialects; `computer_screenshot` answers a computer call. */
const IMAGE_TYPES: ReadonlySet<string> = new Set([
  'input_image',
  'computer_screenshot',
  'image_url',
  'image',
]);
const TEXT_TYPES: ReadonlySet<string> = new Set(['input_text', 'output_text', 'text']);

/** Members of any item that must have these types, where they are there and not null. */
const MEMBER_TYPES: ReadonlyMap<string, readonly JsonType[]> = new Map<string, readonly JsonType[]>([
  ['id', ['string']],
  ['call_id', ['string']],
  ['name', ['string']],
  ['namespace', ['string']],
  ['encrypted_content', ['string']],
  ['arguments', ['string', 'object']],
  ['output', ['string', 'array', 'object']],
  ['summary', ['array']],
  ['content', ['string', 'array']],
  ['tools', ['array']],
]);

export interface InputOutline {
  readonly outline: readonly MessageOutline[];
  /** What to parse for each message: a string, or an item. */
  readonly spans: readonly Span[];
  /** Bytes that count as each message. */
  readonly byteSpans: readonly Span[];
  /** `additional_tools` items, and those of them that stand before the first message. */
  readonly toolItems: readonly Span[];
  readonly leadingToolItems: readonly Span[];
  /** `tool_search_output` items: tools that a search has loaded. */
  readonly loadedToolItems: readonly Span[];
  /** Place of the first item whose content only the vendor has. */
  readonly firstReference: string | undefined;
  /** Items of `input`, those included that are no messages. */
  readonly itemCount: number;
}

interface Draft {
  type: string;
  role: Role | undefined;
  hasRole: boolean;
  isClientRun: boolean;
  hasId: boolean;
  hasImage: boolean;
  hasText: boolean;
}

/** Throws `request.malformed` when `instructions` or `input` is not made of what it must be made of. */
export function outlineInput(body: RequestBody): InputOutline {
  const walk = new InputWalk(body.bytes);
  const instructions = body.members.get('instructions');
  if (instructions !== undefined && isFilledText(body.bytes, instructions))
    walk.addText(instructions, 'system');
  const input = body.members.get('input');
  if (input === undefined) return walk;
  const type = typeAt(body.bytes, input.start);
  if (type === 'array') walk.addItems(input);
  else if (type === 'string') walk.addText(input, 'user');
  return walk;
}

class InputWalk implements InputOutline {
  readonly outline: MessageOutline[] = [];
  readonly spans: Span[] = [];
  readonly byteSpans: Span[] = [];
  readonly toolItems: Span[] = [];
  readonly leadingToolItems: Span[] = [];
  readonly loadedToolItems: Span[] = [];
  firstReference: string | undefined;
  itemCount = 0;
  private readonly bytes: Buffer;
  /** Where the bytes of tools begin that count with the next message. */
  private pendingStart: number | undefined;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  addText(span: Span, role: Role): void {
    const hasText = span.end - span.start > 2; // more than the quotes
    const flags = { hasImage: false, isToolResult: false, hasToolCall: false, hasText };
    this.addMessage({ role, bytes: span.end - span.start, ...flags }, span);
  }

  addItems(list: Span): void {
    walkArray(this.bytes, list.start, (start, index) => this.addItem(start, `input[${index}]`));
    this.closeTools();
  }

  /** Tools behind the last message count with it. */
  private closeTools(): void {
    const last = this.byteSpans.length - 1;
    const [message, span, tools] = [this.outline[last], this.byteSpans[last], this.toolItems.at(-1)];
    if (this.pendingStart === undefined || message === undefined || span === undefined) return;
    const { start } = span;
    const end = tools?.end ?? span.end;
    this.byteSpans[last] = { start, end };
    this.outline[last] = { ...message, bytes: end - start };
  }

  private addItem(start: number, place: string): number {
    if (typeAt(this.bytes, start) !== 'object') throw malformed('input', `${place} must be an object`);
    const draft: Draft = {
      type: '',
      role: undefined,
      hasRole: false,
      isClientRun: false,
      hasId: false,
      hasImage: false,
      hasText: false,
    };
    const end = walkObject(this.bytes, start, (key, at) => this.readMember(key, at, place, draft));
    const span = { start, end };
    const isMessage = draft.type === 'message' || (draft.type === '' && draft.hasRole);
    if (isMessage && draft.role === undefined) throw roleMissing(place, draft.hasRole);
    const kind = kindOf(draft);
    if (kind === 'reference') this.addReference(place, draft);
    if (draft.type === 'tool_search_output') this.loadedToolItems.push(span);
    if (kind === 'tools') this.addToolItem(span);
    else {
      const { hasImage } = draft;
      const hasText = kind === 'message' && draft.hasText;
      const flags = { hasImage, isToolResult: kind === 'output', hasToolCall: kind === 'call', hasText };
      this.addMessage({ role: roleOf(draft), bytes: end - start, ...flags }, span);
    }
    this.itemCount += 1;
    return end;
  }

  private addMessage(message: MessageOutline, span: Span): void {
    const start = this.pendingStart ?? span.start;
    this.pendingStart = undefined;
    this.outline.push({ ...message, bytes: span.end - start });
    this.spans.push(span);
    this.byteSpans.push({ start, end: span.end });
  }

  private addToolItem(span: Span): void {
    if (this.itemCount === this.toolItems.length) this.leadingToolItems.push(span);
    else this.pendingStart ??= span.start;
    this.toolItems.push(span);
  }

  private addReference(place: string, draft: Draft): void {
    if (!draft.hasId) {
      const field = draft.type === '' ? 'type' : 'id';
      throw malformed('input', `${place}.${field} is missing; send the ${field} of the item`);
    }
    this.firstReference ??= place;
  }

  private readMember(key: string, at: number, place: string, draft: Draft): number | undefined {
    const type = typeAt(this.bytes, at);
    const allowed = MEMBER_TYPES.get(key);
    if (allowed !== undefined && type !== 'null' && !allowed.includes(type)) {
      throw malformed('input', `${place}.${key} must be ${allowed.join(' or ')}, not ${type}`);
    }
    switch (key) {
      case 'type':
        if (type !== 'null') draft.type = this.text(at, `${place}.type`);
        return undefined;
      case 'role':
        // Only messages need one; some other items have one that says nothing new.
        draft.hasRole = type !== 'null';
        draft.role = type === 'string' ? MESSAGE_ROLES.get(this.text(at, place)) : undefined;
        return undefined;
      case 'execution':
        draft.isClientRun = type === 'string' && this.text(at, place) === 'client';
        return undefined;
      case 'id':
        draft.hasId = type === 'string';
        return undefined;
      case 'content':
      case 'output':
        return this.walkContent(at, `${place}.${key}`, draft);
      default:
        return undefined;
    }
  }

  private text(at: number, place: string): string {
    if (typeAt(this.bytes, at) !== 'string') throw malformed('input', `${place} must be a string`);
    return stringAt(this.bytes, at, skipValue(this.bytes, at));
  }

  private walkContent(at: number, place: string, draft: Draft): number | undefined {
    switch (typeAt(this.bytes, at)) {
      case 'string':
        draft.hasText = this.bytes[at + 1] !== this.bytes[at]; // not the empty string
        return undefined;
      case 'object':
        return this.walkPart(at, draft);
      case 'array':
        return walkArray(this.bytes, at, (start, index) => {
          if (typeAt(this.bytes, start) === 'object') return this.walkPart(start, draft);
          throw malformed('input', `${place}[${index}] must be an object with a type`);
        });
      default:
        return undefined;
    }
  }

  private walkPart(start: number, draft: Draft): number {
    return walkObject(this.bytes, start, (key, at) => {
      if (key !== 'type' || typeAt(this.bytes, at) !== 'string') return undefined;
      const end = skipValue(this.bytes, at);
      const type = stringAt(this.bytes, at, end);
      if (IMAGE_TYPES.has(type)) draft.hasImage = true;
      if (TEXT_TYPES.has(type)) draft.hasText = true;
      return end;
    });
  }
}

function isFilledText(bytes: Buffer, span: Span): boolean {
  return typeAt(bytes, span.start) === 'string' && span.end - span.start > 2;
}

function roleMissing(place: string, isUnknown: boolean): RouterError {
  const roles = [...MESSAGE_ROLES.keys()].join(', ');
  return malformed('input', `${place}.role ${isUnknown ? 'is unknown' : 'is missing'}; send one of ${roles}`);
}
