// What the router needs to know of each message of a Messages request, from one walk over the bytes of those that are
// new: no text is read. The separate `system` member counts as a first message.

import type { MessageOutline, Role } from '../../conversation/request.ts';
import { skipValue, stringAt, typeAt, walkArray, walkObject } from '../../util/json-scan.ts';
import { PieceFacts } from '../../util/piece-facts.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import { elementsOf, malformed } from '../body-fields.ts';

export interface RequestOutline {
  readonly outline: readonly MessageOutline[];
  /** Bytes of each entry of `outline`. */
  readonly spans: readonly Span[];
  /** Whether the first entry is the `system` member. */
  readonly hasSystemField: boolean;
  /** A picture, or a PDF: its pages are looked at as pictures. */
  readonly needsVision: boolean;
  /** Value of the last `output_config` that stands in a message. */
  readonly lastOutputConfig: Span | undefined;
  /** Names of members of messages that are neither role nor content. */
  readonly messageMembers: ReadonlySet<string>;
}

/** `system` stands between the turns in new requests (Claude Code), `developer` in those of clients that mix dialects. */
const ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['system', 'system'],
  ['developer', 'developer'],
]);

const QUOTE = 0x22;

/** Sources of a document that are plain text to every model. */
const TEXT_SOURCES: ReadonlySet<string> = new Set(['text', 'content']);

interface Draft {
  hasImage: boolean;
  hasPdf: boolean;
  hasText: boolean;
  hasToolCall: boolean;
  hasToolResult: boolean;
}

/** What the walk over one message found. */
interface OutlinedMessage {
  readonly message: MessageOutline;
  readonly needsVision: boolean;
  /** Relative to the message's own start. */
  readonly outputConfig: Span | undefined;
  readonly members: readonly string[];
}

/** A long conversation brings nearly all messages again in each request. */
const OUTLINES = new PieceFacts<OutlinedMessage>();

function emptyDraft(): Draft {
  return { hasImage: false, hasPdf: false, hasText: false, hasToolCall: false, hasToolResult: false };
}

/** Throws `request.malformed` when `messages` is missing, empty or not made of messages, or `system` not of blocks. */
export function outlineRequest(body: RequestBody): RequestOutline {
  return new OutlineWalk(body.bytes).walk(body);
}

class OutlineWalk {
  private readonly bytes: Buffer;
  private readonly outline: MessageOutline[] = [];
  private readonly spans: Span[] = [];
  private readonly messageMembers = new Set<string>();
  private lastOutputConfig: Span | undefined;
  private needsVision = false;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  walk(body: RequestBody): RequestOutline {
    const list = body.members.get('messages');
    if (list === undefined) {
      throw malformed('messages', 'messages is missing; send the conversation as an array of messages');
    }
    if (typeAt(this.bytes, list.start) !== 'array') {
      throw malformed('messages', 'messages must be an array of messages');
    }
    const hasSystemField = this.addSystem(body.members.get('system'));
    const places = elementsOf(body, 'messages');
    const outlined = OUTLINES.all(body, places, (span, index) =>
      this.outlineMessage(span, `messages[${index}]`),
    );
    for (const [index, span] of places.entries()) this.addMessage(span, outlined[index]);
    if (this.outline.length === (hasSystemField ? 1 : 0)) {
      throw malformed('messages', 'messages is empty; send at least one message');
    }
    const { outline, spans, needsVision, lastOutputConfig, messageMembers } = this;
    return { outline, spans, hasSystemField, needsVision, lastOutputConfig, messageMembers };
  }

  private addSystem(span: Span | undefined): boolean {
    if (span === undefined) return false;
    const draft = emptyDraft();
    this.walkContent(span.start, 'system', draft);
    if (!draft.hasText && this.isEmpty(span)) return false;
    this.outline.push(outlineOf('system', span.end - span.start, draft));
    this.spans.push(span);
    this.needsVision ||= draft.hasImage || draft.hasPdf;
    return true;
  }

  /** The empty string, the empty array and null: as if it were not there. */
  private isEmpty({ start }: Span): boolean {
    if (typeAt(this.bytes, start) !== 'array') return true;
    let isEmpty = true;
    walkArray(this.bytes, start, () => {
      isEmpty = false;
      return undefined;
    });
    return isEmpty;
  }

  private addMessage(span: Span, outlined: OutlinedMessage | undefined): void {
    if (outlined === undefined) return;
    const { message, needsVision, outputConfig, members } = outlined;
    this.outline.push(message);
    this.spans.push(span);
    this.needsVision ||= needsVision;
    for (const name of members) this.messageMembers.add(name);
    if (outputConfig === undefined) return;
    const { start } = span;
    this.lastOutputConfig = { start: start + outputConfig.start, end: start + outputConfig.end };
  }

