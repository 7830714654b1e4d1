// What a request of a compacted conversation is about. A program shortens the history in the middle of a task: first it has
// the conversation summed up, then it goes on from the summary. Neither text says how hard the task is.

import type { RequestFeatures } from '../classify/classifier.ts';
import type { Classification, DecisionPoint } from '../protocol/vocabulary.ts';
import type { ConversationState } from '../route/conversation-store.ts';
import { looksLikeSummary } from '../route/decision-point.ts';

/** Who says something new after compaction says it in fewer characters; summaries are longer. */
const SUMMARY_CHARS = 2000;

const SIGNAL = 'the task goes on in a compacted conversation';

/** As the task was classified when it began; the request's own where it is about something new. */
export function classificationOfTask(given: {
  readonly point: DecisionPoint;
  readonly state: ConversationState | null;
  readonly features: RequestFeatures;
  readonly classification: Classification;
}): Classification {
  const { point, state, features, classification } = given;
  const task = state?.classification;
  if (point !== 'compaction' || task === undefined) return classification;
  const sumsUp = state !== null && looksLikeSummary(features, state);
  if (!sumsUp && features.ask.length < SUMMARY_CHARS) return classification;
  return task.signals.includes(SIGNAL) ? task : { ...task, signals: [...task.signals, SIGNAL] };
}

/** Whether the decision belongs to the task that ran before it. */
export function isSameTask(point: DecisionPoint, { signals }: Pick<Classification, 'signals'>): boolean {
  return point === 'continuation' || (point === 'compaction' && signals.includes(SIGNAL));
}
