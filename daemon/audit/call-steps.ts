// Calls of a history as requests that the policy can decide again: what it would have seen at each, had the daemon been
// there. Made one at a time, so that a long history is never held twice.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { HistoryStep } from '../ledger/replay-history.ts';
import type { DecisionInput, EconomicsInput } from '../protocol/exchange-record.ts';
import type { Complexity, DecisionPoint } from '../protocol/vocabulary.ts';
import { TaskLengths, type TaskKind } from '../route/task-lengths.ts';
import type { BookedCall } from './history-books.ts';

/** As on the request path (pipeline/decide.ts): only the order of models depends on it. */
const EXPECTED_OUTPUT_TOKENS: Readonly<Record<Complexity, number>> = {
  simple: 150,
  moderate: 500,
  complex: 1200,
};

/** A prompt that lost more than this share was summed up. */
const COMPACTION_RATIO = 0.5;

export interface StepSource {
  readonly call: BookedCall;
  /** Where it was sent. */
  readonly target: ModelTarget;
  readonly costUsd: number;
}

interface Conversation {
  target: ModelTarget;
  atMs: number;
  /** Tokens of the reference tokenizer. */
  inputTokens: number;
  taskSteps: number;
}

/** `sources` in the order of time. */
export function* callSteps(sources: Iterable<StepSource>): Generator<HistoryStep> {
  const conversations = new Map<number, Conversation>();
  const lengths = new TaskLengths();
  for (const source of sources) {
    const { call, target, costUsd } = source;
    const before = conversations.get(call.conversation) ?? null;
    const inputTokens = call.usage.inputTokens / target.tokenizerFactor;
    const point = pointOf(call, inputTokens, before);
    const kind: TaskKind = call.isSide ? 'side' : 'agent';
    if (before !== null) {
      if (point === 'continuation') lengths.grew(call.assistant, kind, inputTokens - before.inputTokens);
      else lengths.taskEnded(call.assistant, kind, before.taskSteps);
    }
    yield {
      conversationId: String(call.conversation),
      input: inputOf(source, {
        inputTokens,
        point,
        before,
        economics: economicsOf(source, lengths, point, kind),
      }),
      plannedModel: target.id,
      servedModel: target.id,
      usage: call.usage,
      costUsd,
      baselineCostUsd: costUsd,
      baselineModel: target.id,
    };
    lengths.answered(call.assistant, kind, call.usage.outputTokens / target.tokenizerFactor);
    const taskSteps = point === 'continuation' ? (before?.taskSteps ?? 0) + 1 : 1;
    conversations.set(call.conversation, { target, atMs: call.atMs, inputTokens, taskSteps });
  }
}

function pointOf(call: BookedCall, inputTokens: number, before: Conversation | null): DecisionPoint {
  if (before === null) return call.isSide ? 'subagent' : 'new-conversation';
  if (call.start === 'compaction') return 'compaction';
  if (inputTokens < before.inputTokens * COMPACTION_RATIO) return 'compaction';
  if (call.start === 'none') return 'continuation';
  const { ttlS } = before.target.promptCache;
  return ttlS > 0 && call.atMs - before.atMs > ttlS * 1000 ? 'cache-expired' : 'new-task';
}

function economicsOf(
  { call, target }: StepSource,
  lengths: TaskLengths,
  point: DecisionPoint,
  kind: TaskKind,
): EconomicsInput {
  const shape = lengths.shape(call.assistant, kind);
  const read = call.usage.cacheReadInputTokens / target.tokenizerFactor;
  return {
    expectedSteps: point === 'continuation' ? 1 : shape.steps,
    stepInputTokens: Math.round(shape.inputTokens),
    stepOutputTokens: Math.round(shape.outputTokens),
    // What was read was warm; of the other models nothing is known to be.
    warmTokens: read > 0 ? { [target.id]: read } : {},
    cacheHitRatios: {},
    switchBooks: null,
  };
}

function inputOf(
  { call, target }: StepSource,
  given: {
    readonly inputTokens: number;
    readonly point: DecisionPoint;
    readonly before: Conversation | null;
    readonly economics: EconomicsInput;
  },
): DecisionInput {
  const { classification, hasImage } = call.ask;
  return {
    requestModel: target.id,
    classification,
    decisionPoint: given.point,
    needs: hasImage ? ['tools', 'vision'] : ['tools'],
    inputTokens: given.inputTokens,
    maxOutputTokens: null,
    expectedOutputTokens: EXPECTED_OUTPUT_TOKENS[classification.complexity],
    controls: { headerModel: null, queryModel: null, profile: null, maxCostUsd: null },
    standingOverride: null,
    affinityModel: given.before?.target.id ?? null,
    affinityEffort: null,
    requestedEffort: null,
    evidence: { cohort: '', tiers: {}, models: {} },
    escalation: null,
    unavailable: [],
    economics: given.economics,
    atMs: call.atMs,
  };
}
