// The default policy: the cheapest model that is likely enough to do what is asked. Pure and total: equal input and table
// give an equal plan, no input makes it throw, and every model but the choice has a reason.
//
// whose wish counts (override.ts) -> cost and P(success) of each model (figures.ts) -> hard filters (eligibility.ts)
// -> ceiling -> escalation (escalation.ts) -> order (candidate-order.ts) -> affinity, or staying against moving
// (conversation-switch.ts) -> max cost -> limit on switching (switch-cap.ts) -> fallback chain

import { expectedCostUsd } from '../catalog/expected-cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { BudgetPressure, DecisionInput } from '../protocol/exchange-record.ts';
import type { RouteReason } from '../protocol/vocabulary.ts';
import { bend, explainedBy, pinnedUnder, pressureIn } from './budget-pressure.ts';
import { rankTargets, type Ask, type RankedTarget } from './candidate-order.ts';
import { completeInput } from './complete-input.ts';
import { applySwitchCap, weighSwitch } from './conversation-switch.ts';
import { applyMaxCost, costLimitOf } from './cost-limit.ts';
import { effortRange } from './effort.ts';
import type { EligibilityOptions } from './eligibility.ts';
import { filterAll, waitForRecovery, type Rejections } from './eligible-pool.ts';
import { escalate, takeOvers } from './escalation.ts';
import { flipProbes } from './explain.ts';
import { fallbackChain } from './fallback-chain.ts';
import { reckon, type Figures, type Reckoning } from './figures.ts';
import { makePlan } from './make-plan.ts';
import { helperFor } from './mixed-plan.ts';
import { noEligibleTarget } from './no-eligible-target.ts';
import { resolveIntent, type Intent } from './override.ts';
import { planPinned, planUnknown } from './pinned-plan.ts';
import type { Policy, RoutePlan, RoutingTable } from './policy.ts';
import { switchCap } from './switch-cap.ts';
import type { CostOf } from './task-cost.ts';
import { thresholdOf } from './thresholds.ts';
import { orderUntilDone } from './until-done.ts';
import { whyLost } from './why-lost.ts';

export interface CheapestCapableDeps extends EligibilityOptions {
  readonly expectedCostUsd: CostOf;
}

export function createCheapestCapablePolicy(deps: CheapestCapableDeps): Policy {
  const policy: Policy = {
    name: 'cheapest-capable',
    plan(given, table) {
      const input = completeInput(given);
      const intent = resolveIntent(input, table);
      const budget = pressureIn(input);
      if (budget !== null) return planUnderPressure(policy, { input, table, intent }, budget);
      const reckoning = reckon(deps.expectedCostUsd, input, table);
      if (intent.kind === 'free') return planFree(deps, { input, table, intent, reckoning });
      if (intent.kind === 'pinned') return planPinned(deps, { input, table, intent, reckoning });
      return planUnknown(intent, reckoning);
    },
    wouldFlip(input, table) {
      return flipProbes(input, table, policy).map(({ change, to, patch }) => ({ change, to, patch }));
    },
  };
  return policy;
}

function planUnderPressure(
  policy: Pick<Policy, 'plan'>,
  {
    input,
    table,
    intent,
  }: { readonly input: DecisionInput; readonly table: RoutingTable; readonly intent: Intent },
  budget: BudgetPressure,
): RoutePlan {
  const usual = policy.plan({ ...input, budgetPressure: null }, table);
  if (intent.kind !== 'free') return pinnedUnder(budget, usual);
  const bent = bend(input, table, budget);
  return explainedBy(budget, { bent: policy.plan(bent.input, bent.table), usual });
}

/** As the daemon runs it. */
export const cheapestCapablePolicy: Policy = createCheapestCapablePolicy({ expectedCostUsd });

type FreeIntent = Extract<Intent, { kind: 'free' }>;

interface FreeSituation {
  readonly input: DecisionInput;
  readonly table: RoutingTable;
  readonly intent: FreeIntent;
  readonly reckoning: Reckoning;
}

