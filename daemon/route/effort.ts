// Which level of reasoning a model may be asked for in place of the client's own: less for simple work, one level more
// where that keeps a dearer model away. Nothing is changed for models whose levels are not known.

import type { ModelTarget } from '../catalog/model-target.ts';
import { nearestEffort, REASONING_EFFORTS } from '../conversation/settings.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { Profile, ReasoningEffort } from '../protocol/vocabulary.ts';
import type { RoutingTable } from './policy.ts';

/** Levels around the one that the model would think at anyway. */
export interface EffortRange {
  /** The client's own level as the model takes it; where the client named none, the usual default. */
  readonly own: ReasoningEffort;
  /** Lowest first; never below `low`, at most two of the model's levels down. */
  readonly lower: readonly ReasoningEffort[];
  /** One level up, at most `high`; null = not allowed or there is none. */
  readonly raised: ReasoningEffort | null;
}

/** What a model does that is asked to reason without a level: vendors' common default. */
const DEFAULT_EFFORT: ReasoningEffort = 'medium';
const LOWEST: ReasoningEffort = 'low';
const HIGHEST_RAISED: ReasoningEffort = 'high';
const MOST_LEVELS_DOWN = 2;

/**
 * Assumption: output with its reasoning as a multiple of the answer alone, per level. Vendors say only that it grows;
 * the order of models depends on it, the books never use it.
 */
const OUTPUT_PER_ANSWER: Readonly<Record<ReasoningEffort, number>> = {
  none: 1,
  minimal: 1.1,
  low: 1.3,
  medium: 1.8,
  high: 2.8,
  xhigh: 4,
  max: 5,
};

/** Expected output at another level, as a multiple of that at the client's own. */
export function outputFactor(from: ReasoningEffort, to: ReasoningEffort): number {
  return OUTPUT_PER_ANSWER[to] / OUTPUT_PER_ANSWER[from];
}

/** null: the level is the client's business alone (it may not be moved, or the model has no levels to move to). */
export function effortRange(
  target: Pick<ModelTarget, 'traits' | 'supports'>,
  input: Pick<DecisionInput, 'needs' | 'requestedEffort'>,
  table: Pick<RoutingTable, 'adjustsEffort'>,
): EffortRange | null {
  const { requestedEffort } = input;
  const reasons = requestedEffort !== null || input.needs.includes('reasoning');
  const efforts = target.traits?.efforts ?? [];
  if (!table.adjustsEffort || !reasons || efforts.length < 2) return null;
  if (!target.supports.includes('reasoning')) return null;
  // A client that asks for no thinking, or next to none, gets just that.
  if (requestedEffort !== null && rank(requestedEffort) < rank(LOWEST)) return null;
  const own = nearestEffort(requestedEffort ?? DEFAULT_EFFORT, efforts);
  if (own === undefined || rank(own) < rank(LOWEST)) return null;
  const levels = efforts
    .filter((effort) => rank(effort) >= rank(LOWEST))
    .toSorted((a, b) => rank(a) - rank(b));
  const index = levels.indexOf(own);
  const next = levels[index + 1];
  return {
    own,
    lower: levels.slice(Math.max(0, index - MOST_LEVELS_DOWN), index),
    // So a client that asks for more than medium is left at that.
    raised: next !== undefined && rank(next) <= rank(HIGHEST_RAISED) ? next : null,
  };
}

/** Simple work may be done with less thinking, unless quality is what the user wants. */
export function mayLower(isSimple: boolean, profile: Profile): boolean {
  return isSimple && profile !== 'quality';
}

function rank(effort: ReasoningEffort): number {
  return REASONING_EFFORTS.indexOf(effort);
}
