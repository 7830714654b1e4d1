// How models did on asks of a kind, as seen on this machine: outcomes in, decayed counts out. The shipped expectation is
// only a prior; what happens here corrects it.

import type { OutcomeCounts, OutcomeRecord, SuccessEvidence } from '../protocol/exchange-record.ts';
import type { Complexity, OutcomeKind } from '../protocol/vocabulary.ts';
import { DecayedCounts } from './decayed-counts.ts';

export { cohortOf } from './ask-cohort.ts';

/**
 * What each outcome says, in answers. Failures are noticed only in part, and silence follows good answers and
 * unnoticed bad ones alike: where a share d of the failures is noticed, silence has to weigh d against 1 for the ratio
 * of successes to come out right. d is taken as a half. (With 0.25 a model that succeeds nine times in ten would end at
 * 0.82, at 0.69 if every failure were noticed, and lose its place.)
 */
export const OUTCOME_WEIGHTS: Readonly<Record<OutcomeKind, OutcomeCounts>> = {
  completed: { successes: 0.5, failures: 0 },
  'weak-answer': { successes: 0, failures: 1 },
  stalled: { successes: 0, failures: 1 },
  // People also ask again out of curiosity, and take a stronger model for what comes next.
  'asked-again': { successes: 0, failures: 0.5 },
  overridden: { successes: 0, failures: 0.5 },
  // Said, not guessed.
  'rated-good': { successes: 2, failures: 0 },
  'rated-bad': { successes: 0, failures: 2 },
};

/** Above the 252 kinds that `cohortOf` tells apart, and above the models that anybody configures. */
const MAX_COHORTS = 256;
const MAX_MODELS_PER_COHORT = 64;
/** Longest id that is counted; ids are the user's own words and end up in each decision. */
const MAX_NAME_CHARS = 500;

const TIERS: readonly Complexity[] = ['simple', 'moderate', 'complex'];

interface CohortCounts {
  readonly tiers: Map<Complexity, DecayedCounts>;
  /** By model id, the one that was counted longest ago first. */
  readonly models: Map<string, DecayedCounts>;
}

/** Memory is bounded by cohorts times models, whatever happens. */
export class SuccessStatistics {
  /** The one that was counted longest ago first. */
  readonly #cohorts = new Map<string, CohortCounts>();

  /** In any order: the counts come out the same. What is no outcome is ignored. */
  record(outcome: OutcomeRecord): void {
    this.#count(outcome, 1);
  }

  /** Takes back an outcome that was recorded: the user thinks better of a rating. */
  retract(outcome: OutcomeRecord): void {
    this.#count(outcome, -1);
  }

  /** What is known of asks of this kind; counts as of `atMs`, four digits. */
  evidence(cohort: string, atMs: number): SuccessEvidence {
    const counts = this.#cohorts.get(cohort);
    return {
      cohort,
      tiers: counts === undefined ? {} : countsAt(counts.tiers, atMs),
      models: counts === undefined ? {} : countsAt(counts.models, atMs),
    };
  }

  #count(outcome: OutcomeRecord, sign: 1 | -1): void {
    if (!isOutcome(outcome)) return;
    const { cohort, model, tier, kind, atMs } = outcome;
    const weight = OUTCOME_WEIGHTS[kind];
    const counts = touched(this.#cohorts, cohort, MAX_COHORTS, newCohort);
    touched(counts.tiers, tier, TIERS.length, newCounts).add(weight, atMs, sign);
    touched(counts.models, model, MAX_MODELS_PER_COHORT, newCounts).add(weight, atMs, sign);
  }
}

/** What comes from a file that somebody else may have written is looked at before it is counted. */
export function isOutcome(value: OutcomeRecord): boolean {
  return (
    isName(value.exchangeId) &&
    isName(value.cohort) &&
    isName(value.model) &&
    TIERS.includes(value.tier) &&
    Object.hasOwn(OUTCOME_WEIGHTS, value.kind) &&
    Number.isSafeInteger(value.atMs) &&
    value.atMs > 0
  );
}

function isName(value: string): boolean {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_CHARS;
}

function newCohort(): CohortCounts {
  return { tiers: new Map(), models: new Map() };
}

function newCounts(): DecayedCounts {
  return new DecayedCounts();
}

/** The value under the key, made if needed and moved to the end; the first one goes when there are too many. */
function touched<Key, Value>(map: Map<Key, Value>, key: Key, limit: number, create: () => Value): Value {
  const value = map.get(key) ?? create();
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) {
    const [oldest] = map.keys();
    if (oldest !== undefined) map.delete(oldest);
  }
  return value;
}

/** Entries in the order of their names, so that equal evidence is stored as equal text. */
function countsAt<Key extends string>(
  counts: ReadonlyMap<Key, DecayedCounts>,
  atMs: number,
): Record<Key, OutcomeCounts> {
  const entries: [string, OutcomeCounts][] = [];
  for (const [name, tally] of counts) {
    const seen = tally.at(atMs);
    if (seen !== null) entries.push([name, seen]);
  }
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries) as Record<Key, OutcomeCounts>;
}
