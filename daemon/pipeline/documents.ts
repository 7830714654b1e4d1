// Documents (PDF and the like) in a request: chat completions have a place for them at few providers only, so a request
// with one goes to a model that can be sent it, where there is any.

import type { ModelTarget } from '../catalog/model-target.ts';
import { messagesOf, type ContentPart, type ConversationRequest } from '../conversation/request.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import { ByteSearch } from '../util/piece-facts.ts';

/** One of these stands in every request with a document, whatever its dialect; quotes inside of texts are escaped. */
const HINTS = ['"document"', '"input_file"', '"file"', 'application/pdf'].map((word) => new ByteSearch(word));

/** The models that the request's documents cannot be sent to; none where it has none, or where nobody can be sent them. */
export function withoutDocuments(
  request: ConversationRequest,
  targets: readonly ModelTarget[],
): DecisionInput['unavailable'] {
  if (!hasDocuments(request)) return [];
  const unable = targets.filter((target) => !takesDocuments(target, request));
  if (unable.length === targets.length) return [];
  return unable.map(({ id }) => ({ model: id, why: 'documents cannot be sent to it', isLasting: true }));
}

function hasDocuments(request: ConversationRequest): boolean {
  if (!HINTS.some((hint) => hint.isIn(request.body))) return false;
  return messagesOf(request).some(({ content }) => content.some(isDocument));
}

/** A document of text is a text, and can be sent to anybody. */
function isDocument(part: ContentPart): boolean {
  if (part.type === 'tool-result') return part.content.some(isDocument);
  return part.type === 'document' && part.source.kind !== 'text';
}

/** A client that speaks chat completions itself knows what its provider takes. */
function takesDocuments({ dialect, traits }: ModelTarget, request: ConversationRequest): boolean {
  return dialect !== 'openai-chat' || traits?.takesFiles === true || request.dialect === 'openai-chat';
}
