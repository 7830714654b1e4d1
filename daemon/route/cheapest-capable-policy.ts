// The default policy: the cheapest model that is trusted with the ask, by the table of the profile. Pure and total: equal
// input and table give an equal plan, no input makes it throw, and every model that is not tried has a reason.
//
// whose wish counts (override.ts) -> order of the table (candidate-order.ts) -> hard filters (eligibility.ts)
// -> ceiling -> affinity -> max cost -> fallback chain (fallback-chain.ts)

import { expectedCostUsd, type ExpectedRequest } from '../catalog/expected-cost.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { Candidate, DecisionInput } from '../protocol/exchange-record.ts';
import type { Complexity, RouteReason } from '../protocol/vocabulary.ts';
import { rankTargets, tierRank, type RankedTarget } from './candidate-order.ts';
import { applyMaxCost, costLimitOf, usdText } from './cost-limit.ts';
import { rejectionOf, type EligibilityOptions } from './eligibility.ts';
import { flipProbes } from './explain.ts';
import { fallbackChain } from './fallback-chain.ts';
import { noEligibleTarget, type RejectedTarget } from './no-eligible-target.ts';
import { resolveIntent, type Intent } from './override.ts';
import type { PlanError, Policy, RoutePlan, RoutingTable } from './policy.ts';

export interface CheapestCapableDeps extends EligibilityOptions {
  /** Expected USD of one request on a model; null = unpriced. */
  readonly expectedCostUsd: (request: ExpectedRequest) => number | null;
}

export function createCheapestCapablePolicy(deps: CheapestCapableDeps): Policy {
  const policy: Policy = {
    name: 'cheapest-capable',
    plan(input, table) {
      const intent = resolveIntent(input, table);
      if (intent.kind === 'free') return planFree(deps, input, table, intent);
      if (intent.kind === 'pinned') return planPinned(deps, input, table, intent);
      return planUnknown(deps, input, table, intent);
    },
    wouldFlip(input, table) {
      return flipProbes(input, table, policy).map(({ change, to }) => ({ change, to, patch: {} }));
    },
  };
  return policy;
}

/** As the daemon runs it. */
export const cheapestCapablePolicy: Policy = createCheapestCapablePolicy({ expectedCostUsd });

type FreeIntent = Extract<Intent, { kind: 'free' }>;
type PinnedIntent = Extract<Intent, { kind: 'pinned' }>;

/** Why models are out, by id. */
type Rejections = Map<string, RejectedTarget>;

function planFree(
  deps: CheapestCapableDeps,
  input: DecisionInput,
  table: RoutingTable,
  intent: FreeIntent,
): RoutePlan {
  const ranked = rankFor(deps, input, table, intent);
  const rejections = filterAll(deps, input, ranked, intent.ceiling);
  const notes = [...intent.notes];
  let pool = ranked.filter(({ target }) => !rejections.has(target.id));
  if (pool.length === 0) pool = waitForRecovery(ranked, rejections, notes);
  if (pool.length === 0 && input.needs.includes('reasoning')) {
    // Better an answer without the thinking that was asked for than none: the encoder leaves the wish out.
    const note = 'no model that fits can be asked to reason; the wish is left out';
    const wishless = { ...intent, notes: [...notes, note] };
    return planFree(deps, withoutReasoning(input), table, wishless);
  }
  if (pool.length === 0) {
    const error: PlanError = { code: 'route.no_eligible_target', message: noEligibleTarget(rejections) };
    return finish(intent, ranked, { chain: [], rejections, reason: 'cheapest-capable', notes, error });
  }

  const staying = affinityTarget(input, pool);
  noteLostAffinity(input, rejections, notes);
  const ordered = toFront(underCeiling(pool, intent.ceiling), staying);
  const maxCostUsd = costLimitOf(input.controls.maxCostUsd);
  const limited = applyMaxCost(ordered, maxCostUsd);
  if (limited.note !== null) notes.push(limited.note);
  const chain = applyMaxCost(fallbackChain(limited.candidates), maxCostUsd).candidates;
  const reason: RouteReason = limited.isBinding
    ? 'budget'
    : staying !== undefined && chain[0]?.target === staying.target
      ? 'affinity'
      : 'cheapest-capable';
  return finish(intent, ranked, { chain, rejections, reason, notes, error: null });
}

/**
 * Exactly this model; others only after it and only where the configuration allows. Its context window is the
 * provider's to judge: our count is an estimate, and assistants compact when they see the provider's own refusal.
 * An outage is the attempt loop's to report, which knows when to come back. A wish to reason is left out where the
 * model cannot.
 */
