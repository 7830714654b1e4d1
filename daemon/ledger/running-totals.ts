// Totals of one UTC day that are kept up with every finished exchange, so that the status bar need not ask the
// database each time. Same rules and same figures as `totals.ts`, but for quantiles, which are sketched.

import type { TotalsBody } from '../protocol/control-api.ts';
import type { ExchangeRecord } from '../protocol/exchange-record.ts';
import type { ExactSamples } from './exact-samples.ts';
import { DAY_MS, dayStartMs } from './projection.ts';
import { QuantileSketch } from './quantile-sketch.ts';
import { epochMs } from './record-row.ts';
import { GrowingSums, type Sums } from './sums.ts';
import { totalsBody } from './totals.ts';

export class RunningTotals {
  /** First ms of the day it is about. */
  readonly dayStartAtMs: number;
  readonly #sums = new GrowingSums();
  readonly #latency = new QuantileSketch();
  readonly #firstChunk = new QuantileSketch();

  /** Starts from what the day already holds; absent = nothing. */
  constructor(
    atMs: number,
    seed?: { readonly sums: Sums; readonly latency: ExactSamples; readonly firstChunk: ExactSamples },
  ) {
    this.dayStartAtMs = dayStartMs(atMs);
    if (seed === undefined) return;
    this.#sums.addSums(seed.sums);
    for (const sample of seed.latency.values) this.#latency.add(sample);
    for (const sample of seed.firstChunk.values) this.#firstChunk.add(sample);
  }

  /** True when `atMs` lies in the day. */
  covers(atMs: number): boolean {
    return atMs >= this.dayStartAtMs && atMs < this.dayStartAtMs + DAY_MS;
  }

  /** Counts one finished exchange; one that started on another day is left out. */
  add(record: ExchangeRecord): void {
    if (!this.covers(epochMs(record.startedAt))) return;
    this.#sums.add(record);
    if (record.status === 'ok') this.#addLatency(record);
  }

  /** The day so far, without groups. */
  body(): TotalsBody {
    return totalsBody(this.#sums.read(), { latency: this.#latency, firstChunk: this.#firstChunk }, []);
  }

  #addLatency(record: ExchangeRecord): void {
    this.#latency.add(record.durationMs);
    if (record.timeToFirstChunkMs !== null) this.#firstChunk.add(record.timeToFirstChunkMs);
  }
}