function planFree(deps: CheapestCapableDeps, situation: FreeSituation): RoutePlan {
  const { input, intent, reckoning } = situation;
  const limit = limitOf(situation);
  const rejections = filterAll(deps, input, reckoning.figures, limit);
  const notes = [...intent.notes];
  let pool: readonly Figures[] = reckoning.figures.filter(({ target }) => !rejections.has(target.id));
  const isWaiting = pool.length === 0;
  if (isWaiting) pool = waitForRecovery(reckoning.figures, rejections, notes);
  if (pool.length === 0 && input.needs.includes('reasoning')) {
    // Better an answer without the thinking that was asked for than none: the encoder leaves the wish out.
    const note = 'no model that fits can be asked to reason; the wish is left out';
    return planFree(deps, {
      ...situation,
      input: withoutReasoning(input),
      intent: { ...intent, notes: [...notes, note] },
    });
  }
  if (pool.length === 0) return nobody(situation, rejections, notes);
  return choose(deps, situation, { pool, isWaiting, rejections, notes });
}

interface Running {
  /** Who may answer; not empty. */
  readonly pool: readonly Figures[];
  /** All of them are out for now. */
  readonly isWaiting: boolean;
  readonly rejections: Rejections;
  readonly notes: string[];
}

function choose(
  { expectedCostUsd: costOf }: CheapestCapableDeps,
  situation: FreeSituation,
  { pool, isWaiting, rejections, notes }: Running,
): RoutePlan {
  const { input, table, intent, reckoning } = situation;
  const maxCostUsd = costLimitOf(input.controls.maxCostUsd);
  const cap = switchCap(costOf, input, table, intent.baseline);
  const escalation = escalate(input, table.targets, pool, { maxCostUsd, cap });
  for (const rejection of escalation.tooWeak) rejections.set(rejection.target.id, rejection);
  noteLostAffinity(input, rejections, notes);
  if (escalation.note !== null) notes.push(escalation.note);
  const ask = askOf(situation);
  const ranked = rankTargets(escalation.pool, withAskedEffortInside(input, reckoning), ask, table);
  const stay = stayingModel(input, ranked, escalation.staysOn);
  const staying = stay === undefined ? undefined : atTaskEffort(stay, situation);
  const priced = staying === undefined ? orderUntilDone(costOf, input, ranked, table.unvetted ?? []) : ranked;
  const wanted = underCeiling(priced, intent.ceiling);
  const { kept, economics } =
    staying === undefined && !escalation.isEscalated
      ? weighSwitch({ costOf, input, ordered: wanted, cap })
      : { kept: undefined, economics: null };
  const helper = table.mixedPlan === true ? helperFor({ costOf, input, staying, ranked, cap }) : undefined;
  const ordered = toFront(wanted, helper ?? staying ?? kept);
  const limited = applyMaxCost(ordered, maxCostUsd);
  const capped = applySwitchCap(limited.candidates, cap);
  for (const { note } of [limited, capped]) if (note !== null) notes.push(note);
  const chain = applyMaxCost(
    fallbackChain(capped.candidates),
    capped.note === null ? maxCostUsd : null,
  ).candidates;
  const [chosen] = chain;
  if (chosen === undefined) return nobody(situation, rejections, notes);
  const isStaying = chosen.target === staying?.target;
  noteUnlikely(chosen, ask, isStaying, ordered, notes);
  const isNamed = chosen.target === intent.ceiling && !chosen.reachesThreshold && !chosen.isListed;
  const isKept = chosen.target === kept?.target || chosen.target.id === economics?.fromModel;
  const choice = {
    chosen,
    ask,
    isStaying,
    isNamed,
    maxCostUsd,
    unvetted: table.unvetted ?? [],
    economics,
    cap: capped.note === null ? null : cap,
  };
  return makePlan(intent, {
    chain,
    losers: chain.slice(1).map((candidate) => ({ ...candidate, rejected: whyLost(candidate, choice) })),
    escalation: isWaiting ? [] : takeOvers(chosen, ordered, { maxCostUsd, cap }),
    figures: reckoning.figures,
    rejections,
    reason: reasonOf(limited.isBinding, escalation.isEscalated, isStaying || isKept),
    switchEconomics:
      economics === null ? null : { ...economics, moved: chosen.target.id === economics.toModel },
    notes,
    error: null,
  });
}

function nobody(
  { intent, reckoning }: FreeSituation,
  rejections: Rejections,
  notes: readonly string[],
): RoutePlan {
  const message = noEligibleTarget(rejections);
  return makePlan(intent, {
    chain: [],
    losers: [],
    escalation: [],
    figures: reckoning.figures,
    rejections,
    reason: 'cheapest-capable',
    notes,
    error: { code: 'route.no_eligible_target', message },
  });
}

