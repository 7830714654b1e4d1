// What a budget counts: everything, one workspace, client, conversation, model or provider, or each workspace, client or
// conversation for itself. Pure.

import type { BudgetConfig } from '../config/schema.ts';
import type { SpentBy } from '../ledger/spent.ts';
import { explicitConversationId } from '../route/conversation-identity.ts';

/** Who a request is for. */
export interface BudgetSubject {
  readonly client: string;
  readonly workspaceId: string | null;
  /** '' = none, as for requests that are passed on. */
  readonly conversationId: string;
}

/** Whom it is sent to. */
export interface BudgetTarget {
  readonly id: string;
  readonly provider: string;
}

export interface BudgetScope {
  readonly by: SpentBy;
  /** null = each one for itself, and for `all`. */
  readonly name: string | null;
}

/** A scope with its one name: what has an account. `name` is '' for `all`. */
export interface AccountScope {
  readonly by: SpentBy;
  readonly name: string;
}

const KINDS: readonly Exclude<SpentBy, 'all'>[] = [
  'workspace',
  'client',
  'conversation',
  'model',
  'provider',
];

/** null = a scope that counts nothing, which the configuration does not let through. */
export function parseScope(scope: string): BudgetScope | null {
  if (scope === 'all') return { by: 'all', name: null };
  const colon = scope.indexOf(':');
  const by = KINDS.find((kind) => kind === (colon < 0 ? scope : scope.slice(0, colon)));
  if (by === undefined) return null;
  if (colon < 0) return { by, name: null };
  const name = scope.slice(colon + 1);
  return { by, name: by === 'conversation' ? explicitConversationId(name) : name };
}

/** The account that a request belongs to; null = the budget has nothing to do with it. Without a target, what is for one has not. */
export function accountScope(
  { by, name }: BudgetScope,
  subject: BudgetSubject,
  target: BudgetTarget | null,
): AccountScope | null {
  if (by === 'all') return { by, name: '' };
  const own = ownName(by, subject, target);
  if (own === null || own === '' || (name !== null && name !== own)) return null;
  return { by, name: own };
}

function ownName(
  by: Exclude<SpentBy, 'all'>,
  subject: BudgetSubject,
  target: BudgetTarget | null,
): string | null {
  const names: Readonly<Record<typeof by, string | null>> = {
    workspace: subject.workspaceId,
    client: subject.client,
    conversation: subject.conversationId,
    model: target?.id ?? null,
    provider: target?.provider ?? null,
  };
  return names[by];
}

/** `workspace:billing-api, 5 USD a day`; of "each one for itself" the one that is meant. */
export function budgetText(budget: BudgetConfig, account: AccountScope | null): string {
  const scope = account === null || account.by === 'all' ? budget.scope : `${account.by}:${account.name}`;
  return `${scope}, ${limitText(budget)} a ${budget.period}`;
}

function limitText({ limitUsd, limitTokens }: BudgetConfig): string {
  return limitUsd === undefined ? `${String(limitTokens)} tokens` : `${limitUsd} USD`;
}
