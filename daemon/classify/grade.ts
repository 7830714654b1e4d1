// How probabilities become one of the three grades, and the other way round. One rule for every classifier, so that
// the grade people see and the figures the policy reasons with always say the same.

import type { Classification, Complexity } from '../protocol/vocabulary.ts';

/**
 * A tier is trusted with an ask when it would fail in at most one of four: the counterpart of the default threshold of
 * success, 0.75 (routing.md, finding 4).
 */
export const FAILURE_LIMIT = 0.25;

export type Needs = Pick<Classification, 'needsStronger' | 'needsStrongest'>;

/** The lowest tier that is trusted with the ask. */
export function gradeOfNeeds({ needsStronger, needsStrongest }: Needs): Complexity {
  if (needsStronger <= FAILURE_LIMIT) return 'simple';
  return needsStrongest <= FAILURE_LIMIT ? 'moderate' : 'complex';
}

/** Probabilities for a classifier that only names a grade. `confidence` 0..1: how far they lie from the borders. */
export function needsOfGrade(complexity: Complexity, confidence: number): Needs {
  const sure = Math.min(1, Math.max(0, confidence));
  if (complexity === 'simple') {
    const needsStronger = round(FAILURE_LIMIT - 0.2 * sure);
    return { needsStronger, needsStrongest: round(needsStronger / 3) };
  }
  if (complexity === 'moderate') {
    return { needsStronger: round(0.4 + 0.25 * sure), needsStrongest: round(FAILURE_LIMIT - 0.15 * sure) };
  }
  return { needsStronger: round(0.7 + 0.25 * sure), needsStrongest: round(0.35 + 0.45 * sure) };
}

/**
 * How often the weakest and the middle tier fail at an ask of each grade. Assumed, in the range of public leaderboards of
 * small, middle and large models; outcomes on this machine correct it (success-statistics.ts).
 */
const WEAKEST_FAILS = { simple: 0.02, moderate: 0.5, complex: 0.9 };
const MIDDLE_FAILS = { simple: 0.01, moderate: 0.12, complex: 0.55 };

/**
 * From how likely an ask is *graded* higher to how likely the lower tier *fails*: a harder ask is not a failed one. Keeps
 * the order and the borders between the grades, so what is said of the grade stays true.
 */
export function failuresOf(higher: Needs): Needs {
  const moderateOrMore = higher.needsStronger;
  const complex = Math.min(moderateOrMore, higher.needsStrongest);
  const mix = (least: number, most: number, share: number): number => least + (most - least) * share;
  return asNeeds(
    throughBorder(
      moderateOrMore,
      WEAKEST_FAILS.simple,
      mix(WEAKEST_FAILS.moderate, WEAKEST_FAILS.complex, complex),
    ),
    throughBorder(
      complex,
      mix(MIDDLE_FAILS.simple, MIDDLE_FAILS.moderate, moderateOrMore),
      MIDDLE_FAILS.complex,
    ),
  );
}

/** 0 becomes `least`, 1 `most`, and the border itself. */
function throughBorder(probability: number, least: number, most: number): number {
  if (probability <= FAILURE_LIMIT) return least + ((FAILURE_LIMIT - least) * probability) / FAILURE_LIMIT;
  return FAILURE_LIMIT + ((most - FAILURE_LIMIT) * (probability - FAILURE_LIMIT)) / (1 - FAILURE_LIMIT);
}

/** Both as probabilities, the second never above the first. */
export function asNeeds(needsStronger: number, needsStrongest: number): Needs {
  const stronger = round(clamp(needsStronger));
  return { needsStronger: stronger, needsStrongest: Math.min(stronger, round(clamp(needsStrongest))) };
}

/** Not a number counts as not known. */
function clamp(value: number): number {
  return Number.isNaN(value) ? 0.5 : Math.min(1, Math.max(0, value));
}

/** Five digits: asks are put in order by these figures, and rounded ones would be in none. */
function round(value: number): number {
  return Math.round(value * 100_000) / 100_000;
}