function reasonOf(isLimited: boolean, isEscalated: boolean, isStaying: boolean): RouteReason {
  if (isEscalated) return 'escalated';
  if (isLimited) return 'budget';
  return isStaying ? 'affinity' : 'cheapest-capable';
}

/** Of the ceiling; undefined = there is none. */
function limitOf({ intent, reckoning }: FreeSituation): Figures | undefined {
  return reckoning.figures.find(({ target }) => target === intent.ceiling);
}

function askOf(situation: FreeSituation): Ask {
  const { input, table, intent } = situation;
  const { taskType, complexity } = input.classification;
  return {
    profile: intent.profile,
    taskType,
    // Titles, topics and summaries are simple work, whatever stands in the text that they are made of.
    complexity: input.decisionPoint === 'background' ? 'simple' : complexity,
    threshold: thresholdOf(table, intent.profile, taskType),
    ceilingCostUsd: limitOf(situation)?.coldCostUsd ?? null,
  };
}

export function withoutReasoning(input: DecisionInput): DecisionInput {
  return { ...input, needs: input.needs.filter((need) => need !== 'reasoning') };
}

/** The named model is the user's own choice, so it stands before all models that are not trusted with the ask. */
function underCeiling(ranked: readonly RankedTarget[], ceiling: ModelTarget | null): readonly RankedTarget[] {
  const named = ranked.find(({ target }) => target === ceiling);
  const isTrusted = ({ isListed, reachesThreshold }: RankedTarget): boolean => isListed || reachesThreshold;
  if (named === undefined || isTrusted(named)) return ranked;
  const others = ranked.filter((candidate) => candidate !== named);
  return [
    ...others.filter(isTrusted),
    { ...named, isCapable: true },
    ...others.filter((candidate) => !isTrusted(candidate)),
  ];
}

/** The model to stay on; undefined at every point at which the model may change. */
function stayingModel(
  input: DecisionInput,
  ranked: readonly RankedTarget[],
  staysOn: string | null,
): RankedTarget | undefined {
  const inside = input.decisionPoint === 'continuation' ? input.affinityModel : null;
  const find = (id: string | null) => ranked.find(({ target }) => target.id === id);
  return find(inside) ?? find(staysOn);
}

/** Inside a task nothing changes, the level of thinking included. */
function withAskedEffortInside(input: DecisionInput, reckoning: Reckoning): Reckoning {
  return input.decisionPoint === 'continuation' ? { ...reckoning, rangeOf: () => null } : reckoning;
}

function atTaskEffort(staying: RankedTarget, { input, table, reckoning }: FreeSituation): RankedTarget {
  const { affinityEffort, affinityModel } = input;
  if (affinityEffort === null || affinityModel !== staying.target.id) return staying;
  if (input.decisionPoint !== 'continuation') return staying;
  const range = effortRange(staying.target, input, table);
  const isTaken = staying.target.traits?.efforts?.includes(affinityEffort) === true;
  if (range === null || !isTaken || range.own === affinityEffort) return staying;
  return { ...staying, ...reckoning.atLevel(staying, range, affinityEffort) };
}

function noteLostAffinity(input: DecisionInput, rejections: Rejections, notes: string[]): void {
  if (input.decisionPoint !== 'continuation' || input.affinityModel === null) return;
  const lost = rejections.get(input.affinityModel);
  if (lost !== undefined) notes.push(`the task leaves ${input.affinityModel}, which ${lost.why}`);
}

function noteUnlikely(
  chosen: RankedTarget,
  ask: Ask,
  isStaying: boolean,
  ordered: readonly RankedTarget[],
  notes: string[],
): void {
  if (isStaying || ordered.some(({ isListed, reachesThreshold }) => isListed || reachesThreshold)) return;
  const kind = `${ask.profile}, ${ask.taskType}`;
  const least = `a success probability of ${Number(ask.threshold.toFixed(3))} (${kind})`;
  notes.push(
    `no model that may answer reaches ${least}; ${chosen.target.id} is the best there is, with ${chosen.successProbability.toFixed(2)}`,
  );
}

function toFront(
  candidates: readonly RankedTarget[],
  first: RankedTarget | undefined,
): readonly RankedTarget[] {
  if (first === undefined) return candidates;
  const others = candidates.filter(({ target }) => target !== first.target);
  return [{ ...first, isCapable: true }, ...others];
}
