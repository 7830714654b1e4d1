// The same requests without a router and as they went, side by side, with what the first column rests upon.

import type { BeforeAfter, Compared } from '../protocol/control-api.ts';
import { UNKNOWN, count, counted, duration, percent, type Money } from './figures.ts';
import { alignRows } from './table.ts';

/** `requests`: how many there were in all. */
export function beforeAfterLines(compared: BeforeAfter, requests: number, usd: Money): readonly string[] {
  const { baselineFirstRequests: first, ratings } = compared;
  const dollars = (amount: number | null): string => (amount === null ? UNKNOWN : `${usd(amount)} $`);
  const row = (name: string, { before, after }: Compared, text: (value: number | null) => string) => [
    name,
    text(before),
    text(after),
  ];
  const failed = (value: number | null): string => (value === null ? UNKNOWN : count(value));
  const rated = (value: number | null, of: number): string =>
    value === null ? UNKNOWN : `${percent(value)} good of ${count(of)}`;
  const rows = [
    ['', 'before', 'after'],
    row('cost a month', compared.monthlyCostUsd, dollars),
    row('cost per request', compared.averageCostUsd, dollars),
    row('response time, mean', compared.meanLatencyMs, duration),
    row('success rate', compared.successRatio, percent),
    [
      'failed queries',
      compared.failedRequests.before === null
        ? UNKNOWN
        : `${failed(compared.failedRequests.before)} of ${count(first)}`,
      `${failed(compared.failedRequests.after)} of ${count(requests)}`,
    ],
    ['answered from cache', 'none', percent(compared.cacheHitRatio.after)],
    row('prompts read from cache', compared.promptCacheRatio, percent),
    [
      'user rating',
      rated(compared.goodRatingRatio.before, ratings.before),
      rated(compared.goodRatingRatio.after, ratings.after),
    ],
  ];
  return [
    ...alignRows(toTheRight(rows)),
    'before: the same requests on the model asked for (for auto: the configured baseline). Its cost is',
    'replayed from the books; time, success and failures are ' +
      (first === 0
        ? 'unknown, as it was never asked first.'
        : `those of the ${counted(first, 'request')} it got first.`),
  ];
}

/** Everything but the first column, whatever stands there. */
function toTheRight(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const widthOf = (column: number): number => Math.max(...rows.map((cells) => (cells[column] ?? '').length));
  return rows.map((cells) =>
    cells.map((cell, column) => (column === 0 ? cell : cell.padStart(widthOf(column)))),
  );
}
