// Messages as they stand on Anthropic's wire -> the neutral model. Whatever the model has no word for becomes an `other`
// part with the wire value in it. Nothing here throws: what is not as documented is kept as it is, and the provider that
// gets the client's own bytes will say so. Blocks: https://platform.claude.com/docs/en/api/messages, 2026-11-21.

import type { ContentPart, DocumentSource, Message, Role } from '../../conversation/request.ts';
import type { Seal, SealKind } from '../../conversation/seal.ts';
import { arrayOf, type JsonObject, type JsonValue, objectOf, stringOf } from '../../util/json.ts';
import { scanArray, scanObject, valueAt } from '../../util/json-scan.ts';
import type { Span } from '../../util/request-body.ts';
import { isEnvelope, openEnvelope } from '../envelope.ts';
import { decodeToolId } from './tool-ids.ts';

/** Raw text of the `input` of the block at an index; only asked for blocks that have one. */
type RawInput = (index: number) => string | undefined;

/** A message of the `messages` array. */
export function decodeMessage(bytes: Buffer, span: Span): Message {
  const wire = objectOf(valueAt({ bytes }, span)) ?? {};
  let blocks: readonly Span[] | undefined;
  const rawInput: RawInput = (index) => {
    blocks ??= blockSpans(bytes, span);
    const block = blocks[index];
    const input = block === undefined ? undefined : scanObject(bytes, block).get('input');
    return input === undefined ? undefined : bytes.toString('utf8', input.start, input.end);
  };
  return { role: neutralRole(stringOf(wire['role'])), content: contentParts(wire['content'], rawInput) };
}

function blockSpans(bytes: Buffer, message: Span): readonly Span[] {
  const content = scanObject(bytes, message).get('content');
  return content === undefined ? [] : scanArray(bytes, content);
}

/** The separate `system` member. */
export function decodeSystem(bytes: Buffer, span: Span): Message {
  return { role: 'system', content: contentParts(valueAt({ bytes }, span), () => undefined) };
}

/** The seal of a thinking or redacted_thinking block; undefined for any other block and for a thought without one. */
export function sealOfBlock(block: JsonObject): Seal | undefined {
  if (block['type'] === 'thinking') return sealOf('thinking-signature', stringOf(block['signature']));
  if (block['type'] === 'redacted_thinking') return sealOf('redacted-thinking', stringOf(block['data']));
  return undefined;
}

function sealOf(kind: SealKind, value = ''): Seal | undefined {
  // An envelope that cannot be opened seals nothing, and must not be taken for the vendor's own.
  if (isEnvelope(value)) return openEnvelope(value);
  return value === '' ? undefined : { kind, value };
}

function neutralRole(role: string | undefined): Role {
  switch (role) {
    case 'system':
    case 'developer':
    case 'assistant':
      return role;
    default:
      return 'user'; // the outline has refused every other role
  }
}

function contentParts(content: JsonValue | undefined, rawInput: RawInput): ContentPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return arrayOf(content).flatMap((value, index) => blockParts(value, () => rawInput(index)));
}

function blockParts(value: JsonValue, rawInput: () => string | undefined): ContentPart[] {
  const block = objectOf(value) ?? {};
  const wireType = stringOf(block['type']) ?? 'unknown';
  return knownParts(wireType, block, rawInput) ?? [{ type: 'other', wireType, raw: value }];
}

/** Undefined for what this model has no word for, and for known blocks that are not as documented. */
function knownParts(
  wireType: string,
  block: JsonObject,
  rawInput: () => string | undefined,
): ContentPart[] | undefined {
  switch (wireType) {
    case 'text': {
      const text = stringOf(block['text']);
      return text === undefined ? undefined : [{ type: 'text', text }];
    }
    case 'thinking':
    case 'redacted_thinking': {
      const seal = sealOfBlock(block);
      const text = stringOf(block['thinking']) ?? '';
      return [{ type: 'reasoning', text, ...(seal === undefined ? {} : { seal }) }];
    }
    case 'tool_use': {
      const [callId, name] = [stringOf(block['id']), stringOf(block['name'])];
      if (callId === undefined || name === undefined) return undefined;
      return [{ type: 'tool-call', callId: decodeToolId(callId), name, input: rawInput() ?? '{}' }];
    }
    case 'tool_result': {
      const wireId = stringOf(block['tool_use_id']);
      if (wireId === undefined) return undefined;
      const callId = decodeToolId(wireId);
      const content = contentParts(block['content'], () => undefined);
      const isError = block['is_error'];
      return [{ type: 'tool-result', callId, content, ...(typeof isError === 'boolean' ? { isError } : {}) }];
    }
    case 'image':
      return imageParts(objectOf(block['source']) ?? {});
    case 'document':
      return documentParts(block);
    default:
      return undefined;
  }
}

function imageParts(source: JsonObject): ContentPart[] | undefined {
  const [url, data] = [stringOf(source['url']), stringOf(source['data'])];
  if (source['type'] === 'url' && url !== undefined) return [{ type: 'image', source: { kind: 'url', url } }];
  if (source['type'] === 'base64' && data !== undefined) {
    const mediaType = stringOf(source['media_type']) ?? '';
    return [{ type: 'image', source: { kind: 'base64', mediaType, data } }];
  }
  return undefined; // a file that only Anthropic has
}

function documentParts(block: JsonObject): ContentPart[] | undefined {
  const source = documentSource(objectOf(block['source']) ?? {});
  if (source === undefined) return undefined;
  const [fileName, context] = [stringOf(block['title']), stringOf(block['context']) ?? ''];
  return [
    // What the client says about the document is text for the model too.
    ...(context === '' ? [] : [{ type: 'text', text: context } as const]),
    { type: 'document', source, ...(fileName === undefined ? {} : { fileName }) },
  ];
}

function documentSource(source: JsonObject): DocumentSource | undefined {
  const [url, data, fileId] = [
    stringOf(source['url']),
    stringOf(source['data']),
    stringOf(source['file_id']),
  ];
  switch (source['type']) {
    case 'url':
      return url === undefined ? undefined : { kind: 'url', url };
    case 'base64':
      if (data === undefined) return undefined;
      return { kind: 'base64', mediaType: stringOf(source['media_type']) ?? '', data };
    case 'text':
      return data === undefined ? undefined : { kind: 'text', text: data };
    case 'content': {
      const parts = contentParts(source['content'], () => undefined);
      const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
      return texts.length === parts.length ? { kind: 'text', text: texts.join('\n') } : undefined;
    }
    case 'file':
      return fileId === undefined ? undefined : { kind: 'file-id', fileId };
    default:
      return undefined;
  }
}
