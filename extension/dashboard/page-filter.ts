// What the page is narrowed to, and whether a row falls under it. Pure.

import type { TotalsGroup } from '../../daemon/protocol/control-api.ts';
import { clientName, taskName } from './words.ts';
import type { TaskType } from '../../daemon/protocol/vocabulary.ts';

/** The same as `Filter` of the views, which lives beside the browser's types. */
export interface Filter {
  readonly sinceMs: number | null;
  readonly client: string | null;
  readonly model: string | null;
  readonly task: string | null;
  readonly workspace: string | null;
}

export const EVERYTHING: Filter = { sinceMs: null, client: null, model: null, task: null, workspace: null };

export type TimeWindow = 'today' | '7d' | '30d' | 'all';

export const TIME_WINDOWS: readonly { readonly id: TimeWindow; readonly label: string }[] = [
  { id: 'today', label: 'Today' },
  { id: '7d', label: '7 days' },
  { id: '30d', label: '30 days' },
  { id: 'all', label: 'All' },
];

/** What can be narrowed by the choice of a name. */
export type FilterField = 'client' | 'model' | 'task' | 'workspace';

export const FILTER_FIELDS: readonly {
  readonly field: FilterField;
  readonly label: string;
  readonly all: string;
}[] = [
  { field: 'client', label: 'Client', all: 'All clients' },
  { field: 'model', label: 'Model', all: 'All models' },
  { field: 'task', label: 'Task', all: 'All tasks' },
  { field: 'workspace', label: 'Workspace', all: 'All workspaces' },
];

const DAY_MS = 86_400_000;

/** Days are those of the person who looks: today begins at their midnight, 7 days are today and the six before. */
export function sinceOf(window: TimeWindow, nowMs: number): number | null {
  if (window === 'all') return null;
  const midnight = new Date(nowMs);
  midnight.setHours(0, 0, 0, 0);
  const daysBack = { today: 0, '7d': 6, '30d': 29 }[window];
  if (daysBack === 0) return midnight.getTime();
  // By calendar, since a day is not always 24 hours long.
  const first = new Date(midnight.getTime() - daysBack * DAY_MS + DAY_MS / 2);
  first.setHours(0, 0, 0, 0);
  return first.getTime();
}

/** What is known of a row; undefined = not yet. */
export interface FilteredRow {
  readonly startedAtMs: number;
  readonly client: string;
  readonly model: string | null | undefined;
  readonly task: string | null | undefined;
  readonly workspace: string | null | undefined;
}

/**
 * A running request shows up as soon as all that the filter asks about is known of it, and is never taken away again.
 */
export function isShown(filter: Filter, row: FilteredRow): boolean {
  return (
    (filter.sinceMs === null || row.startedAtMs >= filter.sinceMs) &&
    FILTER_FIELDS.every(({ field }) => filter[field] === null || row[field] === filter[field])
  );
}

export interface FilterChoice {
  readonly value: string;
  readonly label: string;
}

/** What the groups of the totals name, most used first; what is chosen stays in the list also when it has no rows. */
export function choicesOf(
  field: FilterField,
  groups: readonly Pick<TotalsGroup, 'key' | 'requests'>[],
  chosen: string | null,
): readonly FilterChoice[] {
  const keys = [...groups]
    // Of a client it is a name like any other; elsewhere it gathers the rows that have none.
    .filter(({ key }) => field === 'client' || key !== 'unknown')
    .sort((a, b) => b.requests - a.requests)
    .map(({ key }) => key);
  const all = chosen === null || keys.includes(chosen) ? keys : [...keys, chosen];
  return all.map((value) => ({ value, label: choiceLabel(field, value) }));
}

export function choiceLabel(field: FilterField, value: string): string {
  if (field === 'client') return clientName(value);
  return field === 'task' ? taskName(value as TaskType) : value;
}

export const isNarrowed = (filter: Filter): boolean =>
  FILTER_FIELDS.some(({ field }) => filter[field] !== null);
