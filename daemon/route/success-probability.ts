// How likely a model is to do what is asked: what the classifier expects of its tier, corrected by what was seen of the
// tier and of the model on this machine, moved by how hard it is asked to think. Pure.
//
//   expected of the tier -> + outcomes of the tier (cohort of the ask) -> + the model's own outcomes -> effort

import { asNeeds, needsOfGrade, type Needs } from '../classify/grade.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import { REASONING_EFFORTS } from '../conversation/settings.ts';
import type { DecisionInput, OutcomeCounts, SuccessEvidence } from '../protocol/exchange-record.ts';
import type { Complexity, ReasoningEffort, TaskType } from '../protocol/vocabulary.ts';

/**
 * How many observations an expectation is worth, at both steps: after 20 outcomes what was seen weighs as much as what was
 * expected. A model's own outcomes are among those of its tier as well, so they weigh more than its neighbours'.
 */
const PRIOR_OBSERVATIONS = 20;

/**
 * Assumption: the strongest tier does about two of three asks that the middle tier cannot do ("on hard problems both
 * models fail"), so that it fails on 0.35 of them.
 */
const STRONGEST_FAILS = 0.35;

/**
 * Assumption: one level more of reasoning leaves this share of the failures, one level less divides by it. Thinking pays
 * where there are steps to think through.
 */
const FAILURES_LEFT_PER_LEVEL: Readonly<Partial<Record<TaskType, number>>> = { code: 0.9, reasoning: 0.85 };
const FAILURES_LEFT_OTHERWISE = 0.95;

/**
 * Assumption: of four failures in a loop of tools nearly one is caught there: a tool refuses the call, a test fails, the
 * step is done again or a stronger model takes over (classify/stall.ts). An answer without tools is taken as it is.
 */
const CAUGHT_IN_A_LOOP = 0.235;

/** Titles, topics and summaries are simple work for certain, whatever stands in the text that they are made of. */
const BACKGROUND_NEEDS = needsOfGrade('simple', 1);

/** Counts beyond this say nothing more. */
const MAX_COUNT = 1e9;

/** What the ask needs; numbers that are none are taken from the grade. */
export function needsOf(input: Pick<DecisionInput, 'classification' | 'decisionPoint'>): Needs {
  if (input.decisionPoint === 'background') return BACKGROUND_NEEDS;
  const { complexity, confidence, needsStronger, needsStrongest } = input.classification;
  if (Number.isFinite(needsStronger) && Number.isFinite(needsStrongest)) {
    // Not rounded as `asNeeds` does: a border lies exactly where it is said to lie.
    const stronger = Math.min(1, Math.max(0, needsStronger));
    return { needsStronger: stronger, needsStrongest: Math.min(stronger, Math.max(0, needsStrongest)) };
  }
  const typical = needsOfGrade(complexity, Number.isFinite(confidence) ? confidence : 0);
  return asNeeds(
    Number.isFinite(needsStronger) ? needsStronger : typical.needsStronger,
    Number.isFinite(needsStrongest) ? needsStrongest : typical.needsStrongest,
  );
}

/** What is expected of a tier before anything was seen here. A tier nobody knows counts as the middle one. */
export function expectedOfTier(tier: Complexity, { needsStronger, needsStrongest }: Needs): number {
  if (tier === 'simple') return 1 - needsStronger;
  if (tier === 'complex') return 1 - STRONGEST_FAILS * needsStrongest;
  return 1 - needsStrongest;
}

/**
 * P(success) of a model that is asked to think as the client asked. More failures never raise it. `hasTools`: it works in
 * a loop of tools.
 */
export function successProbability(
  target: Pick<ModelTarget, 'id' | 'tier'>,
  needs: Needs,
  evidence: SuccessEvidence,
  hasTools = false,
): number {
  const expected = expectedOfTier(target.tier, needs);
  const inLoop = hasTools ? 1 - (1 - expected) * (1 - CAUGHT_IN_A_LOOP) : expected;
  const ofTier = corrected(inLoop, countsOf(evidence.tiers, target.tier));
  return corrected(ofTier, countsOf(evidence.models, target.id));
}

/** The same at another level of effort. */
export function atEffort(
  probability: number,
  taskType: TaskType,
  from: ReasoningEffort,
  to: ReasoningEffort,
): number {
  const levels = REASONING_EFFORTS.indexOf(to) - REASONING_EFFORTS.indexOf(from);
  const share = FAILURES_LEFT_PER_LEVEL[taskType] ?? FAILURES_LEFT_OTHERWISE;
  return 1 - Math.min(1, (1 - probability) * share ** levels);
}

/** Mean of the Beta distribution that has the expectation as its prior. */
function corrected(expected: number, counts: OutcomeCounts | undefined): number {
  if (counts === undefined) return expected;
  const successes = count(counts.successes);
  const failures = count(counts.failures);
  return (PRIOR_OBSERVATIONS * expected + successes) / (PRIOR_OBSERVATIONS + successes + failures);
}

function countsOf(
  all: Readonly<Partial<Record<string, OutcomeCounts>>>,
  key: string,
): OutcomeCounts | undefined {
  return Object.hasOwn(all, key) ? all[key] : undefined;
}

function count(value: number): number {
  return value > 0 ? Math.min(value, MAX_COUNT) : 0;
}
