import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { BookFault } from '../../../../daemon/ledger/compare-totals.ts';
import { openDatabase } from '../../../../daemon/ledger/database-file.ts';
import { LedgerStore } from '../../../../daemon/ledger/ledger-store.ts';
import { encodeRow } from '../../../../daemon/ledger/record-row.ts';
import { verifyBooks, type VerifiedBooks } from '../../../../daemon/ledger/verify-books.ts';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import {
  CLOSING_TABLE,
  FLASH,
  NOVEL,
  OPUS,
  QUOTA,
  closingExchange,
  createDice,
  randomExchange,
  randomUsage,
  tryOf,
} from './closing-rows.ts';
import { NOON_MS, exchange } from './ledger-fixtures.ts';

const dice = createDice(3);
const usage = randomUsage(dice);

/** One of each kind that a planted error needs. */
const KINDS: readonly ExchangeRecord[] = [
  closingExchange('metered', {
    attempts: [
      tryOf({ model: FLASH, usage: randomUsage(dice), status: 'failed' }),
      tryOf({ model: OPUS, usage }),
    ],
    startedAtMs: NOON_MS,
    classifierCostUsd: 0.0004,
    baselineUsage: usage,
    injectionSavedUsd: 0.001,
  }),
  closingExchange('provider-priced', {
    attempts: [tryOf({ model: OPUS, usage, reportedCostUsd: 0.0123 })],
    startedAtMs: NOON_MS,
    baselineUsage: usage,
  }),
  closingExchange('unpriced', { attempts: [tryOf({ model: NOVEL, usage })], startedAtMs: NOON_MS }),
  closingExchange('flat', { attempts: [tryOf({ model: QUOTA, usage })], startedAtMs: NOON_MS }),
  closingExchange('lost', {
    attempts: [tryOf({ model: OPUS, usage, status: 'failed' })],
    startedAtMs: NOON_MS,
    baselineUsage: usage,
  }),
  closingExchange('itself', {
    attempts: [tryOf({ model: OPUS, usage })],
    startedAtMs: NOON_MS,
    changes: { reason: 'exact', baselineModel: 'opus', baselineCostUsd: 7, savedUsd: 7 },
  }),
];

function fill(path: string, records: readonly ExchangeRecord[]): void {
  const store = new LedgerStore(openDatabase(path));
  const tables = [{ hash: CLOSING_TABLE.hash, json: JSON.stringify(CLOSING_TABLE) }];
  store.write({ rows: records.map(encodeRow), started: [], tables, finished: [] });
  store.close();
}

async function faultsOf(
  path: string,
): Promise<{ readonly books: VerifiedBooks; readonly faults: readonly BookFault[] }> {
  const faults: BookFault[] = [];
  const books = await verifyBooks(path, { onFault: (fault) => faults.push(fault) });
  assert.equal(books.faults, faults.length);
  return { books, faults };
}

