import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { MEMORY_PATH } from '../../../../daemon/ledger/database-file.ts';
import type { TotalsBody, TotalsDetails } from '../../../../daemon/protocol/control-api.ts';
import type { AttemptRecord, ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import {
  CLOSING_TABLE,
  OPUS,
  QUOTA,
  closingExchange,
  createDice,
  randomExchange,
  tryOf,
} from './closing-rows.ts';
import { NOON_MS, at, attempt, exchange, ledgerAt, unpriced } from './ledger-fixtures.ts';

const DAY_MS = 86_400_000;

async function detailed(
  records: readonly ExchangeRecord[],
  ratings: Readonly<Record<string, 'good' | 'bad'>> = {},
  sinceAtMs?: number,
): Promise<{ readonly totals: TotalsBody; readonly details: TotalsDetails }> {
  const { ledger } = ledgerAt(MEMORY_PATH);
  ledger.rememberTable(CLOSING_TABLE);
  for (const record of records) ledger.append(record);
  for (const [exchangeId, verdict] of Object.entries(ratings))
    ledger.noteFeedback({ exchangeId, verdict, reason: null, atMs: NOON_MS });
  const totals = ledger.totals({ withDetails: true, ...(sinceAtMs === undefined ? {} : { sinceAtMs }) });
  await ledger.close();
  assert.ok(totals.details);
  return { totals, details: totals.details };
}

const opus: AttemptRecord = { ...attempt, model: 'opus' };
const failedOpus: AttemptRecord = {
  ...opus,
  status: 'failed',
  errorType: 'overloaded',
  usage: null,
  costUsd: 0,
};

describe('totals with details', () => {
  const folder = temporaryFolder();

  it('are those without, and more', async () => {
    const { ledger } = ledgerAt(MEMORY_PATH);
    ledger.append(exchange('x_1'));
    const plain = ledger.totals({ groupBy: 'model' });
    const { details, projection, ...rest } = ledger.totals({ groupBy: 'model', withDetails: true });
    await ledger.close();
    assert.deepEqual({ ...rest, projection: plain.projection }, plain);
    assert.ok(details);
    assert.equal(projection.monthlySavedIntervalUsd, null);
    assert.equal(plain.details, undefined);
  });

  it('of nothing know nothing', async () => {
    const { details } = await detailed([]);
    assert.deepEqual(details.beforeAfter.averageCostUsd, { before: null, after: null });
    assert.deepEqual(details.beforeAfter.successRatio, { before: null, after: null });
    assert.deepEqual(details.beforeAfter.failedRequests, { before: null, after: null });
    assert.deepEqual(details.grades, []);
  });

  it('[A40] take the saving apart into terms that add up to it', async () => {
    const dice = createDice(4);
    const { totals, details } = await detailed(
      Array.from({ length: 300 }, (_, index) => randomExchange(dice, index, NOON_MS, 3)),
    );
    const { compared } = details;
    assert.ok(compared.failedAttemptsCostUsd > 0 && compared.classifierCostUsd > 0);
    const sum =
      compared.baselineCostUsd -
      compared.answersCostUsd -
      compared.failedAttemptsCostUsd -
      compared.classifierCostUsd;
    assert.ok(Math.abs(sum - totals.savedUsd) < 1e-9);
    const by = totals.savedBy;
    assert.ok(by.exactCache !== 0 && by.promptCacheInjection !== 0);
    const parts = by.routing + by.exactCache + by.semanticCache + by.promptCacheInjection;
    assert.ok(Math.abs(parts - totals.savedUsd) < 1e-9);
    const { unpricedRequests, otherRequests, flatRate } = details;
    assert.equal(compared.requests + unpricedRequests + otherRequests + flatRate.requests, 300);
  });

  it('count what a subscription pays for apart from everything that is saved', async () => {
    const usage = opus.usage;
    const { totals, details } = await detailed([
      closingExchange('q', { attempts: [tryOf({ model: QUOTA, usage })], startedAtMs: NOON_MS }),
      closingExchange('m', {
        attempts: [tryOf({ model: OPUS, usage })],
        startedAtMs: NOON_MS,
        baselineUsage: usage,
      }),
      exchange('none', { baselineCostUsd: null, savedUsd: null }),
      exchange('dark', unpriced),
    ]);
    assert.equal(details.flatRate.requests, 1);
    assert.equal(details.flatRate.tokens.inputTokens, 1200);
    assert.equal(totals.comparableRequests, 1);
    assert.equal(details.unpricedRequests, 1);
    assert.equal(details.otherRequests, 1);
  });

  it('[A44] compare the cost a month and a request, over what can be compared', async () => {
    const { details } = await detailed([
      exchange('a', at(NOON_MS)),
      exchange('b', at(NOON_MS + DAY_MS)),
      exchange('dark', { ...unpriced, ...at(NOON_MS) }),
      exchange('dear', { ...at(NOON_MS), costUsd: 99, baselineCostUsd: null, savedUsd: null }),
    ]);
    const { monthlyCostUsd, averageCostUsd } = details.beforeAfter;
    assert.equal(averageCostUsd.before?.toFixed(9), '0.050000000');
    assert.equal(averageCostUsd.after?.toFixed(9), '0.011000000');
    // Two days.
    assert.equal(monthlyCostUsd.before?.toFixed(9), ((0.1 / 2) * (365 / 12)).toFixed(9));
    assert.equal(monthlyCostUsd.after?.toFixed(9), ((0.022 / 2) * (365 / 12)).toFixed(9));
  });

  it('[A44] know time, success and failures "before" only from requests that the baseline was asked first', async () => {
    const asked = { baselineModel: 'opus', responseModel: 'opus', durationMs: 3000 };
    const { details } = await detailed([
      exchange('served-1', { ...asked, attempts: [opus] }),
      exchange('served-2', { ...asked, durationMs: 1000, attempts: [opus] }),
      exchange('rescued', { ...asked, responseModel: 'flash', attempts: [failedOpus, attempt] }),
      exchange('weak', {
        ...asked,
        responseModel: 'flash',
        attempts: [{ ...failedOpus, errorType: 'weak-answer' }, attempt],
      }),
      exchange('left', { ...asked, status: 'cancelled', attempts: [{ ...opus, status: 'cancelled' }] }),
      exchange('elsewhere', { durationMs: 1 }),
    ]);
    const { beforeAfter } = details;
    assert.equal(beforeAfter.baselineFirstRequests, 5);
    assert.equal(beforeAfter.meanLatencyMs.before, 2000);
    assert.deepEqual(beforeAfter.successRatio, { before: 3 / 4, after: 1 });
    assert.deepEqual(beforeAfter.failedRequests, { before: 1, after: 0 });
  });

  it('[A44] call "before" unknown when the baseline was never asked', async () => {
    const { beforeAfter } = (await detailed([exchange('x')])).details;
    assert.equal(beforeAfter.meanLatencyMs.before, null);
    assert.equal(beforeAfter.successRatio.before, null);
    assert.equal(beforeAfter.failedRequests.before, null);
    assert.equal(beforeAfter.goodRatingRatio.after, null);
  });

  it('[A44] compare cache hits, prompts read from caches, and what users said', async () => {
    const prices = { ...OPUS.price, source: 'x', asOf: '2026-11-01' };
    const baseline = {
      usage: { ...attempt.usage, inputTokens: 1000, cacheReadInputTokens: 900 } as ExchangeRecord['usage'] &
        object,
      prices: prices as never,
    };
    const { beforeAfter } = (
      await detailed(
        [
          exchange('a', { baseline, responseModel: 'opus' }),
          exchange('b', { cache: 'exact' }),
          exchange('c'),
          exchange('d'),
        ],
        { a: 'bad', c: 'good', d: 'good', nobody: 'good' },
      )
    ).details;
    assert.equal(beforeAfter.promptCacheRatio.before, 0.9);
    assert.equal(beforeAfter.promptCacheRatio.after, 1000 / 1200);
    assert.equal(beforeAfter.cacheHitRatio.after, 1 / 4);
    assert.deepEqual(beforeAfter.goodRatingRatio, { before: 0, after: 2 / 3 });
    assert.deepEqual(beforeAfter.ratings, { before: 1, after: 3 });
  });

  it('[A46] project the mix of grades: what each is worth adds up to the whole', async () => {
    const dice = createDice(8);
    const { totals, details } = await detailed(
      Array.from({ length: 200 }, (_, index) => randomExchange(dice, index, NOON_MS, 6)),
    );
    assert.deepEqual(
      details.grades.map(({ grade }) => grade),
      ['simple', 'moderate', 'complex'],
    );
    const sum = (pick: (one: TotalsDetails['grades'][number]) => number | null): number =>
      details.grades.reduce((total, one) => total + (pick(one) ?? Number.NaN), 0);
    assert.ok(Math.abs(sum((one) => one.monthlySavedUsd) - (totals.projection.monthlySavedUsd ?? 0)) < 1e-9);
    assert.ok(Math.abs(sum((one) => one.yearlySavedUsd) - (totals.projection.yearlySavedUsd ?? 0)) < 1e-9);
    assert.ok(Math.abs(sum((one) => one.requestShare) - 1) < 1e-12);
    const first = details.grades[0];
    assert.ok(first);
    const fromMix = (first.monthlyRequests ?? 0) * first.savedPerRequestUsd;
    assert.ok(Math.abs(fromMix - (first.monthlySavedUsd ?? 0)) < 1e-9);
  });

  it('[A46] give the projection an interval from the days, idle ones included', async () => {
    const saving = { savedUsd: 5, baselineCostUsd: 6, costUsd: 1 };
    const records = [0, 1, 5].map((day) =>
      exchange(`x_${day}`, { ...saving, ...at(NOON_MS + day * DAY_MS) }),
    );
    const { projection } = (await detailed(records)).totals;
    assert.equal(projection.days, 6);
    const [low, high] = projection.yearlySavedIntervalUsd ?? [0, 0];
    assert.ok(low < 912.5 && high > 912.5 && high - low > 100, `${low} ${high}`);
  });

  it('do not fail over a row or a table that is no JSON', async () => {
    const path = folder.file('ledger.db');
    const { ledger } = ledgerAt(path);
    ledger.rememberTable(CLOSING_TABLE);
    for (const id of ['a', 'b', 'c'])
      ledger.append(exchange(id, { attempts: [opus], baselineModel: 'opus' }));
    await ledger.flush();
    const other = new DatabaseSync(path);
    other.exec(`UPDATE exchange_details SET attempts = '[' WHERE id = 1`);
    other.exec(`UPDATE exchange_details SET baseline = '{"usage"' WHERE id = 2`);
    other.exec(`UPDATE routing_tables SET json = '{'`);
    other.close();
    const { details, requests } = ledger.totals({ withDetails: true });
    const { ok } = ledger.state();
    await ledger.close();
    assert.equal(requests, 3);
    assert.equal(details?.beforeAfter.baselineFirstRequests, 1);
    assert.equal(ok, true);
  });

  it('begin where they are told to', async () => {
    const records = [exchange('a', at(NOON_MS - 1)), exchange('b', at(NOON_MS))];
    const { details } = await detailed(records, { a: 'good' }, NOON_MS);
    assert.equal(details.compared.requests, 1);
    assert.equal(details.beforeAfter.ratings.after, 0);
  });
});
