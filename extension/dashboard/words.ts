// What the daemon's fixed words are called on the page. Pure. A word of a newer daemon is shown as it is.

import type {
  Complexity,
  DecisionPoint,
  FailureKind,
  RouteReason,
  TaskType,
} from '../../daemon/protocol/vocabulary.ts';

type Word = string | null | undefined;

const REASONS: Readonly<Record<RouteReason, string>> = {
  override: 'You chose it',
  exact: 'Asked for by name',
  affinity: 'Stays on its model',
  'cheapest-capable': 'Cheapest that can',
  escalated: 'Moved to a stronger one',
  fallback: 'Another one failed',
  budget: 'Budget runs low',
  cache: 'Answered from the cache',
};

const REASON_SENTENCES: Readonly<Record<RouteReason, string>> = {
  override: 'You chose this model, so nothing was decided for you.',
  exact: 'The request named this model, so it was used as it is.',
  affinity: 'The task stays on the model it began with, whose prompt cache is warm.',
  'cheapest-capable': 'It is the least expensive model that is expected to do this well.',
  escalated: 'The task went badly on the model before, so a stronger one took over.',
  fallback: 'A model that stood before it failed, so this one answered.',
  budget: 'A budget is running out, so a less expensive model was preferred.',
  cache: 'The same request was answered before, so no model was asked.',
};

const FAILURES: Readonly<Record<FailureKind, string>> = {
  connect: 'Could not connect',
  timeout: 'Took too long',
  'rate-limited': 'Rate limited',
  overloaded: 'Overloaded',
  'server-error': 'Server error',
  auth: 'Key refused',
  quota: 'Quota used up',
  'model-not-found': 'Model not found',
  'context-length': 'Prompt too long',
  rejected: 'Request rejected',
  refusal: 'Declined to answer',
  'invalid-response': 'Unreadable answer',
  'weak-answer': 'Answer failed a check',
  interrupted: 'Broke off',
  'client-closed': 'Client left',
};

const POINTS: Readonly<Record<DecisionPoint, string>> = {
  'new-conversation': 'at the start of a conversation',
  'new-task': 'at the start of a new task',
  compaction: 'after the conversation was compacted',
  'cache-expired': 'after the prompt cache had expired',
  subagent: 'for a sub-agent',
  background: 'for a background call',
  continuation: 'inside a running task',
};

const CLIENTS: Readonly<Record<string, string>> = {
  'claude-code': 'Claude Code',
  codex: 'Codex',
  cline: 'Cline',
  continue: 'Continue',
  roo: 'Roo Code',
  kilo: 'Kilo Code',
  opencode: 'opencode',
  copilot: 'Copilot',
  aider: 'aider',
  qwen: 'Qwen Code',
  'gemini-cli': 'Gemini CLI',
  'openai-sdk': 'OpenAI SDK',
  'anthropic-sdk': 'Anthropic SDK',
  pointsman: 'Pointsman',
  vscode: 'VS Code',
  unknown: 'Unknown client',
};

const TASKS: Readonly<Record<TaskType, string>> = {
  code: 'Code',
  classification: 'Classification',
  reasoning: 'Reasoning',
  translation: 'Translation',
  creative: 'Creative',
  vision: 'Vision',
  general: 'General',
};

export const reasonWords = (reason: RouteReason | null): string => lookUp(REASONS, reason) ?? 'Not decided';

export const reasonSentence = (reason: RouteReason): string =>
  lookUp(REASON_SENTENCES, reason) ?? `Reason: ${reason}.`;

export const failureWords = (kind: FailureKind | null): string => lookUp(FAILURES, kind) ?? 'Failed';

export const decisionPointWords = (point: DecisionPoint): string => lookUp(POINTS, point) ?? `at ${point}`;

export const clientName = (client: string): string => lookUp(CLIENTS, client) ?? client;

export const taskName = (task: TaskType | null): string => lookUp(TASKS, task) ?? 'Not classified';

export const gradeName = (grade: Complexity | null): string => grade ?? '';

/** `client.closed` and the like, of the daemon's table of errors. */
export function errorWords(code: string | null): string {
  return (code === null ? undefined : lookUp(ERRORS, code)) ?? 'The request failed.';
}

const ERRORS: Readonly<Record<string, string>> = {
  'request.malformed': 'The request could not be read.',
  'request.unsupported': 'The request asks for something that cannot be done.',
  'request.too_large': 'The request is too large.',
  'request.not_found': 'What was asked for does not exist.',
  'auth.missing': 'The request carried no valid key.',
  'auth.forbidden': 'The request came from a place that is not allowed.',
  'model.unknown': 'The model that was asked for is not known.',
  'route.no_eligible_target': 'No configured model could take this request.',
  'budget.exceeded': 'A budget is used up, so the request was refused.',
  'privacy.refused': 'A privacy rule forbids that this request is sent.',
  'upstream.rejected': 'The provider refused the request.',
  'upstream.all_failed': 'Every model that was tried failed.',
  'upstream.stream_interrupted': 'The answer broke off in the middle.',
  'client.closed': 'The client left before the answer was complete.',
  'config.invalid': 'The configuration is not valid.',
  'router.overloaded': 'Too many requests were running at once.',
  'router.shutting_down': 'The daemon was being stopped.',
  'router.internal': 'Something went wrong inside the daemon; its log says what.',
};

function lookUp(table: Readonly<Record<string, string>>, word: Word): string | undefined {
  return word === null || word === undefined || !Object.hasOwn(table, word) ? undefined : table[word];
}
