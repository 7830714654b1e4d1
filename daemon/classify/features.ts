// Request -> what a classifier may look at. Cheap by design: sizes come from the outline, and only the few messages that
// can hold the user's words are parsed.

import type { ConversationRequest, MessageOutline } from '../conversation/request.ts';
import type { RequestFeatures } from './classifier.ts';
import { lastAsk } from './last-ask.ts';
import { estimateRequestTokens } from './token-estimate.ts';

/** Throws `request.malformed` when a message that had to be read cannot be. */
export function extractFeatures(
  request: ConversationRequest,
  options: {
    /** From `identifyClient`. */ readonly client: string;
    readonly isPinned?: boolean;
    readonly isHeldBack?: boolean;
  },
): RequestFeatures {
  const { ask, earlierAsks, askIndex, userTurns } = lastAsk(request);
  return {
    client: options.client,
    ask,
    earlierAsks,
    userTurns,
    messageCount: request.outline.length,
    inputTokens: estimateRequestTokens(request),
    maxOutputTokens: request.maxOutputTokens,
    needs: request.needs,
    toolCount: request.toolCount,
    isToolResult: endsInToolResult(request.outline, askIndex),
    askHasImage: turnHasImage(request.outline, askIndex),
    wantsJson: request.responseFormat.kind !== 'text',
    isPinned: options.isPinned ?? false,
    ...(options.isHeldBack === true ? { isHeldBack: true } : {}),
  };
}

/**
 * The last message that is not the assistant program's own (system) is a tool result, and no words came with it. Some
 * assistants report in the user's name what a tool did: a message without words behind an answer is the same.
 */
function endsInToolResult(outline: readonly MessageOutline[], askIndex: number): boolean {
  const index = outline.findLastIndex((message) => !isSystem(message));
  const last = outline[index];
  if (last === undefined || index === askIndex) return false;
  if (last.isToolResult) return true;
  return last.role === 'user' && outline.slice(askIndex + 1, index).some(({ role }) => role === 'assistant');
}

/** Looks at the ask's message and the user messages around it, since some clients send an image as one of its own. */
function turnHasImage(outline: readonly MessageOutline[], askIndex: number): boolean {
  if (askIndex < 0) return false;
  const isTurn = (message: MessageOutline | undefined): boolean =>
    message !== undefined && (message.role === 'user' || isSystem(message));
  for (let index = askIndex; isTurn(outline[index]); index -= 1) {
    if (outline[index]?.hasImage === true) return true;
  }
  for (let index = askIndex + 1; isTurn(outline[index]); index += 1) {
    if (outline[index]?.hasImage === true) return true;
  }
  return false;
}

function isSystem(message: MessageOutline): boolean {
  return message.role === 'system' || message.role === 'developer';
}
