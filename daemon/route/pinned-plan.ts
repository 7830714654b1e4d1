// Plans for a model that was asked for by name: exactly that one, and others only where the configuration lets them
// stand in. Nothing is weighed here, so there are no probabilities and no change of effort.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { RouteReason } from '../protocol/vocabulary.ts';
import { compareCost, tierRank, type Ordered } from './candidate-order.ts';
import { costLimitOf, usdText } from './cost-limit.ts';
import { rejectionOf, type EligibilityOptions } from './eligibility.ts';
import { fallbackChain } from './fallback-chain.ts';
import type { Figures, Reckoning } from './figures.ts';
import { makePlan, type Shown } from './make-plan.ts';
import { noEligibleTarget, type RejectedTarget } from './no-eligible-target.ts';
import type { Intent } from './override.ts';
import type { PlanError, RoutePlan, RoutingTable } from './policy.ts';

export interface PinnedSituation {
  readonly input: DecisionInput;
  readonly table: RoutingTable;
  readonly intent: Extract<Intent, { kind: 'pinned' }>;
  readonly reckoning: Reckoning;
}

type StandIn = Figures & Ordered;

/**
 * Its context window is the provider's to judge: our count is an estimate, and assistants compact when they see the
 * provider's own refusal. An outage is the attempt loop's to report, which knows when to come back. A wish to reason is
 * left out where the model cannot.
 */
export function planPinned(options: EligibilityOptions, situation: PinnedSituation): RoutePlan {
  const { input, table, intent, reckoning } = situation;
  const { target } = intent;
  const rejections = new Map<string, RejectedTarget>();
  const needs = input.needs.filter((need) => need !== 'reasoning');
  const own = rejectionOf(target, { ...input, needs, inputTokens: 0, unavailable: [] }, options);
  const pinned = reckoning.figures.find((figures) => figures.target === target);
  const chain: StandIn[] = [];
  if (own !== null) rejections.set(target.id, { ...own, target });
  else if (pinned !== undefined) chain.push({ ...pinned, isCapable: true });

  const notes = [...intent.notes];
  noteDear(pinned, input, notes);
  const why = `is not what was asked for: ${intent.because}`;
  for (const other of standIns(reckoning.figures, target)) {
    const out = table.exactFallback
      ? rejectionOf(other.target, input, options)
      : ({ filter: 'pinned', why } as const);
    if (out === null) chain.push(other);
    else rejections.set(other.target.id, { ...out, target: other.target });
  }
  const tried = fallbackChain(chain);
  const [chosen] = tried;
  if (own !== null && chosen !== undefined) notes.push(`${target.id} ${own.why}; another model was taken`);
  const whyNot = (choice: StandIn | undefined): string =>
    choice === undefined || choice.target === target ? why : `stands in after ${choice.target.id}`;
  const error: PlanError | null =
    chosen === undefined
      ? { code: 'route.no_eligible_target', message: noEligibleTarget(rejections, intent.because) }
      : null;
  const reason: RouteReason = chosen !== undefined && chosen.target !== target ? 'fallback' : intent.reason;
  return makePlan(intent, {
    chain: tried.map(asShown),
    losers: tried.slice(1).map((one) => ({ ...asShown(one), rejected: whyNot(chosen) })),
    escalation: [],
    figures: reckoning.figures.map(asShown),
    rejections,
    reason,
    notes,
    error,
  });
}

export function planUnknown(
  intent: Extract<Intent, { kind: 'unknown-model' }>,
  { figures }: Reckoning,
): RoutePlan {
  const rejections = new Map<string, RejectedTarget>();
  for (const { target } of figures) {
    rejections.set(target.id, { filter: 'pinned', why: 'is not what was asked for', target });
  }
  return makePlan(intent, {
    chain: [],
    losers: [],
    escalation: [],
    figures: figures.map(asShown),
    rejections,
    reason: 'exact',
    notes: intent.notes,
    error: { code: 'model.unknown', message: intent.message },
  });
}

function noteDear(pinned: Figures | undefined, input: DecisionInput, notes: string[]): void {
  const maxCostUsd = costLimitOf(input.controls.maxCostUsd);
  const costUsd = pinned?.expectedCostUsd ?? null;
  if (pinned === undefined || maxCostUsd === null || costUsd === null || costUsd <= maxCostUsd) return;
  notes.push(
    `${pinned.target.id} is expected to cost more than the max cost of ${usdText(maxCostUsd)}, and was asked for`,
  );
}

/** Equals and betters of the model that was asked for from the bottom up, then the rest; cheapest first in each tier. */
function standIns(figures: readonly Figures[], wanted: ModelTarget): readonly StandIn[] {
  const rank = tierRank(wanted.tier);
  const others = figures
    .filter(({ target }) => target !== wanted)
    .map((one): StandIn => ({ ...one, isCapable: tierRank(one.target.tier) >= rank }))
    .toSorted(compareCost);
  const byTier = (a: StandIn, b: StandIn): number => tierRank(a.target.tier) - tierRank(b.target.tier);
  return [
    ...others.filter(({ isCapable }) => isCapable).toSorted(byTier),
    ...others.filter(({ isCapable }) => !isCapable).toSorted((a, b) => byTier(b, a)),
  ];
}

/** Nobody looked at how likely a model is to do it. */
function asShown(figures: Figures): Shown {
  return { ...figures, successProbability: null };
}
