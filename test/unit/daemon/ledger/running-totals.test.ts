import assert from 'node:assert/strict';
import {
  assert as assertThat,
  array,
  boolean,
  constantFrom,
  double,
  integer,
  property,
  record,
} from 'fast-check';
import { MEMORY_PATH } from '../../../../daemon/ledger/database-file.ts';
import { RunningTotals } from '../../../../daemon/ledger/running-totals.ts';
import type { TotalsBody } from '../../../../daemon/protocol/control-api.ts';
import { NOON_MS, at, exchange, ledgerAt, unpriced } from './ledger-fixtures.ts';

const DAY_MS = 86_400_000;

/** Without the figures that are sketched here and exact there. */
function exactPart(body: TotalsBody): Omit<TotalsBody, 'latencyMs' | 'timeToFirstChunkMs'> {
  const { latencyMs: _latency, timeToFirstChunkMs: _firstChunk, ...rest } = body;
  return rest;
}

describe('running totals', () => {
  it('begin empty', () => {
    const body = new RunningTotals(NOON_MS).body();
    assert.equal(body.requests, 0);
    assert.equal(body.savedRatio, null);
    assert.deepEqual(body.latencyMs, { p50: null, p95: null });
  });

  it('take in only the exchanges of their UTC day', () => {
    const totals = new RunningTotals(NOON_MS);
    for (const atMs of [
      NOON_MS - DAY_MS / 2 - 1,
      NOON_MS - DAY_MS / 2,
      NOON_MS + DAY_MS / 2 - 1,
      NOON_MS + DAY_MS / 2,
    ])
      totals.add(exchange(`x_${atMs}`, at(atMs)));
    assert.equal(totals.body().requests, 2);
  });

  it('[A40] are the same as the database says, row by row and from any start', () => {
    const row = record({
      status: constantFrom('ok', 'error', 'cancelled', 'interrupted'),
      cache: constantFrom('miss', 'exact', 'semantic', 'bypass'),
      money: double({ min: -10, max: 10, noNaN: true }),
      isPriced: boolean(),
      hasUsage: boolean(),
      minute: integer({ min: -60, max: 60 }),
    });
    assertThat(
      property(array(row, { maxLength: 30 }), integer({ min: 0, max: 30 }), (rows, seedAfter) => {
        const { ledger } = ledgerAt(MEMORY_PATH);
        for (const [index, { status, cache, money, isPriced, hasUsage, minute }] of rows.entries()) {
          if (index === seedAfter) ledger.today();
          ledger.append(
            exchange(`x_${index}`, {
              ...at(NOON_MS + minute * 60_000),
              status,
              cache,
              ...(isPriced ? { savedUsd: money } : unpriced),
              ...(hasUsage ? {} : { usage: null }),
            }),
          );
        }
        const running = exactPart(ledger.today());
        const stored = exactPart(ledger.totals({}));
        void ledger.close();
        assert.deepEqual({ ...running, ...rounded(running) }, { ...stored, ...rounded(stored) });
      }),
      { numRuns: 60 },
    );
  });
});

function rounded(
  body: Pick<
    TotalsBody,
    'savedUsd' | 'costUsd' | 'baselineCostUsd' | 'savedRatio' | 'meanLatencyMs' | 'savedBy'
  >,
): object {
  const round = (value: number | null): number | null =>
    value === null ? null : Math.round(value * 1e9) / 1e9 + 0;
  return {
    savedUsd: round(body.savedUsd),
    costUsd: round(body.costUsd),
    baselineCostUsd: round(body.baselineCostUsd),
    savedRatio: round(body.savedRatio),
    meanLatencyMs: round(body.meanLatencyMs),
    savedBy: { ...body.savedBy, routing: round(body.savedBy.routing) },
  };
}
