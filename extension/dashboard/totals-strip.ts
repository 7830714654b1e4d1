// What the strip above the views says of the totals. Pure.

import type { TotalsBody, TotalsGroup } from '../../daemon/protocol/control-api.ts';
import { toneOf, type Tone } from './feed-rows.ts';
import { grouped, percent, signedUsd, usd } from './figures.ts';
import { FILTER_FIELDS, type Filter, type FilterField } from './page-filter.ts';

export interface StripFigure {
  readonly id: 'spent' | 'baseline' | 'saved' | 'coverage' | 'requests';
  readonly label: string;
  readonly value: string;
  readonly tone: Tone;
  /** One more sentence, small; null = none. */
  readonly note: string | null;
}

export interface StripSums {
  readonly requests: number;
  readonly pricedRequests: number;
  readonly comparableRequests: number;
  readonly costUsd: number;
  readonly estimatedCostUsd: number;
  readonly baselineCostUsd: number;
  readonly savedUsd: number;
}

/** The one field that is narrowed: its group is what the strip shows. With none or several it shows everything. */
export function stripField(filter: Filter): FilterField | null {
  const narrowed = FILTER_FIELDS.filter(({ field }) => filter[field] !== null);
  return narrowed.length === 1 ? (narrowed[0]?.field ?? null) : null;
}

/** The sums that the strip shows: of the chosen group, or of all. */
export function stripSums(totals: TotalsBody, filter: Filter): StripSums {
  const field = stripField(filter);
  if (field === null) return totals;
  const group = totals.groups.find(({ key }) => key === filter[field]);
  return group === undefined ? NO_SUMS : { ...group, estimatedCostUsd: 0 };
}

const NO_SUMS: StripSums = {
  requests: 0,
  pricedRequests: 0,
  comparableRequests: 0,
  costUsd: 0,
  estimatedCostUsd: 0,
  baselineCostUsd: 0,
  savedUsd: 0,
} satisfies Partial<TotalsGroup> & StripSums;

export function stripFigures(sums: StripSums): readonly StripFigure[] {
  const { requests, pricedRequests, comparableRequests, estimatedCostUsd } = sums;
  const costUsd = pricedRequests === 0 && requests > 0 ? null : sums.costUsd;
  const hasBaseline = comparableRequests > 0 || requests === 0;
  const baselineUsd = hasBaseline ? sums.baselineCostUsd : null;
  const savedUsd = hasBaseline ? sums.savedUsd : null;
  const ratio = savedUsd === null || sums.baselineCostUsd === 0 ? null : savedUsd / sums.baselineCostUsd;
  const unpriced = requests - pricedRequests;
  return [
    {
      id: 'saved',
      label: 'Saved',
      value: signedUsd(savedUsd),
      tone: toneOf(savedUsd),
      note: ratio === null ? null : `${ratio > 0 ? '+' : ''}${percent(ratio)} of the baseline`,
    },
    {
      id: 'spent',
      label: 'Spent',
      value: usd(costUsd),
      tone: 'plain',
      note: estimatedCostUsd > 0 ? `${usd(estimatedCostUsd)} of it estimated` : null,
    },
    {
      id: 'baseline',
      label: 'Would have cost',
      value: usd(baselineUsd),
      tone: 'plain',
      note: comparableRequests < requests ? 'without the requests that cannot be compared' : null,
    },
    {
      id: 'coverage',
      label: 'Coverage',
      value: requests === 0 ? '–' : percent(comparableRequests / requests),
      tone: 'plain',
      note: requests === 0 ? null : `${grouped(comparableRequests, 0)} priced and compared`,
    },
    {
      id: 'requests',
      label: 'Requests',
      value: grouped(requests, 0),
      tone: 'plain',
      note: unpriced > 0 ? `${grouped(unpriced, 0)} of unknown cost` : null,
    },
  ];
}
