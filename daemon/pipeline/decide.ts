// Request -> decision, shared by the request path and by `explain`. Collects what the policy may see (facts and sizes,
// no text), asks the policy, and shapes the result for the record.

import type { RequestFeatures } from '../classify/classifier.ts';
import { requestClass } from '../classify/client-identity.ts';
import { isRoutineStep } from '../classify/routine-step.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { effortOfBudget, type ReasoningWish } from '../conversation/settings.ts';
import { isPassedOn } from '../dialects/dialect.ts';
import type { Decision, DecisionInput, PrivacyHold, RequestControls } from '../protocol/exchange-record.ts';
import type { Classification, Complexity, ReasoningEffort } from '../protocol/vocabulary.ts';
import type { ConversationIndex } from '../route/conversation-identity.ts';
import type { ConversationStore } from '../route/conversation-store.ts';
import { decisionPoint } from '../route/decision-point.ts';
import type { OverrideBoard } from '../route/override.ts';
import { planPassedOn } from '../route/passed-on.ts';
import type { Policy, RoutePlan } from '../route/policy.ts';
import { cohortOf, type SuccessStatistics } from '../route/success-statistics.ts';
import type { BudgetBoard } from './budget-board.ts';
import { wishedChoice, type WishedChoice } from './dearer-fallback.ts';
import { withoutDocuments } from './documents.ts';
import { isPinned } from './request-controls.ts';
import { withoutSeveralAnswers } from './several-answers.ts';
import type { PromptBooks } from './prompt-books.ts';
import { classificationOfTask } from './running-task.ts';
import type { RouterSnapshot } from './snapshot.ts';
import type { TaskEconomics } from './task-economics.ts';
import { troubleOf } from './task-trouble.ts';

export interface DecideDeps {
  readonly policy: Policy;
  /** Tells which conversation a request goes on with. */
  readonly conversationIndex: ConversationIndex;
  readonly conversations: ConversationStore;
  readonly overrides: OverrideBoard;
  /** What was seen of models on this machine. */
  readonly statistics: Pick<SuccessStatistics, 'evidence'>;
  /** Models out for now, with the reason (health, cool-down). */
  readonly unavailable: (atMs: number) => DecisionInput['unavailable'];
  /** What staying and moving are reckoned with. */
  readonly economics: TaskEconomics;
  /** Absent = nothing is limited. */
  readonly budgets?: Pick<BudgetBoard, 'pressure' | 'closedModels'>;
}

export interface DecideInput {
  readonly request: ConversationRequest;
  /** What of the request is warm where. */
  readonly prompt: PromptBooks;
  readonly features: RequestFeatures;
  readonly classification: Classification;
  readonly headers: ReadonlyMap<string, string>;
  readonly controls: RequestControls;
  readonly snapshot: Pick<
    RouterSnapshot,
    'table' | 'decideAt' | 'connections' | 'escalation' | 'dearerFallback'
  >;
  /** Where the request comes from, for budgets. */
  readonly workspaceId?: string | null;
  /** Whether the client agrees to dearer models. */
  readonly allowsDearer?: boolean;
  /** Privacy rules that the request falls under. */
  readonly privacy?: PrivacyHold | null;
  readonly atMs: number;
  /** `false` for explain: a "next request" override is looked at, not used up. */
  readonly consume: boolean;
}

export interface Decided {
  readonly plan: RoutePlan;
  readonly conversationId: string;
  /** A sub-agent's conversation beside the main one of its session. */
  readonly isSide: boolean;
  readonly decision: Decision;
  /** What dearer models are measured by before they may stand in; null = they may. */
  readonly wished: WishedChoice | null;
}

/**
 * Answer length to expect before anything is known, tokens: medians of an answer per grade, rounded. Only the
 * order of models depends on it; the books never use it.
 */
const EXPECTED_OUTPUT_TOKENS: Readonly<Record<Complexity, number>> = {
  simple: 150,
  moderate: 500,
  complex: 1200,
};

