// The moment before the first attempt: may this request run now, on the model that was chosen? Budgets that block answer
// that, and may let it wait for its turn.

import type { Classifier, RequestFeatures } from '../classify/classifier.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { Decision } from '../protocol/exchange-record.ts';
import type { Classification } from '../protocol/vocabulary.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { BudgetBoard } from './budget-board.ts';
import type { RequestSize } from './budget-bound.ts';
import type { Admission } from './budget-gate.ts';
import type { Exchange } from './exchange.ts';
import type { StandIns } from './stand-ins.ts';

export interface AdmitDeps {
  /** Absent = nothing is limited. */
  readonly budgets?: BudgetBoard;
}

/** Throws when a request like this one cannot pass whatever model answers; before anything is spent on it. */
export function refuseEarly({ budgets }: AdmitDeps, exchange: Exchange): void {
  const { clientName: client, controls } = exchange;
  budgets?.refuseEarly({ client, workspaceId: controls.workspaceId, conversationId: '' });
}

/** More than the question that a model is asked takes, and than the word that it answers with. */
const GRADING_SIZE = { inputTokens: 4000, maxOutputTokens: 1000, choiceCount: 1 } as const;

/** A question of our own to a model, before the client's: waits till there is room for what it may cost. */
export async function admitBeside(
  { budgets }: AdmitDeps,
  exchange: Pick<Exchange, 'clientName' | 'controls' | 'receivedAtS'>,
  target: ModelTarget,
  given: { readonly size: Omit<RequestSize, 'atMs'>; readonly signal: AbortSignal },
): Promise<Admission | undefined> {
  const isCounted = target.price !== null || target.billing !== 'metered';
  if (!isCounted) return undefined;
  return await budgets?.admit({
    subject: {
      client: exchange.clientName,
      workspaceId: exchange.controls.workspaceId,
      conversationId: '',
    },
    target,
    size: { ...given.size, atMs: exchange.receivedAtS * 1000 },
    isGrading: true,
    expectedUsd: 0,
    expectedTokens: 0,
    signal: given.signal,
  });
}

/** Grades the ask, by a model only where there is room for what that costs. */
export async function grade(
  deps: AdmitDeps & { readonly classifier: Classifier },
  exchange: Exchange,
  features: RequestFeatures,
  signal: AbortSignal,
): Promise<Classification> {
  const { table, gradingModel } = exchange.snapshot;
  const target = table.targets.find(({ id }) => id === gradingModel);
  const admission =
    target === undefined
      ? undefined
      : await admitBeside(deps, exchange, target, { size: GRADING_SIZE, signal });
  try {
    const { classification, costUsd } = await deps.classifier.classify(features, signal);
    exchange.classified(costUsd);
    return classification;
  } finally {
    admission?.release();
  }
}

/** Throws when it may not run; else `exchange` gives back what is held for it when it is finished. */
export async function admit(
  { budgets }: AdmitDeps,
  exchange: Exchange,
  given: {
    readonly targets: readonly ModelTarget[];
    readonly decision: Decision;
    readonly request: ConversationRequest;
    readonly features: RequestFeatures;
    readonly standIns: StandIns;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { decision, request, features, standIns, signal } = given;
  const target = standIns.first(given.targets);
  if (target === null || budgets === undefined) return;
  const { inputTokens } = features;
  const candidate = decision.candidates.find(({ model }) => model === target.id);
  const admission = await budgets.admit({
    subject: {
      client: exchange.clientName,
      workspaceId: exchange.controls.workspaceId,
      conversationId: decision.conversationId,
    },
    target,
    size: {
      inputTokens,
      maxOutputTokens: request.maxOutputTokens ?? null,
      choiceCount: request.choiceCount,
      atMs: exchange.receivedAtS * 1000,
    },
    expectedUsd: candidate?.expectedCostUsd ?? null,
    expectedTokens: inputTokens + (decision.input?.expectedOutputTokens ?? 0),
    signal,
  });
  exchange.admitted(admission);
  standIns.admitted(admission);
}
