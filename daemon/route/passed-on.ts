// Which model serves a request that is passed on (completions, embeddings): the one it names, and no other. Pure.
//
//   a configured model, or a known one of these endpoints     that one
//   another name, and one usable provider can be meant        that provider, unpriced
//   anything else                                             an error that names what is known

import type { ProviderConnection } from '../catalog/catalog.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import { hasOpenAiEndpoints, passedOnTargets, unlistedTarget } from '../catalog/passed-on-targets.ts';
import { whyHeldBack } from '../privacy/privacy-hold.ts';
import type { PrivacyHold } from '../protocol/exchange-record.ts';
import { findTarget, quoted } from './model-name.ts';
import type { PlanError, RoutePlan, RoutingTable } from './policy.ts';

const EXACT_PREFIX = 'exact/';

export function planPassedOn(
  requestModel: string,
  table: RoutingTable,
  connections: ReadonlyMap<string, ProviderConnection>,
  privacy?: PrivacyHold | null,
): RoutePlan {
  const name = requestModel.startsWith(EXACT_PREFIX) ? requestModel.slice(EXACT_PREFIX.length) : requestModel;
  const providers = [...connections.values()].filter(hasOpenAiEndpoints);
  const target = targetNamed(name, table, providers);
  if (target === undefined)
    return failed(table, { code: 'model.unknown', message: unknown(name, providers) });
  const heldBack = whyHeldBack(target, privacy);
  if (heldBack !== null || !target.usable) {
    const why = heldBack ?? target.unusableWhy ?? `provider ${target.provider} is not usable`;
    return failed(table, {
      code: 'route.no_eligible_target',
      message: heldBack === null ? `${target.id} cannot be asked: ${why}` : `${target.id} ${why}`,
    });
  }
  return {
    targets: [target],
    // Nothing is routed, so the model is compared with itself and nothing is saved.
    baseline: target,
    reason: 'exact',
    profile: table.profile,
    candidates: [
      {
        model: target.id,
        expectedCostUsd: null,
        successProbability: null,
        warmTokens: 0,
        effort: null,
        rejected: null,
      },
    ],
    ...NOT_ROUTED,
    notes: [],
    error: null,
  };
}

const NOT_ROUTED = { efforts: {}, escalation: [], bindingConstraint: null } as const;

function targetNamed(
  name: string,
  table: RoutingTable,
  providers: readonly ProviderConnection[],
): ModelTarget | undefined {
  const names = new Set(providers.map((provider) => provider.name));
  const configured = findTarget(name, {
    ...table,
    targets: table.targets.filter((target) => names.has(target.provider)),
  });
  if (configured !== undefined) return configured;
  const known = passedOnTargets(providers).filter((target) => target.upstreamModel === name);
  if (known.length > 0) return known.find((target) => target.usable) ?? known[0];
  const usable = providers.filter((provider) => provider.usable);
  const [only] = usable;
  // With two providers a guess could send somebody's code to the wrong company.
  return usable.length === 1 && only !== undefined && isName(name) ? unlistedTarget(name, only) : undefined;
}

/** `auto` means routing, and these endpoints are not routed. */
function isName(name: string): boolean {
  return name !== '' && name !== 'auto' && name !== 'claude-auto' && !name.startsWith('auto:');
}

function unknown(name: string, providers: readonly ProviderConnection[]): string {
  const known = passedOnTargets(providers.filter((provider) => provider.usable)).map((target) => target.id);
  const advice = known.length === 0 ? '' : `, or use one of: ${known.join(', ')}`;
  return `no provider is known to have the model ${quoted(name)} for this endpoint; add it under models with its provider${advice}`;
}

function failed(table: RoutingTable, error: PlanError): RoutePlan {
  return {
    targets: [],
    baseline: null,
    reason: 'exact',
    profile: table.profile,
    candidates: [],
    ...NOT_ROUTED,
    notes: [],
    error,
  };
}
