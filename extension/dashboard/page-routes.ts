// The routes of the control API that the page asks, with the filter as their query. Pure.

import type { Filter } from './page-filter.ts';

/** What the first page has: more than fits on a screen, and quickly there. */
const FIRST_ROWS = 100;
/** Older ones come in larger pages, so that whoever scrolls does not wait often. */
const OLDER_ROWS = 300;

/** The route has no `since`: whoever reads on stops at the first row that is too old. */
export function exchangesRoute(filter: Filter, before: string | null = null): string {
  return route('exchanges', {
    limit: String(before === null ? FIRST_ROWS : OLDER_ROWS),
    before,
    client: filter.client,
    model: filter.model,
    task: filter.task,
    workspace: filter.workspace,
  });
}

export function totalsRoute(filter: Filter, groupBy: string | null = null): string {
  return route('totals', { since: filter.sinceMs === null ? null : String(filter.sinceMs), groupBy });
}

export const exchangeRoute = (exchangeId: string): string => `exchanges/${encodeURIComponent(exchangeId)}`;

/** Members that are null are left out. */
export function route(path: string, query: Readonly<Record<string, string | null>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null) given.append(name, value);
  const text = given.toString();
  return text === '' ? path : `${path}?${text}`;
}