  private outlineMessage({ start, end }: Span, place: string): OutlinedMessage {
    if (typeAt(this.bytes, start) !== 'object') {
      throw malformed('messages', `${place} must be an object with a role`);
    }
    const draft = emptyDraft();
    const members: string[] = [];
    let role: Role | undefined;
    let outputConfig: Span | undefined;
    walkObject(this.bytes, start, (key, at) => {
      switch (key) {
        case 'role':
          role = this.roleAt(at, place);
          return undefined;
        case 'content':
          return this.walkContent(at, `${place}.content`, draft);
        case 'output_config': {
          const valueEnd = skipValue(this.bytes, at);
          outputConfig = { start: at - start, end: valueEnd - start };
          return valueEnd;
        }
        default:
          members.push(key);
          return undefined;
      }
    });
    if (role === undefined) {
      throw malformed('messages', `${place}.role is missing; send one of ${[...ROLES.keys()].join(', ')}`);
    }
    const needsVision = draft.hasImage || draft.hasPdf;
    return { message: outlineOf(role, end - start, draft), needsVision, outputConfig, members };
  }

  private roleAt(at: number, place: string): Role {
    const name =
      typeAt(this.bytes, at) === 'string' ? stringAt(this.bytes, at, skipValue(this.bytes, at)) : '';
    const role = ROLES.get(name);
    if (role === undefined) {
      throw malformed('messages', `${place}.role must be one of ${[...ROLES.keys()].join(', ')}`);
    }
    return role;
  }

  private walkContent(at: number, place: string, draft: Draft): number | undefined {
    switch (typeAt(this.bytes, at)) {
      case 'string':
        draft.hasText = this.bytes[at + 1] !== QUOTE;
        return undefined;
      case 'null':
        return undefined;
      case 'array':
        return walkArray(this.bytes, at, (start, index) => {
          if (typeAt(this.bytes, start) !== 'object') {
            const param = place === 'system' ? 'system' : 'messages';
            throw malformed(param, `${place}[${index}] must be an object with a type`);
          }
          return this.walkBlock(start, draft);
        });
      default:
        throw malformed(
          place === 'system' ? 'system' : 'messages',
          `${place} must be a string or an array of blocks`,
        );
    }
  }

  private walkBlock(start: number, draft: Draft): number {
    const { bytes } = this;
    /** What results and documents hold; their text is not the message's own. */
    const inner = emptyDraft();
    let type = '';
    let sourceType = '';
    let hasText = false;
    const end = walkObject(bytes, start, (key, at) => {
      switch (key) {
        case 'type':
          type = this.stringOrNothing(at);
          return undefined;
        case 'text':
          hasText = typeAt(bytes, at) === 'string' && bytes[at + 1] !== QUOTE;
          return undefined;
        case 'content':
          return this.walkBlocks(at, inner);
        case 'source':
          if (typeAt(bytes, at) !== 'object') return undefined;
          return walkObject(bytes, at, (name, valueAt) => {
            if (name === 'type') sourceType = this.stringOrNothing(valueAt);
            return name === 'content' ? this.walkBlocks(valueAt, inner) : undefined;
          });
        default:
          return undefined;
      }
    });
    draft.hasText ||= type === 'text' && hasText;
    draft.hasImage ||= type === 'image' || inner.hasImage;
    draft.hasPdf ||= (type === 'document' && !TEXT_SOURCES.has(sourceType)) || inner.hasPdf;
    draft.hasToolCall ||= type === 'tool_use';
    draft.hasToolResult ||= type === 'tool_result';
    return end;
  }

  private walkBlocks(at: number, draft: Draft): number | undefined {
    if (typeAt(this.bytes, at) !== 'array') return undefined;
    return walkArray(this.bytes, at, (start) =>
      typeAt(this.bytes, start) === 'object' ? this.walkBlock(start, draft) : undefined,
    );
  }

  private stringOrNothing(at: number): string {
    return typeAt(this.bytes, at) === 'string' ? stringAt(this.bytes, at, skipValue(this.bytes, at)) : '';
  }
}

function outlineOf(role: Role, bytes: number, draft: Draft): MessageOutline {
  const { hasImage, hasText, hasToolCall, hasToolResult: isToolResult } = draft;
  return { role, bytes, hasImage, isToolResult, hasToolCall, hasText };
}
