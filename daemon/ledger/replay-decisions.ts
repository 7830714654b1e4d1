// Computes a stored decision again from what the policy saw then. The same table and the same policy must give the
// same plan; another table or policy tells what would have happened instead.

import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import type { Policy, RoutingTable } from '../route/policy.ts';

export type DecisionPart = 'input' | 'chosen' | 'fallbacks' | 'baseline' | 'reason';

export interface ReplayedDecision {
  /** True when choice, fallbacks, baseline and reason are the stored ones. */
  readonly same: boolean;
  /** Model that the plan puts first; null when nothing could serve the request. */
  readonly chosen: string | null;
  /** The parts that differ; empty when `same`. `input` alone: the record has no input to replay. */
  readonly differences: readonly DecisionPart[];
}

/** Pure, so the whole history can be replayed under another policy or table. */
export function replayDecision(
  record: ExchangeRecord,
  table: RoutingTable,
  policy: Policy,
): ReplayedDecision {
  const { decision } = record;
  // Failed before routing, or cut off by a crash.
  if (decision === null || decision.input === null)
    return { same: false, chosen: null, differences: ['input'] };
  const plan = policy.plan(decision.input, table);
  const [chosen = null, ...fallbacks] = plan.targets.map((target) => target.id);
  const differences: DecisionPart[] = [];
  // An empty plan is stored with an empty choice.
  if ((chosen ?? '') !== decision.chosen) differences.push('chosen');
  if (fallbacks.join('\n') !== decision.fallbacks.join('\n')) differences.push('fallbacks');
  if ((plan.baseline?.id ?? null) !== decision.baseline) differences.push('baseline');
  if (plan.reason !== decision.reason) differences.push('reason');
  return { same: differences.length === 0, chosen, differences };
}
