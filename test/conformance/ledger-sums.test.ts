// The ledger that closes, at size: a million random rows against the totals that are read from them, failures that are
// thrown into random exchanges, and how often the interval of a projection holds what comes.

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { costUsd } from '../../daemon/catalog/cost.ts';
import { compareTotals } from '../../daemon/ledger/compare-totals.ts';
import { MEMORY_PATH, openDatabase } from '../../daemon/ledger/database-file.ts';
import { LedgerStore, SOURCE_TABLES } from '../../daemon/ledger/ledger-store.ts';
import { projectionIntervals } from '../../daemon/ledger/projection.ts';
import { encodeRow } from '../../daemon/ledger/record-row.ts';
import { readTotals } from '../../daemon/ledger/totals.ts';
import { verifyBooks } from '../../daemon/ledger/verify-books.ts';
import { settleMoney } from '../../daemon/pipeline/settle.ts';
import type { TotalsGroupBy } from '../../daemon/protocol/control-api.ts';
import type { AttemptRecord, ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import type { TokenUsage } from '../../daemon/protocol/vocabulary.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  CLOSING_TABLE,
  FLASH,
  LOCAL,
  NOVEL,
  OPUS,
  QUOTA,
  createDice,
  randomExchange,
  tryOf,
  type Dice,
} from '../unit/daemon/ledger/closing-rows.ts';
import { NOON_MS, exchange } from '../unit/daemon/ledger/ledger-fixtures.ts';

const ROWS = 1_000_000;
const ROWS_PER_WRITE = 10_000;
const DAYS = 30;
const DAY_MS = 86_400_000;
const GROUPS: readonly TotalsGroupBy[] = ['model', 'task', 'complexity', 'client', 'workspace', 'day'];

function fill(store: LedgerStore, rows: number, make: (index: number) => ExchangeRecord): void {
  const tables = [{ hash: CLOSING_TABLE.hash, json: JSON.stringify(CLOSING_TABLE) }];
  for (let first = 0; first < rows; first += ROWS_PER_WRITE) {
    const count = Math.min(ROWS_PER_WRITE, rows - first);
    const written = Array.from({ length: count }, (_, index) => encodeRow(make(first + index)));
    store.write({ rows: written, started: [], tables, finished: [] });
  }
}

function pick<Item>(dice: Dice, items: readonly Item[]): Item {
  const item = items[Math.floor(dice() * items.length)];
  assert.ok(item !== undefined);
  return item;
}

/** Money over twenty orders of magnitude, so that a plain sum would lose the small ones. */
function wildRow(dice: Dice, index: number): ExchangeRecord {
  const amount = (): number => 10 ** (dice() * 20 - 14);
  const isPriced = dice() < 0.9;
  const hasBaseline = isPriced && dice() < 0.9;
  const [cost, baseline] = [amount(), amount()];
  const cache = amount();
  return exchange(`x_${index}`, {
    startedAt: new Date(NOON_MS + Math.floor(dice() * DAYS * DAY_MS)).toISOString(),
    attempts: [],
    decision: null,
    warnings: [],
    priced: isPriced,
    costUsd: isPriced ? cost : null,
    classifierCostUsd: amount(),
    failedAttemptsCostUsd: dice() < 0.1 ? amount() : 0,
    baselineCostUsd: hasBaseline ? baseline : null,
    savedUsd: hasBaseline ? baseline - cost : null,
    savedBy: {
      routing: baseline - cost - cache,
      exactCache: cache,
      semanticCache: 0,
      promptCacheInjection: 0,
    },
    responseModel: pick(dice, ['opus', 'sonnet', 'flash', null]),
    task: pick(dice, ['code', 'general', null]),
    complexity: pick(dice, ['simple', 'moderate', 'complex', null]),
    client: pick(dice, ['claude-code', 'opencode', 'aider']),
    workspaceId: pick(dice, ['a', 'b', null]),
  });
}

/** Sums of doubles without any loss: as integers of 10^-30 dollars. */
class ExactSum {
  #sum = 0n;

  add(amount: number): void {
    const [digits = '0', exponent = '0'] = amount.toExponential(17).split('e');
    this.#sum += BigInt(digits.replace('.', '')) * 10n ** BigInt(Number(exponent) - 17 + 40);
  }

