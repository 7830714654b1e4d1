// How far the books are from the bill of the provider.

import type { HeardRecord } from './event-listener.ts';
import { quantile } from './figures.ts';
import type { MeteredCall } from './metered-upstream.ts';

export interface BilledPair {
  readonly call: MeteredCall;
  readonly record: HeardRecord;
}

export interface BillErrors {
  readonly count: number;
  readonly median: number;
  readonly p90: number;
  /** All estimates over all bills. */
  readonly sum: number;
}

export function errorsOf(pairs: readonly BilledPair[], part: 'all' | 'output' = 'all'): BillErrors {
  const both = pairs.map(({ call, record: { usage } }) => ({
    billed: (part === 'all' ? call.inputTokens : 0) + call.outputTokens,
    estimated: (part === 'all' ? (usage?.inputTokens ?? 0) : 0) + (usage?.outputTokens ?? 0),
  }));
  const errors = both.map(({ billed, estimated }) => Math.abs(estimated / billed - 1));
  const total = (of: 'billed' | 'estimated'): number => both.reduce((sum, each) => sum + each[of], 0);
  return {
    count: both.length,
    median: quantile(errors, 0.5),
    p90: quantile(errors, 0.9),
    sum: total('estimated') / total('billed'),
  };
}

export const ERROR_HEADING = `  ${'tokens in the books against the bill'.padEnd(42)}     n   median      p90      sum`;

export function errorLine(name: string, { count, median, p90, sum }: BillErrors): string {
  const percents = [median, p90, sum].map((share) => `${(share * 100).toFixed(1)} %`.padStart(9)).join('');
  return `  ${name.padEnd(42)}${String(count).padStart(6)}${percents}`;
}
