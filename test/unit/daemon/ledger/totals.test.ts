import assert from 'node:assert/strict';
import {
  assert as assertThat,
  double,
  property,
  array as arrayOf,
  record,
  constantFrom,
  boolean,
} from 'fast-check';
import { MEMORY_PATH } from '../../../../daemon/ledger/database-file.ts';
import type { TotalsBody, TotalsGroup, TotalsGroupBy } from '../../../../daemon/protocol/control-api.ts';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { NOON_MS, at, exchange, ledgerAt, unpriced } from './ledger-fixtures.ts';

const DAY_MS = 86_400_000;

async function totalsOf(
  changes: readonly Partial<ExchangeRecord>[],
  query: { readonly sinceAtMs?: number; readonly groupBy?: TotalsGroupBy } = {},
): Promise<TotalsBody> {
  const { ledger } = ledgerAt(MEMORY_PATH);
  for (const [index, change] of changes.entries()) ledger.append(exchange(`x_${index}`, change));
  const totals = ledger.totals(query);
  await ledger.close();
  return totals;
}

async function groupsOf(
  groupBy: TotalsGroupBy,
  changes: readonly Partial<ExchangeRecord>[],
): Promise<readonly TotalsGroup[]> {
  return (await totalsOf(changes, { groupBy })).groups;
}

