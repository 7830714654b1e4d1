// Pictures and documents as Anthropic takes them. Kinds: https://platform.claude.com/docs/en/build-with-claude/vision and
// /docs/en/build-with-claude/pdf-support, checked 2026-11-21.

import type { ContentPart } from '../../conversation/request.ts';
import type { JsonObject } from '../../util/json.ts';
import type { Losses } from '../losses.ts';

const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/** Base64 of `%PDF`, with which every PDF begins. */
const PDF_START = 'JVBERi';

export function encodeImage(
  { source, detail = 'auto' }: Extract<ContentPart, { type: 'image' }>,
  losses: Losses,
): JsonObject[] {
  if (detail !== 'auto') losses.leftOut('the detail of an image');
  if (source.kind === 'url') {
    if (/^https?:/i.test(source.url)) {
      return [{ type: 'image', source: { type: 'url', url: source.url } }];
    }
    losses.leftOut('a picture that is not at a web address');
    return [];
  }
  const mediaType = source.mediaType === 'image/jpg' ? 'image/jpeg' : source.mediaType;
  if (!IMAGE_TYPES.has(mediaType)) {
    losses.leftOut(`a picture of type ${mediaType}`);
    return [];
  }
  return [{ type: 'image', source: { type: 'base64', media_type: mediaType, data: source.data } }];
}

export function encodeDocument(
  part: Extract<ContentPart, { type: 'document' }>,
  losses: Losses,
): JsonObject[] {
  const source = documentSource(part, losses);
  if (source === undefined) return [];
  const { fileName = '' } = part;
  return [{ type: 'document', source, ...(fileName === '' ? {} : { title: fileName }) }];
}

function documentSource(
  { source, fileName = '' }: Extract<ContentPart, { type: 'document' }>,
  losses: Losses,
): JsonObject | undefined {
  switch (source.kind) {
    case 'url':
      return { type: 'url', url: source.url };
    case 'text':
      return plainText(source.text);
    case 'base64': {
      const { mediaType, data } = source;
      const isPdf =
        mediaType === 'application/pdf' ||
        (mediaType === '' && (data.startsWith(PDF_START) || fileName.toLowerCase().endsWith('.pdf')));
      if (isPdf) return { type: 'base64', media_type: 'application/pdf', data };
      // Text of any kind is text here, whatever its type is called.
      if (mediaType.startsWith('text/') || mediaType === 'application/json') {
        return plainText(Buffer.from(data, 'base64').toString());
      }
      losses.leftOut(`a document of type ${mediaType === '' ? 'unknown' : mediaType}`);
      return undefined;
    }
    default:
      losses.add('a document that was uploaded to another provider was left out');
      return undefined;
  }
}

/** Empty text is refused. */
function plainText(text: string): JsonObject | undefined {
  return text.trim() === '' ? undefined : { type: 'text', media_type: 'text/plain', data: text };
}
