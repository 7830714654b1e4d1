// The configured budgets as rules, and what each says of an account: how much of it is used up, and how hard it leans to
// cheaper models. Pure; sentences included.

import type { BudgetConfig } from '../config/schema.ts';
import { RouterError } from '../errors.ts';
import { usdText } from '../route/cost-limit.ts';
import type { Account } from './budget-accounts.ts';
import { elapsedShare } from './budget-period.ts';
import { budgetText, parseScope, type BudgetScope } from './budget-scope.ts';

export interface BudgetRule {
  readonly budget: BudgetConfig;
  readonly scope: BudgetScope;
  readonly unit: 'usd' | 'tokens';
  readonly limit: number;
  /** Tells budgets apart. */
  readonly key: string;
}

export function rulesOf(budgets: readonly BudgetConfig[]): readonly BudgetRule[] {
  return budgets.flatMap((budget) => {
    const scope = parseScope(budget.scope);
    const { limitUsd, limitTokens } = budget;
    const limit = limitUsd ?? limitTokens;
    if (scope === null || limit === undefined) return [];
    const unit = limitUsd === undefined ? ('tokens' as const) : ('usd' as const);
    const key = `${budget.scope} ${budget.period} ${unit} ${limit} ${budget.onReach}`;
    return [{ budget, scope, unit, limit, key }];
  });
}

/** Whether the budget is for single models, which others can stand in for. */
export function isOfModels({ scope }: BudgetRule): boolean {
  return scope.by === 'model' || scope.by === 'provider';
}

export function spentOf(rule: BudgetRule, account: Account): number {
  return rule.unit === 'usd' ? account.spentUsd : account.spentTokens;
}

export function isReached(rule: BudgetRule, account: Account): boolean {
  return spentOf(rule, account) >= rule.limit;
}

/** A budget that runs ahead of the clock leans before it is this far used up; one that does not, from here on. */
const LATEST_START = 0.75;
/** So early in a period the clock says nothing: the first request of a morning is ahead of it. */
const EARLIEST_START = 0.25;

/**
 * 0..1. Nothing as long as less of the limit is used up than of the period is over (within the two borders above), then
 * in proportion up to 1 at the limit.
 */
export function pressureOf(rule: BudgetRule, account: Account, runningTotal: number, atMs: number): number {
  if (isReached(rule, account)) return 1;
  const used = (spentOf(rule, account) + runningTotal) / rule.limit;
  const start = Math.min(LATEST_START, Math.max(EARLIEST_START, elapsedShare(account, atMs)));
  return Math.min(1, Math.max(0, (used - start) / (1 - start)));
}

export function reachedError(rule: BudgetRule, account: Account): RouterError {
  const name = budgetText(rule.budget, account.scope);
  return new RouterError(
    'budget.exceeded',
    `the budget "${name}" is used up (${amountText(rule, spentOf(rule, account))} spent) and starts again at ${isoOf(account.endMs)}; wait until then, or raise it with the command pointsman.setBudget or under budgets in config.jsonc`,
  );
}

export function unknownError(rule: BudgetRule, account: Account): RouterError {
  const name = budgetText(rule.budget, account.scope);
  return new RouterError(
    'budget.exceeded',
    `nobody knows how much of the budget "${name}" is used up, because the ledger cannot be read (${account.fault ?? 'no reason given'}), and a budget that blocks lets nothing pass then; mend the ledger (see pointsman doctor) or take the budget out of config.jsonc`,
  );
}

/** `fault`: why what is spent from now on would be forgotten with the process. */
export function unkeptError(rule: BudgetRule, account: Account, fault: string): RouterError {
  const name = budgetText(rule.budget, account.scope);
  return new RouterError(
    'budget.exceeded',
    `what is spent of the budget "${name}" cannot be written down (${fault}), and a budget that blocks lets nothing pass then; make room or mend the ledger (see pointsman doctor), or take the budget out of config.jsonc`,
  );
}

export function unpricedError(rule: BudgetRule, account: Account, model: string): RouterError {
  const name = budgetText(rule.budget, account.scope);
  return new RouterError(
    'budget.exceeded',
    `${model} has no price, so the budget "${name}" cannot count it and does not let it pass; set models["${model}"].price in config.jsonc, or limit tokens instead`,
  );
}

/** What the record and the log say when a budget is reached. */
export function reachedNote(rule: BudgetRule, account: Account): string {
  const { budget } = rule;
  const name = budgetText(budget, account.scope);
  const spent = amountText(rule, spentOf(rule, account));
  const then =
    budget.onReach === 'warn'
      ? 'nothing changes but this warning'
      : budget.onReach === 'downgrade'
        ? 'the cheapest models that can answer are taken'
        : 'further requests are refused';
  return `the budget "${name}" is reached with ${spent}; until ${isoOf(account.endMs)} ${then}`;
}

export function amountText({ unit }: BudgetRule, amount: number): string {
  return unit === 'usd' ? usdText(amount) : `${Math.round(amount)} tokens`;
}

export function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
