// How a budget that runs out bends a decision: the models must be less and less likely to succeed, the user's lists no
// longer hold, and at the end the cheapest that can answer at all is taken. Hard filters hold throughout. Pure.

import type { BudgetPressure, DecisionInput } from '../protocol/exchange-record.ts';
import type { Profile, TaskType } from '../protocol/vocabulary.ts';
import type { RoutePlan, RoutingTable, SuccessThresholds } from './policy.ts';
import { thresholdOf } from './thresholds.ts';

export interface Bent {
  readonly input: DecisionInput;
  readonly table: RoutingTable;
}

/** Up to here the thresholds sink to those of the profile "budget", from here on to nothing. */
const BUDGET_PROFILE_AT = 0.5;

const PROFILES: readonly Profile[] = ['budget', 'balanced', 'quality'];
const TASKS: readonly TaskType[] = [
  'code',
  'classification',
  'reasoning',
  'translation',
  'creative',
  'vision',
  'general',
];

/** null where nothing presses: also for a pressure that is no number. */
export function pressureIn(input: DecisionInput): BudgetPressure | null {
  const given: Partial<BudgetPressure> | null = input.budgetPressure ?? null;
  if (typeof given?.pressure !== 'number' || !(given.pressure > 0)) return null;
  return { budget: given.budget ?? 'a budget', pressure: Math.min(1, given.pressure) };
}

/** The same decision as it is under pressure; itself without any. */
export function bend(input: DecisionInput, table: RoutingTable, { pressure }: BudgetPressure): Bent {
  const eased: DecisionInput = { ...input, budgetPressure: null };
  const bent = { ...table, profiles: NO_LISTS, thresholds: loweredThresholds(table, pressure) };
  if (pressure < 1) return { input: eased, table: bent };
  // Nothing is left: a task leaves its dear model in the middle and for however little, but what is warm still counts for
  // less; and no stronger model is asked because it goes badly.
  return { input: { ...eased, affinityModel: null, affinityEffort: null, escalation: null }, table: bent };
}

const NO_LISTS: RoutingTable['profiles'] = { budget: {}, balanced: {}, quality: {} };

function loweredThresholds(table: RoutingTable, pressure: number): SuccessThresholds {
  const row = (profile: Profile) =>
    Object.fromEntries(TASKS.map((task) => [task, loweredThreshold(table, profile, task, pressure)]));
  const [budget, balanced, quality] = PROFILES.map(row);
  return { budget: budget ?? {}, balanced: balanced ?? {}, quality: quality ?? {} };
}

function loweredThreshold(table: RoutingTable, profile: Profile, task: TaskType, pressure: number): number {
  const own = thresholdOf(table, profile, task);
  const least = Math.min(own, thresholdOf(table, 'budget', task));
  if (pressure >= BUDGET_PROFILE_AT)
    return least * (1 - (pressure - BUDGET_PROFILE_AT) / (1 - BUDGET_PROFILE_AT));
  return own + (least - own) * (pressure / BUDGET_PROFILE_AT);
}

/** The bent plan, with the reason and a remark where the pressure changed the choice. */
export function explainedBy(
  { budget, pressure }: BudgetPressure,
  plans: { readonly bent: RoutePlan; readonly usual: RoutePlan },
): RoutePlan {
  const { bent, usual } = plans;
  const [taken, spared] = [bent.targets[0], usual.targets[0]];
  // Two answers to one request are the last thing that an empty budget pays for.
  const plan = pressure < 1 ? bent : { ...bent, escalation: [] };
  if (taken === undefined || spared === undefined || taken.id === spared.id) return plan;
  const share = Math.round(pressure * 100);
  const note = `the budget "${budget}" leans to cheaper models (${share} %): ${taken.id} instead of ${spared.id}`;
  return { ...plan, reason: 'budget', notes: [...plan.notes, note] };
}

/** A model that was asked for by name is the user's own wish: it stays, and the record says what that costs. */
export function pinnedUnder({ budget, pressure }: BudgetPressure, plan: RoutePlan): RoutePlan {
  const [taken] = plan.targets;
  if (taken === undefined) return plan;
  const state = pressure < 1 ? 'is running out' : 'is used up';
  return {
    ...plan,
    notes: [...plan.notes, `the budget "${budget}" ${state}, and ${taken.id} was asked for by name`],
  };
}
