// Rows of one client, model, kind of task or workspace, as SQL conditions. The names are those of the groups of the
// totals, so that whoever sees a group can ask for its rows.

import type { SQLInputValue } from 'node:sqlite';
import type { RowFilter } from './ledger.ts';

/** Of rows that have none; the key of their group in the totals. */
export const UNKNOWN_KEY = 'unknown';

const COLUMNS: Readonly<Record<keyof RowFilter, string>> = {
  client: 'client',
  model: 'response_model',
  task: 'task',
  workspace: 'workspace_id',
};

export const FILTER_KEYS = Object.keys(COLUMNS) as (keyof RowFilter)[];

export interface Conditions {
  /** To be joined with AND. */
  readonly conditions: readonly string[];
  /** One for each `?`, in their order. */
  readonly values: readonly SQLInputValue[];
}

/** `alias`: what the columns are called by, with its dot. */
export function filterConditions(filter: RowFilter, alias = ''): Conditions {
  const conditions: string[] = [];
  const values: string[] = [];
  for (const key of FILTER_KEYS) {
    const wanted = filter[key];
    if (wanted === undefined) continue;
    const column = alias + COLUMNS[key];
    conditions.push(wanted === UNKNOWN_KEY ? `coalesce(${column}, '${UNKNOWN_KEY}') = ?` : `${column} = ?`);
    values.push(wanted);
  }
  return { conditions, values };
}
