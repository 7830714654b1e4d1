// How models did on asks of a kind, as seen on this machine: outcomes in, decayed counts out. The shipped expectation is
// only a prior; what happens here corrects it.

import type { RequestFeatures } from '../classify/classifier.ts';
import type { OutcomeRecord, SuccessEvidence } from '../protocol/exchange-record.ts';
import type { Classification } from '../protocol/vocabulary.ts';

/** The kind of ask that outcomes are counted under: `code/short/code/plain`. */
export function cohortOf(
  _features: Pick<RequestFeatures, 'ask'>,
  classification: Pick<Classification, 'taskType'>,
): string {
  return classification.taskType;
}

export class SuccessStatistics {
  /** In any order; what is older than memory reaches back is ignored. */
  record(_outcome: OutcomeRecord): void {}

  evidence(cohort: string, _atMs: number): SuccessEvidence {
    return { cohort, tiers: {}, models: {} };
  }
}