describe('totals', () => {
  it('of nothing claim nothing', async () => {
    assert.deepEqual(await totalsOf([], { groupBy: 'model' }), {
      requests: 0,
      pricedRequests: 0,
      comparableRequests: 0,
      tokens: {
        inputTokens: 0,
        cacheReadInputTokens: 0,
        cacheCreationInputTokens: 0,
        outputTokens: 0,
        reasoningOutputTokens: 0,
      },
      costUsd: 0,
      estimatedCostUsd: 0,
      baselineCostUsd: 0,
      savedUsd: 0,
      savedBy: { routing: 0, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 },
      savedRatio: null,
      coverageRatio: null,
      classifierCostUsd: 0,
      failedAttemptsCostUsd: 0,
      latencyMs: { p50: null, p95: null },
      timeToFirstChunkMs: { p50: null, p95: null },
      successRatio: null,
      failedRequests: 0,
      cacheHitRatio: null,
      meanLatencyMs: null,
      projection: { monthlySavedUsd: null, yearlySavedUsd: null },
      groups: [],
    });
  });

  it('[A42] add up requests, tokens by kind, cost, baseline and saving', async () => {
    const totals = await totalsOf([{}, { costUsd: 0.5, baselineCostUsd: 0.25, savedUsd: -0.25 }]);
    assert.equal(totals.requests, 2);
    assert.deepEqual(totals.tokens, {
      inputTokens: 2400,
      cacheReadInputTokens: 2000,
      cacheCreationInputTokens: 200,
      outputTokens: 100,
      reasoningOutputTokens: 40,
    });
    assert.equal(totals.costUsd, 0.511);
    assert.equal(totals.baselineCostUsd, 0.3);
    assert.ok(Math.abs(totals.savedUsd + 0.211) < 1e-12);
    assert.ok(Math.abs((totals.savedRatio ?? 0) + 0.211 / 0.3) < 1e-12);
    assert.equal(totals.classifierCostUsd, 0.002);
  });

  it('[A37] never count an unpriced request as free, and show how much is known', async () => {
    const totals = await totalsOf([
      {},
      unpriced,
      { ...unpriced, costUsd: 99, baselineCostUsd: 99, savedUsd: 99 },
    ]);
    assert.equal(totals.requests, 3);
    assert.equal(totals.costUsd, 0.011);
    assert.equal(totals.classifierCostUsd, 0.001);
    assert.equal(totals.savedUsd, 0.039);
    assert.equal(totals.coverageRatio, 1 / 3);
    assert.equal(totals.tokens.inputTokens, 3600);
  });

  it('leave a priced request without a baseline out of the saving only', async () => {
    const totals = await totalsOf([{}, { costUsd: 2, baselineCostUsd: null, savedUsd: null }]);
    assert.equal(totals.costUsd, 2.011);
    assert.equal(totals.baselineCostUsd, 0.05);
    assert.equal(totals.savedUsd, 0.039);
    assert.equal(totals.coverageRatio, 0.5);
  });

  it('sum what failed attempts cost', async () => {
    const totals = await totalsOf([{ failedAttemptsCostUsd: 0.25 }, { failedAttemptsCostUsd: 0.5 }]);
    assert.equal(totals.failedAttemptsCostUsd, 0.75);
  });

  it('[A44] count failures and leave cancelled requests out of the success ratio', async () => {
    const totals = await totalsOf([
      {},
      {},
      {},
      { status: 'error' },
      { status: 'interrupted' },
      { status: 'cancelled' },
    ]);
    assert.equal(totals.failedRequests, 2);
    assert.equal(totals.successRatio, 3 / 5);
  });

  it('[A44] give mean and exact quantiles of the answered requests', async () => {
    const answered = Array.from({ length: 100 }, (_, index) => ({
      durationMs: 100 - index,
      timeToFirstChunkMs: index % 2 === 0 ? null : 10 * index,
    }));
    const totals = await totalsOf([...answered, { status: 'error', durationMs: 30_000 }]);
    assert.deepEqual(totals.latencyMs, { p50: 50, p95: 95 });
    assert.deepEqual(totals.timeToFirstChunkMs, { p50: 490, p95: 950 });
    assert.equal(totals.meanLatencyMs, 50.5);
  });

  it('[A44] count cache hits against the requests that were looked up', async () => {
    const totals = await totalsOf([{ cache: 'exact' }, { cache: 'semantic' }, {}, {}, { cache: 'bypass' }]);
    assert.equal(totals.cacheHitRatio, 0.5);
  });

  it('can begin at a time', async () => {
    const changes = [at(NOON_MS - 1), at(NOON_MS), at(NOON_MS + 1)];
    assert.equal((await totalsOf(changes, { sinceAtMs: NOON_MS })).requests, 2);
    const { groups } = await totalsOf(changes, { sinceAtMs: NOON_MS + 1, groupBy: 'model' });
    assert.equal(groups[0]?.requests, 1);
  });

  it('[A46] project nothing from less than a day', async () => {
    const totals = await totalsOf([at(NOON_MS), at(NOON_MS + DAY_MS - 1)]);
    assert.deepEqual(totals.projection, { monthlySavedUsd: null, yearlySavedUsd: null });
  });

  it('[A46] project the saving of the days so far, idle ones included', async () => {
    const saving = { savedUsd: 5, baselineCostUsd: 6, costUsd: 1 };
    const totals = await totalsOf([
      { ...saving, ...at(NOON_MS) },
      { ...saving, ...at(NOON_MS + 4 * DAY_MS) },
      { ...unpriced, ...at(NOON_MS + 40 * DAY_MS) },
    ]);
    assert.equal(totals.projection.yearlySavedUsd, 2 * 365);
    assert.equal(totals.projection.monthlySavedUsd, (2 * 365) / 12);
  });

  it('[A46] project a loss as a loss', async () => {
    const totals = await totalsOf([{ savedUsd: -4 }, { savedUsd: 0, ...at(NOON_MS + DAY_MS) }]);
    assert.equal(totals.projection.yearlySavedUsd, -2 * 365);
  });

  describe('in groups', () => {
    it('[A43] show the share of requests, tokens and spend of each model, dearest first', async () => {
      const groups = await groupsOf('model', [
        { responseModel: 'cheap', costUsd: 1 },
        { responseModel: 'cheap', costUsd: 1 },
        { responseModel: 'dear', costUsd: 6, usage: null },
        { ...unpriced, responseModel: null, usage: null },
      ]);
      assert.deepEqual(
        groups.map(({ key, requests, requestShare, tokenShare, costUsd, spendShare }) => [
          key,
          requests,
          requestShare,
          tokenShare,
          costUsd,
          spendShare,
        ]),
        [
          ['dear', 1, 0.25, 0, 6, 0.75],
          ['cheap', 2, 0.5, 1, 2, 0.25],
          ['unknown', 1, 0.25, 0, 0, 0],
        ],
      );
      assert.equal(groups[1]?.baselineCostUsd, 0.1);
      assert.equal(groups[1].savedUsd, 0.078);
      assert.equal(groups[1].tokens.outputTokens, 100);
    });

    it('[A47] show the share of each grade', async () => {
      const groups = await groupsOf('complexity', [
        { complexity: 'simple' },
        { complexity: 'simple' },
        { complexity: 'complex' },
        { complexity: null },
      ]);
      assert.deepEqual(
        groups.map((group) => [group.key, group.requestShare]),
        [
          ['simple', 0.5],
          ['complex', 0.25],
          ['unknown', 0.25],
        ],
      );
    });

    const cases: readonly (readonly [TotalsGroupBy, Partial<ExchangeRecord>, string])[] = [
      ['task', { task: 'reasoning' }, 'reasoning'],
      ['task', { task: null }, 'unknown'],
      ['client', { client: 'aider' }, 'aider'],
      ['workspace', { workspaceId: 'shop' }, 'shop'],
      ['workspace', { workspaceId: null }, 'unknown'],
      ['day', at(Date.UTC(2026, 0, 2) - 1), '2026-01-01'],
      ['day', at(Date.UTC(2026, 0, 2)), '2026-01-02'],
      ['model', { responseModel: '__proto__' }, '__proto__'],
    ];
    for (const [groupBy, change, key] of cases) {
      it(`by ${groupBy} call ${JSON.stringify(change)} ${key}`, async () => {
        const groups = await groupsOf(groupBy, [change]);
        assert.deepEqual(
          groups.map((group) => group.key),
          [key],
        );
      });
    }

    it('by day come in the order of the days', async () => {
      const groups = await groupsOf('day', [
        { ...at(NOON_MS), costUsd: 9 },
        { ...at(NOON_MS - 3 * DAY_MS), costUsd: 1 },
        { ...at(NOON_MS - DAY_MS), costUsd: 5 },
      ]);
      assert.deepEqual(
        groups.map((group) => group.key),
        ['2026-11-18', '2026-11-20', '2026-11-21'],
      );
    });
  });

  it('[A42] equal the sum of their rows to 1e-9, with groups and without', () => {
    const money = double({ min: 0, max: 1e6, noNaN: true });
    const row = record({
      costUsd: money,
      baselineCostUsd: money,
      responseModel: constantFrom('a', 'b', null),
      priced: boolean(),
    });
    assertThat(
      property(arrayOf(row, { maxLength: 40 }), (rows) => {
        const { ledger } = ledgerAt(MEMORY_PATH);
        for (const [index, { costUsd, baselineCostUsd, responseModel, priced }] of rows.entries()) {
          const known = { costUsd, baselineCostUsd, savedUsd: baselineCostUsd - costUsd, priced };
          ledger.append(exchange(`x_${index}`, { ...(priced ? known : unpriced), responseModel }));
        }
        const totals = ledger.totals({ groupBy: 'model' });
        const sum = (pick: (one: (typeof rows)[number]) => number): number =>
          rows.reduce((total, one) => total + (one.priced ? pick(one) : 0), 0);
        const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
        const grouped = totals.groups.reduce((total, group) => total + group.savedUsd, 0);
        void ledger.close();
        return (
          isClose(
            totals.costUsd,
            sum((one) => one.costUsd),
          ) &&
          isClose(
            totals.savedUsd,
            sum((one) => one.baselineCostUsd - one.costUsd),
          ) &&
          isClose(totals.savedUsd, grouped) &&
          isClose(totals.baselineCostUsd - totals.costUsd, totals.savedUsd)
        );
      }),
      { numRuns: 40 },
    );
  });
});
