// May the model change at this request? At everything but a `continuation`. A model that changes in the middle of a task
// throws a warm prompt cache away and loses its own reasoning; between two tasks it costs little.

import type { RequestFeatures } from '../classify/classifier.ts';
import { asksForConversationSummary } from '../classify/conversation-summary.ts';
import type { RequestClass } from '../classify/client-identity.ts';
import type { DecisionPoint } from '../protocol/vocabulary.ts';
import type { ConversationState } from './conversation-store.ts';

export interface DecisionPointInput {
  readonly features: Pick<
    RequestFeatures,
    'messageCount' | 'inputTokens' | 'isToolResult' | 'toolCount' | 'userTurns'
  > &
    Partial<Pick<RequestFeatures, 'ask'>>;
  /** null = nothing is known of this conversation. */
  readonly state: ConversationState | null;
  /** What the assistant says of this call, or its shape; undefined = nothing. */
  readonly hint: RequestClass | undefined;
  /** `state` is that of this line alone (a sub-agent, a fork), not of the session's main one. */
  readonly isSide?: boolean;
  readonly atMs: number;
  /** How often the user wants the model to be chosen anew; `task` by default. */
  readonly decideAt?: 'task' | 'request' | 'conversation';
}

/** A prompt that lost more than this share was compacted: its old prefix is cold everywhere. */
const COMPACTION_RATIO = 0.5;

/** Title and topic calls were 2.6-4 kB, about 1,000 tokens; the smallest first turn with tools is 2,400. */
const BACKGROUND_MAX_TOKENS = 2000;
const BACKGROUND_MAX_MESSAGES = 3;

export function decisionPoint(input: DecisionPointInput): DecisionPoint {
  const point = naturalPoint(input);
  if (input.decideAt === 'request') return point === 'continuation' ? 'new-task' : point;
  if (input.decideAt !== 'conversation') return point;
  return point === 'new-task' || point === 'cache-expired' ? 'continuation' : point;
}

function naturalPoint({ features, state, hint, atMs, isSide = false }: DecisionPointInput): DecisionPoint {
  if (hint === 'background' || (hint === 'subagent' && !isSide)) return hint;
  if (state === null) return startingPoint(hint);
  // Before all that follows: a tool loop is never split, also when a tool ran longer than the cache lives, and no more
  // in a sub-agent that has a state of its own.
  if (features.isToolResult) return 'continuation';
  if (hint === 'subagent' || hint === 'compaction') return hint;
  if (looksLikeBackground(features, state)) return 'background';
  if (looksLikeSummary(features, state)) return 'compaction';
  if (features.inputTokens < state.inputTokens * COMPACTION_RATIO) return 'compaction';
  if (state.ttlS > 0 && atMs - state.lastSeenAtMs > state.ttlS * 1000) return 'cache-expired';
  return isSameTurn(features, state) ? 'continuation' : 'new-task';
}

function startingPoint(hint: RequestClass | undefined): DecisionPoint {
  return hint === 'compaction' || hint === 'subagent' ? hint : 'new-conversation';
}

/** The whole conversation goes on, but its tools are gone, or its words say so: the assistant has it summed up. */
export function looksLikeSummary(
  features: DecisionPointInput['features'],
  state: ConversationState,
): boolean {
  const isLonger = features.messageCount > state.messageCount && features.inputTokens > BACKGROUND_MAX_TOKENS;
  if (isLonger && asksForConversationSummary(features.ask ?? '')) return true;
  return (
    (state.toolCount ?? 0) > 0 &&
    features.toolCount === 0 &&
    features.messageCount >= state.messageCount &&
    features.inputTokens > BACKGROUND_MAX_TOKENS
  );
}

/** A short call without tools beside a conversation that has some: a title, a topic, a summary. */
function looksLikeBackground(features: DecisionPointInput['features'], state: ConversationState): boolean {
  return (
    (state.toolCount ?? 0) > 0 &&
    features.toolCount === 0 &&
    features.inputTokens <= BACKGROUND_MAX_TOKENS &&
    features.messageCount <= BACKGROUND_MAX_MESSAGES
  );
}

/**
 * The user has said nothing new and the assistant goes on by itself. The very same turn sent again is not that: it is a
 * person who wants another answer, or a script that asks anew, perhaps with another profile.
 */
function isSameTurn(features: DecisionPointInput['features'], state: ConversationState): boolean {
  return features.messageCount > state.messageCount && features.userTurns === state.userTurns;
}
