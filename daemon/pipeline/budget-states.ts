// Budgets as the control API shows them. Pure.

import type { BudgetState } from '../protocol/control-api.ts';
import type { Account } from './budget-accounts.ts';
import { isReached, isoOf, pressureOf, spentOf, type BudgetRule } from './budget-rules.ts';

/** More of "each one for itself" help nobody. */
const MAX_SHOWN = 20;

export function stateOf(rule: BudgetRule, account: Account, atMs: number): BudgetState {
  const { scope, period, limitUsd, limitTokens, onReach } = rule.budget;
  const refusesBlindly = account.fault !== null && onReach === 'block';
  const pressure = onReach === 'downgrade' ? pressureOf(rule, account, 0, atMs) : 0;
  return {
    scope,
    period,
    ...(limitUsd === undefined ? {} : { limitUsd }),
    ...(limitTokens === undefined ? {} : { limitTokens }),
    onReach,
    spentUsd: account.spentUsd,
    spentTokens: account.spentTokens,
    resetsAt: isoOf(account.endMs),
    state: isReached(rule, account) || pressure > 0 || refusesBlindly ? onReach : 'ok',
    pressure,
    ...(account.fault === null ? {} : { error: account.fault }),
  };
}

/** `none`: an account without anything in it, for when there is no other. */
export function worstFirst(
  rule: BudgetRule,
  accounts: readonly Account[],
  none: Account,
  atMs: number,
): BudgetState {
  const sorted = accounts.toSorted((a, b) => spentOf(rule, b) - spentOf(rule, a)).slice(0, MAX_SHOWN);
  const states = sorted.map((account) => {
    const { spentUsd, spentTokens, state, pressure } = stateOf(rule, account, atMs);
    return { scope: `${account.scope.by}:${account.scope.name}`, spentUsd, spentTokens, state, pressure };
  });
  return { ...stateOf(rule, sorted[0] ?? none, atMs), instances: states };
}
