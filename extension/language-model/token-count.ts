// Texts and messages of the editor -> tokens, in the editor's own process: extensions ask hundreds of times while they
// fit a prompt into a model. A model's own tokens are the estimated ones times its `tokenizerFactor`. Pure.

import { textTokens } from './text-tokens.ts';
import { type EditorMessage, isTextType, type MessagePart, partsOf, readPart } from './message-parts.ts';

/** Roles and separators around one message, as every vendor counts them. */
const TOKENS_PER_MESSAGE = 4;

/** Name and id of a call or a result, and the braces around them. */
const TOKENS_PER_CALL = 12;

/** One picture at the size that editors send; vendors count 85 to 1,600. */
const TOKENS_PER_IMAGE = 1200;

/** Of a PDF: text and picture of one page, which has about 50 kB. */
const TOKENS_PER_PAGE = 2500;
const BYTES_PER_PAGE = 50_000;

/** `factor`: the model's tokens per token of o200k. 0 for ''. */
export function countTokens(text: string | EditorMessage, factor = 1): number {
  const tokens =
    typeof text === 'string' ? textTokens(text) : TOKENS_PER_MESSAGE + partsTokens(partsOf(text.content));
  return Math.ceil(tokens * factor);
}

function partsTokens(parts: readonly MessagePart[]): number {
  return parts.reduce((sum, part) => sum + partTokens(part), 0);
}

function partTokens(part: MessagePart): number {
  switch (part.kind) {
    case 'text':
      return textTokens(part.text);
    case 'data':
      return dataTokens(part.mimeType, part.data);
    case 'tool-call':
      return TOKENS_PER_CALL + textTokens(part.name) + textTokens(JSON.stringify(part.input));
    case 'tool-result':
      return TOKENS_PER_CALL + partsTokens(part.content.map(readPart));
    default:
      return 0; // nothing that a model reads
  }
}

function dataTokens(mimeType: string, data: Uint8Array): number {
  if (mimeType.startsWith('image/')) return TOKENS_PER_IMAGE;
  if (mimeType === 'application/pdf') return TOKENS_PER_PAGE * Math.ceil(data.length / BYTES_PER_PAGE);
  return isTextType(mimeType) ? textTokens(new TextDecoder().decode(data)) : 0;
}
