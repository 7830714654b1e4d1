import assert from 'node:assert/strict';
import { RouterError } from '../../../../daemon/errors.ts';
import { MEMORY_PATH } from '../../../../daemon/ledger/database-file.ts';
import type { SeriesQuery } from '../../../../daemon/ledger/ledger.ts';
import type { SqliteLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import type { SeriesBody } from '../../../../daemon/protocol/control-api.ts';
import { NOON_MS, at, exchange, ledgerAt, unpriced } from './ledger-fixtures.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('series of totals', () => {
  let ledger: SqliteLedger;
  beforeEach(() => {
    ledger = ledgerAt(MEMORY_PATH).ledger; // its clock stands at noon
  });
  afterEach(() => ledger.close());

  const startsOf = ({ points }: SeriesBody): readonly number[] => points.map(({ startMs }) => startMs);

  it('[A45] has a point for each slice in which something was asked, oldest first', async () => {
    ledger.append(exchange('x_1', at(NOON_MS - 3 * HOUR_MS)));
    ledger.append(exchange('x_2', at(NOON_MS - HOUR_MS - 1)));
    ledger.append(exchange('x_3', { ...at(NOON_MS - HOUR_MS), status: 'error', ...unpriced, usage: null }));
    ledger.append(exchange('x_4', at(NOON_MS - 1)));
    const body = await ledger.series({ sinceAtMs: NOON_MS - 6 * HOUR_MS, bucketMs: HOUR_MS });
    assert.equal(body.bucketMs, HOUR_MS);
    assert.deepEqual(
      startsOf(body).map((startMs) => (startMs - NOON_MS) / HOUR_MS),
      [-3, -2, -1],
    );
    assert.deepEqual(body.points.at(-1), {
      startMs: NOON_MS - HOUR_MS,
      requests: 2,
      comparableRequests: 1,
      failedRequests: 1,
      costUsd: 0.011,
      baselineCostUsd: 0.05,
      savedUsd: 0.039,
      inputTokens: 1200,
      cacheReadInputTokens: 1000,
      outputTokens: 50,
    });
  });

  it('[A45] adds up to the totals of any window and filter, to 1e-9', async () => {
    for (let index = 0; index < 400; index += 1) {
      const costUsd = 0.1 + index / 7;
      ledger.append(
        exchange(`x_${index}`, {
          ...at(NOON_MS - index * 777_777),
          client: index % 2 === 0 ? 'opencode' : 'codex',
          costUsd,
          baselineCostUsd: costUsd * 3.3,
          savedUsd: costUsd * 2.3,
          ...(index % 9 === 0 ? unpriced : {}),
        }),
      );
    }
    const windows: readonly SeriesQuery[] = [
      {},
      { sinceAtMs: NOON_MS - DAY_MS - 12_345 },
      { sinceAtMs: NOON_MS - DAY_MS, untilAtMs: NOON_MS - 7_777_777 },
      { untilAtMs: NOON_MS - DAY_MS },
      { client: 'codex', model: 'flash', task: 'code', workspace: 'billing-api' },
      { client: 'nobody' },
    ];
    for (const window of windows) {
      for (const bucketMs of [undefined, 1_234_567, 10 * DAY_MS]) {
        const { points } = await ledger.series({
          ...window,
          ...(bucketMs === undefined ? {} : { bucketMs }),
        });
        const totals = ledger.totals(window);
        const sum = (
          name: 'requests' | 'costUsd' | 'baselineCostUsd' | 'savedUsd' | 'outputTokens',
        ): number => points.reduce((before, point) => before + point[name], 0);
        assert.equal(sum('requests'), totals.requests);
        assert.equal(sum('outputTokens'), totals.tokens.outputTokens);
        for (const name of ['costUsd', 'baselineCostUsd', 'savedUsd'] as const) {
          assert.ok(Math.abs(sum(name) - totals[name]) < 1e-9, name);
        }
      }
    }
  });

  for (const [days, bucketMs] of [
    [1 / 24, 60_000],
    [1, 15 * 60_000],
    [7, HOUR_MS],
    [30, 6 * HOUR_MS],
    [90, 12 * HOUR_MS],
    [365, 2 * DAY_MS],
    [20_000, 120 * DAY_MS],
  ] as const) {
    it(`cuts ${days < 1 ? 'an hour' : `${days} days`} into at most 200 slices of a usual length`, async () => {
      const sinceAtMs = Math.round(NOON_MS - days * DAY_MS);
      const body = await ledger.series({ sinceAtMs });
      assert.equal(body.bucketMs, bucketMs);
      assert.ok((NOON_MS - sinceAtMs) / bucketMs <= 200);
    });
  }

  it('begins with the first row when nobody says where', async () => {
    ledger.append(exchange('x_1', at(NOON_MS - 10 * DAY_MS)));
    assert.equal((await ledger.series({})).bucketMs, 3 * HOUR_MS);
    assert.equal((await ledger.series({})).points.length, 1);
  });

  it('begins its days at the midnight of who asks', async () => {
    const midnightInDelhi = Date.UTC(2026, 10, 19, 18, 30);
    ledger.append(exchange('x_1', at(midnightInDelhi + DAY_MS - 1)));
    ledger.append(exchange('x_2', at(midnightInDelhi + DAY_MS)));
    const body = await ledger.series({ sinceAtMs: midnightInDelhi, bucketMs: DAY_MS });
    assert.deepEqual(startsOf(body), [midnightInDelhi, midnightInDelhi + DAY_MS]);
  });

  it('counts its slices from the epoch when it begins at an odd moment, so that they do not wander', async () => {
    ledger.append(exchange('x_1', at(NOON_MS - 1)));
    for (const oddMs of [1, 60_000]) {
      const body = await ledger.series({ sinceAtMs: NOON_MS - DAY_MS + oddMs, bucketMs: HOUR_MS });
      assert.deepEqual(startsOf(body), [NOON_MS - HOUR_MS]);
    }
  });

  it('shows rows of a clock that was ahead', async () => {
    ledger.append(exchange('x_1', at(NOON_MS + DAY_MS)));
    assert.equal((await ledger.series({ sinceAtMs: NOON_MS })).points.length, 1);
  });

  it('is empty without rows, and where it ends before it begins', async () => {
    assert.deepEqual((await ledger.series({})).points, []);
    ledger.append(exchange('x_1'));
    assert.deepEqual((await ledger.series({ sinceAtMs: NOON_MS, untilAtMs: NOON_MS - DAY_MS })).points, []);
  });

  it('gives at most 2,000 slices and says which length would do', async () => {
    const window = { sinceAtMs: NOON_MS - 2 * DAY_MS, untilAtMs: NOON_MS };
    let leastMs = 0;
    await assert.rejects(ledger.series({ ...window, bucketMs: 1000 }), (error: unknown) => {
      assert.ok(error instanceof RouterError);
      assert.deepEqual([error.code, error.param], ['request.malformed', 'bucketMs']);
      leastMs = Number(/use (\d+) or more/.exec(error.message)?.[1]);
      return true;
    });
    assert.deepEqual((await ledger.series({ ...window, bucketMs: leastMs })).points, []);
  });
});
