// Who may answer at all: the hard filters and the ceiling over all models of a table, and what is left to wait for when
// everything is out.

import type { DecisionInput } from '../protocol/exchange-record.ts';
import { aboveCeiling } from './ceiling.ts';
import { rejectionOf, type EligibilityOptions } from './eligibility.ts';
import type { Figures } from './figures.ts';
import type { RejectedTarget } from './no-eligible-target.ts';

/** Why models are out, by id. */
export type Rejections = Map<string, RejectedTarget>;

/** Hard filters first, then the ceiling, so that a reason names what the user can change. */
export function filterAll(
  deps: EligibilityOptions,
  input: DecisionInput,
  figures: readonly Figures[],
  limit: Figures | undefined,
): Rejections {
  const rejections: Rejections = new Map();
  for (const candidate of figures) {
    const { target } = candidate;
    const above = limit === undefined ? null : aboveCeiling(candidate, limit);
    const rejection = rejectionOf(target, input, deps);
    // An outage passes, the ceiling does not: the lasting reason is the one to tell.
    const isPassing = rejection === null || rejection.filter === 'unavailable';
    if (isPassing && above !== null) rejections.set(target.id, { filter: 'ceiling', why: above, target });
    else if (rejection !== null) rejections.set(target.id, { ...rejection, target });
  }
  return rejections;
}

/**
 * Everything that could answer is out for now. The plan keeps those models: the attempt loop tries whichever came back
 * in the meantime, else it tells the client when to come again.
 */
export function waitForRecovery(
  figures: readonly Figures[],
  rejections: Rejections,
  notes: string[],
): readonly Figures[] {
  const pool = figures.filter(({ target }) => rejections.get(target.id)?.filter === 'unavailable');
  for (const { target } of pool) {
    notes.push(`${target.id} ${rejections.get(target.id)?.why}; no other model can answer`);
    rejections.delete(target.id);
  }
  return pool;
}