function planPinned(
  deps: CheapestCapableDeps,
  input: DecisionInput,
  table: RoutingTable,
  intent: PinnedIntent,
): RoutePlan {
  const { target } = intent;
  const ranked = rankFor(deps, input, table, intent);
  const rejections: Rejections = new Map();
  const chain: RankedTarget[] = [];
  const own = rejectionOf(target, { ...withoutReasoning(input), inputTokens: 0, unavailable: [] }, deps);
  const pinnedTarget = ranked.find((candidate) => candidate.target === target);
  if (own !== null) rejections.set(target.id, { ...own, target });
  else if (pinnedTarget !== undefined) chain.push(pinnedTarget);

  const notes = [...intent.notes];
  const maxCostUsd = costLimitOf(input.controls.maxCostUsd);
  const pinnedCostUsd = pinnedTarget?.expectedCostUsd ?? null;
  if (maxCostUsd !== null && pinnedCostUsd !== null && pinnedCostUsd > maxCostUsd) {
    notes.push(
      `${target.id} is expected to cost more than the max cost of ${usdText(maxCostUsd)}, and was asked for`,
    );
  }
  const others = standIns(ranked, target);
  if (table.exactFallback) {
    const filtered = filterAll(deps, input, others, null);
    for (const [id, rejection] of filtered) rejections.set(id, rejection);
    const pool = others.filter((candidate) => !filtered.has(candidate.target.id));
    if (own !== null && pool[0] !== undefined) notes.push(`${target.id} ${own.why}; another model was taken`);
    chain.splice(0, chain.length, ...fallbackChain([...chain, ...pool]));
  } else {
    const why = `is not what was asked for: ${intent.because}`;
    for (const other of others) {
      rejections.set(other.target.id, { filter: 'pinned', why, target: other.target });
    }
  }
  const isServed = chain[0] !== undefined;
  const error: PlanError | null = isServed
    ? null
    : { code: 'route.no_eligible_target', message: noEligibleTarget(rejections, intent.because) };
  const reason: RouteReason = isServed && chain[0]?.target !== target ? 'fallback' : intent.reason;
  return finish(intent, ranked, { chain, rejections, reason, notes, error });
}

function planUnknown(
  deps: CheapestCapableDeps,
  input: DecisionInput,
  table: RoutingTable,
  intent: Extract<Intent, { kind: 'unknown-model' }>,
): RoutePlan {
  const ranked = rankFor(deps, input, table, intent);
  const rejections: Rejections = new Map();
  for (const { target } of ranked) {
    rejections.set(target.id, { filter: 'pinned', why: 'is not what was asked for', target });
  }
  const error: PlanError = { code: 'model.unknown', message: intent.message };
  return finish(intent, ranked, {
    chain: [],
    rejections,
    reason: 'exact',
    notes: intent.notes,
    error,
  });
}

function withoutReasoning(input: DecisionInput): DecisionInput {
  return { ...input, needs: input.needs.filter((need) => need !== 'reasoning') };
}

function rankFor(
  deps: CheapestCapableDeps,
  input: DecisionInput,
  table: RoutingTable,
  intent: Intent,
): readonly RankedTarget[] {
  const costOf = (target: ModelTarget): number | null => {
    const { inputTokens, expectedOutputTokens, atMs } = input;
    const costUsd = deps.expectedCostUsd({ inputTokens, expectedOutputTokens, warmTokens: 0, target, atMs });
    return costUsd !== null && Number.isFinite(costUsd) ? costUsd : null;
  };
  const ask = {
    profile: intent.profile,
    taskType: input.classification.taskType,
    complexity: gradeOf(input),
  };
  return rankTargets(ask, table, costOf);
}

/** Titles, topics and summaries are simple work, whatever stands in the text that they are made of. */
function gradeOf(input: DecisionInput): Complexity {
  return input.decisionPoint === 'background' ? 'simple' : input.classification.complexity;
}

