// What is read off one stored request when a history is replayed.

import { attemptCostUsd } from '../catalog/cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { DecisionPoint, TokenUsage } from '../protocol/vocabulary.ts';
import { completeInput } from '../route/complete-input.ts';
import type { HistoryStep, ReplayOptions } from './replay-history.ts';

/** Where it would have stood, had the model been chosen anew more or less often. */
export function pointAt(stored: DecisionPoint, decideAt: ReplayOptions['decideAt']): DecisionPoint {
  if (decideAt === 'request') return stored === 'continuation' ? 'new-task' : stored;
  if (decideAt !== 'conversation') return stored;
  return stored === 'new-task' || stored === 'cache-expired' ? 'continuation' : stored;
}

/** Itself, not a copy, where nothing is missing. */
export function completed(input: DecisionInput): DecisionInput {
  return isComplete(input) ? input : completeInput(input);
}

/** The prompt alone. */
export function promptUsd(usage: TokenUsage, target: ModelTarget, atMs: number): number {
  return attemptCostUsd({ ...usage, outputTokens: 0, reasoningOutputTokens: 0 }, target, atMs) ?? 0;
}

/** How much of a prompt somebody was sent before: the largest prefix that any model had warm, or the baseline would have. */
export function seenTokens({ baseline, usage }: HistoryStep, input: DecisionInput): number {
  const warm = Object.values(input.economics?.warmTokens ?? {});
  const shares = [baseline?.usage, usage].flatMap((one) =>
    one == null || one.inputTokens <= 0 ? [] : [one.cacheReadInputTokens / one.inputTokens],
  );
  return Math.max(0, ...warm, Math.min(1, Math.max(0, ...shares)) * input.inputTokens);
}

/** Rows of older versions lack members that a policy reads. */
function isComplete(input: Partial<DecisionInput>): boolean {
  const { controls, evidence, unavailable, classification, escalation, standingOverride } = input;
  const isThere = (member: unknown): boolean => member !== undefined;
  return (
    [controls, evidence, unavailable, escalation, standingOverride].every(isThere) &&
    isThere(classification?.needsStrongest)
  );
}
