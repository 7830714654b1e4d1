// Parts of the editor -> content blocks of the Messages dialect, which the daemon takes (`POST /v1/messages`; it is the
// one that carries images in tool results). Blocks: https://platform.claude.com/docs/en/api/messages (2026-11-21). Pure.

import { CACHE_MARK_TYPE, isTextType, type MessagePart, readPart } from './message-parts.ts';

export interface CacheControl {
  readonly type: 'ephemeral';
}

interface Marked {
  /** Everything up to here may be cached. */
  cache_control?: CacheControl;
}

interface Base64Source {
  readonly type: 'base64';
  readonly media_type: string;
  readonly data: string;
}

export interface TextBlock extends Marked {
  readonly type: 'text';
  readonly text: string;
}

export interface ImageBlock extends Marked {
  readonly type: 'image';
  readonly source: Base64Source;
}

export interface DocumentBlock extends Marked {
  readonly type: 'document';
  readonly source: Base64Source;
}

export interface ToolUseBlock extends Marked {
  readonly type: 'tool_use';
  readonly id: string;
  readonly name: string;
  readonly input: object;
}

export interface ToolResultBlock extends Marked {
  readonly type: 'tool_result';
  readonly tool_use_id: string;
  readonly content: readonly ResultBlock[];
  readonly is_error?: true;
}

export type ResultBlock = TextBlock | ImageBlock | DocumentBlock;
export type ContentBlock = ResultBlock | ToolUseBlock | ToolResultBlock;

/** Pictures that every vendor reads, by the types that editors write. */
const IMAGE_TYPES: ReadonlyMap<string, string> = new Map([
  ['image/png', 'image/png'],
  ['image/jpeg', 'image/jpeg'],
  ['image/jpg', 'image/jpeg'],
  ['image/gif', 'image/gif'],
  ['image/webp', 'image/webp'],
]);

/** In order, without what says nothing: blank texts are refused by the dialect. */
export function blocksOf(parts: readonly MessagePart[]): ContentBlock[] {
  const blocks: ContentBlock[] = [];
  for (const part of parts) {
    if (isCacheMark(part)) {
      const last = blocks.at(-1);
      if (last !== undefined) last.cache_control = { type: 'ephemeral' };
      continue;
    }
    const block = blockOf(part);
    if (block !== undefined) blocks.push(block);
  }
  return blocks;
}

function blockOf(part: MessagePart): ContentBlock | undefined {
  switch (part.kind) {
    case 'text':
      return textBlock(part.text);
    case 'data':
      return dataBlock(part.mimeType, part.data);
    case 'tool-call':
      return { type: 'tool_use', id: wireToolId(part.callId), name: part.name, input: part.input };
    case 'tool-result':
      return {
        type: 'tool_result',
        tool_use_id: wireToolId(part.callId),
        content: resultBlocks(part.content),
        ...(part.isError ? { is_error: true } : {}),
      };
    default:
      return undefined; // nothing that a model reads
  }
}

/** A result holds no calls and no results. */
function resultBlocks(content: readonly unknown[]): ResultBlock[] {
  return blocksOf(content.map(readPart)).flatMap((block) =>
    block.type === 'tool_use' || block.type === 'tool_result' ? [] : [block],
  );
}

export function textBlock(text: string): TextBlock | undefined {
  return text.trim() === '' ? undefined : { type: 'text', text };
}

function dataBlock(mimeType: string, data: Uint8Array): ResultBlock | undefined {
  const imageType = IMAGE_TYPES.get(mimeType);
  if (imageType !== undefined) return { type: 'image', source: base64(imageType, data) };
  if (mimeType === 'application/pdf') return { type: 'document', source: base64(mimeType, data) };
  if (isTextType(mimeType)) return textBlock(new TextDecoder().decode(data));
  // The model should know that there was something, rather than answer as if there were not.
  return textBlock(`[An attachment of type ${mimeType} (${data.length} bytes) that models cannot read]`);
}

function base64(mediaType: string, data: Uint8Array): Base64Source {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
  return { type: 'base64', media_type: mediaType, data: text };
}

function isCacheMark(part: MessagePart): boolean {
  return part.kind === 'data' && part.mimeType === CACHE_MARK_TYPE;
}

/** What an id of a call may look like in this dialect. */
const WIRE_ID = /^[a-zA-Z0-9_-]+$/;

/**
 * An id as another vendor wrote it, in the letters that the dialect allows; the daemon, which gives such ids out in this
 * form, gives each vendor its own back.
 */
function wireToolId(callId: string): string {
  return WIRE_ID.test(callId) ? callId : `toolu_pm1_${Buffer.from(callId).toString('base64url')}`;
}
