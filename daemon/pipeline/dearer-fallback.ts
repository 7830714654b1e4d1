// Consent before a dearer model stands in (`retries.dearerFallback: "ask"`): what would have answered if nothing were
// out, and which models of a plan cost so much more that they wait for the header `x-pointsman-allow-dearer: 1`.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { Candidate, DecisionInput } from '../protocol/exchange-record.ts';
import { usdText } from '../route/cost-limit.ts';
import type { Policy, RoutePlan, RoutingTable } from '../route/policy.ts';

/** The model that the user reckons with. */
export interface WishedChoice {
  readonly target: ModelTarget;
  /** null = unpriced. */
  readonly costUsd: number | null;
}

/** Dearer by less than this is no surprise. */
const DEARER_RATIO = 1.5;

/**
 * The choice if everything that is out for now were there. Else the request after a failed one would go to the dear
 * model as if it were the choice, only because the cheap one is cooling down.
 */
export function wishedChoice(
  policy: Pick<Policy, 'plan'>,
  input: DecisionInput,
  table: RoutingTable,
  plan: RoutePlan,
): WishedChoice | null {
  const lasting = input.unavailable.filter((entry) => entry.isLasting === true);
  const isWhole = lasting.length === input.unavailable.length;
  const wished = isWhole ? plan : policy.plan({ ...input, unavailable: lasting }, table);
  const [target] = wished.targets;
  return target === undefined ? null : { target, costUsd: costOf(wished.candidates, target) };
}

/** Why `target` must not stand in unasked, as a clause that follows its name; null = it may. */
export function whyHeldBack(
  target: ModelTarget,
  candidates: readonly Candidate[],
  wished: WishedChoice,
): string | null {
  const costUsd = costOf(candidates, target);
  if (target.id === wished.target.id || !isDearer(target, costUsd, wished)) return null;
  const own = costUsd === null ? 'has no price' : `is expected to cost ${usdText(costUsd)}`;
  return `${own} instead of ${wishedText(wished)} on ${wished.target.id}, and retries.dearerFallback is "ask"`;
}

/** How to consent. */
export const CONSENT_ADVICE =
  'send the request again with the header x-pointsman-allow-dearer: 1, or ask for that model by an override';

function isDearer(target: ModelTarget, costUsd: number | null, wished: WishedChoice): boolean {
  if (target.billing !== 'metered') return false;
  // What cannot be compared may be dearer.
  return costUsd === null || wished.costUsd === null || costUsd > wished.costUsd * DEARER_RATIO;
}

function wishedText({ target, costUsd }: WishedChoice): string {
  if (target.billing !== 'metered') return 'nothing';
  return costUsd === null ? 'an unknown price' : usdText(costUsd);
}

function costOf(candidates: readonly Candidate[], { id }: ModelTarget): number | null {
  return candidates.find(({ model }) => model === id)?.expectedCostUsd ?? null;
}
