// Does a decision meet what a routing test expects? Pure: expectation and decision in, sentences out. A sentence says
// what was expected, what was chosen instead and what the decision went by.

import { isLoopbackHost } from '../config/base-url.ts';
import { nearestName } from '../config/nearest-name.ts';
import type { RoutingExpectation } from '../config/routing-tests-file.ts';
import type { RouterConfig } from '../config/schema.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import { whyHeldBack } from '../privacy/privacy-hold.ts';
import type { Complexity } from '../protocol/vocabulary.ts';
import type { Decided } from './decide.ts';
import type { CurrentSnapshot } from './snapshot-store.ts';

export interface JudgedDecision extends Pick<Decided, 'plan' | 'decision'> {
  readonly snapshot: Pick<CurrentSnapshot, 'connections' | 'table'>;
  readonly config: Pick<RouterConfig, 'classifier'>;
}

const GRADES: readonly Complexity[] = ['simple', 'moderate', 'complex'];

/** Why the decision fails the expectation, as one sentence; null when it meets it. */
export function shortfallOf(expect: RoutingExpectation, judged: JudgedDecision): string | null {
  const { plan } = judged;
  const chosen = plan.targets[0];
  // Nothing of it is sent at all, which is more than was asked for.
  const isKept = judged.decision.input?.privacy?.isRefused === true && isOnlyAboutPlace(expect);
  const graded = gradeShortfalls(expect, judged);
  const routed =
    isAboutModels(expect) && !isKept
      ? chosen === undefined
        ? [`expected ${wishesOf(expect)}, but ${plan.error?.message ?? 'no model can serve it'}`]
        : modelShortfalls(expect, chosen, judged)
      : [];
  const all = [...graded, ...routed];
  return all.length === 0 ? null : `${all.join('; ')}; reason: ${reasonOf(judged)}`;
}

function gradeShortfalls(expect: RoutingExpectation, { decision }: JudgedDecision): readonly string[] {
  const { complexity, taskType } = decision.classification;
  const found: string[] = [];
  if (expect.complexity !== undefined && expect.complexity !== complexity) {
    found.push(`expected complexity ${expect.complexity}, got ${complexity}`);
  }
  if (expect.minComplexity !== undefined && rankOf(complexity) < rankOf(expect.minComplexity)) {
    found.push(`expected complexity of at least ${expect.minComplexity}, got ${complexity}`);
  }
  if (expect.maxComplexity !== undefined && rankOf(complexity) > rankOf(expect.maxComplexity)) {
    found.push(`expected complexity of at most ${expect.maxComplexity}, got ${complexity}`);
  }
  if (expect.task !== undefined && expect.task !== taskType) {
    found.push(`expected task ${expect.task}, got ${taskType}`);
  }
  return found;
}

function modelShortfalls(
  expect: RoutingExpectation,
  chosen: ModelTarget,
  judged: JudgedDecision,
): readonly string[] {
  const found: string[] = [];
  const miss = (wish: string, rest = `chosen ${chosen.id} (${chosen.tier})`): void => {
    found.push(`expected ${wish}, ${rest}`);
  };
  const { minTier, maxTier, model, notModel, provider, maxCostUsd } = expect;
  if (minTier !== undefined && rankOf(chosen.tier) < rankOf(minTier)) miss(MIN_TIER(minTier));
  if (maxTier !== undefined && rankOf(chosen.tier) > rankOf(maxTier)) miss(MAX_TIER(maxTier));
  if (model !== undefined && chosen.id !== model) {
    miss(`model ${model}`, `chosen ${chosen.id} (${chosen.tier})${whyNot(model, judged)}`);
  }
  if (notModel !== undefined && chosen.id === notModel) miss(`another model than ${notModel}`);
  if (provider !== undefined && chosen.provider !== provider) {
    miss(`provider ${provider}`, `chosen ${chosen.id} at ${chosen.provider}`);
  }
  const costUsd = judged.plan.candidates.find((candidate) => candidate.model === chosen.id)?.expectedCostUsd;
  if (maxCostUsd !== undefined && !(typeof costUsd === 'number' && costUsd <= maxCostUsd)) {
    const cost = typeof costUsd === 'number' ? `expected to cost ${usd(costUsd)}` : 'which has no price';
    miss(`a cost of at most ${usd(maxCostUsd)}`, `chosen ${chosen.id}, ${cost}`);
  }
  if (expect.local === true) {
    const leak = leakOf(judged);
    if (leak !== null) miss(ON_THIS_MACHINE, leak);
  }
  return found;
}

