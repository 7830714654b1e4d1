// Budgets as bars and sentences, and the form that changes one. Pure.

import type { BudgetState } from '../../daemon/protocol/control-api.ts';
import { grouped, percent, tokens, usd } from './figures.ts';
import type { Tone } from './health-rows.ts';
import { dateTimeLabel, timeUntil } from './time-labels.ts';

export interface BudgetBar {
  readonly title: string;
  /** 0..1 of the bar; a limit of nothing is full at once. */
  readonly fillRatio: number;
  /** `$3.20 of $5.00`; says so where nobody knows. */
  readonly spentText: string;
  readonly isSpentKnown: boolean;
  /** One word, and what it means. */
  readonly stateWord: string;
  readonly stateText: string;
  readonly tone: Tone;
  readonly resetsText: string;
  /** Of "each one for itself". */
  readonly instances: readonly BudgetInstance[];
}

export interface BudgetInstance {
  readonly name: string;
  readonly fillRatio: number;
  readonly spentText: string;
  readonly tone: Tone;
}

export const BUDGET_KINDS = [
  { kind: 'all', label: 'Everything', needsName: false },
  { kind: 'workspace', label: 'Workspace', needsName: false },
  { kind: 'client', label: 'Client', needsName: false },
  { kind: 'conversation', label: 'Conversation', needsName: false },
  { kind: 'model', label: 'Model', needsName: true },
  { kind: 'provider', label: 'Provider', needsName: true },
] as const;
export type BudgetKind = (typeof BUDGET_KINDS)[number]['kind'];

export const PERIODS = [
  { period: 'day', label: 'Day' },
  { period: 'week', label: 'Week' },
  { period: 'month', label: 'Month' },
] as const;

export const REACTIONS = [
  { onReach: 'warn', label: 'Warn', explanation: 'only says so' },
  { onReach: 'downgrade', label: 'Downgrade', explanation: 'leans to cheaper models as it runs out' },
  { onReach: 'block', label: 'Block', explanation: 'refuses requests until it starts again' },
] as const;

/** What `PUT budgets` takes for each. */
export type BudgetEntry = Pick<BudgetState, 'scope' | 'period' | 'limitUsd' | 'limitTokens' | 'onReach'>;

/** What the fields of the form hold, as typed. */
export interface BudgetDraft {
  readonly kind: BudgetKind;
  /** Empty = each one for itself. */
  readonly name: string;
  readonly period: BudgetState['period'];
  readonly limit: string;
  readonly unit: 'usd' | 'tokens';
  readonly onReach: BudgetState['onReach'];
}

export const EMPTY_DRAFT: BudgetDraft = {
  kind: 'all',
  name: '',
  period: 'day',
  limit: '',
  unit: 'usd',
  onReach: 'warn',
};

export function budgetBar(budget: BudgetState, nowMs: number): BudgetBar {
  const isSpentKnown = budget.error === undefined;
  const resetsAtMs = Date.parse(budget.resetsAt);
  return {
    title: budgetTitle(budget),
    fillRatio: isSpentKnown ? fillRatio(budget, budget) : 0,
    spentText: isSpentKnown
      ? `${spentText(budget, budget)} (${percent(fillRatio(budget, budget, Number.POSITIVE_INFINITY))})`
      : `spent unknown, of ${limitText(budget)}`,
    isSpentKnown,
    stateWord: isSpentKnown ? stateWord(budget) : 'Unknown',
    stateText: isSpentKnown ? stateText(budget) : unknownText(budget),
    tone: isSpentKnown ? toneOf(budget) : 'warning',
    resetsText: Number.isFinite(resetsAtMs)
      ? `starts again ${timeUntil(resetsAtMs, nowMs)}, ${dateTimeLabel(resetsAtMs)}`
      : '',
    instances: isSpentKnown
      ? (budget.instances ?? []).map((instance) => ({
          name: nameOfScope(instance.scope),
          fillRatio: fillRatio(budget, instance),
          spentText: spentText(budget, instance),
          tone: toneOf({ ...instance, onReach: budget.onReach }),
        }))
      : [],
  };
}

/** `Everything, $5.00 a day`. */
export function budgetTitle(budget: BudgetEntry): string {
  return `${scopeTitle(budget.scope)}, ${limitText(budget)} a ${budget.period}`;
}

export function draftOf(budget: BudgetEntry): BudgetDraft {
  const { scope, period, onReach, limitUsd, limitTokens } = budget;
  return {
    kind: kindOfScope(scope),
    name: nameOfScope(scope),
    period,
    limit: String(limitUsd ?? limitTokens ?? ''),
    unit: limitUsd === undefined ? 'tokens' : 'usd',
    onReach,
  };
}

