// "Set a budget": how much, of what, in which time, and what happens then. Asks step by step; nothing is written before
// the last one.

import * as vscode from 'vscode';

import type { BudgetsBody, BudgetState, ExchangesBody } from '../../daemon/protocol/control-api.ts';
import type { DaemonConnection } from '../daemon/daemon-session.ts';
import { budgetWords } from '../status-bar/status-text.ts';
import {
  budgetOf,
  limitText,
  parseLimit,
  scopeChoices,
  withBudget,
  withoutBudget,
  type Budget,
  type Limit,
} from './budget-input.ts';
import { daemonOf, say, type CommandDeps } from './command-deps.ts';

const TITLE = 'Set a budget';

const PERIODS: readonly (vscode.QuickPickItem & { readonly period: Budget['period'] })[] = [
  { label: 'A day', detail: 'Starts again at midnight.', period: 'day' },
  { label: 'A week', detail: 'Starts again on Monday.', period: 'week' },
  { label: 'A month', detail: 'Starts again on the first.', period: 'month' },
];

const EFFECTS: readonly (vscode.QuickPickItem & { readonly onReach: Budget['onReach'] })[] = [
  {
    label: 'Lean to cheaper models',
    detail: 'More and more as it runs out; at the end the cheapest that can answer.',
    onReach: 'downgrade',
  },
  { label: 'Only say so', detail: 'The status bar shows it, nothing is held back.', onReach: 'warn' },
  {
    label: 'Refuse requests',
    detail: 'Assistants get an error that says when it starts again.',
    onReach: 'block',
  },
];

export async function setBudget(deps: CommandDeps): Promise<void> {
  const connection = await daemonOf(deps);
  const { budgets } = (await connection.call('GET', 'budgets')) as BudgetsBody;
  const index = budgets.length === 0 ? null : await chooseBudget(budgets);
  if (index === undefined) return;
  const present = index === null ? undefined : budgets[index];
  if (index !== null && present !== undefined) return await changeBudget(connection, budgets, index, present);
  const added = await askBudget(connection);
  if (added === undefined) return;
  await putBudgets(connection, withBudget(budgets, null, added));
  say('The budget is set.');
}

/** null = a new one, undefined = none. */
async function chooseBudget(budgets: readonly BudgetState[]): Promise<number | null | undefined> {
  const items = budgets.map((budget, index) => ({
    label: budgetWords(budget).replaceAll('$(', '('),
    description: budget.state === 'ok' ? '' : 'reached',
    index: index as number | null,
  }));
  const chosen = await vscode.window.showQuickPick(
    [...items, { label: '$(add) Add a budget…', description: '', index: null }],
    { title: TITLE, placeHolder: 'Which budget?' },
  );
  return chosen === undefined ? undefined : chosen.index;
}

async function changeBudget(
  connection: DaemonConnection,
  budgets: readonly BudgetState[],
  index: number,
  present: BudgetState,
): Promise<void> {
  const chosen = await vscode.window.showQuickPick(
    [
      { label: '$(edit) Change the limit…', what: 'limit' },
      { label: '$(settings) Change what happens when it is reached…', what: 'effect' },
      { label: '$(trash) Remove', what: 'remove' },
    ],
    { title: TITLE, placeHolder: budgetWords(present) },
  );
  if (chosen?.what === 'remove') {
    await putBudgets(connection, withoutBudget(budgets, index));
    return say('The budget is removed.');
  }
  const { scope, period, onReach, ...limit } = budgetOf(present);
  if (chosen?.what === 'limit') {
    const asked = await askLimit(TITLE, limitText(limit));
    if (asked === undefined) return;
    await putBudgets(connection, withBudget(budgets, index, { scope, period, onReach, ...asked }));
    return say('The limit is changed.');
  }
  if (chosen?.what !== 'effect') return;
  const effect = await vscode.window.showQuickPick(EFFECTS, {
    title: TITLE,
    placeHolder: 'When it is reached',
  });
  if (effect === undefined) return;
  await putBudgets(connection, withBudget(budgets, index, { ...budgetOf(present), onReach: effect.onReach }));
  say('The budget is changed.');
}

async function askBudget(connection: DaemonConnection): Promise<Budget | undefined> {
  const { exchanges } = (await connection.call('GET', 'exchanges?limit=200')) as ExchangesBody;
  const scopes = scopeChoices({
    clients: exchanges.map(({ client }) => client),
    workspaces: exchanges.flatMap(({ workspaceId }) => workspaceId ?? []),
  });
  const scope = await vscode.window.showQuickPick(
    scopes.map((choice) => ({ ...choice })),
    {
      title: `${TITLE} (1/4)`,
      placeHolder: 'For what?',
    },
  );
  if (scope === undefined) return undefined;
  const period = await vscode.window.showQuickPick(PERIODS, {
    title: `${TITLE} (2/4)`,
    placeHolder: 'For how long?',
  });
  if (period === undefined) return undefined;
  const limit = await askLimit(`${TITLE} (3/4)`, '');
  if (limit === undefined) return undefined;
  const effect = await vscode.window.showQuickPick(EFFECTS, {
    title: `${TITLE} (4/4)`,
    placeHolder: 'When it is reached',
  });
  if (effect === undefined) return undefined;
  return { scope: scope.scope, period: period.period, onReach: effect.onReach, ...limit };
}

async function askLimit(title: string, value: string): Promise<Limit | undefined> {
  const text = await vscode.window.showInputBox({
    title,
    value,
    prompt: 'An amount in USD or in tokens, such as 5, $2.50 or 50000 tokens',
    validateInput: (typed) => {
      const limit = parseLimit(typed);
      return typeof limit === 'string' ? limit : undefined;
    },
  });
  const limit = text === undefined ? undefined : parseLimit(text);
  return typeof limit === 'string' ? undefined : limit;
}

async function putBudgets(connection: DaemonConnection, budgets: readonly Budget[]): Promise<void> {
  await connection.call('PUT', 'budgets', { budgets });
}