/**
 * Where the words of this request could go beside this machine: to the choice, to whoever answers when it fails or
 * answers badly, and to a model that is asked for the grade.
 */
function leakOf({ plan, decision, snapshot, config }: JudgedDecision): string | null {
  const isLocal = ({ provider }: ModelTarget): boolean => {
    const baseUrl = snapshot.connections.get(provider)?.baseUrl;
    return baseUrl !== undefined && isLoopbackHost(URL.parse(baseUrl)?.hostname ?? '');
  };
  const [chosen, ...fallbacks] = plan.targets;
  if (chosen !== undefined && !isLocal(chosen)) return `chosen ${chosen.id} at ${chosen.provider}`;
  const fallback = fallbacks.find((target) => !isLocal(target));
  if (fallback !== undefined) return `but ${fallback.id} at ${fallback.provider} answers when it fails`;
  const stronger = plan.escalation.find((target) => !isLocal(target));
  if (stronger !== undefined) {
    return `but ${stronger.id} at ${stronger.provider} answers when its answer is weak`;
  }
  const { mode, model } = config.classifier;
  if (mode === 'local' || model === undefined) return null;
  const asked = snapshot.table.targets.find(({ id }) => id === model);
  if (asked === undefined || isLocal(asked)) return null;
  if (whyHeldBack(asked, decision.input?.privacy) !== null) return null;
  return `but classifier.mode "${mode}" sends the ask to ${asked.id} at ${asked.provider}`;
}

/** `; pro costs more than …`: what kept the expected model from being chosen. */
function whyNot(model: string, { plan, snapshot }: JudgedDecision): string {
  const candidate = plan.candidates.find((other) => other.model === model);
  if (candidate !== undefined) return candidate.rejected === null ? '' : `; ${model} ${candidate.rejected}`;
  const nearest = nearestName(
    model,
    snapshot.table.targets.map(({ id }) => id),
  );
  return `; there is no model ${model}${nearest === null ? '' : `, the nearest is "${nearest}"`}`;
}

function reasonOf({ plan, decision }: JudgedDecision): string {
  const { complexity, taskType, classifierName } = decision.classification;
  const grade = `${classifierName} took the ask for ${complexity} ${taskType}`;
  const binding = plan.bindingConstraint;
  return `${plan.reason}, profile ${plan.profile}, ${grade}${binding === null ? '' : `; ${binding}`}`;
}

const ON_THIS_MACHINE = 'that nothing leaves this machine';
const MIN_TIER = (tier: Complexity): string => `a model of at least tier ${tier}`;
const MAX_TIER = (tier: Complexity): string => `a model of at most tier ${tier}`;

function isAboutModels(expect: RoutingExpectation): boolean {
  const { minTier, maxTier, model, notModel, provider, local, maxCostUsd } = expect;
  return [minTier, maxTier, model, notModel, provider, local, maxCostUsd].some((wish) => wish !== undefined);
}

function isOnlyAboutPlace({ local, ...others }: RoutingExpectation): boolean {
  return local === true && !isAboutModels(others);
}

function wishesOf(expect: RoutingExpectation): string {
  const { minTier, maxTier, model, notModel, provider, local, maxCostUsd } = expect;
  return [
    minTier === undefined ? null : MIN_TIER(minTier),
    maxTier === undefined ? null : MAX_TIER(maxTier),
    model === undefined ? null : `model ${model}`,
    notModel === undefined ? null : `another model than ${notModel}`,
    provider === undefined ? null : `provider ${provider}`,
    maxCostUsd === undefined ? null : `a cost of at most ${usd(maxCostUsd)}`,
    local === undefined ? null : ON_THIS_MACHINE,
  ]
    .filter((wish) => wish !== null)
    .join(' and ');
}

function rankOf(grade: Complexity): number {
  return GRADES.indexOf(grade);
}

function usd(amount: number): string {
  return `${Number(amount.toPrecision(3))} USD`;
}
