// At a decision point: does a conversation move to the model that comes first, or stay where it is warm? And whoever comes
// first, the limit on what switching may cost has the last word.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput, SwitchEconomics } from '../protocol/exchange-record.ts';
import type { Ordered, RankedTarget } from './candidate-order.ts';
import type { SwitchCap } from './switch-cap.ts';
import { compareSwitch, isWorthMoving } from './switch-economics.ts';
import type { CostOf } from './task-cost.ts';

export interface SwitchDecision {
  /** Who goes first because moving away from it does not pay; undefined = the order stays. */
  readonly kept: RankedTarget | undefined;
  /** null where there was nothing to weigh. */
  readonly economics: SwitchEconomics | null;
}

const NOTHING_TO_WEIGH: SwitchDecision = { kept: undefined, economics: null };

export interface SwitchSituation {
  readonly costOf: CostOf;
  readonly input: DecisionInput;
  /** Best first, as far as lists and prices go. */
  readonly ordered: readonly RankedTarget[];
  readonly cap: SwitchCap | null;
}

/**
 * Titles and the like have a prompt of their own: nothing of the conversation's is warm for them. Records of versions that
 * knew nothing of caches are planned again as they were.
 */
export function weighSwitch({ costOf, input, ordered, cap }: SwitchSituation): SwitchDecision {
  const [first] = ordered;
  if (first === undefined || input.economics === undefined) return NOTHING_TO_WEIGH;
  if (input.decisionPoint === 'background') return NOTHING_TO_WEIGH;
  const current = ordered.find(({ target }) => target.id === input.affinityModel);
  const allowanceUsd = cap?.allowanceUsd ?? null;
  const compare = (from: RankedTarget, to: RankedTarget) =>
    compareSwitch({ costOf, input, from, to, ranked: ordered, allowanceUsd });
  if (current !== undefined && current !== first && isAsGood(current, first)) {
    const economics = compare(current, first);
    if (economics === null) return NOTHING_TO_WEIGH;
    const moved = isWorthMoving(economics);
    return { kept: moved ? undefined : current, economics: { ...economics, moved } };
  }
  // A list says what the user trusts; where it leads away from a model that is warm here and trusted as well, only if
  // that does not cost more.
  const warm = first.isListed && current !== first ? warmest(ordered, first) : undefined;
  if (warm !== undefined) {
    const economics = compare(warm, first);
    if (economics !== null && !isWorthMoving(economics) && economics.stayCostUsd < economics.moveCostUsd) {
      return { kept: warm, economics: { ...economics, moved: false } };
    }
  }
  const other = current === first ? ordered.find((one) => one !== first && isAsGood(one, first)) : undefined;
  const economics = other === undefined ? null : compare(first, other);
  return { kept: undefined, economics: economics === null ? null : { ...economics, moved: false } };
}

/** Lists name models for when the first cannot answer as well: to be kept, one must be as likely to succeed. */
const AS_GOOD_AS_THE_FIRST = 0.05;

function isAsGood(
  { isListed, reachesThreshold, successProbability }: RankedTarget,
  first: RankedTarget,
): boolean {
  return (
    reachesThreshold || (isListed && successProbability >= first.successProbability - AS_GOOD_AS_THE_FIRST)
  );
}

/** Of the models with something warm that are as good as the first, the one whose rest of the task is cheapest. */
function warmest(ordered: readonly RankedTarget[], first: RankedTarget): RankedTarget | undefined {
  let best: RankedTarget | undefined;
  for (const one of ordered) {
    if (one === first || one.warmTokens <= 0 || one.taskCostUsd === null || !isAsGood(one, first)) continue;
    if (best?.taskCostUsd == null || one.taskCostUsd < best.taskCostUsd) best = one;
  }
  return best;
}

export interface Capped<Candidate> {
  readonly candidates: readonly Candidate[];
  /** What the record must say; null = nothing was changed. */
  readonly note: string | null;
}

/** Those that fit go first. Where nobody does, the one that does least harm. */
export function applySwitchCap<Candidate extends Ordered>(
  candidates: readonly Candidate[],
  cap: SwitchCap | null,
): Capped<Candidate> {
  const [first] = candidates;
  if (cap === null || first === undefined || cap.fits(first.target)) return { candidates, note: null };
  const fitting = candidates.filter(({ target }) => cap.fits(target));
  const others = candidates.filter((candidate) => !fitting.includes(candidate));
  const limit = `${Number((cap.ratio * 100).toFixed(2))} % above staying on ${cap.baselineModel}`;
  if (fitting.length > 0) {
    const note = `${first.target.id} was not taken: with it the conversation could bill more than ${limit}`;
    return { candidates: [...fitting, ...others], note };
  }
  const note = `with every model the conversation could bill more than ${limit}; the one that can do so least was taken`;
  return { candidates: candidates.toSorted((a, b) => compareHarm(cap, a.target, b.target)), note };
}

/** Whom this request alone does not take beyond the limit goes first, by what is left for the next ones. */
function compareHarm(cap: SwitchCap, a: ModelTarget, b: ModelTarget): number {
  const leftOfA = cap.leftUsd(a);
  const leftOfB = cap.leftUsd(b);
  return leftOfA >= 0 && leftOfB >= 0 ? cap.spareUsd(b) - cap.spareUsd(a) : leftOfB - leftOfA;
}