describe('[C3] verifying the books', () => {
  const folder = temporaryFolder();
  const path = (): string => folder.file('ledger.db');
  const change = (sql: string): void => {
    const database = new DatabaseSync(path());
    database.exec(sql);
    database.close();
  };

  it('finds nothing wrong with any mix of what the pipeline settles', async () => {
    const random = createDice(11);
    fill(
      path(),
      Array.from({ length: 400 }, (_, index) => randomExchange(random, index, NOON_MS, 9)),
    );
    const { books, faults } = await faultsOf(path());
    assert.deepEqual(faults, []);
    assert.equal(books.rows, 400);
    assert.equal(books.rowsThatSayLess, 0);
    const terms = books.terms.map(({ term }) => term);
    for (const term of ['attemptCost', 'cost', 'baseline', 'saved', 'savedBy', 'flatRate', 'totals'] as const)
      assert.ok(terms.includes(term), term);
  });

  it('has nothing against empty books', async () => {
    fill(path(), []);
    const { books } = await faultsOf(path());
    assert.deepEqual([books.rows, books.faults, books.firstStartedAt], [0, 0, null]);
  });

  const detail = (id: string, assignment: string): string =>
    `UPDATE exchange_details SET ${assignment} WHERE id = (SELECT id FROM exchanges WHERE exchange_id = '${id}')`;
  const row = (id: string, assignment: string): string =>
    `UPDATE exchanges SET ${assignment} WHERE exchange_id = '${id}'`;
  const planted: readonly (readonly [what: string, sql: string, id: string, terms: readonly string[]])[] = [
    ['a cost', row('metered', 'cost_usd = cost_usd + 1e-6'), 'metered', ['costUsd', 'savedUsd']],
    ['a classifier cost', row('metered', 'classifier_cost_usd = 0.0005'), 'metered', ['costUsd']],
    [
      'a cost of failed attempts',
      row('metered', 'failed_attempts_cost_usd = failed_attempts_cost_usd * 1.01'),
      'metered',
      ['failedAttemptsCostUsd'],
    ],
    [
      'a baseline',
      row('metered', 'baseline_cost_usd = baseline_cost_usd + 1e-6'),
      'metered',
      ['baselineCostUsd', 'savedUsd'],
    ],
    ['a saving', row('metered', 'saved_usd = saved_usd + 1e-6'), 'metered', ['savedUsd', 'savedBy']],
    ['a clamped loss', row('lost', 'saved_usd = 0, saved_by_routing_usd = 0'), 'lost', ['savedUsd']],
    ['a cause of saving', row('metered', 'saved_by_exact_cache_usd = 1e-6'), 'metered', ['savedBy']],
    [
      'a count of tokens',
      row('metered', 'output_tokens = output_tokens + 1'),
      'metered',
      ['usage.outputTokens'],
    ],
    [
      'a count of tokens that are missing',
      row('metered', 'input_tokens = NULL'),
      'metered',
      [
        'usage.inputTokens',
        'usage.cacheReadInputTokens',
        'usage.cacheCreationInputTokens',
        'usage.outputTokens',
        'usage.reasoningOutputTokens',
      ],
    ],
    [
      'the cost of an attempt',
      detail('metered', `attempts = json_set(attempts, '$[1].costUsd', 0.5)`),
      'metered',
      ['attempts[1].costUsd', 'costUsd'],
    ],
    [
      'a failed attempt that is left out',
      detail('metered', `attempts = json_remove(attempts, '$[0]')`),
      'metered',
      ['costUsd', 'failedAttemptsCostUsd'],
    ],
    [
      'a unit price',
      detail('metered', `attempts = json_set(attempts, '$[1].prices.cacheReadUsdPerMtok', 4)`),
      'metered',
      ['attempts[1].costUsd'],
    ],
    [
      'a priced attempt without prices',
      detail('metered', `attempts = json_set(attempts, '$[1].prices', null)`),
      'metered',
      ['attempts[1].costUsd'],
    ],
    [
      'a figure of the provider that is none',
      detail('provider-priced', `attempts = json_set(attempts, '$[0].costUsd', -1)`),
      'provider-priced',
      ['attempts[0].costUsd', 'costUsd'],
    ],
    [
      'the tokens of a baseline',
      detail('metered', `baseline = json_set(baseline, '$.usage.outputTokens', 0)`),
      'metered',
      ['baselineCostUsd'],
    ],
    ['an unknown cost that became 0', row('unpriced', 'cost_usd = 0, priced = 1'), 'unpriced', ['costUsd']],
    ['a known cost that was lost', row('metered', 'cost_usd = NULL'), 'metered', ['costUsd', 'priced']],
    [
      'a saving out of an unknown cost',
      row('unpriced', 'baseline_cost_usd = 1, saved_usd = 1, saved_by_routing_usd = 1'),
      'unpriced',
      ['baselineCostUsd', 'savedUsd'],
    ],
    ['a row that is left out of the sums', row('metered', 'comparable = 0'), 'metered', ['comparable']],
    [
      'a subscription that saves',
      row('flat', 'baseline_cost_usd = 1, saved_usd = 1, saved_by_routing_usd = 1, comparable = 1'),
      'flat',
      ['baselineCostUsd', 'savedUsd'],
    ],
    [
      'a lost answer that was worth something',
      row('lost', 'baseline_cost_usd = 0.5'),
      'lost',
      ['baselineCostUsd', 'savedUsd'],
    ],
    ['attempts that are no JSON', detail('metered', `attempts = '['`), 'metered', ['row']],
    ['attempts that are missing', `DELETE FROM exchange_details WHERE id = 1`, 'metered', ['row']],
    ['an attempt that is none', detail('metered', `attempts = '[null]'`), 'metered', ['row']],
  ];
  for (const [what, sql, id, terms] of planted) {
    it(`finds ${what}`, async () => {
      fill(path(), KINDS.slice(0, 5));
      assert.deepEqual((await faultsOf(path())).faults, []);
      change(sql);
      const { books, faults } = await faultsOf(path());
      const ofRow = faults.filter(({ exchangeId }) => exchangeId === id).map(({ term }) => term);
      for (const term of terms) assert.ok(ofRow.includes(term), `${term} not in ${ofRow.join(', ')}`);
      assert.equal(books.faultyRows, 1);
    });
  }

  it('says what is stored, what it should be and what that comes from', async () => {
    fill(path(), KINDS.slice(0, 1));
    change(row('metered', 'classifier_cost_usd = 5'));
    const { faults } = await faultsOf(path());
    const cost = (KINDS[0]?.costUsd ?? 0) - 0.0004 + 5;
    assert.deepEqual(faults[0], {
      exchangeId: 'metered',
      startedAt: '2026-11-21T12:00:00.000Z',
      term: 'costUsd',
      stored: KINDS[0]?.costUsd,
      recomputed: faults[0]?.recomputed,
      from: 'attempts + classifier',
    });
    assert.ok(Math.abs(Number(faults[0]?.recomputed) - cost) < 1e-9);
  });

  it('compares a model that was asked for by name with itself', async () => {
    fill(path(), KINDS.slice(5));
    const { faults } = await faultsOf(path());
    assert.deepEqual(
      faults.map(({ term }) => term),
      ['baselineCostUsd', 'savedUsd', 'savedBy'],
    );
  });

  it('takes rows of older versions as far as they say, and counts them', async () => {
    fill(path(), [exchange('old')]);
    const { books, faults } = await faultsOf(path());
    assert.deepEqual(faults, []);
    assert.equal(books.rowsThatSayLess, 1);
  });

  it('changes nothing, and reads beside somebody who writes', async () => {
    fill(path(), KINDS.slice(0, 5));
    const writer = new DatabaseSync(path());
    writer.exec(`BEGIN IMMEDIATE; UPDATE exchanges SET cost_usd = 9`);
    const { faults } = await faultsOf(path());
    writer.exec('ROLLBACK');
    writer.close();
    assert.deepEqual(faults, []);
  });

  it('takes no notice of what is written between two pages', async () => {
    const random = createDice(1);
    fill(
      path(),
      Array.from({ length: 700 }, (_, index) => randomExchange(random, index, NOON_MS, 2)),
    );
    let isWritten = false;
    const faults: BookFault[] = [];
    const books = await verifyBooks(path(), {
      onFault: (fault) => faults.push(fault),
      onProgress: () => {
        if (!isWritten) fill(path(), KINDS.slice(0, 2));
        isWritten = true;
      },
    });
    assert.deepEqual(faults, []);
    assert.equal(books.rows, 700);
  });

  it('stops between two pages when it is told to', async () => {
    const random = createDice(1);
    fill(
      path(),
      Array.from({ length: 1100 }, (_, index) => randomExchange(random, index, NOON_MS, 2)),
    );
    const ending = new AbortController();
    const seen: number[] = [];
    const books = await verifyBooks(path(), {
      onFault: () => undefined,
      onProgress: (done, rows) => (seen.push(done, rows), ending.abort()),
      signal: ending.signal,
    });
    assert.equal(books.isCutShort, true);
    assert.deepEqual(seen, [500, 1100]);
  });

  it('reads nothing that is no ledger, and makes none', async () => {
    await assert.rejects(verifyBooks(path(), { onFault: () => undefined }));
    const other = new DatabaseSync(path());
    other.exec('CREATE TABLE things (id)');
    other.close();
    await assert.rejects(verifyBooks(path(), { onFault: () => undefined }), /no ledger/);
  });

  for (const [version, sentence] of [
    [99, /newer version/],
    [1, /older version.*start the daemon/],
  ] as const) {
    it(`does not read schema version ${version}`, async () => {
      fill(path(), []);
      change(`PRAGMA user_version = ${version}`);
      await assert.rejects(verifyBooks(path(), { onFault: () => undefined }), sentence);
    });
  }
});