/** What is typed, as the daemon takes it; a sentence when it is no budget at all. The daemon judges the rest. */
export function readDraft(
  draft: BudgetDraft,
): { readonly budget: BudgetEntry } | { readonly problem: string; readonly field: 'name' | 'limit' } {
  const name = draft.name.trim();
  const kind = BUDGET_KINDS.find((candidate) => candidate.kind === draft.kind);
  if (kind?.needsName === true && name === '') {
    return { field: 'name', problem: `Name the ${draft.kind} that this budget is for.` };
  }
  const text = draft.limit.trim().replace(/^\$/, '').replaceAll(/[, _]/g, '');
  const limit = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(limit)) {
    const example = draft.unit === 'usd' ? '5 or 2.50' : '50000';
    return { field: 'limit', problem: `Write the limit as a number, such as ${example}.` };
  }
  if (draft.unit === 'tokens' && !Number.isInteger(limit)) {
    return { field: 'limit', problem: 'Write the limit as a whole number of tokens, such as 50000.' };
  }
  const { period, onReach } = draft;
  const scope = draft.kind === 'all' || name === '' ? draft.kind : `${draft.kind}:${name}`;
  const bound = draft.unit === 'usd' ? { limitUsd: limit } : { limitTokens: limit };
  return { budget: { scope, period, ...bound, onReach } };
}

/** Without what only describes how it stands. */
export function entryOf(budget: BudgetState): BudgetEntry {
  const { scope, period, limitUsd, limitTokens, onReach } = budget;
  return {
    scope,
    period,
    onReach,
    ...(limitUsd === undefined ? {} : { limitUsd }),
    ...(limitTokens === undefined ? {} : { limitTokens }),
  };
}

/**
 * The list with one budget changed (`next`), taken away (null) or added (`old` null). null when the old one is not there
 * any more: somebody else changed it meanwhile.
 */
export function changedBudgets(
  present: readonly BudgetState[],
  old: BudgetEntry | null,
  next: BudgetEntry | null,
): readonly BudgetEntry[] | null {
  const entries = present.map(entryOf);
  if (old === null) return next === null ? entries : [...entries, next];
  const index = entries.findIndex((entry) => isSame(entry, old));
  if (index === -1) return null;
  return entries.toSpliced(index, 1, ...(next === null ? [] : [next]));
}

function isSame(a: BudgetEntry, b: BudgetEntry): boolean {
  return (
    a.scope === b.scope &&
    a.period === b.period &&
    a.onReach === b.onReach &&
    a.limitUsd === b.limitUsd &&
    a.limitTokens === b.limitTokens
  );
}

function scopeTitle(scope: string): string {
  const kind = kindOfScope(scope);
  const name = nameOfScope(scope);
  if (kind === 'all') return 'Everything';
  if (name === '') return `Each ${kind}`;
  return `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)} ${name}`;
}

function kindOfScope(scope: string): BudgetKind {
  const word = scope.split(':', 1)[0];
  return BUDGET_KINDS.find(({ kind }) => kind === word)?.kind ?? 'all';
}

function nameOfScope(scope: string): string {
  const colon = scope.indexOf(':');
  return colon === -1 ? '' : scope.slice(colon + 1);
}

type Spending = Pick<BudgetState, 'spentUsd' | 'spentTokens'>;

function fillRatio(limits: BudgetEntry, spent: Spending, most = 1): number {
  const limit = limits.limitUsd ?? limits.limitTokens ?? 0;
  const amount = limits.limitUsd === undefined ? spent.spentTokens : spent.spentUsd;
  return limit === 0 ? 1 : Math.min(most, amount / limit);
}

function spentText(limits: BudgetEntry, spent: Spending): string {
  const amount = limits.limitUsd === undefined ? tokens(spent.spentTokens) : usd(spent.spentUsd);
  return `${amount} of ${limitText(limits)}`;
}

function limitText({ limitUsd, limitTokens }: BudgetEntry): string {
  return limitUsd === undefined ? `${grouped(limitTokens ?? 0, 0)} tokens` : usd(limitUsd);
}

function stateWord({ state, pressure }: BudgetState): string {
  if (state === 'ok') return 'Within';
  return state === 'downgrade' && pressure < 1 ? 'Running out' : 'Reached';
}

function stateText({ state, onReach, pressure }: BudgetState): string {
  if (state === 'block') return 'Reached: requests are refused until it starts again.';
  if (state === 'warn') return 'Reached: requests go on, and each says so.';
  if (state === 'downgrade') {
    return pressure >= 1
      ? 'Used up: only the cheapest model that can answer is taken.'
      : `Running out: leans to cheaper models, ${percent(pressure)} of the way to the cheapest.`;
  }
  const later = {
    warn: 'says so when it is reached',
    downgrade: 'leans to cheaper models as it runs out',
    block: 'refuses requests when it is reached',
  } as const;
  return `Within the limit; ${later[onReach]}.`;
}

function unknownText({ error, onReach }: BudgetState): string {
  const follows = onReach === 'block' ? ' Requests are refused until it is known.' : '';
  const said = (error ?? '').trim();
  return `Nobody knows what was spent: ${said}${/[.!?]$/.test(said) ? '' : '.'}${follows}`;
}

function toneOf({ state, onReach }: Pick<BudgetState, 'state' | 'onReach'>): Tone {
  if (state === 'ok') return 'good';
  return state === 'block' || onReach === 'block' ? 'bad' : 'warning';
}
