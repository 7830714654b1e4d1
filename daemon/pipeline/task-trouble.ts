// Does the running task go badly on its model? A weak answer that was already streamed, or a loop that does not get on,
// lifts the rest of the task to a stronger model. Bounded per task, so that two models never play ping-pong.

import type { RequestFeatures } from '../classify/classifier.ts';
import { findStall } from '../classify/stall.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { DecisionPoint } from '../protocol/vocabulary.ts';
import type { ConversationState } from '../route/conversation-store.ts';

export interface EscalationSettings {
  /** A weak answer lets a stronger model answer, or take over. */
  readonly weakAnswer: boolean;
  /** A task that does not get on moves to a stronger model. */
  readonly stall: boolean;
  /** Whether answers are parsed, applied and compared with what was asked for. */
  readonly verify: 'off' | 'mechanical';
}

export interface TroubleInput {
  readonly point: DecisionPoint;
  readonly state: ConversationState | null;
  readonly request: Pick<ConversationRequest, 'outline' | 'message'>;
  readonly features: Pick<RequestFeatures, 'messageCount' | 'userTurns'>;
  readonly settings: EscalationSettings;
}

export type TaskTrouble = DecisionInput['escalation'];

/** Enough to get from the lowest tier to the highest; after that a stronger model is not what is missing. */
export const MAX_ESCALATIONS_PER_TASK = 2;

/** The same error still stands in the history when the stronger model begins: it gets three steps of its own first. */
const MESSAGES_BEFORE_NEXT_STALL = 6;

export function troubleOf(given: TroubleInput): TaskTrouble {
  const { state, settings } = given;
  if (state === null || state.model === null) return null;
  if (!isSameTask(given, state)) return null;
  if ((state.escalations ?? 0) >= MAX_ESCALATIONS_PER_TASK) return null;
  if (state.escalation !== undefined && settings.weakAnswer) return state.escalation;
  return settings.stall ? stallOf(given, state, state.model) : null;
}

/** Also the very same turn sent again: the user wants another answer than the weak one. */
function isSameTask({ point, features }: TroubleInput, state: ConversationState): boolean {
  if (point === 'continuation') return true;
  const isSentAgain = features.messageCount === state.messageCount && features.userTurns === state.userTurns;
  return point === 'new-task' && isSentAgain && state.escalation !== undefined;
}

function stallOf({ request, features }: TroubleInput, state: ConversationState, model: string): TaskTrouble {
  const since = features.messageCount - (state.escalatedAtMessageCount ?? -Infinity);
  if (since < MESSAGES_BEFORE_NEXT_STALL) return null;
  const stall = findStall(request);
  return stall === null ? null : { fromModel: model, why: stall.why };
}
