// What a person types and chooses -> one budget, and the list with it. Pure.

import type { BudgetState } from '../../daemon/protocol/control-api.ts';

export interface Budget {
  readonly scope: string;
  readonly period: BudgetState['period'];
  readonly limitUsd?: number;
  readonly limitTokens?: number;
  readonly onReach: BudgetState['onReach'];
}

export type Limit = Pick<Budget, 'limitUsd' | 'limitTokens'>;

/** A limit, or the sentence that says what is wrong with the text. */
export function parseLimit(text: string): Limit | string {
  const match = /^\$?\s*(\d[\d,]*(?:\.\d+)?|\.\d+)\s*(k|m)?\s*(tokens?|usd|dollars?)?$/i.exec(text.trim());
  if (match === null) return 'Write an amount such as 5, $2.50, 50000 tokens or 2M tokens.';
  const [, digits = '', scale = '', unit = ''] = match;
  const factor = { k: 1000, m: 1_000_000 }[scale.toLowerCase()] ?? 1;
  const amount = Number(digits.replaceAll(',', '')) * factor;
  if (!/^tokens?$/i.test(unit)) {
    if (scale !== '' && unit === '' && !text.trim().startsWith('$'))
      return `Is that USD or tokens? Write ${digits}${scale} tokens or $${digits}${scale}.`;
    return amount <= 1_000_000 ? { limitUsd: amount } : 'A limit in USD is at most 1,000,000.';
  }
  if (text.trim().startsWith('$')) return 'Either USD or tokens, not both.';
  return Number.isSafeInteger(amount) ? { limitTokens: amount } : 'Tokens are whole numbers.';
}

export function limitText({ limitUsd, limitTokens }: Limit): string {
  return limitTokens === undefined ? `$${limitUsd ?? ''}` : `${limitTokens} tokens`;
}

/** Only what a budget is made of, without how it stands. */
export function budgetOf({ scope, period, limitUsd, limitTokens, onReach }: BudgetState): Budget {
  return {
    scope,
    period,
    onReach,
    ...(limitUsd === undefined ? {} : { limitUsd }),
    ...(limitTokens === undefined ? {} : { limitTokens }),
  };
}

/** `index` null = one more. */
export function withBudget(
  budgets: readonly BudgetState[],
  index: number | null,
  budget: Budget,
): readonly Budget[] {
  const present = budgets.map(budgetOf);
  return index === null ? [...present, budget] : present.with(index, budget);
}

export function withoutBudget(budgets: readonly BudgetState[], index: number): readonly Budget[] {
  return budgets.map(budgetOf).toSpliced(index, 1);
}

export interface ScopeChoice {
  readonly scope: string;
  readonly label: string;
  readonly detail: string;
}

/** The scopes that make sense here; names are those that were seen in the last requests. */
export function scopeChoices(seen: {
  readonly clients: readonly string[];
  readonly workspaces: readonly string[];
}): readonly ScopeChoice[] {
  const named = (kind: 'client' | 'workspace', names: readonly string[]): readonly ScopeChoice[] =>
    [...new Set(names)].toSorted().map((name) => ({
      scope: `${kind}:${name}`,
      label: `Only ${name.replaceAll('$(', '(')}`,
      detail: kind === 'client' ? 'This assistant.' : 'This workspace.',
    }));
  return [
    { scope: 'all', label: 'Everything', detail: 'All requests together.' },
    { scope: 'workspace', label: 'Each workspace', detail: 'Every workspace has the limit for itself.' },
    { scope: 'client', label: 'Each assistant', detail: 'Every assistant has the limit for itself.' },
    {
      scope: 'conversation',
      label: 'Each conversation',
      detail: 'Every conversation has the limit for itself.',
    },
    ...named('client', seen.clients),
    ...named('workspace', seen.workspaces),
  ];
}
