// What rows of the books add up to, before any ratio is taken: the list of the sums, what one record adds to each, and
// sums that are kept row by row. `totals.ts` reads the same sums with SQL.

import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import { CompensatedSums } from './compensated-sum.ts';
import { epochMs, isComparable } from './record-row.ts';

/** A record as lists have it. */
export type SummedRecord = Omit<ExchangeRecord, 'decision'>;

export const SUM_KEYS = [
  'requests',
  'inputTokens',
  'cacheReadInputTokens',
  'cacheCreationInputTokens',
  'outputTokens',
  'reasoningOutputTokens',
  // Requests whose tokens are known at all.
  'counted',
  // Over priced rows; so are the next four, of which three are parts of `costUsd`.
  'priced',
  'costUsd',
  'classifierCostUsd',
  'failedAttemptsCostUsd',
  'estimatedCostUsd',
  // Over comparable rows: priced and with a baseline.
  'comparable',
  'baselineCostUsd',
  'savedUsd',
  'savedByRoutingUsd',
  'savedByExactCacheUsd',
  'savedBySemanticCacheUsd',
  'savedByPromptCacheInjectionUsd',
  'failed',
  'cacheHits',
  'cacheLookups',
] as const;

export type SumKey = (typeof SUM_KEYS)[number];

/** Sums of disjoint sets of rows may be added. */
export interface Sums extends Readonly<Record<SumKey, number>> {
  /** Start of the first and the last comparable row, epoch ms; null without one. */
  readonly firstComparableAtMs: number | null;
  readonly lastComparableAtMs: number | null;
}

/** What one record adds, in the order of `SUM_KEYS`. Unknown money adds nothing: an unpriced row is not free. */
export function termsOf(record: SummedRecord): readonly number[] {
  const { usage, savedBy, cache } = record;
  const ofPriced = (amount: number | null): number => (record.priced ? finite(amount) : 0);
  const compared = isComparable(record) ? record : null;
  const cost = ofPriced(record.costUsd);
  return [
    1,
    finite(usage?.inputTokens),
    finite(usage?.cacheReadInputTokens),
    finite(usage?.cacheCreationInputTokens),
    finite(usage?.outputTokens),
    finite(usage?.reasoningOutputTokens),
    count(Number.isFinite(usage?.inputTokens)),
    count(record.priced),
    cost,
    ofPriced(record.classifierCostUsd),
    ofPriced(record.failedAttemptsCostUsd),
    record.usageSource === 'estimated' ? cost : 0,
    count(compared !== null),
    finite(compared?.baselineCostUsd),
    finite(compared?.savedUsd),
    compared === null ? 0 : finite(savedBy.routing),
    compared === null ? 0 : finite(savedBy.exactCache),
    compared === null ? 0 : finite(savedBy.semanticCache),
    compared === null ? 0 : finite(savedBy.promptCacheInjection),
    count(record.status === 'error' || record.status === 'interrupted'),
    count(cache === 'exact' || cache === 'semantic'),
    count(cache !== 'bypass'),
  ];
}

/** Sums that grow row by row, with an error that does not. */
export class GrowingSums {
  readonly #sums = new CompensatedSums(SUM_KEYS.length);
  #firstAtMs: number | null = null;
  #lastAtMs: number | null = null;

  /** `terms`: from `termsOf`, where the same record goes into more than one sum. */
  add(record: SummedRecord, terms: readonly number[] = termsOf(record)): void {
    this.#sums.add(terms);
    if (!isComparable(record)) return;
    const startedAtMs = epochMs(record.startedAt);
    this.#cover(startedAtMs, startedAtMs);
  }

  addSums(sums: Sums): void {
    this.#sums.add(SUM_KEYS.map((key) => sums[key]));
    const { firstComparableAtMs: first, lastComparableAtMs: last } = sums;
    if (first !== null && last !== null) this.#cover(first, last);
  }

  read(): Sums {
    const read = Object.fromEntries(SUM_KEYS.map((key, index) => [key, this.#sums.value(index)]));
    return {
      ...(read as Record<SumKey, number>),
      firstComparableAtMs: this.#firstAtMs,
      lastComparableAtMs: this.#lastAtMs,
    };
  }

  #cover(first: number, last: number): void {
    this.#firstAtMs = Math.min(this.#firstAtMs ?? Infinity, first);
    this.#lastAtMs = Math.max(this.#lastAtMs ?? -Infinity, last);
  }
}

/** Adds sums of disjoint sets of rows. */
export function addSums(list: Iterable<Sums>): Sums {
  const total = new GrowingSums();
  for (const sums of list) total.addSums(sums);
  return total.read();
}

function count(isCounted: boolean): number {
  return isCounted ? 1 : 0;
}

// The database keeps a number that is none as NULL; the running sums must agree with it.
function finite(amount: number | null | undefined): number {
  return Number.isFinite(amount) ? Number(amount) : 0;
}
