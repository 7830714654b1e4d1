// What an answered request leaves behind for the next one of its conversation.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { RequestFeatures } from '../classify/classifier.ts';
import type { Decision } from '../protocol/exchange-record.ts';
import type { ConversationState } from '../route/conversation-store.ts';
import { isSameTask } from './running-task.ts';

/** null = the conversation stays as it was: side calls (titles, sub-agents) must not move the one they belong to. */
export function conversationAfter(given: {
  readonly earlier: ConversationState | null;
  readonly decision: Decision;
  readonly features: RequestFeatures;
  readonly answeredBy: ModelTarget;
  readonly atMs: number;
  /** A sub-agent with a conversation of its own, which is remembered like any other. */
  readonly isSide: boolean;
}): ConversationState | null {
  const { earlier, decision, features, answeredBy, atMs, isSide } = given;
  if (decision.decisionPoint === 'background') return null;
  if (decision.decisionPoint === 'subagent' && !isSide) return null;
  // A wish for one request must not outlast it; wishes that last are asked for again each time.
  const isWish = decision.reason === 'override' || decision.reason === 'exact';
  const model = isWish ? (earlier?.model ?? null) : modelOfTask(decision, answeredBy);
  // The clock of a prompt cache runs on while another model serves.
  const isElsewhere = earlier !== null && model !== null && model !== answeredBy.id;
  return {
    ...taskMemory(given),
    ...(decision.input?.privacy ? { privacyRules: decision.input.privacy.rules } : {}),
    model,
    messageCount: features.messageCount,
    userTurns: features.userTurns,
    toolCount: features.toolCount,
    inputTokens: features.inputTokens,
    lastSeenAtMs: isElsewhere ? earlier.lastSeenAtMs : atMs,
    ttlS: isElsewhere ? earlier.ttlS : answeredBy.promptCache.ttlS,
  };
}

/** A helper does one step of a task that stays where it is. */
function modelOfTask({ helps, chosen }: Decision, answeredBy: ModelTarget): string {
  return helps !== undefined && chosen === answeredBy.id ? helps : answeredBy.id;
}

/** What holds for one task of the user: gone when the next one begins. */
function taskMemory({
  earlier,
  decision,
  features,
}: {
  readonly earlier: ConversationState | null;
  readonly decision: Decision;
  readonly features: RequestFeatures;
}): Pick<
  ConversationState,
  'effort' | 'classification' | 'taskSteps' | 'escalations' | 'escalatedAtMessageCount'
> {
  const isEscalated = decision.reason === 'escalated';
  const isSame = isEscalated || isSameTask(decision.decisionPoint, decision.classification);
  const before = isSame ? earlier : null;
  const escalatedAt = isEscalated ? features.messageCount : before?.escalatedAtMessageCount;
  const escalations = (before?.escalations ?? 0) + (isEscalated ? 1 : 0);
  return {
    classification: before?.classification ?? decision.classification,
    taskSteps: (before?.taskSteps ?? 0) + 1,
    ...(decision.effort === null ? {} : { effort: decision.effort }),
    ...(escalations === 0 ? {} : { escalations }),
    ...(escalatedAt === undefined ? {} : { escalatedAtMessageCount: escalatedAt }),
  };
}
