import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { Spent, SpentQuery } from '../../../../daemon/ledger/spent.ts';
import type { SqliteLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import type { AttemptRecord, ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { at, attempt, exchange, ledgerAt, NOON_MS, unpriced } from './ledger-fixtures.ts';

const HOUR_MS = 3_600_000;
const RANGE = { sinceAtMs: NOON_MS - HOUR_MS, untilAtMs: NOON_MS + HOUR_MS };

/** A weak answer of `flash` that was paid for (0.01 USD, 1,250 tokens), then one of `opus` (0.04 USD, as many tokens). */
const ESCALATED: Partial<ExchangeRecord> = {
  reason: 'escalated',
  responseModel: 'opus',
  provider: 'anthropic',
  attempts: [
    { ...attempt, status: 'failed', errorType: 'weak-answer' },
    { ...attempt, model: 'opus', provider: 'anthropic', costUsd: 0.04 },
  ],
  failedAttemptsCostUsd: 0.01,
  costUsd: 0.051,
};

describe('what was spent', () => {
  const folder = temporaryFolder();
  let ledger: SqliteLedger;
  let nextId = 0;
  beforeEach(() => {
    ({ ledger } = ledgerAt(':memory:'));
    nextId = 0;
  });
  afterEach(() => ledger.close());

  const book = (...changes: readonly Partial<ExchangeRecord>[]): void => {
    for (const change of changes) ledger.append(exchange(`x_${nextId++}`, change));
  };
  const spent = (query: Partial<SpentQuery> = {}): ReadonlyMap<string, Spent> =>
    ledger.spent({ by: 'all', ...RANGE, ...query });
  const rounded = ({ costUsd, tokens }: Spent = { costUsd: -1, tokens: -1 }): readonly number[] => [
    Number(costUsd.toFixed(9)),
    tokens,
  ];

  it('[B10] is the cost and the input and output tokens of the rows in the range', () => {
    book({}, {}, at(NOON_MS - HOUR_MS), at(NOON_MS + HOUR_MS), at(NOON_MS - HOUR_MS - 1));
    assert.deepEqual(rounded(spent().get('')), [0.033, 3750]);
  });

  it('[B10] counts every attempt, also the one that another answer stood in for', () => {
    book(ESCALATED);
    assert.deepEqual(rounded(spent().get('')), [0.051, 2500]);
  });

  it('[B10] counts the tokens of all attempts of models that cost nothing', () => {
    const free = [
      { ...attempt, status: 'failed' as const, costUsd: 0 },
      { ...attempt, costUsd: 0 },
    ];
    const money = { attempts: free, costUsd: 0, classifierCostUsd: 0, failedAttemptsCostUsd: 0 };
    book({ ...money, reason: 'escalated' }, { ...money, status: 'cancelled' });
    assert.deepEqual(rounded(spent().get('')), [0, 5000]);
  });

  it('[B10] counts what a client left behind, and of an unpriced row what is known', () => {
    const cancelled: AttemptRecord = { ...attempt, status: 'cancelled', costUsd: 0.003 };
    const unknown: AttemptRecord = { ...attempt, costUsd: null };
    book({ status: 'cancelled', attempts: [cancelled], costUsd: 0.004 });
    book({ ...unpriced, attempts: [{ ...attempt, costUsd: 0.005 }, unknown] });
    assert.deepEqual(rounded(spent().get('')), [0.011, 3750]);
  });

  it('[B10] counts no tokens for an answer out of the cache', () => {
    book({ cache: 'exact', attempts: [], costUsd: 0, classifierCostUsd: 0 });
    assert.deepEqual(rounded(spent().get('')), [0, 0]);
  });

  it('[B10] is told by workspace, client and conversation, and for one of them alone', () => {
    book({}, { workspaceId: 'other', client: 'cline', conversationId: 'c_2' }, { workspaceId: null });
    assert.deepEqual([...spent({ by: 'workspace' }).keys()].toSorted(), ['billing-api', 'other']);
    assert.deepEqual(rounded(spent({ by: 'client', name: 'cline' }).get('cline')), [0.011, 1250]);
    assert.deepEqual([...spent({ by: 'conversation', name: 'c_2' }).keys()], ['c_2']);
    assert.equal(spent({ by: 'workspace', name: 'nobody' }).size, 0);
  });

  it('[B10] gives each model and provider its own attempts, without the grading', () => {
    book({}, ESCALATED);
    const models = spent({ by: 'model' });
    assert.deepEqual(
      [rounded(models.get('flash')), rounded(models.get('opus'))],
      [
        [0.02, 2500],
        [0.04, 1250],
      ],
    );
    assert.deepEqual(rounded(spent({ by: 'provider', name: 'anthropic' }).get('anthropic')), [0.04, 1250]);
  });

  it('takes a name for a name and not for a piece of the query', () => {
    book({});
    assert.equal(spent({ by: 'workspace', name: "' OR 1=1 --" }).size, 0);
  });

  it('[B10] throws for a time of which the books were damaged, and not for later ones', async () => {
    const path = folder.file('ledger.db');
    writeFileSync(path, 'this is no database, and never was one. '.repeat(100));
    const { ledger: begunAnew } = ledgerAt(path);
    assert.throws(
      () => begunAnew.spent({ by: 'all', ...RANGE }),
      /was damaged.*restart pointsman to count from nothing/,
    );
    assert.equal(begunAnew.spent({ by: 'all', sinceAtMs: NOON_MS, untilAtMs: NOON_MS + HOUR_MS }).size, 0);
    await begunAnew.close();
  });

  it('[B10] throws where the file cannot be opened, so that unknown is not taken for nothing', () => {
    const path = folder.file('ledger.db');
    mkdirSync(path);
    const { ledger: broken } = ledgerAt(path);
    assert.throws(() => broken.spent({ by: 'all', ...RANGE }), /cannot open/);
    assert.ok(existsSync(path));
    return broken.close();
  });
});
