// Fills in what a decision's input may lack: records of older versions, and members that a merge patch removed, since
// null removes there. Absent means what null means.

import { needsOfGrade } from '../classify/grade.ts';
import type { DecisionInput, EconomicsInput } from '../protocol/exchange-record.ts';
import type { Classification } from '../protocol/vocabulary.ts';
import { NO_ECONOMICS } from './task-cost.ts';

type Loose<Value> = { readonly [Key in keyof Value]?: Value[Key] | undefined };

const NOTHING_SEEN = { cohort: '', tiers: {}, models: {} } as const;

export function completeInput(input: DecisionInput): DecisionInput {
  const given: Loose<DecisionInput> = input;
  const controls: Loose<DecisionInput['controls']> = given.controls ?? {};
  const evidence: Loose<DecisionInput['evidence']> = given.evidence ?? NOTHING_SEEN;
  return {
    ...input,
    requestModel: given.requestModel ?? 'auto',
    classification: withNeeds(input.classification),
    needs: given.needs ?? [],
    maxOutputTokens: given.maxOutputTokens ?? null,
    controls: {
      headerModel: controls.headerModel ?? null,
      queryModel: controls.queryModel ?? null,
      profile: controls.profile ?? null,
      maxCostUsd: controls.maxCostUsd ?? null,
    },
    standingOverride: given.standingOverride ?? null,
    affinityModel: given.affinityModel ?? null,
    affinityEffort: given.affinityEffort ?? null,
    requestedEffort: given.requestedEffort ?? null,
    evidence: {
      cohort: evidence.cohort ?? '',
      tiers: evidence.tiers ?? {},
      models: evidence.models ?? {},
    },
    escalation: given.escalation ?? null,
    unavailable: given.unavailable ?? [],
    ...(given.economics === undefined ? {} : { economics: withAllEconomics(given.economics) }),
  };
}

function withAllEconomics(given: Loose<EconomicsInput>): EconomicsInput {
  return {
    expectedSteps: given.expectedSteps ?? NO_ECONOMICS.expectedSteps,
    stepInputTokens: given.stepInputTokens ?? NO_ECONOMICS.stepInputTokens,
    stepOutputTokens: given.stepOutputTokens ?? NO_ECONOMICS.stepOutputTokens,
    warmTokens: given.warmTokens ?? NO_ECONOMICS.warmTokens,
    cacheHitRatios: given.cacheHitRatios ?? NO_ECONOMICS.cacheHitRatios,
    outputRatios: given.outputRatios ?? {},
    switchBooks: given.switchBooks ?? null,
  };
}

/** A grade stands for its typical probabilities. */
function withNeeds(classification: Classification): Classification {
  const given: Loose<Classification> | undefined = classification;
  // Not this file's to mend: whoever takes patches from outside says what is wrong with it.
  if (typeof given?.complexity !== 'string') return classification;
  if (given.needsStronger !== undefined && given.needsStrongest !== undefined) return classification;
  const { complexity, confidence } = classification;
  const typical = needsOfGrade(complexity, given.confidence === undefined ? 0 : confidence);
  const { needsStronger, needsStrongest } = { ...typical, ...classification };
  return { ...classification, needsStronger, needsStrongest: Math.min(needsStronger, needsStrongest) };
}