/** Hard filters first, then the ceiling, so that a reason names what the user can change. */
function filterAll(
  deps: CheapestCapableDeps,
  input: DecisionInput,
  ranked: readonly RankedTarget[],
  ceiling: ModelTarget | null,
): Rejections {
  const rejections: Rejections = new Map();
  const limit = ranked.find(({ target }) => target === ceiling);
  for (const candidate of ranked) {
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

/** Never a dearer tier and never a higher expected cost; of an unpriced model nobody knows, so it stays out. */
function aboveCeiling(candidate: RankedTarget, limit: RankedTarget): string | null {
  const { target, expectedCostUsd } = candidate;
  const ceiling = limit.target;
  if (tierRank(target.tier) > tierRank(ceiling.tier)) {
    return `is of a higher tier (${target.tier}) than the ceiling ${ceiling.id} (${ceiling.tier})`;
  }
  if (limit.expectedCostUsd === null) return null;
  if (expectedCostUsd === null) return `has no price, so it may be dearer than the ceiling ${ceiling.id}`;
  if (expectedCostUsd <= limit.expectedCostUsd) return null;
  return `would cost ${usdText(expectedCostUsd)}, the ceiling ${ceiling.id} ${usdText(limit.expectedCostUsd)}`;
}

/**
 * Everything that could answer is out for now. The plan keeps those models: the attempt loop tries whichever came back
 * in the meantime, else it tells the client when to come again.
 */
function waitForRecovery(
  ranked: readonly RankedTarget[],
  rejections: Rejections,
  notes: string[],
): RankedTarget[] {
  const pool = ranked.filter(({ target }) => rejections.get(target.id)?.filter === 'unavailable');
  for (const { target } of pool) {
    notes.push(`${target.id} ${rejections.get(target.id)?.why}; no other model can answer`);
    rejections.delete(target.id);
  }
  return pool;
}

/** The named model is the user's own choice, so it stands before all models that are not trusted with the grade. */
function underCeiling(pool: readonly RankedTarget[], ceiling: ModelTarget | null): readonly RankedTarget[] {
  const named = pool.find(({ target }) => target === ceiling);
  if (named === undefined || named.isCapable) return pool;
  const others = pool.filter((candidate) => candidate !== named);
  return [
    ...others.filter(({ isCapable }) => isCapable),
    { ...named, isCapable: true },
    ...others.filter(({ isCapable }) => !isCapable),
  ];
}

/** The model to stay on; undefined at every point at which the model may change. */
function affinityTarget(input: DecisionInput, pool: readonly RankedTarget[]): RankedTarget | undefined {
  if (input.decisionPoint !== 'continuation') return undefined;
  return pool.find(({ target }) => target.id === input.affinityModel);
}

function noteLostAffinity(input: DecisionInput, rejections: Rejections, notes: string[]): void {
  if (input.decisionPoint !== 'continuation' || input.affinityModel === null) return;
  const lost = rejections.get(input.affinityModel);
  if (lost !== undefined) notes.push(`the task leaves ${input.affinityModel}, which ${lost.why}`);
}

function toFront(
  candidates: readonly RankedTarget[],
  first: RankedTarget | undefined,
): readonly RankedTarget[] {
  if (first === undefined) return candidates;
  const others = candidates.filter(({ target }) => target !== first.target);
  return [{ ...first, isCapable: true }, ...others];
}

/** Who stands in for a model that was asked for by name: its equals and betters from the bottom up, then the rest. */
function standIns(ranked: readonly RankedTarget[], wanted: ModelTarget): readonly RankedTarget[] {
  const rank = tierRank(wanted.tier);
  const others = ranked.filter(({ target }) => target !== wanted);
  const isEqualOrBetter = ({ target }: RankedTarget): boolean => tierRank(target.tier) >= rank;
  const byTier = (a: RankedTarget, b: RankedTarget): number =>
    tierRank(a.target.tier) - tierRank(b.target.tier);
  return [
    ...others.filter(isEqualOrBetter).toSorted(byTier),
    ...others.filter((candidate) => !isEqualOrBetter(candidate)).toSorted((a, b) => byTier(b, a)),
  ].map((candidate) => ({ ...candidate, isCapable: isEqualOrBetter(candidate) }));
}

interface Outcome {
  readonly chain: readonly RankedTarget[];
  readonly rejections: Rejections;
  readonly reason: RouteReason;
  readonly notes: readonly string[];
  readonly error: PlanError | null;
}

function finish(intent: Intent, ranked: readonly RankedTarget[], outcome: Outcome): RoutePlan {
  const candidates = ranked.map(({ target, expectedCostUsd }): Candidate => ({
    model: target.id,
    expectedCostUsd,
    successProbability: null,
    warmTokens: 0,
    effort: null,
    rejected: outcome.rejections.get(target.id)?.why ?? null,
  }));
  return {
    targets: outcome.chain.map(({ target }) => target),
    efforts: {},
    escalation: [],
    bindingConstraint: null,
    baseline: intent.baseline,
    reason: outcome.reason,
    profile: intent.profile,
    candidates,
    notes: outcome.notes,
    error: outcome.error,
  };
}
