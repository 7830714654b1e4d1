// The same requests without a router and as they went -> rows of a table. Pure. What the books do not say is unknown.

import type { BeforeAfter, Compared } from '../../daemon/protocol/control-api.ts';
import { counted, duration, grouped, percent, usd } from './figures.ts';

export interface BeforeAfterRow {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  /** How the second is to be read against the first; null = one of them is unknown, or they are the same. */
  readonly verdict: 'better' | 'worse' | null;
}

/** `requests`: how many there were in all. */
export function beforeAfterRows(compared: BeforeAfter, requests: number): readonly BeforeAfterRow[] {
  const { baselineFirstRequests, ratings, failedRequests, goodRatingRatio } = compared;
  const cacheHits = compared.cacheHitRatio;
  const rated = (ratio: number | null, of: number): string =>
    ratio === null ? 'unknown' : `${percent(ratio)} good of ${counted(of, 'rating')}`;
  const failed = (count: number | null, of: number): string =>
    count === null ? 'unknown' : `${grouped(count, 0)} of ${grouped(of, 0)}`;
  return [
    row('Cost a month', compared.monthlyCostUsd, usd, 'low'),
    row('Cost per request', compared.averageCostUsd, usd, 'low'),
    row('Response time, mean', compared.meanLatencyMs, duration, 'low'),
    row('Success rate', compared.successRatio, percent, 'high'),
    {
      label: 'Failed requests',
      before: failed(failedRequests.before, baselineFirstRequests),
      after: failed(failedRequests.after, requests),
      verdict: null, // of different numbers of requests; the rate above tells
    },
    {
      // Without a router there is no such cache, so that nothing is better than none.
      label: 'Answered from the response cache',
      before: cacheHits.before === null ? 'none' : percent(cacheHits.before),
      after: percent(cacheHits.after),
      verdict: null,
    },
    row('Prompts read from providers’ caches', compared.promptCacheRatio, percent, 'high'),
    {
      label: 'User rating',
      before: rated(goodRatingRatio.before, ratings.before),
      after: rated(goodRatingRatio.after, ratings.after),
      verdict: verdictOf(goodRatingRatio, 'high'),
    },
  ];
}

/** What the first column rests upon. */
export function beforeBasis({ baselineFirstRequests: first }: BeforeAfter): string {
  const measured =
    first === 0
      ? 'time, success and failures are unknown, as it was never asked first.'
      : `time, success and failures are those of ${first === 1 ? 'the one request' : `the ${counted(first, 'request')}`} that it got first.`;
  return `Before: the same requests on the model asked for (for auto: the configured baseline). Its cost is replayed from the books; ${measured}`;
}

function row(
  label: string,
  compared: Compared,
  text: (value: number | null) => string,
  best: 'low' | 'high',
): BeforeAfterRow {
  return {
    label,
    before: text(compared.before),
    after: text(compared.after),
    verdict: text(compared.before) === text(compared.after) ? null : verdictOf(compared, best),
  };
}

function verdictOf({ before, after }: Compared, best: 'low' | 'high'): BeforeAfterRow['verdict'] {
  if (before === null || after === null || before === after) return null;
  return after < before === (best === 'low') ? 'better' : 'worse';
}
