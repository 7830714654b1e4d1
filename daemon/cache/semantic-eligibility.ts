// Which requests may be answered with the stored answer to another wording, and which of them may share one: a plain
// question in text, short, with the same everything around it. Only the last text may differ at all.

import type { ContentPart, ConversationRequest } from '../conversation/request.ts';
import type { KeyParts } from './request-key.ts';

/** Why a request is left to the exact cache. */
export type SemanticObstacle =
  | 'tools'
  | 'image-or-file'
  | 'tool-calls'
  | 'long-history'
  | 'no-question'
  | 'long-question'
  | 'several-answers'
  | 'wants-something-new';

export type SemanticEligibility =
  | { readonly isEligible: true; readonly ask: string }
  | { readonly isEligible: false; readonly obstacle: SemanticObstacle };

/** Longer asks are material; two wordings of it that mean the same do not happen. */
const MAX_ASK_CHARS = 1000;
/** Beyond the system prompt; what came before must be the same to the letter anyway (`history` in the scope). */
const MAX_EARLIER_TURNS = 2;
const MAX_HISTORY_BYTES = 32_768;

/** Asks whose answer should not be the one of last time, and those whose answer ends with the day. */
const WANTS_NEW =
  /\b(?:again|anew|another (?:one|try|answer|version|example|idea)|something else|different (?:one|answer|version|example)|try harder|regenerate|retry your|today|tonight|tomorrow|yesterday|current (?:time|date)|what time is it|this (?:morning|week|month))\b/i;

export function semanticEligibility(request: ConversationRequest): SemanticEligibility {
  const obstacle = obstacleInOutline(request);
  if (obstacle !== null) return { isEligible: false, obstacle };
  const count = request.outline.length;
  for (let index = 0; index < count; index += 1) {
    const found = obstacleInContent(request.message(index).content);
    if (found !== null) return { isEligible: false, obstacle: found };
  }
  const last = request.message(count - 1).content.findLast((part) => part.type === 'text');
  const ask = last?.type === 'text' ? last.text.trim() : '';
  if (ask === '') return { isEligible: false, obstacle: 'no-question' };
  if (ask.length > MAX_ASK_CHARS) return { isEligible: false, obstacle: 'long-question' };
  if (WANTS_NEW.test(ask)) return { isEligible: false, obstacle: 'wants-something-new' };
  return { isEligible: true, ask };
}

/** What costs nothing to see. */
function obstacleInOutline(request: ConversationRequest): SemanticObstacle | null {
  const { outline, choiceCount, toolCount, needs } = request;
  if (toolCount > 0) return 'tools';
  if (needs.includes('vision') || outline.some(({ hasImage }) => hasImage)) return 'image-or-file';
  if (outline.some(({ isToolResult, hasToolCall, role }) => isToolResult || hasToolCall || role === 'tool')) {
    return 'tool-calls';
  }
  if (choiceCount !== 1) return 'several-answers';
  if (outline.at(-1)?.role !== 'user') return 'no-question';
  const turns = outline.filter(({ role }) => role === 'user').length;
  const historyBytes = outline
    .slice(0, -1)
    .reduce((sum, { role, bytes }) => sum + (isSystem(role) ? 0 : bytes), 0);
  return turns - 1 > MAX_EARLIER_TURNS || historyBytes > MAX_HISTORY_BYTES ? 'long-history' : null;
}

function isSystem(role: string): boolean {
  return role === 'system' || role === 'developer';
}

function obstacleInContent(content: readonly ContentPart[]): SemanticObstacle | null {
  for (const { type } of content) {
    if (type === 'image' || type === 'document' || type === 'other') return 'image-or-file';
    if (type === 'tool-call' || type === 'tool-result') return 'tool-calls';
  }
  return null;
}

export interface SemanticScopeInput {
  /** All digests of the request but that of the ask. */
  readonly parts: KeyParts;
  readonly conversation: string;
  readonly workspace: string;
  /** Vectors of different encoders cannot be compared. */
  readonly encoderId: string;
}

/** Asks in other scopes do not see one another. */
export function semanticScope({ parts, conversation, workspace, encoderId }: SemanticScopeInput): string {
  const { models, features, settings, format, fields, tools, history } = parts;
  return JSON.stringify([
    encoderId,
    conversation,
    workspace,
    models,
    features,
    settings,
    format,
    fields,
    tools,
    history,
  ]);
}
