// Answers a call of a view with the data of `analysis-data.ts`, as the daemon would.

import type { Profile } from '../../daemon/protocol/vocabulary.ts';
import {
  DAY_MS,
  EMPTY_TOTALS,
  emptyCache,
  emptyReplay,
  emptyStatus,
  richBudgets,
  richCache,
  richReplay,
  richSeries,
  richStatus,
  richTotals,
} from './analysis-data.ts';

export interface Call {
  readonly method: string;
  readonly route: string;
  readonly body: unknown;
}

export type Answer =
  { readonly body: unknown } | { readonly error: { readonly code: string; readonly message: string } };

export const BROKEN = 'The books cannot be read; run "pointsman doctor" to see why.';

export function richAnswer({ method, route, body }: Call): Answer {
  const { path, query } = parse(route);
  const groupBy = query.get('groupBy');
  if (path === 'totals') return { body: richTotals(groupBy, query.get('details') === '1') };
  if (path === 'series') return { body: richSeries() };
  if (path === 'status') return { body: richStatus() };
  if (path === 'budgets') return { body: method === 'PUT' ? withStates(body) : richBudgets() };
  if (path === 'cache') return { body: method === 'DELETE' ? { cleared: 214 } : richCache() };
  return { body: richReplay(profileOf(body)) };
}

export function emptyAnswer({ route, body }: Call): Answer {
  const { path } = parse(route);
  if (path === 'totals') return { body: EMPTY_TOTALS };
  if (path === 'series') return { body: { bucketMs: DAY_MS, points: [] } };
  if (path === 'status') return { body: emptyStatus() };
  if (path === 'budgets') return { body: { budgets: [] } };
  if (path === 'cache') return { body: emptyCache() };
  return { body: emptyReplay(profileOf(body)) };
}

export function brokenAnswer(): Answer {
  return { error: { code: 'router.internal', message: BROKEN } };
}

function parse(route: string): { readonly path: string; readonly query: URLSearchParams } {
  const [path = '', query = ''] = route.split('?');
  return { path, query: new URLSearchParams(query) };
}

function profileOf(body: unknown): Profile {
  return (body as { readonly profile: Profile }).profile;
}

function withStates(body: unknown): unknown {
  const { budgets } = body as { readonly budgets: readonly object[] };
  const [pattern] = richBudgets().budgets;
  return {
    budgets: budgets.map((budget) => ({
      spentUsd: 0,
      spentTokens: 0,
      resetsAt: pattern?.resetsAt,
      state: 'ok',
      pressure: 0,
      ...budget,
    })),
  };
}
