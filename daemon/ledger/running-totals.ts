// Totals of one UTC day that are kept up with every finished exchange, so that the status bar need not ask the
// database each time. Same rules and same figures as `totals.ts`, but for quantiles, which are sketched.

import type { TotalsBody } from '../protocol/control-api.ts';
import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import { CompensatedSum } from './compensated-sum.ts';
import { QuantileSketch } from './quantile-sketch.ts';
import { epochMs, isComparable } from './record-row.ts';
import { DAY_MS, dayStartMs, totalsBody } from './totals.ts';
import type { ExactSamples } from './exact-samples.ts';
import type { Sums } from './totals.ts';

/** Keys of `Sums` that are plain sums. */
type SumKey = Exclude<keyof Sums, 'tokens' | 'firstComparableAtMs' | 'lastComparableAtMs'>;

export class RunningTotals {
  /** First ms of the day it is about. */
  readonly dayStartAtMs: number;
  readonly #sums = new Map<string, CompensatedSum>();
  readonly #latency = new QuantileSketch();
  readonly #firstChunk = new QuantileSketch();
  #firstComparableAtMs: number | null = null;
  #lastComparableAtMs: number | null = null;

  /** Starts from what the day already holds; absent = nothing. */
  constructor(
    atMs: number,
    seed?: { readonly sums: Sums; readonly latency: ExactSamples; readonly firstChunk: ExactSamples },
  ) {
    this.dayStartAtMs = dayStartMs(atMs);
    if (seed === undefined) return;
    const { tokens, firstComparableAtMs, lastComparableAtMs, ...plain } = seed.sums;
    for (const [key, value] of [...Object.entries(plain), ...Object.entries(tokens)]) this.#add(key, value);
    this.#firstComparableAtMs = firstComparableAtMs;
    this.#lastComparableAtMs = lastComparableAtMs;
    for (const sample of seed.latency.values) this.#latency.add(sample);
    for (const sample of seed.firstChunk.values) this.#firstChunk.add(sample);
  }

  /** True when `atMs` lies in the day. */
  covers(atMs: number): boolean {
    return atMs >= this.dayStartAtMs && atMs < this.dayStartAtMs + DAY_MS;
  }

  /** Counts one finished exchange; one that started on another day is left out. */
  add(record: ExchangeRecord): void {
    const startedAtMs = epochMs(record.startedAt);
    if (!this.covers(startedAtMs)) return;
    this.#count('requests');
    for (const [kind, tokens] of Object.entries(record.usage ?? {})) this.#add(kind, Number(tokens));
    this.#addMoney(record, startedAtMs);
    if (record.status === 'ok') this.#addLatency(record);
    if (record.status === 'error' || record.status === 'interrupted') this.#count('failed');
    if (record.cache !== 'bypass') this.#count('cacheLookups');
    if (record.cache === 'exact' || record.cache === 'semantic') this.#count('cacheHits');
  }

  /** The day so far, without groups. */
  body(): TotalsBody {
    return totalsBody(this.#read(), { latency: this.#latency, firstChunk: this.#firstChunk }, []);
  }

  #addMoney(record: ExchangeRecord, startedAtMs: number): void {
    if (!record.priced) return;
    this.#add('costUsd', record.costUsd ?? 0);
    this.#add('classifierCostUsd', record.classifierCostUsd);
    this.#add('failedAttemptsCostUsd', record.failedAttemptsCostUsd);
    if (!isComparable(record)) return;
    this.#count('comparable');
    this.#add('baselineCostUsd', record.baselineCostUsd);
    this.#add('savedUsd', record.savedUsd);
    this.#firstComparableAtMs = Math.min(this.#firstComparableAtMs ?? Infinity, startedAtMs);
    this.#lastComparableAtMs = Math.max(this.#lastComparableAtMs ?? -Infinity, startedAtMs);
  }

  #addLatency(record: ExchangeRecord): void {
    this.#latency.add(record.durationMs);
    if (record.timeToFirstChunkMs !== null) this.#firstChunk.add(record.timeToFirstChunkMs);
  }

  #read(): Sums {
    const read = (key: SumKey | keyof Sums['tokens']): number => this.#sums.get(key)?.value ?? 0;
    return {
      requests: read('requests'),
      tokens: {
        inputTokens: read('inputTokens'),
        cacheReadInputTokens: read('cacheReadInputTokens'),
        cacheCreationInputTokens: read('cacheCreationInputTokens'),
        outputTokens: read('outputTokens'),
        reasoningOutputTokens: read('reasoningOutputTokens'),
      },
      costUsd: read('costUsd'),
      classifierCostUsd: read('classifierCostUsd'),
      failedAttemptsCostUsd: read('failedAttemptsCostUsd'),
      comparable: read('comparable'),
      baselineCostUsd: read('baselineCostUsd'),
      savedUsd: read('savedUsd'),
      firstComparableAtMs: this.#firstComparableAtMs,
      lastComparableAtMs: this.#lastComparableAtMs,
      failed: read('failed'),
      cacheHits: read('cacheHits'),
      cacheLookups: read('cacheLookups'),
    };
  }

  #count(key: SumKey): void {
    this.#add(key, 1);
  }

  #add(key: string, term: number): void {
    let sum = this.#sums.get(key);
    if (sum === undefined) this.#sums.set(key, (sum = new CompensatedSum()));
    sum.add(term);
  }
}