  get value(): number {
    return Number(this.#sum) / 1e40;
  }
}

function assertClose(actual: number, expected: number, what: string): void {
  const difference = Math.abs(actual - expected);
  assert.ok(difference <= 1e-9 * Math.abs(expected), `${what}: ${actual} is not ${expected}`);
}

describe('[C3] a million random rows', function () {
  this.timeout(600_000);
  const store = new LedgerStore(openDatabase(MEMORY_PATH));
  const exact = {
    cost: new ExactSum(),
    baseline: new ExactSum(),
    saved: new ExactSum(),
    cache: new ExactSum(),
  };
  const costByModel = new Map<string, ExactSum>();

  before(() => {
    const dice = createDice(42);
    fill(store, ROWS, (index) => {
      const record = wildRow(dice, index);
      if (record.costUsd !== null) {
        exact.cost.add(record.costUsd);
        const model = record.responseModel ?? 'unknown';
        let ofModel = costByModel.get(model);
        if (ofModel === undefined) costByModel.set(model, (ofModel = new ExactSum()));
        ofModel.add(record.costUsd);
      }
      if (record.savedUsd !== null) {
        exact.baseline.add(record.baselineCostUsd ?? 0);
        exact.saved.add(record.savedUsd);
        exact.cache.add(record.savedBy.exactCache);
      }
      return record;
    });
  });

  after(() => store.close());

  it('add up to the totals to 1e-9', () => {
    const totals = readTotals(store.database, SOURCE_TABLES.stored, {});
    assert.equal(totals.requests, ROWS);
    assertClose(totals.costUsd, exact.cost.value, 'cost');
    assertClose(totals.baselineCostUsd, exact.baseline.value, 'baseline');
    assertClose(totals.savedUsd, exact.saved.value, 'saved');
    assertClose(totals.savedBy.exactCache, exact.cache.value, 'saved by the exact cache');
    const parts = Object.values(totals.savedBy).reduce((sum, part) => sum + Number(part), 0);
    assertClose(parts, totals.savedUsd, 'the causes');
  });

  for (const groupBy of GROUPS) {
    it(`add up to the same in groups by ${groupBy}`, () => {
      const all = readTotals(store.database, SOURCE_TABLES.stored, {});
      const { groups, ...grouped } = readTotals(store.database, SOURCE_TABLES.stored, {}, groupBy);
      assert.deepEqual(compareTotals({ ...grouped, groups: [] }, all, undefined).faults, []);
      const sum = (read: (group: (typeof groups)[number]) => number): number =>
        groups.reduce((total, group) => total + read(group), 0);
      assertClose(
        sum((group) => group.costUsd),
        exact.cost.value,
        'cost',
      );
      assertClose(
        sum((group) => group.savedUsd),
        exact.saved.value,
        'saved',
      );
      assert.equal(
        sum((group) => group.requests),
        ROWS,
      );
      assertClose(
        sum((group) => group.spendShare),
        1,
        'shares',
      );
      if (groupBy !== 'model') return;
      for (const group of groups) {
        assertClose(group.costUsd, costByModel.get(group.key)?.value ?? 0, group.key);
      }
    });
  }

  it('add up when they are cut into pieces by time', () => {
    const cuts = Array.from({ length: 8 }, (_, index) => NOON_MS + (index * DAYS * DAY_MS) / 7);
    const pieces = cuts
      .slice(0, -1)
      .map((sinceAtMs, index) => ({ sinceAtMs, untilAtMs: cuts[index + 1] ?? Infinity }))
      .map((range) => readTotals(store.database, SOURCE_TABLES.stored, range));
    assert.equal(
      pieces.reduce((sum, piece) => sum + piece.requests, 0),
      ROWS,
    );
    assertClose(
      pieces.reduce((sum, piece) => sum + piece.costUsd, 0),
      exact.cost.value,
      'cost',
    );
    assertClose(
      pieces.reduce((sum, piece) => sum + piece.savedUsd, 0),
      exact.saved.value,
      'saved',
    );
    const [, second] = cuts;
    const since = readTotals(store.database, SOURCE_TABLES.stored, { sinceAtMs: second ?? 0 });
    assertClose(since.costUsd + (pieces[0]?.costUsd ?? 0), exact.cost.value, 'from the second piece on');
  });
});

describe('[C3] a hundred thousand settled exchanges', function () {
  this.timeout(300_000);
  const folder = temporaryFolder();

  it('are found to close, in bounded memory', async () => {
    const path = folder.file('ledger.db');
    const store = new LedgerStore(openDatabase(path));
    const dice = createDice(77);
    fill(store, 100_000, (index) => randomExchange(dice, index, NOON_MS, 60));
    store.close();
    const faults: unknown[] = [];
    const books = await verifyBooks(path, { onFault: (fault) => faults.push(fault) });
    assert.deepEqual(faults.slice(0, 3), []);
    assert.equal(books.rows, 100_000);
  });
});

const usage: fc.Arbitrary<TokenUsage> = fc
  .tuple(fc.nat(1_000_000), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(50_000))
  .map(([inputTokens, share, outputTokens]) => ({
    inputTokens,
    cacheReadInputTokens: Math.floor(inputTokens * share),
    cacheCreationInputTokens: Math.floor(inputTokens * (1 - share) * share),
    outputTokens,
    reasoningOutputTokens: Math.floor(outputTokens * share),
  }));

const billedUsage = usage.filter(({ inputTokens, outputTokens }) => inputTokens + outputTokens > 0);

/** A try that brought nothing and was billed. */
const failure: fc.Arbitrary<AttemptRecord> = fc
  .tuple(fc.constantFrom(OPUS, FLASH), billedUsage, fc.constantFrom('failed' as const, 'cancelled' as const))
  .map(([model, tokens, status]) => tryOf({ model, usage: tokens, status }));

interface Settled {
  readonly attempts: readonly AttemptRecord[];
  readonly classifierCostUsd: number;
  readonly baselineCostUsd: number;
  readonly injectionSavedUsd: number;
}

const settled: fc.Arbitrary<Settled> = fc
  .record({
    answers: fc.array(
      fc
        .tuple(fc.constantFrom(OPUS, FLASH, LOCAL, QUOTA), usage)
        .map(([model, tokens]) => tryOf({ model, usage: tokens })),
      { maxLength: 2 },
    ),
    failures: fc.array(failure, { maxLength: 3 }),
    classifierCostUsd: fc.double({ min: 0, max: 0.01, noNaN: true }),
    baselineUsage: usage,
    injectionSavedUsd: fc.double({ min: -1, max: 1, noNaN: true }),
  })
  .map(({ answers, failures, baselineUsage, ...rest }) => ({
    ...rest,
    attempts: [...failures, ...answers],
    baselineCostUsd: OPUS.price === null ? 0 : costUsd(baselineUsage, OPUS.price, 0),
  }));

describe('[C3] failures thrown into any exchange', () => {
  const savedOf = (given: Settled): number => {
    const { savedUsd } = settleMoney(given);
    assert.ok(savedUsd !== null);
    return savedUsd;
  };

  it('lower the saving by what they cost, wherever they happen', () => {
    fc.assert(
      fc.property(
        settled,
        fc.array(failure, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (given, failures, place) => {
          const at = place % (given.attempts.length + 1);
          const attempts = [...given.attempts.slice(0, at), ...failures, ...given.attempts.slice(at)];
          const cost = failures.reduce((sum, one) => sum + (one.costUsd ?? 0), 0);
          const [before, after] = [savedOf(given), savedOf({ ...given, attempts })];
          assert.ok(after < before, `${after} is not below ${before}`);
          assert.ok(Math.abs(before - after - cost) <= 1e-9 * (Math.abs(before) + cost));
          assert.ok(
            settleMoney({ ...given, attempts }).failedAttemptsCostUsd >=
              settleMoney(given).failedAttemptsCostUsd,
          );
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('lower it by what a classifier costs', () => {
    fc.assert(
      fc.property(settled, fc.double({ min: 1e-6, max: 1, noNaN: true }), (given, extra) => {
        assert.ok(savedOf({ ...given, classifierCostUsd: given.classifierCostUsd + extra }) < savedOf(given));
      }),
      { numRuns: 2000 },
    );
  });

  it('make all of it a loss when nobody answers in the end', () => {
    fc.assert(
      fc.property(settled, fc.array(failure, { minLength: 1, maxLength: 3 }), (given, attempts) => {
        const lost = settleMoney({ ...given, attempts, baselineCostUsd: 0 });
        assert.equal(lost.savedUsd, -(lost.costUsd ?? Number.NaN));
        assert.ok((lost.savedUsd ?? 0) < 0);
      }),
    );
  });

  it('leave it unknown, never higher, when what they cost is not known', () => {
    fc.assert(
      fc.property(settled, billedUsage, (given, tokens) => {
        const dark = tryOf({ model: NOVEL, usage: tokens, status: 'failed' });
        const {
          costUsd: cost,
          baselineCostUsd,
          savedUsd,
          savedBy,
        } = settleMoney({
          ...given,
          attempts: [dark, ...given.attempts],
        });
        assert.deepEqual([cost, baselineCostUsd, savedUsd], [null, null, null]);
        assert.ok(Object.values(savedBy).every((part) => part === 0));
      }),
    );
  });

  it('keep the causes adding up to the saving', () => {
    fc.assert(
      fc.property(settled, (given) => {
        const { savedUsd, savedBy } = settleMoney(given);
        const sum = Object.values(savedBy).reduce((total, part) => total + Number(part), 0);
        assert.ok(Math.abs(sum - (savedUsd ?? 0)) <= 1e-9 * (Math.abs(savedUsd ?? 0) + 1));
      }),
    );
  });
});

describe('[A46] the interval of a projection', function () {
  this.timeout(300_000);

  /** Savings of a person's days: weekends mostly idle, some days ten times others, now and then a loss. */
  function workingDays(dice: Dice, count: number): readonly number[] {
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - dice())) * Math.cos(2 * Math.PI * dice());
    return Array.from({ length: count }, (_, day) => {
      if (day % 7 >= 5 && dice() < 0.8) return 0;
      return Math.exp(0.8 * normal()) - (dice() < 0.1 ? 1.5 : 0);
    });
  }

  for (const past of [3, 7, 14, 35, 90]) {
    it(`holds what the next month saves in about 95 of 100 cases, after ${past} days`, () => {
      const dice = createDice(1000 + past);
      const runs = 400;
      let held = 0;
      for (let run = 0; run < runs; run += 1) {
        const days = workingDays(dice, past + 30);
        const next = days.slice(past).reduce((sum, day) => sum + day, 0) * (365 / 12 / 30);
        const [low, high] = projectionIntervals(days.slice(0, past))?.monthlySavedIntervalUsd ?? [0, 0];
        if (low <= next && next <= high) held += 1;
      }
      const share = held / runs;
      assert.ok(share >= 0.9 && share <= 0.995, `${(share * 100).toFixed(1)} %`);
    });
  }
});