export function decide(deps: DecideDeps, given: DecideInput): Decided {
  if (isPassedOn(given.request.dialect)) return decidePassedOn(given);
  const { request, features, headers, controls, snapshot, atMs } = given;
  const { table, decideAt } = snapshot;
  const hint = requestClass(headers, request);
  const identity = deps.conversationIndex.identify({
    headers,
    request,
    firstUserText: firstUserText(request),
    hint,
    remember: given.consume,
  });
  const { isSide } = identity;
  const state = deps.conversations.get(identity.id);
  const point = decisionPoint({ features, state, hint, atMs, decideAt, isSide });
  const classification = classificationOfTask({ ...given, point, state });
  // A request that names its model itself does not follow the override, so it must not use it up.
  const override =
    given.consume && !isPinned(controls, request.requestModel)
      ? deps.overrides.take(identity.id, atMs, point)
      : deps.overrides.peek(identity.id, atMs, point);
  const task = { point, features, state, isSide, conversationId: identity.id };
  if (given.consume) deps.economics.decided(task);
  const expected = EXPECTED_OUTPUT_TOKENS[classification.complexity];
  const asksFirst = snapshot.dearerFallback === 'ask' && given.allowsDearer !== true;
  const subject = {
    client: features.client,
    workspaceId: given.workspaceId ?? null,
    conversationId: identity.id,
  };
  const input: DecisionInput = {
    requestModel: request.requestModel,
    classification,
    decisionPoint: point,
    needs: request.needs,
    inputTokens: features.inputTokens,
    maxOutputTokens: request.maxOutputTokens ?? null,
    expectedOutputTokens: Math.min(expected, request.maxOutputTokens ?? expected) * request.choiceCount,
    controls,
    standingOverride: override,
    affinityModel: state?.model ?? null,
    affinityEffort: state?.effort ?? null,
    requestedEffort: effortOfWish(request.settings().reasoning),
    evidence: deps.statistics.evidence(cohortOf(features, classification), atMs),
    escalation: asksFirst
      ? null // a stronger model is a dearer one
      : troubleOf({ point, state, request, features, settings: snapshot.escalation }),
    unavailable: [
      ...deps.unavailable(atMs),
      ...withoutDocuments(request, table.targets),
      ...withoutSeveralAnswers(request, table.targets, snapshot.connections),
      ...(deps.budgets?.closedModels(subject, table.targets, atMs) ?? []),
    ],
    budgetPressure: deps.budgets?.pressure(subject, atMs) ?? null,
    ...(table.mixedPlan === true && point === 'continuation'
      ? { isRoutineStep: isRoutineStep(request) }
      : {}),
    economics: deps.economics.inputFor({ ...task, prompt: given.prompt, table }),
    ...(given.privacy ? { privacy: given.privacy } : {}),
    atMs,
  };
  const plan = deps.policy.plan(input, table);
  const decision: Decision = {
    client: features.client,
    conversationId: identity.id,
    ask: { chars: features.ask.length, earlierUserTurns: features.earlierAsks.length },
    classification,
    decisionPoint: point,
    profile: plan.profile,
    reason: plan.reason,
    candidates: plan.candidates,
    bindingConstraint: plan.bindingConstraint,
    chosen: plan.targets[0]?.id ?? '',
    effort: effortOf(plan),
    baseline: plan.baseline?.id ?? null,
    fallbacks: plan.targets.slice(1).map((target) => target.id),
    wouldFlip: [],
    switchEconomics: plan.switchEconomics ?? null,
    ...(plan.helps === undefined ? {} : { helps: plan.helps }),
    notes: plan.notes,
    input,
    tableHash: table.hash,
  };
  const wished = asksFirst ? wishedChoice(deps.policy, input, table, plan) : null;
  return { plan, conversationId: identity.id, isSide, decision, wished };
}

function effortOfWish(wish: ReasoningWish | undefined): ReasoningEffort | null {
  if (wish?.effort !== undefined) return wish.effort;
  return wish?.budgetTokens === undefined ? null : effortOfBudget(wish.budgetTokens);
}

function effortOf({ targets, efforts }: Pick<RoutePlan, 'targets' | 'efforts'>): ReasoningEffort | null {
  const chosen = targets[0];
  return chosen === undefined ? null : (efforts[chosen.id] ?? null);
}

/** No routing and no conversation: the model that is named. `input` is null, since no policy was asked. */
function decidePassedOn({ request, features, classification, snapshot, privacy }: DecideInput): Decided {
  const plan = planPassedOn(request.requestModel, snapshot.table, snapshot.connections, privacy);
  const decision: Decision = {
    client: features.client,
    conversationId: '',
    ask: { chars: features.ask.length, earlierUserTurns: 0 },
    classification,
    decisionPoint: 'background',
    profile: plan.profile,
    reason: plan.reason,
    candidates: plan.candidates,
    bindingConstraint: plan.bindingConstraint,
    chosen: plan.targets[0]?.id ?? '',
    effort: effortOf(plan),
    baseline: plan.baseline?.id ?? null,
    fallbacks: [],
    wouldFlip: [],
    notes: plan.notes,
    input: null,
    tableHash: snapshot.table.hash,
  };
  return { plan, conversationId: '', isSide: false, decision, wished: null };
}

/** The opener of the conversation, which tells two conversations apart when nothing else does. */
export function firstUserText(request: ConversationRequest): string {
  const index = request.outline.findIndex((message) => message.role === 'user' && !message.isToolResult);
  if (index < 0) return '';
  const parts = request.message(index).content;
  return parts.map((part) => (part.type === 'text' ? part.text : part.type)).join('\n');
}
